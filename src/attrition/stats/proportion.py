"""Intervals for proportions (Wilson), and what counts as a small denominator.

Counts in, limits out. No suppression and no rounding: those are decided where figures are published.
Why this interval, and how often it covers: docs/methods/intervals.md.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def wilson(
    successes: ArrayLike, trials: ArrayLike, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper limit of each proportion successes / trials, by Wilson's score method.

    successes, trials: counts, 0 <= successes <= trials; they are broadcast against each other
    level: the share of such intervals that should hold the true proportion, between 0 and 1

    Returns two arrays of the common shape, as shares from 0 to 1. Both are NaN where there are no trials or where a
    count is NaN. The lower limit is exactly 0 where nothing succeeded, the upper exactly 1 where everything did.

    Raises ValueError if a count is negative, if successes exceed trials or if the level is not between 0 and 1.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.

    >>> lower, upper = wilson([0, 8, 0], [10, 20, 0])
    >>> lower.round(3).tolist(), upper.round(3).tolist()
    ([0.0, 0.219, nan], [0.278, 0.613, nan])
    """
    from statsmodels.stats.proportion import proportion_confint

    check_level(level)
    count, total = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(trials, dtype=float))
    if np.any(count < 0) or np.any(count > total):
        raise ValueError("successes must lie between 0 and the trials; pass counts of the same cases")
    known = (total > 0) & ~np.isnan(count)
    lower, upper = np.full(count.shape, np.nan), np.full(count.shape, np.nan)
    if known.any():
        lower[known], upper[known] = proportion_confint(count[known], total[known], alpha=1 - level, method="wilson")
    # Rounding leaves some 1e-17 where the limit is a whole number.
    lower[known & (count == 0)] = 0.0
    upper[known & (count == total)] = 1.0
    return lower, upper


def normal_quantile(level: float) -> float:
    """How many standard errors a two-sided interval of this level reaches to each side; 1.96 at 0.95.

    Raises ValueError if the level is not between 0 and 1.
    """
    from scipy.special import ndtri

    check_level(level)
    return float(-ndtri((1 - level) / 2))


def check_level(level: float) -> None:
    """Raises ValueError if the level of an interval is not between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"the level of an interval lies between 0 and 1, and {level} does not; pass 0.95 for 95 %")
