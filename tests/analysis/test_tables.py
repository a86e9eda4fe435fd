"""The statistical tables, made from hand-filled models, against counts and quotients worked out here."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

from attrition import models, reference
from attrition.analysis import consistency, curves, disparities, pilots, statistics, untold
from attrition.settings import Settings


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        models.load_reference(opened)
        yield opened


def fill(connection: duckdb.DuckDBPyConnection, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    connection.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def read(connection: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    cursor = connection.execute(f"SELECT * FROM {table}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# Disparity

CELLS = (
    "dimension VARCHAR, groups VARCHAR, stratum INTEGER, shared_crime_no INTEGER, milestone_no INTEGER, progressed BOOLEAN, "
    "cases BIGINT"
)
Case = tuple[str, int, int, bool]  # set of groups, stratum, crime (0: its own), progressed


def disparity(connection: duckdb.DuckDBPyConnection, dimension: str, cases: list[Case], stated: Settings) -> list[Any]:
    counted = Counter(cases)
    rows = [(dimension, *cell[:3], 0, cell[3], count) for cell, count in counted.items()]
    fill(connection, "disparity_cell", CELLS, rows)
    disparities.build(connection, stated)
    return read(connection, "pub_disparity")


def first_step(rows: list[Any], group: str, against: str = "all others") -> Any:
    (row,) = (r for r in rows if (r["group"], r["against"], r["to_stage"]) == (group, against, "suspect_identified"))
    return row


def test_a_group_stands_against_all_cases_without_it(connection: duckdb.DuckDBPyConnection) -> None:
    cases = [
        *[("race", 1, 0, number < 30) for number in range(100)],
        *[("race religion", 1, 0, number < 10) for number in range(20)],
        *[("disability", 1, 0, number < 9) for number in range(60)],
    ]
    rows = disparity(connection, "strand", cases, Settings(comparator_strand="race"))
    religion = first_step(rows, "religion")
    assert [religion[name] for name in ("group_cases", "group_progressed", "others_cases", "others_progressed")] == [
        20, 10, 160, 39
    ]  # fmt: skip
    # Against race: the cases of race that are not also of the group.
    religion = first_step(rows, "religion", "race")
    assert (religion["others_cases"], religion["others_progressed"]) == (100, 30)
    disability = first_step(rows, "disability")
    assert disability["relative_rate"] == pytest.approx((9 / 60) / (40 / 120))
    _, expected = proportions_ztest([9, 40], [60, 120])
    assert disability["p_value"] == pytest.approx(expected)


def test_a_family_is_all_groups_and_steps_of_one_dimension(connection: duckdb.DuckDBPyConnection) -> None:
    generator = np.random.default_rng(7)
    cases = [
        (str(group), 1, 0, bool(generator.random() < rate))
        for group, rate in (("white", 0.3), ("asian", 0.2), ("black", 0.35), ("mixed", 0.3))
        for _ in range(300)
    ]
    rows = disparity(connection, "victim_ethnicity", cases, Settings(comparator_victim_ethnicity="white"))
    for against, groups in (("all others", 4), ("white", 3)):
        family = [row for row in rows if row["against"] == against]
        assert len(family) == groups * len(reference.rows("milestone"))
        p_values = [1.0 if row["p_value"] is None else row["p_value"] for row in family]
        flagged, adjusted, *_ = multipletests(p_values, method="fdr_bh")
        assert [row["flagged"] == "Y" for row in family] == list(flagged)
        shown = [value for row, value in zip(family, adjusted, strict=True) if row["p_value"] is not None]
        assert [row["p_adjusted"] for row in family if row["p_value"] is not None] == pytest.approx(shown)
    assert any(row["flagged"] == "Y" for row in rows)


def test_emergency_workers_are_one_comparison(connection: duckdb.DuckDBPyConnection) -> None:
    cases = [("emergency_worker", 1, 0, True)] * 30 + [("others", 1, 0, False)] * 30
    rows = disparity(connection, "emergency_worker", cases, Settings())
    assert {row["group"] for row in rows} == {"emergency_worker"}


def test_simpsons_paradox_is_told(connection: duckdb.DuckDBPyConnection) -> None:
    """In each stratum the group progresses more often; it has more cases in the stratum where few do."""
    shape = {
        (1, "takeaway"): (90, 100),
        (1, "other_retail"): (800, 1000),
        (2, "takeaway"): (300, 1000),
        (2, "other_retail"): (20, 100),
    }
    cases = [
        (group, stratum, 0, number < made) for (stratum, group), (made, of) in shape.items() for number in range(of)
    ]
    row = first_step(disparity(connection, "business_type", cases, Settings()), "takeaway")
    assert row["relative_rate"] < 1 < row["relative_rate_mh"]
    assert row["relative_rate_standardised"] > 1
    assert row["share_covered"] == 1
    assert row["flagged"] == "Y"
    assert "reverse" in row["wording"]
    assert "not proof of bias" in row["wording"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "a b", ""]), st.integers(1, 2), st.integers(0, 4), st.booleans()),
        min_size=1, max_size=40,
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_cells_gather_into_the_patterns_of_their_crimes(cases: list[Case]) -> None:
    # A crime lies in one stratum here, as almost all do.
    cases = [(groups, 1 + crime % 2 if crime else stratum, crime, made) for groups, stratum, crime, made in cases]
    with duckdb.connect() as connection:
        rows = [("strand", *cell[:3], 0, cell[3], count) for cell, count in Counter(cases).items()]
        fill(connection, "disparity_cell", CELLS, rows)
        step = disparities._read(connection, "strand", {"milestone_no": "0"})
    ours = step.belongs("a")
    found = disparities._patterns(step, ours, ~ours)
    by_crime: dict[Any, list[int]] = {}
    alone = itertools.count()
    for groups, stratum, crime, made in cases:
        tally = by_crime.setdefault((stratum, crime or ("alone", next(alone))), [0, 0, 0, 0])
        arm = 0 if "a" in groups.split() else 2
        tally[arm] += 1
        tally[arm + 1] += made
    expected = Counter((key[0], *tally) for key, tally in by_crime.items())
    told: Counter[Any] = Counter()
    for *pattern, crimes in zip(found.stratum, found.n1, found.x1, found.n0, found.x0, found.crimes, strict=True):
        told[tuple(map(int, pattern))] += int(crimes)
    assert told == expected


# Time to the next stage

DAYS = 'breakdown VARCHAR, "group" VARCHAR, from_order UTINYINT, entry_day INTEGER, "day" INTEGER, fate VARCHAR, cases BIGINT'


def timed(connection: duckdb.DuckDBPyConnection, rows: list[tuple[int | None, int | None, str, int]]) -> Any:
    fill(connection, "timing_day", DAYS, [("all", "all", 4, *row) for row in rows])
    curves.build(connection, 30)
    (summary,) = read(connection, "pub_time_to_next_stage")
    return summary


def test_without_open_cases_the_shares_are_plain_quotients(connection: duckdb.DuckDBPyConnection) -> None:
    summary = timed(
        connection,
        [(0, 0, "progressed", 10), (0, 10, "progressed", 30), (0, 20, "lost", 40), (0, 30, "progressed", 20),
         (None, None, "untimed", 3), (0, None, "exit_first", 2), (9, 5, "flag_late", 1), (0, None, "not_seen", 4)],
    )  # fmt: skip
    assert (summary["from_stage"], summary["to_stage"], summary["unit"]) == ("referred", "charged", "incident")
    assert (summary["timed"], summary["progressed"], summary["lost"], summary["open"]) == (100, 60, 40, 0)
    assert [summary[fate] for fate in curves.UNTIMED] == [3, 2, 4, 1]
    assert summary["at_once"] == 10
    # Followed to the last day with ten cases at risk: day 30.
    assert summary["followed_days"] == 30
    assert summary["progressed_share"] == pytest.approx(0.6)
    assert summary["lost_share"] == pytest.approx(0.4)
    # Of the 60 that went on, half had by day 10, three quarters (45) and nine tenths (54) by day 30.
    assert [summary[name] for name in ("median_days", "p75_days", "p90_days")] == [10, 30, 30]
    curve = read(connection, "pub_incidence")
    assert [(row["day"], row["at_risk"], row["progressed"], row["lost"]) for row in curve] == [
        (0, 100, 10, 0), (10, 90, 30, 0), (20, 60, 0, 40), (30, 20, 20, 0)
    ]  # fmt: skip
    low, high = proportion_confint(40, 100, method="wilson")
    assert low < curve[1]["progressed_share"] < high


def test_open_cases_are_neither_lost_nor_left_out(connection: duckdb.DuckDBPyConnection) -> None:
    """Half of the cases are seen for five days only: of those still seen on day 10, half go on."""
    summary = timed(connection, [(0, 5, "censored", 50), (0, 10, "progressed", 25), (0, 20, "lost", 25)])
    assert (summary["timed"], summary["open"]) == (100, 50)
    assert summary["progressed_share"] == pytest.approx(0.5)
    assert summary["lost_share"] == pytest.approx(0.5)


def test_late_entries_are_watched_from_the_day_after(connection: duckdb.DuckDBPyConnection) -> None:
    summary = timed(connection, [(0, 10, "progressed", 10), (0, 30, "lost", 30), (5, 30, "lost", 40)])
    assert summary["late_entry"] == 40
    assert summary["progressed_share"] == pytest.approx(10 / 80)
    assert summary["least_at_risk"] == 70


def test_nobody_timed_gives_no_figure_and_no_fault(connection: duckdb.DuckDBPyConnection) -> None:
    summary = timed(connection, [(None, None, "untimed", 3)])
    assert summary["timed"] == 0
    assert summary["progressed_share"] is summary["median_days"] is summary["followed_days"] is None


# Areas, units, time, pilots

COUNTS = (
    'breakdown VARCHAR, "group" VARCHAR, period_kind VARCHAR, milestone_no INTEGER, window_days INTEGER, '
    "step_entered BIGINT, step_progressed BIGINT, is_named BOOLEAN"
)
VOLUMES = (
    '"force" VARCHAR, period_kind VARCHAR, period VARCHAR, covered VARCHAR, outcome_group VARCHAR, scope VARCHAR, '
    "rate_name VARCHAR, unit VARCHAR, count BIGINT, of_count BIGINT"
)
MONTHS = (
    'breakdown VARCHAR, "group" VARCHAR, month DATE, milestone_no INTEGER, recorded BIGINT, old_enough BIGINT, reached BIGINT, '
    "is_named BOOLEAN"
)


GAPS = 'breakdown VARCHAR, "group" VARCHAR, month DATE, gap_order INTEGER'


def consistent(
    connection: duckdb.DuckDBPyConnection, rows: list[Any], paths: list[Any], seen: str, gaps: Sequence[Any] = ()
) -> None:
    fill(connection, "age_count", COUNTS, rows)
    fill(connection, "age_month", MONTHS, paths)
    fill(connection, "age_gap", GAPS, list(gaps))
    fill(connection, "case_window", "recorded_seen_to DATE", [(seen,)])
    fill(connection, "pub_volumes", VOLUMES, [])
    consistency.build(connection, 30)


def test_an_outlying_area_among_twelve_is_marked_and_among_six_is_not(connection: duckdb.DuckDBPyConnection) -> None:
    def areas(number: int) -> list[Any]:
        rows = [
            ("area_command", f"durham/{place:02}", "", 0, 90, 400, 200 + place % 5, True) for place in range(number)
        ]
        unknown = ("area_command", "durham/unknown", "", 0, 90, 400, 10, False)
        return [*rows, ("area_command", "durham/zz", "", 0, 90, 400, 60, True), unknown]

    consistent(connection, areas(12), [], "2025-03-31")
    marked = {row["group"]: (row["verdict"], row["direction"]) for row in read(connection, "pub_consistency")}
    assert len(marked) == 13
    assert marked.pop("durham/zz") == ("beyond 99.8 %", "below")
    assert set(marked.values()) == {("within", "")}
    consistent(connection, areas(6), [], "2025-03-31")
    few = read(connection, "pub_consistency")
    assert {row["verdict"] for row in few} == {"too few units"}
    assert {row["low_95"] for row in few} == {None}
    low, high = proportion_confint(60, 400, method="wilson")
    (last,) = (row for row in few if row["group"] == "durham/zz")
    assert (last["rate_lower"], last["rate_upper"]) == (pytest.approx(low), pytest.approx(high))


def test_charts_show_whole_ripe_months_only(connection: duckdb.DuckDBPyConnection) -> None:
    months = [dt.date(2023 + number // 12, number % 12 + 1, 1) for number in range(20)]
    # The last month but one still has a case that is too young; the last is not over. No case is old enough for a referral.
    paths = [
        ("all", "all", month, 0, 40 + number % 3 + (number == 18), 40 + number % 3, 20, True)
        for number, month in enumerate(months)
    ]
    paths += [
        ("all", "all", month, 1, 40 + number % 3 + (number == 18), 0, 0, True) for number, month in enumerate(months)
    ]
    consistent(connection, [], paths, "2024-08-20")
    charts = read(connection, "pub_control_charts")
    recorded = [row for row in charts if row["measure"] == "recorded"]
    assert [row["period"] for row in recorded] == [f"{month:%Y-%m}" for month in months[:19]]
    ripe = [row for row in charts if row["measure"] == "suspect_identified"]
    assert [row["period"] for row in ripe] == [f"{month:%Y-%m}" for month in months[:18]]
    assert [row["value"] for row in ripe] == pytest.approx([20 / (40 + number % 3) for number in range(18)])
    moving = [abs(one["value"] - two["value"]) for one, two in itertools.pairwise(ripe)]
    mean = sum(row["value"] for row in ripe) / 18
    assert ripe[0]["high"] == pytest.approx(mean + 2.66 * sum(moving) / 17, abs=1e-3)
    assert "Non-crime hate incident code" in next(row for row in ripe if row["period"] == "2023-06")["events"]
    assert [row for row in charts if row["measure"] == "charged"] == []


def test_what_was_decided_in_a_month_is_charted_in_its_own_unit(connection: duckdb.DuckDBPyConnection) -> None:
    def row(month: int, count: int, **other: str) -> tuple[Any, ...]:
        told = {"force": "all", "covered": "Y", "scope": "flagged"} | other
        return (
            told["force"], "month", f"2024-{month:02}", told["covered"], "", told["scope"], "charge_rate", "suspect", count, 50
        )  # fmt: skip

    fill(connection, "age_count", COUNTS, [])
    fill(connection, "age_month", MONTHS, [])
    fill(connection, "age_gap", GAPS, [])
    fill(connection, "case_window", "recorded_seen_to DATE", [("2024-07-15",)])
    kept = [row(month, 40 + month) for month in (1, 2, 4, 5, 6)]
    left_out = [row(7, 50), row(3, 1, force="durham"), row(6, 1, scope="all_received"), row(8, 1, covered="N")]
    fill(connection, "pub_volumes", VOLUMES, [*kept, *left_out])
    consistency.build(connection, 30)
    charts = read(connection, "pub_control_charts")
    assert {(row["measure"], row["unit"]) for row in charts} == {("charge_rate", "suspect")}
    # Six months without limits become two quarters of the financial year; March had no decision.
    assert [(row["period"], row["count"], row["cases"]) for row in charts] in (
        [("2023/24 Q4", 83, 100), ("2024/25 Q1", 135, 150)],
        [(f"2024-{m:02}", 0 if m == 3 else 40 + m, 0 if m == 3 else 50) for m in range(1, 7)],
    )
    assert all(row["reason"] and row["low"] is None for row in charts)


@pytest.mark.parametrize(
    ("seen_to", "last"), [("2024-06-30", "2024-06"), ("2024-06-29", "2024-05"), ("2024-07-01", "2024-06")]
)
def test_a_month_is_charted_from_the_day_on_that_the_feed_reaches_its_end(
    connection: duckdb.DuckDBPyConnection, seen_to: str, last: str
) -> None:
    """Both charts: of what was recorded in a month, and of what was decided in it."""
    months = [dt.date(2023 + number // 12, number % 12 + 1, 1) for number in range(20)]
    fill(connection, "age_count", COUNTS, [])
    fill(connection, "age_month", MONTHS, [("all", "all", month, 0, 40, 40, 20, True) for month in months])
    fill(connection, "age_gap", GAPS, [])
    fill(connection, "case_window", "recorded_seen_to DATE", [("2024-08-31",), (seen_to,)])
    fill(
        connection,
        "pub_volumes",
        VOLUMES,
        [("all", "month", f"{month:%Y-%m}", "Y", "", "flagged", "charge_rate", "suspect", 40, 50) for month in months],
    )
    consistency.build(connection, 30)
    charts = read(connection, "pub_control_charts")
    for measure in ("recorded", "charge_rate"):
        assert [row["period"] for row in charts if row["measure"] == measure][-1] == last


def test_thin_months_are_charted_as_quarters_of_the_financial_year(connection: duckdb.DuckDBPyConnection) -> None:
    """Twelve crimes a month are 36 a quarter. Of February 2021 to December 2024, whole quarters run from April 2021."""
    months = [dt.date(2021 + number // 12, number % 12 + 1, 1) for number in range(1, 48)]
    paths = [("all", "all", month, 0, 12, 12, month.month, True) for month in months]
    consistent(connection, [], paths, "2024-12-31")
    charts = [row for row in read(connection, "pub_control_charts") if row["measure"] == "suspect_identified"]
    # April to June is the first quarter of the year that begins in April; January to March the last of the one before.
    assert [row["period"] for row in charts] == [
        *(f"2021/22 Q{quarter}" for quarter in (1, 2, 3, 4)),
        *(f"2022/23 Q{quarter}" for quarter in (1, 2, 3, 4)),
        *(f"2023/24 Q{quarter}" for quarter in (1, 2, 3, 4)),
        *(f"2024/25 Q{quarter}" for quarter in (1, 2, 3)),
    ]
    assert {row["period_kind"] for row in charts} == {"quarter"}
    # Each month brings its own number: 4 + 5 + 6, 7 + 8 + 9, 10 + 11 + 12, 1 + 2 + 3 of 36.
    assert [(row["count"], row["cases"]) for row in charts] == [
        (made, 36) for _, made in zip(range(15), itertools.cycle([15, 24, 33, 6]), strict=False)
    ]
    assert [row["value"] for row in charts[:4]] == pytest.approx([15 / 36, 24 / 36, 33 / 36, 6 / 36])
    assert {row["reason"] for row in charts} == {""}


def test_a_month_of_a_gap_is_not_told_and_moves_no_limit(connection: duckdb.DuckDBPyConnection) -> None:
    """Incidents lack months 5 and 6 (of the latter one late case is held), investigations month 9: of that only what they show
    is not told.
    """
    months = [dt.date(2023 + number // 12, number % 12 + 1, 1) for number in range(20)]
    cases = {number: 40 + number % 3 for number in range(20) if number != 5} | {6: 1}
    paths = [
        ("all", "all", months[number], milestone, few, few, 20 if few > 1 else 0, True)
        for number, few in cases.items()
        for milestone in (0, 1)
    ]
    gaps = [("all", "all", months[5], 1), ("all", "all", months[6], 1), ("all", "all", months[9], 3)]
    elsewhere = ("force", "durham", months[12], 1)
    consistent(connection, [], paths, "2024-08-31", [*gaps, elsewhere])
    charts = read(connection, "pub_control_charts")
    for measure, missing in (("recorded", {5, 6}), ("suspect_identified", {5, 6, 9}), ("referred", {5, 6, 9})):
        rows = [row for row in charts if row["measure"] == measure]
        assert [row["period"] for row in rows] == [f"{month:%Y-%m}" for month in months]
        untold = [number for number, row in enumerate(rows) if row["count"] is None]
        assert set(untold) == missing
        for number in untold:
            assert (rows[number]["cases"], rows[number]["value"], rows[number]["rules"]) == (None, None, "")
        values = [cases[n] if measure == "recorded" else 20 / cases[n] for n in range(20) if n not in missing]
        mean = sum(values) / len(values)
        # Only months that follow each other have a range.
        drawn = [row["value"] for row in rows]
        moving = [abs(a - b) for a, b in itertools.pairwise(drawn) if a is not None and b is not None]
        kept = [one for one in moving if one <= 3.267 * sum(moving) / len(moving)]
        reach = 2.66 * sum(kept) / len(kept)
        assert [row["mean"] for row in rows] == pytest.approx([mean] * 20)
        assert [row["high"] for row in rows] == pytest.approx([mean + reach] * 20)
        assert {row["reason"] for row in rows} == {""}


def test_a_quarter_with_a_month_of_a_gap_is_not_told(connection: duckdb.DuckDBPyConnection) -> None:
    months = [dt.date(2021 + number // 12, number % 12 + 1, 1) for number in range(3, 51)]
    paths = [("all", "all", month, 0, 12, 12, 6, True) for month in months if month != dt.date(2022, 5, 1)]
    consistent(connection, [], paths, "2025-03-31", [("all", "all", dt.date(2022, 5, 1), 1)])
    charts = [row for row in read(connection, "pub_control_charts") if row["measure"] == "suspect_identified"]
    assert len(charts) == 16
    assert {row["period_kind"] for row in charts} == {"quarter"}
    told = {row["period"]: (row["count"], row["cases"], row["value"]) for row in charts}
    assert told.pop("2022/23 Q1") == (None, None, None)
    assert set(told.values()) == {(18, 36, 0.5)}
    assert {row["reason"] for row in charts} == {""}


def test_a_month_of_a_gap_ripens_with_a_later_one(connection: duckdb.DuckDBPyConnection) -> None:
    """Month 17 is missing; of month 18 a case is too young, so nobody can say whether those of 17 were old enough."""
    months = [dt.date(2023 + number // 12, number % 12 + 1, 1) for number in range(20)]
    paths = [
        ("all", "all", month, 0, 40, 40 - (number >= 18), 20, True)
        for number, month in enumerate(months)
        if number != 17
    ]
    consistent(connection, [], paths, "2024-08-31", [("all", "all", months[17], 1)])
    charts = read(connection, "pub_control_charts")
    ripe = [row["period"] for row in charts if row["measure"] == "suspect_identified"]
    assert ripe == [f"{month:%Y-%m}" for month in months[:17]]
    assert len([row for row in charts if row["measure"] == "recorded"]) == 20


def quarter_paths(rates: dict[tuple[str, int], int]) -> list[Any]:
    rows = []
    for (area, quarter), reached in rates.items():
        month = dt.date(2022 + quarter // 4, quarter % 4 * 3 + 1, 1)
        rows.append(("area_command", area, month, 1, 100, 100, reached, True))
    return rows


def test_a_pilot_is_compared_with_the_other_areas(connection: duckdb.DuckDBPyConnection) -> None:
    areas = [f"durham/{letter}" for letter in "abcdefgh"]
    rates = {(area, quarter): 40 for area in areas for quarter in range(12)}
    rates |= {("durham/a", quarter): 60 for quarter in range(8, 12)}
    fill(connection, "age_month", MONTHS, quarter_paths(rates))
    stated = Settings(pilot_group="durham/a", pilot_start="2024-01-01", pilot_stage="referred")
    pilots.build(connection, stated)
    simple, compared = read(connection, "pub_pilot")
    assert (simple["before"], simple["after"]) == (0.4, 0.6)
    assert compared["estimate"] == pytest.approx(0.2)
    assert compared["lower"] < 0.2 < compared["upper"]
    assert compared["placebos"] == len(read(connection, "pub_pilot_placebos")) >= 19


@pytest.mark.parametrize(
    ("group", "start"), [("durham/zz", "2024-01-01"), ("durham/a", "2030-01-01"), ("durham/a", "2001-01-01")]
)
def test_a_pilot_without_data_says_so(connection: duckdb.DuckDBPyConnection, group: str, start: str) -> None:
    fill(connection, "age_month", MONTHS, quarter_paths({("durham/a", 0): 40, ("durham/b", 0): 40}))
    pilots.build(connection, Settings(pilot_group=group, pilot_start=start))
    (row,) = read(connection, "pub_pilot")
    assert row["estimate"] is None
    assert row["wording"].startswith("No estimate")


def test_few_placebos_never_give_a_p_value(connection: duckdb.DuckDBPyConnection) -> None:
    rates = {(area, quarter): 40 + 3 * quarter for area in ("durham/a", "durham/b") for quarter in range(6)}
    fill(connection, "age_month", MONTHS, quarter_paths(rates))
    pilots.build(connection, Settings(pilot_group="durham/a", pilot_start="2022-10-01", pilot_stage="referred"))
    _, compared = read(connection, "pub_pilot")
    assert compared["estimate"] is not None
    assert compared["p_value"] is compared["lower"] is None
    assert "no interval can be given" in compared["wording"].lower()


def test_what_became_of_referred_cases_is_the_cps_s_to_tell(connection: duckdb.DuckDBPyConnection) -> None:
    """Durham's CPS rows tell decisions, Cleveland's do not: only groups without a case of Cleveland keep what the CPS decided."""
    categories = [row["category"] for row in reference.rows("handover")]
    models.load_reference(connection)
    groups = ("both", "durham")
    for table in (*untold.OF_MODELS, "time_to_next_stage", "incidence", "disparity", "consistency", "control_charts"):
        fill(connection, f"pub_{table}", 'breakdown VARCHAR, "group" VARCHAR, stage VARCHAR, from_stage VARCHAR, to_stage VARCHAR, measure VARCHAR, category VARCHAR, cases BIGINT', [
            (*("force", group), *[None] * 4, category, 1) for group in groups for category in categories if table == "handover"
        ])  # fmt: skip
    fill(connection, "funnel_untold", 'breakdown VARCHAR, "group" VARCHAR, stage VARCHAR', [])
    fill(connection, "funnel_cell", 'breakdown VARCHAR, "group" VARCHAR', [("force", group) for group in groups])
    fill(
        connection,
        "funnel_path",
        'breakdown VARCHAR, "group" VARCHAR, path_id BIGINT',
        [("force", "both", 1), ("force", "both", 2), ("force", "durham", 1)],
    )
    fill(connection, "case_path", 'path_id BIGINT, "force" VARCHAR', [(1, "durham"), (2, "cleveland")])
    fill(
        connection,
        "stg_told",
        'evidence VARCHAR, "force" VARCHAR, is_told BOOLEAN',
        [("cps.decision", "durham", True), ("cps.decision", "cleveland", False), ("cps.uplift", "durham", False)],
    )
    untold.empty_untold(connection)
    kept = {
        group: {
            row["category"] for row in read(connection, "pub_handover") if row["group"] == group and row["cases"] == 1
        }
        for group in groups
    }
    assert kept == {"durham": set(categories), "both": {"not_referred_open", "not_referred_ended", "charged"}}


def test_nothing_loaded_gives_empty_tables_that_name_their_unit(connection: duckdb.DuckDBPyConnection) -> None:
    for table, columns in (
        ("disparity_cell", CELLS), ("timing_day", DAYS), ("age_count", COUNTS), ("age_month", MONTHS), ("age_gap", GAPS),
        ("case_window", "recorded_seen_to DATE"), ("pub_volumes", VOLUMES),
        ("pub_fixed_age", 'breakdown VARCHAR, "group" VARCHAR, stage VARCHAR, step_from VARCHAR, reached BIGINT'),
        ("pub_handover", 'breakdown VARCHAR, "group" VARCHAR, category VARCHAR, cases BIGINT'),
        ("funnel_untold", 'breakdown VARCHAR, "group" VARCHAR, stage VARCHAR'),
        ("funnel_cell", 'breakdown VARCHAR, "group" VARCHAR'),
        ("funnel_path", 'breakdown VARCHAR, "group" VARCHAR, path_id BIGINT'),
        ("case_path", 'path_id BIGINT, "force" VARCHAR'),
        ("stg_told", 'evidence VARCHAR, "force" VARCHAR, is_told BOOLEAN'),
    ):  # fmt: skip
        fill(connection, table, columns, [])
    statistics.build(connection, Settings(pilot_group="durham/a", pilot_start="2024-01-01"))
    for table in statistics.TABLES:
        columns = {row[0] for row in connection.execute(f"DESCRIBE pub_{table}").fetchall()}
        # Placebos are estimates; they count nothing.
        assert "unit" in columns or table == "pilot_placebos", table
        assert table == "pilot" or read(connection, f"pub_{table}") == []
