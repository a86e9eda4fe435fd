"""Applies deliveries to the warehouse: loads each file, judges it at the gate, gives it its place in the order, replaces what
it replaces, and keeps the ledger. One delivery is one transaction.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.contract import Contract, load_contract
from attrition.disk import is_trouble
from attrition.errors import AttritionError, InputRefused, UsageFault
from attrition.ingest import conform, emptied, landing, ledger, pseudonym, replacing, rolling_up
from attrition.ingest.conform import Conforming, Readable
from attrition.ingest.coverage import reach_of
from attrition.ingest.damage import doubts
from attrition.ingest.day_told import day_in_name
from attrition.ingest.faults import keep_faults
from attrition.ingest.landing import Arrival
from attrition.ingest.ledger import Counts, Staged
from attrition.ingest.lines import number_lines
from attrition.ingest.mapping import Feed, Source
from attrition.ingest.opening import open_checked
from attrition.ingest.order import Newcomer, take_place
from attrition.ingest.plan import Delivery, Plan, plan
from attrition.ingest.reading import Opened, RawTable, load_raw, read_bytes
from attrition.ingest.split_export import Split, find_split
from attrition.ingest.unlike_before import find_unlike_before
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
    todo = plan(connection, arrivals, {path: o.sha256 for path, o in opened.items()}, now)
    notes += todo.notes
    notes += remarks(todo, opened)
    if todo.reload:
        tell(f"a mapping or contract changed: {len(todo.reload)} loads are made anew, in their first order")
        replacing.withdraw(connection, todo.reload, "reloaded")
    this_run = ledger.next_load(connection)
    made = 0
    held: list[str] = []
    for delivery in todo.deliveries:
        applied = apply(connection, delivery, opened, settings, now, tell, this_run)
        made += applied.loads
        held += applied.held
        notes += applied.notes
    held += ledger.still_held(connection, {o.sha256 for o in opened.values()})
    return Outcome(made, tuple(dict.fromkeys(held)), tuple(notes))


def remarks(todo: Plan, opened: dict[Path, Opened]) -> list[str]:
    """What people should know of how the new files are read: sheets left alone, headers found further down."""
    parts = {
        id(part): part
        for delivery in todo.deliveries
        for arrival, feed in delivery.work
        for part in [opened[arrival.path].part(feed.sheet, feed.header_row)]
    }
    return list(dict.fromkeys(f"{part.name}: {told}" for part in parts.values() for told in part.told))


@dataclass(frozen=True)
class Applied:
    """What became of a delivery: number of loads, messages of what is held, notes on its place in the order."""

    loads: int
    held: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def apply(  # noqa: PLR0915 -- one transaction, told in one piece
    connection: "duckdb.DuckDBPyConnection",
    delivery: Delivery,
    opened: dict[Path, Opened],
    settings: Settings,
    now: dt.date,
    tell: Tell,
    this_run: int = 1,
) -> Applied:
    """Loads one delivery, whole or not at all. `this_run` is the number of the first load of this run."""
    begun = False
    try:
        loads: dict[str, list[int]] = {}
        places: dict[str, int] = {}
        notes: list[str] = []
        doubted: tuple[Arrival, Feed, Staged] | None = None
        for at, (arrival, feed) in enumerate(delivery.work):
            file = opened[arrival.path].part(feed.sheet, feed.header_row)
            tell(f"{arrival.name}: reading as {feed.extract}")
            staged = stage(connection, file, feed, settings, now)
            # Parts may split a table by its columns: what they fill is judged when the last of them is there.
            if feed not in [later for _, later in delivery.work[at + 1 :]]:
                earlier = [load_id for made in loads.values() for load_id in made]
                earlier += ledger.parts_before(
                    connection, delivery.name, feed, arrival.name, _day(arrival, staged, now)
                )
                judged = emptied.judge(
                    connection, staged, feed, file.header, arrival.feeds, earlier, _day(arrival, staged, now)
                )
            else:
                judged = staged
            released = ledger.released(connection, file.sha256)
            held = bool(staged.gate) and not released
            if judged.gate and not held and not released:
                # Two files of one export empty each other's columns: they are known by what they replace, so that is tried first.
                doubted = doubted or (arrival, feed, judged)
            staged = judged if held else replace(judged, gate=[])
            if held and begun:
                # What earlier parts of the delivery brought goes too; the faults stay, for those who mend the file.
                connection.execute("ROLLBACK")
                begun = False
                places.clear()
                stage(connection, file, feed, settings, now)
            # The transaction begins when the first file is staged: rows of an unfinished one are scanned by one thread.
            if not begun:
                connection.execute("BEGIN")
                begun = True
            load_id = _enter(connection, delivery, (arrival, feed), opened, staged, now, places, notes)
            if not released:
                emptied.keep(connection, load_id, staged.emptied)
            if held:
                connection.execute("COMMIT")
                return Applied(0, (ledger.held_message(arrival.name, file.sha256, staged.gate),))
            replacing.insert(connection, feed, load_id, staged.counts.accepted)
            loads.setdefault(feed.extract, []).append(load_id)
            counts = staged.counts
            tell(
                f"{arrival.name}: {counts.rows_read:,} rows read as {feed.extract}: {counts.accepted:,} accepted, "
                f"{counts.duplicate:,} duplicate, {counts.out_of_scope:,} out of scope, {counts.quarantined:,} quarantined"
                + (f"; blank lines left out: {staged.blank:,}" if staged.blank else "")
            )
        for extract, made in loads.items():
            replacing.settle(connection, extract, tuple(made))
            split = _split_of(connection, delivery, opened, extract, tuple(made), this_run)
            if split:
                connection.execute("ROLLBACK")
                begun = False
                return _hold_both(connection, delivery, opened, extract, split, settings, now, this_run)
            if doubted:
                continue
            find_unlike_before(connection, extract, tuple(made))
            for load_id in made:
                ledger.mend(connection, extract, load_id)
        if doubted:
            connection.execute("ROLLBACK")
            begun = False
            return _hold(connection, delivery, opened, doubted, settings, now)
        connection.execute("COMMIT")
    except BaseException:
        try:
            if begun:
                connection.execute("ROLLBACK")
        except Exception:  # the transaction is already over
            tell("the delivery was rolled back")
        raise
    finally:
        _drop_staged(connection)
    return Applied(sum(len(made) for made in loads.values()), notes=tuple(notes))


def _drop_staged(connection: "duckdb.DuckDBPyConnection") -> None:
    connection.execute("DROP VIEW IF EXISTS temp.conformed")
    tables = (
        "conformed_row",
        "fate",
        "rival",
        "told_again",
        "line_of",
        "unsplit",
        "share",
        "rolling",
        "rolled",
        "folded",
    )
    for table in tables:
        connection.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _enter(
    connection: "duckdb.DuckDBPyConnection",
    delivery: Delivery,
    work: tuple[Arrival, Feed],
    opened: dict[Path, Opened],
    staged: Staged,
    now: dt.date,
    places: dict[str, int],
    notes: list[str],
) -> int:
    """Enters a staged file into the ledger at its place in the order, with its faults. Returns the number of the load."""
    arrival, feed = work
    file = opened[arrival.path].part(feed.sheet, feed.header_row)
    day = _day(arrival, staged, now)
    if feed.extract not in places:
        files = tuple((one.name, opened[one.path].sha256) for one, fed in delivery.work if fed.extract == feed.extract)
        parted = delivery.name != arrival.name
        place = take_place(connection, Newcomer(feed.extract, feed.source, delivery.name, parted, day, files))
        places[feed.extract] = place.number
        notes += [place.note] if place.note else []
    entry = ledger.Entry(delivery.arrival, places[feed.extract], day, delivery.name, arrival.name, file.sha256, feed)
    held = bool(staged.gate) and not ledger.released(connection, file.sha256)
    load_id = ledger.record(connection, entry, staged, now, "held" if held else "loaded")
    keep_faults(connection, feed, load_id, file)
    return load_id


def _day(arrival: Arrival, staged: Staged, now: dt.date) -> dt.date | None:
    """The day that a file tells: stated by its mapping, else in its name."""
    stated = None if staged.reach.is_inferred else staged.reach.last
    return stated or day_in_name(arrival.name, now)


def _split_of(
    connection: "duckdb.DuckDBPyConnection",
    delivery: Delivery,
    opened: dict[Path, Opened],
    extract: str,
    loads: tuple[int, ...],
    this_run: int,
) -> Split | None:
    """The other file of one export whose rows this delivery would replace; none where somebody released it."""
    work = [(arrival, feed) for arrival, feed in delivery.work if feed.extract == extract]
    if any(ledger.released(connection, opened[arrival.path].sha256) for arrival, _ in work):
        return None
    return find_split(connection, work[0][1], loads, this_run)


def _hold(
    connection: "duckdb.DuckDBPyConnection",
    delivery: Delivery,
    opened: dict[Path, Opened],
    doubted: tuple[Arrival, Feed, Staged],
    settings: Settings,
    now: dt.date,
) -> Applied:
    """Holds a delivery for the sake of one of its files, whose rows were already on their way."""
    arrival, feed, judged = doubted
    file = opened[arrival.path].part(feed.sheet, feed.header_row)
    stage(connection, file, feed, settings, now)
    connection.execute("BEGIN")
    load_id = _enter(connection, delivery, (arrival, feed), opened, judged, now, {}, [])
    emptied.keep(connection, load_id, judged.emptied)
    connection.execute("COMMIT")
    return Applied(0, (ledger.held_message(arrival.name, file.sha256, judged.gate),))


def _hold_both(
    connection: "duckdb.DuckDBPyConnection",
    delivery: Delivery,
    opened: dict[Path, Opened],
    extract: str,
    split: Split,
    settings: Settings,
    now: dt.date,
    this_run: int,
) -> Applied:
    """Holds a delivery and the one that it would replace, unless that one was released or its file is gone: nothing could
    bring it in again then."""
    messages = []
    places: dict[str, int] = {}
    for arrival, feed in delivery.work:
        if feed.extract == extract:
            file = opened[arrival.path].part(feed.sheet, feed.header_row)
            staged = replace(stage(connection, file, feed, settings, now), gate=[split.rule])
            connection.execute("BEGIN")
            _enter(connection, delivery, (arrival, feed), opened, staged, now, places, [])
            connection.execute("COMMIT")
            messages.append(ledger.held_message(arrival.name, opened[arrival.path].sha256, staged.gate))
    if split.sha256 in {file.sha256 for file in opened.values()} and not ledger.released(connection, split.sha256):
        replacing.withdraw(connection, split.loads, "held", split.rule, published=min(split.loads) < this_run)
        messages.append(ledger.held_message(split.file, split.sha256, [split.rule]))
    return Applied(0, tuple(messages))


def stage(
    connection: "duckdb.DuckDBPyConnection", file: Opened, feed: Feed, settings: Settings, now: dt.date
) -> Staged:
    """Reads, conforms and judges one file for one feed: fills `conformed`, `fate`, `line_of`, `unsplit`, `share`."""
    import duckdb

    contract = load_contract(feed.extract)
    if file.kind == "csv" and not file.content:
        file.content, _ = read_bytes(file.path)
    work = Conforming(feed, contract, set(file.header), file.iso_dates)
    day = ledger.first_loading(connection, file.sha256, now)
    try:
        raw = load_raw(
            connection,
            file,
            work.source_columns(),
            settings.longest_cell,
            lambda signs: work.run(connection, signs, Readable(settings.first_day, day)),
        )
    except duckdb.Error as fault:
        if is_trouble(fault):
            raise
        # DuckDB's message may quote a value, so only its kind is told.
        raise UsageFault(
            f"The mapping {feed.source} ({feed.extract}) has an expression or date format that fails on {file.name} "
            f"({type(fault).__name__}). Use try_cast and nullif in expressions, and test the mapping with `attrition check`."
        ) from None
    if file.kind == "csv" and not file.altered:
        file.content = b""
    conform.give_fates(connection, contract, feed.delivery, rolling_up.statements(contract, feed))
    number_lines(connection, raw)
    counts = _count(connection, raw, contract, file)
    emptied.count_shares(connection, contract, tuple(work.rules))
    return Staged(
        counts,
        reach_of(connection, feed, contract, file.path, day),
        missing=tuple(work.missing),
        blank=file.blank,
        gate=[
            *ledger.gate(counts, file.cut_short, settings, _reasons(connection)),
            *file.gate,
            *doubts(file, feed, contract, day),
        ],
    )


def _reasons(connection: "duckdb.DuckDBPyConnection") -> dict[str, int]:
    """Why rows of the staged file are quarantined: the three commonest reasons."""
    return dict(
        connection.execute(
            "SELECT reason, count(*) AS rows FROM (SELECT unnest(reasons) AS reason FROM fate WHERE fate = 'quarantined') "
            "GROUP BY reason ORDER BY rows DESC, reason LIMIT 3"
        ).fetchall()
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
