"""Cumulative incidence against a case-by-case reckoning in fractions, statsmodels, and closed forms."""

import doctest
import itertools
import math
import warnings
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from attrition.stats import incidence as module
from attrition.stats.incidence import Curve, cumulative_incidence, horizon, time_quantile
from attrition.stats.proportion import wilson

Z = NormalDist().inv_cdf(0.975)
CAUSES = 3


class Case(NamedTuple):
    """entry: the day it comes under observation; day: when it left or was last seen; cause: how it left, None if not seen."""

    entry: int
    day: int
    cause: int | None


def curve_of(cases: Sequence[Case], causes: int = CAUSES, *, every_day: bool = False) -> Curve:
    listed = sorted({case.entry for case in cases} | {case.day for case in cases})
    if every_day and listed:
        listed = list(range(listed[-1] + 3))
    row = {day: number for number, day in enumerate(listed)}
    entered, censored = np.zeros(len(listed), int), np.zeros(len(listed), int)
    events = np.zeros((len(listed), causes), int)
    for case in cases:
        entered[row[case.entry]] += 1
        if case.cause is None:
            censored[row[case.day]] += 1
        else:
            events[row[case.day], case.cause] += 1
    return cumulative_incidence(np.array(listed, int), entered, events, censored)


class Day(NamedTuple):
    at_risk: int
    survival: Fraction
    incidence: list[Fraction]
    variance: list[Fraction]


def by_hand(cases: Sequence[Case], causes: int = CAUSES) -> dict[int, Day]:
    """Every case asked anew on every day, and the published double sums of the variance as they are printed."""
    survival, incidence = Fraction(1), [Fraction(0)] * causes
    passed: list[tuple[int, list[int], Fraction, list[Fraction]]] = []
    reckoned = {}
    for day in range(max((case.day for case in cases), default=0) + 3):
        watched = [c for c in cases if (c.entry == 0 or c.entry < day) and c.day >= day]
        leaving = [sum(c.day == day and c.cause == cause for c in watched) for cause in range(causes)]
        n, before = len(watched), survival
        if n:
            incidence = [f + before * Fraction(d, n) for f, d in zip(incidence, leaving, strict=True)]
            survival = before * (1 - Fraction(sum(leaving), n))
            passed.append((n, leaving, before, incidence))
        variance = [variance_by_hand(passed, incidence[cause], cause) for cause in range(causes)]
        reckoned[day] = Day(n, survival, incidence, variance)
    return reckoned


def variance_by_hand(
    passed: list[tuple[int, list[int], Fraction, list[Fraction]]], now: Fraction, cause: int
) -> Fraction:
    total = Fraction(0)
    for n, leaving, before, incidence in passed:
        d, own = sum(leaving), leaving[cause]
        total += before**2 * Fraction(own * (n - own), n**3)
        if n > d:
            rise = now - incidence[cause]
            total += rise**2 * Fraction(d, n * (n - d)) - 2 * rise * before * Fraction(own, n**2)
    return total


def limits_by_hand(share: float, variance: float) -> tuple[float, float]:
    """Symmetric on the scale of log(-log F), by the delta method."""
    half = Z * math.sqrt(variance) / abs(share * math.log(share))
    centre = math.log(-math.log(share))
    return math.exp(-math.exp(centre + half)), math.exp(-math.exp(centre - half))


def standard_error(curve: Curve, cause: int) -> np.ndarray:
    """Read back from the limits, where the curve is above 0 and below 1."""
    share = curve.incidence[:, cause]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(np.log(curve.lower[:, cause]) / np.log(share)) * share * -np.log(share) / Z


@st.composite
def cases(
    draw: st.DrawFn, *, late: bool = True, censoring: bool = True, least: int = 0, last_day: int = 7
) -> list[Case]:
    """Few days and many cases, so that most days are shared."""
    drawn = []
    for _ in range(draw(st.integers(least, 25))):
        entry = draw(st.sampled_from([0, 0, 0, 1, 2, 4])) if late else 0
        day = draw(st.integers(entry + (entry > 0), last_day))
        cause = draw(st.sampled_from([*range(CAUSES), None] if censoring else range(CAUSES)))
        drawn.append(Case(entry, day, cause))
    return drawn


@given(cases())
def test_agrees_with_fractions_case_by_case(drawn: list[Case]) -> None:
    curve, exact = curve_of(drawn, every_day=True), by_hand(drawn)
    for row, day in enumerate(curve.days.tolist()):
        assert curve.at_risk[row] == exact[day].at_risk
        assert curve.survival[row] == pytest.approx(float(exact[day].survival), abs=1e-13)
        for cause in range(CAUSES):
            share = exact[day].incidence[cause]
            assert curve.incidence[row, cause] == pytest.approx(float(share), abs=1e-13)
            if 0 < share < 1:
                expected = limits_by_hand(float(share), float(exact[day].variance[cause]))
                assert (curve.lower[row, cause], curve.upper[row, cause]) == pytest.approx(expected, rel=1e-9)


@given(cases())
def test_shares_of_all_ways_and_of_none_make_one(drawn: list[Case]) -> None:
    curve = curve_of(drawn)
    np.testing.assert_allclose(curve.incidence.sum(axis=1) + curve.survival, 1, atol=1e-12)
    assert np.all(np.diff(curve.incidence, axis=0) >= 0)
    assert np.all((curve.incidence >= 0) & (curve.incidence <= 1))
    known = ~np.isnan(curve.lower)
    assert np.all((curve.lower <= curve.incidence)[known])
    assert np.all((curve.incidence <= curve.upper)[known])
    assert np.all((curve.lower >= 0)[known] & (curve.upper <= 1)[known])


@given(cases(), st.permutations(range(CAUSES)))
def test_the_order_of_the_causes_is_of_no_account(drawn: list[Case], order: list[int]) -> None:
    curve = curve_of(drawn)
    other = curve_of([Case(c.entry, c.day, None if c.cause is None else order.index(c.cause)) for c in drawn])
    assert np.array_equal(curve.incidence[:, order], other.incidence)
    assert np.array_equal(curve.lower[:, order], other.lower, equal_nan=True)
    assert np.array_equal(curve.upper[:, order], other.upper, equal_nan=True)


@given(cases())
def test_days_without_anything_may_be_left_out(drawn: list[Case]) -> None:
    listed, every = curve_of(drawn), curve_of(drawn, every_day=True)
    rows = np.searchsorted(every.days, listed.days)
    for name in ("at_risk", "survival", "incidence"):
        assert np.array_equal(getattr(listed, name), getattr(every, name)[rows])
    for day in every.days.tolist():
        assert listed.at(day).incidence == every.at(day).incidence


@given(cases(least=1))
def test_the_same_cases_twice_give_the_same_curve_and_half_the_variance(drawn: list[Case]) -> None:
    once, twice = curve_of(drawn), curve_of(drawn * 2)
    assert np.array_equal(twice.at_risk, 2 * once.at_risk)
    np.testing.assert_allclose(once.incidence, twice.incidence, atol=1e-13)
    for cause in range(CAUSES):
        within = (once.incidence[:, cause] > 0) & (once.incidence[:, cause] < 1)
        ratio = standard_error(once, cause)[within] / standard_error(twice, cause)[within]
        np.testing.assert_allclose(ratio, math.sqrt(2), rtol=1e-6)


@given(cases(late=False, censoring=False, least=1))
def test_without_censoring_it_is_the_plain_share_with_the_binomial_variance(drawn: list[Case]) -> None:
    curve, number = curve_of(drawn), len(drawn)
    for day, cause in itertools.product(range(8), range(CAUSES)):
        left = sum(case.day <= day and case.cause == cause for case in drawn)
        point, share = curve.at(day), left / number
        assert point.incidence[cause] == pytest.approx(share, abs=1e-13)
        if math.isnan(point.lower[cause]):
            assert day < curve.days[0]
        elif 0 < left < number:
            expected = limits_by_hand(share, share * (1 - share) / number)
            assert (point.lower[cause], point.upper[cause]) == pytest.approx(expected, rel=1e-9)
        else:
            expected_edges = tuple(map(float, wilson(left, number)))
            assert (point.lower[cause], point.upper[cause]) == pytest.approx(expected_edges, abs=1e-12)


@pytest.mark.parametrize("days", [8, 60, 100_000])
def test_agrees_with_statsmodels_where_nobody_enters_late(days: int) -> None:
    """With ties on most days, on some, and on hardly any: statsmodels takes a day as one multinomial, as here."""
    random = np.random.default_rng(days)
    day, status = random.integers(1, days, 400), random.integers(0, CAUSES + 1, 400)
    theirs = CumIncidenceRight(day, status)
    ours = curve_of([Case(0, d, s - 1 if s else None) for d, s in zip(day.tolist(), status.tolist(), strict=True)])
    rows = np.searchsorted(ours.days, theirs.times)
    for cause in range(CAUSES):
        np.testing.assert_allclose(ours.incidence[rows, cause], theirs.cinc[cause], atol=1e-12)
        within = (ours.incidence[rows, cause] > 0) & (ours.survival[rows] > 0)
        np.testing.assert_allclose(
            standard_error(ours, cause)[rows[within]], np.asarray(theirs.cinc_se[cause])[within], rtol=1e-7
        )


@pytest.mark.parametrize("days", [9, 50])
def test_one_cause_is_kaplan_meier_with_late_entry(days: int) -> None:
    """statsmodels has late entry for a single cause; there, too, a case is at risk only after its entry."""
    random = np.random.default_rng(days)
    entry = random.integers(0, 5, 300) * (random.random(300) < 0.5)
    day = entry + random.integers(1, days, 300)
    left = random.random(300) < 0.7
    theirs = SurvfuncRight(day, left.astype(int), entry=entry)
    ours = curve_of(
        [Case(e, d, 0 if x else None) for e, d, x in zip(entry.tolist(), day.tolist(), left, strict=True)], 1
    )
    rows = np.searchsorted(ours.days, theirs.surv_times)
    np.testing.assert_allclose(ours.survival[rows], theirs.surv_prob, atol=1e-12)
    np.testing.assert_allclose(ours.incidence[rows, 0], 1 - theirs.surv_prob, atol=1e-12)
    assert np.array_equal(ours.at_risk[rows], theirs.n_risk)
    within = ours.survival[rows] > 0
    np.testing.assert_allclose(standard_error(ours, 0)[rows[within]], theirs.surv_prob_se[within], rtol=1e-7)


def test_large_numbers_keep_their_digits() -> None:
    """Five million cases over two years, against the double sums added without loss."""
    random = np.random.default_rng(5)
    entered = np.zeros(730, int)
    entered[0], entered[100] = 4_000_000, 1_000_000
    events = random.integers(0, [3, 900, 2000], size=(730, 3))
    curve = cumulative_incidence(np.arange(730), entered, events, random.integers(0, 2000, 730))
    at_risk, gone = curve.at_risk.tolist(), events.sum(axis=1).tolist()
    before = [1.0, *curve.survival.tolist()]
    for cause, day in itertools.product(range(3), (50, 400, 729)):
        terms = []
        for s in range(day + 1):
            n, d, own = at_risk[s], gone[s], int(events[s, cause])
            rise = float(curve.incidence[day, cause] - curve.incidence[s, cause])
            terms += [
                rise**2 * d / (n * (n - d)),
                before[s] ** 2 * own * (n - own) / n**3,
                -2 * rise * before[s] * own / n**2,
            ]
        assert standard_error(curve, cause)[day] == pytest.approx(math.sqrt(math.fsum(terms)), rel=1e-8)


# A world small enough for every outcome: the chance of leaving on each day by each of two causes, given still there.
HAZARDS = [
    [Fraction(1, 5), Fraction(1, 10)],
    [Fraction(1, 4), Fraction(1, 3)],
    [Fraction(1, 2), Fraction(1, 7)],
]
ENTRIES = {0: Fraction(1, 2), 1: Fraction(1, 2)}
LAST_SEEN = {1: Fraction(1, 3), 2: Fraction(2, 3)}


def fates() -> list[tuple[Case | None, Fraction]]:
    """Everything that may become of one case and how likely it is; None for one that left before it was seen."""
    ways = []
    for (entry, p_entry), (last, p_last) in itertools.product(ENTRIES.items(), LAST_SEEN.items()):
        still = p_entry * p_last
        for day, hazards in enumerate(HAZARDS):
            for cause, hazard in enumerate(hazards):
                ways.append((seen(entry, last, day, cause), still * hazard))
            still *= 1 - sum(hazards)
        ways.append((seen(entry, last, len(HAZARDS), 0), still))
    return ways


def seen(entry: int, last: int, day: int, cause: int) -> Case | None:
    if entry and min(day, last) <= entry:
        return None
    return Case(entry, day, cause) if day <= last else Case(entry, last, None)


def test_late_entry_and_censoring_leave_every_hazard_unbiased() -> None:
    """Over all outcomes of two cases: the expected events of a day are its hazard times the expected cases at risk."""
    chance, events, at_risk = Fraction(0), np.full((3, 2), Fraction(0)), np.full(3, Fraction(0))
    entering_counted = Fraction(0)
    for outcome in itertools.product(fates(), repeat=2):
        weight = math.prod((p for _, p in outcome), start=Fraction(1))
        watched = [case for case, _ in outcome if case is not None]
        chance += weight
        if not watched:
            continue
        curve = curve_of(watched, causes=2, every_day=True)
        entering_counted += weight * sum(case.entry == 1 for case in watched)
        for day in range(min(3, len(curve.days))):
            at_risk[day] += weight * int(curve.at_risk[day])
            for cause in range(2):
                leaving = sum(case.day == day and case.cause == cause for case in watched)
                events[day, cause] += weight * leaving
    assert chance == 1
    for day, cause in itertools.product(range(3), range(2)):
        assert events[day, cause] == HAZARDS[day][cause] * at_risk[day]
    # Had those that enter on day 1 counted on it, they would have thinned its events: none of them can leave on it.
    assert events[1, 0] < HAZARDS[1][0] * (at_risk[1] + entering_counted)


def test_worked_by_hand() -> None:
    """Six cases, one of them late: on day 2 four are at risk, on day 5 three with the late one."""
    curve = cumulative_incidence([0, 2, 3, 5], [5, 0, 1, 0], [[1, 0], [1, 0], [0, 0], [0, 1]], [0, 1, 0, 2])
    assert curve.at_risk.tolist() == [5, 4, 2, 3]
    assert curve.survival.tolist() == pytest.approx([4 / 5, 3 / 5, 3 / 5, 2 / 5])
    assert curve.incidence.tolist() == [pytest.approx(row) for row in ([0.2, 0], [0.4, 0], [0.4, 0], [0.4, 0.2])]


def test_before_the_first_step_the_limit_is_wilsons_for_the_cases_that_count() -> None:
    """A hundred cases, ninety gone another way: what is left speaks for all hundred; censoring takes its share away."""
    whole = cumulative_incidence([0, 1, 2], [100, 0, 0], [[0, 90], [0, 0], [0, 0]], [0, 0, 10])
    assert whole.lower[:, 0].tolist() == [0, 0, 0]
    np.testing.assert_allclose(whole.upper[:, 0], float(wilson(0, 100)[1]), atol=1e-12)
    cut = cumulative_incidence([0, 1, 2], [100, 0, 0], [[0, 50], [0, 0], [0, 0]], [0, 25, 25])
    np.testing.assert_allclose(cut.upper[:, 0], [float(wilson(0, n)[1]) for n in (100, 100, 50)], atol=1e-12)


def test_late_entries_do_not_narrow_what_few_cases_had_shown() -> None:
    curve = cumulative_incidence([0, 1, 9], [10, 1000, 0], [[0], [0], [0]], [0, 0, 1010])
    np.testing.assert_allclose(curve.upper[:, 0], float(wilson(0, 10)[1]), atol=1e-12)


def test_the_curve_between_and_beyond_its_days() -> None:
    curve = cumulative_incidence([2, 5], [0, 0], np.zeros((2, 1), int), [0, 0])
    assert curve.at(9).incidence == (0.0,)
    curve = curve_of([Case(0, 3, 0), Case(0, 7, 1), Case(0, 9, None), Case(0, 9, None)])
    assert curve.at(-1).incidence == (0.0, 0.0, 0.0)
    assert math.isnan(curve.at(-1).upper[0])
    assert curve.at(2).incidence == (0.0, 0.0, 0.0)
    assert curve.at(3) == curve.at(6)
    assert curve.at(3).incidence == (0.25, 0.0, 0.0)
    assert curve.at(7).survival == 0.5
    assert curve.at(7) == curve.at(5000)


def test_the_last_day_with_enough_cases() -> None:
    curve = cumulative_incidence([0, 4, 9], [30, 0, 0], [[10], [5], [1]], [0, 0, 14])
    assert curve.at_risk.tolist() == [30, 20, 15]
    assert horizon(curve) == 4
    assert horizon(curve, 15) == 9
    assert horizon(curve, 21) == 0
    assert horizon(curve, 31) is None


def test_time_quantiles_are_of_those_who_make_the_step_by_the_horizon() -> None:
    curve = curve_of([*(Case(0, day, 0) for day in (1, 2, 3, 4)), *(Case(0, 2, 1) for _ in range(6))])
    assert [time_quantile(curve, 0, share, 4) for share in (0.25, 0.5, 0.51, 0.75, 1)] == [1, 2, 3, 3, 4]
    assert time_quantile(curve, 0, 0.5, 2) == 1
    assert time_quantile(curve, 0, 1, 400) == 4
    assert time_quantile(curve, 0, 0.5, 0) is None
    assert time_quantile(curve, 2, 0.5, 4) is None


@pytest.mark.parametrize("number", range(2, 80))
def test_rounding_moves_neither_the_end_of_a_curve_nor_a_quantile(number: int) -> None:
    """One case leaves each day, so every share is a whole number of cases and can be told without rounding."""
    every = cumulative_incidence(
        np.arange(number), [number] + [0] * (number - 1), np.ones((number, 1), int), [0] * number
    )
    assert every.incidence[-1, 0] == 1.0
    assert every.upper[-1, 0] == 1.0
    assert every.lower[-1, 0] == pytest.approx(float(wilson(number, number)[0]))
    steps = [day for day in range(number) if day % 3]
    mixed = curve_of([Case(0, day, 0 if day % 3 else 1) for day in range(number)])
    for quarter in (1, 2, 3, 4):
        expected = steps[-(-len(steps) * quarter // 4) - 1]
        assert time_quantile(mixed, 0, quarter / 4, number) == expected


@given(cases(least=1), st.integers(0, 9), st.sampled_from([Fraction(n, 20) for n in range(1, 21)]))
def test_time_quantiles_agree_with_fractions(drawn: list[Case], last: int, share: Fraction) -> None:
    curve, exact = curve_of(drawn), by_hand(drawn)
    last = min(last, max(exact))
    for cause in range(CAUSES):
        height = exact[last].incidence[cause]
        reached = [day for day, row in exact.items() if row.incidence[cause] >= share * height]
        assert time_quantile(curve, cause, float(share), last) == (reached[0] if height else None)


@pytest.mark.parametrize("share", [0, -0.5, 1.5, float("nan")])
def test_impossible_shares_are_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        time_quantile(curve_of([Case(0, 1, 0)]), 0, share, 5)


def test_nothing_to_see_is_no_fault() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        empty = cumulative_incidence([], [], np.zeros((0, 2), int), [])
        nobody = cumulative_incidence([0, 1], [0, 0], [[0, 0], [0, 0]], [0, 0])
        unseen = curve_of([Case(0, 4, None), Case(0, 4, None)])
        at_once = curve_of([Case(0, 0, 0)] * 7)
        late = curve_of([Case(3, 5, 1)])
        no_causes = cumulative_incidence([0], [3], np.zeros((1, 0), int), [3])
    assert empty.at(3).incidence == (0.0, 0.0)
    assert empty.at(3).survival == 1.0
    assert horizon(empty) is horizon(nobody) is None
    assert time_quantile(empty, 0, 0.5, 10) is None
    assert np.isnan(nobody.lower).all()
    assert np.isnan(nobody.upper).all()
    assert unseen.incidence.max() == 0
    assert unseen.upper[-1, 0] == pytest.approx(float(wilson(0, 2)[1]))
    assert at_once.incidence.tolist() == [[1.0, 0.0, 0.0]]
    assert (at_once.lower[0, 0], at_once.upper[0, 0]) == pytest.approx(tuple(map(float, wilson(7, 7))))
    assert late.at_risk.tolist() == [0, 1]
    assert np.isnan(late.upper[0]).all()
    assert late.incidence[1].tolist() == [0.0, 1.0, 0.0]
    assert no_causes.survival.tolist() == [1.0]


def test_a_risk_set_that_empties_early_ends_the_curve() -> None:
    """What the method does, so that callers look at `at_risk`: the later cases can no longer count."""
    curve = curve_of([Case(0, 1, 0), *(Case(3, 9, 1) for _ in range(50))])
    assert curve.at(1).incidence == curve.at(9).incidence == (1.0, 0.0, 0.0)
    assert curve.at_risk.tolist() == [1, 1, 0, 50]


@pytest.mark.parametrize(
    ("days", "entered", "events", "censored", "said"),
    [
        ([0, 1], [1], [[0], [0]], [0, 0], "one row a day"),
        ([0, 1], [1, 0], [0, 1], [0, 0], "one row a day"),
        ([0.5], [1], [[1]], [0], "whole numbers"),
        ([0], [1.0], [[1]], [0], "whole numbers"),
        ([-1], [1], [[1]], [0], "not negative"),
        ([0], [1], [[-1]], [0], "not negative"),
        ([3, 3], [1, 0], [[0], [0]], [0, 0], "rising"),
        ([0], [1], [[2]], [0], "day 0 than are at risk"),
        ([0, 4], [1, 1], [[0], [1]], [0, 1], "day 4 than are at risk"),
    ],
)
def test_what_does_not_fit_is_refused(
    days: list[int], entered: list[int], events: list[list[int]], censored: list[int], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        cumulative_incidence(days, entered, events, censored)


def test_level_of_the_limits() -> None:
    narrow = cumulative_incidence([0, 1], [20, 0], [[3], [4]], [0, 13], level=0.8)
    wide = cumulative_incidence([0, 1], [20, 0], [[3], [4]], [0, 13], level=0.99)
    assert np.all(wide.lower < narrow.lower)
    assert np.all(wide.upper > narrow.upper)
    with pytest.raises(ValueError, match="level"):
        cumulative_incidence([0], [1], [[1]], [0], level=95)


def test_examples_run() -> None:
    page = Path(__file__).parents[2] / "docs" / "methods" / "time-to-next-stage.md"
    assert doctest.testfile(str(page), module_relative=False, encoding="utf-8").failed == 0
    assert doctest.testmod(module).failed == 0
