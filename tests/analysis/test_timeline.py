"""Stage dates, step clocks and fixed ages of the models, against the oracle asked day by day; and the public police files."""

import datetime as dt
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from timeline_oracle import MILESTONES, fixed_ages, step_counts, ways

from attrition import models, pipeline
from attrition.settings import Settings
from comparison import assert_equal
from oracle import Delivery, Held, load, read_csv
from oracle.codes import STAGES
from product_run import Ward
from strategies import AS_AT, EXTRACTS, Extracts, as_deliveries, stacked_extract_sets

MODELS = ("timing_day", "age_count", "funnel_count")
WINDOWS = dict(zip(MILESTONES, (90, 180, 270, 540), strict=True))
DATES = {
    "recorded": "recorded_on", "suspect_identified": "suspect_on", "referred": "referred_on", "charged": "charged_on",
    "prosecuted": "prosecuted_on", "convicted": "convicted_on",
}  # fmt: skip


@pytest.fixture(scope="module")
def examples() -> Path:
    folder = os.environ.get("ATTRITION_EXAMPLES")
    if not folder:
        pytest.skip("ATTRITION_EXAMPLES names no folder of example inputs")
    return Path(folder)


def check(place: Ward, held: Held, as_at: dt.date) -> None:
    """Every date, every clock and every fixed age is the oracle's."""
    request = pipeline.Request(place.landing, as_at, place.landing, place.warehouse, place.sources)
    with pipeline.open_models(request) as connection:
        models.build(connection, MODELS)
        check_dates(connection, held, as_at)
        check_clocks(connection, held, as_at)
        check_ages(connection, held, as_at)
        check_entered(connection)


def check_dates(connection: Any, held: Held, as_at: dt.date) -> None:
    columns = ", ".join(DATES.values())
    found = Counter(
        connection.execute(
            f'SELECT i."force"::VARCHAR, i.incident_id, i.victim_no, {columns} FROM case_history AS h '
            "JOIN incident AS i ON h.load_id = i.load_id AND h.line = i.line WHERE h.recorded_on IS NOT NULL"
        ).fetchall()
    )
    expected: Counter[Any] = Counter()
    for way in ways(held, as_at):
        days = [way.days.get(STAGES.index(stage)) if way.furthest >= STAGES.index(stage) else None for stage in DATES]
        expected[(way.incident["force"], way.incident["incident_id"], way.incident["victim_no"], *days)] += 1
    assert_equal(found, expected)


def check_clocks(connection: Any, held: Held, as_at: dt.date) -> None:
    found: Counter[Any] = Counter()
    for breakdown, group, start, day, fate, cases in connection.execute(
        """SELECT breakdown, "group", from_order, "day", fate, sum(cases)::BIGINT FROM timing_day
        WHERE breakdown IN ('all', 'strand', 'hate_status') GROUP BY ALL"""
    ).fetchall():
        found[breakdown, group, start, day, fate] = cases
    assert_equal(found, step_counts(held, as_at))


def check_ages(connection: Any, held: Held, as_at: dt.date) -> None:
    found: Counter[Any] = Counter()
    for breakdown, group, number, *counts in connection.execute(
        """SELECT breakdown, "group", milestone_no, old_enough, reached, step_entered, step_progressed FROM age_count
        WHERE period_kind = '' AND breakdown IN ('all', 'strand', 'hate_status')"""
    ).fetchall():
        for what, count in zip(("old_enough", "reached", "entered", "progressed"), counts, strict=True):
            if count:
                found[breakdown, group, MILESTONES[number], what] = count
    assert_equal(found, fixed_ages(held, as_at, WINDOWS))


def check_entered(connection: Any) -> None:
    """Every case that entered a stage is in the step from it, timed or not: in each group as many as the funnel has."""
    wrong = connection.execute(
        """WITH timed AS (
            SELECT breakdown, "group", from_order::INTEGER AS stage_order, sum(cases)::BIGINT AS cases
            FROM timing_day GROUP BY ALL
        )
        SELECT count(*) FROM timed FULL JOIN (
            SELECT * FROM funnel_count
            WHERE period_kind = '' AND stage_order BETWEEN 2 AND 6 AND entered > 0
            AND breakdown IN ('all', 'strand', 'victim_ethnicity', 'business_type', 'hate_status', 'financial_year', 'force')
        ) AS funnel USING (breakdown, "group", stage_order)
        WHERE timed.cases IS DISTINCT FROM funnel.entered"""
    ).fetchone()
    assert wrong == (0,)


@pytest.mark.slow
def test_the_small_example_agrees_day_by_day(examples: Path, tmp_path: Path) -> None:
    deliveries = [
        Delivery(extract, f"{extract}.csv", read_csv(examples / "contract_small" / f"{extract}.csv"))
        for extract in EXTRACTS
    ]
    place = Ward(tmp_path / "ward")
    place.load(deliveries)
    check(place, load(deliveries), dt.date(2025, 3, 31))


@pytest.fixture
def _fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.TempPathFactory]:
    yield tmp_path_factory


@given(stacked_extract_sets())
@settings(
    max_examples=2, deadline=None, database=None, derandomize=True, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_made_up_extracts_agree_day_by_day(_fresh: pytest.TempPathFactory, extracts: Extracts) -> None:
    deliveries = as_deliveries(extracts)
    place = Ward(_fresh.mktemp("days") / "ward")
    place.load(deliveries)
    check(place, load(deliveries), AS_AT)


@pytest.mark.slow
def test_a_mature_cohort_keeps_its_rate_while_the_naive_share_moves(examples: Path, tmp_path: Path) -> None:
    """Northumbria, recorded June to September 2013, charged within 62 days: counted here from the files themselves."""
    landing = examples.parent / "real" / "police_uk_northumbria"
    if not landing.is_dir():
        pytest.skip("the public police files are not beside the examples")
    place = Ward(tmp_path / "ward")
    place.landing = landing
    place.ingest()
    config = tmp_path / "attrition.toml"
    config.write_text("[thresholds]\ncharge_days = 62\n", encoding="utf-8")
    naive = {}
    for as_at in (dt.date(2013, 11, 30), dt.date(2013, 12, 31)):
        request = pipeline.Request(landing, as_at, tmp_path, place.warehouse, config=config)
        with pipeline.open_models(request) as connection:
            models.build(connection, ["pub_fixed_age"])
            rows = connection.execute(
                "SELECT usable, recorded, reached FROM pub_fixed_age WHERE breakdown = 'all' AND stage = 'charged' "
                "AND period IN ('2013/14 Q1', '2013/14 Q2')"
            ).fetchall()
            assert [row[0] for row in rows] == ["Y", "Y"]
            assert (sum(row[2] for row in rows), sum(row[1] for row in rows)) == (5981, 24158)
            (naive[as_at],) = connection.execute(
                "SELECT count(*) FROM case_history WHERE stage_order >= 5 AND recorded_on < DATE '2013-10-01'"
            ).fetchone()
    assert list(naive.values()) == [6278, 6387]


def test_windows_are_those_of_the_settings() -> None:
    stated = Settings()
    assert list(WINDOWS.values()) == [
        stated.suspect_days, stated.referral_days, stated.charge_days, stated.conviction_days
    ]  # fmt: skip
