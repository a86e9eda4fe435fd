"""The warehouse: one DuckDB file on a local disk that holds every accepted row version, the ledger of loads, the
quarantine and the findings. Says where it may stand, who holds it, and what its tables are; no semantics.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.clock import ZONE
from attrition.contract import code_types, load_contracts
from attrition.disk import is_trouble, troubles_told
from attrition.errors import AttritionError, UsageFault, WarehouseBusy
from attrition.settings import Settings

if TYPE_CHECKING:
    import duckdb

SCHEMA_VERSION = 2

_LEDGER = """
CREATE TABLE IF NOT EXISTS warehouse_schema (version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS load (
    load_id INTEGER PRIMARY KEY, arrival INTEGER NOT NULL, place INTEGER NOT NULL, loaded_on DATE NOT NULL,
    file VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, source VARCHAR NOT NULL, extract VARCHAR NOT NULL,
    delivery VARCHAR NOT NULL, part VARCHAR, mapping_sha256 VARCHAR NOT NULL, contract_sha256 VARCHAR NOT NULL,
    covers_from DATE, covers_to DATE, covers_inferred BOOLEAN NOT NULL, event_distance INTEGER, day_told DATE,
    empty_means_not_business BOOLEAN NOT NULL, tells_business_type BOOLEAN NOT NULL,
    blank BIGINT NOT NULL, rows_read BIGINT NOT NULL, accepted BIGINT NOT NULL, duplicate BIGINT NOT NULL, out_of_scope BIGINT NOT NULL,
    quarantined BIGINT NOT NULL, state VARCHAR NOT NULL, gate VARCHAR);
CREATE TABLE IF NOT EXISTS load_force (load_id INTEGER NOT NULL, force VARCHAR);
CREATE TABLE IF NOT EXISTS load_column (
    load_id INTEGER NOT NULL, force VARCHAR, column_name VARCHAR NOT NULL, rows BIGINT NOT NULL, filled BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS quarantine (
    load_id INTEGER NOT NULL, line BIGINT NOT NULL, reasons VARCHAR[] NOT NULL, record_key VARCHAR, fields JSON,
    line_sha256 VARCHAR, mended_by INTEGER);
CREATE TABLE IF NOT EXISTS finding (
    load_id INTEGER NOT NULL, line BIGINT, rule VARCHAR NOT NULL, column_name VARCHAR);
CREATE TABLE IF NOT EXISTS incomplete_set (load_id INTEGER NOT NULL, line BIGINT NOT NULL, members VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS repeated_row (load_id INTEGER NOT NULL, line BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS undone_replacement (
    extract VARCHAR NOT NULL, load_id INTEGER NOT NULL, line BIGINT NOT NULL, replaced_by INTEGER NOT NULL,
    undone_after INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS folded_row (load_id INTEGER NOT NULL, line BIGINT NOT NULL, into_line BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS release (sha256 VARCHAR NOT NULL, why VARCHAR NOT NULL, released_on DATE NOT NULL);
CREATE TABLE IF NOT EXISTS run (
    run_id INTEGER PRIMARY KEY, as_at DATE NOT NULL, ran_on DATE NOT NULL, program VARCHAR NOT NULL,
    publication VARCHAR NOT NULL);
"""

_SYNCHRONISED = ("onedrive", "dropbox", "google drive", "googledrive", "icloud", "nextcloud", "owncloud", "box sync")
_NETWORK_TYPES = {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "9p", "ncpfs", "davfs", "ceph"}


def default_path() -> Path:
    """The warehouse in the user's local data folder (never a roaming or synchronised one)."""
    import platformdirs

    return Path(platformdirs.user_data_dir("attrition", appauthor=False, roaming=False)) / "warehouse.duckdb"


def _network_mount(path: Path) -> str | None:
    """The kind of network file system that holds `path`; None for a local one."""
    if sys.platform == "win32":
        import ctypes

        if str(path).startswith("\\\\"):
            return "network share"
        remote = ctypes.windll.kernel32.GetDriveTypeW(path.anchor) == 4
        return "network drive" if remote else None
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    best, kind = -1, ""
    for mount in mounts:
        parts = mount.split(" ")
        if len(parts) > 2:
            point = parts[1].replace("\\040", " ")
            if (path == Path(point) or Path(point) in path.parents) and len(point) > best:
                best, kind = len(point), parts[2]
    network = kind in _NETWORK_TYPES or (kind.startswith("fuse.") and ("ssh" in kind or "smb" in kind or "nfs" in kind))
    return kind if network else None


def check_location(path: Path) -> Path:
    """The warehouse's absolute path. Raises UsageFault for a network or synchronised folder, with the reason."""
    # A share is refused before anything touches it, since a dead one hangs.
    if str(path).startswith(("\\\\", "//")):
        raise UsageFault(_refusal(path, "a network share", "two computers could write to it at once and damage it"))
    resolved = path.expanduser().resolve()
    cloud = {os.environ[name].casefold() for name in ("OneDrive", "OneDriveCommercial") if os.environ.get(name)}
    for folder in resolved.parents:
        if any(sign in folder.name.casefold() for sign in _SYNCHRONISED) or str(folder).casefold() in cloud:
            raise UsageFault(
                _refusal(path, "a synchronised folder", "the synchronising program copies it half-written to elsewhere")
            )
    if kind := _network_mount(resolved):
        raise UsageFault(
            _refusal(path, f"a network disk ({kind})", "file locks do not hold there and the warehouse can be damaged")
        )
    return resolved


def _refusal(path: Path, what: str, why: str) -> str:
    return (
        f"The warehouse {path} would stand in {what}: {why}. "
        "Name a file on a local disk with --warehouse, or leave --warehouse out to use the local data folder."
    )


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Holds the warehouse for one run. The system frees it when the process ends, however it ends.

    Raises WarehouseBusy if another run holds it.
    """
    import filelock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise UsageFault(f"The folder of the warehouse {path} cannot be made. Name another with --warehouse.") from None
    lock = filelock.FileLock(str(path) + ".lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise WarehouseBusy(
            f"Another run holds the warehouse {path}. Wait until it is finished, or name another with --warehouse."
        ) from None
    except OSError:
        raise UsageFault(
            f"The file {path}.lock cannot be made, which keeps a second run away from the warehouse: this account may not write into "
            "that folder. Run as the account that made the warehouse, or name another with --warehouse."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def connect(path: Path, settings: Settings, *, read_only: bool = False) -> Iterator["duckdb.DuckDBPyConnection"]:
    """Opens the warehouse (or `:memory:`), with everything that reaches out of the machine switched off, and closes it.

    What does not fit into memory is spilled encrypted, since raw text may be on its way through.
    Raises WarehouseBusy if another program has the file open, AttritionError if it is no warehouse of ours or of another schema
    version, or is found to be damaged, at opening or later, or its disk is full.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "memory_limit": settings.memory,
        "temp_file_encryption": "true",
    }
    # In memory there is no file to be in trouble; a warehouse attached there is its opener's to tell of.
    told = nullcontext() if str(path) == ":memory:" else troubles_told(path)
    with told, duckdb.connect(str(path), read_only=read_only, config=config) as connection:
        _set_up(connection)
        _refuse_other_version(connection, path)
        yield connection


def version_of(connection: "duckdb.DuckDBPyConnection") -> int | None:
    """The schema version of the warehouse in use; None for a new file."""
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'warehouse_schema'").fetchone():
        return None
    stated = connection.execute("SELECT max(version) FROM warehouse_schema").fetchone()
    return stated[0] if stated else None


def _refuse_other_version(connection: "duckdb.DuckDBPyConnection", path: Path) -> None:
    version = version_of(connection)
    if version is None or version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise AttritionError(
            f"The warehouse {path} was made by a newer version of this program (schema {version}, here {SCHEMA_VERSION}). Use that "
            "version, or name a new warehouse with --warehouse; the extracts in the landing folder build it anew."
        )
    raise UsageFault(
        f"The warehouse {path} was made by an earlier version of this program (schema {version}, here {SCHEMA_VERSION}). Run "
        "`attrition run` on it once, as usual: it converts the warehouse before it loads anything."
    )


def _set_up(connection: "duckdb.DuckDBPyConnection") -> None:
    connection.execute("SET enable_progress_bar = false")
    # A moment is a day of England and Wales, wherever the machine stands.
    connection.execute(f"SET TimeZone = '{ZONE}'")
    # Trying these on every column costs more time than the little space that they save is worth.
    connection.execute("SET disabled_compression_methods = 'fsst,dict_fsst,zstd'")
    cipher = _cipher()
    if cipher is None:
        connection.execute("SET temp_directory = ''")
    else:
        connection.execute(f"LOAD '{cipher.as_posix()}'")


def read_whole(path: Path, settings: Settings) -> None:
    """Reads every row of every table, for whoever has reason to doubt the file. Raises AttritionError where it is damaged."""
    with connect(path, settings, read_only=True) as connection:
        for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall():
            connection.execute(f'SELECT bit_xor(hash(whole)) FROM "{name}" AS whole').fetchall()


def _cipher() -> Path | None:
    """The DuckDB extension with which spilled data is encrypted; None where it is not installed (then nothing spills)."""
    import importlib.util

    import duckdb

    package = importlib.util.find_spec("duckdb_extension_httpfs")
    if package is None or package.origin is None:
        return None
    file = Path(package.origin).parent / "extensions" / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"
    return file if file.exists() else None


def version_columns(extract: str) -> str:
    """The columns of a row version, for CREATE TABLE: where it came from, the contract's columns, what replaced it."""
    columns = ", ".join(f'"{column.name}" {column.sql_type}' for column in load_contracts()[extract].columns.values())
    return f"load_id INTEGER NOT NULL, line BIGINT NOT NULL, {columns}, replaced_by INTEGER"


def prepare(connection: "duckdb.DuckDBPyConnection") -> None:
    """Makes the tables of a new warehouse."""
    connection.execute("BEGIN")
    connection.execute(_LEDGER)
    make_code_types(connection)
    for extract in load_contracts():
        connection.execute(f"CREATE TABLE IF NOT EXISTS {extract}_version ({version_columns(extract)})")
        connection.execute(
            f"CREATE VIEW IF NOT EXISTS {extract} AS SELECT * EXCLUDE (replaced_by) FROM {extract}_version "
            "WHERE replaced_by IS NULL"
        )
    if version_of(connection) is None:
        connection.execute("INSERT INTO warehouse_schema VALUES (?)", [SCHEMA_VERSION])
    connection.execute("COMMIT")


def make_code_types(connection: "duckdb.DuckDBPyConnection") -> None:
    """Makes the enumerations of the code lists; where a list has changed since, the columns follow.

    Raises AttritionError if a code that the warehouse holds has left its list.
    """
    import duckdb

    here = {row[0] for row in connection.execute("SELECT type_name FROM duckdb_types() WHERE NOT internal").fetchall()}
    for name, codes in code_types().items():
        members = ", ".join("'" + code.replace("'", "''") + "'" for code in codes)
        if name not in here:
            connection.execute(f"CREATE TYPE {name} AS ENUM ({members})")
            continue
        held = connection.execute(f"SELECT enum_range(NULL::{name})").fetchone()
        if held and tuple(held[0]) == codes:
            continue
        columns = [
            (f"{extract}_version", column.name)
            for extract, contract in load_contracts().items()
            for column in contract.columns.values()
            if column.sql_type == name
        ]
        try:
            for table, column in columns:
                connection.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" TYPE VARCHAR')
            connection.execute(f"DROP TYPE {name}")
            connection.execute(f"CREATE TYPE {name} AS ENUM ({members})")
            for table, column in columns:
                connection.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" TYPE {name}')
        except duckdb.Error as fault:
            if is_trouble(fault):
                raise
            raise AttritionError(
                f"The warehouse holds codes that the list {name.removeprefix('code_')} no longer has. Put them back into "
                "data/reference, or name a new warehouse; the extracts in the landing folder build it anew."
            ) from None
