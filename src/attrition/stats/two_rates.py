"""The ratio and the difference of two rates, with intervals that allow for cases of one crime being alike.

A rate comes with what each crime adds to its deviation, so that crude and standardised rates are treated alike. Numbers
in, numbers out; what the rates are of, this module does not know. Formulas: docs/methods/disparity.md.
"""

import math
import statistics
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

NOTHING = 1e-15  # what rounding leaves of a zero


@dataclass(frozen=True)
class Ratio:
    """The group's rate over the other arm's, with its confidence limits.

    low, high, log_error: None where the sample shows no variation from which to take them. log_error is the standard
    error of the ratio's natural logarithm.
    """

    value: float
    low: float | None
    high: float | None
    log_error: float | None


@dataclass(frozen=True)
class Difference:
    """The group's rate less the other arm's, as a proportion, with its confidence limits.

    error: the standard error, None where it cannot be estimated. The limits are not made from it: see
    docs/methods/disparity.md.
    """

    value: float
    low: float
    high: float
    error: float | None


@dataclass(frozen=True, eq=False)
class Side:
    """A rate of one arm as a sum over crimes; what the intervals of crude and of standardised rates are made from.

    rate: a proportion
    residual: for each pattern, what one such crime adds to the deviation of the rate
    cases: cases that the rate rests on
    least_size: effective number of cases if all cases of a crime always ended alike
    """

    rate: float
    residual: FloatArray
    cases: int
    least_size: float


def ratio_of(one: Side, two: Side, crimes: IntArray, level: float) -> Ratio | None:
    """The ratio of two rates with its logarithmic interval; None where one of them is 0.

    crimes: how many crimes stand behind each element of the residuals
    """
    if one.rate <= 0 or two.rate <= 0:
        return None
    value = one.rate / two.rate
    if not (_varies(one) and _varies(two)):
        return Ratio(value, None, None, None)
    variance = float(crimes @ (one.residual / one.rate - two.residual / two.rate) ** 2)
    return log_interval(value, variance, level)


def log_interval(value: float, variance: float, level: float) -> Ratio:
    """A ratio with the interval that is symmetric on the logarithmic scale; without one where the variance is 0."""
    if variance <= 0:
        return Ratio(value, None, None, None)
    error = math.sqrt(variance)
    reach = math.exp(_quantile(level) * error)
    return Ratio(value, value / reach, value * reach, error)


def difference_of(one: Side, two: Side, crimes: IntArray, level: float) -> Difference:
    """The difference of two rates, with Newcombe's interval on effective numbers of cases.

    crimes: how many crimes stand behind each element of the residuals
    """
    variances = [float(crimes @ side.residual**2) for side in (one, two)]
    shared = float(crimes @ (one.residual * two.residual))
    error = math.sqrt(float(crimes @ (one.residual - two.residual) ** 2))
    correlation = shared / math.sqrt(variances[0] * variances[1]) if min(variances) > 0 else 0.0
    rates = np.array([one.rate, two.rate])
    low, high = _wilson(rates, np.array([_size(one, variances[0]), _size(two, variances[1])]), level)
    value = one.rate - two.rate

    def reach(first: float, second: float) -> float:
        return math.sqrt(max(0.0, first**2 + second**2 - 2 * correlation * first * second))

    return Difference(
        value,
        max(-1.0, value - reach(one.rate - low[0], high[1] - two.rate)),
        min(1.0, value + reach(high[0] - one.rate, two.rate - low[1])),
        error if _varies(one) and _varies(two) else None,
    )


def _varies(side: Side) -> bool:
    return 0 < side.rate < 1 and bool((np.abs(side.residual) > NOTHING).any())


def _size(side: Side, variance: float) -> float:
    """Effective number of cases: that of independent cases whose rate would vary as this one does."""
    if not _varies(side) or variance <= 0:
        return side.least_size
    return min(float(side.cases), side.rate * (1 - side.rate) / variance)


def _wilson(rates: FloatArray, sizes: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(rates * sizes, sizes, alpha=1 - level, method="wilson")
    return np.asarray(low), np.asarray(high)


def _quantile(level: float) -> float:
    return statistics.NormalDist().inv_cdf((1 + level) / 2)
