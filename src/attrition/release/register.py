"""The register of a tier: what was ever published in it, and the exact counts behind it. Restricted; it is never given away.

Disclosure control reads it before every release, since an attacker keeps what he was given. One DuckDB file, replaced whole.
"""

import datetime as dt
import json
import os
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition.errors import InputRefused, UsageFault
from attrition.release.cells import Cell, Counted

if TYPE_CHECKING:
    import duckdb

_COUNTS = ("strands", "business_type", "victim_ethnicity", "stage", "stage_order", "state", "reason_group", "cases")
_SCHEMA = """
CREATE TABLE tier (tier VARCHAR, threshold INTEGER, base INTEGER);
CREATE TABLE release (number INTEGER, name VARCHAR, as_at DATE, made_on DATE, program VARCHAR);
CREATE TABLE counted (as_at DATE, quarter VARCHAR, strands VARCHAR, business_type VARCHAR, victim_ethnicity VARCHAR, stage VARCHAR,
    stage_order INTEGER, state VARCHAR, reason_group VARCHAR, cases BIGINT);
CREATE TABLE cell (release INTEGER, as_at DATE, period_kind VARCHAR, period VARCHAR, "table" VARCHAR, breakdown VARCHAR, "group" VARCHAR,
    stage_order INTEGER, "column" VARCHAR, reason_group VARCHAR, value BIGINT, status INTEGER, why VARCHAR);
CREATE TABLE carried (release INTEGER, "table" VARCHAR, as_at DATE, period_kind VARCHAR, period VARCHAR, row_no INTEGER, content VARCHAR);
"""


@dataclass(frozen=True)
class Release:
    """One release of the tier."""

    name: str
    as_at: dt.date
    made_on: dt.date
    program: str


@dataclass(frozen=True)
class Told:
    """What was said of a cell: its true value, whether it was hidden (a Status), and why."""

    value: int
    status: int
    why: str = ""


@dataclass(frozen=True)
class Carried:
    """A row of a table that is not made of cells, as it was released: it stays so until its period is counted again."""

    table: str
    as_at: dt.date
    period_kind: str
    period: str
    content: dict[str, Any]


@dataclass
class Register:
    """Everything that was released in one tier.

    tier, threshold, base: what the register is for; a release under other rules would not be protected by it
    """

    tier: str
    threshold: int
    base: int
    releases: list[Release] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    cells: dict[Cell, Told] = field(default_factory=dict)
    carried: list[Carried] = field(default_factory=list)


def read_register(path: Path | None, tier: str, threshold: int, base: int, first: bool) -> Register:
    """The register of a tier. Raises UsageFault where there is none and the release is not said to be the first, or where it is of
    another tier or other rules; InputRefused where the file is no register.
    """
    if path is None or not path.exists():
        if first:
            return Register(tier, threshold, base)
        named = f"There is no register at {path}." if path else "No register was named."
        raise UsageFault(
            f"{named} Without the register of past {tier} releases nobody can say what this one gives away together with them. Name it "
            f"with --register; if nothing was ever released in the {tier} tier, say --first."
        )
    if first:
        raise UsageFault(
            f"--first says that nothing was released yet, but {path} holds past releases. Leave --first out."
        )
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            register = _read(connection)
    except duckdb.Error:
        raise InputRefused(
            f"{path} is not a register of releases. Name the file that the last release wrote."
        ) from None
    if (register.tier, register.threshold, register.base) != (tier, threshold, base):
        raise UsageFault(
            f"{path} is the register of the {register.tier} tier with threshold {register.threshold} and base {register.base}; this release is "
            f"{tier}, {threshold} and {base}. What is out under other rules cannot be protected under these: keep tier, threshold and base."
        )
    return register


def _read(connection: "duckdb.DuckDBPyConnection") -> Register:
    register = Register(*connection.execute("FROM tier").fetchall()[0])
    register.releases = [Release(*row[1:]) for row in connection.execute("FROM release ORDER BY number").fetchall()]
    counts: dict[tuple[dt.date, str], list[dict[str, Any]]] = {}
    for as_at, quarter, *rest in connection.execute("FROM counted ORDER BY ALL").fetchall():
        counts.setdefault((as_at, quarter), []).append(dict(zip(_COUNTS, rest, strict=True)))
    register.counted = [Counted(as_at, quarter, tuple(rows)) for (as_at, quarter), rows in counts.items()]
    cells = connection.execute("FROM cell ORDER BY ALL").fetchall()
    register.cells = {Cell(*row[1:-3]): Told(*row[-3:]) for row in cells}
    carried = connection.execute("SELECT * EXCLUDE (release, row_no) FROM carried ORDER BY release, row_no").fetchall()
    register.carried = [Carried(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in carried]
    return register


def write_register(path: Path, before: Register, now: Register) -> Path:
    """Writes the register with one more release, in place of the one before it, whole or not at all. Returns where the one before it is
    kept until the release is out.
    """
    import duckdb
    import pyarrow as pa

    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    number = len(now.releases)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(beside)) as connection:
            connection.execute(_SCHEMA)
            if path.exists() and before.releases:
                place = str(path).replace("'", "''")
                connection.execute(f"ATTACH '{place}' AS old (READ_ONLY)")
                for table in ("release", "counted", "cell", "carried"):
                    connection.execute(f"INSERT INTO {table} FROM old.{table}")
                connection.execute("DETACH old")
            connection.execute("INSERT INTO tier VALUES (?, ?, ?)", [now.tier, now.threshold, now.base])
            release = now.releases[-1]
            connection.execute("INSERT INTO release VALUES (?, ?, ?, ?, ?)", [number, *astuple(release)])
            known = {(one.as_at, one.quarter) for one in before.counted}
            added = {
                "counted": [
                    {"as_at": one.as_at, "quarter": one.quarter, **{name: row[name] for name in _COUNTS}}
                    for one in now.counted
                    if (one.as_at, one.quarter) not in known
                    for row in one.rows
                ],
                "cell": [
                    {
                        "release": number,
                        **{one.name: getattr(cell, one.name) for one in fields(Cell)},
                        "value": told.value,
                        "status": told.status,
                        "why": told.why,
                    }
                    for cell, told in now.cells.items()
                    if cell not in before.cells
                ],
                "carried": [
                    {
                        "release": number, "table": one.table, "as_at": one.as_at, "period_kind": one.period_kind,
                        "period": one.period, "row_no": at, "content": json.dumps(one.content, sort_keys=True),
                    }
                    for at, one in enumerate(now.carried[len(before.carried) :])
                ],
            }  # fmt: skip
            for table, rows in added.items():
                if rows:
                    connection.register("added", pa.Table.from_pylist(rows))
                    connection.execute(f"INSERT INTO {table} BY NAME FROM added")
                    connection.unregister("added")
        kept = path.with_name(f".{path.name}.before")
        kept.unlink(missing_ok=True)
        if path.exists():
            path.replace(kept)
        beside.replace(path)
        return kept
    except OSError:
        raise UsageFault(f"The register {path} cannot be written. Nothing was released.") from None
    finally:
        beside.unlink(missing_ok=True)


def restore_register(path: Path, kept: Path) -> None:
    """Puts the register back as it was: the release did not come out."""
    path.unlink(missing_ok=True)
    if kept.exists():
        kept.replace(path)
