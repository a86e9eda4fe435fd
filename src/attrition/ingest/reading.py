"""Opens one CSV, XLSX or Parquet file and loads it as a raw text table in memory, with the line of every row.

The fast way is DuckDB's CSV reader, checked against an independent count of the file's records; whatever that
reader does not account for to the last row (stray quotes, unreadable bytes, mixed line ends) goes the careful way,
line by line. Raw text stays in memory: nothing here is written to disk.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition.clock import ZONE
from attrition.errors import InputRefused
from attrition.ingest import clean_text, text_lines
from attrition.ingest.clean_text import Signs, clean

if TYPE_CHECKING:
    import duckdb
    import numpy as np

KINDS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet"}
# Reads the relation `raw` whole and returns the number of its rows; told what its cells may hold beside clean text.
Consume = Callable[[Signs], int]
UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")
# What a file's first bytes say it is, whatever its name says.
_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0", "old"),
    (b"PK\x03\x04", "an Excel or zip file"),
    (b"PK\x05\x06", "an Excel or zip file"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"%PDF", "a PDF file"),
)


@dataclass
class Reject:
    """A line that cannot be split into the header's columns: its place and a hash of its text, never the text."""

    line: int
    reason: str
    sha256: str


@dataclass
class Opened:
    """A file that was opened: what it is, its header, and the bytes or rows that follow.

    `stamp` is the file's size and time of change when it was opened; `names` are the names and types of a Parquet
    file's columns as DuckDB knows them, where `header` has the names trimmed.
    """

    path: Path
    kind: str
    sha256: str
    header: list[str]
    header_line: int = 1
    delimiter: str = ","
    encoding: str = "utf-8"
    content: bytes = b""
    altered: bool = False
    rows: list[tuple[int, list[str | None]]] | None = None
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cut_short: bool = False
    iso_dates: bool = False
    stamp: tuple[int, int] | None = None
    names: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class RawTable:
    """What was read of a file.

    `rows_read` counts records below the header, counted apart from the reader; `lines` gives the line of each row
    in the order in which it was consumed.
    """

    rows_read: int
    lines: "np.ndarray[Any, Any]"
    rejects: list[Reject]
    is_consumed: bool = False


def _refuse(path: Path, what: str, mend: str) -> InputRefused:
    return InputRefused(f"{path.name}: {what}. {mend} Nothing was published.")


def file_kind(path: Path) -> str | None:
    """csv, xlsx or parquet by the file's ending; None for a file that is not an extract."""
    return KINDS.get(path.suffix.lower())


def read_bytes(path: Path) -> tuple[bytes, tuple[int, int]]:
    """The file's bytes, and its size and time of change. Raises InputRefused if it cannot be read, is empty, or is still being written."""
    try:
        before = path.stat()
        if not stat.S_ISREG(before.st_mode):
            raise _refuse(path, "this is not an ordinary file", "Put the extract itself there.")
        content = path.read_bytes()
        after = path.stat()
    except PermissionError:
        raise _refuse(
            path, "the file may not be read", "Close it in other programs and allow this account to read it."
        ) from None
    except FileNotFoundError:
        raise _refuse(
            path, "the file is not there, or is a link to one that is not", "Put the extract itself there."
        ) from None
    except OSError:
        raise _refuse(path, "the file cannot be read", "Copy it again to a local disk.") from None
    if _stamp(before) != _stamp(after) or len(content) != after.st_size:
        raise _refuse(path, "the file is still being written", "Run again when the copy is finished.")
    if not content:
        raise _refuse(path, "the file is empty (0 bytes)", "Export it again.")
    return content, _stamp(after)


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _changed(opened: Opened) -> bool:
    """Whether the file is no longer the one that was opened."""
    try:
        return opened.stamp is not None and _stamp(opened.path.stat()) != opened.stamp
    except OSError:
        return True


def open_file(
    path: Path,
    *,
    encoding: str = "auto",
    delimiter: str = "auto",
    sheet: str | None = None,
    header_row: int = 1,
    expected: tuple[str, ...] = (),
    first_rows: int | None = None,
) -> Opened:
    """Opens a file and reads its header. `expected` names columns that help to tell the delimiter.

    Raises InputRefused, with what to do, for a file that is not what its name says or has no usable header.
    """
    kind = file_kind(path)
    if kind is None:
        raise _refuse(path, "this kind of file is not read", "Send CSV, XLSX or Parquet.")
    content, stamp = read_bytes(path)
    sha256 = hashlib.sha256(content).hexdigest()
    _check_signature(path, kind, content)
    if kind == "csv":
        opened = text_lines.open_text(path, content, sha256, encoding, delimiter, header_row, expected)
    else:
        from attrition.ingest import sheets

        if kind == "xlsx":
            opened = sheets.open_sheet(path, sha256, sheet, header_row, first_rows)
        else:
            opened = sheets.open_parquet(path, sha256)
    opened.stamp = stamp
    opened.header = [clean(title) for title in opened.header]
    return opened


def _check_signature(path: Path, kind: str, content: bytes) -> None:
    is_really = next((what for sign, what in _SIGNATURES if content.startswith(sign)), "text or something else")
    if is_really == "old":
        raise _refuse(
            path,
            "this is an old or password-protected Excel file",
            "Save it as a plain .xlsx or .csv without a password.",
        )
    if not content.strip(b"\x00"):
        raise _refuse(path, "the file holds nothing but zero bytes", "The copy failed; send it again.")
    said, fits = {
        "csv": ("text", "text or something else"),
        "xlsx": ("Excel", "an Excel or zip file"),
        "parquet": ("Parquet", "a Parquet file"),
    }[kind]
    if is_really != fits:
        raise _refuse(
            path,
            f"the name says {said}, the content is {is_really}",
            "Give it the ending of what it is, or export it again.",
        )
    if kind == "parquet" and not content.endswith(b"PAR1"):
        raise _refuse(path, "the Parquet file is damaged or cut short", "Export it again.")


def load_raw(
    connection: "duckdb.DuckDBPyConnection",
    opened: Opened,
    columns: list[str],
    longest_cell: int,
    consume: Consume,
) -> RawTable:
    """Lets `consume` read the named source columns from the relation `raw`, in the order of the file, trimmed of nothing.

    On the fast way `raw` is the file itself, read once while it is consumed; whatever is not accounted for then is
    consumed again from rows read with care. `raw` is gone afterwards. Raises InputRefused where a file breaks off in a way that leaves no rows to judge, or has changed since it was
    opened.
    """
    loaded = None
    if opened.kind == "parquet":
        from attrition.ingest.sheets import load_parquet

        loaded = load_parquet(connection, opened, columns, longest_cell)
    elif opened.rows is None:
        loaded = _load_fast(connection, opened, columns, longest_cell, consume)
        if loaded is None:
            opened.rows = list(text_lines.careful_rows(opened, longest_cell))
    if loaded is None:
        loaded = _load_rows(connection, opened, columns, longest_cell)
    if not loaded.is_consumed:
        consume(clean_text.signs_of_rows(connection, "raw"))
        connection.execute("DROP TABLE temp.raw")
    if _changed(opened):
        raise _refuse(opened.path, "the file changed while it was being read", "Run again when the copy is finished.")
    return loaded


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def column_names(header: list[str]) -> list[str]:
    """Names that are distinct without regard to case: a repeated or empty header gets its position."""
    seen: set[str] = set()
    names = []
    for position, name in enumerate(header, 1):
        unique = name if name and name.casefold() not in seen else f"{name}#{position}"
        seen.add(unique.casefold())
        names.append(unique)
    return names


def _load_fast(
    connection: "duckdb.DuckDBPyConnection",
    opened: Opened,
    columns: list[str],
    longest_cell: int,
    consume: Consume,
) -> RawTable | None:
    """DuckDB's reader, if it accounts for every record of the file; else None, with nothing consumed."""
    import duckdb
    import fsspec
    import numpy as np

    records = text_lines.record_lines(opened)
    if records is None or records.longest > longest_cell or records.swallows_rows:
        return None
    location = str(opened.path)
    memory = None
    if opened.altered or any(sign in location for sign in "*?[]{}"):
        memory = fsspec.filesystem("memory")
        location = f"memory:///{opened.sha256}.csv"
        if "memory" not in connection.list_filesystems():
            connection.register_filesystem(memory)
        memory.pipe_file(f"/{opened.sha256}.csv", opened.content)
    names = column_names(opened.header)
    types = ", ".join(f"{_sql_text(name)}: 'VARCHAR'" for name in names)
    try:
        connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
        connection.execute(
            f"CREATE TEMP VIEW raw AS SELECT {', '.join(_quoted(c) for c in columns) or 'NULL AS nothing'} FROM read_csv("
            f"{_sql_text(location)}, columns={{{types}}}, auto_detect=false, header=false, skip={opened.header_line}, "
            f"delim={_sql_text(opened.delimiter)}, quote='\"', escape='\"', strict_mode=true, store_rejects=true, "
            "rejects_limit=10000, max_line_size=4000000, hive_partitioning=false)"
        )
        consumed = consume(_signs(opened, records.quoted_line_ends))
        bad = connection.execute("SELECT DISTINCT line, error_type FROM reject_errors ORDER BY line").fetchall()
    except duckdb.Error:
        return None
    finally:
        connection.execute("DROP VIEW IF EXISTS temp.raw")
        if memory is not None:
            memory.rm_file(f"/{opened.sha256}.csv")
    lines = sorted({line for line, _ in bad})
    kinds = {kind for _, kind in bad}
    accounted = (
        consumed + len(lines) == len(records.lines)
        and kinds <= {"MISSING COLUMNS", "TOO MANY COLUMNS"}
        and not (lines and records.quoted_line_ends)
        and bool(np.isin(lines, records.lines).all())
    )
    if not accounted or text_lines.hides_columns(opened, records, all_fit=not lines):
        return None
    rejects = [Reject(line, "wrong_number_of_columns", text_lines.line_hash(opened, records, line)) for line in lines]
    kept = records.lines[~np.isin(records.lines, lines)] if lines else records.lines
    opened.cut_short = (
        bool(lines)
        and lines[-1] == records.lines[-1]
        and not records.ends_with_line_end
        and text_lines.breaks_off(opened.content[int(records.starts[lines[-1] - 1]) :])
    )
    return RawTable(len(records.lines), kept, rejects, is_consumed=True)


def _signs(opened: Opened, quoted_line_ends: bool) -> Signs:
    """What the cells of a text file may hold: a line end, or a tab between cells, is in none of them unless quoted."""
    between = b"" if quoted_line_ends else b"\r\n"
    if opened.delimiter == "\t" and b'"' not in opened.content:
        between += b"\t"
    return clean_text.signs_of(opened.content, between)


def _sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _load_rows(
    connection: "duckdb.DuckDBPyConnection", opened: Opened, columns: list[str], longest_cell: int
) -> RawTable:
    import numpy as np
    import pyarrow as pa

    rows = opened.rows or []
    rejects = list(opened.rejects)
    positions = {name.casefold(): index for index, name in enumerate(column_names(opened.header))}
    good: list[tuple[int, list[str | None]]] = []
    for line, cells in rows:
        if any(cell is not None and len(cell) > longest_cell for cell in cells):
            rejects.append(Reject(line, "cell_too_long", text_lines.cells_hash(cells)))
        else:
            good.append((line, cells))
    wanted = [positions[name.casefold()] for name in columns]
    table = pa.table(
        {
            name: pa.array([cells[index] for _, cells in good], pa.large_string())
            for name, index in zip(columns, wanted, strict=True)
        }
        or {"nothing": pa.nulls(len(good))}
    )
    connection.register("raw_rows", table)
    connection.execute("CREATE TEMP TABLE raw AS SELECT * FROM raw_rows")
    connection.unregister("raw_rows")
    lines = np.array([line for line, _ in good], dtype="int64")
    rejects.sort(key=lambda reject: reject.line)
    return RawTable(len(good) + len(rejects), lines, rejects)


def sample_rows(opened: Opened, most: int = 20_000) -> Iterator[list[str]]:
    """The first rows of an opened file as clean text, for drafting a mapping."""
    if opened.kind == "parquet":
        import duckdb

        from attrition.ingest import sheets

        with duckdb.connect() as connection:
            connection.execute(f"SET TimeZone = '{ZONE}'")
            rows = connection.execute(
                f"SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?, hive_partitioning=false) LIMIT {int(most)}",
                [sheets.exact(opened.path)],
            ).fetchall()
        yield from ([clean(cell or "") for cell in row] for row in rows)
        return
    rows_of = opened.rows if opened.rows is not None else text_lines.careful_rows(opened, 32_767)
    for number, (_, cells) in enumerate(rows_of):
        if number >= most:
            return
        yield [clean(cell or "") for cell in cells]
