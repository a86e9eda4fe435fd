"""What an attacker does not know, as the columns of linear programs, and what the published tables say of it, as their rows.

One program for a financial year: its quarters, the year itself and every day as at which they were counted. The columns are counts
of cases. Quarter by quarter they are as fine as strand combination x business type x (stage, state). They need not be finer, and
nothing is lost by it:

* Reasons are published for years only. Columns by strand combination, business type, stage, state and reason for the year, whose sum
  over reasons is the year's count, can always be spread over the quarters: a two-way table (quarter x reason) exists for any
  non-negative margins with one total, in whole numbers too.
* Ethnicity is published for years only, apart from everything else. Counts by ethnicity, stage and state whose sum is that of `all`
  can, for the same reason, always be spread over quarters, strands, business types and reasons.
* Quarters, strand combinations and business types cannot be parted in this way: three margins of a three-way table may fit each
  other two by two, and no table fit all three.

The published figures themselves are columns too, hidden ones without a value: a figure is then bounded, moved and read in one place.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt
from published import ENTERED, LAST, POSSIBLE, STRANDS, Cell, Edition, Row, Seen, quarters_of
from scipy import sparse

Columns = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
# Every (stage, state) that may hold a case.
STANDINGS = tuple((stage, state) for stage, states in enumerate(POSSIBLE, start=1) for state in states)


@dataclass
class Program:
    """Columns and equations (every row sums to 0) of one financial year, with the true counts as one of its solutions.

    low, high: bounds of each column; cells: the column of each published figure
    """

    truth: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    cells: dict[Cell, int] = field(default_factory=dict)
    _row: list[Columns] = field(default_factory=list)
    _column: list[Columns] = field(default_factory=list)
    _factor: list[Numbers] = field(default_factory=list)
    rows: int = 0

    def add_columns(self, truth: npt.ArrayLike) -> Columns:
        """New columns of the shape of their true values, each anything from 0 on."""
        values = np.asarray(truth, dtype=float)
        first = len(self.truth)
        self.truth.extend(values.ravel())
        self.low.extend([0.0] * values.size)
        self.high.extend([np.inf] * values.size)
        return np.arange(first, first + values.size).reshape(values.shape)

    def equate(self, total: int, *parts: npt.ArrayLike) -> None:
        """The total is the sum of the parts."""
        columns = np.concatenate([[total], *(np.ravel(np.asarray(part, dtype=np.int64)) for part in parts)])
        self._row.append(np.full(len(columns), self.rows))
        self._column.append(columns)
        self._factor.append(np.concatenate([[1.0], np.full(len(columns) - 1, -1.0)]))
        self.rows += 1

    def balance(self, left: Columns, right: Columns) -> None:
        """The sum of the left is the sum of the right."""
        columns = np.concatenate([np.ravel(left), np.ravel(right)])
        self._row.append(np.full(len(columns), self.rows))
        self._column.append(columns)
        self._factor.append(np.concatenate([np.full(left.size, 1.0), np.full(right.size, -1.0)]))
        self.rows += 1

    def matrix(self) -> sparse.csr_matrix:
        if not self.rows:
            return sparse.csr_matrix((0, len(self.truth)))
        at = (np.concatenate(self._row), np.concatenate(self._column))
        return sparse.csr_matrix((np.concatenate(self._factor), at), shape=(self.rows, len(self.truth)))


@dataclass(frozen=True)
class Kinds:
    """The kinds of cases that there may be: the attacker's list, of everything that is published or true."""

    combinations: tuple[str, ...]
    business: tuple[str, ...]
    ethnicity: tuple[str, ...]
    reasons: tuple[tuple[int, str, str], ...]

    @property
    def number(self) -> int:
        """How many pairs of strand combination and business type there are."""
        return len(self.combinations) * len(self.business)

    def of(self, row: Row) -> int:
        """Which pair of strand combination and business type a row of true counts belongs to."""
        return self.combinations.index(row["strands"]) * len(self.business) + self.business.index(row["business_type"])

    def members(self, breakdown: str) -> dict[str, Columns]:
        """For every group of a breakdown of strands and business types: which combination x business type belong to it."""
        grid = np.arange(len(self.combinations) * len(self.business)).reshape(-1, len(self.business))
        of = {s: [n for n, name in enumerate(self.combinations) if s in name.split()] for s in STRANDS}
        if breakdown == "all":
            return {"all": grid.ravel()}
        if breakdown == "strand":
            return {strand: grid[rows].ravel() for strand, rows in of.items()}
        if breakdown == "business_type":
            return {business: grid[:, n] for n, business in enumerate(self.business)}
        return {
            f"{strand}*{business}": grid[rows, n] for strand, rows in of.items() for n, business in enumerate(self.business)
        }  # fmt: skip


def kinds_of(seen: Seen, counts: Iterable[Sequence[Row]]) -> Kinds:
    """No strand, each strand, each pair, and what else is true; the business types, ethnic groups and reasons published or true."""
    usual = ["", *STRANDS, *(" ".join(pair) for pair in combinations(STRANDS, 2))]
    rows = [row for snapshot in counts for row in snapshot]
    figures = [*seen.shown, *seen.hidden]

    def groups(breakdown: str) -> tuple[str, ...]:
        published = {cell.group for cell in figures if cell.breakdown == breakdown}
        return tuple(sorted(published | {row[breakdown] for row in rows}))

    true = {(row["stage_order"], row["state"], row["reason_group"]) for row in rows if row["reason_group"]}
    by_stage = {(cell.stage, cell.figure, cell.reason) for cell in figures if cell.reason and cell.stage}
    anywhere = {
        (stage, cell.figure, cell.reason)
        for cell in figures if cell.reason and not cell.stage
        for stage, state in STANDINGS if state == cell.figure
    }  # fmt: skip
    return Kinds(
        tuple(dict.fromkeys([*usual, *sorted({row["strands"] for row in rows})])),
        groups("business_type"), groups("victim_ethnicity"), tuple(sorted(true | by_stage | anywhere)),
    )  # fmt: skip


class YearProgram:
    """Builds the program of one financial year from the editions of its periods, oldest first.

    follows_recounts: a finest count that is the same in two editions is one unknown for both, as if it were known that a count that
    did not change is the same number; otherwise each edition has unknowns of its own
    """

    def __init__(self, year: str, seen: Seen, kinds: Kinds, *, follows_recounts: bool) -> None:
        self.year, self.seen, self.kinds, self.follows_recounts = year, seen, kinds, follows_recounts
        self.program = Program()
        # Editions of which more than `entered` is published, and the columns of the states of their groups.
        figures = [*seen.shown, *seen.hidden]
        self.with_states = {Edition(*cell[:3]) for cell in figures if cell.figure != ENTERED and not cell.reason}
        self._states: dict[tuple[Edition, str], Columns] = {}
        self._latest: dict[str, Columns] = {}

    def add(self, as_at: dt.date, counts: Sequence[Row]) -> None:
        """Adds what is published of the year and its quarters as at one day, whose true counts are given."""
        periods = {edition.period for edition in self.seen.editions if edition.as_at == as_at}
        has_year = self.year in periods
        quarters = [quarter for quarter in quarters_of(self.year) if has_year or quarter in periods]
        finest = {quarter: self._finest(quarter, counts) for quarter in quarters}
        for quarter, columns in finest.items():
            for breakdown in ("business_type", "all", "strand"):
                if quarter in periods:
                    self._funnel(Edition(as_at, quarter, breakdown), {quarter: columns})
        if has_year:
            for breakdown in ("business_type", "all", "strand", "strand*business_type"):
                self._funnel(Edition(as_at, self.year, breakdown), finest)
            self._ethnicity(as_at, counts, finest)
            self._reasons(as_at, counts, finest)

    def _columns(self, name: str, true: Columns) -> Columns:
        """Columns of unknowns; where the count is that of the edition before, the column of then if recounts are followed."""
        program = self.program
        before = self._latest.get(name)
        if before is None or not self.follows_recounts:
            columns = program.add_columns(true)
        else:
            same = np.array(program.truth)[before] == true
            columns = before.copy()
            columns[~same] = program.add_columns(true[~same])
        self._latest[name] = columns
        return columns

    def _finest(self, quarter: str, counts: Sequence[Row]) -> Columns:
        """(combination x business type) by standing, for one quarter."""
        return self._columns(quarter, self._true(row for row in counts if row["quarter"] == quarter))

    def _true(self, rows: Iterable[Row]) -> Columns:
        true = np.zeros((self.kinds.number, len(STANDINGS)), dtype=np.int64)
        for row in rows:
            true[self.kinds.of(row), STANDINGS.index((row["stage_order"], row["state"]))] += row["cases"]
        return true

    def _figures(self, edition: Edition, group: str, parts: Sequence[Columns]) -> Columns | None:
        """The columns of a group's figures. `parts`: by standing, the columns that its count is the sum of.

        Returns the columns of its states, None where only `entered` is published.
        """
        program = self.program
        truth = [float(sum(program.truth[column] for column in np.ravel(part))) for part in parts]
        with_states = edition in self.with_states
        states = program.add_columns(truth) if with_states else None
        if states is not None:
            for column, part in zip(states, parts, strict=True):
                program.equate(column, part)
        entered = program.add_columns(
            [sum(v for v, (s, _) in zip(truth, STANDINGS, strict=True) if s >= k) for k in range(1, LAST + 1)]
        )
        for stage in range(1, LAST + 1):
            here = [n for n, standing in enumerate(STANDINGS) if standing[0] == stage]
            ends = states[here] if states is not None else np.concatenate([np.ravel(parts[n]) for n in here])
            program.equate(entered[stage - 1], ends, entered[stage : stage + 1])
            program.cells[Cell(*edition, group, stage, ENTERED)] = entered[stage - 1]
        if states is not None:
            for (stage, state), column in zip(STANDINGS, states, strict=True):
                if stage < LAST:
                    program.cells[Cell(*edition, group, stage, state)] = column
        return states

    def _funnel(self, edition: Edition, finest: dict[str, Columns]) -> None:
        """The figures of a breakdown: each is the sum of the unknowns that belong to it, in every quarter of the period, or of
        published figures that are the same sum, which are fewer.
        """
        if edition not in self.seen.editions:
            return
        for group, members in self.kinds.members(edition.breakdown).items():
            parts: list[list[Columns]] = [[] for _ in STANDINGS]
            if group == "all" and (whole := self._by_business(edition)):
                parts = whole
            else:
                for quarter, columns in finest.items():
                    of_quarter = None
                    if quarter != edition.period:
                        of_quarter = self._states.get((edition._replace(period=quarter), group))
                    for n, part in enumerate(parts):
                        part.append(columns[members, n] if of_quarter is None else of_quarter[n : n + 1])
            states = self._figures(edition, group, [np.concatenate(part) for part in parts])
            if states is not None:
                self._states[(edition, group)] = states

    def _by_business(self, edition: Edition) -> list[list[Columns]]:
        """What all consists of, by business type; nothing where business types are not published."""
        by_business = edition._replace(breakdown="business_type")
        states = [self._states.get((by_business, business)) for business in self.kinds.business]
        known = [columns for columns in states if columns is not None]
        return [[columns[n : n + 1] for columns in known] for n in range(len(STANDINGS))] if known else []

    def _ethnicity(self, as_at: dt.date, counts: Sequence[Row], finest: dict[str, Columns]) -> None:
        """Every ethnic group's standings; over the groups they sum to those of all."""
        edition = Edition(as_at, self.year, "victim_ethnicity")
        if edition not in self.seen.editions:
            return
        by_group = []
        for group in self.kinds.ethnicity:
            rows = (row for row in counts if row["victim_ethnicity"] == group and row["quarter"] in finest)
            by_group.append(self._columns(f"{self.year} {group}", self._true(rows).sum(axis=0)))
            self._figures(edition, group, by_group[-1][:, None])
        whole = self._states.get((edition._replace(breakdown="all"), "all"))
        for n in range(len(STANDINGS)):
            everybody = (
                np.concatenate([columns[:, n] for columns in finest.values()]) if whole is None else whole[n : n + 1]
            )
            self.program.balance(np.array([columns[n] for columns in by_group]), everybody)

    def _reasons(self, as_at: dt.date, counts: Sequence[Row], finest: dict[str, Columns]) -> None:
        """Unknowns by kind and reason for the year: over reasons they sum to the year's standings, over kinds to the figures."""
        editions = [Edition(as_at, self.year, name) for name in ("all", "strand", "business_type")]
        editions = [edition for edition in editions if edition in self.seen.reason_editions]
        if not editions:
            return
        kinds, program = self.kinds, self.program
        true = np.zeros((kinds.number, len(kinds.reasons)), dtype=np.int64)
        for row in counts:
            if row["quarter"] in finest and row["reason_group"]:
                reason = kinds.reasons.index((row["stage_order"], row["state"], row["reason_group"]))
                true[kinds.of(row), reason] += row["cases"]
        columns = self._columns(f"{self.year} reasons", true)
        for n, standing in enumerate(STANDINGS):
            if standing[1] in ("resolved", "lost"):
                of = [m for m, reason in enumerate(kinds.reasons) if reason[:2] == standing]
                for kind in range(len(columns)):
                    program.balance(columns[kind, of], np.array([quarter[kind, n] for quarter in finest.values()]))
        truth = np.array(program.truth)
        for edition in editions:
            for group, members in kinds.members(edition.breakdown).items():
                by_reason: dict[tuple[int, str, str], list[Columns]] = {}
                for m, (stage, state, reason) in enumerate(kinds.reasons):
                    where = stage if edition.breakdown == "all" else 0
                    by_reason.setdefault((where, state, reason), []).append(columns[members, m])
                for (where, state, reason), parts in by_reason.items():
                    total = program.add_columns([float(sum(truth[part].sum() for part in parts))])
                    program.equate(total[0], *parts)
                    program.cells[Cell(*edition, group, where, state, reason)] = total[0]
