"""Text files and Parquet as offices send them: bare delimiters, titles, marks in the middle, encodings stated wrongly."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reading_desk import HEADER, RMS, Desk, row, rows, text


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.connection.close()


BARE = ",,,,,,"


@pytest.mark.parametrize(
    "blank",
    [
        BARE,
        ",,",
        " , ,\t,,,,",
        '"","","","","","",""',
        '"",,,,,," "',
        "\u00a0,,,,,,",
        "\u200b,,,,,,\ufeff",
        "   ",
        "\x1a",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_without_a_value_are_counted_and_no_rows(blank: str, end: str, desk: Desk) -> None:
    desk.put("incident.csv", text(HEADER, row(1), blank, row(2), row(3), blank, blank, end=end))
    outcome = desk.load()
    assert outcome.held == ()
    assert desk.loads() == [(3, 3, 0, 3)]
    assert desk.lines() == [2, 4, 5]


@pytest.mark.parametrize("damage", ['a 5" pipe', "a\xff"])
def test_the_careful_reader_counts_them_too(damage: str, desk: Desk) -> None:
    lines = text(HEADER, row(1), BARE, row(2, area_command=damage), row(3), HEADER, row(4), BARE)
    desk.put("incident.csv", lines.replace("ÿ".encode(), b"\xff").replace(b"durham,I1,", "durham,I1é,".encode()))
    desk.load()
    ((read, accepted, quarantined, blank),) = desk.loads()
    assert (read, blank) == (4, 3)
    assert (accepted, quarantined) == ((4, 0) if "pipe" in damage else (3, 1))


def test_a_value_among_delimiters_is_a_row(desk: Desk) -> None:
    desk.put("incident.csv", text(HEADER, row(1), ",,,,,,x", '",",,,,,,', row(2)))
    desk.load()
    assert desk.loads() == [(4, 2, 2, 0)]


def test_a_large_used_range_at_the_end(desk: Desk) -> None:
    desk.put("incident.csv", text(HEADER, *rows(1, 20), *[BARE] * 50_000))
    assert desk.load().held == ()
    assert desk.loads() == [(20, 20, 0, 50_000)]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("space", ["", " "])
def test_each_row_ends_in_one_delimiter_more(sign: str, space: str, desk: Desk) -> None:
    lines = [sign.join(cells) + sign + space for cells in rows(1, 30)]
    desk.put("incident.csv", text(HEADER, *lines, sign=sign))
    desk.load()
    assert desk.loads() == [(30, 30, 0, 0)]
    assert desk.query("SELECT DISTINCT area_command FROM incident") == [("North",)]


def test_most_rows_end_in_one_delimiter_more(desk: Desk) -> None:
    lines = [",".join(cells) + ("," if number % 5 else "") for number, cells in enumerate(rows(1, 30))]
    desk.put("incident.csv", text(HEADER, *lines))
    desk.load()
    assert desk.loads() == [(30, 30, 0, 0)]


def test_a_row_moved_by_a_delimiter_within_a_cell_is_not_taken_for_one_that_trails(desk: Desk) -> None:
    """Two units in one cell, not quoted, before an empty last column: one empty cell more, and all others moved."""
    moved = [",".join(row(n, area_command="")) for n in range(1, 10)]
    moved[3] = moved[3].replace("crime", "crime,x")
    desk.put("incident.csv", text(HEADER, *moved))
    desk.load()
    assert desk.loads() == [(9, 8, 1, 0)]


def test_an_extra_cell_with_content_stays_wrong(desk: Desk) -> None:
    lines = [",".join(cells) + "," for cells in rows(1, 30)]
    lines[4] += "x"
    desk.put("incident.csv", text(HEADER, *lines))
    desk.load()
    assert desk.loads() == [(30, 29, 1, 0)]
    assert desk.query("SELECT line, reasons FROM quarantine") == [(6, ["wrong_number_of_columns"])]


def test_the_header_alone_ends_in_a_delimiter(desk: Desk) -> None:
    desk.put("incident.csv", text(",".join(HEADER) + ",", *rows(1, 3)))
    desk.load()
    assert desk.loads() == [(3, 3, 0, 0)]


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"', "sep=;;;;"])
def test_the_line_that_names_the_delimiter(first: str, desk: Desk) -> None:
    desk.put("incident.csv", text(first, HEADER, row(1, area_command="a,b,c,d,e,f,g,h,i,j"), row(2), sign=";"))
    outcome = desk.load()
    assert outcome.notes == ()
    assert desk.loads() == [(2, 2, 0, 0)]
    assert desk.lines() == [3, 4]
    assert desk.query("SELECT area_command FROM incident WHERE line = 3") == [("a,b,c,d,e,f,g,h,i,j",)]


def test_a_delimiter_that_only_that_line_tells(desk: Desk) -> None:
    desk.put("incident.csv", b"\xef\xbb\xbf" + text("sep=^", HEADER, row(1), sign="^", end="\r\n"))
    desk.load()
    assert desk.loads() == [(1, 1, 0, 0)]


@pytest.mark.parametrize(
    "titles",
    [("Hate crime extract,,", "Run on 01/04/2025,,", ",,"), ("",), ('As at "31 March"', 'It is 5" long'), ("x",) * 29],
)
def test_titles_above_the_header(titles: tuple[str, ...], desk: Desk) -> None:
    desk.put("incident.csv", text(*titles, HEADER, *rows(1, 3)))
    outcome = desk.load()
    where = len(titles) + 1
    assert outcome.notes == (f"incident.csv: the header stands in line {where}; the lines above it are not read",)
    assert desk.loads() == [(3, 3, 0, 0)]
    assert desk.lines() == [where + 1, where + 2, where + 3]


def test_a_header_below_titles_that_lacks_a_column_is_named_by_its_line(desk: Desk) -> None:
    desk.put("incident.csv", text("Title", "", [*HEADER[:4], "Reported"], row(1)))
    message = desk.refusal()
    assert "line 3 lacks the required columns reported_date" in message


def test_a_header_beyond_the_lines_that_are_searched(desk: Desk) -> None:
    desk.put("incident.csv", text(*["x"] * 30, HEADER, row(1)))
    assert "first 30 lines were searched" in desk.refusal() and "`header_row`" in desk.refusal()


def test_a_stated_row_that_is_not_the_header_is_refused_with_the_one_that_is(desk: Desk) -> None:
    desk.map(RMS.format(options="header_row = 2"))
    desk.put("rms.csv", text("Title", "More", "Occurrence No,Reported,Race", "I1,2025-01-02,Y"))
    message = desk.refusal()
    assert "line 2 lacks" in message and "`header_row = 3`" in message


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_files_put_one_behind_the_other(mark: bytes, desk: Desk) -> None:
    desk.put("incident.csv", mark + text(HEADER, *rows(1, 2)) + mark + text(HEADER, *rows(3, 4)))
    desk.load()
    assert desk.loads() == [(4, 4, 0, 1)]
    assert desk.lines() == [2, 3, 5, 6]


def test_the_header_again_in_other_quotes_and_case_costs_no_row(desk: Desk) -> None:
    again = ",".join(f'"{name.upper()}"' for name in HEADER)
    desk.put("incident.csv", text(HEADER, row(1), again, row(2, area_command='a 5" pipe')))
    desk.load()
    assert desk.loads() == [(2, 2, 0, 1)]


OTHERWISE = [
    pytest.param(list(HEADER[::-1]), "but in another order", id="backwards"),
    pytest.param([*HEADER[1:], HEADER[0]], "but in another order", id="first name last"),
    pytest.param([*HEADER[:3], HEADER[4], HEADER[3], *HEADER[5:]], "but in another order", id="two exchanged"),
    pytest.param([f'"{name.upper()}"' for name in HEADER[::-1]], "but in another order", id="quoted capitals"),
    pytest.param(["Force", *HEADER[1:5], "Race", HEADER[6]], 'but without "hate_race" and with "Race"', id="renamed"),
    pytest.param(["Police", *HEADER[1:]], 'but without "force" and with "Police" instead', id="first renamed"),
    pytest.param([*HEADER[:6], "Area"], 'but without "area_command" and with "Area" instead', id="last renamed"),
]


@pytest.mark.parametrize("way", ["fast", "fast, quoted lines", "careful"])
@pytest.mark.parametrize(("again", "said"), OTHERWISE)
@pytest.mark.parametrize("sign", [",", "\t"])
def test_a_second_header_that_says_otherwise_is_refused(
    again: list[str], said: str, way: str, sign: str, desk: Desk
) -> None:
    area = {"fast": "North", "fast, quoted lines": '"two\nlines"', "careful": 'a 5" pipe'}[way]
    end = "\r\n" if sign == "\t" and way == "fast" else "\n"
    desk.put(
        "incident.csv", text(HEADER, row(1, area_command=area), *rows(2, 3), again, *rows(4, 9), sign=sign, end=end)
    )
    message = desk.refusal()
    line = 6 if "\n" in area else 5
    assert message.startswith(f"incident.csv: line {line} holds the names of the columns again, {said}")
    assert "files of their own" in message and "durham" not in message
    assert desk.query("SELECT count(*) FROM load") == [(0,)]


def test_cells_like_the_name_of_a_column_are_no_second_header(desk: Desk) -> None:
    header = ("crime", *HEADER)
    lines = [["crime", *cells[:6], "force"] for cells in rows(1, 25)]
    desk.put("incident.csv", text(header, *lines, ["crime", *HEADER[:2], *row(26)[2:]]))
    desk.load()
    assert desk.query("SELECT rows_read, accepted FROM load") == [(26, 25)]


def test_a_second_header_is_found_among_cells_like_names(desk: Desk) -> None:
    header = ("crime", *HEADER)
    desk.put("incident.csv", text(header, *(["crime", *cells] for cells in rows(1, 5)), header[::-1], row(6)))
    assert "line 7 holds the names of the columns again, but in another order" in desk.refusal()


def test_utf_16_files_put_one_behind_the_other(desk: Desk) -> None:
    parts = [text(HEADER, row(n, area_command="Cafés")).decode().encode("utf-16") for n in (1, 2)]
    desk.put("incident.csv", b"".join(parts))
    desk.load()
    assert desk.loads() == [(2, 2, 0, 1)]


def accented() -> str:
    return text("Occurrence No,Reported,Race,Área", "I1,2025-01-02,Y,Café").decode()


@pytest.mark.parametrize(
    ("stated", "written", "found"),
    [
        ("utf-8", "cp1252", "cp1252"),
        ("utf-8", "utf-16-le", "utf-16"),
        ("cp1252", "utf-8", "utf-8"),
        ("cp1252", "utf-16-be", "utf-16"),
        ("utf-16", "utf-8", "utf-8"),
        ("utf-16", "cp1252", "cp1252"),
    ],
)
def test_an_encoding_that_the_bytes_contradict_is_refused(stated: str, written: str, found: str, desk: Desk) -> None:
    desk.map(RMS.format(options=f'encoding = "{stated}"'))
    desk.put("rms.csv", accented().encode(written))
    message = desk.refusal()
    assert f'`encoding = "{stated}"`' in message and f'`encoding = "{found}"`' in message


@pytest.mark.parametrize(
    ("stated", "content"),
    [
        ("cp1252", codecs.BOM_UTF8 + accented().encode()),
        ("utf-8", codecs.BOM_UTF16_LE + accented().encode("utf-16-le")),
        ("cp1252", accented().encode("ascii", "ignore")),
        ("utf-16", accented().encode("utf-16-be")),
    ],
)
def test_an_encoding_that_the_bytes_tell_themselves_is_read(stated: str, content: bytes, desk: Desk) -> None:
    desk.map(RMS.format(options=f'encoding = "{stated}"'))
    desk.put("rms.csv", content)
    desk.load()
    assert desk.loads() == [(1, 1, 0, 0)]


def test_references_in_scientific_notation_are_found_and_hold_where_records_share_one(desk: Desk) -> None:
    desk.put(
        "incident.csv",
        text(HEADER, row(1, crime_ref="2.4E+15"), row(2, crime_ref="5E1234"), row(3, area_command="A&E+2")),
    )
    assert desk.load().held == ()
    assert desk.query("SELECT line, column_name FROM finding WHERE rule = 'reference_damaged'") == [(2, "crime_ref")]
    desk.put("incident_2.csv", text(HEADER, *(row(n, crime_ref="2.4E+15") for n in (4, 5)), row(6)))
    (message,) = desk.load().held
    assert "reference_damaged" in message and "2 rows share one" in message
    assert "2.4E+15" not in message


def parquet(path: Path, columns: dict[str, list[Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    pyarrow.parquet.write_table(pa.table(columns), path)


def cells(lines: list[list[Any]]) -> dict[str, list[Any]]:
    return {name: [line[at] for line in lines] for at, name in enumerate(HEADER)}


def test_parquet_rows_without_a_value(desk: Desk) -> None:
    nothing = [None] * len(HEADER)
    lines = [row(1), nothing, row(2), ["", " ", *nothing[2:]], row(3, area_command="x" * 40_000), row(4)]
    kept = [None, None, None, None, None, "other"]
    parquet(desk.landing / "incident.parquet", cells(lines) | {"beside": kept})
    desk.load()
    assert desk.loads() == [(4, 3, 1, 2)]
    assert desk.lines() == [1, 3, 6]


def test_a_parquet_row_with_a_value_beside_is_a_row(desk: Desk) -> None:
    parquet(desk.landing / "incident.parquet", cells([row(1), [None] * len(HEADER)]) | {"beside": [None, "x"]})
    desk.load()
    assert desk.loads() == [(2, 1, 1, 0)]


def test_texts_that_parquet_holds_as_bytes(desk: Desk) -> None:
    as_bytes = {
        name: [str(cell or "").encode() or None for cell in column]
        for name, column in cells([row(1, area_command="Süd")]).items()
    }
    parquet(desk.landing / "incident.parquet", as_bytes)
    desk.load()
    assert desk.query("SELECT area_command FROM incident") == [("Süd",)]


def test_damaged_references_in_parquet(desk: Desk) -> None:
    lines = [row(1, incident_id=1.0, crime_ref="C1"), row(2, incident_id=1234567890123456789.0, crime_ref="2.4E+15")]
    parquet(desk.landing / "incident.parquet", cells(lines))
    desk.load()
    found = desk.query("SELECT line, column_name FROM finding WHERE rule = 'reference_damaged' ORDER BY ALL")
    assert found == [(2, "crime_ref"), (2, "incident_id")]
