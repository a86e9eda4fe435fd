"""Tables in the layout of a release, protected as badly as one likes: for trying the attacker, and for making releases worse.

Which figures are hidden is the caller's choice, figure by figure.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from published import (
    BREAKDOWNS,
    ENTERED,
    LAST,
    STAGES,
    STATES,
    Cell,
    Release,
    Row,
    funnel_cell,
    reason_cell,
    true_values,
)

Hide = Callable[[Cell, int], bool]


def small(threshold: int = 5) -> Hide:
    """Hides the small counts and nothing else."""
    return lambda _, value: 1 <= value < threshold


def publish(
    truth: Mapping[dt.date, Sequence[Row]], periods: Mapping[str, dt.date], hide: Hide, *, rounding: int = 1,
    breakdowns: Iterable[str] = BREAKDOWNS, few: int = 10,
) -> Release:  # fmt: skip
    """A release of these periods, each as at its day. A small count hidden or not is the caller's affair; that the states of a stage
    entered by fewer than `few` are hidden is not.
    """
    funnel: list[Row] = []
    reasons: list[Row] = []
    for as_at in sorted(set(periods.values())):
        values = true_values(truth[as_at], as_at)
        of = {period for period, day in periods.items() if day == as_at}
        for period, breakdown, group in sorted({(cell.period, cell.breakdown, cell.group) for cell in values}):
            if period in of and breakdown in breakdowns:
                funnel.extend(_group(values, Cell(as_at, period, breakdown, group, 1, ENTERED), hide, rounding, few))
        for cell, value in sorted(values.items()):
            if cell.reason and cell.period in of and cell.breakdown in breakdowns:
                base = values[cell._replace(stage=max(1, cell.stage), figure=ENTERED, reason="")]
                row = _row(cell) | {
                    "stage": STAGES[cell.stage - 1] if cell.stage else "", "exit": cell.figure, "reason_group": cell.reason,
                }  # fmt: skip
                _put(row, "count", value, rounding, hidden=hide(cell, value) or base < few)
                reasons.append(row)
    return Release(funnel, reasons)


def _row(cell: Cell) -> Row:
    return {
        "as_at": cell.as_at, "period_kind": "financial_year" if cell.is_year else "quarter", "period": cell.period,
        "breakdown": cell.breakdown, "group": cell.group, "stage": STAGES[cell.stage - 1], "stage_order": cell.stage,
    }  # fmt: skip


def _put(row: Row, name: str, value: int, rounding: int, *, hidden: bool, mark: str = "c") -> None:
    shown = rounding * ((value + rounding // 2) // rounding)
    row[name], row[f"{name}_mark"] = (None, mark) if hidden else (shown, "")


def _group(values: Counter[Cell], first: Cell, hide: Hide, rounding: int, few: int) -> Iterable[Row]:
    for stage in range(1, LAST + 1):
        cell = first._replace(stage=stage)
        if values[cell]:
            row = _row(cell)
            _put(row, ENTERED, values[cell], rounding, hidden=hide(cell, values[cell]))
            onwards = cell._replace(stage=stage + 1)
            _put(row, "progressed", values[onwards], rounding, hidden=hide(onwards, values[onwards]))
            for state in STATES:
                figure = funnel_cell(row, state)
                value = values[figure] if figure else 0
                not_published = first.breakdown == "strand*business_type"
                hidden = values[cell] < few or (figure is not None and hide(figure, value)) or not_published
                _put(row, state, value, rounding, hidden=hidden, mark="x" if not_published else "c")
            yield row


def with_shown(release: Release, values: Mapping[Cell, int], *, rounding: int = 1) -> Release:
    """The same release with these figures shown, at their true (and rounded) values."""
    funnel = [dict(row) for row in release.funnel]
    reasons = [dict(row) for row in release.reasons]
    for row in funnel:
        for name in (ENTERED, "progressed", *STATES):
            cell = funnel_cell(row, name)
            if cell in values and row[f"{name}_mark"] == "c":
                _put(row, name, values[cell], rounding, hidden=False)
    for row in reasons:
        cell = reason_cell(row)
        if cell in values and row["count_mark"] == "c":
            _put(row, "count", values[cell], rounding, hidden=False)
    return replace(release, funnel=funnel, reasons=reasons)
