"""The workbook of rows to mend of one extract and area: marked, filtered, every reference as text.

xlsxwriter makes the sheet with one sample row, a cell of each look; the rows themselves are then written into its XML as a
stream, which takes a fifth of the time that xlsxwriter needs cell by cell.
"""

import datetime as dt
import io
import re
import textwrap
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from attrition.publish.spreadsheet_text import FORMULA_START
from attrition.publish.workbook_sheets import day_in_words

_HANDLING = "names single records; only for the owner of the data"
MADE_UP = "MADE-UP DATA: a demonstration; no real person or case stands behind it."
MOST_ROWS = 50_000
# One data set always gives the same file, so the clock has no say.
_NO_DAY = dt.date(2000, 1, 1)
_SHEET = "xl/worksheets/sheet1.xml"
_SHEET_NAME = "Rows to mend"
_A4 = 9
_LINE_HEIGHT = 15
_FONT = {"font_name": "Arial", "font_size": 11, "valign": "top"}


@dataclass(frozen=True)
class Column:
    """A column: its field in the list, its heading, its greatest width in characters, and whether its text is free."""

    field: str
    heading: str
    widest: int
    is_free: bool = False


COLUMNS = (
    Column("file", "File", 40, is_free=True),
    Column("line", "Line", 12),
    Column("record", "Record", 32, is_free=True),
    Column("column_name", "Column", 32, is_free=True),
    Column("rule", "Rule", 40),
    Column("label", "What is wrong", 44),
    Column("mend", "How to mend it", 48),
)
_LINE = next(at for at, column in enumerate(COLUMNS) if column.field == "line")
_RECORD = next(at for at, column in enumerate(COLUMNS) if column.field == "record")


@dataclass(frozen=True)
class MendList:
    """What the workbook says above its table.

    of: extract and area in words
    rows: entries in all, of which the workbook holds at most MOST_ROWS
    records: rows of the files that they concern
    csv_name: the file that holds all of them
    marking: the protective marking
    """

    of: str
    rows: int
    records: int
    as_at: dt.date | None
    made_up: bool
    csv_name: str
    marking: str

    @property
    def marked(self) -> str:
        """The protective marking with what it asks for."""
        return f"{self.marking}: {_HANDLING}"

    @property
    def title(self) -> str:
        """The title of sheet and file."""
        return f"Rows to mend: {self.of}" + (f", as at {day_in_words(self.as_at)}" if self.as_at else "")

    @property
    def shown(self) -> int:
        """Entries in the workbook."""
        return min(self.rows, MOST_ROWS)


def write_mend_workbook(target: Path, said: MendList, longest: Sequence[int], rows: Iterable[Sequence[object]]) -> None:
    """Write the workbook (.xlsx).

    longest: length of the longest text of each column, in characters
    rows: at most MOST_ROWS, each with a cell for every one of COLUMNS, free of control characters
    Raises OSError where it cannot be written.
    """
    widths = [
        min(max(length, len(column.heading) + 4) + 3, column.widest)
        for length, column in zip(longest, COLUMNS, strict=True)
    ]
    shell, first_row, looks = _shell(said, widths)
    with zipfile.ZipFile(shell) as empty, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as full:
        for member in empty.infolist():
            content = empty.read(member)
            if member.filename != _SHEET:
                full.writestr(member, content)
                continue
            before, _, after = _around_sample(content.decode("utf-8"))
            before = re.sub(r'<dimension ref="[^"]*"', f'<dimension ref="{_area(0, first_row + said.shown)}"', before)
            with io.TextIOWrapper(full.open(member, "w"), encoding="utf-8", newline="\n") as sheet:
                sheet.write(before)
                sheet.writelines(_row_texts(rows, first_row, widths, looks))
                sheet.write(_more(said, first_row, looks) + after)


@dataclass(frozen=True)
class _Looks:
    """Numbers of the workbook's cell formats."""

    text: str
    quoted: str
    number: str
    remark: str


def _area(first: int, last: int) -> str:
    """Rows `first` to `last`, from 0, as an area of the sheet."""
    return f"A{first + 1}:{chr(ord('A') + len(COLUMNS) - 1)}{last + 1}"


def _shell(said: MendList, widths: Sequence[int]) -> tuple[io.BytesIO, int, _Looks]:
    """The workbook but for its rows; the number of its first row, from 0; and the looks of the cells."""
    import xlsxwriter

    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, {"constant_memory": True})
    day = said.as_at or _NO_DAY
    workbook.set_properties(
        {
            "title": said.title,
            "subject": said.marked,
            "author": "",
            "created": dt.datetime(day.year, day.month, day.day),
        }
    )
    bold = workbook.add_format({**_FONT, "bold": True})
    plain = workbook.add_format(_FONT)
    heading = workbook.add_format({**_FONT, "bold": True, "bottom": 2, "bg_color": "#F2F2F2", "indent": 1})
    cell: dict[str, Any] = {
        **_FONT,
        "num_format": "@",
        "text_wrap": True,
        "bottom": 1,
        "bottom_color": "#D9D9D9",
        "indent": 1,
    }
    looks = [
        workbook.add_format(cell),
        workbook.add_format({**cell, "quote_prefix": True}),
        workbook.add_format({**cell, "num_format": "0", "align": "right"}),
        plain,
    ]
    sheet = workbook.add_worksheet(_SHEET_NAME)
    entries = (
        f"{said.rows:,} to mend on {said.records:,} rows."
        if said.rows != said.records
        else f"{said.rows:,} rows to mend."
    )
    lines = [
        (said.marked, bold),
        *([(MADE_UP, bold)] if said.made_up else []),
        (said.title, workbook.add_format({**_FONT, "bold": True, "font_size": 14})),
        (
            f"{entries} Line is the line of the file, in a workbook the row of the sheet. A row with several faults stands here once "
            "for each.",
            plain,
        ),
        ("Mend the rows in your own system and send the extract again. What is mended closes by itself.", plain),
    ]
    for at, (text, look) in enumerate(lines):
        sheet.write_string(at, 0, text, look)
    sheet.set_row(len(lines) - 3, 1.5 * _LINE_HEIGHT)
    above = len(lines)
    for at, column in enumerate(COLUMNS):
        sheet.set_column(at, at, widths[at])
        sheet.write_string(above, at, column.heading, heading)
    for at, look in enumerate(looks):
        sheet.write_string(above + 1, at, "sample", look)
    first, last = above + 1, above + said.shown
    sheet.freeze_panes(first, 0)
    sheet.autofilter(above, 0, last, len(COLUMNS) - 1)
    # Numbers kept as text are meant so; Excel would put a green corner on every one.
    sheet.ignore_errors({"number_stored_as_text": _area(first, last)})
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(above)
    sheet.set_header(f"&L{said.marked}")
    sheet.set_footer(f"&L{said.marked}&R&A, page &P of &N")
    workbook.close()
    with zipfile.ZipFile(file) as written:
        _, sample, _ = _around_sample(written.read(_SHEET).decode("utf-8"))
    return file, first, _Looks(*re.findall(r'<c [^>]*s="(\d+)"', sample))


def _around_sample(content: str) -> tuple[str, str, str]:
    """The sheet's XML up to its last row, that row, and what follows."""
    end = content.index("</sheetData>")
    start = content.rindex("<row ", 0, end)
    return content[:start], content[start:end], content[end:]


def _string(text: str, look: str) -> str:
    """A cell of text, but for its place."""
    # Excel reads _x0041_ as an escaped letter, and so does a reference that merely looks like it.
    shown = escape(re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text))
    keep = ' xml:space="preserve"' if text != text.strip() else ""
    return f' s="{look}" t="inlineStr"><is><t{keep}>{shown}</t></is></c>'


def _row_texts(rows: Iterable[Sequence[object]], first_row: int, widths: Sequence[int], looks: _Looks) -> Iterator[str]:
    # Every text but the reference comes again and again.
    known: list[dict[object, tuple[str, int]]] = [{} for _ in COLUMNS]
    letters = [chr(ord("A") + at) for at in range(len(COLUMNS))]
    for number, row in enumerate(rows, start=first_row + 1):
        cells, height = [], 1
        for at, value in enumerate(row):
            if at == _LINE:
                cells.append(
                    "" if value is None else f'<c r="{letters[at]}{number}" s="{looks.number}"><v>{value}</v></c>'
                )
                continue
            found = known[at].get(value)
            if found is None:
                text = str(value)
                look = looks.quoted if FORMULA_START.match(text) else looks.text
                found = _string(text, look), _lines(text, widths[at])
                if at != _RECORD:
                    known[at][value] = found
            cells.append(f'<c r="{letters[at]}{number}"{found[0]}')
            height = max(height, found[1])
        tall = f' ht="{height * _LINE_HEIGHT}" customHeight="1"' if height > 1 else ""
        yield f'<row r="{number}"{tall}>{"".join(cells)}</row>'


def _lines(text: str, width: int) -> int:
    """How many lines a text takes: not every program works it out by itself."""
    room = max(width - 2, 1)
    return 1 if len(text) <= room else len(textwrap.wrap(text, room))


def _more(said: MendList, first_row: int, looks: _Looks) -> str:
    """The last line, where the workbook does not hold every row."""
    left = said.rows - said.shown
    if not left:
        return ""
    number = first_row + said.shown + 1
    text = f"{left:,} more rows stand in {said.csv_name}."
    return f'<row r="{number}"><c r="A{number}"{_string(text, looks.remark)}</row>'
