"""Reads Parquet files as text: dates as YYYY-MM-DD, whole numbers without a decimal point."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.ingest.damage import MOST_FIGURES, POWER_PATTERN
from attrition.ingest.header_place import spelled
from attrition.ingest.reading import Layout, Opened, RawTable, Reject, quoted, refuse
from attrition.ingest.text_lines import NOTHING, cells_hash

if TYPE_CHECKING:
    import duckdb

# Some writers store texts without saying that they are.
_READ = "read_parquet(?, hive_partitioning=false, binary_as_string=true)"
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_BINARY_FRACTIONS = ("FLOAT", "DOUBLE")
# Within a transaction the first rowid is not 0.
_ROW = "rowid - (SELECT min(rowid) FROM raw) + 1"


@contextmanager
def reachable(connection: "duckdb.DuckDBPyConnection", path: Path) -> Iterator[str]:
    """What DuckDB's Parquet reader calls the file: its path, in which brackets and wildcards stand for themselves; a copy
    in memory where the path is not text.
    """
    location = str(path)
    if location.isprintable():
        yield "".join(f"[{sign}]" if sign in "[*?" else sign for sign in location)
        return
    import fsspec

    memory = fsspec.filesystem("memory")
    if "memory" not in connection.list_filesystems():
        connection.register_filesystem(memory)
    copy = f"/{abs(hash(location))}.parquet"
    memory.pipe_file(copy, path.read_bytes())
    try:
        yield f"memory://{copy}"
    finally:
        memory.rm_file(copy)


def open_parquet(path: Path, sha256: str, layout: Layout) -> Opened:
    """Opens a Parquet file and reads its header. Raises InputRefused for a damaged one."""
    import duckdb

    try:
        with duckdb.connect() as connection, reachable(connection, path) as location:
            described = connection.execute(f"DESCRIBE SELECT * FROM {_READ}", [location]).fetchall()
            # DuckDB tells repeated names apart by a number; the file's own names show the repetition.
            listed = connection.execute("SELECT name, num_children FROM parquet_schema(?)", [location]).fetchall()
    except duckdb.Error:
        raise refuse(path, "the Parquet file is damaged", "Export it again.") from None
    flat = len(listed) == len(described) + 1
    header = [(entry[0] if flat else row[0]) for entry, row in zip(listed[1:], described, strict=flat)]
    names = [(row[0], row[1]) for row in described]
    return Opened(path, "parquet", sha256, spelled(header, layout.expected), iso_dates=True, names=names)


def load_parquet(
    connection: "duckdb.DuckDBPyConnection", opened: Opened, columns: list[str], longest_cell: int
) -> RawTable:
    """Loads the named columns of a Parquet file as text into `raw`; its rows are numbered from 1.

    Raises InputRefused if not every row that the file states can be read.
    """
    import duckdb
    import numpy as np

    where = {name.casefold(): (own, kind) for name, (own, kind) in zip(opened.header, opened.names, strict=True)}
    picked, kinds = [], {}
    for column in columns:
        own, kind = where[column.casefold()]
        cell = f"{quoted(own)}::VARCHAR"
        if kind.startswith(_FRACTIONS):
            # A column of whole numbers with gaps is often stored as fractions: 18.0 is the code 18.
            whole = f"try_cast({quoted(own)} AS HUGEINT)"
            cell = f"CASE WHEN {whole} = {quoted(own)} THEN {whole}::VARCHAR ELSE {cell} END"
        picked.append(f"{cell} AS {quoted(column)}")
        kinds[column] = kind
    try:
        with reachable(connection, opened.path) as location:
            connection.execute(
                f"CREATE TEMP TABLE raw AS SELECT {', '.join(picked) or 'NULL AS nothing'} FROM {_READ}", [location]
            )
            stated = connection.execute("SELECT sum(num_rows) FROM parquet_file_metadata(?)", [location]).fetchone()
            blank = _blank_rows(connection, opened, columns, location)
    except duckdb.Error:
        connection.execute("DROP TABLE IF EXISTS raw")
        raise refuse(opened.path, "the Parquet file cannot be read to its end", "Export it again.") from None
    counted = connection.execute("SELECT count(*) FROM raw").fetchone()
    count = int(counted[0]) if counted else 0
    if stated is None or count != int(stated[0] or 0):
        raise refuse(opened.path, "the Parquet file does not hold the rows that it states", "Export it again.")
    opened.blank = len(blank)
    opened.damaged = _damaged(connection, kinds)
    rejects: list[Reject] = []
    if columns:
        longest = f"greatest({', '.join(f'coalesce(length({quoted(column)}), 0)' for column in columns)})"
        long = connection.execute(f"SELECT {_ROW}, * FROM raw WHERE {longest} > {longest_cell} ORDER BY 1").fetchall()
        rejects = [Reject(row, "cell_too_long", cells_hash(cells)) for row, *cells in long]
    numbers = np.arange(1, count + 1, dtype="int64")
    aside = [*blank, *(reject.line for reject in rejects)]
    if aside:
        connection.execute(
            f"CREATE TEMP TABLE kept AS SELECT * FROM raw WHERE {_ROW} NOT IN (SELECT unnest(?::BIGINT[])) ORDER BY rowid",
            [aside],
        )
        connection.execute("DROP TABLE raw; ALTER TABLE kept RENAME TO raw")
        numbers = np.delete(numbers, [row - 1 for row in aside])
    return RawTable(count - len(blank), numbers, rejects)


def _blank_rows(
    connection: "duckdb.DuckDBPyConnection", opened: Opened, columns: list[str], location: str
) -> list[int]:
    """The numbers of the rows without a value in any column of the file."""

    def nothing(names: list[str]) -> str:
        return " AND ".join(f"coalesce(trim({quoted(name)}::VARCHAR, $nothing), '') = ''" for name in names)

    # Only where the columns that are read are empty need the others be looked at.
    likely = connection.execute(f"SELECT 1 FROM raw WHERE {nothing(columns)} LIMIT 1", {"nothing": NOTHING}).fetchone()
    if not columns or likely is None:
        return []
    found = connection.execute(
        f"SELECT file_row_number + 1 FROM read_parquet($location, hive_partitioning=false, file_row_number=true) "
        f"WHERE {nothing([own for own, _ in opened.names])} ORDER BY 1",
        {"nothing": NOTHING, "location": location},
    ).fetchall()
    return [int(row) for (row,) in found]


def _damaged(connection: "duckdb.DuckDBPyConnection", kinds: dict[str, str]) -> dict[str, list[tuple[int, str]]]:
    """Numbers in scientific notation or with more figures than a fraction can hold, by column: row and text."""
    found = {}
    for column, kind in kinds.items():
        cell = quoted(column)
        if kind == "VARCHAR":
            wrong = f"(contains({cell}, 'E+') OR contains({cell}, 'e+') OR {cell} LIKE '_.%')"
            wrong += f" AND regexp_full_match({cell}, '{POWER_PATTERN}', 'i')"
        elif kind.startswith(_BINARY_FRACTIONS):
            wrong = f"length({cell}) > {MOST_FIGURES} AND regexp_full_match({cell}, '[0-9]{{{MOST_FIGURES + 1},}}')"
            wrong += f" OR contains({cell}, 'e+')"
        else:
            continue
        rows = connection.execute(f"SELECT {_ROW}, {cell} FROM raw WHERE {wrong} ORDER BY 1").fetchall()
        if rows:
            found[column] = [(int(row), str(text)) for row, text in rows]
    return found
