"""What DuckDB says when the warehouse's file or its disk is in trouble, told apart: held by another program, damaged, no room, not
allowed. The kind of the exception does not tell them apart, only its text does; these texts hold places and sums, never data.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrition.errors import AttritionError, WarehouseBusy, no_room

# What stands in the message of a conflict: a lock on the file (Linux, macOS), a share violation (Windows). `lock` alone also
# stands in `block`, which is what a damaged file is told with.
_HELD = ("could not set lock on file", "conflicting lock", "being used by another process")
_NO_ROOM = ("no space left", "not enough space", "disk quota exceeded", "file too large", "failed to offload")
_FORBIDDEN = ("permission denied", "access is denied", "read-only file system", "operation not permitted")
_FILE = re.compile(r'file "([^"]+)"')


def is_trouble(fault: BaseException) -> bool:
    """Whether a fault of DuckDB is one of the disk or of the file, not of the statement or the data."""
    import duckdb

    kinds = (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)
    # A transaction that cannot be written to the end fails as such, and names the disk's fault.
    return isinstance(fault, kinds) or (isinstance(fault, duckdb.Error) and _has(fault, _NO_ROOM))


def _has(fault: BaseException, signs: tuple[str, ...]) -> bool:
    said = str(fault).lower()
    return any(sign in said for sign in signs)


def trouble(fault: BaseException, warehouse: Path) -> AttritionError:
    """What a person is told of a fault for which `is_trouble` holds."""
    named = _FILE.search(str(fault))
    file = Path(named[1]) if named else warehouse
    own = file.name in (warehouse.name, f"{warehouse.name}.wal")
    what = f"The warehouse {warehouse}" if own else f"The file {file}"
    if _has(fault, _HELD):
        said = f"Another program has {what[0].lower()}{what[1:]} open. Close it"
        return (
            WarehouseBusy(f"{said}, or name another with --warehouse.")
            if own
            else AttritionError(f"{said} and run again.")
        )
    if _has(fault, _NO_ROOM):
        return no_room(f"{what} could not be written")
    if _has(fault, _FORBIDDEN):
        return AttritionError(
            f"{what} cannot be opened: this account may not read or write it. Let this account read and write the file and its folder, "
            "or run as the account that made it."
        )
    if not own:
        return AttritionError(
            f"{what} cannot be read or written. See that its disk is there and in order, and run again."
        )
    return AttritionError(
        f"{what} cannot be read: it is damaged, is no warehouse, or was made by a newer DuckDB. Put a copy from your backup in its "
        "place; or move it away and run again: the extracts in the landing folder build it anew, without what was decided about "
        "incidents and held deliveries. See that the disk is in order first."
    )


@contextmanager
def troubles_told(warehouse: Path) -> Iterator[None]:
    """Turns DuckDB's faults of file and disk into what a person can act on; all others pass.

    Raises WarehouseBusy where another program has the file open, else AttritionError.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as fault:
        if not is_trouble(fault):
            raise
        raise trouble(fault, warehouse) from None
