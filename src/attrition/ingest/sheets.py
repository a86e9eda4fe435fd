"""Reads sheets of an Excel workbook as text: dates as YYYY-MM-DD, whole numbers without a decimal point."""

import datetime as dt
import re
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition.errors import InputRefused
from attrition.ingest.clean_text import folded
from attrition.ingest.damage import MOST_FIGURES
from attrition.ingest.file_name import shown_name
from attrition.ingest.formulas import without_results
from attrition.ingest.header_place import ROWS_SEARCHED, find_header, holds, spelled
from attrition.ingest.reading import Layout, Opened, Reject, refuse
from attrition.ingest.second_header import NEARLY, Above, another_header, differences, is_nearly
from attrition.ingest.sheet_rows import NEXT_SHEET
from attrition.ingest.text_lines import cells_hash, is_blank

if TYPE_CHECKING:
    from openpyxl import Workbook

ALL_SHEETS = "*"
_CUT_FROM = 10**MOST_FIGURES


def is_damaged_zip(path: Path) -> bool:
    """Whether an .xlsx file cannot be opened as the zip file that it is."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is not None
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, ValueError):
        return True


def cell_text(value: Any) -> str | None:
    """A cell's value as the text that a CSV export of it would hold; None for an empty cell."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        # The figures that the file holds; those that a binary number would add were never in it.
        return str(int(Decimal(repr(value))))
    return str(value)


@dataclass
class _Sheet:
    """A sheet and where its header stands: `header` as the mapping spells it, empty where no row is like one."""

    title: str
    is_visible: bool
    page: Any
    header: list[str] = field(default_factory=list)
    header_row: int = 1
    header_elsewhere: int | None = None

    @property
    def shown(self) -> str:
        return f'"{shown_name(self.title)}"'


def open_sheet(path: Path, sha256: str, layout: Layout, first_rows: int | None = None) -> Opened:
    """Opens a sheet, or with `sheet = "*"` all visible ones that have the header, and reads them whole, or their first rows.

    Without a stated sheet it is the first visible one that holds the required columns. Rows without any value are not
    rows. Raises InputRefused for a damaged workbook, a missing sheet or header, and formulas without stored results.
    """
    if is_damaged_zip(path):
        raise refuse(path, "the Excel file is damaged or cut short", "Save it again and copy it whole.")
    with opened_workbook(path) as book:
        return _opened(path, sha256, book, layout, first_rows)


@contextmanager
def opened_workbook(path: Path) -> "Iterator[Workbook]":
    """A workbook that is read row by row; its rows are to be read before this ends. Raises InputRefused where it is none.

    openpyxl's warnings are not shown: it gives some while rows are read, and they name the value of a cell.
    """
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except Exception:  # openpyxl raises many kinds for a zip that is not a workbook
            raise refuse(path, "this is not an Excel workbook, or a damaged one", "Save it as .xlsx or .csv.") from None
        try:
            yield book
        finally:
            book.close()


def _opened(path: Path, sha256: str, book: "Workbook", layout: Layout, first_rows: int | None) -> Opened:
    try:
        sheets = [_Sheet(page.title, page.sheet_state == "visible", page) for page in book.worksheets]
        for sheet in sheets:
            _find_header(sheet, layout)
        read = _chosen(path, sheets, layout)
        opened = Opened(path, "xlsx", sha256, _joined_header(read), read[0].header_row, iso_dates=True)
        opened.sheet, opened.header_elsewhere = read[0].shown, read[0].header_elsewhere
        if beside := [sheet.shown + ("" if sheet.is_visible else " (hidden)") for sheet in sheets if sheet not in read]:
            opened.beside = (
                f"Other sheets of the workbook: {', '.join(beside)}; `sheet` in the mapping names the one to read. "
            )
        for sheet in read:
            _refuse_empty_formulas(path, sheet, layout)
        opened.rows = []
        for number, sheet in enumerate(read):
            _read(opened, sheet, number * NEXT_SHEET, first_rows)
        _tell(opened, sheets, read, layout)
    except InputRefused:
        raise
    except Exception:  # a damaged sheet breaks off in many ways
        raise refuse(path, "the sheet cannot be read to its end", "Save it again as .xlsx or .csv.") from None
    return opened


def _find_header(sheet: _Sheet, layout: Layout) -> None:
    """Where the header stands in a sheet: in the stated row, else in the first row or, below titles, further down."""
    last = max(layout.header_row or 1, ROWS_SEARCHED)
    sheet.page.reset_dimensions()
    rows = []
    for values in sheet.page.iter_rows(values_only=True, max_row=last):
        cells = [(cell_text(value) or "").strip() for value in values]
        while cells and not cells[-1]:
            cells.pop()
        rows.append(cells)
    found = find_header(rows[:ROWS_SEARCHED], layout.required, layout.expected)
    if layout.header_row is None:
        sheet.header_row = 1 if found is None else found + 1
    else:
        sheet.header_row = layout.header_row
        sheet.header_elsewhere = None if found is None or found + 1 == layout.header_row else found + 1
    if sheet.header_row <= len(rows):
        sheet.header = spelled(rows[sheet.header_row - 1], layout.expected)


def _fits(sheet: _Sheet, layout: Layout) -> bool:
    """Whether the sheet holds every column by which the header is known."""
    wanted = {folded(name) for name in layout.required or layout.expected}
    return bool(sheet.header) and holds(sheet.header, tuple(wanted)) == len(wanted)


def _chosen(path: Path, sheets: list[_Sheet], layout: Layout) -> list[_Sheet]:
    """The sheets to read. Raises InputRefused where the one that the mapping names is not there, or none has a header."""
    visible = [sheet for sheet in sheets if sheet.is_visible]
    listed = ", ".join(sheet.shown for sheet in visible) or "none"
    if layout.sheet is not None and layout.sheet != ALL_SHEETS:
        named = [sheet for sheet in sheets if sheet.title == layout.sheet] or [
            sheet for sheet in sheets if folded(sheet.title) == folded(layout.sheet)
        ]
        if not named:
            raise refuse(
                path,
                f'the sheet "{layout.sheet}" that the mapping names is not there (visible sheets: {listed})',
                "Correct `sheet` in the mapping.",
            )
        read = named[:1]
    else:
        read = [sheet for sheet in visible if _fits(sheet, layout)] or visible[:1]
        if len(read) > 1 and layout.sheet is None:
            # A sheet that holds a header alone is a form, not the extract.
            read = [next((sheet for sheet in read if any(_rows_below(sheet))), read[0])]
    if not read:
        raise refuse(
            path, "the workbook has no visible sheet of cells", "Show the sheet, or name it in the mapping (`sheet`)."
        )
    if not any(read[0].header):
        raise refuse(
            path,
            f"there is no header in row {read[0].header_row} of the sheet {read[0].shown} (visible sheets: {listed})",
            "Name the header's row or the sheet in the mapping (`header_row`, `sheet`).",
        )
    return read


def _numbered(header: list[str]) -> list[tuple[str, int]]:
    """Names of a header made distinct, so that a column that stands twice stands twice in the joined header too."""
    times: Counter[str] = Counter()
    keys = []
    for name in header:
        times[name.casefold()] += 1
        keys.append((name.casefold(), times[name.casefold()]))
    return keys


def _joined_header(read: list[_Sheet]) -> list[str]:
    """The header of the first sheet, and behind it what further ones have beside."""
    joined: dict[tuple[str, int], str] = {}
    for sheet in read:
        for key, name in zip(_numbered(sheet.header), sheet.header, strict=True):
            joined.setdefault(key, name)
    return list(joined.values())


def _refuse_empty_formulas(path: Path, sheet: _Sheet, layout: Layout) -> None:
    from openpyxl.utils import column_index_from_string

    # The one place in openpyxl that gives a sheet's XML without reading its cells.
    with sheet.page._get_source() as source:
        places = without_results(source)
    used = {folded(name) for name in layout.expected}
    columns: Counter[str] = Counter()
    for letters, row in places:
        at = column_index_from_string(letters) - 1 if letters else -1
        name = sheet.header[at] if 0 <= at < len(sheet.header) else ""
        if (letters and row < sheet.header_row) or (letters and used and folded(name) not in used):
            continue
        columns[f"{letters} ({name})" if letters else "not told"] += 1
    if columns:
        listed = ", ".join(
            f"{column}: {columns[column]:,}" for column in sorted(columns, key=lambda c: (len(c.split(" (")[0]), c))
        )
        raise refuse(
            path,
            f"the sheet {sheet.shown} holds formulas without stored results (column and count: {listed}), so these cells would "
            "be read as empty",
            "Open it in Excel, let it calculate and save it, or copy the cells as values.",
        )


def _read(opened: Opened, sheet: _Sheet, offset: int, first_rows: int | None) -> None:
    """Reads the rows below the header; `offset` is added to their numbers."""
    places = {key: at for at, key in enumerate(_numbered(opened.header))}
    order = [places[key] for key in _numbered(sheet.header)]
    width, own = len(opened.header), len(sheet.header)
    aligned, above = order == list(range(width)), Above(sheet.header)
    rows = opened.rows if opened.rows is not None else []
    for number, values in enumerate(sheet.page.iter_rows(values_only=True), 1):
        if number <= sheet.header_row:
            continue
        cells = [cell_text(value) for value in values]
        if is_blank(cells):
            opened.blank += 1
            continue
        # Before the cells are counted: rows of a sheet have no width of their own that would set those below apart.
        if how := above.said_otherwise(cells):
            raise another_header(opened.path, f"row {number} of the sheet {sheet.shown}", how)
        if not is_blank(cells[own:]):
            opened.rejects.append(Reject(number + offset, "wrong_number_of_columns", cells_hash(cells)))
            continue
        cells = (cells + [None] * own)[:own]
        if above.is_again(cells):
            opened.blank += 1
            opened.repeated += 1
            continue
        for at, value in enumerate(values[:own]):
            if isinstance(value, (dt.datetime, dt.date)):
                opened.dated.setdefault(order[at], Counter())[cells[at] or ""] += 1
            elif isinstance(value, (int, float)) and abs(value) >= _CUT_FROM:
                opened.cut.add((number + offset, order[at]))
        if not aligned:
            laid: list[str | None] = [None] * width
            for at, cell in zip(order, cells, strict=True):
                laid[at] = cell
            cells = laid
        rows.append((number + offset, cells))
        if first_rows is not None and len(rows) >= first_rows:
            return


def _tell(opened: Opened, sheets: list[_Sheet], read: list[_Sheet], layout: Layout) -> None:
    """Says which sheets were read and which were not; holds the file where rows go on on a sheet that was not."""
    for number, sheet in enumerate(read[1:], 1):
        opened.told.append(
            f"the sheet {sheet.shown} is read too, as sheet {number + 1} of those read; its rows are stored from "
            f"{number * NEXT_SHEET:,} (row 17 is line {number * NEXT_SHEET + 17:,})"
        )
    _compare(opened, read, layout)
    if layout.header_row is None:
        for sheet in read:
            if sheet.header_row > 1:
                opened.told.append(
                    f"the header stands in row {sheet.header_row} of the sheet {sheet.shown}; the rows above it are not read"
                )
    others = {folded(name) for name in layout.other_sheets}
    left = [sheet for sheet in sheets if sheet not in read and folded(sheet.title) not in others]
    same = [sheet for sheet in left if sheet.is_visible and _goes_on(sheet, read[0], layout)]
    rows = {sheet.title: sum(_rows_below(sheet)) for sheet in same}
    torn = [sheet for sheet in left if sheet.is_visible and sheet not in same and _goes_on_otherwise(sheet, read[0])]
    unlike = [sheet.shown for sheet in left if sheet.is_visible and sheet not in (*same, *torn)]
    hidden = [sheet.shown for sheet in left if not sheet.is_visible]
    if unlike:
        opened.told.append(
            f"the sheet {read[0].shown} is read; left alone, since they have another header: {', '.join(unlike)}"
        )
    if hidden:
        opened.told.append(f"hidden sheets are left alone: {', '.join(hidden)}")
    names = " and ".join(sheet.shown for sheet in read)
    which = f"only the sheet {names} was read" if len(read) == 1 else f"the sheets {names} were read"
    all_sheets = f'`sheet = "{ALL_SHEETS}"` into this feed of the mapping'
    if any(rows.values()):
        listed = " and ".join(f"{sheet.shown} ({rows[sheet.title]:,} rows)" for sheet in same if rows[sheet.title])
        opened.gate.append(
            f"rule sheet_left_out: {which}, and rows go on under the same columns on {listed}. Write {all_sheets} to read them all, or "
            "take away or hide what is not meant"
        )
    if torn:
        listed = " and ".join(f"{sheet.shown} ({_unlike(sheet, read[0])})" for sheet in torn)
        mend = (
            f"Put the very same header above them and write {all_sheets}, or take away or hide what is not meant"
            if layout.sheet != ALL_SHEETS
            else "Give the columns there the names that they have on the sheets read, or send that sheet as a file of its own that a "
            "feed of its own reads, or hide what is not meant"
        )
        opened.gate.append(
            f"rule sheet_left_out: {which}, and rows like those read stand, without the header or under nearly the same, on "
            f"{listed}. {mend}"
        )


def _compare(opened: Opened, read: list[_Sheet], layout: Layout) -> None:
    """Tells columns of the mapping that one sheet lacks and another has; holds the file where it may have them under other names."""
    used = {folded(name) for name in layout.expected}
    wanted = [name for name in opened.header if folded(name) in used]
    for sheet in read:
        here = {folded(name) for name in sheet.header}
        lacking = [name for name in wanted if folded(name) not in here]
        if not lacking:
            continue
        known = used | {folded(name) for other in read if other is not sheet for name in other.header}
        others = [name for name in sheet.header if name and folded(name) not in known]
        how = differences([*others, *(name for name in wanted if folded(name) in here)], wanted)
        said = f"the sheet {sheet.shown} has the columns of the others {how}"
        if others:
            opened.gate.append(
                f"rule sheets_differ: {said}, so its rows would leave them empty. Give each column the same name on every sheet"
            )
        else:
            opened.told.append(f"{said}: its rows leave them empty")


def _unlike(sheet: _Sheet, read: _Sheet) -> str:
    """How the header of a sheet differs from the one that was read; of a sheet without it no cell is named."""
    if not is_nearly(sheet.header, read.header):
        return "no such header"
    return f"the header {differences(sheet.header, read.header) or 'with columns that have no name'}"


def _rows_below(sheet: _Sheet) -> Iterator[bool]:
    """For each row below the header, whether it holds a value."""
    for values in sheet.page.iter_rows(values_only=True, min_row=sheet.header_row + 1):
        yield any(value is not None for value in values)


_FIRST_ROWS = 50  # that tell what a column's cells are like


def _goes_on_otherwise(sheet: _Sheet, read: _Sheet) -> bool:
    """Whether a sheet holds nearly all names of the header that was read, or, without a header, rows like those below it: cells of
    the same form in four of five columns.
    """
    if is_nearly(sheet.header, read.header):
        return True
    if holds(sheet.header, [name for name in read.header if name]):
        return False
    theirs, ours = (_forms(one.page, 1 + first) for one, first in ((sheet, 0), (read, read.header_row)))
    alike = sum(bool(theirs[at] & ours[at]) for at in theirs.keys() & ours.keys())
    return len(theirs) > 1 and alike >= NEARLY * max(len(theirs), len(ours))


def _forms(page: Any, first_row: int) -> dict[int, set[str]]:
    """The forms of the cells of each column that is filled in the first rows: figures, letters and signs, however many of each."""
    forms: dict[int, set[str]] = {}
    for values in page.iter_rows(values_only=True, min_row=first_row, max_row=first_row + _FIRST_ROWS):
        for at, value in enumerate(values):
            if value is not None:
                text = re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", str(value)))
                forms.setdefault(at, set()).add(text)
    return forms


def _goes_on(sheet: _Sheet, read: _Sheet, layout: Layout) -> bool:
    """Whether a sheet has the header of the one that was read, in any order, or at least what the mapping requires."""
    if sheet.header and {folded(name) for name in sheet.header} == {folded(name) for name in read.header}:
        return True
    return bool(layout.required) and _fits(sheet, layout)
