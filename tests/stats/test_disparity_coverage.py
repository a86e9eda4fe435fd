"""How often the intervals hold the truth and how often boards without any difference show a flag, measured by simulation.

Strata and boards are drawn here; nothing of the methods goes into the drawing. docs/methods/disparity.md publishes the
figures that `pytest -s` prints.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from drawn_crimes import SHAPES, Counts, Stratum, draw, ends_of_pairs

from attrition.stats.adjustment import mantel_haenszel, standardised
from attrition.stats.disparity import Arm, Comparison, Patterns, compare, enough, flag_family, score_p_value
from attrition.stats.two_rates import Difference, Ratio

pytestmark = pytest.mark.slow

TIMES = 4000
BOARDS = 2000
SIZES = (1800, 400, 200, 120, 80, 40, 30, 30)  # cases of each group in a year, 2,700 in all

# 20 or more cases expected to progress in each arm of each.
CRUDE = {
    "one case a crime, 50 and 650 cases": [Stratum(0.4, 0.5, 50, 650)],
    "one case a crime, rare: 220 and 2,480": [Stratum(0.1, 0.14, 220, 2480)],
    "one case a crime, 25 and 900, common": [Stratum(0.8, 0.9, 25, 900)],
    "one case a crime, 40 and 60, very common": [Stratum(0.9, 0.95, 40, 60)],
    "pairs alike, 60 and 900, common": [Stratum(0.85, 0.9, 30, 500, pairs1=15, pairs0=200, alike=0.8)],
    "pairs alike, 80 and 1,100": [Stratum(0.35, 0.5, 40, 600, pairs1=20, pairs0=250, alike=0.8)],
    "pairs of both arms, 100 and 700": [Stratum(0.3, 0.4, 60, 660, mixed=40, alike=0.8)],
    "small group of pairs, 50 and 1,000": [Stratum(0.5, 0.5, 10, 1000, pairs1=20, alike=0.6)],
}
LIKE = {
    "6 even strata": [Stratum(0.8 * p, p, 30, 150) for p in (0.15, 0.25, 0.4, 0.5, 0.6, 0.7)],
    "6 uneven strata": [
        Stratum(0.7 * p, p, n1, n0)
        for p, n1, n0 in ((0.1, 90, 60), (0.2, 40, 300), (0.4, 25, 500), (0.5, 60, 90), (0.7, 12, 40), (0.9, 15, 700))
    ],
    "6 strata with pairs alike": [
        Stratum(0.8 * p, p, 20, 100, pairs1=8, pairs0=30, alike=0.8) for p in (0.15, 0.25, 0.4, 0.5, 0.6, 0.7)
    ],
    "6 strata with pairs of both arms": [
        Stratum(0.8 * p, p, 30, 120, mixed=12, alike=0.8) for p in (0.15, 0.25, 0.4, 0.5, 0.6, 0.7)
    ],
    "6 strata, 66 of 75 to 90 %": [Stratum(0.9 * p, p, 11, 120) for p in np.linspace(0.83, 0.99, 6)],
    "12 strata of 10 to 20": [Stratum(0.8 * p, p, 10, 20) for p in np.linspace(0.2, 0.7, 12)],
}
SPARSE = {
    "40 strata of 1 and 12 cases, common": [Stratum(0.9 * p, p, 1, 12) for p in np.linspace(0.85, 0.98, 40)],
    "80 strata of 1 and 12 cases": [Stratum(0.8 * p, p, 1, 12) for p in np.linspace(0.3, 0.9, 80)],
    "80 strata of 2 and 2 cases": [Stratum(1.2 * p, p, 2, 2) for p in np.linspace(0.1, 0.7, 80)],
    "60 strata, pairs alike": [Stratum(0.8 * p, p, 1, 8, pairs1=1, pairs0=2, alike=0.8) for p in np.linspace(0.2, 0.9, 60)],
}  # fmt: skip


def coverage(
    strata: list[Stratum], truth: float, interval: Callable[[Patterns], Ratio | Difference | None]
) -> tuple[float, float]:
    """Share of the intervals that hold the truth, and its Monte Carlo standard error."""
    held = []
    for patterns in draw(np.random.default_rng(20250331), strata, TIMES):
        found = interval(patterns)
        if found is not None:
            held.append(found.low <= truth <= found.high)
    # An interval that is missing now and then is no loss of coverage, but must stay rare here.
    assert len(held) > 0.985 * TIMES
    share = float(np.mean(held))
    return share, math.sqrt(share * (1 - share) / len(held))


def assert_near(name: str, method: str, measured: tuple[float, float], low: float = 0.93, high: float = 0.97) -> None:
    share, error = measured
    print(f"\n{method:28} {name:40} {share:.3f}")
    assert low - 2 * error <= share <= high + 2 * error


@pytest.mark.parametrize("name", CRUDE)
def test_crude_intervals_cover(name: str) -> None:
    strata = CRUDE[name]
    one = strata[0]
    assert min(one.cases1 * one.rate1, one.cases0 * one.rate0) >= 20
    assert_near(name, "relative rate", coverage(strata, one.rate1 / one.rate0, lambda p: compare(p).relative))
    # Newcombe's interval may hold the truth a little more often than asked.
    truth = one.rate1 - one.rate0
    assert_near(name, "difference", coverage(strata, truth, lambda p: compare(p).difference), high=0.975)


@pytest.mark.parametrize("name", LIKE | SPARSE)
def test_mantel_haenszel_covers(name: str) -> None:
    strata = (LIKE | SPARSE)[name]
    assert min(sum(s.cases1 * s.rate1 for s in strata), sum(s.cases0 * s.rate0 for s in strata)) >= 20
    # The design effect is never below 1, so pairs of both arms make the interval too wide: the safe side.
    high = 0.99 if "both arms" in name else 0.97
    truth = strata[0].rate1 / strata[0].rate0
    assert_near(name, "Mantel-Haenszel", coverage(strata, truth, mantel_haenszel), high=high)


@pytest.mark.parametrize("name", LIKE)
def test_standardised_intervals_cover(name: str) -> None:
    strata = LIKE[name]
    weights = np.array([one.cases1 + one.cases0 for one in strata])
    one, two = (float(weights @ [getattr(s, rate) for s in strata]) / weights.sum() for rate in ("rate1", "rate0"))
    assert_near(name, "standardised ratio", coverage(strata, one / two, lambda p: standardised(p).relative))
    measured = coverage(strata, one - two, lambda p: standardised(p).difference)
    assert_near(name, "standardised difference", measured, high=0.975)


@pytest.mark.parametrize(
    "one",
    [
        Stratum(0.15, 0.15, 50, 1000, pairs1=7, pairs0=100, mixed=4, alike=0.7),
        Stratum(0.15, 0.15, 30, 1000, pairs1=20, pairs0=100, alike=0.9),
        Stratum(0.5, 0.5, 50, 1000, pairs1=7, pairs0=100, mixed=4, alike=0.7),
        Stratum(0.85, 0.85, 30, 1000, pairs1=20, pairs0=100, alike=0.9),
        Stratum(0.3, 0.3, 300, 1000, pairs1=50, pairs0=100, mixed=100, alike=0.8),
    ],
)
def test_the_score_test_keeps_its_size(one: Stratum) -> None:
    drawn = draw(np.random.default_rng(20250402), [one], 3 * TIMES)
    p_values = np.array([score_p_value(patterns) for patterns in drawn], dtype=np.float64)
    print(f"\nscore test: {one} {np.mean(p_values < 0.05):.4f} {np.mean(p_values < 0.002):.4f}")
    assert np.mean(p_values < 0.05) <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / len(drawn))
    # The first of 32 members of a family is flagged at 0.05 / 32, so the tail matters too.
    assert np.mean(p_values < 0.002) <= 0.002 + 2 * math.sqrt(0.002 / len(drawn))


# --- boards without any difference


def year_of_crimes(chance: np.random.Generator, sizes: tuple[int, ...], paired: float) -> tuple[Counts, Counts]:
    """Cases alone in their crime by group, and pairs by the groups of their two cases; two thirds within one group."""
    cases = np.array(sizes)
    pairs = np.zeros((len(sizes), len(sizes)), dtype=np.int64)
    of_two = int(paired * cases.sum() / 2)
    share = cases / cases.sum()
    np.add.at(pairs, 2 * (chance.choice(len(sizes), of_two * 2 // 3, p=share),), 1)
    np.add.at(pairs, (chance.choice(len(sizes), of_two // 3, p=share), chance.choice(len(sizes), of_two // 3, p=share)), 1)  # fmt: skip
    alone = cases - pairs.sum(0) - pairs.sum(1)
    if (alone < 0).any():
        return year_of_crimes(chance, sizes, paired)
    return alone, pairs


def comparisons(alone: Counts, reached: Counts, pairs: Counts) -> list[Comparison]:
    """Each group against all others at one step; `pairs` by group, group and end (both, first, second, neither)."""
    found = []
    for g in range(len(alone)):
        rest = np.arange(len(alone)) != g
        own, elsewhere = pairs[g, g], pairs[np.ix_(rest, rest)].sum((0, 1))
        # Of the pairs with one case here and one elsewhere, the case here is the first or the second.
        mixed = pairs[g, rest].sum(0) + pairs[rest, g].sum(0)[[0, 2, 1, 3]]
        crimes = [reached[g], alone[g] - reached[g], reached[rest].sum(), (alone - reached)[rest].sum()]
        for ends in (own, elsewhere):
            crimes += [ends[0], ends[1] + ends[2], ends[3]]
        patterns = Patterns(np.zeros(len(SHAPES)), *SHAPES.T, np.array([*crimes, *mixed]))
        arms = [
            Arm(int(c @ n), int(c @ x), int(c[n > 0].sum()), None)
            for c, n, x in (
                (patterns.crimes, patterns.n1, patterns.x1),
                (patterns.crimes, patterns.n0, patterns.x0),
            )
        ]
        found.append(Comparison(arms[0], arms[1], None, None, score_p_value(patterns), 0.95))
    return found


@pytest.mark.parametrize(
    ("sizes", "rates", "paired"),
    [
        (SIZES, (0.9, 0.6, 0.5, 0.7), 0.1),
        (SIZES, (0.5, 0.3, 0.7, 0.8), 0.1),
        (SIZES, (0.15, 0.9, 0.8, 0.5), 0.1),
        (SIZES, (0.9, 0.9, 0.1, 0.9), 0.25),
        # Every small group just above the least count at the first step: the hardest board for the normal approximation.
        ((2350, 50, 50, 50, 50, 50, 50, 50), (0.1, 0.9, 0.9, 0.9), 0.0),
    ],
)
def test_boards_without_a_difference_seldom_show_a_flag(
    sizes: tuple[int, ...], rates: tuple[float, ...], paired: float
) -> None:
    chance = np.random.default_rng(20250401)
    flagged = 0

    for _ in range(BOARDS):
        alone, pairs = year_of_crimes(chance, sizes, paired)
        members: list[Comparison] = []
        for rate in rates:
            reached = chance.binomial(alone, rate)
            ends = ends_of_pairs(chance, pairs, rate, rate, 0.6, pairs.shape)
            members += comparisons(alone, reached, ends)
            # Only what progressed meets the next step; a case that lost its companion goes on alone.
            alone = reached + ends[..., 1].sum(1) + ends[..., 2].sum(0)
            pairs = ends[..., 0]
        p_values = [np.nan if one.p_value is None else one.p_value for one in members]
        flagged += bool(flag_family(p_values, [enough(one) for one in members]).flagged.any())
    share = flagged / BOARDS
    print(f"\nboards with a flag: {sizes} {rates} {paired:.0%} paired: {share:.3f}")
    assert share <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / BOARDS)
