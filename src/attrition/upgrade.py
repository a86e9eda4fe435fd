"""Converts a warehouse of schema 1 to the schema of today. It is built anew beside the old file, out of what that one holds, and
takes its name once it is whole: whatever happens before, the old file stays as it was. Texts that are no longer kept are in no
block of the new file.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attrition import warehouse
from attrition.contract import load_contracts
from attrition.disk import troubles_told
from attrition.errors import AttritionError
from attrition.settings import Settings

if TYPE_CHECKING:
    import duckdb

_FROM = 1
# A record that is no row of a file in words ("line 5 of load 3") is its reference, compared as references are compared now.
_RECORD = r"CASE WHEN regexp_full_match(record, 'line \d+ of load \d+') THEN record ELSE coalesce(upper(clean_text(record)), '') END"
# What only the rows tell is read anew with them; all else is taken over, in this order, where the old warehouse has it.
_TAKEN_OVER = {
    "release": "FROM old.release",
    "run": "FROM old.run",
    "undone_replacement": "FROM old.undone_replacement",
    "dq_incident": "FROM old.dq_incident",
    "dq_incident_event": "FROM old.dq_incident_event",
    "dq_incident_row": f"SELECT incident_id, {_RECORD} AS record, CASE WHEN bool_and(fixed_on IS NOT NULL) THEN max(fixed_on) END "
    "AS fixed_on FROM old.dq_incident_row GROUP BY ALL",
    "dq_score": "FROM old.dq_score",
    "dq_run": "FROM old.dq_run",
    "alert": "FROM old.alert",
}
# Rows that are quarantined and duplicates now, and were accepted.
_CHANGED = """
SELECT coalesce(sum(new.quarantined - was.quarantined), 0)::BIGINT, coalesce(sum(new.duplicate - was.duplicate), 0)::BIGINT
FROM load AS new JOIN old.load AS was ON new.load_id = was.load_id
"""


@dataclass(frozen=True)
class _Done:
    """What a conversion came to: loads, rows that they hold, rows set aside and rows alike by it, and the files of loads in force
    by extract, with their hashes."""

    loads: int
    rows: int
    aside: int
    alike: int
    files: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]


def convert(path: Path, landing: Path, key: bytes, settings: Settings, tell: Callable[[str], None]) -> None:
    """Converts the warehouse where it is of schema 1; any other is left alone. The caller holds it.

    Says once what was done, and which files should be put back for what only they can tell. Raises AttritionError, and leaves the
    file as it was, where the disk is full or the file damaged.
    """
    if not path.exists() or not _is_earlier(path):
        return
    tell(f"the warehouse {path} was made by an earlier version of this program and is being converted")
    beside = path.with_name(f"{path.name}.converting")
    _remove(beside)
    try:
        with troubles_told(path), warehouse.connect(Path(":memory:"), settings) as connection:
            done = _build(connection, path, beside, key, settings)
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        raise AttritionError(
            f"The converted warehouse could not take the place of {path}, which stays as it was. Close the file in other programs, "
            "let this account write into its folder, and run again."
        ) from None
    finally:
        _remove(beside)
    for note in done.notes:
        tell(note)
    tell(_summary(path, landing, done))


def _is_earlier(path: Path) -> bool:
    import duckdb

    with troubles_told(path), duckdb.connect(str(path), read_only=True) as connection:
        return warehouse.version_of(connection) == _FROM


def _remove(file: Path) -> None:
    for name in (file, file.with_name(f"{file.name}.wal")):
        name.unlink(missing_ok=True)


def _place(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _build(connection: "duckdb.DuckDBPyConnection", path: Path, beside: Path, key: bytes, settings: Settings) -> _Done:
    """Builds the converted warehouse as the file `beside`."""
    from attrition.alerts import delivery
    from attrition.ingest import earlier_rows
    from attrition.quality import incidents

    execute = connection.execute
    execute(f"ATTACH {_place(beside)} AS warehouse")
    shutil.copymode(path, beside)
    execute("USE warehouse")
    warehouse.prepare(connection)
    incidents.prepare(connection)
    delivery.prepare(connection)
    # What a run that was killed left in the log belongs into the file: the log would be taken for that of the new one.
    execute(f"ATTACH {_place(path)} AS old")
    execute("CHECKPOINT old")
    execute("DETACH old")
    execute(f"ATTACH {_place(path)} AS old (READ_ONLY)")
    execute(f"SET temp_directory = {_place(path.parent / 'spill')}")
    execute("BEGIN")
    notes = earlier_rows.read_anew(connection, key, settings)
    here = {
        name for (name,) in execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'old'").fetchall()
    }
    for table, rows in _TAKEN_OVER.items():
        if table in here:
            execute(f"INSERT INTO {table} BY NAME {rows}")
    execute("COMMIT")
    aside, alike = execute(_CHANGED).fetchall()[0]
    done = _Done(
        execute("SELECT count(*) FROM load").fetchall()[0][0],
        sum(execute(f"SELECT count(*) FROM {extract}_version").fetchall()[0][0] for extract in load_contracts()),
        aside,
        alike,
        tuple(execute("SELECT extract, file, sha256 FROM load WHERE state = 'loaded' ORDER BY load_id").fetchall()),
        tuple(notes),
    )
    execute("USE memory")
    execute("CHECKPOINT warehouse")
    execute("DETACH warehouse")
    execute("DETACH old")
    return done


def _summary(path: Path, landing: Path, done: _Done) -> str:
    """What the operator is told, once."""
    said = (
        f"The warehouse {path} is converted: {done.rows:,} rows of {done.loads:,} loads, their references, labels and days as they are "
        "read now."
    )
    if done.aside or done.alike:
        said += (
            f" {done.aside:,} rows were set aside, because a value without which they cannot be counted turned out to be none or "
            f"another row of their file has the same key, and {done.alike:,} were found to be duplicates."
        )
    present = _hashes(landing, {file for _, file, _ in done.files})
    gone: dict[str, set[str]] = {}
    for extract, _, sha256 in done.files:
        if sha256 not in present:
            gone.setdefault(extract, set()).add(sha256)
    if not gone:
        return f"{said} All its files are in the landing folder and are loaded anew."
    listed = ", ".join(f"{len(files):,} of {extract}" for extract, files in gone.items())
    return (
        f"{said} Files that it was loaded from and that are no longer in the landing folder: {listed}. Of these the identifiers of "
        "persons and premises could not be made anew, since only their pseudonyms are kept: one that was written in two ways "
        "counts as two; and what could not be read then stays empty. Put these files back into the landing folder once, and the next run "
        "loads them anew."
    )


def _hashes(landing: Path, names: set[str]) -> set[str]:
    """The SHA-256 of the files of these names in the landing folder."""
    known = {name.lower() for name in names}
    found = set()
    for file in landing.iterdir() if landing.is_dir() else ():
        try:
            if file.name.lower() in known and file.is_file():
                with file.open("rb") as opened:
                    found.add(hashlib.file_digest(opened, "sha256").hexdigest())
        except OSError:  # told when the files are read
            continue
    return found
