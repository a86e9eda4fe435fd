"""The stages of a run in one process, from the landing folder to what `run` prints of the data's quality: without Great
Expectations, statistics, and the files that people open. A first delivery is loaded and judged once, and its warehouse copied.
"""

import datetime as dt
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from clean_sets import AS_AT, EXTRACTS, MONTH_BEFORE, YEAR_BEFORE, Rows, known_on, whole
from delivery import Delivery

from attrition import models, pipeline, warehouse
from attrition.errors import InputRefused
from attrition.ingest.deliveries import ingest
from attrition.ingest.mapping import load_sources
from attrition.publish.tables import PUBLISHED
from attrition.quality import incidents, news
from attrition.quality.change import Change, Kind
from attrition.quality.evaluation import MODELS, evaluate
from attrition.settings import Settings

KEY = b"a key for tests, of no use elsewhere"
NOW = dt.date(2025, 4, 1)
BESIDE_FIGURES = ("load", "feeds", "findings")
_UNPRICED = {
    "check_price": "rule TEXT, extract TEXT, area TEXT, column_name TEXT, stage_order INT, rate DOUBLE, least_rate DOUBLE, greatest_rate DOUBLE",
    "check_score": "area TEXT, extract TEXT, month DATE, rows BIGINT, rows_with_finding BIGINT",
}
"""Models that only add to how a check is told; left empty, since they take as long as all others."""
FIRST, AGAIN, NEXT = "first", "again", "next"
"""What is dirty: the first delivery; a second that tells everything again, a month later; a second of a year's new incidents."""
Key = tuple[str, str, str, str]
Tables = dict[str, list[str]]


@dataclass
class Result:
    """What became of a delivery.

    ended: refused, held or published; told: the messages of a refusal or a hold, else what `run` prints of the data's quality
    contents: what the figures are made of; figures: the published tables, where they were asked for
    news: the rows of what a run tells as new or worse, by rule, extract, area and column; shown: those of it that stand in the
    lines that `run` prints
    """

    ended: str
    told: str
    contents: Tables = field(default_factory=dict)
    news: dict[Key, int | None] = field(default_factory=dict)
    shown: set[Key] = field(default_factory=set)
    figures: Tables = field(default_factory=dict)


def rows_of(shape: str, seed: int) -> tuple[Rows | None, Rows]:
    """The first and the second delivery; no first where the dirty one is it."""
    rows = whole(seed)
    if shape == FIRST:
        return None, known_on(rows, AS_AT)
    if shape == AGAIN:
        return known_on(rows, MONTH_BEFORE), known_on(rows, AS_AT)
    return known_on(rows, YEAR_BEFORE), known_on(rows, AS_AT, YEAR_BEFORE)


@cache
def _shelf() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


@cache
def first_warehouse(shape: str, seed: int) -> Path | None:
    """The warehouse in which the clean first delivery is loaded and judged."""
    first, _ = rows_of(shape, seed)
    if first is None:
        return None
    place = Path(_shelf().name) / f"{shape}_{seed}"
    place.mkdir()
    as_at = MONTH_BEFORE if shape == AGAIN else YEAR_BEFORE
    result = run(place, Delivery.of(first), as_at, as_at + dt.timedelta(1))
    assert result.ended == "published", result.told
    return place / "warehouse.duckdb"


@cache
def clean_result(shape: str, seed: int) -> Result:
    """What the second delivery gives without dirt."""
    with _after_first(shape, seed) as place:
        result = run(place, Delivery.of(rows_of(shape, seed)[1]), AS_AT, NOW)
        assert result.ended == "published", result.told
        result.figures = figures(place)
    return result


def deliver(
    shape: str, seed: int, delivery: Delivery, tells: frozenset[str] = frozenset()
) -> tuple[Result, bool, bool]:
    """Loads and judges a dirty delivery after the clean first one. Returns what became of it, whether a new line of one of the
    rules tells of it, and whether every figure is that of the clean delivery; figures are compared where nothing tells of it.
    """
    clean = clean_result(shape, seed)
    with _after_first(shape, seed) as place:
        result = run(place, delivery, AS_AT, NOW)
        is_told = any(key[0] in tells for key in new_beside(result, clean) & result.shown)
        is_equal = result.ended == "published" and result.contents == clean.contents
        if result.ended == "published" and not is_equal and not is_told:
            result.figures = figures(place)
            is_equal = result.figures == clean.figures
    return result, is_told, is_equal


@contextmanager
def _after_first(shape: str, seed: int) -> Iterator[Path]:
    """A folder with the warehouse as the first delivery left it."""
    before = first_warehouse(shape, seed)
    with tempfile.TemporaryDirectory() as folder:
        if before:
            shutil.copy(before, Path(folder) / "warehouse.duckdb")
        yield Path(folder)


def run(place: Path, delivery: Delivery, as_at: dt.date, now: dt.date) -> Result:
    """One run in a folder with a warehouse, as far as what it prints."""
    landing, sources = place / "landing", None
    landing.mkdir()
    delivery.write(landing, as_at.isoformat())
    if delivery.mapping:
        sources = place / "mappings"
        sources.mkdir()
        (sources / "own.toml").write_text(delivery.mapping, encoding="utf-8")
    with warehouse.connect(place / "warehouse.duckdb", Settings()) as connection:
        warehouse.prepare(connection)
        try:
            outcome = ingest(connection, landing, load_sources(sources), KEY, Settings(), now)
        except InputRefused as fault:
            return Result("refused", str(fault))
    if outcome.held:
        return Result("held", "\n".join(outcome.held))
    with _models(place, as_at) as connection:
        for table, columns in _UNPRICED.items():
            connection.execute(f"CREATE TABLE {table} ({columns})")
        models.build(connection, set(MODELS) - set(_UNPRICED))
        evaluation = evaluate(connection, place, {}, [], now, sources)
        contents = _contents(connection)
    with warehouse.connect(place / "warehouse.duckdb", Settings()) as connection:
        incidents.prepare(connection)
        connection.execute("BEGIN")
        changes = incidents.update(connection, evaluation, now)
        connection.execute("INSERT INTO dq_run VALUES (?, ?)", [now, as_at])
        connection.execute("COMMIT")
        printed = news.since_last_run(connection, changes, now)
    told = [change for change in changes if _is_news(change)]
    listed = " ".join(found for line in printed for found in re.findall(r"attrition incidents show ([\d ]+)", line))
    named = {int(number) for number in listed.split()}
    shown = {_key(c) for c in told if c.incident_id in named}
    return Result("published", "\n".join(printed), contents, {_key(c): c.rows for c in told}, shown)


def figures(place: Path) -> Tables:
    """The published tables as at AS_AT, but what they tell of files and faults."""
    tables = [table for table in PUBLISHED if table not in BESIDE_FIGURES]
    with _models(place, AS_AT) as connection:
        models.build(connection, [f"pub_{table}" for table in tables])
        return {table: _rows(connection, f"FROM pub_{table}") for table in tables}


def _models(place: Path, as_at: dt.date) -> Any:
    return pipeline.open_models(pipeline.Request(place / "landing", as_at, place, place / "warehouse.duckdb"))


def _contents(connection: Any) -> Tables:
    """Everything that the figures are made of: the rows in force without their place in a file, and what the loads tell."""
    read = {extract: f"SELECT * EXCLUDE (load_id, line) FROM {extract}" for extract in EXTRACTS}
    read["load_column"] = (
        "SELECT DISTINCT extract, force, column_name, filled > 0 FROM load_column JOIN load USING (load_id)"
    )
    read |= {model: f"FROM {model}" for model in ("stg_feed", "stg_told")}
    return {table: _rows(connection, query) for table, query in read.items()}


def _rows(connection: Any, query: str) -> list[str]:
    return sorted(map(repr, connection.execute(query).fetchall()))


def _is_news(change: Change) -> bool:
    return change.severity in ("critical", "warning") and change.kind in (Kind.NEW, Kind.REOPENED, Kind.WORSE)


def _key(change: Change) -> Key:
    return change.rule, change.extract, change.area, change.column


def new_beside(dirty: Result, clean: Result) -> set[Key]:
    """What the dirty delivery's run tells and that of the clean one does not, or of far fewer rows."""
    return {
        key
        for key, rows in dirty.news.items()
        if key not in clean.news or (rows is not None and rows > 1.5 * (clean.news[key] or 0))
    }
