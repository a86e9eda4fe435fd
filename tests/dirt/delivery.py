"""A delivery of extracts as it will be written: the rows, the headers, and how each file is written. Operations change it."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from clean_sets import Row, Rows

from attrition.contract import load_contract

DAY = "2025-03-31"
"""The day that the files' names tell."""


@dataclass
class Style:
    """How the files of an extract are written. `kind`: csv, xlsx, parquet; `typed`: dates and numbers as such."""

    kind: str = "csv"
    typed: bool = False
    delimiter: str = ","
    quoting: int = csv.QUOTE_MINIMAL
    end: str = "\n"
    encoding: str = "utf-8"
    before: tuple[str, ...] = ()
    blank_lines: str | None = None
    trailing: bool = False
    ends_open: bool = False
    sheets: Callable[[list[list[str]]], dict[str, list[list[str]]]] | None = None


@dataclass
class Delivery:
    """The rows of each extract, the columns in their order with the header that each gets, and the style of each file.

    parts: how the rows of an extract are split over files, by name; mapping: a source mapping beside the shipped ones.
    """

    rows: Rows
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    styles: dict[str, Style] = field(default_factory=dict)
    parts: dict[str, Callable[[list[Row]], dict[str, list[Row]]]] = field(default_factory=dict)
    mapping: str = ""
    besides: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Rows) -> "Delivery":
        """A delivery of copies of the rows, in the contract's layout."""
        return cls(
            {extract: [dict(row) for row in told] for extract, told in rows.items()},
            {extract: {column: column for column in next(iter(told))} for extract, told in rows.items()},
            {extract: Style() for extract in rows},
        )

    def write(self, folder: Path, day: str = DAY) -> None:
        """Writes the files into the landing folder."""
        for extract, rows in self.rows.items():
            split = self.parts.get(extract)
            named = split(rows) if split else {f"{extract}_{day}": rows}
            for name, part in named.items():
                headers = self.headers[extract]
                cells = [list(headers.values()), *([row.get(column, "") for column in headers] for row in part)]
                _WRITERS[self.styles[extract].kind](folder / name, cells, self.styles[extract], extract, list(headers))
        for name, content in self.besides.items():
            (folder / name).write_bytes(content)


def _write_csv(path: Path, cells: list[list[str]], style: Style, extract: str, columns: list[str]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=style.delimiter, quoting=style.quoting, lineterminator="\n")  # type: ignore[arg-type]
    lines = []
    for row in cells:
        writer.writerow(row)
        lines.append(stream.getvalue().removesuffix("\n") + (style.delimiter if style.trailing else ""))
        stream.seek(0)
        stream.truncate()
    if style.blank_lines is not None:
        blank = style.blank_lines * (len(cells[0]) - 1)
        lines = [*lines[:9], blank, *lines[9:], blank, blank]
    text = style.end.join([*style.before, *lines]) + ("" if style.ends_open else style.end)
    path.with_name(path.name + ".csv").write_bytes(text.encode(style.encoding))


def typed(extract: str, column: str, value: str) -> object:
    """A cell as a program that knows types would hold it."""
    if not value:
        return None
    kind = load_contract(extract).columns[column].type if column in load_contract(extract).columns else "text"
    if kind == "date":
        return dt.date.fromisoformat(value)
    return int(value) if column.endswith(("_age", "_year", "victim_no")) else value


def _write_xlsx(path: Path, cells: list[list[str]], style: Style, extract: str, columns: list[str]) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, part in (style.sheets(cells) if style.sheets else {"Extract": cells}).items():
        sheet = book.create_sheet(title)
        for number, row in enumerate(part):
            is_typed = style.typed and number > 0 and len(row) == len(columns)
            sheet.append([typed(extract, c, v) for c, v in zip(columns, row, strict=True)] if is_typed else row)
    book.save(path.with_name(path.name + ".xlsx"))


def _write_parquet(path: Path, cells: list[list[str]], style: Style, extract: str, columns: list[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    made = [
        pa.array([typed(extract, column, row[at]) if style.typed else row[at] for row in cells[1:]])
        for at, column in enumerate(columns)
    ]
    pyarrow.parquet.write_table(pa.table(made, names=cells[0]), path.with_name(path.name + ".parquet"))


_WRITERS = {"csv": _write_csv, "xlsx": _write_xlsx, "parquet": _write_parquet}
