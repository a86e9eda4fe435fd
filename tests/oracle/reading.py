"""From raw text to typed rows (SPEC section 1): codes, references, dates, identities, rows that cannot stand.

Looks at one row at a time; what rows do to each other is in deliveries.py.
"""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from oracle.codes import CODES, COLUMNS, NEEDS_DATE, REQUIRED, STANDS_FOR_UNREADABLE, UNKNOWN_WHEN_UNLISTED
from oracle.days import day_of
from oracle.text import clean, says_nothing, squeezed

Row = dict[str, Any]

# Codes compare without regard to case and show as the lists write them.
_AS_LISTED = {name: {code.casefold(): code for code in codes} for name, codes in CODES.items()}

# The day on which files are loaded where nobody says another: the tests' own.
LOADED_ON = date(2025, 6, 30)


@dataclass(frozen=True)
class BrokenLine:
    """A line that cannot be split into the header's columns, or holds bytes that cannot be read.

    `text` is the line, for writing made-up files; a line that was read does not keep it.
    """

    reason: str
    text: str = ""


RawRow = Mapping[str, str] | BrokenLine


@dataclass(frozen=True)
class Conformed:
    """One row after cleaning and normalising.

    `row` holds every contract column of the extract (None: empty); of a quarantined row, what could be read.
    `reasons` is empty unless the row is quarantined. `findings` names the fields blanked or made `unknown`.
    """

    row: Row
    reasons: tuple[str, ...]
    findings: tuple[str, ...]


def read_csv(path: Path) -> list[RawRow]:
    """The rows of a CSV file in file order, as text by column name, or BrokenLine."""
    rows: list[RawRow] = []
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        lines = csv.reader(stream)
        header = [clean(name) for name in next(lines)]
        for fields in lines:
            if not any(map(clean, fields)):
                continue
            if len(fields) != len(header):
                rows.append(BrokenLine("column_count"))
            elif any("\udc80" <= character <= "\udcff" for field in fields for character in field):
                rows.append(BrokenLine("encoding"))
            else:
                rows.append(dict(zip(header, fields, strict=True)))
    return rows


def is_blank(raw: RawRow) -> bool:
    """Whether a line holds nothing but delimiters: it is no row."""
    return not isinstance(raw, BrokenLine) and not any(clean(text) for text in raw.values())


def _whole_number(text: str, lowest: int, highest: int) -> int | None:
    if not re.fullmatch(r"[0-9]+", text):
        return None
    number = int(text)
    return number if lowest <= number <= highest else None


def _code(column: str, codes: str, text: str) -> str | None:
    unlisted = "unknown" if column in UNKNOWN_WHEN_UNLISTED else None
    return _AS_LISTED[codes].get(text.casefold(), unlisted)


# Kinds of which some texts say nothing, and which texts these are.
_NO_VALUES = {"reference": "reference", "urn": "reference", "record": "record", "person": "reference", "label": "label"}


def _value(column: str, text: str, kind: str, force: str | None, loaded_on: date) -> Any:
    """The typed value of a clean text that is not empty; None where it cannot be read or says nothing."""
    name, _, detail = kind.partition(" ")
    no_values = _NO_VALUES.get(name) or {"defendant": "record", "asn": "reference"}.get(detail)
    if no_values and says_nothing(no_values, text):
        return None
    # A whole number may be written with a nought behind the point.
    number = re.sub(r"\.0+$", "", text) if re.fullmatch(r"[0-9]+\.0+", text) else text
    readings: dict[str, Callable[[], Any]] = {
        "label": lambda: text,
        "number": lambda: number,
        "date": lambda: day_of(column, text, loaded_on),
        "age": lambda: _whole_number(number, 0, 120),
        "year": lambda: _whole_number(number, 1880, 2100),
        "code": lambda: _code(column, detail, number if detail == "outcome" else text),
        "open": text.upper,
        "reference": text.upper,
        "record": text.upper,
        "urn": lambda: squeezed(text) or None,
        "person": lambda: (detail, force, text.upper()),
        "anyone": lambda: _anyone(detail, text),
    }
    return readings[name]()


def _anyone(kind: str, text: str) -> tuple[str, str] | None:
    """An identity over the value alone; an ASN is compared like a URN."""
    value = squeezed(text) if kind == "asn" else text.upper()
    return (kind, value) if value else None


def conform(extract: str, raw: RawRow, loaded_on: date = LOADED_ON) -> Conformed:
    """One raw row as the contract sees it on the day of its first loading."""
    if isinstance(raw, BrokenLine):
        return Conformed(dict.fromkeys(COLUMNS[extract]), (raw.reason,), ())
    text = {column: clean(raw.get(column) or "") for column in COLUMNS[extract]}
    force = _code("force", "force", text["force"])
    row: Row = {}
    faults = []
    for column, kind in COLUMNS[extract].items():
        row[column] = _value(column, text[column], kind, force, loaded_on) if text[column] else None
        if text[column] and (row[column] is None or _is_unlisted(column, row[column])):
            faults.append(column)
    if extract == "incident" and row["victim_no"] is None:
        row["victim_no"] = "1"
    for column, others in STANDS_FOR_UNREADABLE.items():
        if column in faults:
            row[column] = min((row[other] for other in others if row[other]), default=loaded_on)

    starred = list(REQUIRED[extract])
    if extract == "incident" and row["incident_class"] == "crime":
        starred.append("crime_ref")
    reasons = [f"{column} missing" for column in starred if not text[column]]
    reasons += [f"{column} unreadable" for column in starred if column in faults]
    findings = [column for column in faults if column not in REQUIRED[extract]]
    for column, day in NEEDS_DATE.items():
        if column in row and row[column] is not None and row[day] is None:
            row[column] = None
            findings.append(column)
    return Conformed(row, tuple(reasons), tuple(findings))


def _is_unlisted(column: str, value: Any) -> bool:
    """Whether the value stands for an unlisted code. victim_support has a code of its own called unknown."""
    return column in UNKNOWN_WHEN_UNLISTED and value == "unknown"
