"""How often the limits of a cumulative incidence hold the truth, where cases leave in several ways on shared days, are
seen only later on, or are still open. The figures are those of docs/methods/time-to-next-stage.md.
"""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from attrition.stats.incidence import cumulative_incidence

DAYS = 150
READ_ON = (14, 56, 119)
RUNS = 3000


@dataclass(frozen=True)
class World:
    """hazard: chance of leaving on each day by each cause, given still there (days, causes)
    late: share of the cases that are first seen on a day from 1 to 40 of their clock, those that left by then never
    followed: first and last of the days on which observation ends, all equally likely
    """

    hazard: NDArray[np.float64]
    late: float
    followed: tuple[int, int]


def weekly(rates: tuple[float, float, float], bunched: float) -> NDArray[np.float64]:
    """A share of it all happens on day 0 and every seventh day after, as decisions that wait for a weekly panel."""
    hazard = np.outer(np.ones(DAYS), rates) * (1 - bunched)
    hazard[::7] += 7 * bunched * np.array(rates)
    hazard[0] *= 3
    return hazard


WORLDS = {
    "ties, three causes, half late, censored": World(weekly((0.004, 0.006, 0.002), 0.8), 0.5, (30, DAYS - 1)),
    "fast, few remain": World(weekly((0.012, 0.015, 0.005), 0.5), 0.3, (60, DAYS - 1)),
    "heavy early censoring": World(weekly((0.005, 0.004, 0.001), 0.3), 0.2, (5, DAYS - 1)),
    "all seen from the start": World(weekly((0.004, 0.006, 0.002), 0.8), 0.0, (30, DAYS - 1)),
}


def true_incidence(world: World) -> NDArray[np.float64]:
    stay = np.cumprod(1 - world.hazard.sum(axis=1))
    before = np.concatenate(([1.0], stay[:-1]))
    return np.cumsum(before[:, None] * world.hazard, axis=0)


def drawn(world: World, cases: int, runs: int, seed: int) -> tuple[NDArray, NDArray, NDArray]:
    """entered, events and censored by day of as many runs; a case leaves unseen if it leaves before it is first seen."""
    random = np.random.default_rng(seed)
    causes = world.hazard.shape[1]
    ways = np.diff(true_incidence(world), axis=0, prepend=0).ravel()
    way = np.searchsorted(np.cumsum(ways), random.random((runs, cases)), side="right")
    day = np.minimum(way // causes, DAYS)
    entry = np.where(random.random((runs, cases)) < world.late, random.integers(1, 41, (runs, cases)), 0)
    last = random.integers(world.followed[0], world.followed[1] + 1, (runs, cases))
    seen = (entry == 0) | (np.minimum(day, last) > entry)
    left = seen & (day <= last)
    unseen = seen & (day > last)
    run = np.broadcast_to(np.arange(runs)[:, None], way.shape)

    def tally(which: NDArray, at: NDArray, width: int) -> NDArray:
        return np.bincount(run[which] * width + at[which], minlength=runs * width).reshape(runs, width)

    events = tally(left, way, DAYS * causes).reshape(runs, DAYS, causes)
    return tally(seen, entry, DAYS), events, tally(unseen, last, DAYS)


def measure(world: World, cases: int, runs: int = RUNS, seed: int = 1) -> NDArray[np.float64]:
    """For each day of READ_ON and each cause: how often the limits hold the truth, the mean estimate less the truth in
    standard errors of that mean, and the mean number of events. Shape (days, causes, 3)."""
    truth = true_incidence(world)[list(READ_ON)]
    entered, events, censored = drawn(world, cases, runs, seed)
    shares, held = [], np.zeros(truth.shape)
    for one in zip(entered, events, censored, strict=True):
        curve = cumulative_incidence(np.arange(DAYS), *one)
        rows = list(READ_ON)
        shares.append(curve.incidence[rows])
        held += (curve.lower[rows] <= truth) & (truth <= curve.upper[rows])
    off = (np.mean(shares, axis=0) - truth) / (np.std(shares, axis=0) / math.sqrt(runs))
    seen = np.cumsum(events, axis=1)[:, list(READ_ON)].mean(axis=0)
    return np.stack([held / runs, off, seen], axis=-1)


@pytest.mark.slow
@pytest.mark.parametrize("cases", [300, 1000])
@pytest.mark.parametrize("name", WORLDS)
def test_limits_hold_the_truth_as_often_as_they_say(name: str, cases: int) -> None:
    coverage, off, events = np.moveaxis(measure(WORLDS[name], cases), -1, 0)
    enough = events >= 20
    assert enough.any()
    slack = 2 * math.sqrt(0.95 * 0.05 / RUNS)
    assert np.all(coverage[enough] >= 0.93 - slack)
    assert np.all(coverage[enough] <= 0.97 + slack)
    assert np.all(np.abs(off[enough]) < 4)
