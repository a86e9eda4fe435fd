"""The interval of a ratio and of a difference where the rule for making it changes: few cases left, cases of one crime unlike."""

import math

import pytest
from drawn_crimes import singles

from attrition.stats.disparity import Patterns, compare, enough
from attrition.stats.two_rates import log_interval

Z = 1.959963984540054  # 97.5 % of the normal distribution


def wilson(rate: float, size: float) -> tuple[float, float]:
    middle, half = rate + Z * Z / (2 * size), Z * math.sqrt(rate * (1 - rate) / size + Z * Z / (4 * size * size))
    return (middle - half) / (1 + Z * Z / size), (middle + half) / (1 + Z * Z / size)


@pytest.mark.parametrize(
    ("size", "rate", "symmetric"),
    [
        (40, 0.625, True),  # 40 x 0.375 = 15 did not progress
        (41, 0.65, False),  # 41 x 0.35 = 14.35
        (40, 0.75, False),  # 10
        (61, 0.75, True),  # 15.25
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_the_symmetric_interval_needs_fifteen_that_did_not_progress_in_each_arm(
    size: float, rate: float, symmetric: bool, is_first: bool
) -> None:
    one, two = ((rate, size), (0.3, 100.0)) if is_first else ((0.3, 100.0), (rate, size))
    found = log_interval((one[0], two[0]), (one[1], two[1]), 0.2, 0.95)
    value = one[0] / two[0]
    low, high = value / math.exp(Z * 0.2), value * math.exp(Z * 0.2)
    if not symmetric:
        (low1, high1), (low2, high2) = wilson(*one), wilson(*two)
        low = value / math.exp(math.hypot(math.log(one[0] / low1), math.log(high2 / two[0])))
        high = value * math.exp(math.hypot(math.log(high1 / one[0]), math.log(two[0] / low2)))
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), rel=1e-7)


def test_cases_of_one_crime_that_fare_unlike_are_no_more_than_they_are() -> None:
    """Forty crimes of two cases, in thirty of which one of the two progressed: their rate varies less than that of 80 separate
    cases would, as that of 160, but there are 80. Of the others each crime is one case.

    Group: 40 of 80; the ten other crimes deviate by 1 / 80 each: variance 10 / 80² = 0.0016, and 0.5 x 0.5 / 0.0016 = 160.
    """
    found = compare(
        Patterns([0] * 5, [2, 2, 2, 0, 0], [1, 2, 0, 0, 0], [0, 0, 0, 1, 1], [0, 0, 0, 1, 0], [30, 5, 5, 30, 70])
    )
    assert (found.group.rate, found.others.rate) == (0.5, 0.3)
    # A hundred and forty crimes: the factor 140 / 139 takes from the others' 100 cases, which are as independent as can be.
    (low1, high1), (low2, high2) = wilson(0.5, 80), wilson(0.3, 100 / (140 / 139))
    assert found.difference is not None
    assert found.difference.low == pytest.approx(0.2 - math.hypot(0.5 - low1, high2 - 0.3), rel=1e-7)
    assert found.difference.high == pytest.approx(0.2 + math.hypot(high1 - 0.5, 0.3 - low2), rel=1e-7)


@pytest.mark.parametrize(("crimes", "expected"), [(9, False), (10, True)])
def test_a_verdict_needs_ten_crimes_however_many_cases_they_have(crimes: int, expected: bool) -> None:
    """Four cases a crime, two of which progressed: 36 or 40 cases, of which 18 or 20 are expected to go either way."""
    group = Patterns([0] * 3, [4, 0, 0], [2, 0, 0], [0, 1, 1], [0, 1, 0], [crimes, 100, 100])
    assert enough(compare(group)) is expected
    others = Patterns([0] * 3, [0, 1, 1], [0, 1, 0], [4, 0, 0], [2, 0, 0], [crimes, 100, 100])
    assert enough(compare(others)) is expected
    assert enough(compare(singles((36, 18, 200, 100))))
