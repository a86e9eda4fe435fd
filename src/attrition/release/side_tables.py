"""The protected tables of a release that are not made of cells: outcomes at the same age, days and curves by financial year.

They speak of all cases only. A figure stands for a period from its release until the period is counted again.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrition.release.cells import YEAR
from attrition.release.marks import CONFIDENTIAL, LOW, NOT_AVAILABLE, hidden, put, put_rate
from attrition.release.rounding import Rounding

Row = dict[str, Any]
LEAST_EVENTS = 10
LEAST_AT_RISK = 20
GRID_DAYS = 30
# Shares of a curve are told in whole hundredths: a finer share of so many cases would tell single ones.
_SHARE_DIGITS = 2


def fixed_age_rows(
    published: Sequence[Mapping[str, Any]],
    periods: Mapping[str, dt.date],
    rounding: Rounding,
    is_shown: Callable[[str, str], bool],
) -> list[Row]:
    """Outcomes at the same age for all cases, of the periods given with the day as at which they are counted.

    published: rows of the restricted table fixed_age
    is_shown: whether the funnel shows how many cases of a period entered a stage; where it does not, no count near it is shown either
    A count is hidden where it or its complement is small, and of a year where it is hidden in one of its quarters.
    """
    import numpy as np

    rows: list[Row] = []
    chosen = [row for row in published if row["breakdown"] == "all" and row["period"] in periods]
    unsafe = {
        (row["period"], row["stage"])
        for row in chosen
        if row["usable"] == "Y"
        and (
            not is_shown(row["period"], row["stage"])
            or any(0 < count < rounding.threshold for count in (row["reached"], row["old_enough"] - row["reached"]))
        )
    }
    # A year gives away the one of its quarters that is hidden, and the other way round.
    unsafe |= {(period[:7], stage) for period, stage in unsafe}
    for source in chosen:
        usable = source["usable"] == "Y"
        row: Row = {
            "as_at": periods[source["period"]], "period_kind": source["period_kind"], "period": source["period"], "breakdown": "all",
            "group": "all", "stage": source["stage"], "window_days": source["window_days"], "unit": "incident",
            "usable_from": source["usable_from"],
        }  # fmt: skip
        for name in ("old_enough", "reached"):
            if not usable:
                put(row, name, hidden(NOT_AVAILABLE))
            elif (source["period"], source["stage"]) in unsafe and (name == "reached"):
                put(row, name, hidden(CONFIDENTIAL))
            else:
                put(row, name, (int(rounding.shown(np.array([source[name]]))[0]), ""))
        put_rate(
            row, "rate", [(row["reached"], row["reached_mark"])], (row["old_enough"], row["old_enough_mark"]), rounding
        )
        rows.append(row)
    return rows


def day_rows(published: Sequence[Mapping[str, Any]], years: Mapping[str, dt.date]) -> list[Row]:
    """Days to the next stage of all cases by financial year, in whole weeks; from 10 cases that made the step.

    published: rows of the restricted table time_to_next_stage
    """
    rows: list[Row] = []
    for source in published:
        if source["breakdown"] != YEAR or source["group"] not in years:
            continue
        row: Row = {
            "as_at": years[source["group"]], "period_kind": YEAR, "period": source["group"], "from_stage": source["from_stage"],
            "to_stage": source["to_stage"], "unit": "incident",
        }  # fmt: skip
        # A step that is not told has no count.
        is_told = source["progressed"] is not None
        enough = is_told and source["progressed"] >= LEAST_EVENTS
        for name in ("median", "p75", "p90"):
            days = source[f"{name}_days"]
            known = hidden(NOT_AVAILABLE) if days is None else (round(days / 7), "")
            put(row, f"{name}_weeks", known if enough or not is_told else hidden(LOW))
        rows.append(row)
    return rows


def curve_rows(published: Sequence[Mapping[str, Any]], years: Mapping[str, dt.date]) -> list[Row]:
    """What had become of all cases of a financial year by day, on a grid of 30 days, while 20 or more were watched.

    published: rows of the restricted table incidence
    """
    curves: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for source in published:
        if source["breakdown"] == YEAR and source["group"] in years and source["at_risk"] is not None:
            curves.setdefault((source["group"], source["from_stage"], source["to_stage"]), []).append(source)
    rows: list[Row] = []
    for (year, start, target), points in curves.items():
        watched = max((point["day"] for point in points if point["at_risk"] >= LEAST_AT_RISK), default=-1)
        for day in range(0, int(watched) + 1, GRID_DAYS):
            reached = [point for point in points if point["day"] <= day]
            row: Row = {
                "as_at": years[year], "period_kind": YEAR, "period": year, "from_stage": start, "to_stage": target, "day": day,
                "unit": "incident",
            }  # fmt: skip
            for name, column in (
                ("progressed", "progressed_share"), ("progressed_lower", "progressed_share_lower"),
                ("progressed_upper", "progressed_share_upper"), ("lost", "lost_share"), ("resolved", "resolved_share"),
            ):  # fmt: skip
                share = reached[-1][column] if reached else 0.0
                row[name] = None if share is None else round(share, _SHARE_DIGITS)
            rows.append(row)
    return rows
