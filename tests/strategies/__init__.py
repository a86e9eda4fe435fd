"""Hypothesis strategies for small extracts in the contract's own layout, one fixed set, and helpers that write them as CSV."""

from strategies.dense import dense_extracts
from strategies.extracts import (
    Extracts,
    as_deliveries,
    broken_line,
    delivery_sequences,
    extract_sets,
    stacked_extract_sets,
)
from strategies.files import told_once, write_csv, write_deliveries
from strategies.pools import AS_AT, EXTRACTS, STYLES, day, restyle

__all__ = [
    "AS_AT",
    "EXTRACTS",
    "STYLES",
    "Extracts",
    "as_deliveries",
    "broken_line",
    "day",
    "delivery_sequences",
    "dense_extracts",
    "extract_sets",
    "restyle",
    "stacked_extract_sets",
    "told_once",
    "write_csv",
    "write_deliveries",
]
