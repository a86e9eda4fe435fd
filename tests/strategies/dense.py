"""One fixed set of extracts, dense in what random ones seldom hold: ties on every rule that takes the latest, and rows still pending.

Every crime shows one thing and stands in an area of its own, so that it is a group by itself in the tables: no two errors cancel,
and a figure that differs says in its group what was shown. All values are made up.
"""

import random
from collections.abc import Iterator
from itertools import combinations_with_replacement, product

from oracle import RawRow
from oracle.codes import COURT_LOST, COURT_RESOLVED, CPS_DECIDING, OUTCOMES
from strategies.extracts import Extracts
from strategies.pools import day

Fields = dict[str, str]
# What one crime shows: a name for its area, then its investigation rows and its CPS rows.
Shown = tuple[str, list[Fields], list[Fields]]

SEED = 20250331
EVENT = -100  # the day of most events, in days from the as-at date
AROUND = (-1, 0, 1)  # the day before the as-at date, that day, and the first that has not come yet
REPORTED = (-700, -400, -300, -250)


def dense_extracts() -> Extracts:
    """Some thirteen hundred crimes; the rows stand in an order of chance, which is the same each time."""
    chance = random.Random(SEED)
    incident: list[RawRow] = []
    investigation: list[RawRow] = []
    cps: list[RawRow] = []
    shown = [
        *_outcomes_of_one_day(),
        *_charges_and_what_came_after(),
        *_decisions(),
        *_referrals_and_outcomes(),
        *_court_outcomes(),
        *_uplift(),
        *_police_values(),
        *_days_around_the_end(),
    ]
    for number, (name, police_rows, cps_rows) in enumerate(shown, start=1):
        crime, urn = f"N{number:04}", f"10AB{number:05}24"
        incident.append(
            {
                "force": "northumbria", "incident_id": f"I{number}", "incident_class": "crime", "crime_ref": crime,
                "reported_date": day(REPORTED[number % len(REPORTED)]), "area_command": name, "hate_race": "Y",
                "victim_ethnicity": "A2", "business_type": "takeaway",
            }
        )  # fmt: skip
        # A crime links by its URN, which an investigation row must tell.
        for row in police_rows or [{}]:
            suspect = {"suspect_id": f"{row['suspect_id']}-{number}"} if "suspect_id" in row else {}
            investigation.append({"force": "northumbria", "crime_ref": crime, "urn": urn, **row, **suspect})
        cps += [
            {
                "force": "northumbria",
                "urn": urn,
                "defendant_id": f"D{number}-{at}",
                "received_date": day(EVENT - 60),
                **row,
            }
            for at, row in enumerate(cps_rows)
        ]
    extracts = {"incident": incident, "investigation": investigation, "cps": cps}
    return {extract: chance.sample(rows, len(rows)) for extract, rows in extracts.items()}


def _outcome(code: str, on: int) -> Fields:
    return {"outcome_code": code, "outcome_date": day(on)}


def _outcomes_of_one_day() -> Iterator[Shown]:
    """Any two police outcomes of one day."""
    for one, two in combinations_with_replacement(sorted(OUTCOMES), 2):
        yield f"outcomes {one} and {two}", [_outcome(one, EVENT), _outcome(two, EVENT)], []


def _charges_and_what_came_after() -> Iterator[Shown]:
    """Charged by the police, by the CPS, or both, on either of two days; and an outcome on one of three."""
    for police, prosecutors in product((None, 0, 1), repeat=2):
        for after, code in product((0, 1, 2), ("16", "8")):
            if police is None and prosecutors is None:
                continue
            rows = [_outcome(code, EVENT + after)]
            rows += [] if police is None else [_outcome("1", EVENT + police)]
            told = [] if prosecutors is None else [{"decision": "charge", "decision_date": day(EVENT + prosecutors)}]
            yield f"charged {police} and {prosecutors} with outcome {code} at {after}", rows, told


def _decisions() -> Iterator[Shown]:
    """Any four decisions of the CPS of one day, and any two, some of them none yet, the second a day later."""
    told = [*sorted(CPS_DECIDING), "further_information"]
    for several in combinations_with_replacement(told, 4):
        rows = [{"decision": text, "decision_date": day(EVENT)} for text in several]
        yield f"decisions {', '.join(several)}", [{"suspect_id": "S"}], rows
    for one, two in product(["", *told], repeat=2):
        rows = [{"decision": text, "decision_date": day(EVENT + later)} for later, text in enumerate((one, two))]
        yield f"decisions {one or 'none'} and then {two or 'none'}", [{"suspect_id": "S"}], rows


def _referrals_and_outcomes() -> Iterator[Shown]:
    """Referred twice, by file and by receipt, and an outcome before, on or after the later of the days."""
    for submitted, received, ended in product((0, 5, 10), (0, 5, 10), (4, 5, 9, 10, 11)):
        police = [{"file_submitted_date": day(EVENT + submitted)}, _outcome("15", EVENT + ended)]
        yield (
            f"file {submitted} received {received} outcome {ended}",
            police,
            [{"received_date": day(EVENT + received)}],
        )


def _court_outcomes() -> Iterator[Shown]:
    """Any three outcomes in court without a conviction of one day; and any two of one day or a day apart, some of them none yet."""
    rows = {name: {"prosecution_outcome": name} for name in sorted(COURT_LOST | COURT_RESOLVED)}
    for several in combinations_with_replacement(rows, 3):
        told = [{**rows[name], "finalised_date": day(EVENT)} for name in several]
        yield f"court {', '.join(several)}", [], told
    rows |= {
        "charged": {"decision": "charge", "decision_date": day(EVENT - 50)},
        "heard": {"first_hearing_date": day(EVENT - 20)},
        "neither": {"decision": "nfa_evidential", "decision_date": day(EVENT - 40)},
        "convicted": {"prosecution_outcome": "convicted", "uplift": "N"},
    }
    for one, two in combinations_with_replacement(rows, 2):
        for later in (0, 1):
            days = {"finalised_date": day(EVENT)}, {"finalised_date": day(EVENT + later)}
            told = [{**rows[name], **when} for name, when in zip((one, two), days, strict=True)]
            yield f"court {one} and {two} at {later}", [], told


def _uplift() -> Iterator[Shown]:
    """Two convictions with an uplift, without, or not told, as old as sixty days or a day more or less; and one still awaited."""
    for one, two in combinations_with_replacement(("Y", "N", ""), 2):
        for earlier, later in ((-61, -61), (-61, -60), (-61, -59), (-60, -60), (-59, -59)):
            rows = [
                {"prosecution_outcome": "guilty_plea", "uplift": text, "finalised_date": day(on)}
                for text, on in ((one, earlier), (two, later))
            ]
            name = f"uplift {one or 'none'} and {two or 'none'} at {earlier} and {later}"
            yield name, [], rows
            if earlier == later == -61:
                yield f"{name} with one heard", [], [*rows, {"first_hearing_date": day(-70)}]


def _police_values() -> Iterator[Shown]:
    """Unit, support and word of three rows, all of one day or of none; and of two, apart, one undated, or one still to come."""
    told: list[Fields] = [
        {"victim_support": "supports", "word_on_word": "N"},
        {"victim_support": "withdrew", "word_on_word": "Y"},
        {"victim_support": "does_not_support"},
        {"victim_support": "unknown", "word_on_word": "N"},
        {},
    ]
    days = {
        "one day": (-9, -9, -9),
        "apart": (-9, -8),
        "undated": (None, -9),
        "all undated": (None, None, None),
        "to come": (-9, 1),
    }
    for name, when in days.items():
        for number, several in enumerate(product(told, repeat=len(when))):
            # Units are an open list: each crime has its own, so that each is a group of one; who tells nothing names none.
            yield (
                f"values {number} {name}",
                [
                    {**row, "investigating_unit": f"{name} {number} {letter}" if row else "", "outcome_date": day(on)}
                    for row, letter, on in zip(several, "abc", when, strict=False)
                ],
                [],
            )


def _days_around_the_end() -> Iterator[Shown]:
    """Each event on the day before the as-at date, on it, or on the one after: what has not come yet is pending."""
    for received, decided, heard, ended in product(AROUND, repeat=4):
        row = {
            "received_date": day(received), "decision": "charge", "decision_date": day(decided),
            "first_hearing_date": day(heard), "prosecution_outcome": "dismissed", "finalised_date": day(ended),
        }  # fmt: skip
        yield f"received {received} decided {decided} heard {heard} ended {ended}", [_outcome("16", -1)], [row]
    for identified, submitted, ended in product((*AROUND, None), AROUND, AROUND):
        rows = [
            {"suspect_id": "S", "suspect_identified_date": day(identified), "file_submitted_date": day(submitted)},
            _outcome("18", ended),
        ]
        yield f"identified {identified} submitted {submitted} ended {ended}", rows, []
