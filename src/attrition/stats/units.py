"""Counts that know what they count, and the one way to divide one by another. Holds no list of units: those are reference
data (unit.csv), and this must not read any.
"""

import math
from dataclasses import dataclass


class UnitMismatch(ValueError):
    """Two counts of different things were divided: suspects by crimes, say."""


@dataclass(frozen=True)
class Count:
    """How many of what: `value` of the unit `unit` (incident, crime, suspect, defendant).

    Raises ValueError for a value below 0 or an empty unit.
    """

    value: int
    unit: str

    def __post_init__(self) -> None:
        if self.value < 0:
            raise ValueError(f"A count of {self.unit or 'something'} is below 0. Counts are whole numbers from 0 on.")
        if not self.unit.strip():
            raise ValueError("A count has no unit. Say what it counts: incident, crime, suspect or defendant.")


def check_units(numerator: str, denominator: str) -> None:
    """Raises UnitMismatch where the two sides of a rate count different things."""
    if numerator != denominator:
        raise UnitMismatch(
            f"A rate of {numerator}s per {denominator} mixes two units. "
            "Divide counts of one unit only, or show the two counts side by side."
        )


def rate(numerator: Count, denominator: Count) -> float:
    """The numerator as a proportion of the denominator; NaN where the denominator is 0.

    Both must count the same thing, since suspects per crime is no proportion of anything. A value above 1 is handed on: that
    the numerator is a part of the denominator is the caller's to see to. Raises UnitMismatch for two units.

    >>> round(rate(Count(12_614, "defendant"), Count(14_657, "defendant")), 3)
    0.861
    """
    check_units(numerator.unit, denominator.unit)
    return numerator.value / denominator.value if denominator.value else math.nan
