"""Joins what a run changed with who is to be told: digests are queued beside the incidents, in one transaction, and delivered
once the publication is out.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.alerts import delivery, digest
from attrition.alerts.owners import load_owners, route
from attrition.quality.change import Change, Kind

if TYPE_CHECKING:
    import duckdb

    from attrition.alerts.owners import Owner
    from attrition.quality.calendar import Schedule


def due_dates(owners: Path | None) -> "dict[tuple[str, str], Schedule]":
    """When each owner's deliveries are due, by extract and area; empty without an owners' file."""
    if owners is None:
        return {}
    from attrition.quality.calendar import parse_schedule

    found = {}
    for owner in load_owners(owners).owners:
        for extract, table in owner.due.items():
            schedule, _ = parse_schedule(dict(table))
            if schedule is not None:
                found[extract, owner.area] = schedule
    return found


def queue_digests(
    connection: "duckdb.DuckDBPyConnection",
    owners: Path | None,
    changes: list[Change],
    as_at: dt.date,
    now: dt.date,
    rows: Path | None,
) -> None:
    """Queues one digest for each owner that has something to learn; nothing where nothing changed.

    `rows` is the folder of the rows to mend; the owner's files go with the digest. Runs in the caller's transaction.
    """
    if owners is None:
        return
    known = load_owners(owners)
    delivery.prepare(connection)
    told: dict[str, tuple[Owner, list[Change]]] = {}
    for change in changes:
        told_to = route(known, extract=change.extract, area=change.area, rule_group=change.rule_group, rule=change.rule)
        # The first is the owner; whoever else is told of it does not say when it is open too long.
        seen = _escalated(connection, change, told_to[0], now)
        for owner in told_to:
            told.setdefault(owner.name, (owner, []))[1].append(seen)
    for owner, theirs in told.values():
        made = digest.compose(owner.name, theirs, as_at, now)
        if made is None:
            continue
        files = _files(rows, theirs)
        delivery.queue(connection, owner, made, now, attachments=files)
        if made.escalated:
            delivery.queue(connection, owner, made, now, attachments=files, escalated=True)


def _escalated(connection: "duckdb.DuckDBPyConnection", change: Change, owner: "Owner", now: dt.date) -> Change:
    """The change, or one of kind ESCALATED where nobody has acknowledged it for as many days as the owner's entry says."""
    open_days = (now - change.opened_on).days
    if (
        change.kind is Kind.MENDED
        or change.severity == "info"
        or change.acknowledged_by
        or open_days < owner.escalate_after_days
    ):
        return change
    first = connection.execute(
        "UPDATE dq_incident SET escalated_on = ? WHERE incident_id = ? AND escalated_on IS NULL RETURNING incident_id",
        [now, change.incident_id],
    ).fetchone()
    if first is None:
        return change
    connection.execute(
        "INSERT INTO dq_incident_event VALUES (?, ?, ?, ?, NULL, NULL)",
        [change.incident_id, now, Kind.ESCALATED.value, change.rows],
    )
    return replace(change, kind=Kind.ESCALATED)


def _files(rows: Path | None, changes: list[Change]) -> list[str]:
    """The files of rows to mend for these changes, by name."""
    if rows is None:
        return []
    wanted = {(change.extract, change.area or "unknown") for change in changes if change.kind is not Kind.MENDED}
    names = {f"rows_to_mend_{extract}_{area}.xlsx" for extract, area in wanted}
    return sorted(name for name in names if (rows / name).is_file())


def deliver(
    connection: "duckdb.DuckDBPyConnection",
    owners: Path,
    now: dt.date,
    attachments: Path | None,
    tell: Callable[[str], None],
) -> list[str]:
    """Tries every alert that waits. Returns a phrase for each owner who could not be reached."""
    delivery.prepare(connection)
    return delivery.deliver_waiting(connection, load_owners(owners), now, tell, attachments)
