"""Names in the landing folder: whatever their bytes, a file that fits is read, and no name can stop a run or steer a terminal."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from reading_desk import HEADER, RMS, Desk, row, rows, text

from attrition.cli import main
from attrition.ingest.file_name import shown_name


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.connection.close()


BYTES = pytest.mark.skipif(os.name == "nt", reason="file names are text on Windows")


@BYTES
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"incident_caf\xe9.csv", "incident_caf\\xe9.csv"),
        (b"incident_\x1b[31m.csv", "incident_\\x1b[31m.csv"),
        (b"incident_\n2.csv", "incident_\\x0a2.csv"),
        ("incident_\u202egnp.csv".encode(), "incident_\\u202egnp.csv"),
        ("incident_été.csv".encode(), "incident_été.csv"),
    ],
)
def test_a_file_that_fits_is_read_whatever_its_name(name: bytes, shown: str, desk: Desk) -> None:
    Path(os.fsdecode(os.fsencode(desk.landing) + b"/" + name)).write_bytes(text(HEADER, *rows(1, 3)))
    desk.load()
    assert desk.loads() == [(3, 3, 0, 0)]
    assert desk.query("SELECT file, part FROM load") == [(shown, shown)]
    assert "".join(desk.told).isprintable() and shown in desk.told[0]


@BYTES
def test_a_parquet_file_with_such_a_name(desk: Desk) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    path = desk.landing / os.fsdecode(b"incident_\xe9.parquet")
    with path.open("wb") as stream:
        pyarrow.parquet.write_table(pa.table({c: [v] for c, v in zip(HEADER, row(1), strict=True)}), stream)
    desk.load()
    assert desk.loads() == [(1, 1, 0, 0)]
    assert desk.query("SELECT file FROM load") == [("incident_\\xe9.parquet",)]


@BYTES
def test_refusals_and_notes_show_the_name_escaped(desk: Desk) -> None:
    for name in (b"incident_\x1b]0;x.csv", b"incident_\xff.zip", b"other_\x07.csv"):
        Path(os.fsdecode(os.fsencode(desk.landing) + b"/" + name)).write_bytes(b"force\n")
    message = desk.refusal()
    assert "incident_\\xff.zip" in message and message.isprintable()
    (desk.landing / os.fsdecode(b"incident_\xff.zip")).unlink()
    message = desk.refusal()
    assert "incident_\\x1b]0;x.csv" in message and message.isprintable()


def test_what_prints_is_shown_as_it_is() -> None:
    assert shown_name("Vorfälle (2) o'neill_東京.csv") == "Vorfälle (2) o'neill_東京.csv"
    assert shown_name("a\u00a0b\ud83d") == "a\\xa0b\\ud83d"


@pytest.mark.parametrize(
    "name",
    [
        "incident.csv_Zone.Identifier", "incident_Thumbs.db", "incident.csv.bak", "readme.docx",
        pytest.param("incident.csv:Zone.Identifier", marks=BYTES),
    ],
)  # fmt: skip
def test_what_is_no_extract_is_a_note(name: str, desk: Desk) -> None:
    desk.put("incident.csv", text(HEADER, *rows(1, 3)))
    desk.put(name, b"[ZoneTransfer]\nZoneId=3\n")
    outcome = desk.load()
    assert desk.loads() == [(3, 3, 0, 0)]
    assert any(note.startswith(f"{name}: left alone") for note in outcome.notes)


@pytest.mark.parametrize("name", ["incident", "incident.csv", "archive"])
def test_a_folder_is_a_note_whatever_its_name(name: str, desk: Desk) -> None:
    (desk.landing / name).mkdir()
    desk.put("incident_1.csv", text(HEADER, *rows(1, 3)))
    assert f"{name}: left alone, it is a folder" in desk.load().notes
    assert desk.loads() == [(3, 3, 0, 0)]


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("incident.xls", "Save it as .xlsx or .csv."),
        ("incident.XLSB", "Save it as .xlsx or .csv."),
        ("incident.ods", "Save it as .xlsx or .csv."),
        ("incident.csv.gz", "Unpack it first"),
        ("incident.zip", "Unpack it first"),
        ("incident.7z", "Unpack it first"),
        ("incident.tar.gz", "Unpack it first"),
        ("incident.docx", "Send CSV, XLSX or Parquet."),
        ("rms_june.zip", "Unpack it first"),
        ("rms_june.csv.gz", "Unpack it first"),
        ("rms_june.xls", "Save it as .xlsx or .csv."),
    ],
)
def test_an_extract_of_a_kind_that_is_not_read_is_refused_with_what_to_do(name: str, mend: str, desk: Desk) -> None:
    desk.map(RMS.format(options="").replace('"rms*"', '"rms*.csv"'))
    desk.put("incident.csv", text(HEADER, *rows(1, 3)))
    desk.put(name, b"\xd0\xcf\x11\xe0")
    message = desk.refusal()
    assert message.startswith(f"{name}: this kind of file is not read. {mend}")
    assert desk.loads() == []


@pytest.mark.parametrize("name", ["incident.csv.gz", "other.xls"])
def test_check_says_what_to_do_with_such_a_file(name: str, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(desk.put(name, b"\x1f\x8b"))]) == 3
    printed = capsys.readouterr().out
    assert f"{name}: this kind of file is not read" in printed
    assert "Unpack it first" in printed or "Save it as .xlsx or .csv." in printed
