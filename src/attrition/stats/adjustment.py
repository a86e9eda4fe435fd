"""The group against the other arm with like compared with like: within strata, then over them.

Counts in, ratios, rates and intervals out; no tables, no files, no sentences. Formulas, reasons and measured coverage:
docs/methods/disparity.md.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from attrition.stats.disparity import BoolArray, Patterns
from attrition.stats.two_rates import (
    Difference,
    FloatArray,
    IntArray,
    Ratio,
    Side,
    difference_of,
    log_interval,
    ratio_of,
)

_LEAST_CRIMES = 2  # in each arm of a stratum: one crime alone does not tell how much its rate varies


@dataclass(frozen=True)
class Standardised:
    """Rates of both arms if both had the same mix of strata, and how they compare.

    share_covered: share of the group's cases that lie in the strata used; None where the group has no cases
    strata_used: how many strata were used
    group_rate, others_rate: standardised rates, proportions
    relative, difference: of the group's standardised rate against the other arm's

    The last four are None where too small a share is covered; relative also where a standardised rate is 0.
    """

    share_covered: float | None
    strata_used: int
    group_rate: float | None
    others_rate: float | None
    relative: Ratio | None
    difference: Difference | None


@dataclass(frozen=True, eq=False)
class _Strata:
    """Totals of each stratum; `of` gives the stratum of each pattern."""

    of: IntArray
    n1: FloatArray
    x1: FloatArray
    n0: FloatArray
    x0: FloatArray
    crimes1: FloatArray
    crimes0: FloatArray


def mantel_haenszel(patterns: Patterns, level: float = 0.95) -> Ratio | None:
    """The relative rate common to all strata: Mantel and Haenszel's, with the variance of Greenland and Robins (1985).

    patterns: the crimes of one step
    level: of the interval, between 0 and 1

    None where an arm has no case that progressed in a stratum with cases of both arms. Strata with one arm only tell
    nothing and do not count. The published variance takes cases as independent; it is multiplied by the design effect
    of the crude relative rate (Rao and Scott 1992), never less than 1 and exactly 1 with one case a crime.
    """
    strata = _strata(patterns)
    total = strata.n1 + strata.n0
    weights = strata.n1 * strata.n0 / total
    for_group = float((strata.x1 * strata.n0 / total).sum())
    for_others = float((strata.x0 * strata.n1 / total).sum())
    if for_group <= 0 or for_others <= 0:
        return None
    # Rounding must not lift a rate of 1 above itself.
    rates = min(1.0, for_group / float(weights.sum())), min(1.0, for_others / float(weights.sum()))
    spread = strata.n1 * strata.n0 * (strata.x1 + strata.x0) - strata.x1 * strata.x0 * total
    design, parts, cases = _crude(patterns, (weights > 0)[strata.of])
    variance = design * float((spread / total**2).sum()) / (for_group * for_others)
    # Each arm has its part of the variance as it has of the crude one.
    sizes = [
        (1 - rate) / (rate * variance * part / sum(parts)) if variance > 0 and part > 0 and rate < 1 else count / design
        for rate, part, count in zip(rates, parts, cases, strict=True)
    ]
    error = math.sqrt(variance) if variance > 0 and min(parts) > 0 else None
    return log_interval(rates, (sizes[0], sizes[1]), error, level)


def standardised(patterns: Patterns, least: int = 10, least_share: float = 0.8, level: float = 0.95) -> Standardised:
    """Direct standardisation: the rates of both arms over the strata, weighted by the cases of both arms together.

    patterns: the crimes of one step
    least: a stratum is used if each arm has as many cases in it or more, of two crimes or more
    least_share: figures are withheld if the strata used hold a smaller share of the group's cases
    level: of the intervals, between 0 and 1

    Standard errors are clustered on crime within stratum; each arm's carry C / (C - 1) for its C crimes in the stratum.
    """
    strata = _strata(patterns)
    used = (np.minimum(strata.n1, strata.n0) >= max(least, 1)) & (
        np.minimum(strata.crimes1, strata.crimes0) >= _LEAST_CRIMES
    )
    of_group = float(strata.n1.sum())
    share = float(strata.n1[used].sum()) / of_group if of_group else None
    count = int(used.sum())
    if share is None or share < least_share or not count:
        return Standardised(share, count, None, None, None, None)
    weights = np.where(used, strata.n1 + strata.n0, 0.0)
    weights /= weights.sum()
    inside = used[strata.of]
    crimes = patterns.crimes[inside]
    of = strata.of[inside]
    one = _side(weights, of, crimes, patterns.n1[inside], patterns.x1[inside], strata.n1, strata.x1, strata.crimes1)
    two = _side(weights, of, crimes, patterns.n0[inside], patterns.x0[inside], strata.n0, strata.x0, strata.crimes0)
    return Standardised(
        share, count, one.rate, two.rate, ratio_of(one, two, crimes, level), difference_of(one, two, crimes, level)
    )


# Both adjustments of one comparison ask for the same counts, one after the other.
@lru_cache(maxsize=1)
def _strata(patterns: Patterns) -> _Strata:
    codes, of = np.unique(patterns.stratum, return_inverse=True)

    def total(cases: IntArray | BoolArray) -> FloatArray:
        return np.bincount(of, weights=patterns.crimes * cases, minlength=len(codes)).astype(np.float64)

    return _Strata(
        of,
        total(patterns.n1),
        total(patterns.x1),
        total(patterns.n0),
        total(patterns.x0),
        total(patterns.n1 > 0),
        total(patterns.n0 > 0),
    )


def _crude(patterns: Patterns, inside: BoolArray) -> tuple[float, tuple[float, float], tuple[int, int]]:
    """Design effect of the crude logarithmic relative rate, its unclustered variance by arm, and the cases of each arm.

    Both arms have cases that progressed. The design effect is 1 where it cannot be told.
    """
    crimes = patterns.crimes[inside]
    n1, x1, n0, x0 = (column[inside] for column in (patterns.n1, patterns.x1, patterns.n0, patterns.x0))
    cases = int(crimes @ n1), int(crimes @ n0)
    progressed = int(crimes @ x1), int(crimes @ x0)
    parts = 1 / progressed[0] - 1 / cases[0], 1 / progressed[1] - 1 / cases[1]
    deviation = x1 / progressed[0] - n1 / cases[0] - x0 / progressed[1] + n0 / cases[1]
    design = max(1.0, float(crimes @ deviation**2) / sum(parts)) if sum(parts) > 0 else 1.0
    return design, parts, cases


def _side(
    weights: FloatArray,
    of: IntArray,
    crimes: IntArray,
    n: IntArray,
    x: IntArray,
    cases: FloatArray,
    progressed: FloatArray,
    clusters: FloatArray,
) -> Side:
    """One arm's standardised rate; n and x by pattern, cases, progressed and clusters (its crimes) by stratum."""
    rates = progressed[of] / cases[of]
    share = weights[of] / cases[of]
    factor = np.sqrt(clusters[of] / (clusters[of] - 1))
    used = weights > 0
    return Side(
        rate=min(1.0, float(weights[used] @ (progressed[used] / cases[used]))),  # not above 1 by rounding
        residual=share * factor * (x - rates * n),
        cases=int(crimes @ n),
        least_size=1 / float(crimes @ (share * n) ** 2),
    )
