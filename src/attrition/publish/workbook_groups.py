"""The workbook's sheets of groups and periods: how many cases reached each stage, what share went on.

Each rate so far stands beside the most it can become.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

from attrition.publish.headline import NOT_AVAILABLE, Row, published_rows
from attrition.publish.told import notes_on_marks, period_marks
from attrition.publish.workbook_funnel import ADVICE_ON_BOUNDS, HEADLINE_STAGES, INCIDENTS, STAGES, caution
from attrition.publish.workbook_labels import breakdown_label, group_labels, group_order, stage_label, step_label
from attrition.publish.workbook_sheets import Basis, Cell, Column, Sheet, count, plain_text, share

ADDS_UP = "Each case is in one row; the rows below the first add up to all cases."
STRAND_ADVICE = "A case may be in several strands or in none: do not add the rows, and do not rank strands."


@dataclass(frozen=True)
class Dimension:
    """A breakdown that has sheets of its own: the name in their tabs, in their titles, and its note."""

    breakdown: str
    tab: str
    title: str
    note: str
    adds_up: bool = True

    @property
    def advice(self) -> str:
        """Whether the rows of groups may be added."""
        return ADDS_UP if self.adds_up else STRAND_ADVICE


DIMENSIONS = (
    Dimension("strand", "strand", "hate strand", "strands", False),
    Dimension("victim_ethnicity", "ethnicity", "victim ethnicity", "ethnicity"),
    Dimension("business_type", "business", "business type", "business"),
)
STRAND_BY_BUSINESS = Dimension(
    "strand*business_type", "strand and business", "hate strand and business type", "strands", False
)


class Funnel:
    """The funnel's rows by breakdown, group and stage."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = {(row["breakdown"], row["group"], row["stage"]): row for row in rows}

    def groups(self, breakdown: str) -> list[str]:
        """The groups of a breakdown in the order of the code lists."""
        found = dict.fromkeys(group for of, group, _ in self._rows if of == breakdown)
        return sorted(found, key=lambda group: group_order(breakdown, group))

    def count(self, breakdown: str, group: str, stage: str, column: str = "entered") -> int | None:
        """One count of incidents; None where it is not told."""
        found: int | None = self._rows[breakdown, group, stage][column]
        return found

    def known(self, breakdown: str, group: str, *stages: str) -> bool:
        """Whether every one of these stages is covered."""
        return all(self._rows[breakdown, group, stage]["covered"] == "Y" for stage in stages)


def _of_recorded(funnel: Funnel, breakdown: str, group: str, target: str, smallest: int) -> tuple[Cell, Cell]:
    """The share of recorded cases that reached `target`: so far, and if every open case got there."""
    between = STAGES[STAGES.index("recorded") : STAGES.index(target)]
    base = funnel.count(breakdown, group, "recorded") or 0
    reached = funnel.count(breakdown, group, target) or 0
    still_open = sum(funnel.count(breakdown, group, stage, "open") or 0 for stage in between)
    known = funnel.known(breakdown, group, *between, target)
    return share(reached, base, known, smallest), share(reached + still_open, base, known, smallest)


_REACHED_COLUMNS = (
    *(Column(stage_label(stage), width=12.5) for stage in HEADLINE_STAGES),
    Column("Open now\n(any stage)", width=12, note="lost"),
    Column("Lost so far\n(any stage)", width=12, note="lost"),
    Column("Charged, % of recorded:\nso far", "rate", 13, "so_far"),
    Column("Charged, % of recorded:\nat most", "rate", 13, "so_far"),
    Column("Convicted, % of recorded:\nso far", "rate", 13, "so_far"),
    Column("Convicted, % of recorded:\nat most", "rate", 13, "so_far"),
)


def _reached_cells(funnel: Funnel, breakdown: str, group: str, smallest: int) -> tuple[Cell, ...]:
    before_conviction = HEADLINE_STAGES[:-1]
    return (
        *(count(funnel.count(breakdown, group, stage)) for stage in HEADLINE_STAGES),
        *(
            NOT_AVAILABLE if None in standing else sum(number or 0 for number in standing)
            for standing in (
                [funnel.count(breakdown, group, stage, state) for stage in before_conviction]
                for state in ("open", "lost")
            )
        ),
        *_of_recorded(funnel, breakdown, group, "charged", smallest),
        *_of_recorded(funnel, breakdown, group, "convicted", smallest),
    )


def _step_columns() -> tuple[Column, ...]:
    columns = []
    for before, after in pairwise(HEADLINE_STAGES):
        step = step_label(before, after)
        columns.append(Column(f"{step}:\nso far", "rate", 13))
        columns.append(Column(f"{step}:\nat most", "rate", 13))
    return tuple(columns)


def _step_cells(funnel: Funnel, breakdown: str, group: str, smallest: int) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for before, after in pairwise(HEADLINE_STAGES):
        base = funnel.count(breakdown, group, before) or 0
        progressed = funnel.count(breakdown, group, before, "progressed") or 0
        still_open = funnel.count(breakdown, group, before, "open") or 0
        known = funnel.known(breakdown, group, before, after)
        cells.append(share(progressed, base, known, smallest))
        cells.append(share(progressed + still_open, base, known, smallest))
    return tuple(cells)


def _group_sheet(
    funnel: Funnel,
    dimension: Dimension,
    columns: tuple[Column, ...],
    cells: Callable[[Funnel, str, str, int], tuple[Cell, ...]],
    smallest: int,
) -> tuple[tuple[Column, ...], list[tuple[Cell, ...]]]:
    parts = dimension.breakdown.split("*")
    heads = tuple(
        Column(breakdown_label(part), "text", 24, dimension.note if at == 0 else "") for at, part in enumerate(parts)
    )
    everything = ("All cases", *("All",) * (len(parts) - 1))
    rows: list[tuple[Cell, ...]] = [(*everything, *cells(funnel, "all", "all", smallest))]
    for group in funnel.groups(dimension.breakdown):
        labels = group_labels(dimension.breakdown, group)
        rows.append((*labels, *cells(funnel, dimension.breakdown, group, smallest)))
    return (*heads, *columns), rows


def small_bases(basis: Basis) -> tuple[str, ...]:
    """The line that says below how many cases a rate is not shown; nothing where every rate is."""
    if not basis.smallest_base:
        return ()
    return (f"Rates on a base below {basis.smallest_base} cases are not shown ([u]); see the notes.",)


def group_sheets(tables: Path, basis: Basis) -> list[Sheet]:
    """For each dimension: how many reached each stage; then how many of each hundred went on at each step."""
    funnel = Funnel(published_rows(tables, "funnel"))
    sheets = []
    for dimension in (*DIMENSIONS, STRAND_BY_BUSINESS):
        columns, rows = _group_sheet(funnel, dimension, _REACHED_COLUMNS, _reached_cells, basis.smallest_base)
        sheets.append(
            Sheet(
                f"By {dimension.tab}",
                f"How many cases reached each stage, by {dimension.title}",
                basis.of(INCIDENTS),
                (dimension.advice, ADVICE_ON_BOUNDS, *small_bases(basis), *caution(tables)),
                columns,
                rows,
                first_row_is_total=True,
                filters="*" in dimension.breakdown,
            )
        )
    for dimension in DIMENSIONS:
        columns, rows = _group_sheet(funnel, dimension, _step_columns(), _step_cells, basis.smallest_base)
        sheets.append(
            Sheet(
                f"Steps by {dimension.tab}",
                f"Share of cases that went on from each stage to the next, by {dimension.title}",
                basis.of(f"share of the {INCIDENTS} that reached the earlier stage"),
                (dimension.advice, ADVICE_ON_BOUNDS, *small_bases(basis), *caution(tables)),
                columns,
                rows,
                first_row_is_total=True,
            )
        )
    return sheets


def period_sheets(tables: Path, basis: Basis) -> list[Sheet]:
    """All cases by the financial year and by the quarter in which they were reported."""
    by_period = [row for row in published_rows(tables, "funnel_by_period") if row["breakdown"] == "all"]
    sheets = []
    for kind, tab, label in (("financial_year", "year", "Financial year"), ("quarter", "quarter", "Quarter")):
        funnel = Funnel(
            [{**row, "breakdown": kind, "group": row["period"]} for row in by_period if row["period_kind"] == kind]
        )
        marks = {
            row["period"]: period_marks(row)
            for row in by_period
            if row["period_kind"] == kind and row["stage"] == STAGES[0]
        }
        rows: list[tuple[Cell, ...]] = [
            (
                " ".join((plain_text(period), *marks[period])),
                *_reached_cells(funnel, kind, period, basis.smallest_base),
            )
            for period in sorted(funnel.groups(kind))
        ]
        sheets.append(
            Sheet(
                f"By {tab}",
                f"How many cases reached each stage, by {label.lower()} in which they were reported",
                basis.of(INCIDENTS),
                (
                    "Newer cases have had less time: 'so far' falls towards the end by itself. Compare it "
                    "only where 'at most' is close.",
                    *notes_on_marks(chain.from_iterable(marks.values())),
                    *small_bases(basis),
                    *caution(tables),
                ),
                (Column(f"{label} reported", "text", 18), *_REACHED_COLUMNS),
                rows,
            )
        )
    return sheets
