"""The sheets of groups and periods in the workbook of the board and public tiers. Shows cells as they are released."""

from collections.abc import Callable
from itertools import pairwise

from attrition.publish.headline import NOT_AVAILABLE
from attrition.publish.workbook_funnel import ADVICE_ON_BOUNDS, HEADLINE_STAGES, STAGES
from attrition.publish.workbook_groups import DIMENSIONS, STRAND_BY_BUSINESS, Dimension
from attrition.publish.workbook_labels import (
    breakdown_label,
    group_labels,
    stage_label,
    step_label,
)
from attrition.publish.workbook_notes import CONFIDENTIAL
from attrition.publish.workbook_released_cells import (
    PERIOD_LABELS,
    PROTECTED,
    QUARTER,
    YEAR,
    Released,
    counted_cells,
    counted_columns,
    counted_line,
    released_sheet,
    shown,
    shown_rate,
    step_cells,
)
from attrition.publish.workbook_sheets import Cell, Column, Sheet, rate

ONE_ROW = "Each case is in one row of its period, beside the row of all cases."
_Cells = Callable[[Released, str, str, str], tuple[Cell, ...]]
_REACHED = tuple(
    Column(stage_label(stage), width=12.5, note="protection" if at == 0 else "")
    for at, stage in enumerate(HEADLINE_STAGES)
)
_SHARES = tuple(
    column
    for stage in ("charged", "convicted")
    for column in (
        Column(f"{stage_label(stage)}, % of recorded:\nso far", "rate", 13, "so_far"),
        Column(f"{stage_label(stage)}, % of recorded:\nat most", "rate", 13, "so_far"),
    )
)


def _at_most(released: Released, period: str, breakdown: str, group: str, target: str) -> Cell:
    """The share of recorded cases at `target` if every open case got there, from the counts as they are shown."""
    before = STAGES[STAGES.index("recorded") : STAGES.index(target)]
    if not released.covered(period, *before, target, breakdown=breakdown, group=group):
        return NOT_AVAILABLE
    base = shown(released.row(period, breakdown, group, "recorded"), "entered")
    parts = [
        shown(released.row(period, breakdown, group, target), "entered"),
        *(shown(released.row(period, breakdown, group, stage), "open") for stage in before),
    ]
    marks = [cell for cell in (base, *parts) if isinstance(cell, str)]
    if marks:
        return CONFIDENTIAL if CONFIDENTIAL in marks else marks[0]
    numbers = [int(part) for part in parts]
    # Parts that are rounded one by one may add up to more than their whole.
    return rate(min(1.0, sum(numbers) / int(base)) if base else None)


def _reached_cells(released: Released, period: str, breakdown: str, group: str) -> tuple[Cell, ...]:
    shares: list[Cell] = []
    for target in ("charged", "convicted"):
        known = released.covered(period, "recorded", target, breakdown=breakdown, group=group)
        shares.append(shown_rate(released.row(period, breakdown, group, target), "rate_of_recorded", known))
        shares.append(_at_most(released, period, breakdown, group, target))
    return (
        *(shown(released.row(period, breakdown, group, stage), "entered") for stage in HEADLINE_STAGES),
        *shares,
    )


def _step_columns() -> tuple[Column, ...]:
    return tuple(
        Column(f"{step_label(before, after)}:\n{bound}", "rate", 13)
        for before, after in pairwise(HEADLINE_STAGES)
        for bound in ("so far", "at most")
    )


def _steps(released: Released, period: str, breakdown: str, group: str) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for before, after in pairwise(HEADLINE_STAGES):
        row = released.row(period, breakdown, group, before)
        known = released.covered(period, before, after, breakdown=breakdown, group=group)
        so_far, _, _, at_most = step_cells(row, known)
        cells += [so_far, at_most]
    return tuple(cells)


def period_sheets(released: Released) -> list[Sheet]:
    """All cases by the financial year and by the quarter in which they were reported."""
    sheets = []
    for kind, tab in ((YEAR, "year"), (QUARTER, "quarter")):
        of_kind = [row for row in released.funnel if row["period_kind"] == kind and row["breakdown"] == "all"]
        rows = [
            (
                released.period_label(period),
                *_reached_cells(released, period, "all", "all"),
                *counted_cells(released.row(period, "all", "all", "reported"), of_kind),
            )
            for period in released.periods(kind)
        ]
        sheets.append(
            released_sheet(
                released,
                f"By {tab}",
                f"How many cases reached each stage, by {PERIOD_LABELS[kind].lower()} in which they were reported",
                (
                    "Newer cases have had less time: 'so far' falls towards the end by itself. Compare it only where 'at most' is shown and close.",
                    PROTECTED,
                    *released.partial_note(),
                    *counted_line(of_kind),
                    *released.caution(),
                ),
                (
                    Column(f"{PERIOD_LABELS[kind]} reported", "text", 18, "periods"),
                    *_REACHED,
                    *_SHARES,
                    *counted_columns(of_kind),
                ),
                rows,
            )
        )
    return sheets


def row_advice(dimension: Dimension) -> str:
    """Whether the rows of groups may be added. Hidden and rounded counts do not add up to the row of all cases."""
    return ONE_ROW if dimension.adds_up else dimension.advice


def _grouped(released: Released, kind: str, dimension: Dimension, cells: _Cells) -> list[tuple[Cell, ...]]:
    parts = dimension.breakdown.split("*")
    of_kind = [row for row in released.funnel if row["period_kind"] == kind]
    rows: list[tuple[Cell, ...]] = []
    for period in released.periods_of(kind, dimension.breakdown):
        counted = counted_cells(released.row(period, "all", "all", "reported"), of_kind)
        everything = ("All cases", *("All",) * (len(parts) - 1))
        rows.append((released.period_label(period), *everything, *cells(released, period, "all", "all"), *counted))
        for group in released.groups(kind, dimension.breakdown):
            labels = group_labels(dimension.breakdown, group)
            rows.append(
                (released.period_label(period), *labels, *cells(released, period, dimension.breakdown, group), *counted)
            )
    return rows


def group_sheets(released: Released) -> list[Sheet]:
    """For each breakdown and kind of period that the tables show: how many reached each stage; for years also each step."""
    shown_kinds = {(row["period_kind"], row["breakdown"]) for row in released.funnel}
    reached = "How many cases reached each stage, by {} and {} reported"
    steps = "Share of cases that went on from each stage to the next, by {} and {} reported"
    kinds = (
        (YEAR, "{}", reached, (*_REACHED, *_SHARES), _reached_cells),
        (YEAR, "Steps {}", steps, _step_columns(), _steps),
        (QUARTER, "{}, quarters", reached, (*_REACHED, *_SHARES), _reached_cells),
    )
    sheets = []
    for dimension in (*DIMENSIONS, STRAND_BY_BUSINESS):
        for kind, tab, title, columns, cells in kinds:
            # The cross of two breakdowns shows how many reached a stage; its steps would be hidden nearly everywhere.
            if (kind, dimension.breakdown) not in shown_kinds or (dimension is STRAND_BY_BUSINESS and cells is _steps):
                continue
            of_kind = [row for row in released.funnel if row["period_kind"] == kind]
            heads = tuple(
                Column(breakdown_label(part), "text", 24, dimension.note if at == 0 else "")
                for at, part in enumerate(dimension.breakdown.split("*"))
            )
            name = tab.format(f"by {dimension.tab}")
            sheets.append(
                released_sheet(
                    released,
                    name[:1].upper() + name[1:],
                    title.format(dimension.title, PERIOD_LABELS[kind].lower()),
                    (
                        row_advice(dimension),
                        ADVICE_ON_BOUNDS,
                        PROTECTED,
                        *released.partial_note(),
                        *counted_line(of_kind),
                        *released.caution(),
                    ),
                    (Column(PERIOD_LABELS[kind], "text", 16, "periods"), *heads, *columns, *counted_columns(of_kind)),
                    _grouped(released, kind, dimension, cells),
                    filters=True,
                )
            )
    return sheets
