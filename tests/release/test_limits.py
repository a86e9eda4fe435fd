"""The numbers at which the rules of a release change their mind: a small count, a row of few cases, days from few events."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from attrition.release.cells import Counted, Year, table_of
from attrition.release.marks import put_rate
from attrition.release.rounding import Rounding
from attrition.release.side_tables import curve_rows, day_rows, fixed_age_rows
from attrition.stats.disclosure import Status

AS_AT = dt.date(2025, 3, 31)
BOARD, PUBLIC = Rounding(5), Rounding(5, 5, 50)


def statuses(suspects: int, threshold: int = 5) -> dict[tuple[int, str], Status]:
    """What becomes of the counts of all cases in a quarter in which a hundred crimes were recorded and in so many of them a suspect
    was identified, all of these still open: by stage and column.
    """
    kind = {"strands": "race", "business_type": "takeaway", "victim_ethnicity": "white"}
    rows: tuple[dict[str, Any], ...] = (
        {**kind, "stage_order": 2, "state": "lost", "reason_group": "no suspect", "cases": 100 - suspects},
        {**kind, "stage_order": 3, "state": "open", "reason_group": "", "cases": suspects},
    )
    board = table_of(Year("board", [Counted(AS_AT, "2024/25 Q4", rows)]), Rounding(threshold))
    return {
        (cell.stage_order, cell.column): Status(board.table.status[number])
        for cell, number in zip(board.cells, board.number_of, strict=True)
        if cell.breakdown == "all"
    }


@pytest.mark.parametrize(
    ("suspects", "entered", "state"),
    [
        # From one to one less than five a count is small.
        (1, Status.PRIMARY, Status.PRIMARY),
        (4, Status.PRIMARY, Status.PRIMARY),
        # Five is told; but of a row of fewer than ten no state is.
        (5, Status.SHOWN, Status.ROW),
        (9, Status.SHOWN, Status.ROW),
        (10, Status.SHOWN, Status.SHOWN),
    ],
)
def test_a_count_below_five_is_small_and_a_row_of_fewer_than_ten_has_no_states(
    suspects: int, entered: Status, state: Status
) -> None:
    found = statuses(suspects)
    assert found[3, "entered"] is entered
    assert found[3, "open"] is state
    # Where ten entered or more, nobody resolved is a 0 that may be seen.
    assert (found[3, "resolved"] is Status.SHOWN) == (suspects >= 10)
    assert found[2, "entered"] is found[2, "lost"] is Status.SHOWN
    assert found[4, "entered"] is Status.SHOWN  # nobody


def test_the_threshold_is_the_one_that_is_set() -> None:
    assert statuses(6, threshold=7)[3, "entered"] is Status.PRIMARY
    assert statuses(7, threshold=7)[3, "entered"] is Status.SHOWN


@pytest.mark.parametrize(("progressed", "shown"), [(9, False), (10, True), (11, True)])
def test_days_are_told_from_ten_cases_that_made_the_step(progressed: int, shown: bool) -> None:
    """In whole weeks: 24 days are three weeks, 25 are four."""
    source = {
        "breakdown": "financial_year", "group": "2024/25", "from_stage": "recorded", "to_stage": "suspect_identified",
        "progressed": progressed, "median_days": 24, "p75_days": 25, "p90_days": None,
    }  # fmt: skip
    (row,) = day_rows([source, {**source, "group": "2023/24"}, {**source, "breakdown": "strand"}], {"2024/25": AS_AT})
    assert (row["median_weeks"], row["median_weeks_mark"]) == ((3, "") if shown else (None, "low"))
    assert (row["p75_weeks"], row["p75_weeks_mark"]) == ((4, "") if shown else (None, "low"))
    assert (row["p90_weeks"], row["p90_weeks_mark"]) == (None, "x" if shown else "low")


def test_a_curve_is_drawn_while_twenty_are_watched() -> None:
    """Every 30 days up to the last day on which 20 or more were watched: day 65, so 0, 30 and 60."""
    watched = {10: 50, 30: 40, 60: 21, 65: 20, 90: 19}
    points = [
        {
            "breakdown": "financial_year", "group": "2024/25", "from_stage": "recorded", "to_stage": "suspect_identified",
            "day": day, "at_risk": at_risk, "progressed_share": day / 1000, "progressed_share_lower": None,
            "progressed_share_upper": day / 500, "lost_share": 0.004, "resolved_share": 0.006,
        }
        for day, at_risk in watched.items()
    ]  # fmt: skip
    rows = curve_rows(points, {"2024/25": AS_AT})
    # A step holds from its day on: at 30 that of day 30. Shares are whole hundredths.
    assert [(row["day"], row["progressed"], row["progressed_upper"]) for row in rows] == [
        (0, 0, 0),
        (30, 0.03, 0.06),
        (60, 0.06, 0.12),
    ]
    assert [(row["lost"], row["resolved"]) for row in rows[1:]] == [(0, 0.01)] * 2


@pytest.mark.parametrize(("base", "mark"), [(0, "z"), (45, "low"), (50, "")])
def test_a_public_rate_needs_a_denominator_of_fifty(base: int, mark: str) -> None:
    row: dict[str, Any] = {}
    put_rate(row, "rate", [(base / 5, "")], (base, ""), PUBLIC)
    assert row["rate_mark"] == mark
    # 10 of 50: Wilson's limits of a fifth.
    limits = (None, None, None) if mark else pytest.approx((0.2, 0.112438, 0.330371), abs=1e-6)
    assert (row["rate"], row["rate_lower"], row["rate_upper"]) == limits


@pytest.mark.parametrize(
    ("parts", "base", "known", "mark"),
    [
        ([(5, ""), (None, "c")], (50, ""), True, "c"),
        ([(5, ""), (None, "x")], (50, ""), True, "x"),
        ([(None, "x")], (None, "c"), True, "c"),  # of two marks the one that hides
        ([(None, "c")], (50, ""), False, "x"),
    ],
)
def test_a_rate_of_what_is_hidden_is_hidden(
    parts: list[tuple[float | None, str]], base: tuple[float | None, str], known: bool, mark: str
) -> None:
    row: dict[str, Any] = {}
    put_rate(row, "rate", parts, base, PUBLIC, known)
    assert (row["rate"], row["rate_mark"]) == (None, mark)


@pytest.mark.parametrize(
    ("count", "shown", "least", "most"),
    # To the nearest five, halves up; a small count is hidden, so that a 5 tells of five to seven.
    [(0, 0, 0, 0), (5, 5, 5, 7), (7, 5, 5, 7), (8, 10, 8, 12), (12, 10, 8, 12), (13, 15, 13, 17)],
)
def test_a_public_count_is_rounded_to_the_nearest_five(count: int, shown: int, least: int, most: int) -> None:
    counts = np.array([count])
    assert (PUBLIC.shown(counts)[0], PUBLIC.lower(counts)[0], PUBLIC.upper(counts)[0]) == (shown, least, most)
    assert (BOARD.shown(counts)[0], BOARD.lower(counts)[0], BOARD.upper(counts)[0]) == (count, count, count)


@pytest.mark.parametrize(
    ("reached", "hidden"),
    [(0, False), (1, True), (4, True), (5, False), (95, False), (96, True), (99, True), (100, False)],
)
def test_an_outcome_at_one_age_is_hidden_where_it_or_the_rest_is_small(reached: int, hidden: bool) -> None:
    """Of a hundred: from one to four that reached the stage, or did not; and of the year what is hidden of its quarter."""
    quarter = {
        "breakdown": "all", "group": "all", "period_kind": "quarter", "period": "2024/25 Q1", "stage": "charged",
        "window_days": 270, "usable": "Y", "usable_from": None, "old_enough": 100, "reached": reached,
    }  # fmt: skip
    year = {**quarter, "period_kind": "financial_year", "period": "2024/25", "old_enough": 400, "reached": 200}
    other = {**quarter, "period": "2024/25 Q2", "reached": 50}
    periods = dict.fromkeys(("2024/25", "2024/25 Q1", "2024/25 Q2"), AS_AT)
    rows = fixed_age_rows([quarter, year, other], periods, BOARD, lambda period, stage: True)
    assert [row["reached_mark"] for row in rows] == (["c", "c", ""] if hidden else ["", "", ""])
    assert [row["old_enough"] for row in rows] == [100, 400, 100]
    assert rows[0]["reached"] == (None if hidden else reached)
