"""What an operation of dirt is: its name, what it does to a delivery, where it may strike, and what may tell of it."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clean_sets import Row
from delivery import Delivery

from attrition.contract import load_contract

Target = tuple[str, str]
"""Extract and column; the column empty where the operation concerns the file."""


@dataclass
class Strike:
    """One use of an operation: the delivery to dirty, the extract and column struck, and the share of the filled cells."""

    delivery: Delivery
    extract: str
    column: str
    share: float
    random: random.Random

    @property
    def rows(self) -> list[Row]:
        """The rows of the extract."""
        return self.delivery.rows[self.extract]

    @rows.setter
    def rows(self, rows: list[Row]) -> None:
        self.delivery.rows[self.extract] = rows

    def chosen(self, column: str | None = None) -> Iterator[Row]:
        """Rows with a value in the column, so many as the share says, in an order that chance gives."""
        column = column or self.column
        filled = [row for row in self.rows if row[column]]
        yield from self.random.sample(filled, max(1, round(self.share * len(filled))))


@dataclass(frozen=True)
class Operation:
    """A kind of dirt.

    targets: the extracts and columns that it may strike; shapes: the deliveries (see harness); tells: the rules of which one at
    least must tell it where it changes a figure and is not refused or held (empty: a harmless operation, which may change none);
    may_be_refused: whether a harmless operation may also end in a refusal that says what to do.
    """

    name: str
    apply: Callable[[Strike], None]
    targets: tuple[Target, ...]
    shapes: tuple[str, ...]
    tells: frozenset[str] = frozenset()
    may_be_refused: bool = False

    @property
    def is_harmless(self) -> bool:
        """Whether no figure may change."""
        return not self.tells


def columns_of_type(
    *types: str, extracts: tuple[str, ...] = ("incident", "investigation", "cps")
) -> tuple[Target, ...]:
    """The columns of the contract that have one of the types."""
    return tuple(
        (extract, column.name)
        for extract in extracts
        for column in load_contract(extract).columns.values()
        if column.type in types
    )
