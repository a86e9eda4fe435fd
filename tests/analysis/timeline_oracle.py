"""The way of each case through time, worked out slowly: the oracle's funnel is asked for its answer on one day after another.

Imports nothing of the product.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from oracle import Held
from oracle.cases import effective_outcomes, exists, position
from oracle.codes import STAGES
from oracle.coverage import Coverage
from oracle.linkage import Links, link

STEPS = range(STAGES.index("recorded"), STAGES.index("convicted"))
MILESTONES = ("suspect_identified", "referred", "charged", "convicted")
STRANDS = ("race", "religion", "sexual_orientation", "disability", "transgender")


@dataclass(frozen=True)
class Way:
    """One recorded case: the day of each stage it reached (None: reached, but nobody knows when), and how it stands."""

    incident: dict[str, Any]
    furthest: int
    state: str
    days: dict[int, date | None]
    exit_day: date | None


def _all_days(incident: dict[str, Any], investigation: list[Any], cps: list[Any], as_at: date) -> list[date]:
    found = {value for row in (incident, *investigation, *cps) for value in row.values() if isinstance(value, date)}
    return sorted(day for day in found if day <= as_at)


def ways(held: Held, as_at: date) -> Iterator[Way]:
    """Every case that is recorded at the as-at date, comparison crimes included."""
    links = link(held.rows)
    for incident in held.rows["incident"]:
        if not exists(incident, as_at):
            continue
        case = position(incident, links, as_at)
        furthest = STAGES.index(case.furthest)
        if furthest < STAGES.index("recorded"):
            continue
        crime = (incident["force"], incident["crime_ref"])
        investigation = [dict(row) for row in links.investigation.get(crime, [])]
        cps = links.cps.get(crime, [])
        undated = [row for row in investigation if row["suspect_id"] and row["suspect_identified_date"] is None]
        dated = [row["suspect_identified_date"] for row in investigation if row["suspect_id"]]
        is_untimed = bool(undated) and not any(day is not None and day <= as_at for day in dated)
        for row in undated:
            row["suspect_id"] = None
        told = Links(investigation={crime: investigation}, cps={crime: cps})
        days: dict[int, date | None] = {}
        for day in _all_days(incident, investigation, cps, as_at):
            reached = STAGES.index(position(incident, told, day).furthest)
            for stage in range(STAGES.index("recorded"), reached + 1):
                days.setdefault(stage, day)
        if is_untimed:
            days[STAGES.index("suspect_identified")] = None
        yield Way(incident, furthest, case.state, days, _exit_day(case, investigation, cps, as_at))


def _exit_day(case: Any, investigation: list[Any], cps: list[Any], as_at: date) -> date | None:
    """The day of the outcome that the reason names: the last such one."""
    if case.reason is None:
        return None
    source, code = case.reason.split("_", 1)
    if source == "police":
        outcomes = [row for row in effective_outcomes(investigation, as_at) if row["outcome_code"] == code]
        return max(row["outcome_date"] for row in outcomes)
    decided, day = {"cps": ("decision", "decision_date"), "court": ("prosecution_outcome", "finalised_date")}.get(
        source, ("", "")
    )
    days = [row[day] for row in cps if decided and row[decided] == code and row[day] and row[day] <= as_at]
    return max(days, default=None)


def groups_of(incident: dict[str, Any]) -> list[tuple[str, str]]:
    """The groups of three breakdowns that a case stands in."""
    if incident["comparison"] == "Y":
        return [("hate_status", "comparison")]
    strands = [("strand", strand) for strand in STRANDS if incident[f"hate_{strand}"] == "Y"]
    return [("all", "all"), ("hate_status", "hate"), *strands]


class Seen:
    """Up to which day the feeds tell of each stage: of all stages up to it, since who reached it passed them."""

    def __init__(self, held: Held, as_at: date) -> None:
        self._coverage = Coverage(held, as_at)
        self._known: dict[tuple[str, str], date | None] = {}

    def to(self, force: str, stage: str) -> date | None:
        """The last such day; None where a feed behind one of the stages has never come."""
        if (force, stage) not in self._known:
            passed = STAGES[STAGES.index("recorded") : STAGES.index(stage) + 1]
            days = [self._coverage.seen_to(one, force) for one in passed]
            self._known[force, stage] = None if None in days else min(filter(None, days))
        return self._known[force, stage]


def step_counts(held: Held, as_at: date) -> Counter[tuple[str, str, int, int | None, str]]:
    """Cases by breakdown, group, stage they start from (2 is recorded), day on which they left, and how."""
    seen = Seen(held, as_at)
    first_report: dict[str, date] = {}
    for row in held.rows["incident"]:
        first_report[row["force"]] = min(first_report.get(row["force"], date.max), row["reported_date"])
    counts: Counter[tuple[str, str, int, int | None, str]] = Counter()
    for way in ways(held, as_at):
        force = way.incident["force"]
        flagged = way.incident["hate_flagged_date"] or way.incident["reported_date"]
        for stage in STEPS:
            if way.furthest < stage:
                continue
            told = _fate(way, stage, seen.to(force, STAGES[stage + 1]), max(flagged, first_report[force]))
            for group in groups_of(way.incident):
                counts[(*group, stage + 1, *told)] += 1
    return counts


def _fate(way: Way, stage: int, seen_to: date | None, watched: date) -> tuple[int | None, str]:
    start = way.days[stage]
    went_on = way.furthest > stage
    end = way.days.get(stage + 1) if went_on else way.exit_day
    if start is None or (went_on and end is None):
        return None, "untimed"
    if not went_on and end is not None and end < start:
        return None, "exit_first"
    if seen_to is None or seen_to < start:
        return None, "not_seen"
    fate = "progressed" if went_on else "censored" if way.state == "open" else way.state
    if end is None or end > seen_to:
        end, fate = seen_to, "censored"
    if watched > start and end <= watched:
        fate = "flag_late"
    return (end - start).days, fate


def fixed_ages(held: Held, as_at: date, windows: dict[str, int]) -> Counter[tuple[str, str, str, str]]:
    """Recorded cases by breakdown, group, milestone and one of old_enough, reached, entered, progressed.

    Each case is looked at on the day on which it reaches the age, if the feeds reach that day.
    """
    seen = Seen(held, as_at)
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for way in ways(held, as_at):
        recorded = way.days[STAGES.index("recorded")]
        assert recorded is not None
        before = "recorded"
        for milestone in MILESTONES:
            day = recorded + timedelta(days=windows[milestone])
            last = seen.to(way.incident["force"], milestone)
            if last is not None and day <= last:
                reached, entered = _by(way, milestone, day), _by(way, before, day)
                told = {"old_enough": True, "reached": reached, "entered": entered, "progressed": reached and entered}
                for group in groups_of(way.incident):
                    counts.update((*group, milestone, what) for what, holds in told.items() if holds)
            before = milestone
    return counts


def _by(way: Way, stage: str, day: date) -> bool:
    """Whether a stage was reached by a day; one that nobody dated counts from the start."""
    number = STAGES.index(stage)
    if way.furthest < number:
        return False
    reached = way.days[number]
    return reached is None or reached <= day
