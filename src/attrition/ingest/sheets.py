"""Reads files with typed cells as text, one sheet of an Excel workbook or a Parquet file: dates as YYYY-MM-DD,
whole numbers without a decimal point.
"""

import datetime as dt
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition.errors import InputRefused
from attrition.ingest.reading import Opened, RawTable, Reject, _quoted, _refuse
from attrition.ingest.text_lines import cells_hash

if TYPE_CHECKING:
    import duckdb

_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")


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
        return str(int(value))
    return str(value)


def open_sheet(path: Path, sha256: str, sheet: str | None, header_row: int, first_rows: int | None = None) -> Opened:
    """Opens a sheet (the first one unless named) and reads it whole, or its first rows.

    Rows without any value are not rows. Raises InputRefused for a damaged workbook, a missing sheet or
    header.
    """
    import openpyxl

    if is_damaged_zip(path):
        raise _refuse(path, "the Excel file is damaged or cut short", "Save it again and copy it whole.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception:  # openpyxl raises many kinds for a zip that is not a workbook
        raise _refuse(path, "this is not an Excel workbook", "Save it as .xlsx or .csv.") from None
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise _refuse(path, "the sheet that the mapping names is not there", "Correct `sheet` in the mapping.")
        page = book[sheet] if sheet else book.worksheets[0]
        page.reset_dimensions()
        header: list[str] = []
        rows: list[tuple[int, list[str | None]]] = []
        rejects: list[Reject] = []
        for number, values in enumerate(page.iter_rows(values_only=True), 1):
            if number < header_row:
                continue
            cells = [cell_text(value) for value in values]
            if number == header_row:
                while cells and cells[-1] is None:
                    cells.pop()
                header = [(cell or "").strip() for cell in cells]
                continue
            if all(cell is None or not cell.strip() for cell in cells):
                continue
            if any(cell is not None and cell.strip() for cell in cells[len(header) :]):
                rejects.append(Reject(number, "wrong_number_of_columns", cells_hash(cells)))
                continue
            rows.append((number, (cells + [None] * len(header))[: len(header)]))
            if first_rows is not None and len(rows) >= first_rows:
                break
    except InputRefused:
        raise
    except Exception:  # a damaged sheet breaks off in many ways
        raise _refuse(path, "the sheet cannot be read to its end", "Save it again as .xlsx or .csv.") from None
    finally:
        book.close()
    if not any(header):
        raise _refuse(
            path,
            f"there is no header in row {header_row} of the sheet",
            "Name the header's row in the mapping.",
        )
    return Opened(path, "xlsx", sha256, header, header_row, rows=rows, rejects=rejects, iso_dates=True)


def exact(path: Path) -> str:
    """The path for DuckDB's Parquet reader, in which brackets and wildcards stand for themselves."""
    return "".join(f"[{sign}]" if sign in "[*?" else sign for sign in str(path))


def open_parquet(path: Path, sha256: str) -> Opened:
    """Opens a Parquet file and reads its header. Raises InputRefused for a damaged one."""
    import duckdb

    read = "read_parquet(?, hive_partitioning=false)"
    try:
        with duckdb.connect() as connection:
            described = connection.execute(f"DESCRIBE SELECT * FROM {read}", [exact(path)]).fetchall()
            # DuckDB tells repeated names apart by a number; the file's own names show the repetition.
            listed = connection.execute("SELECT name, num_children FROM parquet_schema(?)", [exact(path)]).fetchall()
    except duckdb.Error:
        raise _refuse(path, "the Parquet file is damaged", "Export it again.") from None
    flat = len(listed) == len(described) + 1
    header = [(entry[0] if flat else row[0]).strip() for entry, row in zip(listed[1:], described, strict=flat)]
    names = [(row[0], row[1]) for row in described]
    return Opened(path, "parquet", sha256, header, iso_dates=True, names=names)


def load_parquet(
    connection: "duckdb.DuckDBPyConnection", opened: Opened, columns: list[str], longest_cell: int
) -> RawTable:
    """Loads the named columns of a Parquet file as text into `raw`; its rows are numbered from 1.

    Raises InputRefused if not every row that the file states can be read.
    """
    import duckdb
    import numpy as np

    where = {name.casefold(): (own, kind) for name, (own, kind) in zip(opened.header, opened.names, strict=True)}
    picked, lengths = [], []
    for column in columns:
        own, kind = where[column.casefold()]
        cell = f"{_quoted(own)}::VARCHAR"
        if kind.startswith(_FRACTIONS):
            # A column of whole numbers with gaps is often stored as fractions: 18.0 is the code 18.
            whole = f"try_cast({_quoted(own)} AS HUGEINT)"
            cell = f"CASE WHEN {whole} = {_quoted(own)} THEN {whole}::VARCHAR ELSE {cell} END"
        picked.append(f"{cell} AS {_quoted(column)}")
        lengths.append(f"length({_quoted(column)})")
    try:
        connection.execute(
            f"CREATE TEMP TABLE raw AS SELECT {', '.join(picked) or 'NULL AS nothing'} "
            "FROM read_parquet(?, hive_partitioning=false)",
            [exact(opened.path)],
        )
        stated = connection.execute(
            "SELECT sum(num_rows) FROM parquet_file_metadata(?)", [exact(opened.path)]
        ).fetchone()
    except duckdb.Error:
        connection.execute("DROP TABLE IF EXISTS raw")
        raise _refuse(opened.path, "the Parquet file cannot be read to its end", "Export it again.") from None
    counted = connection.execute("SELECT count(*) FROM raw").fetchone()
    count = int(counted[0]) if counted else 0
    if stated is None or count != int(stated[0] or 0):
        raise _refuse(opened.path, "the Parquet file does not hold the rows that it states", "Export it again.")
    numbers = np.arange(1, count + 1, dtype="int64")
    rejects: list[Reject] = []
    if lengths:
        longest = f"greatest({', '.join(f'coalesce({length}, 0)' for length in lengths)})"
        # Within a transaction the first rowid is not 0.
        long = connection.execute(
            f"SELECT rowid - (SELECT min(rowid) FROM raw), * FROM raw WHERE {longest} > {longest_cell} ORDER BY 1"
        ).fetchall()
        rejects = [Reject(row + 1, "cell_too_long", cells_hash(cells)) for row, *cells in long]
        if long:
            connection.execute(
                f"CREATE TEMP TABLE short AS SELECT * FROM raw WHERE {longest} <= {longest_cell} ORDER BY rowid; "
                "DROP TABLE raw; ALTER TABLE short RENAME TO raw"
            )
            numbers = np.delete(numbers, [row for row, *_ in long])
    return RawTable(count, numbers, rejects)
