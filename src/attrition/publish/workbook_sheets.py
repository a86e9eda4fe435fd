"""What a sheet of the workbook is: columns, cells, shorthand and notes. Writes no file.

Every cell is text, a number (a count, a proportion, a ratio) or a shorthand in square brackets that the sheet explains.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from attrition.publish.headline import LOW, LOW_BELOW, NOT_APPLICABLE, NOT_AVAILABLE
from attrition.publish.told import why_text
from attrition.publish.workbook_notes import SHORTHAND, UNRELIABLE

# Below this base one case moves a rate by more than ten percentage points.
SMALLEST_BASE = 10

# The extracts that a case is followed through.
CASE_EXTRACTS = ("incident", "investigation", "cps")

Cell = str | int | float
# A number is a mean or a median of counts; a change a difference of two proportions; a ratio one proportion over another.
Kind = Literal["text", "count", "rate", "number", "change", "ratio"]


@dataclass(frozen=True)
class Column:
    """A column: its heading, what its cells are, its width in characters, and the note it refers to."""

    heading: str
    kind: Kind = "count"
    width: float = 12
    note: str = ""


@dataclass(frozen=True)
class Sheet:
    """One worksheet with one table.

    basis: unit and date
    reading: how to read it, one sentence an entry
    first_row_is_total: its first row is one for all cases
    filters: filter buttons on the headings, for a long table
    extracts: those that its figures come from; none for a sheet without figures
    shorthand: what the shorthand of its cells means
    links: its first column names other sheets and leads to them
    nothing: what stands in the place of its rows where it has none
    """

    name: str
    title: str
    basis: str
    reading: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: list[tuple[Cell, ...]] = field(repr=False)
    first_row_is_total: bool = False
    filters: bool = False
    extracts: tuple[str, ...] = CASE_EXTRACTS
    shorthand: Mapping[str, str] = field(default_factory=lambda: SHORTHAND)
    links: bool = False
    nothing: str = "None"

    def legend(self) -> list[str]:
        """The shorthand this table uses, explained."""
        used = {cell for row in self.rows for cell in row if isinstance(cell, str) and cell in self.shorthand}
        return [f"{short} {meaning}." for short, meaning in self.shorthand.items() if short in used]


@dataclass(frozen=True)
class Basis:
    """What every sheet states: the as-at date and the smallest base of a rate beside a group."""

    as_at: date
    smallest_base: int = SMALLEST_BASE

    @property
    def day(self) -> str:
        """The as-at date in words."""
        return day_in_words(self.as_at)

    def of(self, unit: str) -> str:
        """The line under a sheet's title."""
        return f"Unit: {unit}. As at {self.day}."


def day_in_words(day: date) -> str:
    """31 March 2025."""
    return f"{day.day} {day:%B} {day.year}"


def as_day(value: Any) -> date | None:
    """A date from a date, a time or ISO text; None where there is none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def plain_text(value: Any, empty: str = NOT_AVAILABLE) -> str:
    """Text that a spreadsheet and gptables show as it is: never a link, a note reference or an empty cell.

    gptables makes links of [text](address) and notes of $$name$$, and refuses a cell of punctuation alone.
    """
    if value is None:
        return empty
    # A line break or a control character inside a cell hides text; the last four kinds cannot stand in XML at all.
    text = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]+", " ", str(value)).strip()
    if not text:
        return empty
    text = text.replace("](", "] (").replace("$$", "$ $")
    return text if re.search(r"[a-zA-Z0-9]", text) else f"text {text}"


def count(value: Any) -> Cell:
    """A whole number, or [x] where the table has none."""
    return NOT_AVAILABLE if value is None else int(value)


def rate(value: float | None, known: bool = True) -> Cell:
    """A proportion as a number, or the shorthand that says why there is none."""
    if not known:
        return NOT_AVAILABLE
    if value is None:
        return NOT_APPLICABLE
    return LOW if 0 < value < LOW_BELOW else float(value)


def rate_on(value: float | None, base: int | None, known: bool = True, smallest_base: int = 0) -> Cell:
    """A proportion on `base` cases as a cell: [x] not known, [u] on a base below smallest_base, [z] without a value.

    base: None where it is not told
    """
    if base is None:
        return NOT_AVAILABLE
    if known and 0 < base < smallest_base:
        return UNRELIABLE
    return rate(value, known)


def share(part: int, base: int, known: bool = True, smallest_base: int = 0) -> Cell:
    """part / base as a cell: [x] not known, [z] from an empty base, [u] from one below smallest_base."""
    return rate_on(part / base if base else None, base, known, smallest_base)


def number(value: float | None) -> Cell:
    """A number that is no proportion, or [z] where there is none."""
    return NOT_APPLICABLE if value is None else value


def interval_columns(heading: str, width: float = 11, note: str = "") -> tuple[Column, Column, Column]:
    """Three columns: a proportion and the ends of its 95 % interval."""
    return (
        Column(heading, "rate", width, note),
        Column(f"{heading}:\nfrom", "rate", width, "interval"),
        Column(f"{heading}:\nto", "rate", width),
    )


def interval_cells(
    row: Mapping[str, Any], name: str, base: int | None, known: bool = True, smallest_base: int = 0
) -> tuple[Cell, ...]:
    """The cells of these columns, from `name`, `name_lower` and `name_upper` of a published row."""
    return tuple(rate_on(row[name + end], base, known, smallest_base) for end in ("", "_lower", "_upper"))


# A table that hangs on a stage has no rows where that is not told, and where no case reached it.
NONE_TOLD = "None told"
COVERED_COLUMNS = (
    Column("Covered by the feeds", "text", 14, "coverage"),
    Column("Why not covered", "text", 44, "coverage"),
)


def covered_cells(covered: bool, why: str | None) -> tuple[Cell, Cell]:
    """The cells of these columns: whether a stage can be seen, and why not."""
    return ("Yes", NOT_APPLICABLE) if covered else ("No", _sentence(why_text(why)))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def yes_no(value: Any) -> str:
    """Y and N in words."""
    return {"Y": "Yes", "N": "No"}.get(str(value), NOT_AVAILABLE)
