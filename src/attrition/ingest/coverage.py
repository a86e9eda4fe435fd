"""How far a delivery reaches: stated by its mapping (constant, file name, column), else inferred from its event dates."""

import calendar
import datetime as dt
import re
import statistics
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.contract import Contract
from attrition.errors import InputRefused
from attrition.ingest.conform import name
from attrition.ingest.file_name import shown_name
from attrition.ingest.mapping import CoversTo, Feed

if TYPE_CHECKING:
    import duckdb

_WINDOW = 31  # days in which a day that a feed reaches has company, at least
_DISTANCES = 5  # or as many median distances of its event days, where these lie further apart
_COMPANY = 2  # rows of other days in that window
_FEW_ROWS = 5  # below, the latest day is taken as it is


@dataclass(frozen=True)
class Reach:
    """The days from which and to which a delivery's feed speaks; None where it has no event date.

    `distance` is the median number of days between event days; None with fewer than two. `is_inferred`: `last` comes from
    the dates in the rows, since the mapping does not say it.
    """

    first: dt.date | None
    last: dt.date | None
    is_inferred: bool
    distance: int | None = None


def _day(stated: str, rule: CoversTo) -> dt.date | None:
    try:
        day = dt.datetime.strptime(stated.strip(), rule.format).date()
    except ValueError:
        return None
    return _last_of_month(day) if rule.end_of_month else day


def _last_of_month(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def reach_of(
    connection: "duckdb.DuckDBPyConnection", feed: Feed, contract: Contract, path: Path, now: dt.date
) -> Reach:
    """How far the rows in `conformed` reach. A date after `now` (a hearing to come) is no event yet.

    Raises InputRefused where the mapping states how far a delivery reaches and this one does not say it.
    """
    days = _event_days(connection, contract, now)
    first = _first(connection, contract, days)
    distance = _distance(days)
    rule = feed.covers_to
    if rule is None:
        return Reach(first, _last(connection, contract, days), True, distance)
    if rule.column is not None:
        row = connection.execute("SELECT max(covers_to_told) FROM conformed").fetchone()
        found = row[0] if row else None
        return Reach(first, _last_of_month(found) if found and rule.end_of_month else found, False, distance)
    return Reach(first, stated_day(feed, path), False, distance)


def stated_day(feed: Feed, path: Path) -> dt.date | None:
    """The day that a mapping states by a constant or by the file's name; None where it does not, or by a column.

    Raises InputRefused where it should be there and is not.
    """
    rule = feed.covers_to
    if rule is None or rule.column is not None:
        return None
    if rule.file_name is not None:
        match = re.search(rule.file_name, path.name, re.IGNORECASE)
        stated = match.group(1) if match else ""
    else:
        stated = rule.constant or ""
    day = _day(stated, rule)
    if day is None:
        raise InputRefused(
            f"{shown_name(path)}: the mapping {feed.source} ({feed.extract}, covers_to) finds no day in the file's name or constant "
            f"with the format {rule.format}. Correct the name or the mapping. Nothing was published."
        )
    return day


def _event_days(connection: "duckdb.DuckDBPyConnection", contract: Contract, now: dt.date) -> list[tuple[dt.date, int]]:
    """Each event day of the rows in scope, in order, with how often it stands there."""
    each = " UNION ALL ".join(
        f"SELECT {name(c)} AS day, count(*) AS times FROM conformed WHERE in_scope AND {name(c)} <= $now GROUP BY 1"
        for c in contract.event_dates
    )
    found = connection.execute(
        f"SELECT day, sum(times)::BIGINT FROM ({each}) GROUP BY day ORDER BY day", {"now": now}
    ).fetchall()
    return [(day, times) for day, times in found]


def _distance(days: list[tuple[dt.date, int]]) -> int | None:
    if len(days) < 2:
        return None
    return round(statistics.median((later - earlier).days for (earlier, _), (later, _) in pairwise(days)))


def _window(days: list[tuple[dt.date, int]]) -> int:
    return max(_WINDOW, _DISTANCES * (_distance(days) or 0))


def _dated_rows(connection: "duckdb.DuckDBPyConnection", contract: Contract, since: dt.date, until: dt.date) -> int:
    """How many rows in scope have an event date from `since` to `until`."""
    either = " OR ".join(f"{name(c)} BETWEEN $since AND $until" for c in contract.event_dates)
    row = connection.execute(
        f"SELECT count(*) FROM conformed WHERE in_scope AND ({either})", {"since": since, "until": until}
    ).fetchone()
    return int(row[0]) if row else 0


def _last(
    connection: "duckdb.DuckDBPyConnection", contract: Contract, days: list[tuple[dt.date, int]]
) -> dt.date | None:
    """The latest event day that has company of other days before it: one mistyped date must not make a feed reach."""
    return _in_company(connection, contract, days, -1)


def _first(
    connection: "duckdb.DuckDBPyConnection", contract: Contract, days: list[tuple[dt.date, int]]
) -> dt.date | None:
    """The first of the month of the earliest event day that has company of other days after it."""
    found = _in_company(connection, contract, days, 1)
    return found.replace(day=1) if found else None


def _in_company(
    connection: "duckdb.DuckDBPyConnection", contract: Contract, days: list[tuple[dt.date, int]], direction: int
) -> dt.date | None:
    """The outermost event day with at least two rows of other days in the window inside of it (direction -1: the latest,
    looking back; 1: the earliest, looking forward). The outermost at all where few rows are dated or none has company.
    """
    if not days:
        return None
    ordered = [day for day, _ in days]
    outermost = ordered[-1 if direction < 0 else 0]
    if sum(times for _, times in days) < _FEW_ROWS * len(contract.event_dates) and (
        _dated_rows(connection, contract, ordered[0], ordered[-1]) < _FEW_ROWS
    ):
        return outermost
    before = [0, *accumulate(times for _, times in days)]
    span, one = dt.timedelta(_window(days)), dt.timedelta(1)
    for day in ordered[::direction]:
        since, until = (day - span, day - one) if direction < 0 else (day + one, day + span)
        at, end = bisect_left(ordered, since), bisect_left(ordered, until + one)
        times = before[end] - before[at]
        # A row has several dates: only where they are few must the rows themselves be counted.
        if times >= _COMPANY * len(contract.event_dates) or (
            times >= _COMPANY and _dated_rows(connection, contract, since, until) >= _COMPANY
        ):
            return day
    return outermost
