"""Intervals for counts of cases: Byar's approximation, and Garwood's exact interval for fewer than five.

Counts in, limits out; a rate divides both limits by the same denominator. Why this interval, and how often it covers:
docs/methods/intervals.md.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attrition.stats.proportion import check_level, normal_quantile

EXACT_BELOW = 5  # Byar's lower limit drifts from the exact one at very small counts


def count_interval(counts: ArrayLike, level: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper limit of the expected number behind each count, taken as a Poisson count.

    counts: whole numbers from 0; NaN where the count is not known
    level: the share of such intervals that should hold the true expectation, between 0 and 1

    Returns two arrays of the shape of `counts`, in cases; NaN where the count is NaN. The lower limit of 0 is 0.

    Raises ValueError if a count is negative or not whole, or if the level is not between 0 and 1.

    Sources: Garwood (1936), Fiducial limits for the Poisson distribution; Byar's approximation as given by Breslow and
    Day (1987), Statistical methods in cancer research, volume II.

    >>> lower, upper = count_interval([0, 4, 100])
    >>> lower.round(2).tolist(), upper.round(2).tolist()
    ([0.0, 1.09, 81.36], [3.69, 10.24, 121.63])
    """
    check_level(level)
    count = np.asarray(counts, dtype=float)
    if np.any(count < 0) or np.any(count != np.floor(count), where=~np.isnan(count)):
        raise ValueError("a count is a whole number from 0; pass numbers of cases, not rates")
    lower, upper = np.full(count.shape, np.nan), np.full(count.shape, np.nan)
    few, many = count < EXACT_BELOW, count >= EXACT_BELOW
    lower[few], upper[few] = _garwood(count[few], level)
    lower[many], upper[many] = _byar(count[many], level)
    return lower, upper


def _garwood(count: NDArray[np.float64], level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from statsmodels.stats.rates import confint_poisson

    if not count.size:
        return count, count
    lower, upper = confint_poisson(count, 1, method="exact-c", alpha=1 - level)
    return np.where(count == 0, 0.0, lower), upper


def _byar(count: NDArray[np.float64], level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    z = normal_quantile(level)
    above = count + 1
    lower = count * np.maximum(1 - 1 / (9 * count) - z / (3 * np.sqrt(count)), 0) ** 3
    upper = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    return lower, upper
