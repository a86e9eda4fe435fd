"""What the quality page shows: counts, dates, codes and the texts of the rules. Never a value of the data."""

import datetime as dt
from dataclasses import dataclass, field

CRITICAL, WARNING, INFO = "critical", "warning", "info"


@dataclass(frozen=True)
class Score:
    """Rows in force of one area, extract and month (YYYY-MM, or empty for rows without that date), and how many of them have
    a finding that is more than a remark.
    """

    area: str
    extract: str
    month: str
    rows: int
    rows_with_finding: int


@dataclass(frozen=True)
class TrendPoint:
    """How one area and extract stood after the run of a day."""

    made_on: dt.date
    area: str
    extract: str
    rows: int
    rows_with_finding: int
    open_incidents: int


@dataclass(frozen=True)
class OpenIncident:
    """A check that fails now. The fields mean what they mean in `attrition.quality.change.Change`; `label` is its message, `remedy`
    how to mend this one, beyond what its rule says.
    """

    incident_id: int
    rule: str
    severity: str
    label: str
    why: str
    mend: str
    extract: str
    area: str
    column: str
    rows: int | None
    rows_at_worst: int | None
    rows_fixed: int
    opened_on: dt.date
    times_opened: int
    acknowledged_by: str = ""
    assigned_to: str = ""
    silenced_until: dt.date | None = None
    price: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Mended:
    """An incident that has ended: how many days it was open in its last opening, its rows at worst, and how it ended."""

    incident_id: int
    rule: str
    label: str
    extract: str
    area: str
    column: str
    opened_on: dt.date
    closed_on: dt.date
    days: int
    rows: int | None
    how: str


@dataclass(frozen=True)
class QualityFacts:
    """Everything the page of one run shows.

    as_at: the day of the data; made_on: the day of the run, from which the age of incidents counts
    made_up: true for made-up data
    marking: the protective marking, shown at top and bottom and in the title
    checks_not_run: names of checks that could not run
    """

    as_at: dt.date
    made_on: dt.date
    made_up: bool
    marking: str
    scores: list[Score] = field(default_factory=list)
    trend: list[TrendPoint] = field(default_factory=list)
    incidents: list[OpenIncident] = field(default_factory=list)
    mended: list[Mended] = field(default_factory=list)
    checks_not_run: list[str] = field(default_factory=list)
