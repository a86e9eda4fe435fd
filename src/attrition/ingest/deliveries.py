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
from attrition.ingest import conform, landing, ledger, pseudonym, replacing, rolling_up
from attrition.ingest.conform import Conforming
from attrition.ingest.coverage import reach_of
from attrition.ingest.faults import keep_faults
from attrition.ingest.landing import Arrival
from attrition.ingest.ledger import Counts, Staged
from attrition.ingest.lines import number_lines
from attrition.ingest.mapping import Feed, Source
from attrition.ingest.reading import Opened, RawTable, load_raw, open_file, read_bytes
from attrition.ingest.text_lines import repeated
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


def open_checked(arrival: Arrival) -> Opened:
    """Opens a file and checks its header against every feed that it fills. Raises InputRefused."""
    first = arrival.feeds[0]
    opened = open_file(
        arrival.path,
        encoding=first.encoding,
        delimiter=first.delimiter,
        sheet=first.sheet,
        header_row=first.header_row,
        expected=tuple(c for feed in arrival.feeds for rule in feed.columns.values() for c in rule.source_columns),
    )
    twice = repeated(opened.header)
    here = {column.casefold() for column in opened.header}
    for feed in arrival.feeds:
        contract = load_contract(feed.extract)
        needed = [
            c for column in contract.required if column in feed.columns for c in feed.columns[column].source_columns
        ]
        needed += feed.where_columns
        needed += [feed.covers_to.column] if feed.covers_to and feed.covers_to.column else []
        missing = sorted({column for column in needed if column.casefold() not in here})
        used = {c.casefold() for rule in feed.columns.values() for c in rule.source_columns}
        if missing:
            raise InputRefused(
                f"{arrival.path.name}: line {opened.header_line} lacks the required columns {', '.join(missing)} "
                f"(mapping {feed.source}, {feed.extract}). Was a header renamed? Export the file with these columns, "
                "or correct the mapping. Nothing was published."
            )
        if doubled := sorted(used & set(twice)):
            raise InputRefused(
                f"{arrival.path.name}: line {opened.header_line} names the columns {', '.join(doubled)} more than once, so it "
                "cannot be told which one counts. Remove or rename one. Nothing was published."
            )
    # The content of large files is read again when its turn comes, so that only one stands in memory.
    if len(opened.content) > 1 << 26 and not opened.altered:
        opened.content = b""
    return opened


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
            file = opened[arrival.path]
            tell(f"{arrival.path.name}: reading as {feed.extract}")
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
            entry = ledger.Entry(delivery.arrival, delivery.name, arrival.path.name, file.sha256, feed)
            load_id = ledger.record(connection, entry, staged, now, "held" if held else "loaded")
            keep_faults(connection, feed, load_id, file)
            if held:
                connection.execute("COMMIT")
                return 0, ledger.held_message(arrival.path.name, file.sha256, staged.gate)
            replacing.insert(connection, feed, delivery.name, delivery.arrival, load_id, staged.counts.accepted)
            ledger.mend(connection, feed.extract, load_id)
            loads += 1
            counts = staged.counts
            tell(
                f"{arrival.path.name}: {counts.rows_read:,} rows read as {feed.extract}: {counts.accepted:,} accepted, "
                f"{counts.duplicate:,} duplicate, {counts.out_of_scope:,} out of scope, {counts.quarantined:,} quarantined"
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
        for table in ("conformed_row", "fate", "rival", "line_of", "unsplit", "rolling", "rolled", "folded"):
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
            f"The mapping {feed.source} ({feed.extract}) has an expression or date format that fails on {file.path.name} "
            f"({type(fault).__name__}). Use try_cast and nullif in expressions, and test the mapping with `attrition check`."
        ) from None
    if file.kind == "csv" and not file.altered:
        file.content = b""
    conform.give_fates(connection, contract, feed.delivery, rolling_up.statements(contract, feed))
    number_lines(connection, raw)
    counts = _count(connection, raw, contract, file)
    return Staged(
        counts,
        reach_of(connection, feed, contract, file.path, now),
        columns=tuple(work.rules),
        gate=ledger.gate(counts, file.cut_short, settings),
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
            f"{file.path.name}: {counts.rows_read} rows were read as {contract.extract}, but their fates add up to another number. "
            "Nothing of this delivery was kept. This is a fault of the program: report it with the file's layout."
        )
    return counts
