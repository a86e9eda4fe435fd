"""attrition verify and attrition open, through the command line: what they print, what they end with, what they open."""

import datetime as dt
import os
import webbrowser
from pathlib import Path

import pytest

from attrition.cli import main
from attrition.publish.manifest import write_manifest
from attrition.publish.publication import Publication, Tier
from attrition.publish.shelf import name_latest

AS_AT = dt.date(2025, 3, 31)


def filled(folder: Path, tier: Tier) -> Publication:
    """A publication with something of everything that can be opened."""
    folder.mkdir(parents=True)
    publication = Publication(tier, "OFFICIAL", AS_AT, True, folder)
    for what, suffix in (("report", "html"), ("tables", "xlsx"), ("tables", "ods"), ("board-paper", "docx")):
        (folder / publication.file_name(what, suffix)).write_text(f"{tier} {what}", encoding="utf-8")
    if tier == "restricted":
        (folder / "quality").mkdir()
        (folder / "quality" / "quality.html").write_text("quality", encoding="utf-8")
    write_manifest(folder, publication, {}, [], {})
    name_latest(folder.parent, folder.name)
    return publication


@pytest.fixture
def out(tmp_path: Path) -> Path:
    shelf = tmp_path / "Publications of the Böard"
    filled(shelf / "2024-12-31", "restricted")
    filled(shelf / "2025-03-31", "restricted")
    filled(shelf / "board" / "2025-03-31", "board")
    return shelf


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a browser was asked to open."""
    asked: list[str] = []
    monkeypatch.delattr(os, "startfile", raising=False)
    monkeypatch.setattr(webbrowser, "open", lambda address: asked.append(address) or True)
    return asked


def test_verify_says_that_a_publication_is_whole(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(out / "2025-03-31")]) == 0
    said = capsys.readouterr().out
    assert "is whole: 5 files" in said
    assert "as at 2025-03-31, restricted, OFFICIAL" in said


def test_verify_names_what_is_amiss_in_one_paragraph_and_ends_with_3(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board = out / "board" / "2025-03-31"
    [report] = board.glob("*.html")
    report.write_text("changed", encoding="utf-8")
    (board / "Kopie.xlsx").write_text("x", encoding="utf-8")
    assert main(["verify", str(board)]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert f"changed: {report.name}" in said.err
    assert "not in the manifest: Kopie.xlsx" in said.err
    assert said.err.count("\n") == 1


def test_verify_of_no_publication_ends_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path)]) == 3
    assert "no manifest" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ([], "2025-03-31/hate-crime-attrition_2025-03-31_restricted_OFFICIAL_report.html"),
        (["--what", "workbook"], "2025-03-31/hate-crime-attrition_2025-03-31_restricted_OFFICIAL_tables.xlsx"),
        (["--what", "paper"], "2025-03-31/hate-crime-attrition_2025-03-31_restricted_OFFICIAL_board-paper.docx"),
        (["--what", "quality"], "2025-03-31/quality/quality.html"),
        (["--what", "folder"], "2025-03-31"),
        (["--tier", "board"], "board/2025-03-31/hate-crime-attrition_2025-03-31_board_OFFICIAL_report.html"),
    ],
)
def test_open_prints_the_newest(
    out: Path, opened: list[str], capsys: pytest.CaptureFixture[str], options: list[str], name: str
) -> None:
    assert main(["open", "--out", str(out), "--path", *options]) == 0
    assert capsys.readouterr().out.strip() == str(out.joinpath(*name.split("/")))
    assert opened == []


def test_open_opens_it_in_the_browser(out: Path, opened: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["open", "--out", str(out)]) == 0
    [address] = opened
    assert address.startswith("file://")
    assert address.endswith("restricted_OFFICIAL_report.html")
    assert capsys.readouterr().out.strip().endswith("restricted_OFFICIAL_report.html")


def test_open_takes_a_publication_by_its_folder_whatever_its_tier(
    out: Path, opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["open", str(out / "2024-12-31"), "--path"]) == 0
    assert "2024-12-31" in capsys.readouterr().out
    assert main(["open", str(out / "board" / "2025-03-31"), "--path"]) == 0
    assert capsys.readouterr().out.strip().endswith("board_OFFICIAL_report.html")


@pytest.mark.parametrize(
    "options",
    [
        ["--tier", "public"],
        ["--tier", "board", "--what", "quality"],
        ["nowhere"],
        ["nowhere", "--what", "folder"],
    ],
    ids=["no such tier", "no quality page for the board", "no such folder", "no such folder to open"],
)
def test_open_without_anything_to_open_ends_with_2_and_says_what_to_do(
    out: Path, opened: list[str], capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert main(["open", "--out", str(out), *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "attrition run" in said.err
    assert opened == []


def test_open_where_there_is_no_browser_says_where_it_is(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(os, "startfile", raising=False)
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    assert main(["open", "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out.strip().endswith("_report.html")
    assert "no browser" in said.err
