"""Applies deliveries to the warehouse in order of arrival: loads each file, judges it at the gate, replaces what it
replaces, and keeps the ledger. One delivery is one transaction.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.contract import Contract, load_contract
from attrition.errors import AttritionError, InputRefused, UsageFault
from attrition.ingest import conform, landing, ledger, pseudonym, replacing
from attrition.ingest.conform import Conforming
from attrition.ingest.coverage import reach_of
from attrition.ingest.damage import doubts
from attrition.ingest.faults import keep_faults
from attrition.ingest.ledger import Counts, Staged
from attrition.ingest.lines import number_lines
from attrition.ingest.mapping import Feed, Source
from attrition.ingest.opening import open_checked
from attrition.ingest.reading import Opened, RawTable, load_raw, read_bytes
from attrition.settings import Settings

if TYPE_CHECKING:
    import duckdb

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What an ingest did: number of loads made, and the messages of deliveries that are held."""

    loads: int
    held: tuple[str, ...]
    notes: tuple[str, ...]


def ingest(
    connection: "duckdb.DuckDBPyConnection",
    folder: Path,
    sources: list[Source],
    key: bytes,
    settings: Settings,
    now: dt.date,
    tell: Tell = lambda message: None,
) -> Outcome:
    """Loads what is new in the landing folder. All files are opened before the first is loaded, so that every
    refusal is told at once.

    Raises InputRefused for files that cannot be used, AttritionError if rows would get lost.
    """
    arrivals, notes = landing.survey(folder, sources)
    if not arrivals and not ledger.has_loads(connection):
        raise InputRefused(
            f"No file in {folder} fits a source mapping. Expected are names such as incident*.csv, investigation*.csv, "
            "cps*.csv, or a mapping of your own in --sources. Nothing was published."
        )
    pseudonym.arm(connection, key)
    conform.arm(connection)
    opened: dict[Path, Opened] = {}
    refused: list[str] = []
    for arrival in arrivals:
        try:
            opened[arrival.path] = open_checked(arrival)
        except InputRefused as fault:
            refused.append(str(fault))
    if refused:
        raise InputRefused("\n".join(refused))
    plan = ledger.plan(connection, arrivals, {path: o.sha256 for path, o in opened.items()})
    notes += plan.notes
    notes += remarks(plan, opened)
    if plan.reload:
        tell(f"a mapping or contract changed: {len(plan.reload)} loads are made anew, in their first order")
        replacing.withdraw(connection, plan.reload)
    made = 0
    held: list[str] = []
    for delivery in plan.deliveries:
        loads, message = apply(connection, delivery, opened, settings, now, tell)
        made += loads
        held += [message] if message else []
    held += ledger.still_held(connection, {o.sha256 for o in opened.values()})
    return Outcome(made, tuple(held), tuple(notes))


def remarks(plan: ledger.Plan, opened: dict[Path, Opened]) -> list[str]:
    """What people should know of how the new files are read: sheets left alone, headers found further down."""
    parts = {
        id(part): part
        for delivery in plan.deliveries
        for arrival, feed in delivery.work
        for part in [opened[arrival.path].part(feed.sheet, feed.header_row)]
    }
    return list(dict.fromkeys(f"{part.name}: {told}" for part in parts.values() for told in part.told))


def apply(
    connection: "duckdb.DuckDBPyConnection",
    delivery: ledger.Delivery,
    opened: dict[Path, Opened],
    settings: Settings,
    now: dt.date,
    tell: Tell,
) -> tuple[int, str | None]:
    """Loads one delivery, whole or not at all. Returns the number of loads, and a message if it is held."""
    begun = False
    try:
        loads = 0
        for arrival, feed in delivery.work:
            file = opened[arrival.path].part(feed.sheet, feed.header_row)
            tell(f"{arrival.name}: reading as {feed.extract}")
            staged = stage(connection, file, feed, settings, now)
            held = bool(staged.gate) and not ledger.released(connection, file.sha256)
            if held and begun:
                # What earlier parts of the delivery brought goes too; the faults stay, for those who mend the file.
                connection.execute("ROLLBACK")
                begun = False
                stage(connection, file, feed, settings, now)
            # The transaction begins when the first file is staged: rows of an unfinished one are scanned by one thread.
            if not begun:
                connection.execute("BEGIN")
                begun = True
            entry = ledger.Entry(delivery.arrival, delivery.name, arrival.name, file.sha256, feed)
            load_id = ledger.record(connection, entry, staged, now, "held" if held else "loaded")
            keep_faults(connection, feed, load_id, file)
            if held:
                connection.execute("COMMIT")
                return 0, ledger.held_message(arrival.name, file.sha256, staged.gate)
            replacing.insert(connection, feed, delivery.name, delivery.arrival, load_id, staged.counts.accepted)
            ledger.mend(connection, feed.extract, load_id)
            loads += 1
            counts = staged.counts
            tell(
                f"{arrival.name}: {counts.rows_read:,} rows read as {feed.extract}: {counts.accepted:,} accepted, "
                f"{counts.duplicate:,} duplicate, {counts.out_of_scope:,} out of scope, {counts.quarantined:,} quarantined"
                + (f"; blank lines left out: {staged.blank:,}" if staged.blank else "")
            )
        connection.execute("COMMIT")
    except BaseException:
        try:
            if begun:
                connection.execute("ROLLBACK")
        except Exception:  # the transaction is already over
            tell("the delivery was rolled back")
        raise
    finally:
        connection.execute("DROP VIEW IF EXISTS temp.conformed")
        for table in ("conformed_row", "fate", "rival", "line_of", "unsplit"):
            connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
    return loads, None


def stage(
    connection: "duckdb.DuckDBPyConnection", file: Opened, feed: Feed, settings: Settings, now: dt.date
) -> Staged:
    """Reads, conforms and judges one file for one feed: fills `conformed`, `fate`, `line_of`, `unsplit`."""
    import duckdb

    contract = load_contract(feed.extract)
    if file.kind == "csv" and not file.content:
        file.content, _ = read_bytes(file.path)
    work = Conforming(feed, contract, set(file.header), file.iso_dates)
    try:
        raw = load_raw(
            connection,
            file,
            work.source_columns(),
            settings.longest_cell,
            lambda line_ends: work.run(connection, line_ends),
        )
    except duckdb.Error as fault:
        # DuckDB's message may quote a value, so only its kind is told.
        raise UsageFault(
            f"The mapping {feed.source} ({feed.extract}) has an expression or date format that fails on {file.name} "
            f"({type(fault).__name__}). Use try_cast and nullif in expressions, and test the mapping with `attrition check`."
        ) from None
    if file.kind == "csv" and not file.altered:
        file.content = b""
    conform.give_fates(connection, contract, feed.delivery)
    number_lines(connection, raw)
    counts = _count(connection, raw, contract, file)
    return Staged(
        counts,
        reach_of(connection, feed, contract, file.path, now),
        columns=tuple(work.rules),
        blank=file.blank,
        gate=[*ledger.gate(counts, file.cut_short, settings), *file.gate, *doubts(file, feed, contract, now)],
    )


def _count(connection: "duckdb.DuckDBPyConnection", raw: RawTable, contract: Contract, file: Opened) -> Counts:
    fates = dict(connection.execute("SELECT fate, count(*) FROM fate GROUP BY fate").fetchall())
    row = connection.execute("SELECT count(*) FROM conformed ANTI JOIN fate USING (row_no)").fetchone()
    counts = Counts(
        rows_read=raw.rows_read,
        accepted=row[0] if row else 0,
        duplicate=fates.get("duplicate", 0),
        out_of_scope=fates.get("out_of_scope", 0),
        quarantined=fates.get("quarantined", 0) + len(raw.rejects),
    )
    if counts.rows_read != counts.accepted + counts.duplicate + counts.out_of_scope + counts.quarantined:
        raise AttritionError(
            f"{file.name}: {counts.rows_read} rows were read as {contract.extract}, but their fates add up to another number. "
            "Nothing of this delivery was kept. This is a fault of the program: report it with the file's layout."
        )
    return counts
