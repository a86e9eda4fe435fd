"""The numbers at which the rules of a release change their mind: a small count, a row of few cases, days from few events."""

import datetime as dt
from typing import Any

import pytest

from attrition.release.cells import Counted, Year, table_of
from attrition.release.rounding import Rounding
from attrition.release.side_tables import curve_rows, day_rows
from attrition.stats.disclosure import Status

AS_AT = dt.date(2025, 3, 31)


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
