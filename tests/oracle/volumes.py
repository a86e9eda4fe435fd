"""Volumes, reconciliation, withdrawal and positive outcomes a second time, in plain Python over the rows in force.

Counts of 0 are left out; rates are kept wherever their denominator is not 0.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from oracle.cases import Case, _awaits_outcome, _by, _convictions, _has_outcome, _latest_outcome, effective_outcomes
from oracle.codes import CHARGING_OUTCOMES, CPS_DECIDING, RESOLVED_OUTCOMES, STAGES, STRANDS
from oracle.coverage import NUMERATORS, POLICE_OUTCOME, WITHDRAWN_BY_CPS, WITHDRAWN_BY_POLICE, Coverage
from oracle.deliveries import Held
from oracle.linkage import Crime, link
from oracle.reading import Row
from oracle.tables import _Groups, cases, financial_year

REASON_GROUPS = {
    "out of court": {"2", "2A", "3", "3A", "6", "7", "8", "22"},
    "public interest": {"9", "10", "21"},
    "victim does not support": {"14", "16"},
    "evidential": {"15"},
    "time limit": {"17"},
    "no suspect": {"18"},
    "other agency": {"19", "20"},
    "other": {"4", "5", "11", "12", "13", "U"},
}
CPS_MEASURES = {
    "charge": "charged",
    "nfa_evidential": "nfa",
    "nfa_public_interest": "nfa",
    "out_of_court_disposal": "out_of_court",
    "admin_finalised": "admin_finalised",
}
RATES = {
    "outcomes_charged": "outcomes_assigned",
    "charged": "legal_decisions",
    "convicted": "completed",
    "guilty_plea": "completed",
    "uplifted": "convicted",
}
WITHDRAWN = {"victim_retraction", "victim_non_attendance"}
SETS = {
    "positive_home_office_dashboard": {"1", "1A", "2", "2A", "3", "3A", "6", "7", "8", "22"},
    "positive_forces": {"1", "1A", "2", "2A", "3", "3A", "4", "6", "7", "8"},
}


@dataclass
class Suspect:
    """One (urn, defendant): where it belongs, and the day on which each thing happened that did."""

    force: str
    link: str
    is_flagged: bool
    days: dict[str, date]


@dataclass
class HateCrime:
    """A crime of hate cases: their reports, the furthest stage of them, and its outcomes."""

    year: str
    furthest: int
    outcome: Row | None
    by_police: bool
    by_cps: bool


def hate_cases(held: Held, as_at: date) -> list[Case]:
    """Cases that are no comparison."""
    return [case for case in cases(held, as_at) if case.incident["comparison"] != "Y"]


def _crime(case: Case) -> Crime:
    return case.incident["force"], case.incident["crime_ref"]


def hate_crimes(held: Held, as_at: date) -> dict[Crime, HateCrime]:
    """Every crime that some hate case is about."""
    links = link(held.rows)
    by_crime: dict[Crime, list[Case]] = defaultdict(list)
    for case in hate_cases(held, as_at):
        if case.incident["incident_class"] == "crime":
            by_crime[_crime(case)].append(case)
    found = {}
    for crime, its_cases in by_crime.items():
        outcomes = effective_outcomes(links.investigation.get(crime, []), as_at)
        rows = [row for row in links.cps.get(crime, []) if row["received_date"] <= as_at]
        found[crime] = HateCrime(
            financial_year(min(case.incident["reported_date"] for case in its_cases)),
            max(STAGES.index(case.furthest) for case in its_cases),
            _latest_outcome(outcomes),
            any(row["outcome_code"] in CHARGING_OUTCOMES for row in outcomes),
            any(row["decision"] == "charge" and _by(row["decision_date"], as_at) for row in rows),
        )
    return found


def suspects(held: Held, as_at: date) -> list[Suspect]:
    """Everybody in a CPS file received by the day."""
    links = link(held.rows)
    crimes_of: dict[int, set[Crime]] = defaultdict(set)
    for crime, rows in links.cps.items():
        for row in rows:
            crimes_of[id(row)].add(crime)
    hate = set(hate_crimes(held, as_at))
    by_person: dict[tuple, list[Row]] = defaultdict(list)
    for row in held.rows["cps"]:
        if row["received_date"] <= as_at:
            by_person[row["urn"], row["defendant_id"]].append(row)
    return [_suspect(rows, crimes_of, hate, as_at) for rows in by_person.values()]


def _suspect(rows: list[Row], crimes_of: dict[int, set[Crime]], hate: set[Crime], as_at: date) -> Suspect:
    crimes = set().union(*(crimes_of[id(row)] for row in rows))
    stated = sorted(row["force"] for row in rows if row["force"])
    linked = sorted(force for force, _ in crimes)
    days = {"referrals": min(row["received_date"] for row in rows)}
    decided = [row for row in rows if row["decision"] in CPS_DECIDING and _by(row["decision_date"], as_at)]
    charges = [row["decision_date"] for row in decided if row["decision"] == "charge"]
    if charges:
        days["charged"] = min(charges)
    elif len(decided) < len(rows):
        days["pending"] = days["referrals"]
    else:
        day, decision = max((row["decision_date"], row["decision"]) for row in decided)
        days[CPS_MEASURES[decision]] = day
    legal = [days[measure] for measure in ("charged", "nfa", "out_of_court") if measure in days]
    if legal:
        days["legal_decisions"] = legal[0]
    finalised = [row["finalised_date"] for row in rows if _has_outcome(row, as_at)]
    if finalised and not any(_awaits_outcome(row, as_at) for row in rows):
        convictions = _convictions(rows, as_at)
        days["completed"] = max(finalised)
        if convictions:
            days["convicted"] = max(finalised)
        if any(row["prosecution_outcome"] == "guilty_plea" for row in convictions):
            days["guilty_plea"] = max(finalised)
        if any(row["uplift"] == "Y" for row in convictions):
            days["uplifted"] = max(finalised)
    return Suspect(
        force=[*stated, *linked, "unknown"][0],
        link="linked_case" if crimes & hate else "linked_other_crime" if crimes else "unlinked",
        is_flagged=any(row[f"flag_{strand}"] == "Y" for row in rows for strand in STRANDS),
        days=days,
    )


def _police_events(held: Held, as_at: date) -> Iterator[tuple[str, str, str, date]]:
    """Force, measure, outcome group and day of each closed crime."""
    for (force, _), crime in hate_crimes(held, as_at).items():
        if crime.outcome is None or crime.furthest < 1:
            continue
        code, day = crime.outcome["outcome_code"], crime.outcome["outcome_date"]
        yield force, "outcomes_assigned", "", day
        if code in CHARGING_OUTCOMES:
            yield force, "outcomes_charged", "", day
            continue
        exit_ = "outcomes_resolved" if code in RESOLVED_OUTCOMES else "outcomes_lost"
        yield force, exit_, "", day
        yield force, exit_, next(group for group, codes in REASON_GROUPS.items() if code in codes), day


def volumes(held: Held, as_at: date) -> tuple[Counter[tuple[str, ...]], dict[tuple[str, ...], Fraction]]:
    """Counts and rates by (force, period_kind, period, side, scope, measure, outcome_group)."""
    events = [(force, "police", "hate_cases", *rest) for force, *rest in _police_events(held, as_at)]
    for person in suspects(held, as_at):
        for scope in ("all_received", "flagged")[: 1 + person.is_flagged]:
            events += [(person.force, "cps", scope, measure, "", day) for measure, day in person.days.items()]
    counts: Counter[tuple[str, ...]] = Counter()
    for force, side, scope, measure, group, day in events:
        for kind, period in (
            ("month", f"{day:%Y-%m}"),
            ("financial_year", financial_year(day)),
            ("all", "all"),
        ):
            for where in (force, "all"):
                counts[where, kind, period, side, scope, measure, group] += 1
    rates = {}
    for *place, measure, group in list(counts):
        for numerator, denominator in RATES.items():
            if measure == denominator and group == "":
                count = counts.get((*place, numerator, ""), 0)
                rates[(*place, numerator, "")] = Fraction(count, counts[(*place, measure, "")])
    return counts, rates


def reconciliation(held: Held, as_at: date) -> Counter[tuple[str, str, str]]:
    """Counts by (force, financial_year, measure)."""
    counts: Counter[tuple[str, str, str]] = Counter()
    is_case = {id(case.incident) for case in cases(held, as_at)}
    for row in held.rows["incident"]:
        kind = "no_case" if id(row) not in is_case else "comparison" if row["comparison"] == "Y" else "cases"
        for measure in ("incidents_accepted", f"incidents_{kind}"):
            counts[row["force"], financial_year(row["reported_date"]), measure] += 1
    for (force, _), crime in hate_crimes(held, as_at).items():
        if crime.furthest < 1:
            continue
        charged = crime.furthest >= STAGES.index("charged")
        told = {
            "recorded": True,
            "charged_funnel": charged,
            "charged_police": crime.by_police,
            "charged_cps": crime.by_cps,
            "charged_both": crime.by_police and crime.by_cps,
            "charged_implied": charged and not crime.by_police and not crime.by_cps,
        }
        for measure in (name for name, holds in told.items() if holds):
            counts[force, crime.year, f"crimes_{measure}"] += 1
    for person in suspects(held, as_at):
        for measure in ("referrals", "charged", "completed", "convicted"):
            if measure in person.days:
                year = financial_year(person.days[measure])
                counts[person.force, year, measure] += 1
                counts[person.force, year, f"{measure}_{person.link}"] += 1
        year = financial_year(person.days["referrals"])
        if person.is_flagged:
            counts[person.force, year, "flagged"] += 1
            part = "linked_case" if person.link == "linked_case" else "no_hate_case"
            counts[person.force, year, f"flagged_{part}"] += 1
        elif person.link == "linked_case":
            counts[person.force, year, "unflagged_linked_case"] += 1
    return counts


def _withdrew(case: Case, rows: list[Row], as_at: date) -> bool:
    if case.state not in ("lost", "resolved"):
        return False
    if case.reason in ("police_14", "police_16"):
        return True
    if case.furthest not in ("referred", "charged", "prosecuted"):
        return False
    for row in rows:
        if row["received_date"] > as_at or row["outcome_reason"] not in WITHDRAWN or _convictions([row], as_at):
            continue
        decided = row["decision"] in CPS_DECIDING - {"charge"} and _by(row["decision_date"], as_at)
        if decided or _has_outcome(row, as_at):
            return True
    return False


def withdrawal(held: Held, as_at: date, empty_means: bool = True) -> dict[tuple[str, str, str], Counter[str]]:
    """entered, lost, resolved, withdrew, withdrew_lost by (breakdown, group, stage), from recorded on; stage `all` too."""
    links, groups = link(held.rows), _Groups(held, as_at, empty_means)
    shown = {"all", "strand", "victim_ethnicity", "business_type", "area_command", "force"}
    cells: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for case in hate_cases(held, as_at):
        if case.furthest == "reported":
            continue
        withdrew = _withdrew(case, links.cps.get(_crime(case), []), as_at)
        for group in (group for group in groups.of(case) if group[0] in shown):
            for stage in STAGES[1 : STAGES.index(case.furthest) + 1]:
                cells[(*group, stage)]["entered"] += 1
            cells[(*group, "all")]["entered"] += 1
            for stage in (case.furthest, "all"):
                cells[(*group, stage)][case.state] += 1
                if withdrew:
                    cells[(*group, stage)]["withdrew"] += 1
                    cells[(*group, stage)]["withdrew_lost"] += case.state == "lost"
    return cells


def _forces(held: Held, as_at: date, empty_means: bool) -> dict[tuple[str, str], set[str]]:
    """The forces of the recorded hate cases of each group."""
    groups = _Groups(held, as_at, empty_means)
    forces: dict[tuple[str, str], set[str]] = defaultdict(set)
    for case in hate_cases(held, as_at):
        if case.furthest != "reported":
            for group in groups.of(case):
                forces[group].add(case.incident["force"])
    return forces


def tells_withdrawal(held: Held, as_at: date, empty_means: bool = True) -> Callable[[tuple[str, str, str]], bool]:
    """Whether the withdrawals of a cell (breakdown, group, stage) are told, by all of its forces.

    Over all stages they are where the police tell theirs and, of cases that may have reached the CPS, the CPS too.
    """
    coverage, forces = Coverage(held, as_at), _forces(held, as_at, empty_means)
    reached = withdrawal(held, as_at, empty_means)

    def told(cell: tuple[str, str, str]) -> bool:
        if cell[2] == "all":
            seen = [stage for stage in STAGES[1:6] if reached[(*cell[:2], stage)]["entered"]]
            # Whether one that stands before a stage got there is known only where that stage is told.
            next_ones = {
                STAGES[STAGES.index(stage) + 1] for stage in seen if stage in ("recorded", "suspect_identified")
            }
            return all(told((*cell[:2], stage)) for stage in seen) and all(
                coverage.is_told(stage, force) for stage in next_ones for force in forces[cell[:2]]
            )
        by_cps = cell[2] in ("referred", "charged", "prosecuted")
        evidence = WITHDRAWN_BY_CPS if by_cps else WITHDRAWN_BY_POLICE
        return all(coverage.tells(evidence, force) for force in forces[cell[:2]])

    return told


def tells_exits(held: Held, as_at: date, empty_means: bool = True) -> Callable[[tuple[str, str, str]], bool]:
    """Whether it is told of all forces of a cell (breakdown, group, stage) what came there and what went on, so that none may have
    stopped."""
    coverage, forces = Coverage(held, as_at), _forces(held, as_at, empty_means)

    def told(cell: tuple[str, str, str]) -> bool:
        later = ("suspect_identified", "referred") if cell[2] == "all" else STAGES[STAGES.index(cell[2]) :][:2]
        return all(coverage.is_told(stage, force) for stage in later for force in forces[cell[:2]])

    return told


def tells_measure(held: Held, as_at: date) -> Callable[[str, str], bool]:
    """Whether the numerator of a rate is told of a force, or of any force for `all`."""
    coverage = Coverage(held, as_at)
    forces = {row["force"] for row in held.rows["incident"]}

    def told(force: str, measure: str) -> bool:
        return any(coverage.tells(NUMERATORS[measure], one) for one in (forces if force == "all" else {force}))

    return told


def tells_outcomes(held: Held, as_at: date, empty_means: bool = True) -> Callable[[tuple[str, str, str]], bool]:
    """Whether the police outcomes of a cell (breakdown, group, set) are told, by all of its forces."""
    coverage, forces = Coverage(held, as_at), _forces(held, as_at, empty_means)
    return lambda cell: all(coverage.tells(POLICE_OUTCOME, force) for force in forces[cell[:2]])


def positive_outcomes(held: Held, as_at: date, empty_means: bool = True) -> dict[tuple[str, str, str], Counter[str]]:
    """recorded, with_outcome, positive by (breakdown, group, outcome_set)."""
    crimes, groups = hate_crimes(held, as_at), _Groups(held, as_at, empty_means)
    cells: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for case in hate_cases(held, as_at):
        if case.furthest == "reported":
            continue
        outcome = crimes[_crime(case)].outcome
        for group in groups.of(case):
            if group[0] in ("all", "strand", "business_type", "force"):
                for name, codes in SETS.items():
                    cell = cells[(*group, name)]
                    cell["recorded"] += 1
                    cell["with_outcome"] += outcome is not None
                    cell["positive"] += outcome is not None and outcome["outcome_code"] in codes
    return cells
