"""The public data.police.uk files as contract rows (SPEC section 2), told a second time in plain Python."""

import csv
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from oracle.deliveries import Delivery
from oracle.reading import Row

_OUTCOMES = {
    "Investigation complete; no suspect identified": "18",
    "Suspect charged": "1",
    "Offender given a caution": "3",
    "Offender given a drugs possession warning": "7",
    "Offender given penalty notice": "6",
    "Local resolution": "8",
    "Unable to prosecute suspect": "U",
    "Formal action is not in the public interest": "10",
    "Suspect charged as part of another case": "4",
    "Action to be taken by another organisation": "20",
    "Further investigation is not in the public interest": "21",
    "Further action is not in the public interest": "22",
}

_COURT_RESULTS = {
    "Defendant found not guilty": "acquitted_after_trial",
    "Court case unable to proceed": "discontinued",
    "Offender sent to prison": "convicted",
    "Offender given suspended prison sentence": "convicted",
    "Offender given community sentence": "convicted",
    "Offender given conditional discharge": "convicted",
    "Offender given absolute discharge": "convicted",
    "Offender fined": "convicted",
    "Offender ordered to pay compensation": "convicted",
    "Offender deprived of property": "convicted",
    "Offender otherwise dealt with": "convicted",
}

_BUSINESSES = {
    "Supermarket": "convenience_store",
    "Shopping Area": "other_retail",
    "Petrol Station": "other_retail",
    "Nightclub": "licensed_premises",
    "Theatre/Concert Hall": "other_business",
}

_FORCES = {"Northumbria Police": "northumbria"}


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows in scope: those with a Crime ID."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            trimmed = {column: text.strip() for column, text in row.items()}
            if trimmed["Crime ID"]:
                yield trimmed


def _incident(row: dict[str, str]) -> Row:
    return {
        "force": _FORCES.get(row["Falls within"], ""),
        "incident_id": row["Crime ID"],
        "incident_class": "crime",
        "crime_ref": row["Crime ID"],
        "reported_date": row["Month"] + "-01",
        "offence_code": row["Crime type"],
        "local_authority": row["LSOA name"].rpartition(" ")[0],
        "business_type": _BUSINESSES.get(row["Location"].removeprefix("On or near "), ""),
    }


def _investigation(row: dict[str, str]) -> Row:
    return {
        "force": _FORCES.get(row["Falls within"], ""),
        "crime_ref": row["Crime ID"],
        "urn": row["Crime ID"],
        "outcome_code": _OUTCOMES.get(row["Outcome type"], ""),
        "outcome_date": row["Month"] + "-01",
    }


def _cps(row: dict[str, str]) -> Row:
    day = row["Month"] + "-01"
    return {
        "urn": row["Crime ID"],
        "defendant_id": row["Crime ID"] + row["Outcome type"],
        "received_date": day,
        "decision": "charge",
        "decision_date": day,
        "first_hearing_date": day,
        "prosecution_outcome": _COURT_RESULTS[row["Outcome type"]],
        "finalised_date": day,
    }


def deliveries_of(folder: Path) -> list[Delivery]:
    """The street and outcomes files of a folder, in order of their names, as appended deliveries."""
    deliveries = []
    for path in sorted(folder.glob("*.csv"), key=lambda path: path.stem):
        rows = list(_rows(path))
        if path.stem.endswith("-street"):
            deliveries.append(_delivery("incident", path, [_incident(row) for row in rows]))
        elif path.stem.endswith("-outcomes"):
            heard = [_cps(row) for row in rows if row["Outcome type"] in _COURT_RESULTS]
            deliveries.append(_delivery("investigation", path, [_investigation(row) for row in rows]))
            deliveries.append(_delivery("cps", path, heard))
    return deliveries


def _delivery(extract: str, path: Path, rows: list[Row]) -> Delivery:
    """A file that reaches to the end of the month in its name."""
    year, month = map(int, path.stem.split("-")[:2])
    end = date(year, month, monthrange(year, month)[1])
    filled = frozenset(rows[0]) if rows else frozenset()
    return Delivery(extract, path.name, rows, "append", "police_uk", filled, end)
