"""Writes the tables of a publication as files for people and programs: CSV with its description (CSV on the Web), and Parquet.

A text that could be read as a formula begins with an apostrophe in the CSV, and only there. Figures are those of the tables.
"""

import csv
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition.publish.headline import NOT_AVAILABLE
from attrition.publish.publication import SUBJECT, Publication
from attrition.publish.published_columns import MARK, ColumnNote, TableNote, column_note, mark_column, table_note
from attrition.publish.spreadsheet_text import safe_in_csv
from attrition.publish.told import holds_counted, without_untold
from attrition.publish.workbook_model import LANGUAGE

if TYPE_CHECKING:
    import pyarrow as pa

SHORTHAND = {
    "[c]": "confidential: hidden so that nobody can be recognised, be it from this figure or with its help",
    "[x]": "not available: too early to say, or not told (column why)",
    "[z]": "not applicable: there is nothing to divide by",
    "[low]": "low reliability: too few cases for the figure to be read",
}
# Counts that every row of a restricted table has, unless they are not told.
_COUNTS = {
    "entered",
    "open",
    "lost",
    "withdrew",
    "with_outcome",
    "our_numerator",
    "timed",
    "at_risk",
    "old_enough",
    "group_cases",
    "cases",
    "count",
}
_APOSTROPHE = "A text that spreadsheet programs could read as a formula begins with an apostrophe."


def published_tables(publication: Publication) -> "Iterator[tuple[TableNote, pa.Table]]":
    """The tables of a publication by name, each with what it is, no 0 where nothing is told. Raises AttritionError where one is
    not described.
    """
    import pyarrow as pa
    from pyarrow import parquet

    for file in sorted(publication.tables.glob("*.parquet")):
        table = parquet.read_table(file)
        if holds_counted(file.stem, table.column_names):
            table = pa.Table.from_pylist(without_untold(table.to_pylist()), schema=table.schema)
        yield table_note(file.stem, publication.is_protected), table


def _columns(table: "pa.Table") -> dict[str, str]:
    """The columns of the CSV, each with the column of its mark or nothing: marks stand in the cells that they explain."""
    names = tuple(table.column_names)
    return {name: mark_column(name, names) for name in names if not name.endswith(MARK)}


def _cells(values: list[Any], marks: list[str | None], untold: list[bool]) -> list[str]:
    """The cells of a column. marks: the mark of each row, empty where there is none; untold: the rows whose figure is not told
    where it is absent.
    """
    of_text = {value: safe_in_csv(value) for value in {value for value in values if isinstance(value, str)}}
    cells = []
    for value, mark, is_untold in zip(values, marks, untold, strict=True):
        if mark:
            cells.append(f"[{mark}]")
        elif value is None:
            cells.append(NOT_AVAILABLE if is_untold else "")
        elif isinstance(value, dt.date):
            cells.append(value.isoformat())
        else:
            cells.append(of_text[value] if isinstance(value, str) else str(value))
    return cells


def _write_csv(table: "pa.Table", target: Path) -> None:
    import pyarrow as pa

    values = {name: table[name].to_pylist() for name in table.column_names}
    figures = {field.name for field in table.schema if not pa.types.is_string(field.type)}
    # Where a count is not told, what is made of it is not either.
    untold = [covered == "N" for covered in values.get("covered", [""] * len(table))]
    for name in _COUNTS & figures:
        untold = [before or count is None for before, count in zip(untold, values[name], strict=True)]
    none: list[str | None] = [None] * len(table)
    always, never = [True] * len(table), [False] * len(table)
    columns = _columns(table)
    cells = [
        _cells(values[name], values[mark] if mark else none, always if mark else untold if name in figures else never)
        for name, mark in columns.items()
    ]
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows(zip(*cells, strict=True))


def stated(publication: Publication) -> dict[str, str]:
    """What every file of a publication says of itself."""
    return {
        "title": publication.title,
        "tier": publication.tier,
        "marking": publication.marking,
        "rights": publication.marked,
        "as_at": publication.as_at.isoformat(),
        "made_up": "Y" if publication.made_up else "N",
        "program": publication.program,
    }


def _described(note: ColumnNote, has_mark: bool) -> dict[str, Any]:
    unit = {"schema:unitText": note.unit} if note.unit else {}
    return {
        "name": note.column,
        "titles": note.column,
        "datatype": note.datatype,
        "dc:description": note.description,
        **unit,
        "null": ["", *SHORTHAND] if has_mark else "",
    }


def _metadata(publication: Publication, note: TableNote, table: "pa.Table", url: str) -> dict[str, Any]:
    """The description of a CSV file as the W3C's Metadata Vocabulary for Tabular Data has it."""
    columns = _columns(table)
    said = [note.description, _APOSTROPHE]
    if any(columns.values()):
        said += ["In place of a figure:", *(f"{short} {meaning}." for short, meaning in SHORTHAND.items())]
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": LANGUAGE}],
        "url": url,
        "dc:title": f"{note.title}. {publication.title}",
        "dc:description": " ".join(said),
        "dc:subject": SUBJECT,
        "dc:audience": publication.tier,
        "dc:accessRights": publication.marking,
        "dc:rights": publication.marked,
        "dc:temporal": publication.as_at.isoformat(),
        "dc:creator": publication.program,
        "dc:type": "MADE-UP DATA" if publication.made_up else "Dataset",
        "dialect": {
            "encoding": "utf-8",
            "delimiter": ",",
            "quoteChar": '"',
            "lineTerminators": ["\r\n"],
            "header": True,
        },
        "tableSchema": {
            "columns": [_described(column_note(note.table, name), bool(mark)) for name, mark in columns.items()],
            "primaryKey": list(note.key),
        },
    }


def _write_parquet(publication: Publication, note: TableNote, table: "pa.Table", target: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    notes = [column_note(note.table, name) for name in table.column_names]
    fields = [
        pa.field(field.name, field.type, metadata={"description": one.description, "unit": one.unit})
        for field, one in zip(table.schema, notes, strict=True)
    ]
    said = {**stated(publication), "table": note.table, "description": f"{note.title}. {note.description}"}
    parquet.write_table(table.cast(pa.schema(fields, metadata=said)), target, compression="zstd")


def write_csv(publication: Publication, folder: Path) -> list[Path]:
    """Write each table of a publication into `folder`, and return the paths.

    CSV: UTF-8 with a byte order mark, lines ended as RFC 4180 has it; marks stand in the cells that they explain; text that could
        be read as a formula begins with an apostrophe
    CSV-metadata.json: what the CSV is, for programs (CSV on the Web)
    Parquet: as the table is, marks in columns of their own; title, tier and marking in its metadata
    `folder` is made where it is missing, and is not the one that holds the tables. Raises AttritionError where a table or a column
    is not described, OSError where a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for note, table in published_tables(publication):
        file = folder / publication.file_name(note.table, "csv")
        _write_csv(table, file)
        about = file.with_name(f"{file.name}-metadata.json")
        described = _metadata(publication, note, table, file.name)
        about.write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
        whole = file.with_suffix(".parquet")
        _write_parquet(publication, note, table, whole)
        written += [file, about, whole]
    return written
