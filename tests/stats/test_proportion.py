"""Wilson's interval against its closed form, its own definition and counts at the edge."""

import doctest
import math
import warnings
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attrition.stats import count, proportion
from attrition.stats.proportion import normal_quantile, wilson

FIRST_IMPORT = settings(deadline=None)  # statsmodels takes seconds
LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.998])


def closed_form(successes: int, trials: int, level: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / trials
    centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    return centre - half, centre + half


@FIRST_IMPORT
@given(trials=st.integers(1, 5_000_000), part=st.floats(0, 1), level=LEVELS)
def test_agrees_with_the_closed_form(trials: int, part: float, level: float) -> None:
    successes = round(part * trials)
    lower, upper = wilson(successes, trials, level)
    assert (float(lower), float(upper)) == pytest.approx(closed_form(successes, trials, level), abs=1e-12)
    assert 0 <= lower <= successes / trials <= upper <= 1


@FIRST_IMPORT
@given(trials=st.integers(1, 100_000), part=st.floats(0, 1), level=LEVELS)
def test_limits_are_where_the_score_test_turns(trials: int, part: float, level: float) -> None:
    """The definition: at a limit the observed share lies z standard errors from it, reckoned with the limit itself."""
    successes = round(part * trials)
    z = NormalDist().inv_cdf((1 + level) / 2)
    for limit in map(float, wilson(successes, trials, level)):
        distance = (successes / trials - limit) ** 2
        assert distance == pytest.approx(z**2 * limit * (1 - limit) / trials, rel=1e-6, abs=1e-15)


def test_published_worked_values() -> None:
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3."""
    lower, upper = wilson([81, 15, 0, 1], [263, 148, 20, 29])
    assert lower.round(4).tolist() == [0.2553, 0.0624, 0.0, 0.0061]
    assert upper.round(4).tolist() == [0.3662, 0.1605, 0.1611, 0.1718]


def test_nothing_and_everything_are_exact() -> None:
    trials = np.arange(1, 3000)
    none_lower, none_upper = wilson(0, trials)
    all_lower, all_upper = wilson(trials, trials)
    assert np.all(none_lower == 0)
    assert np.all(all_upper == 1)
    z2 = NormalDist().inv_cdf(0.975) ** 2
    np.testing.assert_allclose(none_upper, z2 / (trials + z2), atol=1e-12)
    np.testing.assert_allclose(all_lower, trials / (trials + z2), atol=1e-12)


def test_unknown_is_nan_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lower, upper = wilson([0, 3, np.nan, 1], [0, 10, 5, np.nan])
        empty, _ = wilson([], [])
        single, _ = wilson(0, 0)
    assert np.isnan(lower).tolist() == np.isnan(upper).tolist() == [True, False, True, True]
    assert empty.shape == (0,)
    assert single.shape == ()
    assert np.isnan(single)


def test_shape_is_kept() -> None:
    lower, upper = wilson(np.array([[1, 2], [3, 4]]), 9)
    assert lower.shape == upper.shape == (2, 2)
    assert lower[1, 0] == wilson(3, 9)[0]


@FIRST_IMPORT
@given(trials=st.integers(1, 300), level=LEVELS)
def test_more_successes_never_lower_a_limit_and_sides_mirror(trials: int, level: float) -> None:
    successes = np.arange(trials + 1)
    lower, upper = wilson(successes, trials, level)
    assert np.all(np.diff(lower) > 0)
    assert np.all(np.diff(upper) > 0)
    np.testing.assert_allclose(lower, 1 - upper[::-1], atol=1e-12)


@pytest.mark.parametrize(("successes", "trials"), [(3, 2), (-1, 2), (0, -1)])
def test_impossible_counts_are_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson(successes, trials)


@pytest.mark.parametrize("level", [0, 1, 95, -0.1, float("nan")])
def test_impossible_levels_are_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        wilson(1, 2, level)
    with pytest.raises(ValueError, match="level"):
        normal_quantile(level)


def test_quantile_of_the_level() -> None:
    for level in (0.5, 0.9, 0.95, 0.998):
        assert normal_quantile(level) == pytest.approx(NormalDist().inv_cdf((1 + level) / 2), rel=1e-13)


def test_examples_run() -> None:
    page = Path(__file__).parents[2] / "docs" / "methods" / "intervals.md"
    assert doctest.testfile(str(page), module_relative=False, encoding="utf-8").failed == 0
    assert doctest.testmod(proportion).failed == doctest.testmod(count).failed == 0
