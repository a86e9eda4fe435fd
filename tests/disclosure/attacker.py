"""An attacker on the published tables: what can be worked out of the hidden figures by linear programming.

A second implementation, written against the published files alone. It holds every figure of every release of a tier, knows the
threshold, the rounding base and (a switch) the rules of publication, and bounds each hidden figure over all tables of counts that
agree with what is published. Must not import what protects the tables.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from moving import NEAR, Moving, Target, fixed_by_sums
from published import Cell, Release, Row, Seen, seen, true_values
from scipy import sparse
from unknowns import Numbers, Program, YearProgram, kinds_of

Outcome = Literal["safe", "shown", "falls low", "falls high", "determined", "known zero"]
FALLEN: tuple[Outcome, ...] = ("shown", "falls low", "falls high", "determined")


@dataclass(frozen=True)
class Attacker:
    """What the attacker knows beside the tables.

    threshold: counts from 1 to threshold - 1 are hidden
    rounding: shown counts are rounded to a multiple of it, half down and half up alike; 1 for exact ones
    knows_rules: where a 0 is shown and what a stage of fewer than ten hides (`published.Seen`), and that what is shown is 0 or
        at least the threshold
    follows_recounts: knows of each finest count whether it changed between two editions
    """

    threshold: int = 5
    rounding: int = 1
    knows_rules: bool = True
    follows_recounts: bool = False

    def limits(self, cell: Cell, known: Seen) -> tuple[float, float]:
        """Between which numbers a figure lies, by what is printed of it."""
        value, floor = known.value_of(cell), known.at_least.get(cell, 0) if self.knows_rules else 0
        if value is None:
            return float(floor), np.inf
        if value == 0:
            return 0.0, 0.0
        most = value + self.rounding // 2
        least = max(value - self.rounding // 2, min(self.threshold, most) if self.knows_rules else 0, min(floor, most))
        return float(max(least, 0)), float(most)


@dataclass(frozen=True)
class Verdict:
    """What became of one figure. A figure from 1 to threshold - 1 falls if it is shown, if it cannot be as high as the threshold
    (falls high), or if it can, but cannot be as low as 1 (falls low); any other hidden one if only one value is left (determined).
    A hidden 0 of which only the 0 is left is a known zero: zeros are no secret anywhere else in the tables.
    """

    cell: Cell
    value: int
    outcome: Outcome


@dataclass(frozen=True)
class Findings:
    """The verdicts on every figure that is hidden, or shown although it is small."""

    verdicts: tuple[Verdict, ...]

    @property
    def fallen(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.outcome in FALLEN]

    @property
    def counts(self) -> Counter[str]:
        return Counter(verdict.outcome for verdict in self.verdicts)

    def __str__(self) -> str:
        named = "\n".join(f"{verdict.outcome}: {verdict.value} {verdict.cell}" for verdict in self.fallen[:20])
        return f"{dict(self.counts)}\n{named}"


def attack(attacker: Attacker, releases: Sequence[Release], truth: Mapping[dt.date, Sequence[Row]]) -> Findings:
    """Attacks all figures of these releases of one tier.

    `truth`: the true counts by the day as at which they were counted. They classify the figures, tell which counts changed, and are
    one of the solutions; no bound rests on them otherwise. Raises ValueError where the tables contradict them.
    """
    known = seen(releases, attacker.rounding)
    verdicts: list[Verdict] = []
    for problem in _problems(attacker, known, truth):
        verdicts.extend(problem.verdicts())
    return Findings(tuple(verdicts))


def bounds(
    attacker: Attacker, releases: Sequence[Release], truth: Mapping[dt.date, Sequence[Row]], cells: Iterable[Cell]
) -> dict[Cell, tuple[float, float]]:
    """The least and the greatest value that each of these figures may have (as a linear program: not only whole numbers)."""
    asked, known = set(cells), seen(releases, attacker.rounding)
    found: dict[Cell, tuple[float, float]] = {}
    for problem in _problems(attacker, known, truth):
        found.update(problem.bounds(asked))
    return found


def _problems(attacker: Attacker, known: Seen, truth: Mapping[dt.date, Sequence[Row]]) -> Iterable["Problem"]:
    kinds = kinds_of(known, truth.values())
    exact = {as_at: true_values(counts, as_at) for as_at, counts in truth.items()}
    for year in sorted({edition.period.split()[0] for edition in known.editions}):
        builder = YearProgram(year, known, kinds, follows_recounts=attacker.follows_recounts)
        for as_at in sorted({edition.as_at for edition in known.editions if edition.period.split()[0] == year}):
            builder.add(as_at, truth[as_at])
        program = builder.program
        for cell, column in program.cells.items():
            low, high = attacker.limits(cell, known)
            true = exact[cell.as_at][cell]
            if program.truth[column] != true or not low <= true <= high:
                raise ValueError(
                    f"{cell} is {true}, the program says {program.truth[column]}, the tables {low} to {high}"
                )
            program.low[column], program.high[column] = low, high
        yield Problem(attacker, program, known)


class Problem:
    """The linear program of one financial year, and the search for solutions that leave its hidden figures open."""

    def __init__(self, attacker: Attacker, program: Program, known: Seen) -> None:
        self.attacker, self.program = attacker, program
        self.known = known
        self.matrix = program.matrix()
        self.truth = np.array(program.truth)
        self.printed = np.array(program.low), np.array(program.high)
        # What follows from single equations; the linear programs get the printed bounds, which leave fewer corners.
        self.low, self.high = fixed_by_sums(self.matrix, *self.printed)
        self.hidden = {cell: column for cell, column in program.cells.items() if cell in known.hidden}

    def _is_small(self, value: float) -> bool:
        return 1 <= value < self.attacker.threshold

    def _parts(self) -> Iterable[tuple[np.ndarray, sparse.csr_matrix, Numbers]]:
        """The columns still open, in groups that no equation connects, with their rows and right-hand sides."""
        free = np.flatnonzero(self.high - self.low > NEAR)
        fixed = np.where(self.high - self.low > NEAR, 0.0, self.truth)
        right = -(self.matrix @ fixed)
        open_ = self.matrix[:, free]
        rows = np.flatnonzero(np.diff(open_.indptr))
        open_, right = open_[rows], right[rows]
        number, label = sparse.csgraph.connected_components(open_.T @ open_, directed=False)
        of_row = label[open_.indices[open_.indptr[:-1]]] if len(rows) else np.array([], dtype=int)
        columns_of = np.split(np.argsort(label, kind="stable"), np.cumsum(np.bincount(label, minlength=number))[:-1])
        for n, columns in enumerate(columns_of):
            here = np.flatnonzero(of_row == n)
            yield free[columns], open_[here][:, columns], right[here]

    def verdicts(self) -> list[Verdict]:
        """Judges every hidden figure, and names every small one that is shown."""
        outcome: dict[Cell, Outcome] = {}
        for cell, column in self.program.cells.items():
            if cell in self.known.shown and self._is_small(self.truth[column]) and self.known.shown[cell]:
                outcome[cell] = "shown"
        threshold = self.attacker.threshold
        at = {column: cell for cell, column in self.hidden.items()}
        sought: dict[int, float] = {}
        for cell, column in self.hidden.items():
            small, open_ = self._is_small(self.truth[column]), self.high[column] - self.low[column] > NEAR
            if small and self.high[column] < threshold - NEAR:
                outcome[cell] = "falls high"
            elif not open_:
                outcome[cell] = "determined"
            else:
                sought[column] = self.truth[column]
        for columns, matrix, right in self._parts():
            here = {n: self._target(column) for n, column in enumerate(columns) if column in sought}
            if here:
                moving = Moving(matrix, right, *(bound[columns] for bound in self.printed), here)
                open_low, open_high = moving.search(self.truth[columns])
                for n, target in here.items():
                    outcome[at[columns[n]]] = self._outcome(target, n in open_low, n in open_high)
        return [
            Verdict(cell, int(self.truth[self.program.cells[cell]]), self._name(cell, found))
            for cell, found in outcome.items()
        ]

    def _target(self, column: int) -> Target:
        """What a solution must reach for this figure: 1 and the threshold for a small one, any other value for the rest."""
        true = self.truth[column]
        return Target.across(1.0, float(self.attacker.threshold)) if self._is_small(true) else Target.away(true)

    def _outcome(self, target: Target, low: bool, high: bool) -> Outcome:
        if target.both:
            return "safe" if low and high else "falls low" if high else "falls high"
        return "safe" if low or high else "determined"

    def _name(self, cell: Cell, found: Outcome) -> Outcome:
        is_zero = self.truth[self.program.cells[cell]] == 0
        return "known zero" if found == "determined" and is_zero else found

    def bounds(self, asked: set[Cell]) -> dict[Cell, tuple[float, float]]:
        """The least and greatest value of the figures asked for that this year has."""
        columns_of = {cell: column for cell, column in self.program.cells.items() if cell in asked}
        found = {cell: (float(self.low[column]), float(self.high[column])) for cell, column in columns_of.items()}
        at: dict[int, Cell] = {column: cell for cell, column in columns_of.items()}
        for columns, matrix, right in self._parts():
            here = [n for n, column in enumerate(columns) if column in at]
            if here:
                moving = Moving(matrix, right, *(bound[columns] for bound in self.printed), {})
                found.update({at[columns[n]]: moving.range_of(n) for n in here})
        return found
