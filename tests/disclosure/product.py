"""The product's releases of a made-up board, for the attacker: the one place that knows how the product is called."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from boards import Board, end_of, quarters
from published import Release, Row
from pyarrow import parquet

from attrition import reference
from attrition.publish.publication import Tier
from attrition.release.cells import STRANDS, year_of
from attrition.release.protecting import protect_release
from attrition.release.register import Register, read_register, write_register
from attrition.release.register import Release as Entry
from attrition.release.rounding import rounding_of
from attrition.settings import Settings

# What a publication holds beside the counts; disclosure control of the counts does not look at it.
_EMPTY = {
    "fixed_age": {"breakdown": pa.string(), "period": pa.string()},
    "time_to_next_stage": {"breakdown": pa.string(), "group": pa.string()},
    "incidence": {"breakdown": pa.string(), "group": pa.string()},
    "feeds": {"extract": pa.string()},
}  # fmt: skip


def _covered(quarters: set[str]) -> list[Row]:
    """Every stage of every period covered, and every strand told: what is hidden is hidden for disclosure control alone."""
    groups = [("all", "all"), *(("strand", strand) for strand in STRANDS)]
    periods = [*(("quarter", one) for one in quarters), *(("financial_year", year_of(one)) for one in quarters)]
    return [
        {
            "period_kind": kind, "period": period, "breakdown": breakdown, "group": group, "stage": row["stage"],
            "stage_order": int(row["stage_order"]), "covered": "Y", "why": "", "partial": "N", "progressed": 1,
        }
        for kind, period in periods for breakdown, group in groups for row in reference.rows("stage")
    ]  # fmt: skip


@dataclass
class Sequel:
    """Releases of a board in one tier, quarter after quarter, through a register on the disk."""

    board: Board
    tier: Tier
    folder: Path
    releases: list[Release] = field(default_factory=list)
    truth: dict[dt.date, Sequence[Row]] = field(default_factory=dict)

    @property
    def register(self) -> Path:
        return self.folder / "register.duckdb"

    def release(self, as_at: dt.date, *, forgetful: bool = False) -> Release:
        """The release as at a day. `forgetful`: the earlier ones are not taken into account."""
        settings = Settings()
        rounding = rounding_of(self.tier, settings)
        tables = self.folder / as_at.isoformat()
        tables.mkdir(parents=True)
        counts = self.board.counts(as_at)
        parquet.write_table(pa.Table.from_pylist(counts), tables / "counts_for_release.parquet")
        parquet.write_table(
            pa.Table.from_pylist(_covered({row["quarter"] for row in counts})), tables / "funnel_by_period.parquet"
        )
        for name, columns in _EMPTY.items():
            parquet.write_table(pa.schema(columns).empty_table(), tables / f"{name}.parquet")
        first = forgetful or not self.register.exists()
        register = (
            Register(self.tier, rounding.threshold, rounding.base)
            if forgetful
            else read_register(self.register, self.tier, rounding.threshold, rounding.base, first)
        )
        entry = Entry(as_at.isoformat(), as_at, as_at, "test")
        protected = protect_release(
            tables, self.tier, register, entry, rounding, settings.small_denominator, lambda message: None
        )
        if not forgetful:
            write_register(self.register, register, protected.register).unlink(missing_ok=True)
        made = Release(protected.tables["funnel"], protected.tables["reasons"])
        self.releases.append(made)
        self.truth[as_at] = counts
        return made

    def release_all(self, number: int, first_year: int = 2022) -> "Sequel":
        """A release at the end of each of so many quarters."""
        for quarter in quarters(first_year, number):
            self.release(end_of(quarter))
        return self


def yearly_cells(release: Release) -> dict[str, tuple[int, int]]:
    """Of the yearly tables by strand and by business type: how many figures are shown, of how many. Each figure once: what progressed
    is what entered the next stage.
    """
    names = ("entered", "open", "resolved", "lost")
    found: dict[str, tuple[int, int]] = {}
    for table, rows, figures in (("funnel", release.funnel, names), ("reasons", release.reasons, ("count",))):
        shown = every = 0
        for row in rows:
            if row["period_kind"] == "financial_year" and row["breakdown"] in ("strand", "business_type"):
                marks = [mark for name in figures if (mark := _mark(row, name)) in ("", "c")]
                shown += sum(mark == "" for mark in marks)
                every += len(marks)
        found[table] = (shown, every)
    return found


def _mark(row: Any, name: str) -> str:
    return str(row[f"{name}_mark"])
