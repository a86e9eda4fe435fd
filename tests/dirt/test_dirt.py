"""The dirt test: no operation of dirt on a clean extract set changes a figure in silence. A harmless one changes none; a harmful one
that changes any is refused, held, or named by a new line of what `run` prints, of a rule that is about it.

In the usual suite five operations, in the slow one each once and 300 examples (DIRT_EXAMPLES for more), of them 60 through the
command line.
"""

import os
import random

import harness
import pytest
from delivery import Delivery
from harmful import HARMFUL
from harmless import HARMLESS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operation import Operation, Strike, Target

EXAMPLES = int(os.environ.get("DIRT_EXAMPLES", "300"))
SEEDS = (1, 4)
"""Of clean sets."""
OPERATIONS = {operation.name: operation for operation in (*HARMLESS, *HARMFUL)}
USUAL = (
    "NBSP and spaces round values", "a workbook of dates and numbers", "a column renamed", "an extract absent",
    "everything twice with other references",
)  # fmt: skip

FOUND = (
    ("half of the rows left out", ("cps", ""), harness.NEXT, 1, 1.0, 5),
    ("half of the rows left out", ("incident", ""), harness.AGAIN, 1, 1.0, 5),
    ("references cut short", ("cps", "urn"), harness.AGAIN, 1, 0.3, 5),
    ("references cut short", ("cps", "police_crime_ref"), harness.AGAIN, 1, 0.3, 5),
    ("codes of another list", ("incident", "offence_code"), harness.NEXT, 1, 1.0, 5),
    ("an extract absent at first", ("incident", ""), harness.FIRST, 1, 0.3, 5),
    ("a column renamed", ("investigation", "outcome_date"), harness.AGAIN, 1, 1.0, 0),
    ("two columns swapped", ("incident", "hate_race"), harness.NEXT, 1, 1.0, 0),
    ("one code for all", ("cps", "decision"), harness.NEXT, 1, 1.0, 0),
    ("one code for all", ("cps", "prosecution_outcome"), harness.NEXT, 1, 1.0, 0),
    ("zeros lost", ("investigation", "urn"), harness.AGAIN, 4, 0.7520396483030394, 442927),
    ("one reference for many", ("investigation", "crime_ref"), harness.AGAIN, 1, 0.7561444837203821, 339),
    ("one reference for many", ("investigation", "crime_ref"), harness.AGAIN, 4, 0.6301806178600848, 2398),
    ("a prefix added", ("investigation", "urn"), harness.NEXT, 1, 0.30000000000000004, 16117584),
    ("a column blanked", ("cps", "uplift"), harness.AGAIN, 1, 0.6467729239142533, 243015),
    ("zeros lost", ("cps", "police_crime_ref"), harness.AGAIN, 4, 0.8656613796068071, 220),
    ("TBC for references", ("cps", "urn"), harness.NEXT, 4, 0.39454890240288565, 489433242),
    ("a column left out at first", ("investigation", "urn"), harness.FIRST, 1, 0.6619112593196319, 261),
)
"""Uses that once went in silence."""

Use = tuple[Operation, Target, str, int, float, int]
"""Operation, what it strikes, shape and seed of the deliveries, share of the values, seed of chance."""


@st.composite
def uses(draw: st.DrawFn) -> Use:
    """One use of any operation."""
    operation = draw(st.sampled_from(list(OPERATIONS.values())))
    return (
        operation,
        draw(st.sampled_from(operation.targets)),
        draw(st.sampled_from(operation.shapes)),
        draw(st.sampled_from(SEEDS)),
        draw(st.floats(0.3, 1.0)),
        draw(st.integers(0, 2**32)),
    )


def dirty(use: Use) -> Delivery:
    """The second delivery (or the first, where there is one alone) with the dirt in it."""
    operation, target, shape, seed, share, chance = use
    delivery = Delivery.of(harness.rows_of(shape, seed)[1])
    operation.apply(Strike(delivery, *target, share, random.Random(chance)))
    return delivery


def assert_not_in_silence(use: Use) -> None:
    """Through the stages in this process."""
    operation, _, shape, seed, *_ = use
    result, is_told, is_equal = harness.deliver(shape, seed, dirty(use), operation.tells)
    if operation.is_harmless:
        refused = operation.may_be_refused and result.ended == "refused"
        assert is_equal or refused, f"{_said(use)}: {result.ended}\n{result.told}"
    else:
        assert is_told or is_equal or result.ended != "published", f"{_said(use)} in silence\n{result.told}"


def _said(use: Use) -> str:
    operation, *where = use
    return f"{operation.name} {where}"


def once(operation: Operation) -> Use:
    """One use of the operation, always the same."""
    chance = random.Random(operation.name)
    return (operation, chance.choice(operation.targets), chance.choice(operation.shapes), SEEDS[0], 0.5, 1)


def test_there_are_sixty_operations_of_both_kinds() -> None:
    assert len(OPERATIONS) == len(HARMLESS) + len(HARMFUL) >= 60
    assert set(USUAL) <= set(OPERATIONS)


@pytest.mark.parametrize("name", USUAL)
def test_no_dirt_in_silence(name: str) -> None:
    assert_not_in_silence(once(OPERATIONS[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(OPERATIONS) - set(USUAL)))
def test_none_of_the_others_in_silence(name: str) -> None:
    assert_not_in_silence(once(OPERATIONS[name]))


@pytest.mark.slow
@pytest.mark.parametrize("found", FOUND, ids=lambda found: f"{found[0]}, {'.'.join(found[1])}")
def test_what_was_found_in_silence(found: tuple[str, Target, str, int, float, int]) -> None:
    name, *where = found
    assert_not_in_silence((OPERATIONS[name], *where))  # type: ignore[arg-type]


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(uses())
def test_any_dirt(use: Use) -> None:
    assert_not_in_silence(use)
