"""The rows to mend: their order, their safety in a spreadsheet, references as text, and that no value of the data shows."""

import csv
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from attrition.errors import AttritionError
from attrition.publish.area_names import area_name, extract_name
from attrition.publish.rows_to_mend import write_rows_to_mend

HEADINGS = ["File", "Line", "Record", "Column", "Rule", "What is wrong", "How to mend it"]
FILES = {1: "durham_march.csv", 2: "cps_march.xlsx", 3: "durham_april.csv"}
RULES = {
    "unreadable_date": ("warning", "Date that cannot be read", "Write the date as YYYY-MM-DD."),
    "no_strand": ("warning", "No monitored strand is set", "Set at least one strand."),
    "late": ("critical", "Row that is not counted", "Fill the field."),
    "remark": ("info", "Only a remark", "Nothing."),
}
Found = tuple[str, str, str, int, int | None, str, str | None]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            'CREATE TABLE check_row (rule VARCHAR, extract VARCHAR, area VARCHAR, "force" VARCHAR, load_id INTEGER, '
            "line BIGINT, column_name VARCHAR, reference VARCHAR);"
            "CREATE TABLE load (load_id INTEGER, file VARCHAR);"
            "CREATE TABLE rule (rule VARCHAR, severity VARCHAR, rule_group VARCHAR, label VARCHAR, why VARCHAR, mend VARCHAR);"
        )
        connection.executemany("INSERT INTO load VALUES (?, ?)", list(FILES.items()))
        connection.executemany(
            "INSERT INTO rule VALUES (?, ?, 'format', ?, 'The reason is told elsewhere', ?)",
            [(rule, *texts) for rule, texts in RULES.items()],
        )
        yield connection


@pytest.fixture
def find(connection: duckdb.DuckDBPyConnection) -> Callable[..., None]:
    def insert(*found: Found) -> None:
        connection.executemany(
            "INSERT INTO check_row SELECT $1, $2, $3, 'the force is not shown', $4, $5, $6, $7",
            [list(row) for row in found],
        )

    return insert


def in_durham(
    reference: str | None, line: int = 2, rule: str = "unreadable_date", column: str = "reported_date"
) -> Found:
    return (rule, "incident", "durham", 1, line, column, reference)


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def sheet_of(path: Path) -> Any:
    (sheet,) = openpyxl.load_workbook(path).worksheets
    return sheet


def table_of(sheet: Any) -> list[list[Any]]:
    """The cells under the headings, filter and all."""
    first, last = (int(number) for number in re.findall(r"\d+", sheet.auto_filter.ref))
    headings, *rows = [list(row) for row in sheet.iter_rows(min_row=first, max_row=last)]
    assert [cell.value for cell in headings] == HEADINGS
    return rows


def test_one_csv_and_one_workbook_for_each_extract_and_area(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    find(
        in_durham("A1"),
        ("late", "cps", "north-east", 2, 5, "", "U1"),
        ("late", "cps", "", 2, 6, "", "U2"),
        ("late", "investigation", "durham", 1, 7, "", None),
        ("remark", "incident", "kent", 1, 8, "", "A2"),
    )
    folder = tmp_path / "to be made" / "quality"
    names = [path.relative_to(folder).as_posix() for path in write_rows_to_mend(connection, folder, False)]
    assert names == [
        "rows_to_mend_cps_unknown.csv",
        "rows_to_mend_cps_unknown.xlsx",
        "rows_to_mend_cps_north-east.csv",
        "rows_to_mend_cps_north-east.xlsx",
        "rows_to_mend_incident_durham.csv",
        "rows_to_mend_incident_durham.xlsx",
        "rows_to_mend_investigation_durham.csv",
        "rows_to_mend_investigation_durham.xlsx",
    ]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert read_csv(folder / "rows_to_mend_cps_unknown.csv") == [
        HEADINGS,
        ["cps_march.xlsx", "6", "U2", "", "late", "Row that is not counted", "Fill the field."],
    ]
    assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (3,)


def test_nothing_to_mend_writes_nothing(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    find(in_durham("A1", rule="remark"))
    assert write_rows_to_mend(connection, tmp_path, False) == []
    assert list(tmp_path.iterdir()) == []


def test_order_is_file_line_rule_column(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    find(
        in_durham("R", 10),
        in_durham("R", 9, column="recorded_date"),
        in_durham("R", 9, column="flagged_date"),
        in_durham("R", 9, rule="no_strand", column=""),
        ("no_strand", "incident", "durham", 3, 100, "", "R"),
    )
    write_rows_to_mend(connection, tmp_path, False)
    expected = [
        ("durham_april.csv", 100, "no_strand", ""),
        ("durham_march.csv", 9, "no_strand", ""),
        ("durham_march.csv", 9, "unreadable_date", "flagged_date"),
        ("durham_march.csv", 9, "unreadable_date", "recorded_date"),
        ("durham_march.csv", 10, "unreadable_date", "reported_date"),
    ]
    rows = read_csv(tmp_path / "rows_to_mend_incident_durham.csv")[1:]
    assert [(row[0], int(row[1]), row[4], row[3]) for row in rows] == expected
    cells = table_of(sheet_of(tmp_path / "rows_to_mend_incident_durham.xlsx"))
    assert [(row[0].value, row[1].value, row[4].value, row[3].value or "") for row in cells] == expected


@pytest.mark.parametrize("name", ["cps_march.xlsx", "CPS.XLSX", "cps.xlsm"])
def test_rows_of_further_sheets_are_named_by_sheet_and_row(
    name: str, connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    connection.execute("UPDATE load SET file = ? WHERE load_id = 2", [name])
    lines = (7, 10_000_009, 10_000_007, 100_000_007, None)
    find(*(("late", "cps", "", 2, line, "", "U") for line in lines))
    write_rows_to_mend(connection, tmp_path, False)
    told = [
        [name, "7"],
        [f"{name}, sheet 2 of those read", "7"],
        [f"{name}, sheet 2 of those read", "9"],
        [f"{name}, sheet 11 of those read", "7"],
        [name, ""],
    ]
    assert [row[:2] for row in read_csv(tmp_path / "rows_to_mend_cps_unknown.csv")[1:]] == told
    sheet = sheet_of(tmp_path / "rows_to_mend_cps_unknown.xlsx")
    assert [[row[0].value, str(row[1].value or "")] for row in table_of(sheet)] == told
    (said,) = (row[0].value for row in sheet.iter_rows(max_row=5) if "Line is" in str(row[0].value))
    assert said.startswith("5 rows to mend. Line is the line of the file, in a workbook the row of the sheet.")


def test_a_line_of_a_long_text_file_stays(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    find(in_durham("A1", 10_000_009))
    write_rows_to_mend(connection, tmp_path, False)
    assert read_csv(tmp_path / "rows_to_mend_incident_durham.csv")[1][:2] == ["durham_march.csv", "10000009"]


def test_texts_and_only_they_come_from_the_rule(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    find(in_durham("A1"), in_durham("A1", rule="not in the table"))
    write_rows_to_mend(connection, tmp_path, False)
    first, second = read_csv(tmp_path / "rows_to_mend_incident_durham.csv")[1:]
    # A rule without texts is still told.
    assert first[4:] == ["not in the table", "not in the table", ""]
    assert second == [
        "durham_march.csv", "2", "A1", "reported_date", "unreadable_date", "Date that cannot be read",
        "Write the date as YYYY-MM-DD.",
    ]  # fmt: skip
    with zipfile.ZipFile(tmp_path / "rows_to_mend_incident_durham.xlsx") as file:
        content = b"".join(file.read(name) for name in file.namelist())
    content += (tmp_path / "rows_to_mend_incident_durham.csv").read_bytes()
    assert b"the force is not shown" not in content
    assert b"The reason is told elsewhere" not in content


HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\u00a0=1",
    "＝1+1",
    '=HYPERLINK("x","y")',
    "=cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("reference", HOSTILE)
def test_no_cell_becomes_a_formula(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path, reference: str
) -> None:
    connection.execute("UPDATE load SET file = ? WHERE load_id = 1", [reference])
    find(in_durham(reference))
    write_rows_to_mend(connection, tmp_path, False)
    clean = reference.replace("\t", " ").replace("\r", " ")
    row = read_csv(tmp_path / "rows_to_mend_incident_durham.csv")[1]
    assert row[0] == row[2] == "'" + clean
    (cells,) = table_of(sheet_of(tmp_path / "rows_to_mend_incident_durham.xlsx"))
    for cell in (cells[0], cells[2]):
        assert cell.value == clean
        assert cell.data_type == "s"
        assert cell.number_format == "@"
        assert cell.quotePrefix
    with zipfile.ZipFile(tmp_path / "rows_to_mend_incident_durham.xlsx") as file:
        assert b"<f>" not in file.read("xl/worksheets/sheet1.xml")


HARMLESS = [
    "0001234",
    "00000000000000000012345678901234",
    "1E5",
    "12/03",
    "TRUE",
    "31/12/24",
    "A=1",
    'a, "b" & <c>',
    "_x0041_",
]


@pytest.mark.parametrize("reference", HARMLESS)
def test_references_stay_as_they_are(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path, reference: str
) -> None:
    find(in_durham(reference))
    write_rows_to_mend(connection, tmp_path, False)
    assert read_csv(tmp_path / "rows_to_mend_incident_durham.csv")[1][2] == reference
    (cells,) = table_of(sheet_of(tmp_path / "rows_to_mend_incident_durham.xlsx"))
    assert cells[2].number_format == "@"
    assert cells[2].data_type == "s"
    assert not cells[2].quotePrefix
    # What looks like an escape of the format must be written as one, or a spreadsheet shows a letter.
    assert cells[2].value == reference.replace("_x0041_", "_x005F_x0041_")
    assert (cells[1].value, cells[1].data_type) == (2, "n")


def test_control_characters_break_no_file(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    find(in_durham("A\n1\x00\x07B\ufffe"), in_durham(None, 3))
    write_rows_to_mend(connection, tmp_path, False)
    assert [row[2] for row in read_csv(tmp_path / "rows_to_mend_incident_durham.csv")[1:]] == ["A 1 B ", ""]
    cells = table_of(sheet_of(tmp_path / "rows_to_mend_incident_durham.xlsx"))
    assert [row[2].value or "" for row in cells] == ["A 1 B ", ""]


def test_csv_opens_in_excel_as_utf_8(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    find(in_durham("Ŵ-1"))
    write_rows_to_mend(connection, tmp_path, False)
    content = (tmp_path / "rows_to_mend_incident_durham.csv").read_bytes()
    assert content == (
        b'\xef\xbb\xbf"File","Line","Record","Column","Rule","What is wrong","How to mend it"\n'
        b'"durham_march.csv","2","\xc5\xb4-1","reported_date","unreadable_date","Date that cannot be read",'
        b'"Write the date as YYYY-MM-DD."\n'
    )


def test_the_workbook_is_marked_titled_and_laid_out(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    find(in_durham("A1"), in_durham("A1", rule="no_strand"), in_durham("A2", 3))
    write_rows_to_mend(connection, tmp_path, True, date(2025, 3, 31))
    workbook = openpyxl.load_workbook(tmp_path / "rows_to_mend_incident_durham.xlsx")
    sheet = workbook["Rows to mend"]
    lines = [sheet.cell(row, 1).value for row in range(1, 6)]
    assert lines[0].startswith("OFFICIAL-SENSITIVE")
    assert lines[1].startswith("MADE-UP DATA")
    assert lines[2] == "Rows to mend: Hate incidents, Durham Constabulary, as at 31 March 2025"
    assert lines[3].startswith("3 to mend on 2 rows.")
    assert sheet.freeze_panes == "A7"
    assert sheet.auto_filter.ref == "A6:G9"
    assert sheet.dimensions == "A1:G9"
    assert sheet.print_title_rows == "$6:$6"
    assert sheet.page_setup.fitToHeight == 0
    assert "OFFICIAL-SENSITIVE" in sheet.oddHeader.left.text
    assert "OFFICIAL-SENSITIVE" in sheet.oddFooter.left.text
    assert workbook.properties.title == lines[2]
    assert workbook.properties.subject == lines[0]
    assert workbook.properties.created == datetime(2025, 3, 31)
    for at, heading in enumerate(HEADINGS):
        texts = [str(row[at].value or "") for row in table_of(sheet)]
        assert sheet.column_dimensions["ABCDEFG"[at]].width > max(map(len, [heading, *texts]))


def test_a_long_text_gets_a_higher_row_not_an_endless_column(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    find(in_durham("7" * 100), in_durham("A", 3))
    write_rows_to_mend(connection, tmp_path, False)
    sheet = sheet_of(tmp_path / "rows_to_mend_incident_durham.xlsx")
    long, short = (row[2] for row in table_of(sheet))
    assert long.alignment.wrap_text
    assert sheet.column_dimensions["C"].width < 40
    assert sheet.row_dimensions[long.row].height >= 4 * 15
    assert sheet.row_dimensions[short.row].height is None


def test_only_made_up_data_are_called_so(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    find(in_durham("A1"))
    write_rows_to_mend(connection, tmp_path, False)
    sheet = sheet_of(tmp_path / "rows_to_mend_incident_durham.xlsx")
    assert not any("MADE-UP" in str(cell.value) for row in sheet.iter_rows() for cell in row)


@pytest.mark.slow
def test_many_rows_are_all_in_the_csv_and_the_first_50_000_in_the_workbook(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    connection.execute(
        "INSERT INTO check_row SELECT 'no_strand', 'incident', 'durham', 'durham', 1, i, '', lpad(i::VARCHAR, 9, '0') "
        "FROM range(60000, 0, -1) AS t(i)"
    )
    write_rows_to_mend(connection, tmp_path, False)
    rows = read_csv(tmp_path / "rows_to_mend_incident_durham.csv")[1:]
    assert [row[2] for row in rows] == [f"{line:09}" for line in range(1, 60_001)]
    workbook = openpyxl.load_workbook(tmp_path / "rows_to_mend_incident_durham.xlsx", read_only=True)
    cells = [row[:3] for row in workbook.worksheets[0].iter_rows(values_only=True)]
    above = [row[0] for row in cells].index("File") + 1
    assert [row[2] for row in cells[above:-1]] == [f"{line:09}" for line in range(1, 50_001)]
    assert cells[-1][0] == "10,000 more rows stand in rows_to_mend_incident_durham.csv."


def test_the_same_rows_give_the_same_bytes(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    rows = [in_durham(f"A{number}", number) for number in range(2, 50)]
    find(*rows)
    first = [path.read_bytes() for path in write_rows_to_mend(connection, tmp_path / "first", True)]
    connection.execute("DELETE FROM check_row")
    find(*reversed(rows))
    second = [path.read_bytes() for path in write_rows_to_mend(connection, tmp_path / "second", True)]
    assert first == second
    assert len(first) == 2
    # The clock has no say either.
    with zipfile.ZipFile(tmp_path / "first" / "rows_to_mend_incident_durham.xlsx") as file:
        assert {member.date_time[0] for member in file.infolist()} == {1980}


def test_a_folder_that_cannot_be_written_is_told(
    connection: duckdb.DuckDBPyConnection, find: Callable[..., None], tmp_path: Path
) -> None:
    find(in_durham("A1"))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AttritionError, match=r"cannot be written into .*file"):
        write_rows_to_mend(connection, tmp_path / "file", False)
    (tmp_path / "rows_to_mend_incident_durham.csv").mkdir()
    with pytest.raises(AttritionError, match="Close their files"):
        write_rows_to_mend(connection, tmp_path, False)
    # Another try works, once nothing is in the way.
    shutil.rmtree(tmp_path / "rows_to_mend_incident_durham.csv")
    assert len(write_rows_to_mend(connection, tmp_path, False)) == 2


@pytest.mark.parametrize(
    ("extract", "area", "expected"),
    [
        ("incident", "west-midlands", "West Midlands Police"),
        ("cps", "west-midlands", "CPS West Midlands"),
        ("cps_event", "thames-and-chiltern", "CPS Thames and Chiltern"),
        ("cps", "east-of-england", "CPS East of England"),
        ("cps", "mersey-cheshire", "CPS Mersey-Cheshire"),
        ("investigation", "dyfed-powys", "Dyfed-Powys Police"),
        ("incident", "", "Area not known"),
        ("incident", "elsewhere", "elsewhere"),
    ],
)
def test_names_of_areas(extract: str, area: str, expected: str) -> None:
    assert area_name(extract, area) == expected


def test_names_of_extracts() -> None:
    assert extract_name("cps") == "CPS cases"
    assert extract_name("flow") == "flow"
