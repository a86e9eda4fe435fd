"""Whether units that do the same work differ by more than chance and ordinary variety: funnel limits for proportions.

Holds the limits and the verdict on each unit. Must not rank units, draw, or say why a unit differs. Method, worked
example and measured error rates: docs/methods/consistency.md.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from attrition.stats.proportion import wilson

LEAST_UNITS = 10
LEVELS = (0.95, 0.998)
WINSORISED = 0.1  # share of the units in each tail that do not weigh more than the next one

Floats = NDArray[np.float64]

TOO_FEW = "too few units"
NO_CASES = "no cases"
WITHIN = "within"


@dataclass(frozen=True)
class Consistency:
    """Units held against the rate of all of them together. Rates are proportions; arrays are in the order of the units.

    target: cases that progressed over cases, all units together; NaN without cases
    tau: standard deviation between units beyond chance, on the arcsine scale; 0 if chance explains the spread, NaN with
        fewer than ten units
    usual_low, usual_high: where the underlying rates of 95 % of such units lie (target ± 1.96 tau); equal if tau is 0
    rate: of each unit; NaN without cases
    interval_low, interval_high: Wilson's 95 % interval of each rate
    levels: of the limits, ascending
    low, high: limits, one row to a level, one column to a unit; NaN with fewer than ten units
    verdict: `within`, `beyond 95 %`, `beyond 99.8 %`, `too few units`, `no cases`
    direction: `above` or `below` the target where the verdict is beyond a limit, else empty
    """

    target: float
    tau: float
    usual_low: float
    usual_high: float
    rate: Floats
    interval_low: Floats
    interval_high: Floats
    levels: tuple[float, ...]
    low: Floats
    high: Floats
    verdict: tuple[str, ...]
    direction: tuple[str, ...]


def funnel_limits(progressed: ArrayLike, cases: ArrayLike, levels: tuple[float, ...] = LEVELS) -> Consistency:
    """Limits around the common rate within which each unit's rate should lie, and which units lie beyond them.

    progressed, cases: counts of each unit, 0 <= progressed <= cases, same length
    levels: of the limits, ascending proportions

    Spiegelhalter's funnel with additive random effects on the arcsine-square-root scale, with Anscombe's correction
    for small counts. The spread between units is estimated from winsorised scores, so that a unit that stands out does
    not widen its own limits; where there is such a spread the limits use Student's t, since it is an estimate.
    With fewer than ten units that have cases: Wilson intervals only.

    Raises ValueError where counts do not fit together.

    Sources: Spiegelhalter (2005), Funnel plots for comparing institutional performance; Spiegelhalter (2005), Handling
    over-dispersion of performance indicators; Anscombe (1948), The transformation of Poisson, binomial and
    negative-binomial data; Paule and Mandel (1982), Consensus values and weighting factors; Tukey and McLaughlin
    (1963), Less vulnerable confidence and significance procedures for location.
    """
    done, entered = _counts(progressed, cases)
    has_cases = entered > 0
    rate = np.divide(done, entered, out=np.full(len(done), np.nan), where=has_cases)
    interval_low, interval_high = wilson(done, entered)
    total = float(entered.sum())
    target = float(done.sum()) / total if total else float("nan")
    enough = int(has_cases.sum()) >= LEAST_UNITS
    tau = between_units(done[has_cases], entered[has_cases]) if enough else float("nan")
    low, high = limits_at(target, tau, entered, int(has_cases.sum()), levels)
    usual_low, usual_high = _shares(target, 1.959964 * tau)
    verdict, direction = _verdicts(done, entered, target, tau, int(has_cases.sum()), levels)
    return Consistency(
        target=target,
        tau=tau,
        usual_low=usual_low,
        usual_high=usual_high,
        rate=rate,
        interval_low=interval_low,
        interval_high=interval_high,
        levels=tuple(levels),
        low=low,
        high=high,
        verdict=verdict,
        direction=direction,
    )


def limits_at(
    target: float, tau: float, cases: ArrayLike, units: int, levels: tuple[float, ...] = LEVELS
) -> tuple[Floats, Floats]:
    """Lower and upper limits at any number of cases, for the curves of a chart: one row to a level.

    target, tau: as in Consistency
    cases: numbers of cases; where 0 the limits are NaN
    units: with cases, from which tau was estimated
    """
    entered = np.asarray(cases, dtype=float)
    entered = np.where(entered > 0, entered, np.nan)
    width = np.sqrt(_sampling_variance(entered) + tau**2)
    reach = _quantiles(tau, units, levels)[:, None] * width
    centre = np.arcsin(np.sqrt(target))
    return _rates(centre - reach, entered), _rates(centre + reach, entered)


def between_units(progressed: ArrayLike, cases: ArrayLike) -> float:
    """Standard deviation between units beyond chance (tau), on the arcsine scale; 0 if they are not over-dispersed.

    The tau at which the mean square of the winsorised scores is what it would be if the units differed by just that.

    progressed, cases: counts of units that have cases
    """
    from scipy.optimize import brentq

    done, entered = _counts(progressed, cases)
    target = done.sum() / entered.sum()
    if not 0 < target < 1:
        return 0.0
    distance = _transformed(done, entered) - np.arcsin(np.sqrt(target))
    units, tail = len(done), int(WINSORISED * len(done))
    # One unit's worth of variance goes into the common rate, which the units themselves make up.
    expected = _winsorised_square(units, tail) * (units - 1) / units

    def excess(variance: float) -> float:
        scores = np.sort(distance / np.sqrt(_sampling_variance(entered) + variance))
        return float(np.mean(np.clip(scores, scores[tail], scores[units - tail - 1]) ** 2) - expected)

    # No unit is further than a right angle from another, so that no larger variance can be the answer.
    widest = (np.pi / 2) ** 2 / expected
    return float(np.sqrt(brentq(excess, 0.0, widest, xtol=1e-12))) if excess(0.0) > 0 else 0.0


def _counts(progressed: ArrayLike, cases: ArrayLike) -> tuple[Floats, Floats]:
    done, entered = np.asarray(progressed, dtype=float), np.asarray(cases, dtype=float)
    if done.shape != entered.shape or done.ndim != 1:
        raise ValueError("progressed and cases must be one number each to a unit")
    if np.any(done < 0) or np.any(done > entered):
        raise ValueError("progressed must lie between 0 and cases in every unit")
    return done, entered


def _sampling_variance(cases: Floats) -> Floats:
    return 1 / (4 * cases + 2)


def _transformed(progressed: Floats, cases: Floats) -> Floats:
    return np.arcsin(np.sqrt((progressed + 0.375) / (cases + 0.75)))


def _rates(angle: Floats, cases: Floats) -> Floats:
    """The rate at which a unit of so many cases stands exactly at an angle; cut to 0..1."""
    share = np.sin(np.clip(angle, 0, np.pi / 2)) ** 2
    return np.clip((share * (cases + 0.75) - 0.375) / cases, 0, 1)


def _shares(target: float, reach: float) -> tuple[float, float]:
    low, high = np.sin(np.clip(np.arcsin(np.sqrt(target)) + np.array([-reach, reach]), 0, np.pi / 2)) ** 2
    return float(low), float(high)


def _quantiles(tau: float, units: int, levels: tuple[float, ...]) -> Floats:
    """How many standard deviations a limit is away: normal, or Student's t where tau is an estimate above 0."""
    from scipy.stats import norm, t

    upper = (1 + np.asarray(levels)) / 2
    freedom = units - 2 * int(WINSORISED * units) - 1
    return np.asarray(t.ppf(upper, freedom) if tau > 0 else norm.ppf(upper), dtype=float)


@cache
def _winsorised_square(units: int, tail: int) -> float:
    """Mean square of so many standard normal scores when the `tail` outermost on each side are pulled to the next one."""
    from scipy.stats import binom, norm

    score = np.linspace(-8, 8, 1601)
    below = norm.cdf(score)
    kept = np.arange(tail, units - tail)
    density = units * binom.pmf(kept[:, None], units - 1, below) * norm.pdf(score)
    square = np.trapezoid(density * score**2, score, axis=1)
    return float((square.sum() + tail * (square[0] + square[-1])) / units)


def _verdicts(
    progressed: Floats, cases: Floats, target: float, tau: float, units: int, levels: tuple[float, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if units < LEAST_UNITS:
        return tuple(TOO_FEW if entered else NO_CASES for entered in cases), ("",) * len(cases)
    distance = _transformed(progressed, cases) - np.arcsin(np.sqrt(target))
    score = distance / np.sqrt(_sampling_variance(cases) + tau**2)
    passed = np.abs(score) > _quantiles(tau, units, levels)[:, None]
    words = (WITHIN, *(f"beyond {100 * level:g} %" for level in levels))
    verdict = tuple(
        words[beyond] if entered else NO_CASES for beyond, entered in zip(passed.sum(0), cases, strict=True)
    )
    side = np.where(score > 0, "above", "below")
    return verdict, tuple(
        str(way) if word.startswith("beyond") else "" for way, word in zip(side, verdict, strict=True)
    )
