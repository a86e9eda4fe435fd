"""The values that made-up rows are drawn from: days, places, people, references, faults and later changes.

Pools are small, so that crimes, URNs, suspects and days meet often. The first entry of a pool is the plain one.
All values are made up.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from oracle.codes import COLUMNS

AS_AT = date(2025, 3, 31)
EXTRACTS = ("incident", "investigation", "cps")

Change = tuple[str, str]


def day(offset: int | None) -> str:
    """The day so many days after the as-at date, as text; None gives an empty text."""
    return "" if offset is None else (AS_AT + timedelta(days=offset)).isoformat()


# Days around every limit in the rules: the as-at date, 60 days for uplift, 365 for repeat victims, the year
# of look back, turns of quarters and financial years (365 days before the as-at date is 31 March 2024).
REPORTED = [
    -200,
    -30,
    -1,
    0,
    1,
    -89,
    -90,
    -181,
    -364,
    -365,
    -366,
    -500,
    -565,
    -566,
    -600,
    -730,
    -731,
    -800,
    40,
]
EVENTS = [-20, -1, 0, 1, -2, -28, -59, -60, -61, -100, -150, -400, 30]

FORCES = ["northumbria"] * 4 + ["durham"] * 2 + ["cleveland"]
URNS = ["10AB0000124", "10AB0000224", "10AB0000324", "11CD0000425"]
ASNS = ["2410AB01000001X", "2410AB01000002K"]


def writings(urn: str) -> list[str]:
    """One reference as different offices write it."""
    return [
        urn,
        f"{urn[:2]}/{urn[2:4]}/{urn[4:9]}/{urn[9:]}",
        urn.lower(),
        f" {urn[:4]} {urn[4:]}",
        f"{urn}.",
    ]


URN_WRITINGS = [writing for urn in URNS for writing in writings(urn)]
ASN_WRITINGS = [writing for asn in ASNS for writing in writings(asn)]


def _strands(*flags: str) -> dict[str, str]:
    names = ("race", "religion", "sexual_orientation", "disability", "transgender")
    return {f"hate_{name}": "Y" if name in flags else "N" for name in names}


STRANDS = [
    _strands("race"),
    _strands("religion"),
    _strands("race", "religion"),
    _strands("disability"),
    _strands("sexual_orientation", "transgender"),
    _strands(),
    {**_strands(), "hate_local": "age"},
]
VICTIMS = [
    {"victim_id": "V1", "victim_ethnicity": "A2", "victim_sex": "F", "victim_age": "34"},
    {"victim_id": "V1", "victim_ethnicity": "A2", "victim_type": "individual", "victim_age": "35"},
    {"victim_id": "v1", "victim_ethnicity": "O1", "victim_type": "business", "victim_age": "64"},
    {"victim_id": "V2", "victim_ethnicity": "NS", "victim_sex": "m", "victim_age": "65"},
    {"victim_id": "V2", "victim_ethnicity": "w4", "victim_type": "Emergency_Worker", "victim_age": "0"},
    {"victim_id": " V2 ", "victim_ethnicity": "O2", "victim_sex": "X", "victim_age": "120"},
    {"victim_id": "V3", "victim_ethnicity": "Z9", "victim_age": "n/k"},
    {"victim_ethnicity": "", "victim_age": "121"},
    {"victim_ethnicity": "b9", "victim_sex": "other", "victim_age": "17"},
]
BUSINESSES = ["", "", "taxi_private_hire", "TakeAway", "convenience_store", "spaceport", "not_business"]
PLACES = [
    {"area_command": "Central", "local_authority": "E08000021", "offence_code": "8P"},
    {"area_command": "Northern, rural", "local_authority": "e06000057", "offence_code": "105b"},
    {"area_command": "Central", "reporting_channel": "999", "religion_targeted": "Muslim"},
    {"area_command": "unknown", "reporting_channel": "Online", "offence_code": "9B"},
    {"reporting_channel": "pigeon", "religion_targeted": 'Sikh "Panth"', "premises_id": "P1"},
    {},
]
STATUSES = ["cancelled", "transferred_out", "flag_removed", "Flag_Removed", "live"]

# One fault or oddity in one column; the rest of the row stays sound.
BLEMISHES: dict[str, list[Change]] = {
    "incident": [
        ("force", "narnia"),
        ("force", ""),
        ("incident_id", ""),
        ("incident_class", "odd"),
        ("incident_class", ""),
        ("crime_ref", ""),
        ("reported_date", ""),
        ("reported_date", "2025-02-30"),
        ("reported_date", "31/03/2025"),
        ("recorded_date", "soon"),
        ("hate_flagged_date", "2025-13-01"),
        ("record_status", "archived"),
        ("status_date", ""),
        ("comparison", "maybe"),
        ("hate_race", "1"),
        ("victim_type", "dog"),
        ("victim_age", "-1"),
        ("hate_religion", "y"),
        ("incident_id", "?"),
        ("victim_no", "2.0"),
        ("crime_ref", "TBC"),
        ("crime_ref", "c\u200b1"),
        ("victim_id", "N/A"),
        ("area_command", "CENTRAL"),
        ("area_command", "Cen\u00adtral"),
        ("area_command", "not known"),
        ("religion_targeted", "None"),
        ("reported_date", "0024-03-05"),
        ("reported_date", "2024-06-30T23:30:00Z"),
        ("recorded_date", "31/03/25"),
        ("hate_flagged_date", "2025-03-31 23:30 +00:00"),
        ("hate_flagged_date", "2025-04-01T00:30:00+02:00"),
    ],
    "investigation": [
        ("force", "narnia"),
        ("force", ""),
        ("force", "durham"),
        ("force", "northumbria"),
        ("crime_ref", ""),
        ("crime_ref", "C99"),
        ("suspect_identified_date", "unknown"),
        ("suspect_birth_year", "n/k"),
        ("outcome_code", "5A"),
        ("outcome_code", "0"),
        ("outcome_date", ""),
        ("outcome_date", "2025-04-31"),
        ("word_on_word", "perhaps"),
        ("victim_support", "shrugs"),
        ("urn", "--"),
        ("file_submitted_date", "never"),
        ("suspect_id", "Unknown"),
        ("suspect_id", "-"),
        ("suspect_identified_date", "01/02/24"),
        ("suspect_identified_date", "2204-01-01"),
        ("crime_ref", "XXXX"),
        ("urn", "TBC"),
        ("asn", "0000"),
        ("outcome_code", "16.0"),
        ("suspect_birth_year", "1990.0"),
        ("investigating_unit", "c\u200bid\u00a0"),
        ("investigating_unit", "n/a"),
    ],
    "cps": [
        ("urn", ""),
        ("urn", "//"),
        ("defendant_id", ""),
        ("received_date", ""),
        ("received_date", "2025-00-10"),
        ("force", "narnia"),
        ("force", ""),
        ("force", "durham"),
        ("force", "northumbria"),
        ("decision", "perhaps"),
        ("decision_date", ""),
        ("first_hearing_date", "tba"),
        ("prosecution_outcome", "struck_out"),
        ("finalised_date", ""),
        ("uplift", "?"),
        ("police_crime_ref", "C99"),
        ("police_crime_ref", "-"),
        ("urn", "N/A"),
        ("defendant_id", "tbc"),
        ("defendant_id", "0"),
        ("received_date", "25-03-10"),
        ("decision_date", "2026-01-01"),
        ("first_hearing_date", "2026-06-30"),
        ("first_hearing_date", "2028-06-30"),
        ("first_hearing_date", "2025-03-31T22:30:00Z"),
    ],
}

# What a later version of a row may say instead.
CHANGES: dict[str, list[Change]] = {
    "incident": [
        ("victim_ethnicity", "W1"),
        ("record_status", "cancelled"),
        ("reported_date", day(-45)),
        ("incident_class", "non_crime"),
        ("crime_ref", "C2"),
        ("business_type", "takeaway"),
        ("comparison", "Y"),
    ],
    "investigation": [
        ("outcome_code", "16"),
        ("outcome_code", "1"),
        ("outcome_date", day(0)),
        ("suspect_id", ""),
        ("urn", URNS[1]),
        ("victim_support", "withdrew"),
    ],
    "cps": [
        ("decision", "charge"),
        ("decision", "nfa_evidential"),
        ("prosecution_outcome", "guilty_plea"),
        ("uplift", "Y"),
        ("police_crime_ref", "C2"),
        ("force", ""),
        ("force", "durham"),
        ("received_date", day(-3)),
    ],
}

STYLES = ["padded", "upper", "lower", "timed", "zoned", "pointed"]

# Kinds that are compared without regard to case.
_CASELESS = ("code", "open", "reference", "record", "urn", "person", "anyone")


def restyle(extract: str, row: Mapping[str, str], style: str) -> dict[str, str]:
    """The same row written another way: it must mean the same and be its own duplicate."""
    return {column: _restyled(COLUMNS[extract][column], text, style) for column, text in row.items()}


def _restyled(kind: str, text: str, style: str) -> str:
    name = kind.partition(" ")[0]
    if text and style == "padded":
        return f" \u00a0{text[:1]}\u200b{text[1:]}\ufeff "
    if style in ("upper", "lower") and name in _CASELESS:
        return text.upper() if style == "upper" else text.lower()
    if style in ("timed", "zoned") and name == "date" and len(text) == 10:
        return f"{text}T00:00:00" if style == "timed" else f"{text}T12:00:00Z"
    if style == "pointed" and text.isdigit() and kind in ("number", "age", "year", "code outcome"):
        return f"{text}.0"
    return text


def changed(row: Mapping[str, str], change: Change | None) -> dict[str, str]:
    """The row with one field changed; None changes nothing."""
    return dict(row) if change is None else {**row, change[0]: change[1]}
