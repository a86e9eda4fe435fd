"""A small, wholly good set of extracts in the contract's layout, made up, from which the broken files are made.

Every row carries PERSONAL in a personal column, and builders plant MARKED in the cells that they break: neither may
ever stand in a message.
"""

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

PERSONAL = "SECRETVALUE"
MARKED = "MARKEDVALUE"
ROWS = 30
COLUMNS = (
    "force",
    "incident_id",
    "victim_no",
    "incident_class",
    "crime_ref",
    "reported_date",
    "hate_race",
    "victim_id",
    "victim_ethnicity",
    "victim_age",
    "area_command",
    "reporting_channel",
)
Row = dict[str, Any]


def incidents() -> list[Row]:
    """Thirty incidents; the row at index i stands in line i + 2 of a file with one line of header."""
    return [
        {
            "force": "northumbria",
            "incident_id": f"I{number:04}",
            "victim_no": "1",
            "incident_class": "crime",
            "crime_ref": f"C{number:04}",
            "reported_date": f"2024-06-{number:02}",
            "hate_race": "Y",
            "victim_id": f"{PERSONAL}{number}",
            "victim_ethnicity": "A1",
            "victim_age": "34",
            "area_command": "Northern",
            "reporting_channel": "online",
        }
        for number in range(1, ROWS + 1)
    ]


def changed(index: int, **cells: Any) -> list[Row]:
    """The incidents with some cells of one row changed."""
    rows = incidents()
    rows[index] |= cells
    return rows


def text(rows: Iterable[Row], columns: Iterable[str] = COLUMNS, sign: str = ",", end: str = "\n") -> str:
    """Rows as the text of a CSV file with a header."""
    listed = list(columns)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=sign, lineterminator=end)
    writer.writerow(listed)
    writer.writerows([row.get(column, "") for column in listed] for row in rows)
    return stream.getvalue()


def lines() -> list[str]:
    """The lines of the good incident file without their ends; the header is the first."""
    return text(incidents()).splitlines()


def joined(parts: list[str]) -> bytes:
    """Lines as the bytes of a file."""
    return ("\n".join(parts) + "\n").encode()


def edited(index: int, edit: Callable[[str], str]) -> bytes:
    """The good file with the line of one row (by its index) edited."""
    parts = lines()
    parts[index + 1] = edit(parts[index + 1])
    return joined(parts)


def workbook(path: Path, rows: Iterable[Iterable[Any]]) -> None:
    """An Excel workbook of one sheet."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)


def sheet_rows(rows: list[Row]) -> list[list[Any]]:
    """Header and rows as they go into a sheet."""
    return [list(COLUMNS), *([row[column] for column in COLUMNS] for row in rows)]


def parquet(path: Path, rows: list[Row], names: tuple[str, ...] = COLUMNS) -> None:
    """A Parquet file of the rows; `names` are the names that its columns get, in the order of COLUMNS."""
    import pyarrow as pa
    import pyarrow.parquet

    arrays = [pa.array([row[column] for row in rows]) for column in COLUMNS]
    pyarrow.parquet.write_table(pa.table(arrays, names=list(names)), path)


def write_the_others(folder: Path) -> None:
    """The investigation and CPS extracts that go with the incidents, good ones, unless they are there already."""
    outcomes = [
        {
            "force": "northumbria",
            "crime_ref": f"C{number:04}",
            "suspect_id": f"{PERSONAL}S{number}",
            "urn": f"10AB{number:05}24",
            "outcome_code": "1" if number % 3 else "18",
            "outcome_date": "2024-08-01",
        }
        for number in range(1, ROWS + 1)
    ]
    charges = [
        {
            "urn": f"10AB{number:05}24",
            "defendant_id": f"{PERSONAL}D{number}",
            "force": "northumbria",
            "received_date": "2024-07-10",
            "decision": "charge",
            "decision_date": "2024-07-20",
        }
        for number in range(1, ROWS + 1)
        if number % 3
    ]
    for extract, rows in (("investigation", outcomes), ("cps", charges)):
        if not (folder / f"{extract}.csv").exists():
            (folder / f"{extract}.csv").write_bytes(text(rows, rows[0]).encode())
