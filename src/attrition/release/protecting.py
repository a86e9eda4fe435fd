"""Judges what a release may show: counts what has closed, plays the attacker against it together with everything that is out already,
and returns the protected tables with the register as it will be.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from attrition.errors import AttritionError, UsageFault
from attrition.publish.headline import published_rows
from attrition.publish.publication import Tier
from attrition.release import tables as made
from attrition.release.audit import reasons_for
from attrition.release.cells import ENTERED, YEAR, Board, Cell, Counted, Year, table_of, year_of
from attrition.release.coverage import kept_coverage, read_coverage
from attrition.release.periods import closed, end_of, kind_of, to_count
from attrition.release.register import Carried, Register, Release, Told
from attrition.release.rounding import Rounding
from attrition.release.side_tables import curve_rows, day_rows, fixed_age_rows
from attrition.stats.disclosure import Outcome, Status, protect

Row = dict[str, Any]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Protected:
    """A release before it is written: its tables, the register with it, and the cells that are new in it."""

    tables: dict[str, list[Row]]
    register: Register
    added: dict[Cell, Told]


def protect_release(
    tables: Path, tier: Tier, register: Register, release: Release, rounding: Rounding, small_below: int, tell: Tell
) -> Protected:
    """The release of a tier as at a day, from the exact tables of a publication of that day.

    Raises UsageFault where the day lies before the last release or nothing has closed since.
    """
    as_at = release.as_at
    if register.releases and as_at < register.releases[-1].as_at:
        raise UsageFault(
            f"The register's last release is as at {register.releases[-1].as_at}, later than this publication ({as_at}). Releases go "
            "forward only: what is out cannot be taken back."
        )
    counts = published_rows(tables, "counts_for_release")
    counted_before: dict[str, dt.date] = {}
    for one in register.counted:
        counted_before[one.quarter] = max(one.as_at, counted_before.get(one.quarter, dt.date.min))
    quarters = to_count({row["quarter"] for row in counts}, as_at, counted_before)
    if not quarters:
        open_ones = sorted({row["quarter"] for row in counts} - set(closed({row["quarter"] for row in counts}, as_at)))
        closes = f" {open_ones[0]} closes on {end_of(open_ones[0])}." if open_ones else ""
        raise UsageFault(f"No quarter has closed since the last release, so there is nothing to release.{closes}")
    new = [Counted(as_at, quarter, tuple(row for row in counts if row["quarter"] == quarter)) for quarter in quarters]
    tell(f"{len(quarters)} quarters to count as at {as_at}: {quarters[0]} to {quarters[-1]}")
    everything = [*register.counted, *new]
    cells = dict(register.cells)
    added: dict[Cell, Told] = {}
    for year in sorted({year_of(quarter) for quarter in quarters}):
        judged = _judge(tier, year, everything, register.cells, rounding)
        hidden = sum(told.status != Status.SHOWN for told in judged.values())
        tell(f"{year}: {len(judged)} new cells, {hidden} hidden")
        added |= judged
    cells |= added
    shown = made.latest(cells)
    carried = _carried(tables, shown, register, as_at, rounding)
    counted = {cell.period for cell in added}
    funnel = [row for row in published_rows(tables, "funnel_by_period") if row["period"] in counted]
    coverage = read_coverage(funnel, as_at, register.carried)
    carried += kept_coverage(funnel, as_at)
    now = Register(
        register.tier, register.threshold, register.base, [*register.releases, release], everything, cells,
        [*register.carried, *carried],
    )  # fmt: skip
    return Protected(
        {
            "funnel": made.funnel_rows(shown, rounding, coverage, small_below),
            "reasons": made.reason_rows(shown, rounding, coverage),
            **{name: _newest(now.carried, name) for name in ("fixed_age", "days", "curves")},
            "changes": made.change_rows(added, made.latest(register.cells), rounding),
            "feeds": [{**row} for row in published_rows(tables, "feeds")],
        },
        now,
        added,
    )


def _judge(
    tier: Tier, year: str, counted: list[Counted], held: Mapping[Cell, Told], rounding: Rounding
) -> dict[Cell, Told]:
    """The cells of a financial year that are counted now, with what becomes of them, in the light of what was said when its periods were
    last counted: most counts are the same as then, and whoever takes them for the same knows both tables.
    """
    of_year = [one for one in counted if year_of(one.quarter) == year]
    today = max(one.as_at for one in of_year)
    before = {replace(cell, as_at=today): told for cell, told in made.latest(held).items()}
    return _hide(table_of(Year(tier, [one for one in of_year if one.as_at == today]), rounding, before), rounding)


def _hide(board: Board, rounding: Rounding) -> dict[Cell, Told]:
    """Every cell of a board with what becomes of it.

    What was shown before and has not changed cannot be hidden any more from one who remembers it. Where that alone gives a cell away, he
    is lost upon; the cell is then protected from everybody else, as if nothing were out.
    """
    table = board.table
    if not (table.sums @ table.truth == table.values).all():
        raise AttritionError(
            "The cells of the release do not add up. Nothing was released. This is a fault of the program."
        )
    outcome = protect(table, rounding.threshold)
    if outcome.beyond and not table.may_hide.all():
        alone = replace(table, status=outcome.status, may_hide=np.ones_like(table.may_hide))
        again = protect(alone, rounding.threshold)
        outcome = Outcome(
            again.status,
            np.maximum(outcome.hidden_for, again.hidden_for),
            sorted({*outcome.beyond, *again.beyond}),
            outcome.programs + again.programs,
        )
    first: dict[int, int] = {}
    for at, number in enumerate(board.number_of):
        first.setdefault(int(number), at)
    return {
        cell: Told(
            int(value), int(outcome.status[number]), reasons_for(outcome, int(number), board.cells, first, rounding.threshold)
        )
        for cell, value, number in zip(board.cells, board.values, board.number_of, strict=True)
    }  # fmt: skip


def _carried(
    tables: Path, shown: Mapping[Cell, Told], register: Register, as_at: dt.date, rounding: Rounding
) -> list[Carried]:
    """Rows of the tables that are not made of cells, for the periods counted now and for those that only now can be told."""
    counted_at = {cell.period: cell.as_at for cell in shown}
    now = {period: day for period, day in counted_at.items() if day == as_at}
    told = {(one.period, one.content.get("stage")) for one in register.carried if one.table == "fixed_age" and one.content["old_enough_mark"] != "x"}  # fmt: skip

    def is_shown(period: str, stage: str) -> bool:
        return any(
            cell.period == period and cell.breakdown == "all" and cell.column == ENTERED and _stage(cell) == stage
            and one.status == Status.SHOWN
            for cell, one in shown.items()
        )  # fmt: skip

    aged = [
        row
        for row in fixed_age_rows(
            published_rows(tables, "fixed_age"), dict.fromkeys(counted_at, as_at), rounding, is_shown
        )
        if row["period"] in now or (row["period"], row["stage"]) not in told
    ]
    years = {period: day for period, day in now.items() if kind_of(period) == YEAR}
    found = {
        "fixed_age": aged,
        "days": day_rows(published_rows(tables, "time_to_next_stage"), years),
        "curves": curve_rows(published_rows(tables, "incidence"), years),
    }
    return [
        Carried(name, as_at, row["period_kind"], row["period"], {key: _plain(value) for key, value in row.items()})
        for name, rows in found.items()
        for row in rows
    ]


def _stage(cell: Cell) -> str:
    from attrition import reference

    return next(row["stage"] for row in reference.rows("stage") if int(row["stage_order"]) == cell.stage_order)


def _plain(value: Any) -> Any:
    """A value that a register can keep as text."""
    return value.isoformat() if isinstance(value, dt.date) else value


def _newest(carried: list[Carried], table: str) -> list[Row]:
    """The rows of a table, each as it was told last."""
    rows: dict[Any, Row] = {}
    for one in carried:
        if one.table == table:
            key = tuple(one.content.get(name) for name in ("period", "stage", "from_stage", "day"))
            rows[key] = {
                name: dt.date.fromisoformat(value[:10]) if name in ("as_at", "usable_from") and value else value
                for name, value in one.content.items()
            }
    return sorted(rows.values(), key=lambda row: (row["period_kind"], row["period"]))
