"""Which periods a release publishes, and as at which day each was counted. Knows no counts.

A quarter is published once, when it has closed, and then stays as it is. Once a year, in the first release after a financial year has
closed, every closed quarter and year is counted again, all as at one day. So there are no running totals, and no two counts of one
period between which single cases could be told.
"""

import datetime as dt
from collections.abc import Iterable

from attrition.release.cells import QUARTER, year_of


def end_of(period: str) -> dt.date:
    """The last day of 2024/25 Q1 or of 2024/25."""
    year, _, quarter = period.partition(" Q")
    ends = {"1": (0, 6, 30), "2": (0, 9, 30), "3": (0, 12, 31), "4": (1, 3, 31), "": (1, 3, 31)}
    later, month, day = ends[quarter]
    return dt.date(int(year[:4]) + later, month, day)


def closed(quarters: Iterable[str], as_at: dt.date) -> list[str]:
    """The quarters that had ended by the day."""
    return sorted(quarter for quarter in set(quarters) if end_of(quarter) <= as_at)


def to_count(quarters: Iterable[str], as_at: dt.date, counted: dict[str, dt.date]) -> list[str]:
    """The closed quarters that a release counts as at its day: those not counted before, or all of them where a financial year has
    closed since the last time that all were counted.

    counted: the latest day as at which each quarter was counted
    """
    over = closed(quarters, as_at)
    years = {year_of(quarter) for quarter in over}
    whole = [year for year in years if sum(year_of(quarter) == year for quarter in over) == 4]
    if any(counted.get(f"{year} Q{number}", dt.date.min) < end_of(year) for year in whole for number in (1, 2, 3, 4)):
        return over
    return [quarter for quarter in over if quarter not in counted]


def kind_of(period: str) -> str:
    """financial_year or quarter."""
    return QUARTER if " Q" in period else "financial_year"
