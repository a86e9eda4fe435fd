"""How soon cases take their next step, where they may leave in another way, be still open, or be seen only later on.

Whole counts by day in, a curve out. Which cases are at risk of which step, and from when, is settled by the caller.
The formulas, a worked example and how often the bands cover: docs/methods/time-to-next-stage.md.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attrition.stats.proportion import normal_quantile

LEAST_AT_RISK = 20  # a curve is not read beyond the last day with so many cases at risk

_ROUNDING = 1e-12  # far below the smallest step of a curve of millions of cases, far above what rounding adds up to
_STEEPEST = 700.0  # the largest power that exp can bear


@dataclass(frozen=True)
class Point:
    """A curve as it stands on one day; shares from 0 to 1.

    survival: the share that has not left by the end of the day
    incidence: per cause, the share that has left by it
    lower, upper: per cause, the limits of `incidence`; NaN where no case had been at risk yet
    """

    survival: float
    incidence: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Curve:
    """Cumulative incidence of each cause by day, for k listed days; shares from 0 to 1.

    days: the listed days of the cases' clocks, rising (k)
    at_risk: cases that could have left on that day (k)
    survival: share that has not left by the end of the day (k)
    incidence: share that has left by each cause by the end of the day (k, causes)
    lower, upper: pointwise limits of `incidence` (k, causes); NaN where no case had been at risk yet
    """

    days: NDArray[np.int64]
    at_risk: NDArray[np.int64]
    survival: NDArray[np.float64]
    incidence: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]

    def at(self, day: int) -> Point:
        """The curve at the end of `day`: as on the last listed day up to it, and before any as nobody had left."""
        row = int(np.searchsorted(self.days, day, side="right")) - 1
        if row < 0:
            causes = self.incidence.shape[1]
            unknown = (float("nan"),) * causes
            return Point(1.0, (0.0,) * causes, unknown, unknown)
        shares = (tuple(values[row].tolist()) for values in (self.incidence, self.lower, self.upper))
        return Point(float(self.survival[row]), *shares)


def cumulative_incidence(
    days: ArrayLike, entered: ArrayLike, events: ArrayLike, censored: ArrayLike, level: float = 0.95
) -> Curve:
    """The Aalen-Johansen estimate, with pointwise limits on the log-log scale.

    days: whole days of the cases' own clocks, from 0, rising (k)
    entered: cases that come under observation on each day (k)
    events: cases that leave on each day by each cause (k, causes)
    censored: cases last seen on each day without having left (k)
    level: of the limits, between 0 and 1

    A case that enters on day 0 is at risk on day 0; one that enters late, on day v, is at risk from day v + 1 on, so
    the caller has taken out those that had left by day v. A case censored on a day is at risk on that day. What happens
    on one day happens at once. A day on which nobody is at risk changes nothing.

    Limits where the share is still 0 or has come to 1 are Wilson's for the effective number of cases: the least, up to
    that day, of cases at risk divided by the share that had not left before; without censoring, the number of cases.

    Raises ValueError if the arrays do not fit each other, if a count is negative or not whole, if the days do not rise
    from 0, if more cases leave on a day than are at risk, or if the level is not between 0 and 1.

    Sources: Aalen and Johansen (1978), the estimate; Marubini and Valsecchi (1995), its variance; Choudhury (2002), the
    scale of the limits; Peto and others (1977), the effective number of cases.

    >>> curve = cumulative_incidence([0, 7, 9], [4, 0, 0], [[1, 0], [1, 1], [0, 0]], [0, 0, 1])
    >>> curve.incidence.tolist(), curve.survival.tolist()
    ([[0.25, 0.0], [0.5, 0.25], [0.5, 0.25]], [0.75, 0.25, 0.25])
    """
    z = normal_quantile(level)
    day, joined, left, unseen = _counts(days, entered, events, censored)
    gone = left.sum(axis=1)
    at_risk = _at_risk(day, joined, gone + unseen)
    risk = np.where(at_risk > 0, at_risk, 1).astype(float)
    survival = np.cumprod((risk - gone) / risk)
    before = np.concatenate(([1.0], survival[:-1]))[: len(day)]
    step = (before / risk)[:, None] * left
    incidence = np.cumsum(step, axis=0)
    incidence = np.where(incidence > 1 - _ROUNDING, 1.0, incidence)
    error = np.sqrt(_variance(risk, before, gone.astype(float), left.astype(float), step))
    lower, upper = _limits(incidence, error, _effective_cases(at_risk, before), z)
    return Curve(day, at_risk, survival, incidence, lower, upper)


def time_quantile(curve: Curve, cause: int, share: float, horizon: int) -> int | None:
    """The day by which `share` of the cases that leave by `cause` up to day `horizon` have done so.

    share: above 0, up to 1; 0.5 for the median
    None where nobody left by that cause up to the horizon.

    It is the first day on which the curve reaches `share` of its own height on the horizon, so cases that are still
    open are allowed for. It describes those who make the step within the horizon, not all cases.

    Raises ValueError if the share is not above 0 and up to 1.
    """
    if not 0 < share <= 1:
        raise ValueError(f"a share of cases lies above 0 and up to 1, and {share} does not; pass 0.5 for the median")
    height = curve.at(horizon).incidence[cause]
    if height == 0:
        return None
    # Two equal shares may differ in the last digit, since they are sums of different terms.
    reached = curve.incidence[:, cause] >= share * height * (1 - _ROUNDING)
    return int(curve.days[np.argmax(reached)])


def horizon(curve: Curve, least_at_risk: int = LEAST_AT_RISK) -> int | None:
    """The last listed day with at least `least_at_risk` cases at risk; None if there is no such day.

    Where cases enter late, there may be fewer before; see `Curve.at_risk`.
    """
    enough = np.flatnonzero(curve.at_risk >= least_at_risk)
    return int(curve.days[enough[-1]]) if enough.size else None


_Whole = NDArray[np.int64]


def _counts(
    days: ArrayLike, entered: ArrayLike, events: ArrayLike, censored: ArrayLike
) -> tuple[_Whole, _Whole, _Whole, _Whole]:
    day, joined, left, unseen = (np.asarray(values) for values in (days, entered, events, censored))
    if left.ndim != 2 or any(values.shape != left.shape[:1] for values in (day, joined, unseen)):
        raise ValueError(
            "days, entries and censorings are one number a day, events one row a day and one column a cause"
        )
    if any(values.size and values.dtype.kind not in "iu" for values in (day, joined, left, unseen)):
        raise ValueError("days and cases are whole numbers; pass integer arrays")
    whole = day.astype(np.int64), joined.astype(np.int64), left.astype(np.int64), unseen.astype(np.int64)
    if any(np.any(values < 0) for values in whole):
        raise ValueError("days and numbers of cases are not negative; take out cases whose dates are out of order")
    if np.any(np.diff(whole[0]) <= 0):
        raise ValueError("each day is listed once, in rising order; add up the cases of a day first")
    return whole


def _at_risk(day: _Whole, joined: _Whole, out: _Whole) -> _Whole:
    at_start = np.where(day == 0, joined, 0)
    at_risk = np.cumsum(joined) - joined + at_start - (np.cumsum(out) - out)
    if np.any(out > at_risk):
        raise ValueError(
            f"more cases leave on day {day[np.argmax(out > at_risk)]} than are at risk; a case that enters late "
            "is at risk only from the next day on, so take out those that left before"
        )
    return at_risk


def _variance(
    risk: NDArray[np.float64],
    before: NDArray[np.float64],
    gone: NDArray[np.float64],
    left: NDArray[np.float64],
    step: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The variance of each cumulative incidence (k, causes), in one pass.

    The published sums run over F(t) - F(s) for all pairs of days. When the curve rises by `step`, each difference does
    too, so the sums can be carried forward. That also spares the loss of digits of multiplying the squares out.
    """
    remain = risk - gone
    # After a day on which all leave, the curve stays put, and the day weighs nothing.
    spread = np.where(remain > 0, gone / (risk * np.where(remain > 0, remain, 1)), 0.0)[:, None]
    shared = np.where(remain > 0, before / risk**2, 0.0)[:, None] * left
    own = (before**2 / risk**3)[:, None] * left * (risk[:, None] - left)
    spread_before = _before(spread)
    slope = step * spread_before - shared
    growth = own + 2 * step * _before(slope) + step**2 * spread_before
    variance: NDArray[np.float64] = np.maximum(np.cumsum(growth, axis=0), 0.0)
    return variance


def _effective_cases(at_risk: _Whole, before: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many cases, all seen to the end, would leave as many at risk: the least up to each day; NaN before any."""
    seen = (at_risk > 0) & (before > 0)
    cases = np.where(seen, at_risk / np.where(seen, before, 1.0), np.inf)
    least = np.minimum.accumulate(cases)
    return np.where(np.isinf(least), np.nan, least)


def _limits(
    incidence: NDArray[np.float64], error: NDArray[np.float64], cases: NDArray[np.float64], z: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    within = (incidence > 0) & (incidence < 1)
    share = np.where(within, incidence, 0.5)
    width = np.exp(np.minimum(z * error / (share * -np.log(share)), _STEEPEST))
    edge = (z**2 / (cases + z**2))[:, None]  # Wilson's upper limit of none of these cases; 1 - edge is the lower of all
    lower = np.where(within, share**width, np.where(incidence == 0, edge * 0, 1 - edge))
    upper = np.where(within, share ** (1 / width), np.where(incidence == 0, edge, 1.0))
    return lower, upper


def _before(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The running sum over the earlier days alone, down the first axis."""
    total = np.zeros_like(values)
    np.cumsum(values[:-1], axis=0, out=total[1:])
    return total
