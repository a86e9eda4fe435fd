"""How far a delivery reaches: stated by its mapping (constant, file name, column), else the latest event date in it."""

import calendar
import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.contract import Contract
from attrition.errors import InputRefused
from attrition.ingest.conform import name
from attrition.ingest.mapping import CoversTo, Feed

if TYPE_CHECKING:
    import duckdb


def _day(stated: str, rule: CoversTo) -> dt.date | None:
    try:
        day = dt.datetime.strptime(stated.strip(), rule.format).date()
    except ValueError:
        return None
    return _last_of_month(day) if rule.end_of_month else day


def _last_of_month(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def covers_to(
    connection: "duckdb.DuckDBPyConnection", feed: Feed, contract: Contract, path: Path, now: dt.date
) -> tuple[dt.date | None, bool]:
    """The day to which the rows in `conformed` reach, and whether it was inferred.

    A date after `now` cannot be an event and is not inferred from. Raises InputRefused where the mapping states how
    far a delivery reaches and this one does not say it.
    """
    rule = feed.covers_to
    if rule is None:
        dates = [f"max({name(c)}) FILTER ({name(c)} <= $now)" for c in contract.event_dates]
        row = connection.execute(
            f"SELECT greatest({', '.join(dates)}) FROM conformed WHERE in_scope", {"now": now}
        ).fetchone()
        return (row[0] if row else None), True
    if rule.column is not None:
        row = connection.execute("SELECT max(covers_to_told) FROM conformed").fetchone()
        found = row[0] if row else None
        return (_last_of_month(found) if found and rule.end_of_month else found), False
    if rule.file_name is not None:
        match = re.search(rule.file_name, path.name, re.IGNORECASE)
        stated = match.group(1) if match else ""
    else:
        stated = rule.constant or ""
    day = _day(stated, rule)
    if day is None:
        raise InputRefused(
            f"{path.name}: the mapping {feed.source} ({feed.extract}, covers_to) finds no day in the file's name or constant "
            f"with the format {rule.format}. Correct the name or the mapping. Nothing was published."
        )
    return day, False
