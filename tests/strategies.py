"""Hypothesis strategies for small extracts in the contract's own layout, and helpers that write them as CSV.

Rows are drawn from small pools, so that crimes, URNs, suspects and days meet often; most rows are sound, a
few carry one fault. Lists come first in every draw and the first entry of every pool is the plain one, so a
failing example shrinks to few and plain rows. All values are made up.
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from oracle import BrokenLine, Delivery, RawRow
from oracle.codes import COLUMNS, OUTCOMES

AS_AT = date(2025, 3, 31)
EXTRACTS = ("incident", "investigation", "cps")

Extracts = dict[str, list[RawRow]]
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


def _writings(urn: str) -> list[str]:
    """One reference as different offices write it."""
    return [
        urn,
        f"{urn[:2]}/{urn[2:4]}/{urn[4:9]}/{urn[9:]}",
        urn.lower(),
        f" {urn[:4]} {urn[4:]}",
        f"{urn}.",
    ]


URN_WRITINGS = [writing for urn in URNS for writing in _writings(urn)]
ASN_WRITINGS = [writing for asn in ASNS for writing in _writings(asn)]


def _often(plain: object, *others: object, share: int = 1) -> st.SearchStrategy:
    """The plain value `share` times as often as all others together."""
    return st.sampled_from([plain] * (share * len(others)) + list(others))


def _days(pool: list[int], empty: int = 0) -> st.SearchStrategy[str]:
    """A day of the pool, or no day; sometimes any day of the last two years."""
    pooled = st.sampled_from([*pool, *pool, *([None] * empty)]).map(day)
    return st.one_of(pooled, pooled, pooled, st.integers(-760, 60).map(day))


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

STYLES = ["padded", "upper", "timed"]


def restyle(extract: str, row: Mapping[str, str], style: str) -> dict[str, str]:
    """The same row written another way: it must mean the same and be its own duplicate."""
    styled = {}
    for column, text in row.items():
        kind = COLUMNS[extract][column].partition(" ")[0]
        if text and style == "padded":
            styled[column] = f"  {text} "
        elif text and style == "upper" and kind in ("code", "open", "reference", "person", "anyone"):
            styled[column] = text.upper()
        elif style == "timed" and kind == "date" and len(text) == 10:
            styled[column] = f"{text}T00:00:00"
        else:
            styled[column] = text
    return styled


def _blemish(extract: str) -> st.SearchStrategy[Change | None]:
    return _often(None, *BLEMISHES[extract], share=5)


def _changed(row: Mapping[str, str], change: Change | None) -> dict[str, str]:
    return dict(row) if change is None else {**row, change[0]: change[1]}


_INCIDENT_DRAW = st.fixed_dictionaries(
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


def _incidents(draws: list[dict[str, Any]]) -> list[RawRow]:
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
        rows.append(_changed(row, drawn["blemish"]))
    return rows


# The crime of a row: mostly one of the drawn incidents, by place in their list; else one from the pool.
# Low places come often, so that one crime gathers several rows.
_NTH = st.sampled_from([0, 0, 1, *range(2, 40)])
_ASTRAY = st.sampled_from([False] * 7 + [True])
_OUTCOME = st.sampled_from(
    ["", "", "", "", "1", "1", "1A", "16", "16", "18", "18", *sorted(OUTCOMES), "u", "1a", "2a"]
)
_INVESTIGATION_DRAW = st.fixed_dictionaries(
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


def _investigations(draws: list[dict[str, Any]], incidents: list[RawRow]) -> list[RawRow]:
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
        rows.append(_changed({**row, **drawn["told"]}, drawn["blemish"]))
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
_CPS_DRAW = st.fixed_dictionaries(
    {
        "nth": _NTH,
        "tells": st.sampled_from(TOLD_BY_CPS),
        "writing": st.integers(0, 4),
        "astray": _ASTRAY,
        # Two URNs that no investigation row carries lead to the other ways of linking.
        "urn": st.sampled_from([*_writings("12EF0000525"), *_writings("12EF0000625")]),
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


def _prosecutions(draws: list[dict[str, Any]], investigation: list[RawRow]) -> list[RawRow]:
    told = [row for row in investigation if not isinstance(row, BrokenLine)]
    rows: list[RawRow] = []
    for drawn in draws:
        row = {column: text for column, text in drawn.items() if column in COLUMNS["cps"]}
        if told:
            source = told[drawn["nth"] % len(told)]
            tells = {column: source[column] for column in drawn["tells"]}
            if tells.get("urn"):
                row["urn"] = _writings(tells["urn"].strip())[drawn["writing"]]
            row["force"] = tells.get("force", "")
            row["asn"] = tells.get("asn", "")
            row["police_crime_ref"] = tells.get("crime_ref", "")
        if drawn["astray"]:
            row["police_crime_ref"] = drawn["stray_ref"]
        rows.append(_changed({**row, **drawn["journey"], **drawn["told"]}, drawn["blemish"]))
    return rows


def _copies() -> st.SearchStrategy[list[tuple[str, int, str | Change | None]]]:
    """Rows told again: as they were, written another way, or different under the same key."""
    return st.lists(
        st.sampled_from(EXTRACTS).flatmap(
            lambda extract: st.tuples(
                st.just(extract),
                st.integers(0, 40),
                st.sampled_from([None, *STYLES, *CHANGES[extract], *BLEMISHES[extract]]),
            )
        ),
        max_size=8,
    )


def _copy(extract: str, row: RawRow, how: str | Change | None) -> RawRow:
    if isinstance(row, BrokenLine):
        return row
    if isinstance(how, str):
        return restyle(extract, row, how)
    return _changed(row, how)


def broken_line(extract: str, what: str) -> BrokenLine:
    """A line of a CSV file with too few or too many columns, or with a byte that neither UTF-8 nor Windows has."""
    width = len(COLUMNS[extract])
    fields = {"short": ["northumbria", "I1"], "long": ["northumbria"] * (width + 1)}.get(what)
    if fields is not None:
        return BrokenLine("column_count", ",".join(fields))
    return BrokenLine("encoding", ",".join(["northumbria", "I\udc81", *[""] * (width - 2)]))


@st.composite
def extract_sets(
    draw: st.DrawFn, min_incidents: int = 1, max_incidents: int = 40, broken_lines: bool = False
) -> Extracts:
    """One file of each extract, as rows of text by column. Absent columns are empty.

    With `broken_lines`, lines that cannot be split or read may stand at the end of a file.
    """
    drawn = draw(st.lists(_INCIDENT_DRAW, min_size=min_incidents, max_size=max_incidents))
    size = len(drawn)
    incidents = _incidents(drawn)
    told = draw(st.lists(_INVESTIGATION_DRAW, min_size=size // 2, max_size=size + size // 2 + 2))
    investigation = _investigations(told, incidents)
    heard = draw(st.lists(_CPS_DRAW, min_size=size // 3, max_size=size + 2))
    extracts: Extracts = {
        "incident": incidents,
        "investigation": investigation,
        "cps": _prosecutions(heard, investigation),
    }
    for extract, index, how in draw(_copies()):
        rows = extracts[extract]
        if rows:
            rows.append(_copy(extract, rows[index % len(rows)], how))
    if broken_lines:
        for extract, what in draw(
            st.lists(
                st.tuples(st.sampled_from(EXTRACTS), st.sampled_from(["short", "long", "bytes"])), max_size=3
            )
        ):
            extracts[extract].append(broken_line(extract, what))
    return extracts


@st.composite
def delivery_sequences(
    draw: st.DrawFn,
    kinds: Sequence[str] = ("update",),
    max_incidents: int = 12,
    files: int = 3,
    mixed: bool = False,
) -> list[Delivery]:
    """Successive files of each extract, in order of arrival; later files tell rows of earlier ones anew.

    `kinds`: the delivery kinds to draw from, one for each extract. `mixed`: one for each file; each kind is a
    source of its own then, and stands in the file's name. A file without rows is left out.
    """
    extracts = draw(extract_sets(max_incidents=max_incidents))
    deliveries = []
    for extract in EXTRACTS:
        rows = extracts[extract]
        kind = draw(st.sampled_from(list(kinds)))
        numbers = draw(st.lists(st.integers(0, files - 1), min_size=len(rows), max_size=len(rows)))
        parts: list[list[RawRow]] = [[] for _ in range(files)]
        for row, number in zip(rows, numbers, strict=True):
            parts[number].append(row)
        again = st.tuples(
            st.integers(0, 60),
            st.integers(1, files - 1),
            st.sampled_from([None, *STYLES, *CHANGES[extract], *BLEMISHES[extract]]),
        )
        for index, number, how in draw(st.lists(again, max_size=6)):
            if rows:
                parts[number].append(_copy(extract, rows[index % len(rows)], how))
        for number, part in enumerate(parts, start=1):
            if mixed:
                kind = draw(st.sampled_from(list(kinds)))
            name = f"{extract}_{number}_{kind}.csv" if mixed else f"{extract}_{number}.csv"
            if part:
                deliveries.append(Delivery(extract, name, part, kind, kind if mixed else "contract"))
    return deliveries


@st.composite
def stacked_extract_sets(draw: st.DrawFn, parts: int = 3, broken_lines: bool = False) -> Extracts:
    """Several extract sets in one, each with incidents, crimes and defendants of its own; URNs meet."""
    extracts: Extracts = {extract: [] for extract in EXTRACTS}
    for part in range(1, draw(st.integers(1, parts)) + 1):
        broken = broken_lines and part == parts
        drawn = draw(extract_sets(min_incidents=5 if part > 1 else 1, broken_lines=broken))
        for extract, rows in drawn.items():
            extracts[extract] += [_of_part(row, part) for row in rows]
    return extracts


_OWN = ("incident_id", "crime_ref", "police_crime_ref", "defendant_id")


def _of_part(row: RawRow, part: int) -> RawRow:
    if isinstance(row, BrokenLine) or part == 1:
        return row
    return {column: f"{text}-{part}" if column in _OWN and text else text for column, text in row.items()}


def told_once(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Without the files whose bytes an earlier one has: known files are skipped."""
    seen: list[tuple[str, Sequence[RawRow]]] = []
    new = []
    for delivery in deliveries:
        content = (delivery.extract, [_told(delivery.extract, row) for row in delivery.rows])
        if content not in seen:
            new.append(delivery)
        seen.append(content)
    return new


def _told(extract: str, row: RawRow) -> RawRow:
    if isinstance(row, BrokenLine):
        return row
    return {column: row.get(column, "") for column in COLUMNS[extract]}


def as_deliveries(extracts: Extracts) -> list[Delivery]:
    """One file for each extract that has rows, delivered as `update`."""
    return [Delivery(extract, f"{extract}.csv", rows) for extract, rows in extracts.items() if rows]


def write_csv(path: Path, extract: str, rows: Sequence[RawRow]) -> None:
    """Writes the rows under the contract's header; BrokenLine rows as the text they carry."""
    columns = list(COLUMNS[extract])
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
        lines = csv.writer(stream, lineterminator="\n")
        lines.writerow(columns)
        for row in rows:
            if isinstance(row, BrokenLine):
                stream.write(row.text + "\n")
            else:
                lines.writerow([row.get(column, "") for column in columns])


def write_deliveries(folder: Path, deliveries: Sequence[Delivery]) -> list[Path]:
    """Writes every delivery into the folder under its own name; the paths in the order given."""
    paths = []
    for delivery in deliveries:
        path = folder / delivery.file
        write_csv(path, delivery.extract, delivery.rows)
        paths.append(path)
    return paths
