"""The audit sheet of a release: every hidden cell with its true value and the reason. Restricted: it undoes the protection."""

import csv
from collections.abc import Mapping
from pathlib import Path

from attrition import reference
from attrition.release.cells import Cell
from attrition.release.register import Told
from attrition.stats.disclosure import Outcome, Status

_COLUMNS = (
    "release", "as_at", "period", "table", "breakdown", "group", "stage", "column", "reason_group", "value", "status", "why",
)  # fmt: skip
_STATUS = {
    Status.PRIMARY: "small", Status.ROW: "few entered", Status.COMPLEMENTARY: "for another's sake",
}  # fmt: skip


def name_of(cell: Cell) -> str:
    """A cell in words."""
    stages = {int(row["stage_order"]): row["stage"] for row in reference.rows("stage")}
    parts = [
        cell.table,
        cell.period,
        cell.group,
        stages.get(cell.stage_order, "any stage"),
        cell.column,
        cell.reason_group,
    ]
    return ", ".join(part for part in parts if part)


def reasons_for(outcome: Outcome, number: int, cells: list[Cell], first: Mapping[int, int], threshold: int) -> str:
    """Why the cells of one number are hidden, and what is known of it nevertheless."""
    status = Status(int(outcome.status[number]))
    why = {
        Status.SHOWN: "",
        Status.PRIMARY: f"a count from 1 to {threshold - 1}",
        Status.ROW: "fewer than 10 cases entered the stage",
        Status.COMPLEMENTARY: "",
    }[status]
    if status == Status.COMPLEMENTARY:
        protects = int(outcome.hidden_for[number])
        why = (
            "the same number was hidden in an earlier release"
            if protects < 0
            else "without it could be worked out: " + name_of(cells[first[protects]])
        )
    if number in outcome.beyond:
        why += "; can be concluded from zeros or from earlier releases, which hiding more in this one does not change"
    return why


def write_audit(target: Path, release: str, cells: Mapping[Cell, Told]) -> None:
    """Writes the hidden cells as CSV for people (with BOM)."""
    stages = {int(row["stage_order"]): row["stage"] for row in reference.rows("stage")}
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for cell, told in cells.items():
            if told.status != Status.SHOWN:
                writer.writerow(
                    (release, cell.as_at, cell.period, cell.table, cell.breakdown, cell.group, stages.get(cell.stage_order, ""),
                     cell.column, cell.reason_group, told.value, _STATUS[Status(told.status)], told.why)
                )  # fmt: skip
