"""XLSX and ODS hold the model's cells, read back by other programs; the same bytes twice; planted formulas stay text."""

import csv
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from protected_tables import made_up
from workbook_files import STYLE, TABLE, Cells, Files, areas, cells_of_file, cells_of_model, files_of, part

from programs import PDFTOTEXT, SOFFICE, needs_calc, needs_pdftotext

# One CSV file for each sheet, every cell as it is kept and not as it is shown.
_TO_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
_FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "＝1+1")


def _same(found: Cells, wanted: Cells) -> None:
    assert list(found) == list(wanted)
    for name, rows in wanted.items():
        assert len(found[name]) == len(rows), name
        for row, want in zip(found[name], rows, strict=True):
            # xlsxwriter keeps sixteen digits, one less than some numbers have.
            assert row == [cell if isinstance(cell, str) else pytest.approx(cell, rel=1e-15) for cell in want], name
            assert [isinstance(cell, str) for cell in row] == [isinstance(cell, str) for cell in want], name


def test_the_xlsx_holds_the_cells_of_the_model(files: Files) -> None:
    _same(cells_of_file(files.xlsx), cells_of_model(files.workbook))


def test_the_ods_holds_the_cells_of_the_model(files: Files) -> None:
    _same(cells_of_file(files.ods), cells_of_model(files.workbook))


def test_openpyxl_finds_the_same_cells(files: Files) -> None:
    book = openpyxl.load_workbook(files.xlsx, read_only=True)
    found = {}
    for sheet in book.worksheets:
        rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
        found[sheet.title] = [row for row in rows if row]
    _same(found, cells_of_model(files.workbook))


def test_widths_are_the_same_in_both_files(files: Files) -> None:
    content = part(files.ods, "content.xml")
    widths = {
        style.get(f"{STYLE}name"): float(style[0].get(f"{STYLE}column-width").removesuffix("cm"))
        for style in content.iter(f"{STYLE}style")
        if style.get(f"{STYLE}family") == "table-column"
    }
    book = openpyxl.load_workbook(files.xlsx)
    for table in content.iter(f"{TABLE}table"):
        sheet = book[table.get(f"{TABLE}name")]
        columns = [widths[column.get(f"{TABLE}style-name")] for column in table.iter(f"{TABLE}table-column")]
        kept = []
        for dimension in sheet.column_dimensions.values():
            kept += [dimension.width] * (dimension.max - dimension.min + 1)
        # Excel keeps the width with the column's edge, in units of seven pixels at 96 to the inch.
        assert columns == pytest.approx([width * 7 / 96 * 2.54 for width in kept], abs=0.02), sheet.title


def test_number_formats_are_the_same_in_both_files(files: Files) -> None:
    content = part(files.ods, "content.xml")
    data_styles = {
        style.get(f"{STYLE}name"): style.get(f"{STYLE}data-style-name")
        for style in content.iter(f"{STYLE}style")
        if style.get(f"{STYLE}family") == "table-cell"
    }
    names = {"@": "N_text", "#,##0": "N_count", "0.0%": "N_rate", "#,##0.0": "N_number", "0.00": "N_ratio"}
    book = openpyxl.load_workbook(files.xlsx)
    marked = areas(files.ods)
    for table in content.iter(f"{TABLE}table"):
        name = table.get(f"{TABLE}name")
        if name == "Cover":
            continue
        first = marked[name][1] + 1
        row = list(table.iter(f"{TABLE}table-row"))[first - 1]
        formats = [book[name].cell(first, at).number_format for at in range(1, len(row) + 1)]
        wanted = [names.get(one, "N_change") for one in formats]
        assert [data_styles[cell.get(f"{TABLE}style-name")] for cell in row] == wanted, name


def test_what_the_ods_shows_is_what_its_number_is(files: Files) -> None:
    office = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
    seen = 0
    for cell in part(files.ods, "content.xml").iter(f"{TABLE}table-cell"):
        value = cell.get(f"{office}value")
        if value is not None:
            shown = "".join(cell.itertext())
            divisor = 100 if shown.endswith("%") else 1
            number = float(shown.rstrip("%").replace(",", "")) / divisor
            assert number == pytest.approx(float(value), abs=0.0051)
            seen += 1
    assert seen > 1000


@pytest.mark.slow
def test_the_same_tables_give_the_same_bytes(all_files: dict[str, Files], tmp_path: Path) -> None:
    files = all_files["public"]
    again = files_of(files.publication, tmp_path)
    assert again.xlsx.read_bytes() == files.xlsx.read_bytes()
    assert again.ods.read_bytes() == files.ods.read_bytes()
    for file in (again.xlsx, again.ods):
        with zipfile.ZipFile(file) as parts:
            assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_names_say_tier_and_marking(files: Files) -> None:
    tier, marking = files.publication.tier, files.publication.marking
    assert files.xlsx.name == f"hate-crime-attrition_2025-03-31_{tier}_{marking}_tables.xlsx"
    assert files.ods.name == files.xlsx.name.replace("xlsx", "ods")


def test_the_ods_is_a_package_that_old_programs_open(files: Files) -> None:
    with zipfile.ZipFile(files.ods) as parts:
        entries = parts.infolist()
        assert (entries[0].filename, entries[0].compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert parts.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
        names = set(parts.namelist())
    namespace = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
    manifest = part(files.ods, "META-INF/manifest.xml")
    listed = {entry.get(f"{namespace}full-path") for entry in manifest}
    assert listed == {"/", *names} - {"mimetype", "META-INF/manifest.xml"}
    assert manifest.get(f"{namespace}version") == "1.2"
    for name in names - {"mimetype", "META-INF/manifest.xml"}:
        assert part(files.ods, name).get("{urn:oasis:names:tc:opendocument:xmlns:office:1.0}version") == "1.2"


@pytest.mark.slow
def test_planted_formulas_stay_text(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    publication = made_up(tmp_path / "tables")
    reasons = publication.tables / "reasons.parquet"
    rows = parquet.read_table(reasons).to_pylist()
    planted = [{**row, "reason_group": label} for row in rows if row["reason_group"] == "court" for label in _FORMULAS]
    parquet.write_table(pa.Table.from_pylist([*rows, *planted]), reasons)
    written = files_of(publication, tmp_path)
    book = openpyxl.load_workbook(written.xlsx)
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value in _FORMULAS]
    assert {cell.value for cell in cells} == set(_FORMULAS)
    assert {cell.parent.title for cell in cells} >= {"Why cases stopped", "Reasons by strand"}
    assert all(cell.data_type == "s" and cell.quotePrefix and cell.number_format == "@" for cell in cells)
    with zipfile.ZipFile(written.xlsx) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/"))
    content = part(written.ods, "content.xml")
    found = [cell for cell in content.iter(f"{TABLE}table-cell") if "".join(cell.itertext()) in _FORMULAS]
    assert len(found) == len(cells)
    assert {cell.get("{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value-type") for cell in found} == {"string"}
    assert not [element for element in content.iter() if element.get(f"{TABLE}formula")]


def _converted(file: Path, to: str, folder: Path) -> list[Path]:
    folder.mkdir()
    profile = (folder / "profile").as_uri()
    subprocess.run(
        [
            str(SOFFICE),
            f"-env:UserInstallation={profile}",
            "--headless",
            "--convert-to",
            to,
            "--outdir",
            str(folder),
            str(file),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return [path for path in folder.iterdir() if path.is_file()]


def _number_or_text(text: str) -> Any:
    number = re.fullmatch(r"(-?\d+(?:\.\d+)?(?:E-?\d+)?)(%?)", text)
    return float(number[1]) / (100 if number[2] else 1) if number else text


@pytest.mark.slow
@needs_calc
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_libreoffice_reads_every_cell(all_files: dict[str, Any], suffix: str, tmp_path: Path) -> None:
    files = all_files["board"]
    found = _converted(getattr(files, suffix), _TO_CSV, tmp_path / "out")
    sheets = {file.stem.split("_tables-")[1]: file for file in found}
    wanted = cells_of_model(files.workbook)
    assert sheets.keys() == wanted.keys()
    for name, rows in wanted.items():
        with sheets[name].open(encoding="utf-8", newline="") as file:
            read = list(csv.reader(file))
        assert len(read) == len(rows), name
        for row, want in zip(read, rows, strict=True):
            cells = [_number_or_text(cell) for cell in row[: len(want)]]
            numbers = [(cell, one) for cell, one in zip(cells, want, strict=True) if not isinstance(one, str)]
            texts = [(cell, one) for cell, one in zip(row, want, strict=False) if isinstance(one, str)]
            assert all(cell == one for cell, one in texts), name
            assert all(cell == pytest.approx(one, abs=1e-9) for cell, one in numbers), name
            assert not any(row[len(want) :])


@pytest.mark.slow
@needs_calc
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_libreoffice_keeps_every_cell_in_the_other_format(files: Files, suffix: str, tmp_path: Path) -> None:
    other = {"xlsx": "ods", "ods": "xlsx"}[suffix]
    (converted,) = _converted(getattr(files, suffix), other, tmp_path / "out")
    found, wanted = cells_of_file(converted), cells_of_model(files.workbook)
    assert list(found) == list(wanted)
    for name, rows in wanted.items():
        assert len(found[name]) == len(rows), name
        for row, want in zip(found[name], rows, strict=True):
            assert row == [one if isinstance(one, str) else pytest.approx(one) for one in want], name


@pytest.mark.slow
@needs_calc
@needs_pdftotext
@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_every_printed_page_carries_tier_and_marking(all_files: dict[str, Any], suffix: str, tmp_path: Path) -> None:
    files = all_files["board"]
    (printed,) = _converted(getattr(files, suffix), "pdf", tmp_path / "out")
    text = subprocess.run(
        [str(PDFTOTEXT), "-layout", str(printed), "-"], check=True, capture_output=True, text=True
    ).stdout
    pages = [page for page in text.split("\f") if page.strip()]
    assert len(pages) >= len(files.workbook.pages)
    for page in pages:
        assert "Tier: board. OFFICIAL: " in page
        assert "MADE-UP DATA" in page
