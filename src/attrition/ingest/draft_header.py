"""Where in a file the table stands that a mapping is drafted from: the sheet, and the row of the column names."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from attrition import reference
from attrition.contract import load_contracts
from attrition.errors import UsageFault
from attrition.ingest.clean_text import folded
from attrition.ingest.draft_vocabulary import words_of
from attrition.ingest.draft_writing import toml_text
from attrition.ingest.file_name import file_kind, shown_name
from attrition.ingest.header_place import ROWS_SEARCHED
from attrition.ingest.reading import Layout, read_bytes
from attrition.ingest.sheets import ALL_SHEETS, cell_text, opened_workbook
from attrition.ingest.text_file import delimiter_of, encoding_of


@dataclass(frozen=True)
class Place:
    """Where the table stands: the sheet (None for the first one, or no workbook) and the row of the names, from 1 (None where it
    is not the same on all sheets and is to be found on each).

    `alike`: the visible sheets that have the same names of columns in that row, where the table goes on on more than one; `names`
    are those names.
    """

    sheet: str | None = None
    header_row: int | None = 1
    visible: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def layout(self) -> Layout:
        """How the file is opened to draft from it."""
        if self.alike:
            return Layout(sheet=ALL_SHEETS, header_row=self.header_row, required=self.names)
        return Layout(sheet=self.sheet, header_row=self.header_row)

    @property
    def lines(self) -> list[str]:
        """The keys of a feed that say so; none where nothing needs saying."""
        sheet = [f"sheet = {toml_text(self.sheet)}"] if self.sheet and len(self.visible + self.hidden) > 1 else []
        if self.alike:
            sheet = [f'sheet = "{ALL_SHEETS}"  # every visible sheet with these columns']
        return [*sheet, *([f"header_row = {self.header_row}"] if (self.header_row or 1) > 1 else [])]

    @property
    def told(self) -> list[str]:
        """What was found, to be printed: the sheets of a workbook, and a header that stands lower."""
        lines = []
        if self.sheet and len(self.visible + self.hidden) > 1:
            read = self.alike or (self.sheet,)
            others = [name for name in self.visible if name not in read]
            others += [f"{name} (hidden)" for name in self.hidden if name not in read]
            hidden = " (hidden)" if self.sheet in self.hidden else ""
            which = "Sheets with the same columns, drafted as one" if self.alike else "Sheet drafted"
            lines.append(f"{which}: {', '.join(read)}{hidden}.")
            if others:
                lines[-1] += f" Not drafted: {', '.join(others)}; draft one with --sheet NAME."
        if (self.header_row or 1) > 1:
            lines.append(f"The names of the columns stand in row {self.header_row}: what is above is not read.")
        return lines


def header_names() -> frozenset[str]:
    """Every name that a header is known to have, its words run together."""
    named = [row["synonym"] for row in reference.rows("header_synonym") if not row["code"]]
    named += [name for contract in load_contracts().values() for name in contract.columns]
    return frozenset("".join(words_of(name)) for name in named)


def find_header(rows: list[list[str]], synonyms: Iterable[str]) -> tuple[int, int]:
    """The row of the column names among a file's first rows, from 1, and how many of its cells are known names.

    It is the first row that fills two thirds of the widest one; where it has no known name, a later one with two of them.
    """
    known = set(synonyms)
    filled = [[cell for cell in row if cell.strip()] for row in rows[:ROWS_SEARCHED]]
    names = [len({"".join(words_of(cell)) for cell in row} & known) for row in filled]
    widest = max((len(row) for row in filled), default=0)
    wide = [place for place, row in enumerate(filled) if row and len(row) * 3 >= widest * 2]
    if not wide:
        return 1, 0
    found = wide[0] if names[wide[0]] else next((place for place in wide if names[place] > 1), wide[0])
    return found + 1, names[found]


def find_place(path: Path, sheet: str | None) -> Place:
    """Where the table of a file stands. Without `sheet` the first visible sheet with known column names, else the first.

    Raises UsageFault for a sheet that the file does not have, InputRefused for a file that cannot be read.
    """
    kind = file_kind(path)
    if sheet is not None and kind != "xlsx":
        raise UsageFault(f"{shown_name(path)} has no sheets: --sheet goes with an Excel workbook (.xlsx).")
    known = header_names()
    if kind == "xlsx":
        return _in_workbook(path, sheet, known)
    if kind == "csv":
        return Place(header_row=find_header(_text_rows(path), known)[0])
    return Place()


def _text_rows(path: Path) -> list[list[str]]:
    """The first lines of a text file, split; a line within a cell is a line too."""
    content, _ = read_bytes(path)
    text = content[: 1 << 18].decode(encoding_of(path, content, "auto"), errors="replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = lines[:ROWS_SEARCHED]
    sign = delimiter_of(max(lines, key=lambda line: len(_split(line, delimiter_of(line, ()))), default=""), ())
    return [_split(line, sign) for line in lines]


def _split(line: str, sign: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line), delimiter=sign), [])
    except csv.Error:
        return [line]


def _in_workbook(path: Path, sheet: str | None, known: frozenset[str]) -> Place:
    read_bytes(path)
    with opened_workbook(path) as book:
        pages = {page.title: page for page in book.worksheets}
        visible = tuple(name for name, page in pages.items() if page.sheet_state == "visible")
        hidden = tuple(name for name in pages if name not in visible)
        if sheet is not None and sheet not in pages:
            raise UsageFault(
                f"{shown_name(path)} has no sheet {sheet}. It has: {', '.join(visible)}"
                + (f"; hidden: {', '.join(hidden)}." if hidden else ".")
            )
        found = []
        for name in [sheet] if sheet is not None else list(visible or hidden):
            pages[name].reset_dimensions()
            rows = [
                [cell_text(value) or "" for value in row]
                for row in pages[name].iter_rows(max_row=ROWS_SEARCHED, values_only=True)
            ]
            row, known_here = find_header(rows, known)
            names = tuple(cell for cell in rows[row - 1] if cell.strip()) if len(rows) > row else ()
            found.append((name, row, known_here, names))
    name, row, known_here, names = next((one for one in found if one[2] > 1), found[0])
    # A sheet without a row below its header is a form, not a part of the extract.
    alike = [one for one in found if names and {*map(folded, one[3])} == {*map(folded, names)}]
    if not known_here or name in hidden or len(alike) < 2:
        return Place(name, row, visible, hidden)
    same_row = all(one[1] == row for one in alike)
    return Place(name, row if same_row else None, visible, hidden, tuple(one[0] for one in alike), names)
