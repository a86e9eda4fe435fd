"""Draws crimes for the tests of disparity: singles and pairs of cases whose ends may be alike, many boards at a time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attrition.stats.disparity import Patterns

Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

# n1, x1, n0, x0 of every pattern that crimes of one or two cases can show
SHAPES = np.array(
    [
        *((1, 1, 0, 0), (1, 0, 0, 0), (0, 0, 1, 1), (0, 0, 1, 0)),
        *((2, 2, 0, 0), (2, 1, 0, 0), (2, 0, 0, 0), (0, 0, 2, 2), (0, 0, 2, 1), (0, 0, 2, 0)),
        *((1, 1, 1, 1), (1, 1, 1, 0), (1, 0, 1, 1), (1, 0, 1, 0)),
    ]
)


@dataclass(frozen=True)
class Stratum:
    """Crimes of one stratum by kind, the chance to progress in each arm, and how often the two cases of a pair are alike."""

    rate1: float
    rate0: float
    singles1: int
    singles0: int
    pairs1: int = 0
    pairs0: int = 0
    mixed: int = 0
    alike: float = 0.0

    @property
    def cases1(self) -> int:
        return self.singles1 + 2 * self.pairs1 + self.mixed

    @property
    def cases0(self) -> int:
        return self.singles0 + 2 * self.pairs0 + self.mixed


def ends_of_pairs(
    chance: np.random.Generator, pairs: npt.ArrayLike, first: float, second: float, alike: float, shape: tuple[int, ...]
) -> Counts:
    """How many pairs end with both, the first only, the second only, none progressed (last axis).

    Each case progresses with its own chance; a share `alike` of the pairs are decided by one and the same draw.
    """
    both = alike * min(first, second) + (1 - alike) * first * second
    ways = np.array([both, first - both, second - both, 1 - first - second + both])
    return chance.multinomial(np.broadcast_to(np.asarray(pairs), shape), ways)


def draw(chance: np.random.Generator, strata: list[Stratum], times: int) -> list[Patterns]:
    """So many sets of crimes from the same strata."""
    drawn = []
    for one in strata:
        reached1 = chance.binomial(one.singles1, one.rate1, times)
        reached0 = chance.binomial(one.singles0, one.rate0, times)
        columns = [reached1, one.singles1 - reached1, reached0, one.singles0 - reached0]
        for pairs, rate in ((one.pairs1, one.rate1), (one.pairs0, one.rate0)):
            ends = ends_of_pairs(chance, pairs, rate, rate, one.alike, (times,))
            columns += [ends[:, 0], ends[:, 1] + ends[:, 2], ends[:, 3]]
        columns += list(ends_of_pairs(chance, one.mixed, one.rate1, one.rate0, one.alike, (times,)).T)
        drawn.append(np.stack(columns, axis=1))
    crimes = np.concatenate(drawn, axis=1)
    stratum = np.repeat(np.arange(len(strata)), len(SHAPES))
    shapes = np.tile(SHAPES, (len(strata), 1))
    return [Patterns(stratum, *shapes.T, one) for one in crimes]


def singles(*rows: tuple[int, int, int, int]) -> Patterns:
    """Crimes of one case each; a row for each stratum: cases and progressed of the group, then of the other arm."""
    stratum = np.repeat(np.arange(len(rows)), 4)
    shapes = np.tile(SHAPES[:4], (len(rows), 1))
    crimes = [count for n1, x1, n0, x0 in rows for count in (x1, n1 - x1, x0, n0 - x0)]
    return Patterns(stratum, *shapes.T, np.array(crimes))
