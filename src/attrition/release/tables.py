"""The protected tables of a release, made of cells that disclosure control has judged. Nothing else may enter them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from attrition import reference
from attrition.release.cells import ENTERED, STATES, YEAR, Cell
from attrition.release.coverage import Coverage
from attrition.release.marks import CONFIDENTIAL, NOT_APPLICABLE, NOT_AVAILABLE, Figure, hidden, put, put_rate
from attrition.release.register import Told
from attrition.release.rounding import Rounding
from attrition.stats.disclosure import Status

Row = dict[str, Any]
Cells = Mapping[Cell, Told]
COUNTS = (ENTERED, "progressed", *STATES)


def figure_of(told: Told | None, rounding: Rounding) -> Figure:
    """What is shown of a cell."""
    if told is None:
        return hidden(NOT_AVAILABLE)
    if told.status != Status.SHOWN:
        return hidden(CONFIDENTIAL)
    return int(rounding.shown(np.array([told.value]))[0]), ""


def funnel_rows(cells: Cells, rounding: Rounding, coverage: Coverage, small_below: int) -> list[Row]:
    """The funnel by period: every stage of every group, counts and rates, from cells of one day for each period."""
    stages = [(row["stage"], int(row["stage_order"])) for row in reference.rows("stage")]
    last = stages[-1][1]
    heads = dict.fromkeys(
        (cell.as_at, cell.period_kind, cell.period, cell.breakdown, cell.group)
        for cell in cells
        if cell.table == "funnel"
    )
    rows = []
    for head in heads:
        as_at, kind, period, breakdown, group = head

        def told(order: int, column: str, head: tuple[dt.date, str, str, str, str] = head) -> Figure:
            as_at, kind, period, breakdown, group = head
            cell = Cell(as_at, kind, period, "funnel", breakdown, group, order, column)
            return figure_of(cells.get(cell), rounding)

        recorded = told(2, ENTERED)
        for stage, order in stages:
            seen = coverage.of(as_at, period, breakdown, group, stage)
            row: Row = {
                "as_at": as_at, "period_kind": kind, "period": period, "breakdown": breakdown, "group": group, "stage": stage,
                "stage_order": order, "unit": "incident", "covered": "Y" if seen.covered else "N", "why": seen.why,
                "partial": "Y" if seen.partial else "N",
            }  # fmt: skip
            entered = told(order, ENTERED)
            counts: dict[str, Figure] = {ENTERED: entered}
            if order == last:
                # Who entered the last stage has completed; no other state stands there.
                counts |= {name: hidden(NOT_APPLICABLE) for name in COUNTS[1:-1]} | {"completed": entered}
            else:
                counts |= {name: told(order, name) for name in STATES[:-1]}
                counts |= {"progressed": told(order + 1, ENTERED), "completed": hidden(NOT_APPLICABLE)}
            for name in COUNTS:
                put(row, name, counts[name])
            next_covered = order == last or coverage.of(as_at, period, breakdown, group, stages[order][0]).covered
            _hide_untold(row, next_covered)
            covered = seen.covered
            if order == last:
                for name in ("step_rate", "step_rate_max"):
                    put_rate(row, name, [hidden(NOT_APPLICABLE)], entered, rounding)
            else:
                both = covered and next_covered
                put_rate(row, "step_rate", [counts["progressed"]], entered, rounding, both)
                put_rate(row, "step_rate_max", [counts["progressed"], counts["open"]], entered, rounding, both)
            base = recorded if order > 1 else hidden(NOT_APPLICABLE)
            put_rate(row, "rate_of_recorded", [entered], base, rounding, covered)
            row["small"] = "Y" if (entered[0] or 0) < small_below else "N"
            rows.append(row)
    positions = {row["breakdown"]: int(row["breakdown_order"]) for row in reference.rows("breakdown")}
    return sorted(
        rows,
        key=lambda row: (
            positions[row["breakdown"]],
            row["period_kind"],
            row["period"],
            row["group"],
            row["stage_order"],
        ),
    )


def _hide_untold(row: Row, next_covered: bool) -> None:
    """Puts [x] in place of every 0 that is not known to be one: the rule of `told.without_untold`."""
    if row["covered"] != "Y":
        untold = {name for name in COUNTS if row[name] == 0}
    elif not next_covered and row["progressed"] == 0:
        untold = {"open", *(name for name in COUNTS[1:] if row[name] == 0)}
    else:
        return
    for name in untold:
        if not row[f"{name}_mark"]:
            put(row, name, hidden(NOT_AVAILABLE))


def reason_rows(cells: Cells, rounding: Rounding, coverage: Coverage) -> list[Row]:
    """Why cases stopped, by financial year: at each stage for all cases, at any stage (stage empty) for groups."""
    names = {int(row["stage_order"]): row["stage"] for row in reference.rows("stage")}
    positions = {row["breakdown"]: int(row["breakdown_order"]) for row in reference.rows("breakdown")}
    rows = []
    for cell in cells:
        if cell.table != "reasons":
            continue
        row: Row = {
            "as_at": cell.as_at, "period_kind": cell.period_kind, "period": cell.period, "breakdown": cell.breakdown,
            "group": cell.group, "stage": names.get(cell.stage_order, ""), "stage_order": cell.stage_order,
            "exit": cell.column, "reason_group": cell.reason_group, "unit": "incident",
        }  # fmt: skip
        seen = coverage.of(cell.as_at, cell.period, cell.breakdown, cell.group, row["stage"] or names[1])
        count = figure_of(cells[cell], rounding)
        put(row, "count", count if seen.covered or count[0] != 0 else hidden(NOT_AVAILABLE))
        rows.append(row)
    return sorted(
        rows,
        key=lambda row: (
            positions[row["breakdown"]], row["period"], row["group"], row["stage_order"], row["exit"], row["reason_group"],
        ),
    )  # fmt: skip


def change_rows(cells: Cells, before: Cells, rounding: Rounding) -> list[Row]:
    """What a new count of a period changed: `before` are the cells of the count that was released last. Only what is shown."""
    earlier = {
        (cell.period, cell.table, cell.breakdown, cell.group, cell.stage_order, cell.column): told
        for cell, told in before.items()
        if not cell.reason_group
    }
    names = {int(row["stage_order"]): row["stage"] for row in reference.rows("stage")}
    rows = []
    for cell, told in cells.items():
        key = (cell.period, cell.table, cell.breakdown, cell.group, cell.stage_order, cell.column)
        if cell.table != "funnel" or cell.period_kind != YEAR or "*" in cell.breakdown or key not in earlier:
            continue
        was, now = figure_of(earlier[key], rounding), figure_of(told, rounding)
        if was == now and cell.breakdown != "all":
            continue
        row: Row = {
            "period_kind": cell.period_kind, "period": cell.period, "breakdown": cell.breakdown, "group": cell.group,
            "stage": names[cell.stage_order], "column": cell.column, "unit": "incident",
        }  # fmt: skip
        put(row, "before", was)
        put(row, "now", now)
        rows.append(row)
    return rows


def latest(cells: Cells) -> dict[Cell, Told]:
    """The cells of the newest count of each period."""
    newest: dict[str, dt.date] = {}
    for cell in cells:
        newest[cell.period] = max(cell.as_at, newest.get(cell.period, dt.date.min))
    return {cell: told for cell, told in cells.items() if cell.as_at == newest[cell.period]}
