"""Clean extract sets, from which the dirty ones are made: sample extracts of two years without planted faults, as they stood on
a day, and the first and second delivery of them.
"""

import csv
import datetime as dt
import re
import tempfile
from functools import cache
from pathlib import Path

from attrition.sample import make_extracts

Row = dict[str, str]
Rows = dict[str, list[Row]]

EXTRACTS = ("incident", "investigation", "cps")
AS_AT = dt.date(2025, 3, 31)
MONTH_BEFORE = dt.date(2025, 2, 28)
YEAR_BEFORE = dt.date(2024, 3, 31)
INCIDENTS = 680
"""Of two years, so that each year has more than 300."""

_TOLD_BY_DAY = {
    "investigation": {
        "suspect_identified_date": ("suspect_id", "suspect_birth_year", "suspect_sex", "asn"),
        "file_submitted_date": ("urn",),
        "outcome_date": ("outcome_code",),
    },
    "cps": {
        "decision_date": ("decision",),
        "first_hearing_date": (),
        "finalised_date": ("prosecution_outcome", "outcome_reason", "uplift"),
    },
    "incident": {"status_date": ("record_status",)},
}
"""What a source cannot tell before the day that a column names."""


@cache
def whole(seed: int) -> Rows:
    """Everything that is known on AS_AT. Some area names have letters beyond ASCII, so that encodings matter."""
    with tempfile.TemporaryDirectory() as folder:
        make_extracts(Path(folder), INCIDENTS, seed, AS_AT, faults=False, years=2.0)
        rows: Rows = {}
        for extract in EXTRACTS:
            with (Path(folder) / f"{extract}_MADE_UP.csv").open(encoding="utf-8", newline="") as file:
                rows[extract] = list(csv.DictReader(file))
    for row in rows["incident"]:
        row["area_command"] = re.sub("^southern$", "Sóuth Eást", row["area_command"])
    return rows


def known_on(rows: Rows, day: dt.date, since: dt.date = dt.date.min) -> Rows:
    """The extracts as they stood on a day, with the incidents reported after `since` alone."""
    last, first = day.isoformat(), since.isoformat()
    incidents = [row for row in rows["incident"] if first < row["reported_date"] <= last]
    crimes = {(row["force"], row["crime_ref"]) for row in incidents if row["crime_ref"]}
    told = {
        "incident": incidents,
        "investigation": [row for row in rows["investigation"] if (row["force"], row["crime_ref"]) in crimes],
        "cps": [
            row
            for row in rows["cps"]
            if row["received_date"] <= last
            and (
                (row["force"], row["police_crime_ref"]) in crimes
                or (not row["police_crime_ref"] and first < row["received_date"])
            )
        ],
    }
    return {extract: [_as_known(extract, row, last) for row in found] for extract, found in told.items()}


def _as_known(extract: str, row: Row, last: str) -> Row:
    known = dict(row)
    for column, others in _TOLD_BY_DAY[extract].items():
        if known[column] > last:
            known.update(dict.fromkeys((column, *others), ""))
    return known
