"""The table of broken files: how each is made, and what must become of it.

A kind that is loaded states the number of records in the file, known from how it was made, and the line and reason of
each quarantined one; a kind that is refused or held states what its message must say.
"""

import codecs
import gzip
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from good_extracts import (
    COLUMNS,
    MARKED,
    PERSONAL,
    ROWS,
    changed,
    edited,
    incidents,
    joined,
    lines,
    parquet,
    sheet_rows,
    text,
    workbook,
)

LOADED, REFUSED, HELD = 0, 3, 4


@dataclass(frozen=True)
class Kind:
    """A kind of broken file.

    write: makes the file in a folder
    ends: 0 loaded, 3 refused, 4 held by the gate
    file: the name that messages must bear
    says: what messages must contain, without regard to case
    read: records of the incident file; None where no incident file is loaded
    quarantined: reason by line
    findings: rules that must be found
    mapping: a source mapping of its own, as TOML
    """

    name: str
    write: Callable[[Path], object]
    ends: int = LOADED
    file: str = "incident.csv"
    says: tuple[str, ...] = ()
    read: int | None = ROWS
    quarantined: dict[int, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    mapping: str | None = None


def _bytes(content: Callable[[], bytes], name: str = "incident.csv") -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content())


def _good() -> bytes:
    return text(incidents()).encode()


def _with(index: int, **cells: str) -> Callable[[Path], object]:
    return _bytes(lambda: text(changed(index, **cells)).encode())


def _header(old: str, new: str) -> Callable[[Path], object]:
    return _bytes(lambda: _good().replace(old.encode(), new.encode(), 1))


def _accented(encoding: str) -> bytes:
    return text(changed(3, area_command="Café Zoë")).encode(encoding)


def _damaged(index: int, damage: bytes) -> bytes:
    """One row with bytes put into its area, between accented rows."""
    rows = changed(index, area_command="@@")
    rows[1]["area_command"] = rows[20]["area_command"] = "Café Zoë"
    return text(rows).encode().replace(b"@@", damage)


def _quotes(index: int, area: str) -> bytes:
    """One row with an area written as it stands, its quotes not doubled."""
    return edited(index, lambda line: line.replace("Northern", area))


def _swallowing() -> bytes:
    """Two rows with a stray quote in the same column: together they look like one record."""
    parts = lines()
    parts[5] = parts[5].replace(",1,crime", ',"1,crime')
    parts[8] = parts[8].replace(",1,crime", ',1",crime')
    return joined(parts)


def _two_stray() -> bytes:
    parts = lines()
    parts[5] = parts[5].replace("Northern", 'a 5" pipe')
    parts[6] = parts[6].replace("Northern", 'a 6" pipe')
    return joined(parts)


def _several_lines(index: int, rest: str = "") -> bytes:
    rows = changed(index, area_command=f"two\nlines, {MARKED}\r\nand three")
    return text(rows).encode().replace(b'and three"', b'and three"' + rest.encode())


def _blank_lines(between: str) -> bytes:
    parts = lines()
    parts[11:11] = [between]
    return joined(parts)


def _mixed_ends() -> bytes:
    ends = ("\n", "\r\n", "\r")
    return "".join(line + ends[number % 3] for number, line in enumerate(lines())).encode()


def _many_columns() -> bytes:
    extra = [f"free_{number}" for number in range(5_000 - len(COLUMNS))]
    return text([row | dict.fromkeys(extra, "x") for row in incidents()], [*COLUMNS, *extra]).encode()


def _mangled_sheet(folder: Path, name: str = "incident.xlsx") -> None:
    """A workbook whose packed rows are overwritten in the middle; the folder of the zip file stays whole."""
    workbook(folder / name, sheet_rows(incidents()))
    with zipfile.ZipFile(folder / name) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
    content = bytearray((folder / name).read_bytes())
    middle = entry.header_offset + 60 + entry.compress_size // 2
    content[middle : middle + 40] = b"\xff" * 40
    (folder / name).write_bytes(content)


def _cut_sheet(folder: Path) -> None:
    workbook(folder / "whole.xlsx", sheet_rows(incidents()))
    content = (folder / "whole.xlsx").read_bytes()
    (folder / "whole.xlsx").unlink()
    (folder / "incident.xlsx").write_bytes(content[: len(content) // 2])


def _only_zip(folder: Path) -> None:
    with zipfile.ZipFile(folder / "incident.xlsx", "w") as archive:
        archive.writestr("incident.csv", text(incidents()))


def _typed_sheet(folder: Path) -> None:
    """Dates as dates and whole numbers as numbers, as Excel itself stores them."""
    rows = incidents()
    for row in rows:
        row["reported_date"] = date.fromisoformat(row["reported_date"])
        row["victim_no"], row["victim_age"] = 1.0, 34
    workbook(folder / "incident.xlsx", sheet_rows(rows))


def _typed_parquet(folder: Path) -> None:
    rows = incidents()
    for row in rows:
        row["reported_date"] = date.fromisoformat(row["reported_date"])
        row["victim_age"], row["victim_no"] = 34.0, 1
    rows[2]["victim_age"] = None
    parquet(folder / "incident.parquet", rows)


def _wide_sheet(folder: Path) -> None:
    rows = sheet_rows(incidents())
    rows[4] = [*rows[4], MARKED]
    workbook(folder / "incident.xlsx", rows)


def _second_sheet(folder: Path) -> None:
    """Rows that go on on another visible sheet below the same header."""
    import openpyxl

    rows = sheet_rows(incidents())
    workbook(folder / "incident.xlsx", rows[:20])
    book = openpyxl.load_workbook(folder / "incident.xlsx")
    more = book.create_sheet("More")
    for row in (rows[0], *rows[20:]):
        more.append(row)
    book.save(folder / "incident.xlsx")


def _empty_formulas(folder: Path) -> None:
    """Formulas as a program writes them that does not calculate."""
    rows = changed(3, crime_ref='=TRIM("C0004")')
    workbook(folder / "incident.xlsx", sheet_rows(rows))


def _mixed_dates(folder: Path) -> None:
    """Date cells beside dates that stayed text."""
    rows = incidents()
    for row in rows[:12]:
        row["reported_date"] = date.fromisoformat(row["reported_date"])
    workbook(folder / "incident.xlsx", sheet_rows(rows))


def _renamed(make: Callable[[Path], object], old: str, new: str) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        make(folder)
        (folder / old).rename(folder / new)

    return write


def _cut_parquet(folder: Path) -> None:
    parquet(folder / "incident.parquet", incidents())
    content = (folder / "incident.parquet").read_bytes()
    (folder / "incident.parquet").write_bytes(content[: len(content) // 2])


def _same_bytes(folder: Path) -> None:
    for name in ("incident.csv", "incident_copy.csv"):
        (folder / name).write_bytes(_good())


def _unknown_name(folder: Path) -> None:
    (folder / "incident.csv").write_bytes(_good())
    (folder / "offences_of_june.csv").write_bytes(_good())


_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + PERSONAL.encode()
_MAPPING = """
source = "own"
[[feed]]
extract = "incident"
files = ["incident_titled*"]
delivery = "update"
columns = "same"
{option}
"""
_SHORT, _UNREADABLE = "wrong_number_of_columns", "unreadable_bytes"

TEXT_KINDS = (
    Kind("empty", _bytes(lambda: b""), REFUSED, says=("is empty", "export it again")),
    Kind("header_only", _bytes(lambda: text([]).encode()), read=0),
    Kind("utf_16_little_endian_with_bom", _bytes(lambda: codecs.BOM_UTF16_LE + _accented("utf-16-le"))),
    Kind("utf_16_big_endian_with_bom", _bytes(lambda: codecs.BOM_UTF16_BE + _accented("utf-16-be"))),
    Kind("utf_16_little_endian_without_bom", _bytes(lambda: _accented("utf-16-le"))),
    Kind("utf_16_big_endian_without_bom", _bytes(lambda: _accented("utf-16-be"))),
    Kind(
        "utf_16_cut_within_a_character",
        _bytes(lambda: codecs.BOM_UTF16_LE + _accented("utf-16-le")[:-1]),
        REFUSED,
        says=("utf-16", "cut short"),
    ),
    Kind("windows_code_page", _bytes(lambda: _accented("cp1252")), findings=("encoding_guessed",)),
    Kind(
        "windows_code_page_with_an_undefined_byte",
        _bytes(lambda: _damaged(4, b"\x81").replace("Café Zoë".encode(), "Café Zoë".encode("cp1252"))),
        quarantined={6: _UNREADABLE},
        findings=("encoding_guessed",),
    ),
    Kind(
        "utf_8_with_unreadable_bytes", _bytes(lambda: _damaged(6, b"\xff\xe9")), quarantined={8: _UNREADABLE}
    ),
    Kind("utf_8_with_bom", _bytes(lambda: codecs.BOM_UTF8 + _accented("utf-8"))),
    Kind("zero_bytes_in_a_line", _bytes(lambda: _damaged(9, b"\x00\x00")), quarantined={11: _UNREADABLE}),
    Kind("nothing_but_zero_bytes", _bytes(lambda: bytes(5_000)), REFUSED, says=("zero bytes", "send it again")),
    Kind("ends_in_zero_bytes", _bytes(lambda: _good() + bytes(4_000)), HELD, says=("file_cut_short",)),
    Kind("carriage_returns_only", _bytes(lambda: text(incidents(), end="\r").encode())),
    Kind("line_feeds_only", _bytes(_good)),
    Kind("carriage_returns_and_line_feeds", _bytes(lambda: text(incidents(), end="\r\n").encode())),
    Kind("mixed_line_ends", _bytes(_mixed_ends)),
    Kind("no_line_end_at_the_end", _bytes(lambda: _good().rstrip(b"\n"))),
    Kind("line_ends_within_quotes", _bytes(lambda: _several_lines(7))),
    Kind(
        "line_ends_within_quotes_and_a_column_too_many",
        _bytes(lambda: _several_lines(7, f",{MARKED}")),
        quarantined={9: _SHORT},
    ),
    Kind(
        "line_ends_within_quotes_and_an_unreadable_byte_elsewhere",
        _bytes(lambda: _several_lines(7).replace(b"two", "zwölf".encode()).replace(b"I0020", b"I\xff020")),
        quarantined={23: _UNREADABLE},
    ),
    Kind("quote_never_closed", _bytes(lambda: _quotes(12, f'"{MARKED}')), quarantined={14: _SHORT}),
    Kind("stray_quote_within_a_cell", _bytes(lambda: _quotes(12, 'a 5" pipe'))),
    Kind("stray_quotes_in_two_rows", _bytes(_two_stray)),
    Kind("quotes_not_doubled", _bytes(lambda: _quotes(12, '"the "Bull" pub"'))),
    Kind("quotes_that_would_swallow_rows", _bytes(_swallowing), quarantined={6: _SHORT}),
    Kind("semicolons", _bytes(lambda: text(incidents(), sign=";").encode())),
    Kind("tabs", _bytes(lambda: text(incidents(), sign="\t").encode(), "incident.tsv"), file="incident.tsv"),
    Kind("pipes", _bytes(lambda: text(incidents(), sign="|").encode())),
    Kind("text_file_name", _bytes(_good, "incident.txt"), file="incident.txt"),
    Kind("blank_lines_in_the_middle", _bytes(lambda: _blank_lines("\n\n"))),
    Kind(
        "line_of_blanks",
        _bytes(lambda: _blank_lines("   ")),
        says=("blank lines left out: 1",),
    ),
    Kind(
        "line_of_delimiters",
        _bytes(lambda: _blank_lines("," * (len(COLUMNS) - 1))),
        says=("blank lines left out: 1",),
    ),
    Kind(
        "end_of_file_sign",
        _bytes(lambda: _good() + b"\x1a"),
    ),
    Kind(
        "line_too_short",
        _bytes(lambda: edited(2, lambda line: line.rsplit(",", 2)[0])),
        quarantined={4: _SHORT},
    ),
    Kind("line_too_long", _bytes(lambda: edited(2, lambda line: f"{line},{MARKED}")), quarantined={4: _SHORT}),
    Kind(
        "delimiter_after_each_line",
        _bytes(lambda: joined([lines()[0], *(line + "," for line in lines()[1:])])),
    ),
    Kind(
        "delimiter_after_each_line_and_header",
        _bytes(lambda: joined([line + "," for line in lines()])),
        findings=("extra_column",),
    ),
    Kind(
        "delimiters_after_some_lines",
        _bytes(lambda: edited(4, lambda line: line + ",").replace(b",online\n", b",\n", 2)),
        quarantined={6: _SHORT},
    ),
    Kind(
        "delimiters_after_some_lines_and_quoted_ones_within",
        _bytes(lambda: _quotes(4, '"a, b"').replace(b",online\n", b",\n", 5).replace(b"I0010,1", b"I0010,,1")),
        quarantined={11: _SHORT},
    ),
    Kind(
        "last_column_missing",
        _bytes(lambda: edited(4, lambda line: line.rsplit(",", 1)[0])),
        quarantined={6: _SHORT},
    ),
    Kind(
        "last_line_cut_short",
        _bytes(lambda: _good()[:-40]),
        HELD,
        says=("file_cut_short", "the last line breaks off", "attrition accept"),
        quarantined={ROWS + 1: _SHORT},
    ),
    Kind(
        "cut_short_within_a_quoted_cell",
        _bytes(lambda: _quotes(ROWS - 1, '"Northern').rstrip(b"\n")),
        HELD,
        says=("file_cut_short",),
        quarantined={ROWS + 1: _SHORT},
    ),
    Kind(
        "cell_of_ten_megabytes",
        _with(5, area_command="x" * 10_000_000),
        quarantined={7: "cell_too_long"},
    ),
    Kind("few_and_very_long_lines", _bytes(lambda: text([r | {"area_command": "n" * 30_000, "extra": "y" * 30_000}
         for r in incidents()[:3]], [*COLUMNS, "extra"]).encode()), read=3, findings=("extra_column",)),
    Kind("formulas", _with(5, area_command="=cmd|' /C calc'!A0", victim_id="@SUM(1+1)" + PERSONAL)),
    Kind("web_page", _bytes(lambda: b"<!DOCTYPE html>\n<html><body>Log in</body></html>\n"), REFUSED,
         says=("required columns",)),
)  # fmt: skip

HEADER_KINDS = (
    Kind(
        "header_twice",
        _header("area_command", "reported_date"),
        REFUSED,
        says=("line 1", "reported_date", "more than once"),
    ),
    Kind("unused_header_twice", _bytes(lambda: text(incidents(), [*COLUMNS, "notes", "notes"]).encode()),
         findings=("extra_column",)),
    Kind("required_header_missing", _bytes(lambda: text(incidents(), [c for c in COLUMNS if c != "reported_date"]).encode()),
         REFUSED, says=("line 1", "required columns", "reported_date")),
    Kind("optional_header_missing", _bytes(lambda: text(incidents(), [c for c in COLUMNS if c != "victim_age"]).encode()),
         findings=("missing_column",)),
    Kind("header_renamed", _header("incident_id", "Incident Ref"), REFUSED,
         says=("incident_id", "was a header renamed?")),
    Kind("header_padded_and_in_capitals", _bytes(lambda: joined([", ".join(f" {c.upper()} " for c in COLUMNS), *lines()[1:]]))),
    Kind("no_header", _bytes(lambda: joined(lines()[1:])), REFUSED, says=("line 1", "required columns")),
    Kind("blank_first_line", _bytes(lambda: b"\n" + _good()), says=("header stands in line 2",)),
    Kind("column_name_of_600_characters", _header("area_command", "x" * 600), REFUSED,
         says=("line 1", "not a header", "500")),
    Kind("header_with_an_open_quote", _header("reporting_channel", '"reporting_channel'), REFUSED,
         says=("line 1", "quotes")),
    Kind("header_over_several_lines", _header("area_command", '"area\ncommand"'), HELD, says=("rule column_renamed",)),
    Kind("five_thousand_columns", _bytes(_many_columns), findings=("extra_column",)),
    Kind("header_in_line_three", _bytes(lambda: b'Hate incidents\nas at "31 March"\n' + _good(), "incident_titled.csv"),
         file="incident_titled.csv", mapping=_MAPPING.format(option="header_row = 3")),
    Kind("title_above_the_header", _bytes(lambda: b"Hate incidents\n\n" + _good()), says=("header stands in line 3",)),
    Kind("header_again_in_another_order",
         _bytes(lambda: joined([*lines()[:12], ",".join(COLUMNS[::-1]), *lines()[12:]])), REFUSED,
         says=("line 13 holds the names of the columns again, but in another order", "files of their own")),
    Kind("header_again_with_another_name",
         _bytes(lambda: joined([*lines()[:12], lines()[0].replace("victim_age", "age"), *lines()[12:]])), REFUSED,
         says=("line 13 holds", 'without "victim_age" and with "age" instead')),
    Kind("mapped_sheet_missing", lambda folder: workbook(folder / "incident_titled.xlsx", sheet_rows(incidents())), REFUSED,
         file="incident_titled.xlsx", says=("sheet", "mapping"), mapping=_MAPPING.format(option='sheet = "Export"')),
)  # fmt: skip

CELL_KINDS = (
    Kind("no_such_day", _with(3, reported_date="2024-02-31"), quarantined={5: "unreadable_reported_date"}),
    Kind("day_before_month", _with(3, reported_date="31/02/2024"), quarantined={5: "unreadable_reported_date"}),
    Kind("american_date", _with(3, reported_date="06/14/2024"), quarantined={5: "unreadable_reported_date"}),
    Kind("excel_serial_date", _with(3, reported_date="45383"), quarantined={5: "unreadable_reported_date"}),
    Kind("date_missing", _with(3, reported_date=""), quarantined={5: "missing_reported_date"}),
    Kind("text_for_a_date", _with(3, reported_date=MARKED), quarantined={5: "unreadable_reported_date"}),
    Kind("date_with_time", _with(3, reported_date="2024-06-04T23:59:59")),
    Kind("unreadable_optional_date", _bytes(lambda: text(
        [r | {"status_date": "31/12/24"} for r in incidents()], [*COLUMNS, "status_date"]).encode()),
        findings=("unreadable_date",)),
    Kind("unknown_force", _with(3, force=f"{MARKED} Police"), quarantined={5: "unreadable_force"}),
    Kind("unknown_class", _with(3, incident_class=MARKED), quarantined={5: "unreadable_incident_class"}),
    Kind("crime_without_reference", _with(3, crime_ref=" "), quarantined={5: "missing_crime_ref"}),
    Kind("age_in_words", _with(3, victim_age=f"n/k {MARKED}"), findings=("out_of_range",)),
    Kind("unknown_ethnicity", _with(3, victim_ethnicity="Z9"), findings=("unknown_code",)),
    Kind("one_key_two_rows", _with(3, incident_id="I0005"), quarantined={5: "conflicting_duplicate"}),
)  # fmt: skip

TYPED_KINDS = (
    Kind("text_named_excel", _bytes(_good, "incident.xlsx"), REFUSED, "incident.xlsx", ("name says excel", "ending")),
    Kind("excel_named_text",
         _renamed(lambda folder: workbook(folder / "a.xlsx", sheet_rows(incidents())), "a.xlsx", "incident.csv"),
         REFUSED, says=("name says text", "excel or zip", "ending")),
    Kind("old_excel", _bytes(lambda: _OLD_EXCEL, "incident.xls"), REFUSED, "incident.xls", ("not read", "xlsx")),
    Kind("password_protected_excel", _bytes(lambda: _OLD_EXCEL, "incident.xlsx"), REFUSED, "incident.xlsx",
         ("password", "save it")),
    Kind("old_excel_named_text", _bytes(lambda: _OLD_EXCEL), REFUSED, says=("old or password-protected excel",)),
    Kind("excel_cut_short", _cut_sheet, REFUSED, "incident.xlsx", ("damaged or cut short", "again")),
    Kind("excel_damaged_inside", _mangled_sheet, REFUSED, "incident.xlsx", ("damaged", "again")),
    Kind("zip_named_excel", _only_zip, REFUSED, "incident.xlsx", ("not an excel workbook", "save it")),
    Kind("excel_without_rows", lambda folder: workbook(folder / "incident.xlsx", [COLUMNS]), file="incident.xlsx", read=0),
    Kind("excel_without_header", lambda folder: workbook(folder / "incident.xlsx", []), REFUSED, "incident.xlsx",
         ("no header in row 1", "mapping")),
    Kind("excel_with_a_cell_beyond_the_header", _wide_sheet, file="incident.xlsx", quarantined={5: _SHORT}),
    Kind("excel_with_the_header_again_in_another_order",
         lambda folder: workbook(folder / "incident.xlsx", [*sheet_rows(incidents()), list(COLUMNS[::-1])]), REFUSED,
         "incident.xlsx", (f"row {ROWS + 2} of the sheet", "in another order")),
    Kind("excel_with_rows_on_another_sheet", _second_sheet, HELD, "incident.xlsx",
         ("sheet_left_out", '"more" (11 rows)', 'sheet = "*"', "attrition accept")),
    Kind("excel_with_formulas_without_results", _empty_formulas, REFUSED, "incident.xlsx",
         ("e (crime_ref): 1", "save it")),
    Kind("excel_with_dates_of_two_kinds", _mixed_dates, HELD, "incident.xlsx",
         ("dates_mixed", "12 date cells and 18 dates", "yyyy-mm-dd")),
    Kind("references_in_scientific_notation", _bytes(lambda: text(
         [row | {"crime_ref": "2.4E+15"} for row in incidents()]).encode()), HELD, says=("reference_damaged", "30 rows share one")),
    Kind("excel_with_typed_cells", _typed_sheet, file="incident.xlsx"),
    Kind("parquet", lambda folder: parquet(folder / "incident.parquet", incidents()), file="incident.parquet"),
    Kind("parquet_with_typed_cells", _typed_parquet, file="incident.parquet"),
    Kind("parquet_with_padded_names",
         lambda folder: parquet(folder / "incident.parquet", incidents(), tuple(f" {c.title()} " for c in COLUMNS)),
         file="incident.parquet"),
    Kind("parquet_with_a_name_twice",
         lambda folder: parquet(folder / "incident.parquet", incidents(), (*COLUMNS[:-1], "Force")),
         REFUSED, "incident.parquet", ("force", "more than once")),
    Kind("parquet_with_a_long_cell",
         lambda folder: parquet(folder / "incident.parquet", changed(5, area_command="x" * 40_000)),
         file="incident.parquet", quarantined={6: "cell_too_long"}),
    Kind("parquet_cut_short", _cut_parquet, REFUSED, "incident.parquet", ("damaged or cut short", "again")),
    Kind("text_named_parquet", _bytes(_good, "incident.parquet"), REFUSED, "incident.parquet", ("name says parquet",)),
    Kind("parquet_named_text",
         _renamed(lambda folder: parquet(folder / "a.parquet", incidents()), "a.parquet", "incident.csv"),
         REFUSED, says=("name says text", "parquet")),
    Kind("compressed_file", _bytes(lambda: gzip.compress(_good()), "incident.csv.gz"), REFUSED, "incident.csv.gz",
         ("not read", "unpack it first")),
    Kind("compressed_named_text", _bytes(lambda: gzip.compress(_good())), REFUSED, says=("compressed", "ending")),
    Kind("kind_that_is_not_read", _bytes(lambda: b"%PDF-1.7", "incident.pdf"), REFUSED, "incident.pdf", ("csv, xlsx",)),
)  # fmt: skip

PLACE_KINDS = (
    Kind("not_finished", _bytes(_good, "incident.csv.part"), file="incident.csv.part", says=("left alone",), read=None),
    Kind("folder_named_like_a_file", lambda folder: (folder / "incident.csv").mkdir(), says=("left alone, it is a folder",),
         read=None),
    Kind("name_that_no_mapping_fits", _unknown_name, says=("offences_of_june.csv: left alone",)),
    Kind("same_bytes_under_two_names", _same_bytes),
    Kind("name_with_brackets_and_blanks", _bytes(_good, "incident [June] (2) {a}.csv"), file="incident [June] (2) {a}.csv"),
    Kind("name_with_accents", _bytes(_good, "incident_été_東京.csv"), file="incident_été_東京.csv"),
    Kind("name_with_signs_that_steer_a_terminal", _bytes(_good, "incident_\x1b[2J.csv"), file="incident_\\x1b[2J.csv"),
    Kind("name_with_a_quote", _bytes(_good, "incident_o'neill.csv"), file="incident_o'neill.csv"),
    Kind("parquet_name_with_brackets", lambda folder: parquet(folder / "incident [1].parquet", incidents()),
         file="incident [1].parquet"),
)  # fmt: skip

KINDS = (*TEXT_KINDS, *HEADER_KINDS, *CELL_KINDS, *TYPED_KINDS, *PLACE_KINDS)
