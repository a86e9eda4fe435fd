"""What can be seen of each stage (SPEC sections 1 and 3, decision 05): how far feeds reach, what sources tell, missing months.

Stages and their evidence are typed from the specification a second time, as in codes.py.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from statistics import median

from oracle.codes import CHARGING_OUTCOMES, COLUMNS, CONVICTIONS, CPS_DECIDING, STAGES
from oracle.deliveries import Held, Load
from oracle.reading import Row

DAYS_ALLOWED = timedelta(days=7)
ROWS_TO_JUDGE = 20
ROWS_OF_A_GAP = 10
SHARE_OF_A_GAP = 0.05
WHY = ("", "no_feed", "feed_behind", "not_told", "gap")

Month = tuple[int, int]


@dataclass(frozen=True)
class Evidence:
    """What shows a stage: rows of an extract that could have it (`could`), and those that do (`has`)."""

    extract: str
    column: str
    could: Callable[[Row], bool]
    has: Callable[[Row], bool]
    suffices: bool = True


def _any(row: Row) -> bool:
    return True


def _tells(column: str) -> Callable[[Row], bool]:
    return lambda row: row[column] not in (None, "unknown")


def _under_way(row: Row) -> bool:
    return row["decision"] == "charge" or row["first_hearing_date"] is not None


def _ended_without_conviction(row: Row) -> bool:
    ended = row["prosecution_outcome"] is not None and row["prosecution_outcome"] not in CONVICTIONS
    return ended or row["decision"] in CPS_DECIDING - {"charge"}


_REPORT = Evidence("incident", "reported_date", _any, _tells("reported_date"))
_CLASS = Evidence("incident", "incident_class", _any, _tells("incident_class"))
_SUSPECT = Evidence("investigation", "suspect_id", _any, _tells("suspect_id"))
_OUTCOME = Evidence("investigation", "outcome_code", _any, _tells("outcome_code"))
_FILE = Evidence("investigation", "file_submitted_date", _tells("suspect_id"), _tells("file_submitted_date"), False)
_CHARGE = Evidence(
    "investigation", "outcome_code", _tells("outcome_code"), lambda row: row["outcome_code"] in CHARGING_OUTCOMES, False
)
_RECEIPT = Evidence("cps", "received_date", _any, _tells("received_date"))
_DECISION = Evidence("cps", "decision", _any, lambda row: row["decision"] == "charge")
_HEARING = Evidence("cps", "first_hearing_date", _under_way, _tells("first_hearing_date"))
_COURT = Evidence("cps", "prosecution_outcome", _under_way, _tells("prosecution_outcome"))
_UPLIFT = Evidence("cps", "uplift", lambda row: row["prosecution_outcome"] in CONVICTIONS, _tells("uplift"))
_LINK = Evidence("cps", "police_crime_ref", _any, _tells("police_crime_ref"), False)

TOLD_BY: dict[str, tuple[Evidence, ...]] = {
    "reported": (_REPORT,),
    "recorded": (_CLASS,),
    "suspect_identified": (_SUSPECT, _OUTCOME),
    "referred": (_FILE, _RECEIPT),
    "charged": (_CHARGE, _DECISION),
    "prosecuted": (_HEARING, _COURT),
    "convicted": (_COURT,),
    "uplifted": (_UPLIFT,),
}
# What says that a victim withdrew or did not support: the reasons of the CPS from referral to court, elsewhere an outcome.
WITHDRAWN_BY_POLICE = Evidence(
    "investigation",
    "outcome_code",
    lambda row: row["outcome_code"] is not None and row["outcome_code"] not in CHARGING_OUTCOMES,
    lambda row: row["outcome_code"] in ("14", "16"),
)
WITHDRAWN_BY_CPS = Evidence("cps", "outcome_reason", _ended_without_conviction, _tells("outcome_reason"))
POLICE_OUTCOME = _OUTCOME
# What shows the numerators of the rates of volumes.
NUMERATORS = {
    "outcomes_charged": POLICE_OUTCOME,
    "charged": _DECISION,
    "convicted": _COURT,
    "guilty_plea": Evidence(
        "cps", "prosecution_outcome", _UPLIFT.could, lambda row: row["prosecution_outcome"] == "guilty_plea"
    ),
    "uplifted": _UPLIFT,
}
# The first stage that the rows of an extract show.
SHOWN_FROM = {"investigation": "suspect_identified", "cps": "referred"}


@dataclass(frozen=True)
class Reach:
    """The days from and to which a delivery tells; `slack`: how much earlier an inferred one may end."""

    first: date | None
    last: date | None
    slack: timedelta = timedelta(0)

    def is_in_time(self, as_at: date) -> bool:
        """Whether it reaches to the as-at date, less the days allowed."""
        return self.last is not None and self.last >= as_at - DAYS_ALLOWED - self.slack


def reach(line: Load, loaded_on: date) -> Reach:
    """How far a delivery reaches; a day after that of its loading is no event yet."""
    dates = [column for column, kind in COLUMNS[line.extract].items() if kind == "date"]
    rows = [
        {row.row[column] for column in dates if row.row[column] is not None and row.row[column] <= loaded_on}
        for row, fate in zip(line.read, line.fates, strict=True)
        if fate != "blank"
    ]
    rows = [days for days in rows if days]
    days = sorted(set().union(*rows))
    if not days:
        return Reach(None, line.delivery.covers_to)
    distances = [(later - day).days for day, later in pairwise(days)]
    distance = timedelta(days=median(distances)) if distances else timedelta(0)
    window = max(timedelta(days=31), 5 * distance)

    def has_company(day: date, start: date, end: date) -> bool:
        return sum(any(start <= other <= end and other != day for other in told) for told in rows) >= 2

    last, first = days[-1], days[0]
    if len(rows) >= 5:
        last = next((day for day in reversed(days) if has_company(day, day - window, day)), last)
        first = next((day for day in days if has_company(day, day, day + window)), first)
    first = first.replace(day=1)
    if line.delivery.covers_to is not None:
        return Reach(first, line.delivery.covers_to)
    return Reach(first, last, distance)


@dataclass(frozen=True)
class Told:
    """What can be seen of a group at a stage: `why` is empty where it is covered; `is_told`: some source tells the stage."""

    covered: str
    why: str
    partial: str
    is_told: bool


class Coverage:
    """What everything held shows as at one day."""

    def __init__(self, held: Held, as_at: date) -> None:
        self.held = held
        self.as_at = as_at
        self._told: dict[tuple[int, str], bool] = {}
        self._force: dict[tuple[str, str], str] = {}
        self._missing: dict[tuple[str, str], frozenset[Month]] = {}

    @cached_property
    def _reaches(self) -> list[tuple[Load, Reach, set[str | None]]]:
        """Every delivery with accepted rows, how far it reaches, and the forces of these rows."""
        found = []
        for line in self.held.loads:
            forces = {row.row["force"] for row, fate in zip(line.read, line.fates, strict=True) if fate == "accepted"}
            if forces:
                found.append((line, reach(line, self.held.loaded_on), forces))
        return found

    def _deliveries(self, extract: str, force: str) -> list[tuple[Load, Reach]]:
        """The deliveries that speak for a force; the CPS, where it names no row of it, speaks for all."""
        own = [(line, reach, forces) for line, reach, forces in self._reaches if line.extract == extract]
        named = any(force in forces for _, _, forces in own)
        whole = extract == "cps" and not named
        return [(line, reach) for line, reach, forces in own if whole or force in forces or None in forces]

    def feed(self, extract: str, force: str) -> Reach | None:
        """How far a feed reaches for a force; None where none has come."""
        reaches = [reach for _, reach in self._deliveries(extract, force)]
        if not reaches:
            return None
        last = max(reaches, key=lambda reach: (reach.last or date.min, reach.slack))
        firsts = [reach.first for reach in reaches if reach.first]
        return Reach(min(firsts, default=None), last.last, last.slack)

    def tells(self, evidence: Evidence, force: str) -> bool:
        """Whether some source of the force tells the evidence."""
        key = (id(evidence), force)
        if key not in self._told:
            self._told[key] = self._tells_it(evidence, force)
        return self._told[key]

    def _tells_it(self, evidence: Evidence, force: str) -> bool:
        told = self.held.sources.get(evidence.extract, [])
        forces = {force, None}
        if evidence.extract == "cps" and not any(row["force"] == force for _, row in told):
            forces = {row["force"] for _, row in told}
        sets: dict[str, list[Row]] = defaultdict(list)
        for source, row in told:
            if row["force"] in forces:
                sets[source].append(row)
        for source, rows in sets.items():
            could = [row for row in rows if evidence.could(row)]
            has = sum(map(evidence.has, could))
            if self._fills(source, evidence, forces) and (has or (evidence.suffices and len(could) < ROWS_TO_JUDGE)):
                return True
        return False

    def _fills(self, source: str, evidence: Evidence, forces: set[str | None]) -> bool:
        """Whether a delivery of the source to one of the forces fills the column."""
        return any(
            line.delivery.source == source
            and line.extract == evidence.extract
            and named & forces
            and (line.delivery.columns is None or evidence.column in line.delivery.columns)
            for line, _, named in self._reaches
        )

    def _reach_of(self, evidence: Evidence, force: str) -> list[Reach]:
        """The reaches that bound an evidence, none where it cannot be seen; CPS rows are seen through the crimes that they link to."""
        own = self.feed(evidence.extract, force)
        if own is None or evidence.extract != "cps" or self.tells(_LINK, force):
            return [] if own is None else [own]
        police = self.feed("investigation", force)
        return [] if police is None else [own, police]

    def _bounds(self, stage: str, force: str) -> list[Reach]:
        """The reaches behind a stage: of what is told, else of what would suffice."""
        told = [one for one in TOLD_BY[stage] if self.tells(one, force)]
        seen = [reach for one in told for reach in self._reach_of(one, force)]
        return seen or [reach for one in TOLD_BY[stage] if one.suffices for reach in self._reach_of(one, force)]

    def seen_to(self, stage: str, force: str) -> date | None:
        """The day up to which the feeds that tell a stage reach, not beyond the as-at date; None: none has come."""
        lasts = [reach.last for reach in self._bounds(stage, force)]
        return None if not lasts or None in lasts else min(self.as_at, *filter(None, lasts))

    def is_told(self, stage: str, force: str) -> bool:
        """Whether some source tells the stage, however far it reaches."""
        return any(self.tells(one, force) and self._reach_of(one, force) for one in TOLD_BY[stage])

    def why(self, stage: str, force: str) -> str:
        """Why a stage cannot be seen of a force; empty where it can."""
        if (stage, force) not in self._force:
            self._force[stage, force] = self._why(stage, force)
        return self._force[stage, force]

    def _why(self, stage: str, force: str) -> str:
        bounds = self._bounds(stage, force)
        if not bounds:
            return "no_feed"
        if not all(reach.is_in_time(self.as_at) for reach in bounds):
            return "feed_behind"
        return "" if self.is_told(stage, force) else "not_told"

    # Missing months

    @cached_property
    def _months(self) -> dict[str, dict[str | None, Counter[Month]]]:
        """Rows by extract, force and month: of the report, of the crime's report, of the receipt."""
        rows = self.held.rows
        counts: dict[str, dict[str | None, Counter[Month]]] = {
            extract: defaultdict(Counter) for extract in ("incident", "investigation", "cps")
        }
        reported: dict[tuple[str, str], date] = {}
        for row in rows["incident"]:
            counts["incident"][row["force"]][_month(row["reported_date"])] += 1
            if row["incident_class"] == "crime":
                crime = (row["force"], row["crime_ref"])
                reported[crime] = min(reported.get(crime, date.max), row["reported_date"])
        for row in rows["investigation"]:
            crime = (row["force"], row["crime_ref"])
            if crime in reported:
                counts["investigation"][row["force"]][_month(reported[crime])] += 1
        for row in rows["cps"]:
            counts["cps"][row["force"]][_month(row["received_date"])] += 1
        return counts

    def gaps(self, extract: str, force: str) -> frozenset[Month]:
        """Months missing inside a feed: of the force by itself, or of all forces together. An investigation is reported with its
        crime: of months without incidents it says nothing.
        """
        if (extract, force) not in self._missing:
            by_force = self._months[extract]
            unknown: frozenset[Month] = frozenset()
            unknown_of_some: frozenset[Month] = frozenset()
            if extract == "investigation":
                unknown = self.gaps("incident", force)
                forces = {row["force"] for row in self.held.rows["incident"]}
                unknown_of_some = frozenset().union(*(self.gaps("incident", one) for one in forces))
            together = sum(by_force.values(), Counter())
            alone = _runs_missing(by_force.get(force, Counter()), unknown)
            self._missing[extract, force] = alone | _runs_missing(together, unknown_of_some)
        return self._missing[extract, force]

    def cell(
        self, cases: Iterable[tuple[str, date]], period: tuple[date, date] | None, is_all: bool
    ) -> dict[str, Told]:
        """What can be seen of a group, by stage; of its cases the force and the day of the report, comparisons too."""
        placed = list(cases)
        forces = {force for force, _ in placed}
        firsts = Counter(self._missing_from(force, day) for force, day in placed)
        share = SHARE_OF_A_GAP if is_all and period is None else 0
        lacks_incidents = period is not None and any(
            period[0] <= date(*month, 1) <= period[1] for force in forces for month in self.gaps("incident", force)
        )
        partial = "Y" if period and self._is_partial(period, forces) else "N" if period else ""
        told = {}
        for number, stage in enumerate(STAGES):
            why = min(filter(None, (self.why(stage, force) for force in forces)), key=WHY.index, default="")
            unseen = sum(cases for first, cases in firsts.items() if first <= number)
            if not why and (lacks_incidents or unseen > share * len(placed)):
                why = "gap"
            is_told = all(self.is_told(stage, force) for force in forces)
            told[stage] = Told("N" if why else "Y", why, partial, is_told)
        return told

    def _is_partial(self, period: tuple[date, date], forces: set[str]) -> bool:
        feeds = [self.feed("incident", force) for force in forces]
        begins = [feed.first for feed in feeds if feed and feed.first]
        return period[1] > self.as_at or any(period[0] < first for first in begins)

    def _missing_from(self, force: str, day: date) -> int:
        return min(
            (STAGES.index(stage) for extract, stage in SHOWN_FROM.items() if _month(day) in self.gaps(extract, force)),
            default=len(STAGES),
        )


def _month(day: date) -> Month:
    return day.year, day.month


def _number(month: Month) -> int:
    return month[0] * 12 + month[1] - 1


def _runs_missing(rows: Counter[Month], unknown: frozenset[Month] = frozenset()) -> frozenset[Month]:
    """The months of runs without rows, between months with rows, over which ten rows or more were to be expected.

    unknown: months of which nothing can be said, neither in a run nor beside it
    """
    numbers = {_number(month): count for month, count in rows.items()}
    apart = set(map(_number, unknown))
    filled = sorted(numbers)
    missing: set[int] = set()
    for last, following in pairwise(filled):
        run = set(range(last + 1, following)) - apart
        beside = {*range(last - 2, last + 1), *range(following, following + 3)} - apart
        inside = [numbers.get(number, 0) for number in beside if filled[0] <= number <= filled[-1]]
        if run and inside and sum(inside) / len(inside) * len(run) >= ROWS_OF_A_GAP:
            missing |= run
    return frozenset((number // 12, number % 12 + 1) for number in missing)
