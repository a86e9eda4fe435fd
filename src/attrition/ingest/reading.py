"""Opens one CSV, XLSX or Parquet file and loads it as a raw text table in memory, with the line of every row.

The fast way is DuckDB's CSV reader, checked against an independent count of the file's records; whatever that
reader does not account for to the last row (stray quotes, unreadable bytes, mixed line ends) goes the careful way,
line by line. Raw text stays in memory: nothing here is written to disk.
"""

import hashlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition.clock import ZONE
from attrition.errors import InputRefused
from attrition.ingest import clean_text, text_lines
from attrition.ingest.clean_text import Signs, clean
from attrition.ingest.damage import damaged_cells
from attrition.ingest.file_name import file_kind, how_to_mend, shown_name

if TYPE_CHECKING:
    import duckdb
    import numpy as np

# Reads the relation `raw` whole and returns the number of its rows; told what its cells may hold beside clean text.
Consume = Callable[[Signs], int]
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


@dataclass(frozen=True)
class Layout:
    """What the mapping says of how a file is laid out. `header_row` is None where the header is to be found; `required`
    are the columns by which it is known, `expected` all that the mapping reads; `other_sheets` are read by other feeds.
    """

    encoding: str = "auto"
    delimiter: str = "auto"
    sheet: str | None = None
    header_row: int | None = None
    required: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    other_sheets: tuple[str, ...] = ()


@dataclass
class Opened:
    """A file (of a workbook: a sheet or several) that was opened: what it is, its header, and the bytes or rows that follow.

    `stamp` is the file's size and time of change when it was opened; `names` are the names and types of a Parquet
    file's columns as DuckDB knows them, where `header` has the names trimmed. `trailing`: rows end in one delimiter more
    than the header; `blank` counts rows without any value and headers repeated (`repeated`), which are no rows.

    `sheet` is the sheet's name in quotes, `beside` a sentence on the other sheets; `header_elsewhere` is the line of a header
    that fits better than the one that was stated.

    `told` are remarks for people, `gate` what makes its rows unfit to count. `dated` holds the date cells of a sheet by
    column, as text with how often it stands there; `cut` the places (line, column) of numbers with more figures than a
    cell can hold; `damaged` the references that were once turned into numbers, by source column: line and text.
    `parts` are the sheets that other feeds of the file read, by what their mapping says of sheet and header row.
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
    trailing: bool = False
    blank: int = 0
    repeated: int = 0
    header_elsewhere: int | None = None
    sheet: str | None = None
    beside: str = ""
    told: list[str] = field(default_factory=list)
    gate: list[str] = field(default_factory=list)
    dated: dict[int, Counter[str]] = field(default_factory=dict)
    cut: set[tuple[int, int]] = field(default_factory=set)
    damaged: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    parts: "dict[tuple[str | None, int | None], Opened]" = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The file's name as it is shown to people."""
        return shown_name(self.path)

    @property
    def place(self) -> str:
        """Where its header stands."""
        return f"row {self.header_line} of the sheet {self.sheet}" if self.sheet else f"line {self.header_line}"

    @property
    def width(self) -> int:
        """How many columns its rows have."""
        return len(self.header) + self.trailing

    def part(self, sheet: str | None, header_row: int | None) -> "Opened":
        """What a feed reads of the file."""
        return self.parts.get((sheet, header_row), self)


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


def refuse(path: Path, what: str, mend: str) -> InputRefused:
    """The refusal of a file: what is wrong with it, and what to do."""
    return InputRefused(f"{shown_name(path)}: {what}. {mend} Nothing was published.")


def read_bytes(path: Path) -> tuple[bytes, tuple[int, int]]:
    """The file's bytes, and its size and time of change. Raises InputRefused if it cannot be read, is empty, or is still being written."""
    try:
        before = path.stat()
        if not stat.S_ISREG(before.st_mode):
            raise refuse(path, "this is not an ordinary file", "Put the extract itself there.")
        content = path.read_bytes()
        after = path.stat()
    except PermissionError:
        raise refuse(
            path, "the file may not be read", "Close it in other programs and allow this account to read it."
        ) from None
    except FileNotFoundError:
        raise refuse(
            path, "the file is not there, or is a link to one that is not", "Put the extract itself there."
        ) from None
    except OSError:
        raise refuse(path, "the file cannot be read", "Copy it again to a local disk.") from None
    if _stamp(before) != _stamp(after) or len(content) != after.st_size:
        raise refuse(path, "the file is still being written", "Run again when the copy is finished.")
    if not content:
        raise refuse(path, "the file is empty (0 bytes)", "Export it again.")
    return content, _stamp(after)


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _changed(opened: Opened) -> bool:
    """Whether the file is no longer the one that was opened."""
    try:
        return opened.stamp is not None and _stamp(opened.path.stat()) != opened.stamp
    except OSError:
        return True


def open_file(path: Path, layout: Layout | None = None, first_rows: int | None = None) -> Opened:
    """Opens a file and finds its header.

    Raises InputRefused, with what to do, for a file that is not what its name says or has no usable header.
    """
    layout = layout or Layout()
    kind = file_kind(path)
    if kind is None:
        raise refuse(path, "this kind of file is not read", how_to_mend(path) or "Send CSV, XLSX or Parquet.")
    content, stamp = read_bytes(path)
    sha256 = hashlib.sha256(content).hexdigest()
    _check_signature(path, kind, content)
    if kind == "csv":
        from attrition.ingest.text_file import open_text

        opened = open_text(path, content, sha256, layout)
    elif kind == "xlsx":
        from attrition.ingest.sheets import open_sheet

        opened = open_sheet(path, sha256, layout, first_rows)
    else:
        from attrition.ingest.parquet import open_parquet

        opened = open_parquet(path, sha256, layout)
    opened.stamp = stamp
    opened.header = [clean(title) for title in opened.header]
    return opened


def _check_signature(path: Path, kind: str, content: bytes) -> None:
    is_really = next((what for sign, what in _SIGNATURES if content.startswith(sign)), "text or something else")
    if is_really == "old":
        raise refuse(
            path,
            "this is an old or password-protected Excel file",
            "Save it as a plain .xlsx or .csv without a password.",
        )
    if not content.strip(b"\x00"):
        raise refuse(path, "the file holds nothing but zero bytes", "The copy failed; send it again.")
    said, fits = {
        "csv": ("text", "text or something else"),
        "xlsx": ("Excel", "an Excel or zip file"),
        "parquet": ("Parquet", "a Parquet file"),
    }[kind]
    if is_really != fits:
        raise refuse(
            path,
            f"the name says {said}, the content is {is_really}",
            "Give it the ending of what it is, or export it again.",
        )
    if kind == "parquet" and not content.endswith(b"PAR1"):
        raise refuse(path, "the Parquet file is damaged or cut short", "Export it again.")


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
        from attrition.ingest.parquet import load_parquet

        loaded = load_parquet(connection, opened, columns, longest_cell)
    elif opened.rows is None:
        loaded = _load_fast(connection, opened, columns, longest_cell, consume)
        if loaded is None:
            opened.rows = list(text_lines.careful_rows(opened, longest_cell))
    if loaded is None:
        loaded = _load_rows(connection, opened, columns, longest_cell)
        opened.damaged = damaged_cells(opened, columns)
    if not loaded.is_consumed:
        consume(clean_text.signs_of_rows(connection, "raw"))
        connection.execute("DROP TABLE temp.raw")
    if _changed(opened):
        raise refuse(opened.path, "the file changed while it was being read", "Run again when the copy is finished.")
    return loaded


def quoted(name: str) -> str:
    """A column's name as an identifier of SQL."""
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
    if (
        records is None
        or records.longest > longest_cell
        or records.swallows_rows
        or text_lines.holds_powers(opened.content)
    ):
        return None
    location = str(opened.path)
    memory = None
    if opened.altered or not location.isprintable() or any(sign in location for sign in "*?[]{}"):
        memory = fsspec.filesystem("memory")
        location = f"memory:///{opened.sha256}.csv"
        if "memory" not in connection.list_filesystems():
            connection.register_filesystem(memory)
        memory.pipe_file(f"/{opened.sha256}.csv", opened.content)
    names = column_names([*opened.header, *[""] * opened.trailing])
    types = ", ".join(f"{_sql_text(name)}: 'VARCHAR'" for name in names)
    try:
        connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
        connection.execute(
            f"CREATE TEMP VIEW raw AS SELECT {', '.join(quoted(c) for c in columns) or 'NULL AS nothing'} FROM read_csv("
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

        from attrition.ingest.parquet import reachable

        with duckdb.connect() as connection, reachable(connection, opened.path) as location:
            connection.execute(f"SET TimeZone = '{ZONE}'")
            rows = connection.execute(
                f"SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?, hive_partitioning=false) LIMIT {int(most)}",
                [location],
            ).fetchall()
        yield from ([clean(cell or "") for cell in row] for row in rows)
        return
    rows_of = opened.rows if opened.rows is not None else text_lines.careful_rows(opened, 32_767)
    for number, (_, cells) in enumerate(rows_of):
        if number >= most:
            return
        yield [clean(cell or "") for cell in cells]
