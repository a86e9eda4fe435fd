"""Whether a pilot worked: one area before and after, and against the other areas (difference in differences).

Holds the estimates, placebo pilots and what may be concluded from them. Must not choose the area or the start, nor read
flags that are set after the fact. Method, worked example and measured coverage: docs/methods/did-it-work.md.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEAST_PLACEBOS = 19  # with fewer, even the largest of all estimates would be no rarer than 1 in 20
LEAST_OTHERS = 3  # with two, one drifts against one other: at worst 86 % of intervals held the truth
LEAST_QUARTERS = 2  # on each side of a start
FEW_CASES = 10
ERROR = 0.05

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


@dataclass(frozen=True)
class BeforeAndAfter:
    """One area's share of cases that progressed, before and after a start. What else changed then is in it too.

    before, after: proportions; None without cases
    cases_before, cases_after: what they rest on
    difference: after - before; low, high: its 95 % interval (Newcombe's), for independent cases
    reason: why there is no difference; empty where there is
    """

    before: float | None
    after: float | None
    cases_before: int
    cases_after: int
    difference: float | None
    low: float | None
    high: float | None
    reason: str


@dataclass(frozen=True)
class Placebo:
    """A pilot that never was: an area and the index of the quarter in which it is taken to have begun."""

    area: int
    start: int
    estimate: float


@dataclass(frozen=True)
class PilotResult:
    """What the pilot area gained on the other areas. Rates are proportions; an estimate of 0.08 is 8 points.

    estimate: (pilot after - pilot before) - (others after - others before); None where a side has no cases
    low, high: 95 % interval; None where none can be given
    p_value: share of the placebos, with the pilot counted among them, that lie as far out for their size, or that of
        chance alone if larger; None where no interval can be given
    as_large: placebos whose estimate is at least as far from 0 as the pilot's, whatever rests on it
    pilot_before, pilot_after, others_before, others_after: rates, weighted by cases; None without cases
    placebos: in order of area and start
    few_cases: cells (one area in one quarter) of fewer than ten cases; cells: all of them
    reason: why there is no estimate, or no interval; empty where there is one
    sentence: the result in words, for a board
    """

    estimate: float | None
    low: float | None
    high: float | None
    p_value: float | None
    as_large: int
    pilot_before: float | None
    pilot_after: float | None
    others_before: float | None
    others_after: float | None
    placebos: tuple[Placebo, ...]
    few_cases: int
    cells: int
    reason: str
    sentence: str


def before_and_after(progressed: ArrayLike, cases: ArrayLike, pilot: int, start: int) -> BeforeAndAfter:
    """The pilot area alone, before and from `start` on.

    progressed, cases: counts, one row to an area and one column to a quarter, outcomes at one fixed age
    pilot: row of the pilot area; start: column of the first quarter of the pilot

    Source of the interval: Newcombe (1998), Interval estimation for the difference between independent proportions.
    Raises ValueError where the numbers do not fit together.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    done, entered = _counts(progressed, cases, pilot)
    cut = _within(start, done.shape[1])
    done_before, done_after = int(done[pilot, :cut].sum()), int(done[pilot, cut:].sum())
    before, after = int(entered[pilot, :cut].sum()), int(entered[pilot, cut:].sum())
    rates = _rate(done_before, before), _rate(done_after, after)
    if rates[0] is None or rates[1] is None:
        side = "before" if not before else "after"
        return BeforeAndAfter(*rates, before, after, None, None, None, f"the area has no cases {side} the start")
    low, high = confint_proportions_2indep(done_after, after, done_before, before, method="newcomb", compare="diff")
    return BeforeAndAfter(*rates, before, after, rates[1] - rates[0], float(low), float(high), "")


def difference_in_differences(progressed: ArrayLike, cases: ArrayLike, pilot: int, start: int) -> PilotResult:
    """The change in the pilot area less the change in all others together, judged against placebo pilots.

    progressed, cases: counts, one row to an area and one column to a quarter, outcomes at one fixed age
    pilot: row of the pilot area; start: column of the first quarter of the pilot

    A placebo takes another area as the pilot, at any quarter with two on each side, with the real pilot area left out;
    or the real one at an earlier quarter, with nothing from `start` on. Each estimate is divided by the size that
    chance, and the drift that the placebos show beyond chance, give it. The p-value is the rank of the pilot's among
    the placebos', ties counted against it, and never smaller than chance alone makes it. The interval holds every effect
    that, taken off the pilot, leaves a p-value above 0.05. Starts of one area are alike, so that both allow for the
    number of areas as Student's t does.

    Sources: Fisher (1935), The Design of Experiments; Bertrand, Duflo and Mullainathan (2004), How much should we trust
    differences-in-differences estimates?; Abadie, Diamond and Hainmueller (2010), Synthetic control methods for
    comparative case studies; Conley and Taber (2011), Inference with "difference in differences" with a small number of
    policy changes.

    Raises ValueError where the numbers do not fit together.
    """
    done, entered = _counts(progressed, cases, pilot)
    quarters = done.shape[1]
    cut = _within(start, quarters)
    others = np.arange(len(done)) != pilot
    four = [
        (float(done[rows, part].sum()), float(entered[rows, part].sum()))
        for rows in (np.array([pilot]), others)
        for part in (slice(0, cut), slice(cut, None))
    ]
    rates = tuple(_rate(*pair) for pair in four)
    compared = [int(row) for row in np.flatnonzero(others & (entered.sum(1) > 0))]
    area, at, end = _placebo_assignments(compared, quarters, pilot, cut)
    estimates, variances = _contrasts(
        done, entered, pilot, np.append(area, pilot), np.append(at, cut), np.append(end, quarters)
    )
    usable = ~np.isnan(estimates[:-1])
    placebos = tuple(
        Placebo(int(row), int(column), float(value))
        for row, column, value in zip(area[usable], at[usable], estimates[:-1][usable], strict=True)
    )
    reason = _no_estimate(four) or _no_interval(len(compared), cut, quarters, len(placebos))
    estimate = None if None in rates else float(estimates[-1])
    low = high = p_value = None
    if not reason:
        low, high, p_value = _judged(
            float(estimates[-1]), float(variances[-1]), estimates[:-1][usable], variances[:-1][usable], len(compared)
        )
    few = int((entered < FEW_CASES).sum())
    sentence = _sentence(rates, estimate, low, high, p_value, placebos, reason)
    if few:
        sentence += f" {few} of {entered.size} area-quarters have fewer than {FEW_CASES} cases."
    return PilotResult(
        estimate=estimate,
        low=low,
        high=high,
        p_value=p_value,
        as_large=0 if estimate is None else sum(abs(one.estimate) >= abs(estimate) for one in placebos),
        pilot_before=rates[0],
        pilot_after=rates[1],
        others_before=rates[2],
        others_after=rates[3],
        placebos=placebos,
        few_cases=few,
        cells=entered.size,
        reason=reason,
        sentence=sentence,
    )


def _counts(progressed: ArrayLike, cases: ArrayLike, pilot: int) -> tuple[Floats, Floats]:
    done, entered = np.asarray(progressed, dtype=float), np.asarray(cases, dtype=float)
    if done.shape != entered.shape or done.ndim != 2:
        raise ValueError("progressed and cases must be one number each to an area and quarter")
    if np.any(done < 0) or np.any(done > entered):
        raise ValueError("progressed must lie between 0 and cases in every cell")
    if not 0 <= pilot < len(done):
        raise ValueError("the pilot area must be one of the rows")
    return done, entered


def _within(start: int, quarters: int) -> int:
    """A start outside the data leaves one side empty, which is told as such."""
    return min(max(start, 0), quarters)


def _rate(done: float, cases: float) -> float | None:
    return done / cases if cases else None


def _placebo_assignments(
    others: list[int], quarters: int, pilot: int, start: int
) -> tuple[Integers, Integers, Integers]:
    """Area, start and end (the quarter after the last one used) of each placebo that uses no treated data.

    others: areas with cases, without the pilot area
    """
    # With two others each is compared with the other alone: the same estimate twice, but for its sign.
    treated = others if len(others) > 2 else others[: len(others) - 1]
    found = [(area, at, quarters) for area in treated for at in range(LEAST_QUARTERS, quarters - LEAST_QUARTERS + 1)]
    found += [(pilot, at, start) for at in range(LEAST_QUARTERS, start - LEAST_QUARTERS + 1) if others]
    area, at, end = np.array(sorted(found), dtype=np.intp).reshape(-1, 3).T
    return area, at, end


def _contrasts(
    done: Floats, entered: Floats, pilot: int, area: Integers, start: Integers, end: Integers
) -> tuple[Floats, Floats]:
    """Difference in differences of each assignment, and its variance by chance alone; NaN where a side has no cases."""
    sums = [np.pad(cells.cumsum(1), ((0, 0), (1, 0))) for cells in (done, entered)]
    estimate, variance = np.zeros(len(area)), np.zeros(len(area))
    for first, last, sign in ((start, end, 1), (np.zeros_like(start), start, -1)):
        for own in (True, False):
            counts = []
            for cumulated in sums:
                mine = cumulated[area, last] - cumulated[area, first]
                rest = cumulated.sum(0) - cumulated[pilot]
                theirs = rest[last] - rest[first] - np.where(area == pilot, 0, mine)
                counts.append(mine if own else theirs)
            progressed, cases = counts[0], np.where(counts[1] > 0, counts[1], np.nan)
            estimate += (sign if own else -sign) * progressed / cases
            # Half a case on either side: a rate of 0 or 1 is not known for certain.
            smoothed = (progressed + 0.5) / (cases + 1)
            variance += smoothed * (1 - smoothed) / cases
    return estimate, variance


def _no_estimate(four: list[tuple[float, float]]) -> str:
    names = ("the pilot area before", "the pilot area from", "the other areas before", "the other areas from")
    empty = [name for name, (_, cases) in zip(names, four, strict=True) if not cases]
    return f"there are no cases in {empty[0]} the start" if empty else ""


def _no_interval(others: int, start: int, quarters: int, placebos: int) -> str:
    if min(start, quarters - start) < LEAST_QUARTERS:
        return "fewer than two quarters before or after the start"
    if placebos < LEAST_PLACEBOS:
        return f"{placebos} placebo pilots, and {LEAST_PLACEBOS} are needed"
    if others < LEAST_OTHERS:
        return f"{others} other areas, and {LEAST_OTHERS} are needed"
    return ""


def _judged(
    estimate: float, variance: float, placebos: Floats, variances: Floats, others: int
) -> tuple[float, float, float]:
    """Interval and p-value."""
    from scipy.stats import norm, t

    usual = norm.ppf(1 - ERROR / 2)
    drift = max(0.0, float(np.mean(placebos**2 - variances)))
    # As many independent sources of drift as areas, less one for their common level.
    size = float(np.sqrt(variance + drift) * t.ppf(1 - ERROR / 2, others) / usual)
    scores = np.sort(np.abs(placebos) / np.sqrt(variances + drift))
    at_least = int((scores >= abs(estimate) / size).sum())
    # An effect stays in the interval while (1 + placebos as far out) / (1 + placebos) is above 0.05.
    needed = int(np.floor(ERROR * (1 + len(scores)) + 1e-9))
    # Placebos that happen to be calm must not promise more than chance among the pilot's own cases allows.
    chance = float(np.sqrt(variance))
    reach = max(float(scores[len(scores) - needed]) * size, usual * chance)
    p_value = max((1 + at_least) / (1 + len(scores)), 2 * float(norm.sf(abs(estimate) / chance)))
    return max(estimate - reach, -1.0), min(estimate + reach, 1.0), p_value


def _sentence(
    rates: tuple[float | None, ...],
    estimate: float | None,
    low: float | None,
    high: float | None,
    p_value: float | None,
    placebos: tuple[Placebo, ...],
    reason: str,
) -> str:
    if estimate is None:
        return f"No estimate can be given: {reason}."
    shares = [f"{100 * rate:.1f} %" for rate in rates if rate is not None]
    text = (
        f"In the pilot area {shares[0]} of cases progressed before and {shares[1]} after, elsewhere {shares[2]} and "
        f"{shares[3]}: the pilot area changed by {100 * estimate:+.1f} points against the others"
    )
    if low is not None and high is not None and p_value is not None:
        meaning = (
            "which areas without a pilot seldom show" if p_value <= ERROR else "which areas without a pilot show too"
        )
        return f"{text} (95 % interval {100 * low:+.1f} to {100 * high:+.1f}, p = {p_value:.2f}), {meaning}."
    text += f"; no interval can be given: {reason}."
    if placebos:
        values = [100 * placebo.estimate for placebo in placebos]
        text += f" The {len(values)} placebo pilots gave {min(values):+.1f} to {max(values):+.1f} points."
    return text
