"""Consistency between areas and units, and over time: funnel plots of fixed-age outcomes, and charts of months or quarters.

Limits and rules are those of attrition.stats; which cases count, and from when a period can be shown, come from the models.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from attrition.analysis.tables import write
from attrition.reference import rows as reference_rows
from attrition.stats.consistency import funnel_limits
from attrition.stats.control_chart import add_up, chart, periods

if TYPE_CHECKING:
    import duckdb

MODELS = ("age_count", "age_gap", "age_month", "pub_volumes")
TABLES = ("consistency", "control_charts")

_NUMBERS = ("lower", "upper", "target", "low_95", "high_95", "low_99_8", "high_99_8")
_CONSISTENCY = (
    dict.fromkeys(("breakdown", "group", "from_stage", "to_stage"), "VARCHAR")
    | {"window_days": "BIGINT", "unit": "VARCHAR", "cases": "BIGINT", "progressed": "BIGINT", "rate": "DOUBLE"}
    | {f"rate_{name}" if name in ("lower", "upper") else name: "DOUBLE" for name in _NUMBERS}
    | {"verdict": "VARCHAR", "direction": "VARCHAR", "small": "VARCHAR"}
)
_CHARTS = (
    dict.fromkeys(("breakdown", "group", "measure", "period_kind", "period", "unit"), "VARCHAR")
    | {"cases": "BIGINT", "count": "BIGINT"}
    | dict.fromkeys(("value", "mean", "low", "high"), "DOUBLE")
    | dict.fromkeys(("rules", "reason", "events"), "VARCHAR")
)


def build(connection: "duckdb.DuckDBPyConnection", small_denominator: int) -> None:
    """Makes the tables `pub_consistency` and `pub_control_charts`."""
    write(connection, "pub_consistency", _CONSISTENCY, list(_between_units(connection, small_denominator)))
    write(connection, "pub_control_charts", _CHARTS, [*_over_time(connection), *_of_periods(connection)])


def _between_units(connection: "duckdb.DuckDBPyConnection", small_denominator: int) -> Iterator[tuple[Any, ...]]:
    """Areas and units side by side, at each step; cases whose area or unit is not known are no unit."""
    for breakdown in ("area_command", "investigating_unit"):
        for milestone in reference_rows("milestone"):
            found = connection.execute(
                'SELECT "group", step_progressed, step_entered, window_days FROM age_count '
                "WHERE breakdown = ? AND period_kind = '' AND milestone_no = ? AND is_named ORDER BY \"group\"",
                [breakdown, int(milestone["milestone_no"])],
            ).fetchall()
            if not found:
                continue
            progressed, cases = ([row[place] for row in found] for place in (1, 2))
            shown = funnel_limits(progressed, cases)
            for number, (group, made, entered, days) in enumerate(found):
                yield (
                    breakdown, group, milestone["from_stage"], milestone["stage"], days, "incident", entered, made,
                    float(shown.rate[number]), float(shown.interval_low[number]), float(shown.interval_high[number]),
                    shown.target, *(float(limit[level, number]) for level in (0, 1) for limit in (shown.low, shown.high)),
                    shown.verdict[number], shown.direction[number], "Y" if entered < small_denominator else "N",
                )  # fmt: skip


def _over_time(connection: "duckdb.DuckDBPyConnection") -> Iterator[tuple[Any, ...]]:
    """Crimes recorded, and what share of them had reached each milestone at its age, by month or quarter of recording.

    Of months that are missing in a feed no figure is told: neither of those that the feed would show nor of a quarter with one.
    """
    order = {row["stage"]: int(row["stage_order"]) for row in reference_rows("stage")}
    seen = connection.execute("SELECT min(recorded_seen_to) FROM case_window").fetchone()
    groups = connection.execute(
        """SELECT DISTINCT breakdown_order, breakdown, "group" FROM age_month JOIN breakdown USING (breakdown)
        WHERE breakdown IN ('all', 'strand', 'force') ORDER BY breakdown_order::INTEGER, "group" """
    ).fetchall()
    for _, breakdown, group in groups:
        months, recorded, ages = _months(connection, breakdown, group, seen[0] if seen else None)
        if not months:
            continue
        gaps = _gaps(connection, breakdown, group, months)
        counted = np.where(gaps <= order["recorded"], np.nan, recorded)
        yield from _chart((breakdown, group, "recorded"), "incident", months, counted, None)
        for milestone in reference_rows("milestone"):
            old_enough, reached = ages[int(milestone["milestone_no"])].T
            # A month counts once all of its cases are old enough; those from the first that is not have yet to ripen.
            ripe = next((place for place, few in enumerate(old_enough < recorded) if few), len(months))
            is_missing = gaps <= order[milestone["stage"]]
            # A missing month ripens with one that follows it and is told.
            ripe = max((place + 1 for place in range(ripe) if not is_missing[place]), default=0)
            progressed, of_recorded = (np.where(is_missing, np.nan, cases)[:ripe] for cases in (reached, recorded))
            told = breakdown, group, milestone["stage"]
            yield from _chart(told, "incident", months[:ripe], progressed, of_recorded)


def _of_periods(connection: "duckdb.DuckDBPyConnection") -> Iterator[tuple[Any, ...]]:
    """What police and CPS decided in each month, whenever the crimes were recorded: all forces, whole months that are covered."""
    rows = connection.execute(
        """SELECT rate_name, unit, strptime(period, '%Y-%m')::DATE AS month, count, of_count FROM pub_volumes
        WHERE "force" = 'all' AND period_kind = 'month' AND covered = 'Y' AND outcome_group = ''
        AND scope IN ('flagged', 'hate_cases') AND rate_name IS NOT NULL AND of_count > 0
        AND last_day(month) <= (SELECT min(recorded_seen_to) FROM case_window)
        ORDER BY ALL"""
    ).fetchall()
    for (rate, unit), found in groupby(rows, key=lambda row: (row[0], row[1])):
        by_month = {month: (count, base) for _, _, month, count, base in found}
        months = list(_months_between(min(by_month), max(by_month)))
        counts = np.array([by_month.get(month, (0, 0)) for month in months], dtype=np.int64)
        yield from _chart(("all", "all", rate), unit, months, counts[:, 0], counts[:, 1])


def _months_between(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """The first day of every month from one to another."""
    while first <= last:
        yield first
        first = _next_month(first)


def _next_month(month: dt.date) -> dt.date:
    return (month.replace(day=1) + dt.timedelta(days=31)).replace(day=1)


def _months(
    connection: "duckdb.DuckDBPyConnection", breakdown: str, group: str, seen_to: dt.date | None
) -> tuple[list[dt.date], Any, Any]:
    """All whole months that the feed covers, without gaps: cases recorded (months), and those old enough and of these those
    that reached the milestone (milestones, months, 2).
    """
    rows = connection.execute(
        'SELECT month, milestone_no, recorded, old_enough, reached FROM age_month WHERE breakdown = ? AND "group" = ? '
        "ORDER BY month, milestone_no",
        [breakdown, group],
    ).fetchall()
    if not rows or seen_to is None:
        return [], None, None
    # The last month is whole if the day after the one that the feed covers begins another.
    last_whole = (seen_to + dt.timedelta(days=1)).replace(day=1) - dt.timedelta(days=1)
    months = list(_months_between(rows[0][0], last_whole))
    place = {month: number for number, month in enumerate(months)}
    recorded = np.zeros(len(months), dtype=np.int64)
    ages = np.zeros((len(reference_rows("milestone")), len(months), 2), dtype=np.int64)
    for month, milestone, cases, *aged in rows:
        if month in place:
            recorded[place[month]] = cases
            ages[milestone, place[month]] = aged
    return months, recorded, ages


def _gaps(connection: "duckdb.DuckDBPyConnection", breakdown: str, group: str, months: list[dt.date]) -> Any:
    """For each month the order of the first stage of which nothing can be told, since it is missing in a feed; infinite where none is."""
    rows = connection.execute(
        'SELECT month, gap_order FROM age_gap WHERE breakdown = ? AND "group" = ?', [breakdown, group]
    ).fetchall()
    missing = dict(rows)
    return np.array([missing.get(month, np.inf) for month in months])


def _chart(
    told: tuple[str, str, str], unit: str, months: list[dt.date], count: Any, cases: Any
) -> Iterator[tuple[Any, ...]]:
    """One chart: a row for each month, or each quarter where months are too few or too small. Counts that are NaN are not told."""
    if not months:
        return
    base = count if cases is None else cases
    cut = periods(base, first_month=months[0].month, rates=cases is not None)
    if len(cut.first) < 2:
        return
    sums = add_up(count, cut)
    sizes = None if cases is None else add_up(cases, cut)
    drawn = chart(sums, sizes)
    for number, start in enumerate(cut.first[:-1]):
        first, last = months[start], months[cut.first[number + 1] - 1]
        yield (
            *told, cut.unit, _name(first, cut.unit), unit,
            None if sizes is None else _whole(sizes[number]), _whole(sums[number]), float(drawn.value[number]), drawn.mean,
            drawn.low, drawn.high, ", ".join(drawn.rules[number]), drawn.reason, _events(first, last),
        )  # fmt: skip


def _whole(count: float) -> int | None:
    return None if np.isnan(count) else int(count)


def _name(first: dt.date, unit: str) -> str:
    """A month as 2024-04, a quarter of the financial year as 2024/25 Q1."""
    if unit == "month":
        return f"{first:%Y-%m}"
    year = first.year - (first.month < 4)
    return f"{year}/{(year + 1) % 100:02} Q{(first.month - 4) % 12 // 3 + 1}"


def _events(first: dt.date, last: dt.date) -> str:
    """What happened in these months that may have moved the figures."""
    after = _next_month(last)
    return "; ".join(
        event["label"] for event in reference_rows("events") if first <= dt.date.fromisoformat(event["day"]) < after
    )
