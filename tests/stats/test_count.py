"""Intervals of counts: Byar's against decimal arithmetic, Garwood's against the Poisson tails that define it."""

import math
import warnings
from decimal import Decimal, localcontext
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaincinv

from attrition.stats.count import EXACT_BELOW, count_interval

LEVELS = [0.8, 0.9, 0.95, 0.99, 0.998]


def byar_in_decimal(count: int, level: float) -> tuple[float, float]:
    with localcontext() as context:
        context.prec = 40
        z, three = Decimal(NormalDist().inv_cdf((1 + level) / 2)), Decimal(3)
        limits = []
        for n, sign in ((Decimal(count), -1), (Decimal(count + 1), 1)):
            # n (1 - 1/9n +- z/3 sqrt n)^3, brought to one fraction
            root = n.sqrt()
            limits.append(float((9 * n - 1 + sign * three * z * root) ** 3 / (729 * n * n)))
    return limits[0], limits[1]


def poisson_up_to(count: int, mean: float) -> float:
    return math.exp(-mean) * math.fsum(mean**k / math.factorial(k) for k in range(count + 1))


@settings(deadline=None)  # the first call imports statsmodels
@given(count=st.integers(EXACT_BELOW, 2_000_000), level=st.sampled_from(LEVELS))
def test_byar_agrees_with_decimal_arithmetic(count: int, level: float) -> None:
    lower, upper = map(float, count_interval(count, level))
    assert (lower, upper) == pytest.approx(byar_in_decimal(count, level), rel=1e-12)
    assert lower < count < upper


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("count", range(EXACT_BELOW))
def test_garwood_leaves_equal_tails(count: int, level: float) -> None:
    lower, upper = map(float, count_interval(count, level))
    tail = (1 - level) / 2
    assert poisson_up_to(count, upper) == pytest.approx(tail, rel=1e-9)
    if count:
        assert 1 - poisson_up_to(count - 1, lower) == pytest.approx(tail, rel=1e-9)
    else:
        assert lower == 0.0


def test_published_values() -> None:
    """Exact 95 % limits of Poisson counts, as tables have printed them since Garwood (1936)."""
    lower, upper = count_interval([0, 1, 2, 3, 4])
    assert lower.round(4).tolist() == [0.0, 0.0253, 0.2422, 0.6187, 1.0899]
    assert upper.round(4).tolist() == [3.6889, 5.5716, 7.2247, 8.7673, 10.2416]


@pytest.mark.parametrize("level", LEVELS)
def test_methods_meet_without_a_step_back(level: float) -> None:
    lower, upper = count_interval(np.arange(300), level)
    assert np.all(np.diff(lower) > 0)
    assert np.all(np.diff(upper) > 0)


def test_byar_is_within_one_per_cent_of_exact_from_five_on() -> None:
    counts = np.arange(EXACT_BELOW, 500)
    lower, upper = count_interval(counts)
    np.testing.assert_allclose(lower, gammaincinv(counts, 0.025), rtol=0.01)
    np.testing.assert_allclose(upper, gammaincinv(counts + 1, 0.975), rtol=0.001)


def test_extreme_level_keeps_the_lower_limit_at_zero_or_above() -> None:
    lower, _ = count_interval([5, 6], 1 - 1e-15)
    assert np.all(lower >= 0)


def test_unknown_is_nan_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lower, upper = count_interval([[np.nan, 0], [5, 3]])
        only_many, _ = count_interval([7, 8])
        empty, _ = count_interval([])
        single, _ = count_interval(0)
    assert np.isnan(lower).tolist() == np.isnan(upper).tolist() == [[True, False], [False, False]]
    assert only_many.shape == (2,)
    assert empty.shape == (0,)
    assert single == 0.0


@pytest.mark.parametrize("count", [-1, 2.5])
def test_what_is_not_a_count_is_refused(count: float) -> None:
    with pytest.raises(ValueError, match="whole number"):
        count_interval([1, count])


@pytest.mark.parametrize("level", [0, 1, 95])
def test_impossible_levels_are_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        count_interval(3, level)
