"""The manifest says what lies in a publication's folder; verify finds every file that is missing, changed or foreign."""

import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attrition.errors import InputRefused
from attrition.publish.manifest import MANIFEST, code_sha256, read_manifest, verify, write_manifest
from attrition.publish.publication import Publication, Tier

ROOT = Path(__file__).resolve().parents[2]
AS_AT = dt.date(2025, 3, 31)
INPUTS = [
    {"file": "cps_MADE_UP.csv", "sha256": "c" * 64, "rows_read": "12", "accepted": "12"},
    {"file": "incident_MADE_UP.csv", "sha256": "a" * 64, "rows_read": "40", "accepted": "38"},
]
CONFIGURATION = {"settings": {"coverage_days": 7, "memory": "2GB"}, "contracts": {"incident": 1}}


def publication(tables: Path, tier: Tier = "restricted") -> Publication:
    marking = "OFFICIAL-SENSITIVE" if tier == "restricted" else "OFFICIAL"
    return Publication(tier, marking, AS_AT, True, tables, "attrition 0.1.0", dt.date(2025, 4, 2))


def filled(folder: Path, tier: Tier = "restricted") -> Path:
    """A small publication; some names have blanks, signs beyond ASCII, or begin with a dot."""
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "funnel.csv").write_bytes(b"stage,entered\nreported,40\n")
    (folder / "a report for the board.html").write_text("<p>40 reported</p>", encoding="utf-8")
    (folder / "tables" / "Übersicht – 2025 ½.csv").write_bytes(b"\xef\xbb\xbfa,b\n")
    (folder / "tables" / ".hidden").write_bytes(b"")
    write_manifest(folder, publication(folder / "tables", tier), CONFIGURATION, INPUTS, {"funnel": 1})
    return folder


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return filled(tmp_path / "2025-03-31")


def edited(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    change(content)
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")


def test_every_file_but_the_manifest_stands_in_it_with_its_size_and_hash(whole: Path) -> None:
    listed = json.loads((whole / MANIFEST).read_text(encoding="utf-8"))["files"]
    assert sorted(listed) == [
        "a report for the board.html", "tables/.hidden", "tables/funnel.csv", "tables/Übersicht – 2025 ½.csv",
    ]  # fmt: skip
    for name, entry in listed.items():
        data = whole.joinpath(*name.split("/")).read_bytes()
        assert entry == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_it_says_what_the_publication_is_and_what_it_was_made_of(whole: Path) -> None:
    content = json.loads((whole / MANIFEST).read_text(encoding="utf-8"))
    assert content["tier"] == "restricted"
    assert content["marking"].startswith("OFFICIAL-SENSITIVE")
    assert (content["as_at"], content["made_on"], content["made_up"]) == ("2025-03-31", "2025-04-02", True)
    assert content["configuration"] == CONFIGURATION
    assert content["inputs"]["listed"] == INPUTS
    assert content["rows"] == {"funnel": 1}
    assert len(content["code_sha256"]) == 64


def test_a_released_tier_names_no_input(tmp_path: Path) -> None:
    folder = filled(tmp_path / "board", "board")
    text = (folder / MANIFEST).read_text(encoding="utf-8")
    content = json.loads(text)
    assert content["inputs"]["files"] == 2
    assert set(content["inputs"]) == {"files", "sha256"}
    for entry in INPUTS:
        assert entry["file"] not in text
        assert entry["sha256"] not in text
    restricted = json.loads((filled(tmp_path / "restricted") / MANIFEST).read_text(encoding="utf-8"))
    assert content["inputs"]["sha256"] == restricted["inputs"]["sha256"]


def test_it_holds_no_path_of_the_machine(whole: Path) -> None:
    assert str(whole.parent) not in (whole / MANIFEST).read_text(encoding="utf-8")


def test_the_same_publication_gives_the_same_bytes_wherever_it_lies(whole: Path, tmp_path: Path) -> None:
    again = filled(tmp_path / "elsewhere" / "another name")
    assert (again / MANIFEST).read_bytes() == (whole / MANIFEST).read_bytes()
    first = (whole / MANIFEST).read_bytes()
    # Written over: the manifest that is there already is not taken for a file of the publication.
    write_manifest(whole, publication(whole / "tables"), CONFIGURATION, INPUTS, {"funnel": 1})
    assert (whole / MANIFEST).read_bytes() == first


def test_the_order_of_inputs_does_not_move_their_hash(whole: Path) -> None:
    before = read_manifest(whole)["inputs"]["sha256"]
    write_manifest(whole, publication(whole / "tables"), CONFIGURATION, INPUTS[::-1], {"funnel": 1})
    assert read_manifest(whole)["inputs"]["sha256"] == before
    changed = [{**INPUTS[0], "sha256": "d" * 64}, INPUTS[1]]
    write_manifest(whole, publication(whole / "tables"), CONFIGURATION, changed, {"funnel": 1})
    assert read_manifest(whole)["inputs"]["sha256"] != before


def test_a_setting_moves_the_hash_of_the_configuration(whole: Path) -> None:
    before = read_manifest(whole)
    moved = {**CONFIGURATION, "settings": {"coverage_days": 8, "memory": "2GB"}}
    write_manifest(whole, publication(whole / "tables"), moved, INPUTS, {"funnel": 1})
    after = read_manifest(whole)
    assert after["configuration_sha256"] != before["configuration_sha256"]
    assert {key for key in before if before[key] != after[key]} == {"configuration", "configuration_sha256"}


def code_of(checkout: Path) -> str:
    """The version of the code that a copy of the program says of itself, in a Python of its own."""
    said = subprocess.run(
        [sys.executable, "-c", "from attrition.publish import manifest; print(manifest.__file__); print(manifest.code_sha256())"],
        env={**os.environ, "PYTHONPATH": str(checkout / "src")}, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert said[0].startswith(str(checkout))
    return said[1]


def test_the_version_of_the_code_moves_with_whatever_makes_figures_and_files(tmp_path: Path) -> None:
    checkout = tmp_path / "a copy elsewhere"
    for folder in ("src", "sql", "expectations", "data"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=shutil.ignore_patterns("__pycache__"))
    versions = [code_sha256(), code_of(checkout)]
    # Byte code is made on each machine anew and is not the code.
    (checkout / "src" / "attrition" / "__pycache__").mkdir(exist_ok=True)
    (checkout / "src" / "attrition" / "__pycache__" / "errors.cpython-311.pyc").write_bytes(b"x")
    assert versions[0] == versions[1] == code_of(checkout)
    [script, *_] = sorted((checkout / "src").rglob("*.js"))
    models = sorted((checkout / "sql").rglob("*.sql"))
    for file in (
        script, models[0], checkout / "data" / "reference" / "stage.csv", checkout / "src" / "attrition" / "errors.py",
        checkout / "data" / "sources" / "contract.toml",
    ):  # fmt: skip
        file.write_bytes(file.read_bytes() + b"\n")
        versions.append(code_of(checkout))
    assert len(set(versions)) == len(versions) - 1, "every change moves it"


def test_a_whole_publication_verifies_also_as_a_copy(whole: Path, tmp_path: Path) -> None:
    assert verify(whole) == 4
    copy = tmp_path / "Freigabe für das Board" / "copy"
    shutil.copytree(whole, copy)
    assert verify(copy) == 4


def test_one_changed_byte_is_found(whole: Path) -> None:
    file = whole / "tables" / "funnel.csv"
    file.write_bytes(file.read_bytes().replace(b"40", b"41"))
    with pytest.raises(InputRefused, match=r"changed: tables/funnel\.csv\.") as fault:
        verify(whole)
    assert fault.value.exit_code == 3
    assert "missing" not in str(fault.value)


def test_missing_changed_and_foreign_files_are_all_named_at_once(whole: Path) -> None:
    (whole / "tables" / "Übersicht – 2025 ½.csv").unlink()
    (whole / "a report for the board.html").write_text("<p>41 reported</p>", encoding="utf-8")
    (whole / "notes of mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(InputRefused) as fault:
        verify(whole)
    said = str(fault.value)
    assert "missing: tables/Übersicht – 2025 ½.csv" in said
    assert "changed: a report for the board.html" in said
    assert "not in the manifest: notes of mine.txt" in said
    assert "\n" not in said


def test_what_an_open_program_left_is_named_with_what_to_do(whole: Path) -> None:
    (whole / "tables" / "~$funnel.xlsx").write_bytes(b"lock")
    with pytest.raises(InputRefused, match=r"close what is open there, delete them and verify again") as fault:
        verify(whole)
    assert "not in the manifest: tables/~$funnel.xlsx" in str(fault.value)


def test_a_hash_changed_in_the_manifest_is_found(whole: Path) -> None:
    edited(whole, lambda content: content["files"]["tables/funnel.csv"].update(sha256="0" * 64))
    with pytest.raises(InputRefused, match=r"changed: tables/funnel\.csv"):
        verify(whole)


def test_a_file_that_became_a_folder_is_missing(whole: Path) -> None:
    (whole / "tables" / "funnel.csv").unlink()
    (whole / "tables" / "funnel.csv").mkdir()
    with pytest.raises(InputRefused, match=r"missing: tables/funnel\.csv"):
        verify(whole)


@pytest.mark.parametrize(
    "damage",
    [
        lambda manifest: manifest.unlink(),
        lambda manifest: manifest.write_bytes(b""),
        lambda manifest: manifest.write_bytes(manifest.read_bytes()[:200]),
        lambda manifest: manifest.write_bytes(b"\xff\xfe\x00"),
        lambda manifest: manifest.write_text("[]", encoding="utf-8"),
        lambda manifest: manifest.write_text('{"format": 99, "files": {}}', encoding="utf-8"),
        lambda manifest: edited(manifest.parent, lambda content: content.pop("files")),
        lambda manifest: edited(manifest.parent, lambda content: content.update(files=["tables/funnel.csv"])),
        lambda manifest: edited(manifest.parent, lambda content: content["files"].update({"tables/funnel.csv": "abc"})),
        lambda manifest: edited(manifest.parent, lambda content: content["files"]["tables/funnel.csv"].pop("bytes")),
        lambda manifest: edited(manifest.parent, lambda content: content.pop("title")),
    ],
    ids=[
        "absent", "empty", "cut short", "no text", "a list", "of another format", "no files", "files a list", "an entry is text",
        "an entry without its size", "no title",
    ],
)  # fmt: skip
def test_a_manifest_that_cannot_be_read_is_refused(whole: Path, damage: Callable[[Path], object]) -> None:
    damage(whole / MANIFEST)
    with pytest.raises(InputRefused, match="no manifest that can be read"):
        verify(whole)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="no manifest"):
        verify(tmp_path / "nowhere")


def test_a_day_that_is_not_known_is_left_open(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    undated = replace(publication(folder), made_on=None)
    write_manifest(folder, undated, {}, [], {})
    assert read_manifest(folder)["made_on"] is None
    assert verify(folder) == 0
