"""Plants the faults that real extracts have: small shares of bad rows, each counted and with a known fate.

Two ways. A finding spoils a field of a row that stays (the funnel does not move). An extra row is a spoilt
copy: a duplicate, a row that loses against its original, a row that cannot be counted (under references of
its own, so that no set of true rows is incomplete), or a row that belongs to no incident.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from attrition.sample.draws import Flags, Stream, Whole

Row = dict[str, str]
BAD_DATE = "31/02/2024"
UNKNOWN_FORCE = "atlantis"
MINIMUM_ROWS = 50
ALWAYS_FROM = 2000
"""From this many incidents on, every kind of fault is planted at least once."""


@dataclass(frozen=True)
class Finding:
    """A field spoilt in a row that stays: column, what is written, which columns must be filled or empty."""

    column: str
    value: str
    filled: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spoilt:
    """An extra row: its fate, what is changed, and how the finished line is cut or lengthened."""

    fate: str
    change: Callable[[Row, int], None]
    line: Callable[[str], str] = str


def _set(**values: str) -> Callable[[Row, int], None]:
    return lambda row, _: row.update(values)


def _alone(extract: str, **values: str) -> Callable[[Row, int], None]:
    """Give the row references of its own, then the values."""

    def change(row: Row, number: int) -> None:
        reference = f"{number:07d}"
        if extract == "incident":
            row["incident_id"] = f"MADEUP-IX{reference}"
            row["crime_ref"] = f"MADEUP-X{reference}/24" if row["incident_class"] == "crime" else ""
        elif extract == "investigation":
            row.update(crime_ref=f"MADEUP-Y{reference}/24", urn="", asn="")
        else:
            row.update(
                urn=f"99MX{reference}24",
                defendant_id=f"MADEUP-DX{reference}",
                police_crime_ref=f"MADEUP-Z{reference}/24",
                asn="",
            )
        row.update(values)

    return change


def _crime_without_reference(row: Row, number: int) -> None:
    _alone("incident", incident_class="crime", crime_ref="")(row, number)


def _other_writing(row: Row, _: int) -> None:
    """Write the same row another way: case, blanks, a time after a date, a plain URN."""
    row["force"] = row["force"].upper()
    if "incident_id" in row:
        row["incident_id"] = f" {row['incident_id']} "
        row["victim_no"] = {"": "1", "1": ""}.get(row["victim_no"], row["victim_no"])
        row["reported_date"] += " 08:15"
    elif "crime_ref" in row:
        row["crime_ref"] += " "
    if "urn" in row:
        row["urn"] = row["urn"].replace("/", " ").lower()
        row["victim_support" if "victim_support" in row else "decision"] += " "


def _too_few(line: str) -> str:
    return line.rsplit(",", 3)[0]


def _too_many(line: str) -> str:
    return f"{line},made up,made up"


def _same(row: Row, _: int) -> None:
    del row


FINDINGS: dict[str, dict[str, Finding]] = {
    "incident": {
        "unreadable_date": Finding("recorded_date", BAD_DATE, filled=("recorded_date",)),
        "unknown_code": Finding("reporting_channel", "social_media"),
        "unknown_business_type": Finding("business_type", "newsagent", filled=("business_type",)),
        "age_not_a_number": Finding("victim_age", "n/k"),
        "unknown_ethnicity": Finding("victim_ethnicity", "Z9"),
        "status_without_date": Finding("record_status", "cancelled", empty=("record_status", "status_date")),
    },
    "investigation": {
        "unreadable_date": Finding("suspect_identified_date", BAD_DATE, filled=("suspect_identified_date",)),
        "unknown_code": Finding("victim_support", "perhaps"),
        "outcome_without_date": Finding("outcome_code", "18", empty=("outcome_code", "outcome_date")),
    },
    "cps": {
        # A finalised prosecution stays prosecuted without its first hearing.
        "unreadable_date": Finding("first_hearing_date", BAD_DATE, filled=("first_hearing_date", "finalised_date")),
        "unknown_code": Finding("outcome_reason", "weather"),
        "unknown_force": Finding("force", UNKNOWN_FORCE, filled=("force",)),
    },
}
SPOILT: dict[str, dict[str, Spoilt]] = {
    "incident": {
        "exact_duplicate": Spoilt("duplicate", _same),
        "same_after_normalising": Spoilt("duplicate", _other_writing),
        "conflicting_duplicate": Spoilt("quarantined", _set(area_command="unallocated")),
        "missing_required": Spoilt("quarantined", _alone("incident", reported_date="")),
        "unreadable_required_date": Spoilt("quarantined", _alone("incident", reported_date=BAD_DATE)),
        "crime_without_reference": Spoilt("quarantined", _crime_without_reference),
        "unknown_class": Spoilt("quarantined", _alone("incident", incident_class="mischief")),
        "unknown_force": Spoilt("quarantined", _alone("incident", force=UNKNOWN_FORCE)),
        "too_few_columns": Spoilt("quarantined", _alone("incident"), _too_few),
        "too_many_columns": Spoilt("quarantined", _alone("incident"), _too_many),
    },
    "investigation": {
        "exact_duplicate": Spoilt("duplicate", _same),
        "same_after_normalising": Spoilt("duplicate", _other_writing),
        "missing_required": Spoilt("quarantined", _alone("investigation", crime_ref="", suspect_id="MADEUP-SX")),
        "unknown_force": Spoilt("quarantined", _alone("investigation", force=UNKNOWN_FORCE)),
        "too_few_columns": Spoilt("quarantined", _alone("investigation"), _too_few),
        "too_many_columns": Spoilt("quarantined", _alone("investigation"), _too_many),
        "without_incident": Spoilt("accepted", _alone("investigation")),
    },
    "cps": {
        "exact_duplicate": Spoilt("duplicate", _same),
        "same_after_normalising": Spoilt("duplicate", _other_writing),
        "conflicting_duplicate": Spoilt("quarantined", _set(defendant_birth_year="1899")),
        "missing_required": Spoilt("quarantined", _alone("cps", urn="")),
        "unreadable_required_date": Spoilt("quarantined", _alone("cps", received_date=BAD_DATE)),
        "too_few_columns": Spoilt("quarantined", _alone("cps"), _too_few),
        "too_many_columns": Spoilt("quarantined", _alone("cps"), _too_many),
        "without_incident": Spoilt("accepted", _alone("cps")),
    },
}


@dataclass
class Planted:
    """What was planted in one extract: lines to add, each before the clean row `before`, and the counts."""

    lines: list[str] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    fates: dict[str, int] = field(default_factory=dict)
    spoilt_rows: dict[str, Whole] = field(default_factory=dict)


def plant(extract: str, columns: dict[str, Any], shares: dict[str, float], *, seed: int, at_least: int) -> Planted:
    """Spoil fields of `columns` in place and make the extra lines; no row serves for two faults.

    `shares` are proportions of the rows by kind of fault; each kind comes `at_least` times where the rows
    allow it. A file of fewer than MINIMUM_ROWS rows stays as it is.
    """
    names = list(columns)
    size = len(columns[names[0]])
    planted = Planted()
    if size < MINIMUM_ROWS:
        return planted
    order = np.argsort(Stream(seed, f"faults of {extract}").uniform(size), kind="stable")
    free = np.ones(size, dtype=np.bool_)
    for kind, share in shares.items():
        wanted = max(at_least, int(size * share))
        finding = FINDINGS[extract].get(kind)
        eligible = free if finding is None else free & _eligible(columns, finding)
        donors = np.sort(order[eligible[order]][:wanted])
        if not donors.size:
            continue
        free[donors] = False
        planted.counts[kind] = int(donors.size)
        if finding is not None:
            planted.spoilt_rows[kind] = donors
            continue
        spoilt = SPOILT[extract][kind]
        planted.fates[spoilt.fate] = planted.fates.get(spoilt.fate, 0) + int(donors.size)
        rows = pa.table({name: columns[name].take(pa.array(donors)) for name in names}).to_pylist()
        for donor, row in zip(donors.tolist(), rows, strict=True):
            spoilt.change(row, len(planted.lines) + 1)
            planted.lines.append(spoilt.line(",".join(row[name] for name in names)))
            planted.before.append(donor)
    for kind, donors in planted.spoilt_rows.items():
        finding = FINDINGS[extract][kind]
        mask = np.zeros(size, dtype=np.bool_)
        mask[donors] = True
        columns[finding.column] = pc.if_else(pa.array(mask), finding.value, columns[finding.column])
    return planted


def _eligible(columns: dict[str, Any], finding: Finding) -> Flags:
    """The rows in which the finding's columns are filled, or empty, as it needs them."""
    fits = np.ones(len(columns[finding.column]), dtype=np.bool_)
    for name in finding.filled:
        fits &= pc.not_equal(columns[name], "").to_numpy(zero_copy_only=False)
    for name in finding.empty:
        fits &= pc.equal(columns[name], "").to_numpy(zero_copy_only=False)
    return fits
