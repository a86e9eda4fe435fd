"""What one run changed about one open finding: the record that digests, pages and events are made of. Numbers, dates and
codes only; never a value of the data.
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a run did to an incident. `UNCHANGED` ones are told only beside something that has changed."""

    NEW = "new"
    REOPENED = "back again"
    WORSE = "worse"
    PARTLY_MENDED = "partly mended"
    UNCHANGED = "still open"
    MENDED = "mended"
    ESCALATED = "open too long"


@dataclass(frozen=True)
class Change:
    """One data-quality incident as it stands after a run.

    incident_id: its number in the warehouse, the same for its whole life
    rule, severity (critical, warning, info), rule_group: as in data/reference/rule.csv
    message, why, mend: plain English for the owner; after the rule's words `mend` may have further lines, each to be shown as it is
    extract: incident, investigation, cps or cps_event
    area: the force's slug, or the CPS Area's for extracts of the CPS; empty where it cannot be told
    column: the column concerned, or empty
    rows: rows that fail now; None for a check that is not about rows (a feed that is late)
    rows_at_worst, rows_fixed: the most rows that failed in this opening, and how many of all of them are mended
    files: names of the files that the rows stand in
    opened_on: first day of this opening; times_opened: 1, or more after reopening
    price: how far it could move the force's headline step rates, a sentence; empty where it cannot
    acknowledged_by, assigned_to: names that an analyst gave, or empty
    """

    kind: Kind
    incident_id: int
    rule: str
    severity: str
    rule_group: str
    message: str
    why: str
    mend: str
    extract: str
    area: str
    column: str
    rows: int | None
    rows_at_worst: int | None
    rows_fixed: int
    files: tuple[str, ...]
    opened_on: dt.date
    times_opened: int
    price: str = ""
    acknowledged_by: str = ""
    assigned_to: str = ""
