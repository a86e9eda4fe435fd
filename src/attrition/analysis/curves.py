"""Time to the next stage: a cumulative incidence curve for every group and step, and its summary. Open cases are censored, the
exits compete, late flags enter late; what cannot be timed is counted beside.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from attrition.analysis.tables import write, write_columns
from attrition.reference import rows as reference_rows
from attrition.stats.incidence import Curve, cumulative_incidence, horizon, time_quantile

if TYPE_CHECKING:
    import duckdb

MODELS = ("timing_day",)
TABLES = ("time_to_next_stage", "incidence")

CAUSES = ("progressed", "lost", "resolved")
UNTIMED = ("untimed", "exit_first", "not_seen", "flag_late")
LEAST_AT_RISK = 20

_WHERE = {"breakdown": "VARCHAR", "group": "VARCHAR", "from_stage": "VARCHAR", "to_stage": "VARCHAR", "unit": "VARCHAR"}
_SUMMARY = (
    _WHERE
    | dict.fromkeys(
        ("timed", *CAUSES, "open", *UNTIMED, "at_once", "late_entry", "followed_days", "least_at_risk"), "BIGINT"
    )
    | {f"{cause}_share{end}": "DOUBLE" for cause in CAUSES for end in ("", "_lower", "_upper")}
    | {"open_share": "DOUBLE", "median_days": "BIGINT", "p75_days": "BIGINT", "p90_days": "BIGINT", "small": "VARCHAR"}
)
_CURVE = (
    _WHERE
    | {"day": "BIGINT", "at_risk": "BIGINT"}
    | dict.fromkeys(CAUSES, "BIGINT")
    | {f"{cause}_share{end}": "DOUBLE" for cause in CAUSES for end in ("", "_lower", "_upper")}
    | {"open_share": "DOUBLE"}
)


@dataclass(frozen=True)
class _Step:
    """The cases of one group in one step: from which day they were watched, on which they left, how, and how many."""

    where: tuple[str, str, int]
    entry: Any
    day: Any
    fate: Any
    cases: Any

    def count(self, fate: str) -> int:
        """Cases that left this way."""
        return int(self.cases[self.fate == fate].sum())


def build(connection: "duckdb.DuckDBPyConnection", small_denominator: int) -> None:
    """Makes the tables `pub_time_to_next_stage` and `pub_incidence` from the model timing_day."""
    summaries, points = [], []
    names = {int(row["stage_order"]): row["stage"] for row in reference_rows("stage")}
    for step in _steps(connection):
        breakdown, group, order = step.where
        where = (breakdown, group, names[order], names[order + 1], "incident")
        curve, events = _curve(step)
        summaries.append((*where, *_summary(step, curve, events, small_denominator)))
        points.append(_points(where, curve, events))
    write(connection, "pub_time_to_next_stage", _SUMMARY, summaries)
    gathered = {name: np.concatenate([part[name] for part in points]) if points else () for name in _CURVE}
    write_columns(connection, "pub_incidence", _CURVE, gathered)


def _steps(connection: "duckdb.DuckDBPyConnection") -> Iterator[_Step]:
    """Every group and step, in the order of the reference tables."""
    read = connection.execute(
        'SELECT breakdown_order, t.breakdown, t."group", t.from_order, coalesce(t.entry_day, 0) AS entry_day, '
        'coalesce(t."day", 0) AS "day", t.fate, t.cases FROM timing_day AS t JOIN breakdown USING (breakdown) '
        'ORDER BY breakdown_order::INTEGER, t."group", t.from_order, t.entry_day, t."day", t.fate'
    ).fetchnumpy()
    if not len(read["cases"]):
        return
    keys: list[Any] = [read[name] for name in ("breakdown", "group", "from_order")]
    changes = np.logical_or.reduce([np.asarray(key[1:] != key[:-1]) for key in keys])
    bounds = [0, *(np.flatnonzero(changes) + 1).tolist(), len(read["cases"])]
    for start, end in pairwise(bounds):
        part = slice(start, end)
        yield _Step(
            (str(keys[0][start]), str(keys[1][start]), int(keys[2][start])),
            *(np.asarray(read[name][part]) for name in ("entry_day", "day", "fate", "cases")),
        )


def _curve(step: _Step) -> tuple[Curve, Any]:
    """The curve of a step, and its events by day and cause."""
    timed = np.isin(step.fate, (*CAUSES, "censored"))
    entry, day, fate, cases = step.entry[timed], step.day[timed], step.fate[timed], step.cases[timed]
    days = np.unique(np.concatenate([entry, day])).astype(np.int64)

    def by_day(on: Any, which: Any) -> Any:
        return np.bincount(np.searchsorted(days, on[which]), weights=cases[which], minlength=len(days)).astype(np.int64)

    everyone = np.ones(len(cases), dtype=bool)
    events = np.column_stack([by_day(day, fate == cause) for cause in CAUSES])
    return cumulative_incidence(days, by_day(entry, everyone), events, by_day(day, fate == "censored")), events


def _summary(step: _Step, curve: Curve, events: Any, small_denominator: int) -> tuple[Any, ...]:
    """Counts, shares on the last day that enough cases were followed to, and days to the next stage of those who reach it by
    then.
    """
    left = [step.count(cause) for cause in CAUSES]
    still_open = step.count("censored")
    timed = sum(left) + still_open
    last = horizon(curve, min(LEAST_AT_RISK, max(timed // 10, 1)))
    at = -1 if last is None else int(np.searchsorted(curve.days, last))
    shares = [
        float(part[at, number]) if at >= 0 else None
        for number in range(len(CAUSES))
        for part in (curve.incidence, curve.lower, curve.upper)
    ]
    days = [None if last is None else time_quantile(curve, 0, share, last) for share in (0.5, 0.75, 0.9)]
    # Late entries can make the first days thin, and a thin day moves the whole curve after it.
    moved = events[: at + 1].any(axis=1)
    thinnest = int(curve.at_risk[: at + 1][moved].min()) if moved.any() else None
    followed = (step.fate == "progressed") & (step.day == 0)
    late = np.isin(step.fate, (*CAUSES, "censored")) & (step.entry > 0)
    # Where the days of no case are told, how they left is not 0 but unknown.
    told = [*left, still_open, int(step.cases[followed].sum()), int(step.cases[late].sum())] if timed else [None] * 6
    return (
        timed, *told[:4], *(step.count(fate) for fate in UNTIMED), *told[4:], last, thinnest, *shares, float(curve.survival[at]) if at >= 0 else None, *days,
        "Y" if timed < small_denominator else "N",
    )  # fmt: skip


def _points(where: tuple[str, ...], curve: Curve, events: Any) -> dict[str, Any]:
    """The curve on the days on which something happened, column by column."""
    chosen = np.flatnonzero(events.any(axis=1))
    columns: dict[str, Any] = {name: np.full(len(chosen), text) for name, text in zip(_WHERE, where, strict=True)}
    columns |= {"day": curve.days[chosen], "at_risk": curve.at_risk[chosen], "open_share": curve.survival[chosen]}
    for number, cause in enumerate(CAUSES):
        columns[cause] = events[chosen, number]
        for end, part in (("", curve.incidence), ("_lower", curve.lower), ("_upper", curve.upper)):
            columns[f"{cause}_share{end}"] = part[chosen, number]
    return columns
