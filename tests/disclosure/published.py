"""What anybody can read in the board and public tables: each figure once, shown or hidden, and what the rules say of it.

Reads the files (or rows of their layout) and the true counts of made-up boards. Knows nothing of how the figures were protected.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pyarrow import parquet

STRANDS = ("race", "religion", "sexual_orientation", "disability", "transgender")
STAGES = ("reported", "recorded", "suspect_identified", "referred", "charged", "prosecuted", "convicted", "uplifted")
STATES = ("open", "resolved", "lost", "completed")
# What the definition of the stages allows, and everybody may read: only an uplifted case is completed, nothing is lost before it is
# recorded or once it is convicted.
POSSIBLE = (
    ("open", "resolved"),
    *((("open", "resolved", "lost"),) * 5),
    ("open", "resolved"),
    ("completed",),
)
ENTERED, LAST = "entered", len(STAGES)
BREAKDOWNS = ("all", "strand", "business_type", "victim_ethnicity", "strand*business_type")
YEARS_ONLY = BREAKDOWNS[3:]
Row = dict[str, Any]


class Cell(NamedTuple):
    """One published figure. `stage` counts from 1 and is 0 for a reason at any stage; `figure` is entered or a state; `reason` is
    empty in the funnel. `as_at` tells the editions of one figure apart.
    """

    as_at: dt.date
    period: str
    breakdown: str
    group: str
    stage: int
    figure: str
    reason: str = ""

    @property
    def is_year(self) -> bool:
        return " " not in self.period


class Edition(NamedTuple):
    """One breakdown of one period, counted as at one day."""

    as_at: dt.date
    period: str
    breakdown: str


@dataclass(frozen=True)
class Release:
    """The rows of one release's tables `funnel` and `reasons`."""

    funnel: Sequence[Row]
    reasons: Sequence[Row]

    def only(self, *, breakdowns: Iterable[str] = BREAKDOWNS, periods: Iterable[str] | None = None) -> "Release":
        """The same release as somebody sees who looks at these breakdowns (and `all`) and these periods alone."""
        seen, of = {"all", *breakdowns}, None if periods is None else set(periods)
        funnel, reasons = (
            [row for row in rows if row["breakdown"] in seen and (of is None or row["period"] in of)]
            for rows in (self.funnel, self.reasons)
        )
        return Release(funnel, reasons)


def read(folder: Path) -> Release:
    """The release whose protected tables are the Parquet files of this folder."""
    return Release(*(parquet.read_table(folder / f"{name}.parquet").to_pylist() for name in ("funnel", "reasons")))


def funnel_cell(row: Row, figure: str) -> Cell | None:
    """The figure of a funnel row; None where the definitions leave no room for a count.

    Progressed is the number that entered the next stage, and what is completed is what was uplifted: one figure under two names.
    """
    stage = row["stage_order"]
    if figure == "progressed" or (figure == "completed" and stage == LAST):
        stage, figure = stage + (figure == "progressed"), ENTERED
    if stage > LAST or (figure != ENTERED and figure not in POSSIBLE[stage - 1]):
        return None
    return Cell(row["as_at"], row["period"], row["breakdown"], row["group"], stage, figure)


def reason_cell(row: Row) -> Cell:
    """The figure of a row of reasons."""
    stage = STAGES.index(row["stage"]) + 1 if row["stage"] else 0
    return Cell(row["as_at"], row["period"], row["breakdown"], row["group"], stage, row["exit"], row["reason_group"])


@dataclass
class Seen:
    """All releases together, as a reader holds them.

    shown: figures with their value, as printed; a row that is left out is a 0 (see `value_of`)
    hidden: figures that stand as [c] wherever they stand
    at_least: what the rules of publication say of figures: see `_rules`
    editions, reason_editions: which breakdowns of which periods are published
    """

    shown: dict[Cell, int] = field(default_factory=dict)
    hidden: set[Cell] = field(default_factory=set)
    unpublished: set[Cell] = field(default_factory=set)
    at_least: dict[Cell, int] = field(default_factory=dict)
    editions: set[Edition] = field(default_factory=set)
    reason_editions: set[Edition] = field(default_factory=set)

    def value_of(self, cell: Cell) -> int | None:
        """The printed value, 0 for a row that is left out, None for what is hidden or not published."""
        if cell in self.shown:
            return self.shown[cell]
        if cell in self.hidden or cell in self.unpublished:
            return None
        editions = self.reason_editions if cell.reason else self.editions
        return 0 if Edition(cell.as_at, cell.period, cell.breakdown) in editions else None

    def read_figure(self, cell: Cell, value: int | None, mark: str) -> None:
        if mark == "":
            if value is None or self.shown.setdefault(cell, value) != value:
                raise ValueError(f"{cell} is shown with two values, or with none")
        else:
            (self.hidden if mark == "c" else self.unpublished).add(cell)


def seen(releases: Sequence[Release], rounding: int = 1) -> Seen:
    """What a reader of all these releases of one tier holds."""
    out = Seen()
    for release in releases:
        for row in release.funnel:
            if row["breakdown"] not in BREAKDOWNS:
                raise ValueError(f"the attacker does not know the breakdown {row['breakdown']}")
            out.editions.add(Edition(row["as_at"], row["period"], row["breakdown"]))
            for figure in (ENTERED, "progressed", *STATES):
                cell, value, mark = funnel_cell(row, figure), row[figure], row[f"{figure}_mark"]
                if cell is not None:
                    out.read_figure(cell, value, mark)
                elif mark == "" and value:
                    raise ValueError(f"{figure} cannot be {value} at {row['stage']}")
        for row in release.reasons:
            out.reason_editions.add(Edition(row["as_at"], row["period"], row["breakdown"]))
            out.read_figure(reason_cell(row), row["count"], row["count_mark"])
    out.hidden -= out.shown.keys()
    out.unpublished -= out.shown.keys() | out.hidden
    _rules(out, releases, rounding)
    return out


def _rules(out: Seen, releases: Sequence[Release], rounding: int) -> None:
    """Notes what the rules give away: a 0 is always shown, except in the states and reasons of a stage that fewer than ten entered,
    which are all hidden. So a hidden `entered` is 1 or more; a row that shows a state was entered by ten or more; and in a row known
    to be of ten or more every hidden figure is 1 or more. A shown 10 that is rounded may have been an 8.
    """
    large: set[Cell] = set()
    for release in releases:
        for row in release.funnel:
            entered = funnel_cell(row, ENTERED)
            assert entered is not None
            states = [cell for cell in (funnel_cell(row, state) for state in STATES) if cell not in (None, entered)]
            if entered in out.hidden:
                out.at_least[entered] = max(1, out.at_least.get(entered, 0))
            printed, most = out.shown.get(entered, 0), rounding // 2
            states_stand = (entered in out.hidden or printed + most >= 10) and any(cell in out.shown for cell in states)
            if printed - most >= 10 or states_stand:
                large.add(entered)
                out.at_least[entered] = max(10, out.at_least.get(entered, 0))
                out.at_least.update({cell: 1 for cell in states if cell is not None and cell in out.hidden})
        for row in release.reasons:
            cell = reason_cell(row)
            base = cell._replace(stage=max(1, cell.stage), figure=ENTERED, reason="")
            if cell in out.hidden and base in large:
                out.at_least[cell] = 1


def quarters_of(year: str) -> tuple[str, ...]:
    """The four quarters of a financial year, as the tables name them."""
    return tuple(f"{year} Q{number}" for number in (1, 2, 3, 4))


def groups_of(row: Row) -> Iterable[tuple[str, str]]:
    """Every (breakdown, group) that a row of true counts belongs to."""
    strands = row["strands"].split()
    yield "all", "all"
    yield "business_type", row["business_type"]
    yield "victim_ethnicity", row["victim_ethnicity"]
    for strand in strands:
        yield "strand", strand
        yield "strand*business_type", f"{strand}*{row['business_type']}"


def true_values(counts: Iterable[Row], as_at: dt.date) -> Counter[Cell]:
    """Every figure that could be published of these counts, exact; what is not in it is 0."""
    values: Counter[Cell] = Counter()
    for row in counts:
        cases, last, state, reason = row["cases"], row["stage_order"], row["state"], row["reason_group"]
        for breakdown, group in groups_of(row):
            for period in (row["quarter"], row["quarter"].split()[0]):
                is_year = " " not in period
                if breakdown in YEARS_ONLY and not is_year:
                    continue
                for stage in range(1, last + 1):
                    values[Cell(as_at, period, breakdown, group, stage, ENTERED)] += cases
                if last < LAST:
                    values[Cell(as_at, period, breakdown, group, last, state)] += cases
                if reason and is_year and breakdown not in YEARS_ONLY:
                    anywhere = 0 if breakdown != "all" else last
                    values[Cell(as_at, period, breakdown, group, anywhere, state, reason)] += cases
    return values
