"""Counts know their unit, and two units are never divided."""

import doctest
import math
from fractions import Fraction

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrition import models, reference
from attrition.stats import units
from attrition.stats.units import Count, UnitMismatch, rate

UNITS = [row["unit"] for row in reference.rows("unit")]
counts = st.integers(0, 10**9)


@given(counts, counts.filter(bool), st.sampled_from(UNITS))
def test_a_rate_is_the_quotient(numerator: int, denominator: int, unit: str) -> None:
    assert rate(Count(numerator, unit), Count(denominator, unit)) == float(Fraction(numerator, denominator))


@given(counts, counts, st.lists(st.sampled_from(UNITS), min_size=2, max_size=2, unique=True))
def test_two_units_never_make_a_rate(numerator: int, denominator: int, pair: list[str]) -> None:
    with pytest.raises(UnitMismatch, match=f"{pair[0]}s per {pair[1]} mixes two units"):
        rate(Count(numerator, pair[0]), Count(denominator, pair[1]))


def test_a_mismatch_is_a_value_error() -> None:
    # CPS North East 2018/19: 557 prosecuted (defendants), 4,390 recorded (crimes).
    with pytest.raises(ValueError):
        rate(Count(557, "defendant"), Count(4_390, "crime"))


@pytest.mark.parametrize("value", [0, 3])
def test_of_none_there_is_no_rate(value: int) -> None:
    assert math.isnan(rate(Count(value, "crime"), Count(0, "crime")))


@pytest.mark.parametrize(("value", "unit"), [(-1, "crime"), (1, ""), (1, " ")])
def test_a_count_is_not_negative_and_has_a_unit(value: int, unit: str) -> None:
    with pytest.raises(ValueError, match=r"count"):
        Count(value, unit)


@pytest.mark.parametrize(
    ("numerator", "denominator", "published"),
    # Parliamentary answer, AGO to Rigby (2024); CPS North East 2018/19.
    [(12_614, 14_657, 0.861), (459, 557, 0.824)],
)
def test_published_conviction_rates(numerator: int, denominator: int, published: float) -> None:
    assert round(rate(Count(numerator, "defendant"), Count(denominator, "defendant")), 3) == published


def test_the_example_holds() -> None:
    assert doctest.testmod(units).failed == 0


def test_no_run_begins_with_a_measure_that_mixes_units(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = {"numerator_unit": "defendant", "denominator_unit": "crime"}
    listed = reference.rows
    monkeypatch.setattr(reference, "rows", lambda name: (*listed(name), mixed) if name == "measure" else listed(name))
    with duckdb.connect() as connection, pytest.raises(UnitMismatch, match="defendants per crime"):
        models.prepare(connection)
