"""Workbooks as offices keep them: several sheets, hidden ones, titles, formulas, cells that Excel changed."""

import datetime as dt
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from reading_desk import HEADER, RMS, Desk, row, rows, workbook

from attrition.cli import main
from attrition.errors import UsageFault


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.connection.close()


ALL = RMS.format(options='sheet = "*"').replace("{{", "{").replace("}}", "}")
NOTHING_STATED = RMS.format(options="")
RMS_HEADER = ("Occurrence No", "Reported", "Race")


def rms_rows(first: int, last: int) -> list[list[Any]]:
    return [[f"I{number}", f"2025-01-{number:02}", "Y"] for number in range(first, last + 1)]


def test_rows_that_go_on_on_another_sheet_hold_the_file_until_the_mapping_reads_them_all(desk: Desk) -> None:
    desk.map(NOTHING_STATED)
    workbook(
        desk.landing / "rms.xlsx",
        {"Export": [RMS_HEADER, *rms_rows(1, 3)], "Export (2)": [RMS_HEADER, *rms_rows(4, 5)]},
    )
    (message,) = desk.load().held
    assert all(part in message for part in ("sheet_left_out", '"Export"', '"Export (2)" (2 rows)', 'sheet = "*"'))
    assert desk.loads() == []
    desk.map(ALL)
    outcome = desk.load()
    assert outcome.held == ()
    assert desk.loads() == [(5, 5, 0, 0)]
    assert desk.lines() == [2, 3, 4, 10_000_002, 10_000_003]
    assert any("row 17 is line 10,000,017" in note and '"Export (2)"' in note for note in outcome.notes)


def test_check_tells_rows_of_a_further_sheet_by_sheet_and_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rms.toml").write_text(ALL, encoding="utf-8")
    late = [["I4", "2025-01-04", "Y"], ["I5", "soon", "Y"]]
    workbook(tmp_path / "rms.xlsx", {"A": [RMS_HEADER, ["I1", "soon", "Y"], *rms_rows(2, 3)], "B": [RMS_HEADER, *late]})
    main(["check", str(tmp_path / "rms.xlsx"), "--sources", str(tmp_path), "--now", "2025-04-01"])
    assert "2 rows (lines 2, 3 on sheet 2 of those read)" in capsys.readouterr().out


@pytest.mark.parametrize("header", [("race", " REPORTED\u200b", "occurrence\u00a0no"), (*RMS_HEADER, "Notes")])
def test_a_header_in_other_order_or_spelling_goes_on_too(header: tuple[str, ...], desk: Desk) -> None:
    at = [
        [name.casefold().replace("\u00a0", " ").strip(" \u200b") for name in header].index(c.casefold())
        for c in RMS_HEADER
    ]
    laid = [[""] * len(header) for _ in range(2)]
    for line, cells in zip(laid, rms_rows(4, 5), strict=True):
        for place, cell in zip(at, cells, strict=True):
            line[place] = cell
    workbook(desk.landing / "rms.xlsx", {"A": [RMS_HEADER, *rms_rows(1, 3)], "B": [header, *laid]})
    desk.map(NOTHING_STATED)
    assert "sheet_left_out" in desk.load().held[0]
    desk.map(ALL)
    assert desk.load().held == ()
    assert desk.loads() == [(5, 5, 0, 0)]
    assert desk.query("SELECT incident_id, reported_date FROM incident WHERE line > 10000000 ORDER BY line") == [
        ("I4", dt.date(2025, 1, 4)), ("I5", dt.date(2025, 1, 5)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(rms_rows(4, 9), id="no header"),
        pytest.param([("Occurrence No", "Reported", "Race", "Sex"), *rms_rows(4, 9)], id="one name more"),
        pytest.param([("Occurrence No", "Day", "Race", "a", "b"), *rms_rows(4, 9)], id="one name otherwise"),
    ],
)
def test_rows_like_those_read_hold_the_file_whatever_stands_above_them(other: list[Any], desk: Desk) -> None:
    named = NOTHING_STATED
    header: tuple[str, ...] = RMS_HEADER
    rows = rms_rows(1, 3)
    if other[0][-1] == "b":
        header, rows = (*RMS_HEADER, "a", "b"), [[*row, "x", "y"] for row in rows]
    workbook(desk.landing / "rms.xlsx", {"Export": [header, *rows], "Export (2)": other})
    desk.map(named)
    (message,) = desk.load().held
    assert "sheet_left_out" in message and '"Export (2)"' in message and 'sheet = "*"' in message


YEARS = (*RMS_HEADER, "a", "b")


def years(desk: Desk, *third: Any) -> None:
    def wide(first: int, last: int) -> list[list[Any]]:
        return [[*cells, "x", "y"] for cells in rms_rows(first, last)]

    sheets = {"2023": [YEARS, *wide(1, 3)], "2024": [YEARS, *wide(4, 5)], "2025": [*third, *wide(6, 9)]}
    workbook(desk.landing / "rms.xlsx", sheets)


@pytest.mark.parametrize(
    ("name", "is_held"),
    [pytest.param("Ethnic origin", True, id="another name"), pytest.param("", False, id="left out")],
)
def test_a_sheet_read_that_lacks_a_column_of_the_others(name: str, is_held: bool, desk: Desk) -> None:
    desk.map(ALL)
    years(desk, ("Occurrence No", "Reported", name, "a", "b"))
    outcome = desk.load()
    if is_held:
        (message,) = outcome.held
        assert (
            'rule sheets_differ: the sheet "2025" has the columns of the others without "Race" and with "Ethnic origin" instead'
            in message
        )
    else:
        assert outcome.held == () and desk.lines() != []


def test_two_feeds_of_one_extract_cannot_share_a_workbook(desk: Desk) -> None:
    feeds = [RMS.format(options=f'sheet = "{name}"') for name in ("2023", "2024")]
    desk.map(feeds[0] + feeds[1][feeds[1].index("[[feed]]") :])
    years(desk, YEARS)
    with pytest.raises(UsageFault, match="two feeds of the mapping rms fill incident from this file"):
        desk.load()


def test_a_sheet_with_a_column_named_otherwise_beside_those_read_is_told_as_it_is(desk: Desk) -> None:
    desk.map(ALL)
    years(desk, ("Occurrence No", "Day\u202ereported", "Race", "a", "b"))
    (message,) = desk.load().held
    assert 'the sheets "2023" and "2024" were read' in message and "only" not in message
    assert '"2025" (the header without "Reported" and with "Dayreported" instead)' in message
    assert 'sheet = "*"' not in message and "a file of its own" in message and "hide" in message
    assert "I6" not in message


def test_of_a_sheet_without_a_header_no_cell_is_named(desk: Desk) -> None:
    desk.map(ALL)
    years(desk)
    (message,) = desk.load().held
    assert '"2025" (no such header)' in message and "I6" not in message and 'sheet = "*"' not in message


def test_a_stated_sheet_is_no_leave_to_drop_rows_on_another(desk: Desk) -> None:
    desk.map(RMS.format(options='sheet = "Export"'))
    workbook(
        desk.landing / "rms.xlsx", {"Export": [RMS_HEADER, *rms_rows(1, 3)], "More": [RMS_HEADER, *rms_rows(4, 5)]}
    )
    assert '"More" (2 rows)' in desk.load().held[0]


@pytest.mark.parametrize(
    ("other", "state", "note"),
    [
        ([("Code", "Meaning"), ("1", "Charged")], "visible", 'another header: "Other"'),
        ([RMS_HEADER, *rms_rows(4, 5)], "hidden", 'hidden sheets are left alone: "Other"'),
        ([RMS_HEADER, *rms_rows(4, 5)], "veryHidden", 'hidden sheets are left alone: "Other"'),
        ([RMS_HEADER], "visible", ""),
        ([], "visible", 'another header: "Other"'),
    ],
)
def test_other_sheets_are_no_reason_to_hold(other: list[Any], state: str, note: str, desk: Desk) -> None:
    desk.map(NOTHING_STATED)
    workbook(desk.landing / "rms.xlsx", {"Other": other, "Export": [RMS_HEADER, *rms_rows(1, 3)]}, {"Other": state})
    outcome = desk.load()
    assert outcome.held == ()
    if other[:1] != [RMS_HEADER] or state != "visible":
        assert desk.loads() == [(3, 3, 0, 0)]
    assert any(note in told for told in outcome.notes) or not note


def test_a_hidden_sheet_is_read_where_the_mapping_names_it(desk: Desk) -> None:
    desk.map(RMS.format(options='sheet = "data"'))
    workbook(
        desk.landing / "rms.xlsx",
        {"Cover": [("Hate crime",)], "Data": [RMS_HEADER, *rms_rows(1, 3)]},
        {"Data": "hidden"},
    )
    assert desk.load().held == ()
    assert desk.loads() == [(3, 3, 0, 0)]


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(desk: Desk) -> None:
    desk.map(RMS.format(options='sheet = "Export"'))
    workbook(desk.landing / "rms.xlsx", {"Sheet \x85": [RMS_HEADER], "Data": [RMS_HEADER]})
    message = desk.refusal()
    assert '"Export"' in message and '"Sheet \\x85", "Data"' in message


def test_a_chart_sheet_is_no_sheet_of_rows(desk: Desk) -> None:
    book = openpyxl.Workbook()
    for line in (RMS_HEADER, *rms_rows(1, 3)):
        book.active.append(list(line))
    drawn = BarChart()
    drawn.add_data(Reference(book.worksheets[0], min_col=2, min_row=1, max_row=4))
    book.create_chartsheet("Chart", 0).add_chart(drawn)
    book.save(desk.landing / "rms.xlsx")
    desk.map(NOTHING_STATED)
    assert desk.load().held == ()
    assert desk.loads() == [(3, 3, 0, 0)]


TWO = """
source = "two"
[[feed]]
extract = "incident"
files = ["two*"]
delivery = "update"
columns = "same"
{first}
[[feed]]
extract = "investigation"
files = ["two*"]
delivery = "update"
columns = "same"
{second}
"""
INVESTIGATION = [("force", "crime_ref", "outcome_code", "outcome_date"), ("durham", "C1", "18", "2025-02-01")]


def test_each_feed_reads_its_own_sheet(desk: Desk) -> None:
    desk.map(TWO.format(first='sheet = "Crimes"\nheader_row = 3', second='sheet = "Outcomes"'), "two")
    workbook(
        desk.landing / "two.xlsx",
        {"Crimes": [("Crimes of 2025",), (), HEADER, *rows(1, 3)], "Outcomes": INVESTIGATION, "Notes": [("none",)]},
    )
    outcome = desk.load()
    assert outcome.held == ()
    assert desk.query("SELECT extract, rows_read FROM load ORDER BY ALL") == [("incident", 3), ("investigation", 1)]
    assert desk.query("SELECT line FROM incident ORDER BY line") == [(4,), (5,), (6,)]
    assert desk.load().loads == 0


@pytest.mark.parametrize(
    ("name", "first", "second", "said"),
    [
        ("two.xlsx", 'sheet = "A"\nheader_row = 1', 'sheet = "a"\nheader_row = 3', "`header_row` is 1 and 3"),
        ("two.csv", "header_row = 1", "header_row = 2", "`header_row` is 1 and 2"),
        ("two.csv", 'encoding = "utf-8"', 'encoding = "cp1252"', "`encoding` is 'utf-8' and 'cp1252'"),
        ("two.csv", 'delimiter = ","', 'delimiter = ";"', "`delimiter` is ',' and ';'"),
    ],
)
def test_feeds_of_one_table_must_not_contradict_each_other(
    name: str, first: str, second: str, said: str, desk: Desk
) -> None:
    desk.map(TWO.format(first=first, second=second), "two")
    if name.endswith("xlsx"):
        workbook(desk.landing / name, {"A": [HEADER, *rows(1, 3)]})
    else:
        desk.put(name, ",".join(HEADER).encode() + b"\n")
    message = desk.refusal()
    assert said in message and "incident and investigation" in message and "two" in message


def test_feeds_that_agree_where_both_say_something(desk: Desk) -> None:
    columns = "force,incident_id,incident_class,crime_ref,reported_date,outcome_code,outcome_date"
    desk.map(TWO.format(first="header_row = 2", second='delimiter = ","'), "two")
    desk.put("two.csv", f"Title\n{columns}\ndurham,I1,crime,C1,2025-01-02,18,2025-02-01\n".encode())
    desk.load()
    assert desk.loads() == [(1, 1, 0, 0), (1, 1, 0, 0)]


def formulas(path: Path, cells: dict[str, str], kind: str = "") -> None:
    """A workbook of four incidents in which some cells are formulas; `kind` is what stands behind the formula."""
    workbook(path, {"Data": [HEADER, *rows(1, 4)]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    for place, result in cells.items():
        made = f'<c r="{place}"{kind}><f>TRIM("x")</f>{result}</c>'
        sheet, times = re.subn(rf'<c r="{place}".*?</c>', made, sheet)
        assert times == 1
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("result", ["", "<v></v>", "<v/>"])
def test_formulas_without_stored_results_are_refused(result: str, desk: Desk) -> None:
    formulas(desk.landing / "incident.xlsx", {"D2": result, "D3": result, "E5": result})
    message = desk.refusal()
    assert "D (crime_ref): 2, E (reported_date): 1" in message
    assert "save it" in message and "as values" in message


@pytest.mark.parametrize(
    ("cell", "result", "kind"), [("G3", "<v>South</v>", ' t="str"'), ("G3", "<v></v>", ' t="str"')]
)
def test_formulas_with_stored_results_are_read(cell: str, result: str, kind: str, desk: Desk) -> None:
    formulas(desk.landing / "incident.xlsx", {cell: result}, kind)
    desk.load()
    assert desk.loads() == [(4, 4, 0, 0)]
    told = desk.query("SELECT area_command FROM incident WHERE line = 3")
    assert told == [("South" if "South" in result else None,)]


def test_a_formula_in_a_column_that_is_not_read_is_no_fault(desk: Desk) -> None:
    workbook(
        desk.landing / "incident.xlsx",
        {"Data": [(*HEADER, "days"), *([*cells, "=1+1"] for cells in rows(1, 4))]},
    )
    desk.load()
    assert desk.loads() == [(4, 4, 0, 0)]


DAY, LATER = dt.datetime(2025, 1, 5), dt.datetime(2025, 1, 25)
UK = 'date_formats = ["%d/%m/%Y"]'


def dated(desk: Desk, *cells: Any, options: str = UK) -> tuple[str, ...]:
    desk.map(RMS.format(options=options))
    workbook(
        desk.landing / "rms.xlsx", {"Data": [RMS_HEADER, *([f"I{n}", cell, "Y"] for n, cell in enumerate(cells, 1))]}
    )
    return desk.load(dt.date(2025, 4, 1)).held


@pytest.mark.parametrize("told", ["20/03/2025", "20-03-2025 14:05", "20.3.25", "2025-03-20", "20 March 2025"])
def test_date_cells_beside_dates_as_text_hold_the_file(told: str, desk: Desk) -> None:
    (message,) = dated(desk, DAY, told, None, DAY)
    assert "dates_mixed" in message and "Reported (reported_date) holds 2 date cells and 1 dates" in message
    assert "YYYY-MM-DD" in message
    assert told not in message


@pytest.mark.parametrize(
    "cells",
    [
        (DAY, LATER, None, DAY),
        ("05/01/2025", "25/01/2025", None, "03/02/2025"),
        (DAY, "not known", LATER),
        (dt.datetime(2025, 1, 5, 14, 30), dt.date(2025, 3, 3)),
    ],
)
def test_a_column_of_one_kind_of_dates_is_not_held(cells: tuple[Any, ...], desk: Desk) -> None:
    assert dated(desk, *cells) == ()


def test_date_cells_that_make_sense_only_with_day_and_month_exchanged(desk: Desk) -> None:
    """3 May, 4 June and 5 January, loaded on 1 April: meant are 5 March, 6 April of the year before and 1 May of it."""
    ahead, also, behind = dt.datetime(2025, 5, 3), dt.datetime(2024, 6, 4), dt.datetime(2024, 1, 5)
    (message,) = dated(desk, ahead, also, behind)
    assert "dates_swapped" in message and "1 of 3 date cells" in message


@pytest.mark.parametrize(
    "cells", [(dt.datetime(2025, 5, 3), dt.datetime(2025, 1, 25)), (dt.datetime(2025, 5, 3), dt.datetime(2025, 12, 12))]
)
def test_a_day_to_come_alone_is_no_sign_of_exchange(cells: tuple[Any, ...], desk: Desk) -> None:
    assert dated(desk, *cells) == ()


def test_titles_above_the_header_of_a_sheet(desk: Desk) -> None:
    workbook(
        desk.landing / "incident.xlsx",
        {"Data": [("Hate incidents",), ("Run on", dt.date(2025, 4, 1)), (), HEADER, *rows(1, 3)]},
    )
    notes = desk.load().notes
    assert desk.loads() == [(3, 3, 0, 0)]
    assert desk.lines() == [5, 6, 7]
    assert any('row 4 of the sheet "Data"' in note for note in notes)


def test_a_stated_header_row_that_is_wrong_is_refused_with_the_right_one(desk: Desk) -> None:
    desk.map(RMS.format(options="header_row = 1"))
    workbook(desk.landing / "rms.xlsx", {"Data": [("Title",), (), RMS_HEADER, *rms_rows(1, 2)]})
    assert "`header_row = 3`" in desk.refusal()


def test_rows_without_a_value_and_headers_again_are_counted_as_blank(desk: Desk) -> None:
    lines = [HEADER, row(1), [" ", None, "\u00a0"], row(2), HEADER, row(3), [""] * 9, [None] * 7]
    workbook(desk.landing / "incident.xlsx", {"Data": lines})
    book = openpyxl.load_workbook(desk.landing / "incident.xlsx")
    book.active["L40"].number_format = "0.00"  # Excel's used range reaches to where a cell was formatted
    book.save(desk.landing / "incident.xlsx")
    desk.load()
    ((read, accepted, quarantined, blank),) = desk.loads()
    assert (read, accepted, quarantined) == (3, 3, 0)
    assert blank >= 3
    assert desk.lines() == [2, 4, 6]


@pytest.mark.parametrize(
    ("again", "said"),
    [
        (HEADER[::-1], "but in another order"),
        ([name.upper() for name in (*HEADER[1:], HEADER[0])], "but in another order"),
        ([*HEADER[:5], "Race", HEADER[6]], 'but without "hate_race" and with "Race" instead'),
        ([*HEADER[:5], HEADER[6]], 'but without "hate_race",'),
        ([HEADER[0], "notes\n", *HEADER[1:]], 'but with "notes" beside'),
    ],
)
def test_a_second_header_that_says_otherwise_is_refused(again: list[str], said: str, desk: Desk) -> None:
    workbook(desk.landing / "incident.xlsx", {"Data": [HEADER, *rows(1, 3), [None], again, *rows(4, 5)]})
    message = desk.refusal()
    assert message.startswith('incident.xlsx: row 6 of the sheet "Data" holds the names of the columns again, ' + said)
    assert "files of their own" in message and "durham" not in message
    assert desk.query("SELECT count(*) FROM load") == [(0,)]


def test_a_second_table_with_other_columns_is_no_second_header(desk: Desk) -> None:
    below = [("force", "incident_id", "total"), ("durham", "I1", 3)]
    workbook(desk.landing / "incident.xlsx", {"Data": [HEADER, *rows(1, 30), *below]})
    desk.load()
    assert desk.query("SELECT accepted FROM load") == [(30,)]


def test_no_cell_shows_in_a_warning_while_a_workbook_is_read(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    book = openpyxl.Workbook()
    book.active.append([*HEADER, "victim_id"])
    for number in (1, 2):
        book.active.append([*row(number), 7001234567])
        book.active.cell(number + 1, len(HEADER) + 1).number_format = "yyyy-mm-dd"
    book.save(tmp_path / "incident.xlsx")
    warnings.simplefilter("always")
    assert main(["check", str(tmp_path / "incident.xlsx"), "--now", "2025-04-01"]) == 0
    out = str(tmp_path / "own.toml")
    assert main(["map", str(tmp_path / "incident.xlsx"), "--source", "own", "--out", out]) == 0
    shown = capfd.readouterr()
    assert shown.err == "" and [str(warning.message) for warning in recwarn] == []
    assert "7001234567" not in shown.out
    with pytest.warns(UserWarning, match="7001234567"):  # else nothing was shown because nothing was warned of
        read = openpyxl.load_workbook(tmp_path / "incident.xlsx", read_only=True)
        list(read.worksheets[0].iter_rows())


def numbered(desk: Desk, numbers: list[Any]) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    lines = [row(n, crime_ref=number) for n, number in enumerate(numbers, 1)]
    workbook(desk.landing / "incident.xlsx", {"Data": [HEADER, *lines]})
    held = desk.load().held
    return held, desk.query("SELECT line, column_name FROM finding WHERE rule = 'reference_damaged' ORDER BY ALL")


def test_references_of_more_figures_than_a_number_holds_are_found(desk: Desk) -> None:
    held, found = numbered(desk, [1234567890123450000, 123456789012345, "1234567890123456789", 9876543210123450000])
    assert held == ()
    assert found == [(2, "crime_ref"), (5, "crime_ref")]


def test_references_that_became_dates_are_found(desk: Desk) -> None:
    held, found = numbered(desk, [dt.datetime(2024, 3, 1), "42/12345/24"])
    assert (held, found) == ((), [(2, "crime_ref")])


def test_references_that_run_together_hold_the_file(desk: Desk) -> None:
    held, found = numbered(desk, [1234567890123450000, 1234567890123450000, "C3"])
    assert "reference_damaged" in held[0] and "2 texts of crime_ref" in held[0] and "2 rows share one" in held[0]
    assert found == [(2, "crime_ref"), (3, "crime_ref")]


def test_error_cells_and_truth_values_are_read_as_they_show(desk: Desk) -> None:
    workbook(desk.landing / "incident.xlsx", {"Data": [HEADER, row(1, hate_race=True, area_command="#REF!"), row(2)]})
    desk.load()
    assert desk.loads() == [(2, 2, 0, 0)]
