"""How far each case has come at the as-at date, and how it stands there (SPEC section 3).

One Case per incident row that exists at the as-at date, comparison rows included and marked as such.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from oracle.codes import (
    CHARGING_OUTCOMES,
    CONVICTIONS,
    COURT_RESOLVED,
    CPS_DECIDING,
    CPS_RESOLVED,
    OUTCOMES_WITHOUT_SUSPECT,
    RESOLVED_OUTCOMES,
    STAGES,
)
from oracle.linkage import Links
from oracle.reading import Row

UPLIFT_IS_UNKNOWN_AFTER = timedelta(days=60)


@dataclass(frozen=True)
class Case:
    """One incident at the as-at date: furthest stage, state there, reason of its exit, implied stages."""

    incident: Row
    investigation: tuple[Row, ...]
    furthest: str
    state: str
    reason: str | None
    implied: frozenset[str]


def exists(incident: Row, as_at: date) -> bool:
    """Whether the row is a case at the as-at date (a comparison row: a case of hate_status)."""
    flagged = incident["hate_flagged_date"] or incident["reported_date"]
    removed = incident["record_status"] == "flag_removed" and _by(incident["status_date"], as_at)
    return incident["reported_date"] <= as_at and flagged <= as_at and not removed


def _by(day: date | None, as_at: date) -> bool:
    return day is not None and day <= as_at


def effective_outcomes(investigation: list[Row], as_at: date) -> list[Row]:
    """The rows with a known outcome dated by the as-at date."""
    return [row for row in investigation if row["outcome_code"] and _by(row["outcome_date"], as_at)]


def _latest_outcome(outcomes: list[Row]) -> Row | None:
    def rank(row: Row) -> tuple[date, bool, bool, int, bytes]:
        code = row["outcome_code"]
        number = -1 if code == "U" else int(code.rstrip("A"))
        return (
            row["outcome_date"],
            code in RESOLVED_OUTCOMES,
            code not in OUTCOMES_WITHOUT_SUSPECT,
            number,
            code.encode(),
        )

    return max(outcomes, key=rank, default=None)


def _police_exit(outcomes: list[Row], since: date | None = None, after: date | None = None) -> tuple[str, str | None]:
    """State and reason by the latest police outcome, if dated on or after `since`, or after `after`."""
    latest = _latest_outcome(outcomes)
    if latest is None:
        return "open", None
    if since is not None and latest["outcome_date"] < since:
        return "open", None
    if after is not None and latest["outcome_date"] <= after:
        return "open", None
    code = latest["outcome_code"]
    return ("resolved" if code in RESOLVED_OUTCOMES else "lost"), f"police_{code}"


def position(incident: Row, links: Links, as_at: date) -> Case:
    """Where a case that exists stands at the as-at date."""
    crime = (incident["force"], incident["crime_ref"])
    is_crime = incident["incident_class"] == "crime"
    # A non-crime incident meets no investigation, whatever crime_ref it carries.
    investigation = links.investigation.get(crime, []) if is_crime else []
    cps = [row for row in links.cps.get(crime, []) if row["received_date"] <= as_at] if is_crime else []

    status = incident["record_status"]
    if status in ("cancelled", "transferred_out") and _by(incident["status_date"], as_at):
        return Case(incident, tuple(investigation), "reported", "resolved", f"record_{status}", frozenset())
    if not is_crime:
        return Case(incident, (), "reported", "resolved", "non_crime", frozenset())
    if not _by(incident["recorded_date"] or incident["reported_date"], as_at):
        return Case(incident, tuple(investigation), "reported", "open", None, frozenset())

    holds = _conditions(investigation, cps, as_at)
    furthest = max(number for number, stage in enumerate(STAGES) if holds[stage])
    implied = frozenset(stage for stage in STAGES[:furthest] if not holds[stage])
    state, reason = _state(STAGES[furthest], investigation, cps, as_at)
    return Case(incident, tuple(investigation), STAGES[furthest], state, reason, implied)


def _conditions(investigation: list[Row], cps: list[Row], as_at: date) -> dict[str, bool]:
    """Each stage's own condition, of a recorded crime."""
    outcomes = effective_outcomes(investigation, as_at)
    convictions = _convictions(cps, as_at)
    return {
        "reported": True,
        "recorded": True,
        "suspect_identified": any(
            row["suspect_id"] and (row["suspect_identified_date"] is None or row["suspect_identified_date"] <= as_at)
            for row in investigation
        )
        or any(row["outcome_code"] not in OUTCOMES_WITHOUT_SUSPECT for row in outcomes),
        "referred": any(_by(row["file_submitted_date"], as_at) for row in investigation) or bool(cps),
        "charged": any(row["outcome_code"] in CHARGING_OUTCOMES for row in outcomes)
        or any(_charged(row, as_at) for row in cps),
        "prosecuted": any(_by(row["first_hearing_date"], as_at) or _has_outcome(row, as_at) for row in cps),
        "convicted": bool(convictions),
        "uplifted": any(row["uplift"] == "Y" for row in convictions),
    }


def _charged(row: Row, as_at: date) -> bool:
    return row["decision"] == "charge" and _by(row["decision_date"], as_at)


def _has_outcome(row: Row, as_at: date) -> bool:
    return row["prosecution_outcome"] is not None and _by(row["finalised_date"], as_at)


def _convictions(cps: list[Row], as_at: date) -> list[Row]:
    return [row for row in cps if _has_outcome(row, as_at) and row["prosecution_outcome"] in CONVICTIONS]


def _awaits_outcome(row: Row, as_at: date) -> bool:
    """Charged or heard, and still without its outcome."""
    under_way = _charged(row, as_at) or _by(row["first_hearing_date"], as_at)
    return under_way and not _has_outcome(row, as_at)


def _state(stage: str, investigation: list[Row], cps: list[Row], as_at: date) -> tuple[str, str | None]:
    """State and reason at the furthest stage, of a recorded crime."""
    outcomes = effective_outcomes(investigation, as_at)
    other_outcomes = [row for row in outcomes if row["outcome_code"] not in CHARGING_OUTCOMES]
    if stage in ("recorded", "suspect_identified"):
        return _police_exit(outcomes)
    if stage == "referred":
        return _state_referred(investigation, outcomes, cps, as_at)
    if stage == "charged":
        charges = [row["outcome_date"] for row in outcomes if row["outcome_code"] in CHARGING_OUTCOMES]
        charges += [row["decision_date"] for row in cps if _charged(row, as_at)]
        return _police_exit(other_outcomes, after=max(charges))
    if stage == "prosecuted":
        return _state_prosecuted(cps, as_at)
    if stage == "convicted":
        return _state_convicted(cps, as_at)
    return "completed", None


def _state_referred(
    investigation: list[Row], outcomes: list[Row], cps: list[Row], as_at: date
) -> tuple[str, str | None]:
    decided = [row for row in cps if row["decision"] in CPS_DECIDING and _by(row["decision_date"], as_at)]
    if cps and len(decided) == len(cps):
        latest = max(decided, key=lambda row: (row["decision_date"], row["decision"].encode()))
        decision = latest["decision"]
        return ("resolved" if decision in CPS_RESOLVED else "lost"), f"cps_{decision}"
    referrals = [row["received_date"] for row in cps]
    referrals += [row["file_submitted_date"] for row in investigation if _by(row["file_submitted_date"], as_at)]
    return _police_exit(outcomes, since=max(referrals))


def _state_prosecuted(cps: list[Row], as_at: date) -> tuple[str, str | None]:
    ended = [row for row in cps if _has_outcome(row, as_at)]
    if not ended or any(_awaits_outcome(row, as_at) for row in cps):
        return "open", None
    latest = max(ended, key=lambda row: (row["finalised_date"], row["prosecution_outcome"].encode()))
    outcome = latest["prosecution_outcome"]
    return ("resolved" if outcome in COURT_RESOLVED else "lost"), f"court_{outcome}"


def _state_convicted(cps: list[Row], as_at: date) -> tuple[str, str | None]:
    if any(_awaits_outcome(row, as_at) for row in cps):
        return "open", None
    convictions = _convictions(cps, as_at)
    if all(row["uplift"] == "N" for row in convictions):
        return "resolved", "uplift_not_recorded"
    if as_at >= max(row["finalised_date"] for row in convictions) + UPLIFT_IS_UNKNOWN_AFTER:
        return "resolved", "uplift_unknown"
    return "open", None
