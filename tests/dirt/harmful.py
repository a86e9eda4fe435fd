"""Dirt that would change figures: what a person, a spreadsheet or an export does to columns, references, dates, codes and whole
files. Each operation names the rules that would tell it.
"""

import datetime as dt
import re
from collections.abc import Callable

from clean_sets import EXTRACTS, Row
from delivery import Style
from harness import AGAIN, FIRST, MONTH_BEFORE, NEXT
from operation import Operation, Strike, Target, columns_of_type

SECOND = (AGAIN, NEXT)
ANY = (FIRST, AGAIN, NEXT)
STARRED: tuple[Target, ...] = (
    ("incident", "force"), ("incident", "incident_id"), ("incident", "incident_class"), ("incident", "crime_ref"),
    ("incident", "reported_date"), ("investigation", "force"), ("investigation", "crime_ref"), ("cps", "urn"),
    ("cps", "defendant_id"), ("cps", "received_date"),
)  # fmt: skip
STAGES: tuple[Target, ...] = (
    ("investigation", "suspect_id"), ("investigation", "outcome_code"), ("investigation", "outcome_date"), ("cps", "decision"),
    ("cps", "decision_date"), ("cps", "first_hearing_date"), ("cps", "prosecution_outcome"), ("cps", "finalised_date"),
    ("cps", "uplift"),
)  # fmt: skip
STRANDS: tuple[Target, ...] = tuple(
    ("incident", f"hate_{strand}") for strand in ("race", "religion", "sexual_orientation", "disability", "transgender")
)
LINKS: tuple[Target, ...] = (("investigation", "urn"), ("cps", "police_crime_ref"))
GROUPS: tuple[Target, ...] = tuple(
    ("incident", column)
    for column in ("victim_ethnicity", "business_type", "victim_type", "local_authority", "area_command", "offence_code", "reporting_channel", "victim_id", "victim_sex", "victim_age")
)  # fmt: skip
POLICE_GROUPS: tuple[Target, ...] = (
    ("investigation", "investigating_unit"),
    ("investigation", "victim_support"),
    ("investigation", "file_submitted_date"),
)
DATES = columns_of_type("date")
EVENT_DATES = tuple(
    target for target in DATES if target[1] not in ("status_date", "hate_flagged_date", "recorded_date")
)
REFERENCES: tuple[Target, ...] = (
    ("incident", "crime_ref"), ("investigation", "crime_ref"), ("investigation", "urn"), ("cps", "urn"), ("cps", "police_crime_ref"),
)  # fmt: skip

MEET = frozenset({
    "references_do_not_meet", "references_meet_less", "references_spelt_otherwise", "low_investigation_rate", "low_link_rate", "low_receipt_rate", "records_alike", "references_of_another_form", "crimes_numbered_anew", "urn_of_another_crime",
})  # fmt: skip
# What meets nothing any more, or, told again, is another reference than before.
DAMAGED = MEET | {"values_changed"}
CROWD = frozenset({"reference_crowded", "quarantined_conflicting_duplicate"})
UNREAD = frozenset({"unreadable_date", "dates_unreadable", "quarantined_unreadable"})
ASIDE = frozenset({"quarantined_missing", "quarantined_unreadable", "quarantined_conflicting_duplicate"})
CODES = frozenset({"unknown_code", "quarantined_unreadable", "quarantined_missing"})
DATE_ORDER = frozenset({
    "recorded_before_reported", "outcome_before_report", "suspect_before_report", "submitted_before_report",
    "received_before_report", "decided_before_received", "finalised_before_hearing", "hearing_before_received", "replaced_far_apart",
})  # fmt: skip
LOST = frozenset({
    "values_lost", "column_emptied", "schema_drift", "evidence_not_told", "incomplete_victim_ethnicity", "incomplete_business_type",
    "incomplete_local_authority", "code_without_date", "decision_without_date", "outcome_without_date", "no_strand",
    "implied_suspect_identified", "implied_referred", "implied_charged", "quarantined_missing", "suspect_date_without_suspect", "date_without_code",
    "outcome_without_suspect",
})  # fmt: skip
CHANGED = frozenset({"values_changed", "values_unseen", "values_shifted"})
FEED = frozenset(
    {"months_missing", "told_again_less", "feed_behind", "feed_missing", "feed_reaches_less", "volume_unusual"}
)
FEWER = frozenset({"fewer_rows", "investigation_unlinked", *FEED, *MEET})


def each(edit: Callable[[Strike, str], str]) -> Callable[[Strike], None]:
    """Edits a share of the filled cells of the struck column."""

    def apply(strike: Strike) -> None:
        for row in strike.chosen():
            row[strike.column] = edit(strike, row[strike.column])

    return apply


def _renamed(strike: Strike) -> None:
    column = strike.column
    new = strike.random.choice(
        (f"x_{column}", column.replace("_", ""), column.split("_")[-1] + " 2", "Field17", f"{column}_new")
    )
    strike.delivery.headers[strike.extract][column] = new


def _without_column(strike: Strike) -> None:
    del strike.delivery.headers[strike.extract][strike.column]


def _shifted(strike: Strike) -> None:
    values = [row[strike.column] for row in strike.rows]
    for row, value in zip(strike.rows, [values[-1], *values[:-1]], strict=True):
        row[strike.column] = value


def swapped(others: dict[Target, str]) -> Callable[[Strike], None]:
    """Swaps the headers of two columns."""

    def apply(strike: Strike) -> None:
        other = others[strike.extract, strike.column]
        for row in strike.rows:
            row[strike.column], row[other] = row[other], row[strike.column]

    return apply


SWAPS: dict[Target, str] = {
    ("incident", "reported_date"): "recorded_date",
    ("incident", "incident_id"): "crime_ref",
    ("incident", "hate_race"): "hate_religion",
    ("incident", "victim_sex"): "victim_ethnicity",
    ("incident", "offence_code"): "local_authority",
    ("investigation", "suspect_identified_date"): "outcome_date",
    ("investigation", "crime_ref"): "urn",
    ("investigation", "suspect_id"): "asn",
    ("cps", "received_date"): "decision_date",
    ("cps", "first_hearing_date"): "finalised_date",
    ("cps", "urn"): "police_crime_ref",
    ("cps", "decision"): "prosecution_outcome",
}


def _zeros_lost(_: Strike, value: str) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", value)


def _separators_lost(_: Strike, value: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", value)


def _exponent(_: Strike, value: str) -> str:
    digits = re.sub(r"\D", "", value).lstrip("0") or "1"
    return f"{digits[0]}.{digits[1:2] or '0'}E+{len(digits) + 8}"


def _shared(strike: Strike) -> None:
    rows = list(strike.chosen())
    by_force = {row["force"]: row[strike.column] for row in rows}
    for row in rows:
        row[strike.column] = by_force[row["force"]]


def _mistyped_year(years: int) -> Callable[[Strike, str], str]:
    def edit(_: Strike, value: str) -> str:
        return f"{int(value[:4]) + years:04}{value[4:]}".replace("-02-29", "-02-28")

    return edit


def _day_first(_: Strike, value: str) -> str:
    return f"{value[8:]}/{value[5:7]}/{value[:4]}"


def _days_and_months_swapped(strike: Strike) -> None:
    for row in strike.chosen():
        value = row[strike.column]
        if int(value[8:]) <= 12:
            row[strike.column] = f"{value[:4]}-{value[8:]}-{value[5:7]}"


def _serial(_: Strike, value: str) -> str:
    return str((dt.date.fromisoformat(value) - dt.date(1899, 12, 30)).days)


def _month_out(strike: Strike) -> None:
    # A month in the middle of the year of new incidents, by the day that the extract's months are counted by.
    month = strike.random.choice(("2024-07", "2024-08", "2024-09", "2024-10", "2024-11"))
    reported = {(row["force"], row["crime_ref"]): row["reported_date"] for row in strike.delivery.rows["incident"]}

    def day(row: Row) -> str:
        if strike.extract == "investigation":
            return reported.get((row["force"], row["crime_ref"]), "")
        return row["reported_date" if strike.extract == "incident" else "received_date"]

    strike.rows = [row for row in strike.rows if not day(row).startswith(month)]


def _half_out(strike: Strike) -> None:
    keep = strike.random.choice(("first", "last", "any"))
    half = len(strike.rows) // 2
    if keep == "any":
        strike.rows = strike.random.sample(strike.rows, half)
    else:
        strike.rows = strike.rows[:half] if keep == "first" else strike.rows[half:]


def _force_out(strike: Strike) -> None:
    strike.rows = [row for row in strike.rows if row["force"] != "northumbria"]


def _sheet_left_out(strike: Strike) -> None:
    def sheets(cells: list[list[str]]) -> dict[str, list[list[str]]]:
        half = len(cells) // 2
        return {"Extract": cells[:half], "Extract (2)": [cells[0], *cells[half:]]}

    strike.delivery.styles[strike.extract] = Style("xlsx", sheets=sheets)


def _file_out(strike: Strike) -> None:
    del strike.delivery.rows[strike.extract]


def _older_again(strike: Strike) -> None:
    last = MONTH_BEFORE.isoformat()
    first = {"incident": "reported_date", "cps": "received_date", "investigation": "suspect_identified_date"}[
        strike.extract
    ]
    strike.rows = [row for row in strike.rows if row[first] <= last]
    for row in strike.rows:
        for column in [column for extract, column in DATES if extract == strike.extract]:
            if row[column] > last:
                row[column] = ""


OTHER_LIST = {
    "outcome_code": "Outcome {}", "decision": "CPS-{}", "prosecution_outcome": "res_{}", "incident_class": "class {}",
    "victim_ethnicity": "IC{}", "business_type": "type {}", "hate_race": "code {}", "offence_code": "HO {}", "uplift": "u{}",
    "victim_type": "vt {}", "force": "Police of {}", "reporting_channel": "ch {}",
}  # fmt: skip


def _other_list(strike: Strike) -> None:
    for row in strike.chosen():
        row[strike.column] = OTHER_LIST[strike.column].format(row[strike.column])


def _one_code(strike: Strike) -> None:
    value = next(row[strike.column] for row in strike.rows if row[strike.column])
    for row in strike.rows:
        row[strike.column] = value


def _misspelt_force(strike: Strike) -> None:
    for row in strike.chosen():
        row["force"] = row["force"].replace("m", "n").replace("rha", "hra").replace("veland", "verland")


def _twice_with_other_references(strike: Strike) -> None:
    for column in ("incident_id", "crime_ref"):
        assert column in strike.rows[0]
    again = [
        row | {"incident_id": f"{row['incident_id']}X", "crime_ref": row["crime_ref"] and f"{row['crime_ref']}X"}
        for row in strike.chosen("incident_id")
    ]
    strike.rows = strike.rows + again


def _torn(strike: Strike) -> None:
    for row in strike.chosen("force"):
        row["force"] = f'{row["force"]}", "torn'


def _harmful(
    name: str,
    apply: Callable[[Strike], None],
    targets: tuple[Target, ...],
    tells: frozenset[str],
    shapes: tuple[str, ...] = SECOND,
) -> Operation:
    return Operation(name, apply, targets, shapes, tells)


FILES: tuple[Target, ...] = tuple((extract, "") for extract in EXTRACTS)
LISTS: tuple[Target, ...] = tuple(
    (extract, column) for extract, column in (*STARRED, *STAGES, *STRANDS, *GROUPS) if column in OTHER_LIST
)
TOLD_FIRST = (*STARRED, *STAGES, *STRANDS, *LINKS)

HARMFUL = (
    _harmful("a column blanked", each(lambda s, v: ""), (*TOLD_FIRST, *GROUPS, *POLICE_GROUPS), LOST | MEET | CHANGED | CODES),
    _harmful("a column blanked at first", lambda s: [row.update({s.column: ""}) for row in s.rows] and None, TOLD_FIRST, LOST | MEET | CODES, (FIRST,)),
    _harmful("a column renamed", _renamed, (*TOLD_FIRST, *GROUPS, *POLICE_GROUPS), LOST | MEET),
    _harmful("a column renamed at first", _renamed, TOLD_FIRST, LOST | MEET, (FIRST,)),
    _harmful("a column left out", _without_column, (*TOLD_FIRST, *GROUPS, *POLICE_GROUPS), LOST | MEET),
    _harmful("a column left out at first", _without_column, TOLD_FIRST, LOST | MEET, (FIRST,)),
    _harmful("a column shifted by a row", _shifted, (*STARRED, *EVENT_DATES, *LINKS), MEET | CROWD | DATE_ORDER | CHANGED | LOST | CODES),
    _harmful("a column of many shifted", _shifted, (*STRANDS, *GROUPS, *STAGES), CHANGED | LOST | CODES | CROWD | frozenset({"incomplete_business_type"}), (AGAIN,)),
    _harmful("two columns swapped", swapped(SWAPS), tuple(SWAPS), MEET | CROWD | DATE_ORDER | CODES | UNREAD | LOST | CHANGED),
    _harmful("zeros lost", each(_zeros_lost), REFERENCES, DAMAGED | CROWD),
    _harmful("separators lost", each(_separators_lost), REFERENCES, DAMAGED | CROWD),
    _harmful("references cut short", each(lambda s, v: v[: len(v) // 2]), REFERENCES, DAMAGED | CROWD),
    _harmful("references in E notation", each(_exponent), REFERENCES, DAMAGED | CROWD),
    _harmful("a prefix added", each(lambda s, v: f"REF{v}"), REFERENCES, DAMAGED | CROWD),
    _harmful("one reference for many", _shared, (*REFERENCES, ("investigation", "suspect_id"), ("incident", "victim_id"), ("incident", "incident_id"), ("cps", "defendant_id")), CROWD | MEET | ASIDE),
    _harmful("TBC for references", each(lambda s, v: s.random.choice(("TBC", "N/A", "XXXX", "0000"))), (*REFERENCES, ("investigation", "suspect_id")), frozenset({"placeholder", "quarantined_missing", "quarantined_unreadable"})),
    _harmful("an unlisted text for references", each(lambda s, v: "see notes"), (*REFERENCES, ("investigation", "suspect_id"), ("incident", "victim_id")), CROWD | MEET),
    _harmful("days and months swapped", _days_and_months_swapped, EVENT_DATES, DATE_ORDER | UNREAD | CHANGED | frozenset({"months_missing"})),
    _harmful("dates day first", each(_day_first), DATES, UNREAD | LOST),
    _harmful("two-figure years", each(lambda s, v: v[2:]), DATES, UNREAD | LOST),
    _harmful("years ten too late", each(_mistyped_year(10)), DATES, UNREAD | LOST),
    _harmful("years ten too early", each(_mistyped_year(-10)), EVENT_DATES, DATE_ORDER | CHANGED | frozenset({"months_missing"})),
    _harmful("years of another age", each(lambda s, v: f"0{v[1:]}"), DATES, UNREAD | LOST),
    _harmful("dates as serial numbers", each(_serial), DATES, UNREAD | LOST),
    # A month of the CPS has fewer than the ten rows from which on its absence is a gap.
    _harmful("a month left out", _month_out, FILES[:2], FEED | FEWER, (NEXT,)),
    _harmful("half of the rows left out", _half_out, FILES, FEED | FEWER),
    _harmful("half of the rows on another sheet", _sheet_left_out, FILES, FEED | FEWER),
    _harmful("the largest force left out", _force_out, FILES, FEED | FEWER),
    _harmful("an extract absent", _file_out, FILES, FEED),
    _harmful("an extract absent at first", _file_out, FILES, FEED, (FIRST,)),
    _harmful("an older extract again", _older_again, FILES, FEED | FEWER | CHANGED | LOST, (AGAIN,)),
    _harmful("codes of another list", _other_list, LISTS, CODES | LOST | CHANGED),
    _harmful("codes of another list at first", _other_list, tuple(t for t in LISTS if t in TOLD_FIRST), CODES | LOST, (FIRST,)),
    _harmful("one code for all", _one_code, (("investigation", "outcome_code"), ("cps", "prosecution_outcome"), ("incident", "incident_class")), CHANGED | LOST | ASIDE | frozenset({"outcome_without_suspect", "suspect_without_outcome", "non_crime_with_crime_ref"}), (AGAIN,)),
    _harmful("forces misspelt", _misspelt_force, tuple((extract, "force") for extract in EXTRACTS), CODES),
    _harmful("everything twice with other references", _twice_with_other_references, (("incident", ""),), frozenset({"records_alike", "low_investigation_rate", "references_meet_less"})),
)  # fmt: skip
