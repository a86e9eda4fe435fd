"""From raw text to typed rows (SPEC section 1): trimming, codes, dates, identities, rows that cannot stand.

Looks at one row at a time; what rows do to each other is in deliveries.py.
"""

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from oracle.codes import CODES, COLUMNS, NEEDS_DATE, REQUIRED, UNKNOWN_WHEN_UNLISTED

Row = dict[str, Any]

# Codes compare without regard to case and show as the lists write them.
_AS_LISTED = {name: {code.casefold(): code for code in codes} for name, codes in CODES.items()}

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\s*\d{1,2}:\d{2}.*)?", re.DOTALL)


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
    """One row after trimming and normalising.

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
        header = [name.strip() for name in next(lines)]
        for fields in lines:
            if not fields:
                continue
            if len(fields) != len(header):
                rows.append(BrokenLine("column_count"))
            elif any("\udc80" <= character <= "\udcff" for field in fields for character in field):
                rows.append(BrokenLine("encoding"))
            else:
                rows.append(dict(zip(header, fields, strict=True)))
    return rows


def reference(text: str) -> str:
    """A URN or ASN as it is compared: upper case, A-Z and 0-9 only."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _date(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    if not found:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _whole_number(text: str, lowest: int, highest: int) -> int | None:
    if not re.fullmatch(r"[0-9]+", text):
        return None
    number = int(text)
    return number if lowest <= number <= highest else None


def _code(column: str, codes: str, text: str) -> str | None:
    unlisted = "unknown" if column in UNKNOWN_WHEN_UNLISTED else None
    return _AS_LISTED[codes].get(text.casefold(), unlisted)


def _value(column: str, kind: str, text: str, force: str | None) -> Any:
    """The typed value of a non-empty text; None where it cannot be read."""
    name, _, detail = kind.partition(" ")
    readings: dict[str, Callable[[], Any]] = {
        "text": lambda: text,
        "date": lambda: _date(text),
        "age": lambda: _whole_number(text, 0, 120),
        "year": lambda: _whole_number(text, 1880, 2100),
        "code": lambda: _code(column, detail, text),
        "open": lambda: text.upper() if detail == "upper" else text.lower(),
        "reference": lambda: reference(text) or None,
        "person": lambda: (detail, force, text.upper()),
        "anyone": lambda: _anyone(detail, text),
    }
    return readings[name]()


def _anyone(kind: str, text: str) -> tuple[str, str] | None:
    """An identity over the value alone; an ASN is compared like a URN."""
    value = reference(text) if kind == "asn" else text.upper()
    return (kind, value) if value else None


def conform(extract: str, raw: RawRow) -> Conformed:
    """One raw row as the contract sees it."""
    if isinstance(raw, BrokenLine):
        return Conformed(dict.fromkeys(COLUMNS[extract]), (raw.reason,), ())
    text = {column: _text(COLUMNS[extract][column], raw.get(column)) for column in COLUMNS[extract]}
    force = _code("force", "force", text["force"])
    row: Row = {}
    faults = []
    for column, kind in COLUMNS[extract].items():
        row[column] = _value(column, kind, text[column], force) if text[column] else None
        if text[column] and (row[column] is None or _is_unlisted(column, row[column])):
            faults.append(column)
    if extract == "incident" and row["victim_no"] is None:
        row["victim_no"] = "1"

    reasons = [f"{column} missing" for column in REQUIRED[extract] if not text[column]]
    reasons += [f"{column} unreadable" for column in REQUIRED[extract] if column in faults]
    if extract == "incident" and row["incident_class"] == "crime" and row["crime_ref"] is None:
        reasons.append("crime_ref missing")
    findings = [column for column in faults if column not in REQUIRED[extract]]
    for column, day in NEEDS_DATE.items():
        if column in row and row[column] is not None and row[day] is None:
            row[column] = None
            findings.append(column)
    return Conformed(row, tuple(reasons), tuple(findings))


def _text(kind: str, raw: str | None) -> str:
    """The trimmed text; a reference of nothing but punctuation (`--`) is written for an empty one."""
    text = (raw or "").strip()
    return "" if kind in ("reference", "anyone asn") and not reference(text) else text


def _is_unlisted(column: str, value: Any) -> bool:
    """Whether the value stands for an unlisted code. victim_support has a code of its own called unknown."""
    return column in UNKNOWN_WHEN_UNLISTED and value == "unknown"
