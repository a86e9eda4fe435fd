"""Funnel limits: exact error rates of a single unit, over-dispersion found and measured, verdicts, and boards at random."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom, norm
from scipy.stats.mstats import winsorize

from attrition.stats import consistency
from attrition.stats.consistency import between_units, funnel_limits, limits_at

Numbers = NDArray[np.float64]


def board(seed: int, units: int, *, rate: float, spread: float, size: int = 100) -> tuple[Numbers, Numbers]:
    """A board of units of unequal size whose log odds vary by `spread` around those of `rate`."""
    chance = np.random.default_rng([seed, units, int(100 * rate), int(100 * spread)])
    cases = np.maximum(5, chance.lognormal(math.log(size), 0.8, units)).astype(int)
    odds = math.log(rate / (1 - rate)) + spread * chance.standard_normal(units)
    return chance.binomial(cases, 1 / (1 + np.exp(-odds))), cases


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.3, 0.5, 0.86])
@pytest.mark.parametrize("cases", [10, 25, 50, 100, 400])
def test_a_unit_like_the_others_is_seldom_beyond(rate: float, cases: int) -> None:
    """Exact binomial sums, for units that differ by chance alone."""
    low, high = limits_at(rate, 0.0, [cases], 30)
    progressed = np.arange(cases + 1)
    outside = (progressed / cases < low) | (progressed / cases > high)
    beyond = (outside * binom.pmf(progressed, cases, rate)).sum(1)
    assert beyond[0] < 0.11, "95 %: counts are whole, so that the error rate jumps about 5 %"
    assert beyond[1] < 0.008, "99.8 %: likewise"


@pytest.mark.parametrize("rate", [0.1, 0.4])
def test_limits_of_large_units_are_the_textbook_ones(rate: float) -> None:
    cases = np.array([2_000, 20_000])
    low, high = limits_at(rate, 0.0, cases, 30)
    for level, row_low, row_high in zip((0.95, 0.998), low, high, strict=True):
        reach = norm.ppf((1 + level) / 2) * np.sqrt(rate * (1 - rate) / cases)
        np.testing.assert_allclose([row_low, row_high], [rate - reach, rate + reach], atol=1e-3)


def test_limits_by_hand() -> None:
    """Ten cases around a half, chance alone: arcsin(root 0.5) = pi / 4, give or take 1.959964 / root 42 = 0.302429 (4 x 10 + 2 = 42).
    The square of the sine there is 0.5 +- sin(0.604858) / 2 = 0.5 +- 0.284323; times 10.75, less 0.375, over 10: 0.8056 and 0.1944.
    At 99.8 % it is 3.090232 / root 42 = 0.476833: 0.5 +- sin(0.953666) / 2 = 0.5 +- 0.407771, so 0.9384 and 0.0616.
    """
    low, high = limits_at(0.5, 0.0, [10], 30)
    assert (low[0, 0], high[0, 0]) == pytest.approx((0.19435, 0.80565), abs=1e-5)
    assert (low[1, 0], high[1, 0]) == pytest.approx((0.06165, 0.93835), abs=1e-5)


def test_limits_by_hand_where_units_differ() -> None:
    """Tau 0.1 of thirty units, whose three outermost on either side are pulled in: Student's t with 30 - 6 - 1 = 23 degrees of
    freedom, 2.0687 at 95 %. Root(1 / 42 + 0.01) = 0.183874, times 2.0687 is 0.380372: 0.5 +- sin(0.760743) / 2 = 0.5 +- 0.344730;
    times 10.75, less 0.375, over 10: 0.8706 and 0.1294. At 99.8 % (3.4850) the limits are 0.640793 away, where the sines are
    0.5 +- 0.479235: 1.0152 and -0.0152 are cut to what is possible.
    """
    low, high = limits_at(0.5, 0.1, [10], 30)
    assert (low[0, 0], high[0, 0]) == pytest.approx((0.1294, 0.8706), abs=1e-4)
    assert (low[1, 0], high[1, 0]) == (0, 1)


def test_the_spread_between_units_by_hand() -> None:
    """Nine units of a hundred cases, 10, 20, ... 90 of them progressed: the common rate is a half.

    Of so few units none is pulled in, so that the mean square of their distances (on the arcsine scale, with Anscombe's
    correction) over 1 / 402 + tau² must be 8 / 9: one of the nine went into the common rate.
    """
    distances = [math.asin(math.sqrt((done + 0.375) / 100.75)) - math.pi / 4 for done in range(10, 100, 10)]
    mean_square = sum(distance**2 for distance in distances) / 9
    expected = math.sqrt(mean_square * 9 / 8 - 1 / 402)
    assert between_units(list(range(10, 100, 10)), [100] * 9) == pytest.approx(expected, rel=1e-6)


def test_ten_units_have_limits_and_nine_have_not() -> None:
    assert set(funnel_limits([5] * 10 + [0], [20] * 10 + [0]).verdict[:10]) == {"within"}
    assert set(funnel_limits([5] * 9, [20] * 9).verdict) == {"too few units"}


@pytest.mark.parametrize(
    ("progressed", "verdict", "direction"),
    # The others stand at a half of 100 cases each. Limits: pi / 4 +- 1.959964 / root 402 and +- 3.090232 / root 402.
    # 0.5 +- 0.0971 and 0.5 +- 0.1517 there; times 100.75, less 0.375: 59.8 and 40.2, 65.3 and 34.7.
    [
        (59, "within", ""),
        (60, "beyond 95 %", "above"),
        (65, "beyond 95 %", "above"),
        (66, "beyond 99.8 %", "above"),
        (41, "within", ""),
        (40, "beyond 95 %", "below"),
        (35, "beyond 95 %", "below"),
        (34, "beyond 99.8 %", "below"),
    ],
)
def test_verdicts_by_hand(progressed: int, verdict: str, direction: str) -> None:
    """A very large unit holds the common rate at a half."""
    found = funnel_limits([progressed, 500_000, *[50] * 28], [100, 1_000_000, *[100] * 28])
    assert found.tau == 0
    assert (found.verdict[0], found.direction[0]) == (verdict, direction)


def test_intervals_are_wilsons() -> None:
    found = funnel_limits([0, 3, 20], [10, 10, 20])
    for done, cases, low, high in zip((0, 3, 20), (10, 10, 20), found.interval_low, found.interval_high, strict=True):
        z = norm.ppf(0.975)
        centre = (done + z**2 / 2) / (cases + z**2)
        reach = z / (cases + z**2) * math.sqrt(done * (cases - done) / cases + z**2 / 4)
        assert (low, high) == pytest.approx((max(centre - reach, 0), min(centre + reach, 1)), abs=1e-9)


def test_few_units_have_intervals_and_no_limits() -> None:
    found = funnel_limits([5] * 9 + [0], [20] * 9 + [0])
    assert found.verdict == ("too few units",) * 9 + ("no cases",)
    assert np.isnan(found.low).all() and np.isnan(found.high).all() and math.isnan(found.tau)
    assert found.target == 0.25
    assert not np.isnan(found.interval_low[:9]).any()


def test_one_unit_far_off_is_named_with_its_side() -> None:
    found = funnel_limits([20] * 19 + [60], [100] * 20)
    assert found.verdict == ("within",) * 19 + ("beyond 99.8 %",)
    assert found.direction == ("",) * 19 + ("above",)
    found = funnel_limits([40] * 19 + [5, 0], [100] * 20 + [0])
    assert (found.verdict[19], found.direction[19]) == ("beyond 99.8 %", "below")
    assert (found.verdict[20], found.direction[20]) == ("no cases", "")


def test_an_outlier_does_not_hide_itself() -> None:
    """Winsorised, one unit far off adds no spread to units that are alike; a plain mean square would."""
    assert funnel_limits([20] * 19 + [60], [100] * 20).tau == 0


@pytest.mark.parametrize("done", [0, 40])
def test_nothing_or_everything_progressed(done: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = funnel_limits([done] * 12, [40] * 12)
    assert found.tau == 0
    assert found.verdict == ("within",) * 12


def test_no_units_and_no_cases() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert funnel_limits([], []).verdict == ()
        found = funnel_limits([0, 0], [0, 0])
    assert math.isnan(found.target) and np.isnan(found.rate).all()
    assert found.verdict == ("no cases", "no cases")


@pytest.mark.parametrize(("progressed", "cases"), [([3], [2]), ([-1], [2]), ([1, 1], [2])])
def test_counts_that_do_not_fit_are_refused(progressed: list[int], cases: list[int]) -> None:
    with pytest.raises(ValueError, match="progressed"):
        funnel_limits(progressed, cases)


@given(
    st.lists(
        st.integers(0, 300).flatmap(lambda cases: st.tuples(st.integers(0, cases), st.just(cases))),
        min_size=1,
        max_size=30,
    )
)
def test_verdicts_agree_with_limits(units: list[tuple[int, int]]) -> None:
    progressed, cases = zip(*units, strict=True)
    found = funnel_limits(progressed, cases)
    for at, verdict in enumerate(found.verdict):
        if verdict in {"no cases", "too few units"}:
            continue
        low, high, rate = found.low[:, at], found.high[:, at], found.rate[at]
        assert (low >= 0).all() and (low <= high + 1e-12).all() and (high <= 1).all()
        assert low[1] <= low[0] and high[0] <= high[1]
        is_outside = (rate < low - 1e-9) | (rate > high + 1e-9)
        is_inside = (rate > low + 1e-9) & (rate < high - 1e-9)
        if verdict == "within":
            assert not is_outside[0]
        else:
            assert not is_inside[0] and found.direction[at] == ("above" if rate > found.target else "below")
        if verdict == "beyond 99.8 %":
            assert not is_inside[1]


@given(st.permutations(range(15)))
def test_the_order_of_units_does_not_matter(order: list[int]) -> None:
    progressed, cases = board(3, 15, rate=0.3, spread=0.4)
    here, there = funnel_limits(progressed, cases), funnel_limits(progressed[order], cases[order])
    assert there.tau == pytest.approx(here.tau)
    assert there.verdict == tuple(here.verdict[at] for at in order)


def test_the_spread_between_units_is_found() -> None:
    """Large units: the spread on the arcsine scale is that of the log odds times half the root of p (1 - p)."""
    found = [between_units(*board(seed, 40, rate=0.4, spread=0.3, size=2_000)) for seed in range(200)]
    assert np.mean(found) == pytest.approx(0.3 * math.sqrt(0.4 * 0.6) / 2, rel=0.1)


def verdict_shares(units: int, *, rate: float, spread: float, boards: int) -> tuple[float, float, float]:
    """Shares of units beyond 95 % and beyond 99.8 %, and of boards with any unit beyond 99.8 %."""
    verdicts = [funnel_limits(*board(seed, units, rate=rate, spread=spread)).verdict for seed in range(boards)]
    beyond = np.array([[word.startswith("beyond") + (word == "beyond 99.8 %") for word in row] for row in verdicts])
    return float((beyond > 0).mean()), float((beyond == 2).mean()), float((beyond == 2).any(1).mean())


@pytest.mark.slow
@pytest.mark.parametrize("units", [10, 30])
@pytest.mark.parametrize("rate", [0.12, 0.4])
@pytest.mark.parametrize("spread", [0.0, 0.25, 0.5])
def test_boards_of_ordinary_units_are_seldom_accused(units: int, rate: float, spread: float) -> None:
    warned, accused, boards = verdict_shares(units, rate=rate, spread=spread, boards=1_000)
    error = math.sqrt(0.05 * 0.95 / 1_000)
    assert warned <= 0.05
    assert accused <= 0.002 + 2 * math.sqrt(0.002 / (1_000 * units))
    assert boards <= 1 - 0.998**units + 2 * error


def accused(units: int, *, rate: float, spread: float, boards: int, additive: bool) -> float:
    """The share of ordinary boards with a unit beyond 99.8 % if limits are made as first published: the winsorised mean
    square is taken for the dispersion as it is, and added (DerSimonian and Laird) or multiplied.
    """
    any_beyond = []
    for seed in range(boards):
        progressed, cases = board(seed, units, rate=rate, spread=spread)
        variance = 1 / (4 * cases + 2)
        angle = np.arcsin(np.sqrt((progressed + 0.375) / (cases + 0.75)))
        distance = angle - np.arcsin(np.sqrt(progressed.sum() / cases.sum()))
        square = np.mean(winsorize(distance / np.sqrt(variance), (0.1, 0.1)) ** 2)
        weight = 1 / variance
        between = (units * square - (units - 1)) / (weight.sum() - (weight**2).sum() / weight.sum())
        wide = variance + max(0, between) if additive else variance * max(1, square)
        any_beyond.append((np.abs(distance) > norm.ppf(0.999) * np.sqrt(wide)).any())
    return float(np.mean(any_beyond))


@pytest.mark.slow
def test_why_the_winsorised_spread_is_put_right() -> None:
    """Both published forms accuse somebody on a third or more of ordinary boards; 6 % is what the limits promise."""
    assert accused(30, rate=0.4, spread=0.25, boards=1_000, additive=True) > 0.25
    assert accused(30, rate=0.4, spread=0.25, boards=1_000, additive=False) > 0.3


@pytest.mark.slow
def test_a_unit_that_stands_out_is_found() -> None:
    """Thirty units, one of 200 cases at 70 % where the others are around 30 %."""
    named = []
    for seed in range(500):
        progressed, cases = board(seed, 30, rate=0.3, spread=0.25)
        progressed[0], cases[0] = np.random.default_rng(seed).binomial(200, 0.7), 200
        named.append(funnel_limits(progressed, cases).verdict[0] == "beyond 99.8 %")
    assert np.mean(named) > 0.9


def test_squares_of_winsorised_scores() -> None:
    """Against drawn normal scores and scipy's winsorising."""
    drawn = np.random.default_rng(2).standard_normal((40_000, 30))
    square = float(np.mean(np.asarray(winsorize(drawn, (0.1, 0.1), axis=1)) ** 2))
    assert consistency._winsorised_square(30, 3) == pytest.approx(square, rel=5e-3)
    assert consistency._winsorised_square(9, 0) == pytest.approx(1, abs=1e-9)
