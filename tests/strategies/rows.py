"""Strategies for the rows of each extract: incidents, then investigation rows of their crimes, then CPS rows of these.

Most rows are sound, a few carry one fault. Lists come first in every draw, so a failing example shrinks to few
and plain rows.
"""

from typing import Any

from hypothesis import strategies as st

from oracle import BrokenLine, RawRow
from oracle.codes import COLUMNS, OUTCOMES
from strategies.pools import (
    ASN_WRITINGS,
    BLEMISHES,
    BUSINESSES,
    EVENTS,
    FORCES,
    PLACES,
    REPORTED,
    STATUSES,
    STRANDS,
    URN_WRITINGS,
    URNS,
    VICTIMS,
    Change,
    changed,
    day,
    writings,
)


def _often(plain: object, *others: object, share: int = 1) -> st.SearchStrategy:
    """The plain value `share` times as often as all others together."""
    return st.sampled_from([plain] * (share * len(others)) + list(others))


def _days(pool: list[int], empty: int = 0) -> st.SearchStrategy[str]:
    """A day of the pool, or no day; sometimes any day of the last two years."""
    pooled = st.sampled_from([*pool, *pool, *([None] * empty)]).map(day)
    return st.one_of(pooled, pooled, pooled, st.integers(-760, 60).map(day))


def _blemish(extract: str) -> st.SearchStrategy[Change | None]:
    return _often(None, *BLEMISHES[extract], share=5)


INCIDENT_DRAW = st.fixed_dictionaries(
    {
        "force": st.sampled_from(FORCES),
        "crime": st.integers(1, 6),
        "class": st.sampled_from(["crime"] * 6 + ["non_crime", "non_crime with crime_ref", "Crime"]),
        "another_victim": st.sampled_from([False] * 4 + [True]),
        "reported": _days(REPORTED),
        "recorded": _often("", day(-180), day(0), day(1)),
        "flagged": _often("", day(-10), day(0), day(1), share=2),
        "status": _often(("", ""), *[(s, day(d)) for s in STATUSES for d in (-5, 0, 1, None)], share=3),
        "comparison": _often("", "N", "Y", "y", share=2),
        "strands": st.sampled_from(STRANDS),
        "victim": st.sampled_from(VICTIMS),
        "business": st.sampled_from(BUSINESSES),
        "place": st.sampled_from(PLACES),
        "blemish": _blemish("incident"),
    }
)


def incident_rows(draws: list[dict[str, Any]]) -> list[RawRow]:
    """The drawn incidents as rows, numbered in order."""
    rows: list[RawRow] = []
    before: dict[str, str] = {}
    for number, drawn in enumerate(draws, start=1):
        row = {
            "force": drawn["force"],
            "incident_id": f"I{number}",
            "victim_no": "",
            "incident_class": drawn["class"].split()[0],
            "crime_ref": "" if drawn["class"] == "non_crime" else f"C{drawn['crime']}",
            "reported_date": drawn["reported"],
        }
        if drawn["another_victim"] and before:
            # A second victim of one occurrence: the occurrence's own columns are shared.
            row = {**before, "victim_no": str(number)}
        before = row
        row = {
            **row,
            "recorded_date": drawn["recorded"],
            "hate_flagged_date": drawn["flagged"],
            "record_status": drawn["status"][0],
            "status_date": drawn["status"][1],
            "comparison": drawn["comparison"],
            "business_type": drawn["business"],
            **drawn["strands"],
            **drawn["victim"],
            **drawn["place"],
        }
        rows.append(changed(row, drawn["blemish"]))
    return rows


# The crime of a row: mostly one of the drawn incidents, by place in their list; else one from the pool.
# Low places come often, so that one crime gathers several rows.
_NTH = st.sampled_from([0, 0, 1, *range(2, 40)])
_ASTRAY = st.sampled_from([False] * 7 + [True])
_OUTCOME = st.sampled_from(["", "", "", "", "1", "1", "1A", "16", "16", "18", "18", *sorted(OUTCOMES), "u", "1a", "2a"])
INVESTIGATION_DRAW = st.fixed_dictionaries(
    {
        "nth": _NTH,
        "astray": _ASTRAY,
        "force": st.sampled_from(FORCES),
        "crime_ref": st.integers(1, 6).map(lambda number: f"C{number}"),
        "suspect_id": st.sampled_from(["", "S1", "S1", "S2", "s2"]),
        "suspect_identified_date": _days([-120, 0, 1], empty=3),
        "urn": st.sampled_from(["", "", *URNS, *URN_WRITINGS]),
        "asn": st.sampled_from([""] * len(ASN_WRITINGS) + ASN_WRITINGS),
        "file_submitted_date": _often("", *[day(offset) for offset in (-80, -20, 0, 1)]),
        "outcome_code": _OUTCOME,
        "outcome_date": _days(EVENTS, empty=2),
        "told": st.sampled_from(
            [
                {},
                {"investigating_unit": "cid", "victim_support": "supports", "word_on_word": "N"},
                {"investigating_unit": "response", "victim_support": "withdrew", "word_on_word": "Y"},
                {"investigating_unit": "CID", "victim_support": "unknown"},
            ]
        ),
        "blemish": _blemish("investigation"),
    }
)


def investigation_rows(draws: list[dict[str, Any]], incidents: list[RawRow]) -> list[RawRow]:
    """The drawn investigation rows, most of them of a crime among the incidents."""
    crimes = [
        {"force": row["force"], "crime_ref": row["crime_ref"]}
        for row in incidents
        if not isinstance(row, BrokenLine) and row["crime_ref"]
    ]
    rows: list[RawRow] = []
    for drawn in draws:
        row = {column: text for column, text in drawn.items() if column in COLUMNS["investigation"]}
        if crimes and not drawn["astray"]:
            row |= crimes[drawn["nth"] % len(crimes)]
        rows.append(changed({**row, **drawn["told"]}, drawn["blemish"]))
    return rows


# How far a prosecution has come; the days are drawn apart, so that the order of events may be odd.
JOURNEYS = [
    {},
    {"decision": "further_information"},
    {"decision": "nfa_evidential"},
    {"decision": "NFA_Public_Interest"},
    {"decision": "out_of_court_disposal"},
    {"decision": "admin_finalised"},
    {"decision": "nfa_evidential"},
    {"decision": "admin_finalised"},
    {"decision": "out_of_court_disposal"},
    {"decision": "charge"},
    {"decision": "charge", "first_hearing_date": day(-50)},
    {"decision": "charge", "first_hearing_date": day(0)},
    {"decision": "charge", "first_hearing_date": day(1)},
    {"decision": "charge", "prosecution_outcome": "guilty_plea", "uplift": "Y"},
    {"decision": "charge", "prosecution_outcome": "convicted_after_trial", "uplift": "N"},
    {"decision": "charge", "prosecution_outcome": "guilty_plea"},
    {"decision": "Charge", "prosecution_outcome": "proved_in_absence", "uplift": "n"},
    {"prosecution_outcome": "convicted"},
    {"prosecution_outcome": "lie_on_file"},
    {"prosecution_outcome": "bound_over"},
    {"decision": "charge", "prosecution_outcome": "dismissed", "uplift": "Y"},
    {"decision": "charge", "prosecution_outcome": "bound_over"},
    {"decision": "charge", "prosecution_outcome": "discontinued", "outcome_reason": "victim_retraction"},
    {"prosecution_outcome": "Admin_Finalised", "first_hearing_date": day(-10)},
    {"decision": "nfa_evidential", "first_hearing_date": day(-10)},
]
# What a CPS row tells of the investigation row it belongs to; what it does not tell is left empty.
TOLD_BY_CPS = [
    ("urn", "force"),
    ("urn", "force"),
    ("urn", "force", "crime_ref"),
    ("urn",),
    ("urn", "crime_ref"),
    ("force", "crime_ref"),
    ("crime_ref",),
    ("force", "asn"),
    ("asn",),
    ("asn", "crime_ref"),
]
CPS_DRAW = st.fixed_dictionaries(
    {
        "nth": _NTH,
        "tells": st.sampled_from(TOLD_BY_CPS),
        "writing": st.integers(0, 4),
        "astray": _ASTRAY,
        # Two URNs that no investigation row carries lead to the other ways of linking.
        "urn": st.sampled_from([*writings("12EF0000525"), *writings("12EF0000625")]),
        "stray_ref": st.sampled_from(["", "C1", "C2", "C3"]),
        "defendant_id": st.sampled_from(["D1", "D1", "D2", "D3", "d3"]),
        "received_date": st.sampled_from([-90, -90, -20, -1, 0, 1]).map(day),
        "journey": st.sampled_from(JOURNEYS),
        "decision_date": _days(EVENTS, empty=1),
        "finalised_date": _days(EVENTS, empty=1),
        "told": st.sampled_from(
            [{}, {"flag_race": "Y", "defendant_sex": "f"}, {"aggravated_offence": "Y", "flag_race": "N"}]
        ),
        "blemish": _blemish("cps"),
    }
)


def prosecution_rows(draws: list[dict[str, Any]], investigation: list[RawRow]) -> list[RawRow]:
    """The drawn CPS rows, most of them of an investigation row."""
    told = [row for row in investigation if not isinstance(row, BrokenLine)]
    rows: list[RawRow] = []
    for drawn in draws:
        row = {column: text for column, text in drawn.items() if column in COLUMNS["cps"]}
        if told:
            source = told[drawn["nth"] % len(told)]
            tells = {column: source[column] for column in drawn["tells"]}
            if tells.get("urn"):
                row["urn"] = writings(tells["urn"].strip())[drawn["writing"]]
            row["force"] = tells.get("force", "")
            row["asn"] = tells.get("asn", "")
            row["police_crime_ref"] = tells.get("crime_ref", "")
        if drawn["astray"]:
            row["police_crime_ref"] = drawn["stray_ref"]
        rows.append(changed({**row, **drawn["journey"], **drawn["told"]}, drawn["blemish"]))
    return rows
