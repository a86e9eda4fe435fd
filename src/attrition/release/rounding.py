"""What a tier says of a count: the number itself, or rounded, and what can be concluded from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attrition.publish.publication import Tier
from attrition.settings import Settings

PUBLIC_BASE = 5
PUBLIC_DENOMINATOR = 50


@dataclass(frozen=True)
class Rounding:
    """How a tier shows counts.

    threshold: a count from 1 to one less is hidden
    base: counts are rounded to the nearest multiple; 1 leaves them as they are
    least_denominator: a rate on a smaller (rounded) denominator is not shown; 0 where every rate is
    """

    threshold: int
    base: int = 1
    least_denominator: int = 0

    def shown(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """The counts as they are shown; halves are rounded up. A count of the threshold or more never becomes 0."""
        rounded = (counts + self.base // 2) // self.base * self.base
        return np.where(counts > 0, np.maximum(rounded, self.base if self.base > 1 else 1), 0)

    def lower(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """The smallest count that is shown as this one is: a 0 is shown only of a true 0, since a small count is hidden."""
        least = self.shown(counts) - self.base // 2
        return np.where(counts > 0, np.maximum(least, self.threshold), 0).astype(np.float64)

    def upper(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """The largest count that is shown as this one is."""
        return np.where(counts > 0, self.shown(counts) + (self.base - 1) // 2, 0).astype(np.float64)


def rounding_of(tier: Tier, settings: Settings) -> Rounding:
    """How a tier shows counts under a configuration: only the public tier rounds, and needs a denominator."""
    if tier == "public":
        return Rounding(settings.disclosure_threshold, PUBLIC_BASE, PUBLIC_DENOMINATOR)
    return Rounding(settings.disclosure_threshold)
