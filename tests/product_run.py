"""Runs the product's real code on made-up files, and tells what it found in the terms of the oracle.

A Ward is a landing folder with its warehouse. Its figures come from the published models of a connection opened
as a run opens it; nothing is computed here.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attrition import models, pipeline, warehouse
from attrition.ingest.deliveries import Outcome, ingest
from attrition.ingest.mapping import load_sources
from attrition.publish.tables import PUBLISHED
from attrition.settings import Settings
from oracle import MEASURES, Delivery, Funnel
from strategies import write_csv

KEY = b"a key for tests, of no use elsewhere"
# The gate is not under test here: small made-up files may be faulty through and through.
SETTINGS = Settings(quarantine_rows=1_000_000)
_RELEASE = (
    "INSERT INTO release SELECT DISTINCT sha256, 'not under test', ?::DATE FROM load WHERE state = 'held' "
    "AND sha256 NOT IN (SELECT sha256 FROM release) RETURNING sha256"
)
RATES = ("step_rate", "step_rate_max", "rate_of_recorded")


Tables = dict[str, list[dict[str, Any]]]


@dataclass
class Published:
    """What the product publishes as at one day, in the oracle's terms, and the rows of its tables."""

    funnel: Funnel
    by_period: Funnel
    rates: dict[tuple[str, ...], float | None]
    loads: dict[str, dict[str, int]]
    exits: dict[tuple[str, ...], str]
    findings: Counter[str]
    tables: Tables


class Ward:
    """A landing folder and a warehouse of its own below one folder."""

    def __init__(self, folder: Path, sources: Path | None = None) -> None:
        self.landing = folder / "landing"
        self.landing.mkdir(parents=True)
        self.warehouse = folder / "warehouse.duckdb"
        self.sources = sources
        self.today = dt.date(2025, 6, 30)

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """Writes the files into the landing folder."""
        for delivery in deliveries:
            write_csv(self.landing / delivery.file, delivery.extract, delivery.rows)

    def ingest(self) -> Outcome:
        """Loads what is new, and releases what the gate holds: in a few made-up rows a column may well be empty once."""
        with warehouse.connect(self.warehouse, SETTINGS) as connection:
            warehouse.prepare(connection)
            sources = load_sources(self.sources)
            outcome = ingest(connection, self.landing, sources, KEY, SETTINGS, self.today)
            while outcome.held and connection.execute(_RELEASE, [self.today]).fetchall():
                outcome = ingest(connection, self.landing, sources, KEY, SETTINGS, self.today)
            return outcome

    def load(self, deliveries: Sequence[Delivery]) -> Outcome:
        """Puts the files there and loads them in one run."""
        self.put(deliveries)
        return self.ingest()

    @contextmanager
    def models(self, as_at: dt.date) -> Iterator[Any]:
        """A connection on which the models stand built."""
        request = pipeline.Request(self.landing, as_at, self.landing, self.warehouse, self.sources)
        with pipeline.open_models(request) as connection:
            models.build(connection, [f"pub_{table}" for table in PUBLISHED])
            yield connection

    def published(self, as_at: dt.date) -> Published:
        """What a run as at the day would publish."""
        with self.models(as_at) as connection:
            tables: Tables = {}
            for table in PUBLISHED:
                cursor = connection.execute(f"SELECT * FROM pub_{table}")
                names = [column[0] for column in cursor.description]
                tables[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return _published(tables)

    def quarantined(self) -> dict[str, dict[int, set[str]]]:
        """Reasons of every quarantined row, by file and line."""
        found: dict[str, dict[int, set[str]]] = {}
        with warehouse.connect(self.warehouse, SETTINGS) as connection:
            for file, line, reasons in connection.execute(
                "SELECT file, line, reasons FROM quarantine JOIN load USING (load_id)"
            ).fetchall():
                found.setdefault(file, {})[line] = set(reasons)
        return found

    def row_findings(self) -> dict[str, Counter[tuple[str, str | None]]]:
        """Findings on rows (not on whole files) by file: rule and column."""
        found: dict[str, Counter[tuple[str, str | None]]] = {}
        with warehouse.connect(self.warehouse, SETTINGS) as connection:
            for file, rule, column, count in connection.execute(
                "SELECT file, rule, column_name, count(*) FROM finding JOIN load USING (load_id) "
                "WHERE line IS NOT NULL GROUP BY ALL"
            ).fetchall():
                found.setdefault(file, Counter())[rule, column] = count
        return found


def _published(tables: Tables) -> Published:
    whole, by_period = Funnel(), Funnel()
    rates: dict[tuple[str, ...], float | None] = {}
    exits: dict[tuple[str, ...], str] = {}
    for table, funnel, place in (
        ("funnel", whole, ("breakdown", "group", "stage")),
        ("funnel_by_period", by_period, ("period_kind", "period", "breakdown", "group", "stage")),
    ):
        for row in tables[table]:
            cell = tuple(row[column] for column in place)
            assert cell not in funnel.counts, "two rows of one cell"
            funnel.counts[cell] = Counter({measure: row[measure] for measure in MEASURES if row[measure]})
            rates |= {(*cell, rate): row[rate] for rate in RATES}
    for row in tables["reasons"]:
        cell = tuple(row[column] for column in ("breakdown", "group", "stage", "reason"))
        whole.reasons[cell] += row["count"]
        exits[cell] = row["exit"]
    loads = {
        row["file"]: {
            name: row[name]
            for name in ("rows_read", "accepted", "duplicate", "out_of_scope", "quarantined", "superseded")
        }
        for row in tables["load"]
    }
    findings: Counter[str] = Counter()
    for row in tables["findings"]:
        findings[row["rule"]] += row["count"]
    return Published(whole, by_period, rates, loads, exits, findings, tables)
