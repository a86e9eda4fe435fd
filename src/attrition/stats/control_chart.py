"""Control charts over time: individuals and moving ranges (XmR), with the rules of NHS England's Making Data Count.

Holds the limits, the rules each point meets, and the choice between months and quarters. Must not draw, or say whether
up is good. Why these rules, and how often they err on a steady series: docs/methods/control-charts.md.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEAST_POINTS = 15
LEAST_CASES = 30  # median denominator of a rate; below, single cases move it too far
LIMIT_FACTOR = 2.66  # 3 / d2 with d2 = 1.128: three standard deviations, from the mean range of two values
RANGE_FACTOR = 3.267  # D4 for ranges of two values: a larger range is no ordinary one
RUN = 7

BEYOND = "beyond limits"
SHIFT = "shift"
TREND = "trend"
TWO_OF_THREE = "two of three"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chart:
    """A series with its limits.

    value: what is drawn at each period, rates as proportions; NaN where a period has no cases
    mean: of the values; NaN without values
    low, high: limits, cut to what is possible; NaN where there are none
    mean_range: the mean moving range behind the limits; NaN where there are none
    rules: for each point the rules it is part of: `beyond limits`, `shift`, `trend`, `two of three`
    reason: why there are no limits; empty where there are
    """

    value: Floats
    mean: float
    low: float
    high: float
    mean_range: float
    rules: tuple[tuple[str, ...], ...]
    reason: str


@dataclass(frozen=True)
class Periods:
    """How months are put together for a chart.

    unit: `month` or `quarter`
    first: index of the first month of each period, then that after the last month: whole periods only
    reason: why a chart of them has no limits; empty where it has
    """

    unit: str
    first: tuple[int, ...]
    reason: str


def chart(values: ArrayLike, denominators: ArrayLike | None = None) -> Chart:
    """Mean, limits and rules of a series of equally spaced periods, oldest first.

    values: one number to a period: counts of cases that progressed where there are denominators; without them any
        quantity that cannot be negative. NaN where nothing was measured.
    denominators: cases of each period, of which `values` progressed; rates are drawn then. NaN where they are not known.

    Limits are mean ± 2.66 times the mean moving range. Ranges above 3.267 times the mean range are left out once.
    There are limits, and rules, from 15 points; of rates only if the median period has 30 cases. A period without a
    value ends a run and has no range. A value equal to the mean is on neither side of it, and two equal neighbours end
    a trend.

    Raises ValueError where counts do not fit together.

    Sources: Wheeler and Chambers (1992), Understanding Statistical Process Control; NHS England (2019 and later),
    Making Data Count; Western Electric (1956), Statistical Quality Control Handbook, for two of three.
    """
    value, top = _series(values, denominators)
    known = value[~np.isnan(value)]
    mean = float(known.mean()) if len(known) else float("nan")
    reason = _reason(len(known), None if denominators is None else np.asarray(denominators, dtype=float), "period")
    nothing = tuple(() for _ in value)
    mean_range = _mean_range(value)
    if reason or np.isnan(mean_range):
        return Chart(value, mean, np.nan, np.nan, np.nan, nothing, reason or "no two neighbouring periods have a value")
    reach = LIMIT_FACTOR * mean_range
    return Chart(
        value=value,
        mean=mean,
        low=max(0.0, mean - reach),
        high=min(top, mean + reach),
        mean_range=mean_range,
        rules=_rules(value, mean, reach),
        reason="",
    )


def periods(months: ArrayLike, first_month: int = 4, rates: bool = True) -> Periods:
    """Months if a chart of them can have limits, else calendar quarters, else periods to be drawn as points only.

    months: cases of each month without gaps, oldest first; of a chart of counts, the counts
    first_month: calendar month (1 to 12) of the first
    rates: whether rates are drawn; counts need no median of 30 cases

    A quarter that is not whole, at either end, is left out. A month that is not known (NaN), and a quarter with one, is no
    point.
    """
    cases = np.asarray(months, dtype=float)
    by_month = tuple(range(len(cases) + 1))
    monthly = _reason(_known(cases), cases if rates else None, "month")
    if not monthly:
        return Periods("month", by_month, "")
    start = -(first_month - 1) % 3
    first = tuple(range(start, len(cases) + 1, 3))
    quarters = add_up(cases, Periods("quarter", first, "")) if len(first) > 1 else np.array([])
    quarterly = _reason(_known(quarters), quarters if rates else None, "quarter")
    if not quarterly:
        return Periods("quarter", first, "")
    # Thin months are put together even where that leaves too few points; otherwise months show more.
    if rates and len(quarters) and np.nanmedian(cases) < LEAST_CASES:
        return Periods("quarter", first, quarterly)
    return Periods("month", by_month, monthly)


def add_up(months: ArrayLike, into: Periods) -> Floats:
    """Monthly numbers summed to the periods chosen; months outside whole periods are left out. NaN where a month is not known."""
    values = np.asarray(months, dtype=float)
    return np.array([values[first:after].sum() for first, after in pairwise(into.first)])


def _series(values: ArrayLike, denominators: ArrayLike | None) -> tuple[Floats, float]:
    """What is drawn, and the largest it can be."""
    value = np.asarray(values, dtype=float)
    if value.ndim != 1:
        raise ValueError("a chart takes one number to a period")
    if denominators is None:
        return value, float("inf")
    cases = np.asarray(denominators, dtype=float)
    if cases.shape != value.shape:
        raise ValueError("values and denominators must be one number each to a period")
    if np.any(value < 0) or np.any(value > cases):
        raise ValueError("values must lie between 0 and the denominators")
    return np.divide(value, cases, out=np.full(len(value), np.nan), where=cases > 0), 1.0


def _known(cases: Floats) -> int:
    return int(np.count_nonzero(~np.isnan(cases)))


def _reason(points: int, cases: Floats | None, unit: str) -> str:
    """Why a series can have no limits; empty if it can."""
    if points < LEAST_POINTS:
        return f"{points} points with a value; limits need {LEAST_POINTS}"
    if cases is not None and np.nanmedian(cases) < LEAST_CASES:
        return f"the median {unit} has {np.nanmedian(cases):g} cases; limits of a rate need {LEAST_CASES}"
    return ""


def _mean_range(value: Floats) -> float:
    ranges = np.abs(np.diff(value))
    ranges = ranges[~np.isnan(ranges)]
    if not len(ranges):
        return float("nan")
    return float(ranges[ranges <= RANGE_FACTOR * ranges.mean()].mean())


def _rules(value: Floats, mean: float, reach: float) -> tuple[tuple[str, ...], ...]:
    offset = np.nan_to_num(value - mean)  # a gap is on no side, so that it ends every run
    # A mean of equal numbers can miss them by a rounding error, which must not look like a side.
    offset = np.where(np.isclose(offset, 0, rtol=0, atol=1e-12 * max(1.0, abs(mean))), 0, offset)
    near = np.where(np.abs(offset) > 2 / 3 * reach, np.sign(offset), 0)
    met = {
        BEYOND: np.abs(offset) > reach,
        SHIFT: _in_run(np.sign(offset), RUN),
        TREND: _in_trend(value),
        TWO_OF_THREE: _in_two_of_three(near, 1) | _in_two_of_three(near, -1),
    }
    return tuple(tuple(rule for rule, points in met.items() if points[at]) for at in range(len(value)))


def _in_run(side: Floats, length: int) -> NDArray[np.bool_]:
    """Points that are part of so many neighbours of one sign; 0 is no sign."""
    inside = np.zeros(len(side), dtype=bool)
    for start in range(len(side) - length + 1):
        if abs(side[start : start + length].sum()) == length:
            inside[start : start + length] = True
    return inside


def _in_trend(value: Floats) -> NDArray[np.bool_]:
    """Points that are part of seven that rise, or fall, one after another."""
    steps = _in_run(np.sign(np.nan_to_num(np.diff(value))), RUN - 1)
    inside = np.zeros(len(value), dtype=bool)
    inside[:-1] |= steps
    inside[1:] |= steps
    return inside


def _in_two_of_three(near: Floats, side: int) -> NDArray[np.bool_]:
    """Points in the outer third of one side, or beyond, that have another one among three neighbours."""
    there = near == side
    inside = np.zeros(len(near), dtype=bool)
    for gap in (1, 2):
        both = there[:-gap] & there[gap:]
        inside[:-gap] |= both
        inside[gap:] |= both
    return inside
