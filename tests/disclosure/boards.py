"""Boards of made-up counts: cases of hate crime that move on from one quarter's end to the next.

Shares by strand follow police-recorded hate crime (England and Wales and Northumbria, 2018/19), the outcomes what the Home Office and
the CPS publish of them (about one in ten charged, a third each lost for want of a suspect or of support); business types and the
rest are ours. Counts only: no case, no person.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from published import STAGES, STRANDS, Row, quarters_of
from pyarrow import parquet

STRAND_SHARES = {"race": 66, "religion": 9, "sexual_orientation": 14, "disability": 11, "transgender": 3}
BUSINESS_SHARES = {
    "not_business": 60, "unknown": 10, "taxi_private_hire": 7, "convenience_store": 7, "takeaway": 5, "licensed_premises": 4,
    "other_retail": 5, "other_business": 2,
}  # fmt: skip
ETHNICITY_SHARES = {"white": 38, "asian": 22, "black": 10, "mixed": 4, "other": 4, "not_stated": 8, "unknown": 14}
# At each stage: the share that goes on, the ways it ends otherwise (share, state, reason group), and the median days that takes.
WAYS: tuple[tuple[float, int, tuple[tuple[float, str, str], ...]], ...] = (
    (0.845, 2, ((0.15, "resolved", "not recorded"), (0.005, "resolved", "other agency"))),
    (0.62, 30, (
        (0.26, "lost", "no suspect"), (0.07, "lost", "victim does not support"), (0.02, "lost", "evidential"),
        (0.01, "lost", "time limit"), (0.01, "resolved", "other agency"), (0.01, "lost", "not recorded"),
    )),
    (0.22, 40, (
        (0.38, "lost", "victim does not support"), (0.24, "lost", "evidential"), (0.09, "resolved", "out of court"),
        (0.04, "lost", "public interest"), (0.01, "lost", "time limit"), (0.02, "lost", "not recorded"),
    )),
    (0.74, 35, (
        (0.14, "lost", "evidential"), (0.03, "lost", "public interest"), (0.02, "resolved", "out of court"),
        (0.07, "lost", "other"),
    )),
    (0.95, 30, ((0.02, "lost", "evidential"), (0.02, "lost", "court"), (0.01, "resolved", "other agency"))),
    (0.84, 120, ((0.15, "lost", "court"), (0.01, "resolved", "court"))),
    (0.82, 20, ((0.18, "resolved", "court"),)),
)  # fmt: skip
# Cases that nobody ever ends: still open whenever the counts are made.
NEVER_ENDS = 0.02
# The second strand of a case that has two, which also says how late the hate flag of a case may be set.
TWO_STRANDS, NO_STRAND, FLAGGED_LATE = 0.06, 0.01, 0.01


@dataclass(frozen=True)
class Case:
    """One made-up case: what it is, from which day it is counted, and on which day it stood where."""

    quarter: str
    strands: str
    business_type: str
    victim_ethnicity: str
    steps: tuple[tuple[dt.date, int, str, str], ...]


@dataclass(frozen=True)
class Board:
    """A board's cases; `counts` says how they stood at the end of a day."""

    cases: tuple[Case, ...]

    def counts(self, as_at: dt.date) -> list[Row]:
        """True counts of all quarters that were over by then: quarter, strands, business_type, victim_ethnicity, stage, stage_order,
        state, reason_group, cases; one row for each that is not 0, sorted.
        """
        counts: Counter[tuple[str, str, str, str, int, str, str]] = Counter()
        for case in self.cases:
            steps = [step for step in case.steps if step[0] <= as_at]
            if steps and end_of(case.quarter) <= as_at:
                counts[(case.quarter, case.strands, case.business_type, case.victim_ethnicity, *steps[-1][1:])] += 1
        return [
            {
                "quarter": quarter, "strands": strands, "business_type": business, "victim_ethnicity": ethnicity,
                "stage": STAGES[stage - 1], "stage_order": stage, "state": state, "reason_group": reason, "cases": cases,
            }
            for (quarter, strands, business, ethnicity, stage, state, reason), cases in sorted(counts.items())
        ]  # fmt: skip


def end_of(quarter: str) -> dt.date:
    """The last day of a quarter of a financial year: of 2024/25 Q4, 31 March 2025."""
    year, number = int(quarter[:4]), int(quarter[-1])
    return (dt.date(year, 6, 30), dt.date(year, 9, 30), dt.date(year, 12, 31), dt.date(year + 1, 3, 31))[number - 1]


def quarters(first_year: int, number: int) -> list[str]:
    """So many quarters from April of a year on."""
    years = ((first_year + n // 4, n % 4 + 1) for n in range(number))
    return [f"{year}/{(year + 1) % 100:02} Q{quarter}" for year, quarter in years]


def release_days(closed: Sequence[str]) -> list[dict[str, dt.date]]:
    """A release at the end of each of these quarters: its periods (quarters, and years that are over), and the day as at which each
    is counted. A quarter is counted when it ends; when a financial year ends, everything is counted again.
    """
    releases: list[dict[str, dt.date]] = []
    for number, quarter in enumerate(closed, start=1):
        days = dict(releases[-1]) if releases else {}
        days[quarter] = end_of(quarter)
        if quarter.endswith("Q4"):
            so_far = set(closed[:number])
            years = [year for year in {one.split()[0] for one in so_far} if so_far.issuperset(quarters_of(year))]
            days = dict.fromkeys([*days, *sorted(years)], end_of(quarter))
        releases.append(days)
    return releases


def made_up_board(seed: int, *, number: int = 8, incidents_a_year: int = 2700, first_year: int = 2022) -> Board:
    """A board of so many quarters. The same seed gives the same board."""
    draw = random.Random(seed)
    cases = []
    for quarter in quarters(first_year, number):
        # The count of a quarter scatters as a count of separate incidents would, to a good approximation.
        here = max(0, round(draw.gauss(incidents_a_year / 4, (incidents_a_year / 4) ** 0.5)))
        cases.extend(_case(draw, quarter) for _ in range(here))
    return Board(tuple(cases))


def _one_of(draw: random.Random, shares: dict[str, int]) -> str:
    return draw.choices(list(shares), list(shares.values()))[0]


def _case(draw: random.Random, quarter: str) -> Case:
    strands = set() if draw.random() < NO_STRAND else {_one_of(draw, STRAND_SHARES)}
    if strands and draw.random() < TWO_STRANDS:
        strands.add(_one_of(draw, STRAND_SHARES))
    business = _one_of(draw, BUSINESS_SHARES)
    day = end_of(quarter) - dt.timedelta(draw.randrange(90))
    if draw.random() < FLAGGED_LATE:
        day += dt.timedelta(draw.randrange(300))
    return Case(
        quarter, " ".join(strand for strand in STRANDS if strand in strands), business, _one_of(draw, ETHNICITY_SHARES),
        tuple(_steps(draw, day)),
    )  # fmt: skip


def _steps(draw: random.Random, day: dt.date) -> list[tuple[dt.date, int, str, str]]:
    steps = [(day, 1, "open", "")]
    for stage, (share, median, ways) in enumerate(WAYS, start=1):
        if draw.random() < NEVER_ENDS:
            return steps
        day += dt.timedelta(round(draw.lognormvariate(0, 0.9) * median))
        if draw.random() < share:
            steps.append((day, stage + 1, "open", ""))
        else:
            _, state, reason = draw.choices(ways, [way[0] for way in ways])[0]
            return [*steps, (day, stage, state, reason)]
    return [*steps[:-1], (day, len(STAGES), "completed", "")]


def write_counts(counts: Sequence[Row], folder: Path) -> Path:
    """Writes true counts as the restricted table that a release is made from."""
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(list(counts)), folder / "counts_for_release.parquet")
    return folder
