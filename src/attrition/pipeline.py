"""The stages of a run in order, as plain functions: ingest, validate, compute, judge, publish, alert. The flow and the command line
both call these; each opens what it needs from paths, so that a stage can run in a task of its own.
"""

import datetime as dt
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attrition import __version__, clock, warehouse
from attrition.contract import load_contracts
from attrition.disk import troubles_told
from attrition.errors import AlertUndelivered, ChecksCouldNotRun, GateStopped, UsageFault
from attrition.settings import Settings, load_settings, pseudonym_key

if TYPE_CHECKING:
    import duckdb

    from attrition.quality.change import Change
    from attrition.quality.evaluation import Evaluation
    from attrition.validate.checks import Check

Tell = Callable[[str], None]
_CHECKS = "checks.json"
_RULES_SHOWN = 3
QUALITY = "quality"


def _silent(message: str) -> None:
    """Says nothing."""


@dataclass(frozen=True)
class Request:
    """What a run is asked to do. Paths and dates only: nothing personal, nothing secret."""

    landing: Path
    as_at: dt.date
    out: Path
    warehouse: Path
    sources: Path | None = None
    config: Path | None = None
    now: dt.date | None = None
    owners: Path | None = None

    @property
    def today(self) -> dt.date:
        """The day of the run: the clock's, unless `now` sets it for a replay."""
        return self.now or clock.today()

    @property
    def settings(self) -> Settings:
        """The thresholds that the configuration states."""
        return load_settings(self.config)


def prepare(request: Request) -> Request:
    """Checks what can be checked before anything is read: key, configuration, places. Raises UsageFault."""
    pseudonym_key()
    load_settings(request.config)
    if request.owners:
        from attrition.alerts.owners import load_owners

        load_owners(request.owners)
    if request.as_at > request.today:
        raise UsageFault(
            f"--as-at {request.as_at} is later than today ({request.today}). What has not happened yet cannot be counted."
        )
    resolved = warehouse.check_location(request.warehouse)
    return Request(
        request.landing.absolute(), request.as_at, request.out.absolute(), resolved,
        request.sources.absolute() if request.sources else None,
        request.config.absolute() if request.config else None, request.now,
        request.owners.absolute() if request.owners else None,
    )  # fmt: skip


def ingest(request: Request, tell: Tell = _silent) -> None:
    """Converts a warehouse of an earlier version, and loads what is new in the landing folder. Raises InputRefused, or
    GateStopped if a delivery is held.
    """
    from attrition import upgrade
    from attrition.ingest.deliveries import ingest as load_deliveries
    from attrition.ingest.mapping import load_sources

    sources = load_sources(request.sources)
    upgrade.convert(request.warehouse, request.landing, pseudonym_key(), request.settings, tell)
    with warehouse.connect(request.warehouse, request.settings) as connection:
        warehouse.prepare(connection)
        outcome = load_deliveries(
            connection, request.landing, sources, pseudonym_key(), request.settings, request.today, tell
        )
    for note in outcome.notes:
        tell(note)
    if outcome.held:
        raise GateStopped("\n".join(outcome.held))
    tell(f"{outcome.loads} new loads" if outcome.loads else "nothing new to load")


def validate(request: Request, folder: Path, tell: Tell = _silent) -> None:
    """Runs the expectation suites and notes their verdicts in `folder`. Raises GateStopped where a critical one fails, and
    ChecksCouldNotRun where one could not run.
    """
    from dataclasses import asdict

    from attrition.validate.checks import COULD_NOT_RUN, FAILED
    from attrition.validate.checks import validate as run_suites

    with troubles_told(request.warehouse):
        checks = run_suites(request.warehouse)
    (folder / _CHECKS).write_text(json.dumps([asdict(check) for check in checks]), encoding="utf-8")
    crashed = [check for check in checks if check.status == COULD_NOT_RUN]
    if crashed:
        # Great Expectations keeps to itself why a check crashed; a damaged warehouse is told as such.
        warehouse.read_whole(request.warehouse, request.settings)
        tell(
            f"could not run: {len(crashed)} of {len(checks)} checks ({_by_suite(crashed)}); this says nothing about the data"
        )
    failed = [check for check in checks if check.status == FAILED]
    tell(f"{len(checks)} checks: {len(checks) - len(crashed) - len(failed)} passed, {len(failed)} failed")
    critical = [check for check in failed if check.severity == "critical"]
    if critical:
        listed = "; ".join(f"{c.suite}: rule {c.rule}, {c.unexpected:,} rows ({c.message})" for c in critical)
        raise GateStopped(f"Checks that make the figures wrong have failed: {listed}. Nothing was published.")
    needed = [check for check in crashed if check.severity == "critical"]
    if needed:
        raise ChecksCouldNotRun(
            f"Of the checks that matter {len(needed)} could not run ({_by_suite(needed)}). This says nothing "
            "about the data: what was loaded stays loaded, and nothing was published. Run again; if it happens again, install "
            "the program anew from its lock, and send these names to whoever looks after it.",
            tuple(dict.fromkeys(check.suite for check in needed)),
        )


def _by_suite(checks: "list[Check]") -> str:
    """Rules by suite, as many as one can read."""
    rules: dict[str, list[str]] = {}
    for check in checks:
        rules.setdefault(check.suite, []).append(check.rule)
    return "; ".join(
        f"{suite}: {', '.join(names[:_RULES_SHOWN])}"
        + (f" and {more} more" if (more := len(names) - _RULES_SHOWN) > 0 else "")
        for suite, names in rules.items()
    )


def compute(request: Request, folder: Path, tell: Tell = _silent) -> None:
    """Builds the models as at the day, writes the tables into `folder/tables`, and finds what is amiss with the data."""
    from attrition.alerts.telling import due_dates
    from attrition.analysis import statistics, untold
    from attrition.publish.changes import previous_publication, write_changes
    from attrition.publish.publication import marking_of
    from attrition.publish.rows_to_mend import write_rows_to_mend
    from attrition.publish.tables import copy_tables, read_table, write_checks, write_tables
    from attrition.quality.evaluation import MODELS, evaluate
    from attrition.quality.record import save
    from attrition.validate.checks import Check

    with open_models(request) as connection:
        write_tables(connection, folder / "tables", (*MODELS, *statistics.MODELS))
        statistics.build(connection, request.settings)
        copy_tables(connection, (*statistics.TABLES, *untold.OF_MODELS), folder / "tables")
        before = previous_publication(request.out)
        write_changes(folder / "tables", before / "tables" if before else None)
        checks = [Check(**entry) for entry in json.loads((folder / _CHECKS).read_text(encoding="utf-8"))]
        write_checks(connection, checks, folder / "tables")
        tell("tables computed")
        evaluation = evaluate(connection, folder, due_dates(request.owners), checks, request.today, request.sources)
        save(evaluation, folder)
        made_up = any("MADE_UP" in row["file"] for row in read_table(folder / "tables", "load"))
        write_rows_to_mend(
            connection, folder / QUALITY, made_up, request.as_at, marking_of("restricted", request.settings)
        )
    (folder / _CHECKS).unlink()
    tell(f"{len(evaluation.failing)} checks of quality fail")


def judge(request: Request, folder: Path, tell: Tell = _silent) -> "list[Change]":
    """Brings the data-quality incidents up to date, queues what their owners are to be told, and writes the quality page and
    what is new. Returns what the run changed.

    A run for a day before the last one judged changes no incident: what was amiss then is history.
    """
    from attrition.alerts.telling import queue_digests
    from attrition.publish.publication import HANDLING, marking_of
    from attrition.publish.quality_page import write_quality_page
    from attrition.publish.tables import read_table
    from attrition.quality import incidents, news, record

    evaluation = record.load(folder)
    changes: list[Change] = []
    made_up = any("MADE_UP" in row["file"] for row in read_table(folder / "tables", "load"))
    with warehouse.connect(request.warehouse, request.settings) as connection:
        incidents.prepare(connection)
        if incidents.is_newest(connection, request.as_at):
            connection.execute("BEGIN")
            changes = incidents.update(connection, evaluation, request.today)
            incidents.keep_scores(connection, evaluation, request.as_at, request.today)
            queue_digests(connection, request.owners, changes, request.as_at, request.today, folder / QUALITY)
            connection.execute("COMMIT")
            tell(_counted(changes))
            lines = news.since_last_run(connection, changes, request.today)
        else:
            lines = news.as_found(evaluation.failing)
        marking = f"{marking_of('restricted', request.settings)}: {HANDLING['restricted']}"
        facts = record.page_facts(
            connection, evaluation, request.as_at, request.today, made_up=made_up, marking=marking
        )
    write_quality_page(folder / QUALITY / "quality.html", facts)
    news.write(folder / QUALITY, marking, lines)
    record.clear(folder)
    return changes


def _counted(changes: "list[Change]") -> str:
    """How many incidents a run opened, closed and left open, as a phrase."""
    from attrition.quality.change import Kind

    opened = sum(change.kind in (Kind.NEW, Kind.REOPENED) for change in changes)
    mended = sum(change.kind is Kind.MENDED for change in changes)
    return f"data quality: {opened} incidents opened, {mended} mended, {len(changes) - mended} open"


def alert(request: Request, published: Path | None, tell: Tell = _silent) -> None:
    """Delivers every alert that waits. Raises AlertUndelivered where one could not be delivered; it is kept and tried again
    by the next run.
    """
    if request.owners is None:
        return
    from attrition.alerts.telling import deliver

    with warehouse.connect(request.warehouse, request.settings) as connection:
        failed = deliver(connection, request.owners, request.today, published / QUALITY if published else None, tell)
    if failed:
        raise AlertUndelivered(
            f"{'; '.join(failed)}. What could not be delivered is kept and tried again by the next run."
            + (f" The publication is complete: {published}." if published else ""),
            published,
        )


def tell_of_held(request: Request, tell: Tell = _silent) -> None:
    """Opens the incidents of deliveries that the gate holds and tells their owners, where a run ends there."""
    from attrition.quality.evaluation import held_only

    _tell_of_end(request, held_only, tell)


def tell_of_crash(request: Request, fault: ChecksCouldNotRun, tell: Tell = _silent) -> None:
    """Opens the incidents of checks that could not run and tells the operator, where a run ends there."""
    from attrition.quality.evaluation import could_not_run

    _tell_of_end(request, lambda connection: could_not_run(fault.suites), tell)


def _tell_of_end(
    request: Request, judged: "Callable[[duckdb.DuckDBPyConnection], Evaluation]", tell: Tell = _silent
) -> None:
    from attrition.alerts.telling import queue_digests
    from attrition.quality import incidents

    with warehouse.connect(request.warehouse, request.settings) as connection:
        incidents.prepare(connection)
        connection.execute("BEGIN")
        changes = incidents.update(connection, judged(connection), request.today)
        queue_digests(connection, request.owners, changes, request.as_at, request.today, None)
        connection.execute("COMMIT")
    try:
        alert(request, None, tell)
    except AlertUndelivered as fault:
        tell(str(fault))


@contextmanager
def open_models(request: Request) -> "Iterator[duckdb.DuckDBPyConnection]":
    """A connection in memory on which the models can be built, over the warehouse attached read-only."""
    from attrition import models
    from attrition.validate.rows import name_rows

    with troubles_told(request.warehouse), warehouse.connect(Path(":memory:"), request.settings) as connection:
        beside = str(request.warehouse.parent / "spill").replace("'", "''")
        place = str(request.warehouse).replace("'", "''")
        connection.execute(f"SET temp_directory = '{beside}'")
        connection.execute(f"ATTACH '{place}' AS warehouse (READ_ONLY)")
        for table in (*load_contracts(), *models.LEDGER):
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM warehouse.{table}")
        models.prepare(connection)
        models.set_context(connection, request.as_at, request.settings)
        name_rows(connection)
        connection.execute("SET preserve_insertion_order = false")
        yield connection


def publish(request: Request, folder: Path, tell: Tell = _silent) -> Path:
    """Adds what people open and the manifest, and puts the finished folder out whole. Returns its path."""
    from dataclasses import asdict

    from attrition.publish.changes import previous_publication
    from attrition.publish.manifest import write_manifest
    from attrition.publish.people_files import rename_database, write_people_files
    from attrition.publish.publication import Publication, marking_of
    from attrition.publish.shelf import put_out
    from attrition.publish.tables import read_table, row_counts

    tables = folder / "tables"
    loads = read_table(tables, "load")
    before = previous_publication(request.out)
    publication = Publication(
        "restricted", marking_of("restricted", request.settings), request.as_at,
        # What is made of sample extracts says so: a sheet gets passed on without the folder that it came from.
        any("MADE_UP" in row["file"] for row in loads), tables, f"attrition {__version__}", request.today,
        before.name if before else "",
    )  # fmt: skip
    write_people_files(publication, folder)
    configuration = {
        "settings": asdict(request.settings),
        "contracts": {extract: contract.version for extract, contract in load_contracts().items()},
    }

    def finish(run: str) -> None:
        rename_database(publication, folder, run)
        write_manifest(folder, publication, configuration, [dict(row) for row in loads], row_counts(tables))

    target = put_out(folder, request.out, request.as_at, finish)
    with warehouse.connect(request.warehouse, request.settings) as connection:
        connection.execute(
            "INSERT INTO run SELECT coalesce(max(run_id), 0) + 1, ?, ?, ?, ? FROM run",
            [request.as_at, request.today, __version__, target.name],
        )
    tell(f"published {target}")
    return target


def start_up() -> None:
    """Imports what the stages need, so that nothing later waits for it: Great Expectations takes seconds."""
    import great_expectations  # noqa: F401
    import statsmodels.stats.multitest
    import statsmodels.stats.proportion  # noqa: F401

    import attrition.analysis.statistics
    import attrition.ingest.deliveries
    import attrition.publish.workbook
    import attrition.quality.evaluation  # noqa: F401


def run(request: Request, tell: Tell = _silent) -> Path:
    """The whole run without Prefect: the same functions in the same order. Returns the publication's path.

    Where the variable ATTRITION_TIMINGS names a file, the seconds of each stage are written there.
    """
    from attrition.publish.shelf import workshop

    watch = _Stopwatch()
    ready = prepare(request)
    start_up()
    watch.lap("start_up")
    with warehouse.held(ready.warehouse):
        folder = workshop(ready.out, ready.warehouse)
        try:
            try:
                ingest(ready, tell)
            except GateStopped:
                tell_of_held(ready, tell)
                raise
            watch.lap("ingest")
            try:
                validate(ready, folder, tell)
            except ChecksCouldNotRun as fault:
                tell_of_crash(ready, fault, tell)
                raise
            watch.lap("validate")
            compute(ready, folder, tell)
            watch.lap("compute")
            judge(ready, folder, tell)
            watch.lap("judge")
            published = publish(ready, folder, tell)
            watch.lap("publish")
            alert(ready, published, tell)
            return published
        finally:
            watch.lap("end")
            watch.write(os.environ.get("ATTRITION_TIMINGS"))
            shutil.rmtree(folder, ignore_errors=True)


class _Stopwatch:
    """Seconds between laps, by name."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Ends a lap."""
        now = time.perf_counter()
        self.laps[name], self._last = now - self._last, now

    def write(self, file: str | None) -> None:
        """Writes the laps as JSON, if a file is named."""
        if file:
            Path(file).write_text(json.dumps(self.laps), encoding="utf-8")
