"""Cells of the protected tables as the workbook of the board and public tiers shows them, and the funnel's rows by their key.

A hidden figure stays hidden: nothing here fills a cell whose mark says why it is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path

from attrition.publish.headline import LOW, NOT_AVAILABLE, Row
from attrition.publish.told import not_covered, notes_on_marks, period_marks, told_of_none
from attrition.publish.workbook_funnel import INCIDENTS, STAGES
from attrition.publish.workbook_labels import group_order, stage_label
from attrition.publish.workbook_notes import RELEASED_NOTES, RELEASED_SHORTHAND
from attrition.publish.workbook_sheets import Basis, Cell, Column, Sheet, as_day, day_in_words, plain_text, rate

YEAR, QUARTER = "financial_year", "quarter"
KINDS = (YEAR, QUARTER)
PERIOD_LABELS = {YEAR: "Financial year", QUARTER: "Quarter"}
PROTECTED = f"Small counts are hidden ([c]); see note {list(RELEASED_NOTES).index('protection') + 1}."
# A row that is left out tells nothing.
_NOBODY: Row = {}


def shown(row: Row, name: str) -> Cell:
    """A protected count: its value, or the mark that stands in its place; [x] where there is no row."""
    # A null without its reason must not look like 0.
    return _mark(row, name) or (NOT_AVAILABLE if row.get(name) is None else int(row[name]))


def shown_rate(row: Row, name: str, known: bool = True, end: str = "") -> Cell:
    """A protected rate, or with `end` one of its limits, which share its mark; [x] where the feeds do not reach."""
    if not known:
        return NOT_AVAILABLE
    return _mark(row, name) or rate(row.get(name + end))


def shown_interval(row: Row, name: str, known: bool = True) -> tuple[Cell, ...]:
    """A protected rate and its limits."""
    return tuple(shown_rate(row, name, known, end) for end in ("", "_lower", "_upper"))


def step_cells(row: Row, known: bool = True) -> tuple[Cell, ...]:
    """The share that went on so far, its limits, and the most that it can become. The one is never shown without the other."""
    at_most = shown_rate(row, "step_rate_max", known)
    so_far = shown_interval(row, "step_rate", known)
    return (at_most, at_most, at_most, at_most) if isinstance(at_most, str) and at_most != LOW else (*so_far, at_most)


def _mark(row: Row, name: str) -> str:
    return f"[{row[f'{name}_mark']}]" if row.get(f"{name}_mark") else ""


def counted_on(rows: list[Row]) -> list[str]:
    """The days as at which these rows were counted, in order."""
    days = {as_day(row.get("as_at")) for row in rows}
    return [day.isoformat() for day in sorted(day for day in days if day)]


def counted_columns(rows: list[Row]) -> tuple[Column, ...]:
    """A column for the day as at which a period was counted, where it is not one day for all."""
    return (Column("Counted as at", "text", 14, "periods"),) if len(counted_on(rows)) > 1 else ()


def counted_cells(row: Row, rows: list[Row]) -> tuple[Cell, ...]:
    """The cell of that column."""
    return (plain_text(row.get("as_at")),) if len(counted_on(rows)) > 1 else ()


def counted_line(rows: list[Row]) -> tuple[str, ...]:
    """The line that states that day, where it is one for all."""
    days = counted_on(rows)
    if len(days) > 1:
        return ("Periods were counted as at different days; the last column says which.",)
    day = as_day(days[0]) if days else None
    return (f"Counted as at {day_in_words(day)}.",) if day else ()


@dataclass(frozen=True)
class Released:
    """The protected tables, and the funnel's rows by period, breakdown, group and stage."""

    basis: Basis
    tables: Path
    funnel: list[Row] = field(repr=False)

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str, str], Row]:
        return {(row["period"], row["breakdown"], row["group"], row["stage"]): row for row in self.funnel}

    @cached_property
    def _of_all(self) -> dict[tuple[str, str], Row]:
        return {(row["period"], row["stage"]): row for row in self.funnel if row["breakdown"] == "all"}

    def periods(self, kind: str) -> list[str]:
        """The periods of a kind, the first one first."""
        return sorted({row["period"] for row in self.funnel if row["period_kind"] == kind})

    def groups(self, kind: str, breakdown: str) -> list[str]:
        """The groups of a breakdown that any period of the kind shows, in the order of the code lists."""
        found = {row["group"] for row in self.funnel if (row["period_kind"], row["breakdown"]) == (kind, breakdown)}
        return sorted(found, key=lambda group: group_order(breakdown, group))

    def periods_of(self, kind: str, breakdown: str) -> list[str]:
        """The periods of a kind for which the breakdown is shown, the first one first."""
        return sorted(
            {row["period"] for row in self.funnel if (row["period_kind"], row["breakdown"]) == (kind, breakdown)}
        )

    def row(self, period: str, breakdown: str, group: str, stage: str) -> Row:
        """One row; an empty one where nobody got there."""
        return self._rows.get((period, breakdown, group, stage), _NOBODY)

    def covered(self, period: str, *stages: str, breakdown: str = "all", group: str = "all") -> bool:
        """Whether each of these stages of a period is covered in the group; as for all cases where it has no row."""
        rows = (
            self._rows.get((period, breakdown, group, stage)) or self._of_all.get((period, stage), _NOBODY)
            for stage in stages
        )
        return all(row.get("covered") == "Y" for row in rows)

    def coverage_caveat(self) -> str:
        """What is not told in some period: the stages of all cases that are not covered, and why, and the breakdowns that are told of
        no case; empty where all is.
        """
        short = {(row["stage"], row["why"]): None for row in self._of_all.values() if row["covered"] != "Y"}
        ordered = sorted(short, key=lambda one: STAGES.index(one[0]))
        stages = not_covered((stage_label(stage), why) for stage, why in ordered)
        return " ".join(filter(None, (stages, told_of_none(self.funnel))))

    def period_label(self, period: str) -> str:
        """A period, marked where only a part of it is in the data, or months of it are missing."""
        return " ".join((plain_text(period), *period_marks(self._of_all.get((period, STAGES[0]), _NOBODY))))

    def partial_note(self) -> tuple[str, ...]:
        """What these marks mean, where a period bears one."""
        of_first_stage = (row for (_, stage), row in self._of_all.items() if stage == STAGES[0])
        return notes_on_marks(chain.from_iterable(map(period_marks, of_first_stage)))

    def caution(self) -> tuple[str, ...]:
        """That sentence as a line of a sheet."""
        caveat = self.coverage_caveat()
        return (f"Caution. {caveat}",) if caveat else ()


def released_sheet(
    released: Released,
    name: str,
    title: str,
    reading: tuple[str, ...],
    columns: tuple[Column, ...],
    rows: list[tuple[Cell, ...]],
    *,
    filters: bool = False,
    shorthand: Mapping[str, str] = RELEASED_SHORTHAND,
) -> Sheet:
    """A sheet of protected figures, counted in incidents."""
    return Sheet(
        name,
        title,
        released.basis.of(INCIDENTS),
        reading,
        columns,
        rows,
        filters=filters,
        shorthand=shorthand,
    )
