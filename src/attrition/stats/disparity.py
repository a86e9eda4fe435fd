"""How often the cases of one group progress at a step of the funnel, against the cases of another arm.

Counts in, rates, ratios, intervals and flags out; no tables, no files, no sentences. Like is compared with like in
`adjustment`, and said in words in `disparity_wording`. Formulas, reasons and measured coverage: docs/methods/disparity.md.
"""

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from attrition.stats.two_rates import NOTHING, Difference, FloatArray, IntArray, Ratio, Side, difference_of, ratio_of

BoolArray = npt.NDArray[np.bool_]

LEAST_CRIMES = 10  # in each arm: fewer crimes cannot tell how alike the cases of one crime are
LEAST_EXPECTED = 5  # progressed, and not progressed, in each arm: below, the normal approximation fails


@dataclass(frozen=True, eq=False)
class Patterns:
    """The crimes of one step, counted by what happened in them; one-dimensional arrays of whole numbers, equally long.

    stratum: code of the stratum (offence group, area and quarter) that the crimes lie in
    n1, x1: cases of the group in one such crime, and how many of them progressed
    n0, x0: the same for the other arm
    crimes: how many crimes of the stratum show this pattern

    Crimes are the clusters. A crime with cases in two strata stands in both and counts as two clusters. Rows without
    cases or without crimes are dropped. ValueError: not whole numbers, negative, unequally long, or more progressed
    than there are cases.
    """

    stratum: IntArray
    n1: IntArray
    x1: IntArray
    n0: IntArray
    x0: IntArray
    crimes: IntArray

    def __post_init__(self) -> None:
        columns = {field.name: _whole(field.name, getattr(self, field.name)) for field in fields(self)}
        if len({len(column) for column in columns.values()}) != 1:
            raise ValueError("the arrays of Patterns must be equally long")
        if any((columns[name] < 0).any() for name in ("n1", "x1", "n0", "x0", "crimes")):
            raise ValueError("counts must not be negative")
        if (columns["x1"] > columns["n1"]).any() or (columns["x0"] > columns["n0"]).any():
            raise ValueError("more cases progressed than there are")
        used = (columns["crimes"] > 0) & (columns["n1"] + columns["n0"] > 0)
        for name, column in columns.items():
            object.__setattr__(self, name, column[used])


@dataclass(frozen=True)
class Arm:
    """One side of a comparison.

    crimes: crimes with a case in it
    rate: progressed / cases, a proportion; None without cases
    """

    cases: int
    progressed: int
    crimes: int
    rate: float | None


@dataclass(frozen=True)
class Comparison:
    """One group against the other arm at one step.

    relative: None where an arm has no cases, or none that progressed
    difference: None where an arm has no cases
    p_value: two-sided, of the score test that the rates are the same; None where all or none of the cases progressed,
        an arm has no cases, or no crime tells the arms apart
    level: of the intervals, such as 0.95
    """

    group: Arm
    others: Arm
    relative: Ratio | None
    difference: Difference | None
    p_value: float | None
    level: float


@dataclass(frozen=True, eq=False)
class Family:
    """Which members of one family of comparisons stand out, in the order given.

    flagged: the false discovery rate is held and the counts are large enough
    adjusted: Benjamini-Hochberg p-values; a member with too few cases entered with p = 1
    """

    flagged: BoolArray
    adjusted: FloatArray


def compare(patterns: Patterns, level: float = 0.95) -> Comparison:
    """Compares the group's rate with the other arm's, without regard to strata.

    patterns: the crimes of one step
    level: of the intervals, between 0 and 1

    Standard errors are clustered on crime and carry the factor C / (C - 1) for C crimes. The relative rate has the
    logarithmic interval (Katz and others 1978), the difference Newcombe's interval (1998, method 10) on effective
    numbers of cases with the covariance of the arms (Zou and Donner 2008), the p-value is `score_p_value`.
    """
    group, others = _arm(patterns.n1, patterns.x1, patterns.crimes), _arm(patterns.n0, patterns.x0, patterns.crimes)
    if group.rate is None or others.rate is None:
        return Comparison(group, others, None, None, None, level)
    crimes = int(patterns.crimes.sum())
    factor = crimes / (crimes - 1) if crimes > 1 else 1.0
    one, two = (
        Side(
            arm.rate or 0.0,
            math.sqrt(factor) * (progressed - (arm.rate or 0.0) * cases) / arm.cases,
            arm.cases,
            arm.cases**2 / float(patterns.crimes @ cases**2),
        )
        for arm, cases, progressed in ((group, patterns.n1, patterns.x1), (others, patterns.n0, patterns.x0))
    )
    return Comparison(
        group,
        others,
        ratio_of(one, two, patterns.crimes, level),
        difference_of(one, two, patterns.crimes, level),
        score_p_value(patterns),
        level,
    )


def score_p_value(patterns: Patterns) -> float | None:
    """Two-sided p-value of the score test that both arms have the same rate, allowing for crimes with several cases.

    None where all or none of the cases progressed, an arm has no cases, or each crime falls on both arms alike.

    The variance under the pooled rate has two parts: what single cases contribute is taken from the binomial
    distribution, what the cases of one crime share is taken from the data. With one case a crime this is the
    two-proportion z test with pooled variance.
    """
    total1, total0 = int(patterns.crimes @ patterns.n1), int(patterns.crimes @ patterns.n0)
    progressed1, progressed0 = int(patterns.crimes @ patterns.x1), int(patterns.crimes @ patterns.x0)
    progressed, total = progressed1 + progressed0, total1 + total0
    if total1 == 0 or total0 == 0 or progressed in (0, total):
        return None
    pooled = progressed / total
    deviation = (patterns.x1 - pooled * patterns.n1) / total1 - (patterns.x0 - pooled * patterns.n0) / total0
    among_crimes = float(patterns.crimes @ deviation**2)
    # Squared deviations of single cases. A small group's own are a poor guide to its variance: with none progressed
    # they all but vanish, and the test would then find a difference far too easily.
    among_cases = sum(
        (x * (1 - pooled) ** 2 + (n - x) * pooled**2) / n**2 for x, n in ((progressed1, total1), (progressed0, total0))
    )
    variance = pooled * (1 - pooled) * (1 / total1 + 1 / total0) + among_crimes - among_cases
    if variance <= 0:
        variance = among_crimes
    if variance <= NOTHING:
        return None
    z = (progressed1 / total1 - progressed0 / total0) / math.sqrt(variance)
    return math.erfc(abs(z) / math.sqrt(2))


def enough(comparison: Comparison) -> bool:
    """Whether the counts can carry a verdict.

    In each arm: cases of at least 10 crimes (so at least 10 cases), and at least 5 cases expected to progress and 5
    expected not to progress under the pooled rate.
    """
    group, others = comparison.group, comparison.others
    if min(group.crimes, others.crimes) < LEAST_CRIMES:
        return False
    smaller, total = min(group.cases, others.cases), group.cases + others.cases
    progressed = group.progressed + others.progressed
    # In whole numbers, since a proportion would round a count that is just enough to one that is not.
    return smaller * min(progressed, total - progressed) >= LEAST_EXPECTED * total


def flag_family(p_values: npt.ArrayLike, enough_counts: npt.ArrayLike, alpha: float = 0.05) -> Family:
    """Flags the members of one family of comparisons, holding the false discovery rate (Benjamini and Hochberg 1995).

    p_values: one for each member; NaN or None where there is none
    enough_counts: for each member, whether its counts can carry a verdict (`enough`)
    alpha: the false discovery rate, between 0 and 1

    A family is fixed beforehand: all groups of one dimension, all steps, one publication. A member with too few cases
    or without a p-value stays in it with p = 1 and is never flagged, so that nobody makes a family smaller by looking
    at its counts. ValueError: the two are not equally long.
    """
    from statsmodels.stats.multitest import multipletests

    given = np.array(p_values, dtype=np.float64)
    counted = np.array(enough_counts, dtype=np.bool_)
    if given.shape != counted.shape:
        raise ValueError("as many p-values as verdicts on the counts are needed")
    if given.size == 0:
        return Family(counted, given)
    counted &= ~np.isnan(given)
    rejected, adjusted, _, _ = multipletests(np.where(counted, given, 1.0), alpha=alpha, method="fdr_bh")
    return Family(np.asarray(rejected) & counted, np.asarray(adjusted, dtype=np.float64))


def _whole(name: str, values: npt.ArrayLike) -> IntArray:
    given = np.asarray(values)
    if given.size == 0:
        return np.zeros(0, dtype=np.int64)
    if given.ndim != 1:
        raise ValueError(f"{name} must have one dimension")
    if given.dtype.kind not in "iu":
        # Sums come out of SQL as decimals or as floating point numbers.
        given = given.astype(np.float64)
        if not (np.isfinite(given) & (given == np.rint(given))).all():
            raise ValueError(f"{name} must hold whole numbers")
    return given.astype(np.int64)


def _arm(cases: IntArray, progressed: IntArray, crimes: IntArray) -> Arm:
    total, reached = int(crimes @ cases), int(crimes @ progressed)
    return Arm(total, reached, int(crimes[cases > 0].sum()), reached / total if total else None)
