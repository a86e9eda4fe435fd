"""Random draws that give the same values on every platform.

Holds named streams of uniform numbers and what is made of them by comparison, table look-up and whole-number
arithmetic. Logarithms and the like are left out on purpose: their last bit differs between C libraries.
"""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
Real = NDArray[np.float64]

FAR = 100_000_000
"""A day that never comes: the event has not happened and will not."""


class Stream:
    """Random numbers of one topic; topics do not disturb each other."""

    def __init__(self, seed: int, topic: str) -> None:
        sequence = np.random.SeedSequence([seed, zlib.crc32(topic.encode("ascii"))])
        self._generator = np.random.Generator(np.random.PCG64(sequence))

    def uniform(self, size: int) -> Real:
        """Numbers from 0 up to but not including 1."""
        return self._generator.random(size)

    def chance(self, size: int, share: float | Real) -> Flags:
        """True with the probability `share` (0 to 1), which may differ by row."""
        return np.asarray(self.uniform(size) < share, dtype=np.bool_)

    def between(self, size: int, low: int | Whole, high: int | Whole) -> Whole:
        """Whole numbers from `low` to `high`, both included; where high is below low, `low`."""
        width = np.maximum(np.asarray(high) - np.asarray(low) + 1, 1)
        steps: Whole = np.floor(self.uniform(size) * width).astype(np.int64)
        return np.asarray(low + steps, dtype=np.int64)

    def pick(self, size: int, weights: Sequence[float]) -> Whole:
        """Positions in `weights`, each as likely as its weight."""
        steps = np.cumsum(np.asarray(weights, dtype=np.float64))
        # A weight of 0 at the end must stay out of reach, so the position is capped at the last positive one.
        last = int(np.flatnonzero(np.asarray(weights) > 0)[-1])
        found = np.searchsorted(steps, self.uniform(size) * steps[-1], side="right")
        return np.asarray(np.minimum(found, last), dtype=np.int64)

    def pick_by(self, row: Whole, weights: Sequence[Sequence[float]]) -> Whole:
        """As `pick`, with the weights of the table row that `row` names."""
        result = np.zeros(row.size, dtype=np.int64)
        for number, of_row in enumerate(weights):
            members = np.flatnonzero(row == number)
            if members.size:
                result[members] = self.pick(members.size, of_row)
        return result

    def days(self, median: Whole, quantile: Sequence[float], multiple: Sequence[float]) -> Whole:
        """Durations in whole days: `multiple` times the row's median at each `quantile`, even in between."""
        result = np.zeros(median.size, dtype=np.int64)
        for value in np.unique(median):
            members = np.flatnonzero(median == value)
            knots = np.floor(np.asarray(multiple) * float(value) + 0.5).astype(np.int64)
            inner = np.asarray(quantile[1:-1])
            segment = np.searchsorted(inner, self.uniform(members.size), side="right")
            result[members] = self.between(members.size, knots[segment], knots[segment + 1] - 1)
        return result
