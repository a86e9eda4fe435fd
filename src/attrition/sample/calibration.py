"""Reads the calibration figures that the sample generator follows, and holds what one sample is made from.

Holds no figure itself: they stand, each with its source, in ``data/reference/sample_calibration.toml``.
"""

import tomllib
from dataclasses import dataclass
from typing import Any

from attrition import resources

Calibration = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Recipe:
    """What one sample is made from.

    `as_at` is the as-at day as days since 1970-01-01, `year` its year, `days` the length of the reporting
    period; `codes` are the outcome codes by the positions that the arrays use.
    """

    seed: int
    as_at: int
    year: int
    days: int
    codes: tuple[str, ...]
    figures: Calibration


def calibration() -> Calibration:
    """The tables of ``sample_calibration.toml`` by name."""
    return tomllib.loads(resources.path("data/reference/sample_calibration.toml").read_text(encoding="utf-8"))
