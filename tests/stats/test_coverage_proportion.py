"""How often the intervals of proportions and counts hold the truth: exact sums over all outcomes, no simulation.

The figures are those of docs/methods/intervals.md.
"""

import numpy as np
import pytest
from scipy import stats

from attrition.stats.count import EXACT_BELOW, count_interval
from attrition.stats.proportion import wilson

LEAST, MOST = 0.05, 0.95


def mean_coverage_of_wilson(trials: int) -> float:
    """Averaged over a true share that is equally likely anywhere from LEAST to MOST.

    The chance of x successes, as a function of the share, is a beta density over trials + 1; so the mean is a sum of beta
    probabilities of the stretch of shares that the interval of x holds.
    """
    successes = np.arange(trials + 1)
    lower, upper = (np.clip(limit, LEAST, MOST) for limit in wilson(successes, trials))
    beta = stats.beta(successes + 1, trials - successes + 1)
    return float((beta.cdf(upper) - beta.cdf(lower)).sum() / (trials + 1) / (MOST - LEAST))


def coverage_of_wilson(trials: int, shares: np.ndarray) -> np.ndarray:
    successes = np.arange(trials + 1)
    lower, upper = wilson(successes, trials)
    held = (lower <= shares[:, None]) & (shares[:, None] <= upper)
    return (stats.binom.pmf(successes, trials, shares[:, None]) * held).sum(axis=1)


def coverage_of_counts(means: np.ndarray) -> np.ndarray:
    counts = np.arange(round(means.max() + 12 * np.sqrt(means.max()) + 20))
    lower, upper = count_interval(counts)
    held = (lower <= means[:, None]) & (means[:, None] <= upper)
    return (stats.poisson.pmf(counts, means[:, None]) * held).sum(axis=1)


@pytest.mark.parametrize("trials", [50, 60, 80, 100, 200, 500, 2000, 10_000])
def test_wilson_holds_the_share_as_often_as_it_says(trials: int) -> None:
    assert 0.94 <= mean_coverage_of_wilson(trials) <= 0.96


def test_the_mean_agrees_with_a_sum_over_many_shares() -> None:
    shares = np.linspace(LEAST, MOST, 9001)
    grid = coverage_of_wilson(50, (shares[1:] + shares[:-1]) / 2).mean()
    assert mean_coverage_of_wilson(50) == pytest.approx(grid, abs=5e-4)


@pytest.mark.parametrize("trials", [30, 50, 100, 500])
def test_wilson_is_never_far_off_between_five_and_95_per_cent(trials: int) -> None:
    assert coverage_of_wilson(trials, np.linspace(LEAST, MOST, 2001)).min() > 0.91


def test_exact_counts_hold_the_mean_at_least_as_often_as_they_say() -> None:
    """Garwood's interval is conservative; Byar's, from five on, gives away next to nothing of that."""
    few = coverage_of_counts(np.linspace(0.05, EXACT_BELOW, 400))
    many = coverage_of_counts(np.linspace(EXACT_BELOW, 200, 4000))
    assert few.min() >= 0.95
    assert many.min() >= 0.949
    assert 0.95 <= many.mean() <= 0.965
