"""A second, slow implementation of the specification, in plain Python, to hold the pipeline against.

Written from the specification alone: it imports nothing of the product and reads none of its reference data
or SQL. Files are applied by `load`, counted by `funnel` and `funnel_by_period`.
"""

from oracle.deliveries import Delivery, Held, Load, load
from oracle.reading import BrokenLine, RawRow, Row, conform, read_csv
from oracle.tables import (
    MEASURES,
    Funnel,
    cases,
    flat_counts,
    flat_reasons,
    funnel,
    funnel_by_period,
    rates,
)

__all__ = [
    "MEASURES",
    "BrokenLine",
    "Delivery",
    "Funnel",
    "Held",
    "Load",
    "RawRow",
    "Row",
    "cases",
    "conform",
    "flat_counts",
    "flat_reasons",
    "funnel",
    "funnel_by_period",
    "load",
    "rates",
    "read_csv",
]
