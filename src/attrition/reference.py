"""The reference tables in data/reference: code lists, stages, exits, reasons. Read only; no logic of the funnel."""

import csv
from functools import cache
from pathlib import Path

from attrition import resources

TABLES = (
    "age_group",
    "benchmark",
    "breakdown",
    "code_list",
    "completeness",
    "count_definition",
    "court_outcome",
    "cps_decision",
    "ethnicity",
    "evidence",
    "force",
    "handover",
    "measure",
    "milestone",
    "offence",
    "outcome",
    "outcome_set",
    "reason",
    "reference_crowd",
    "reference_spelling",
    "release_table",
    "rule",
    "stage",
    "unit",
    "withdrawal",
)


def table_path(name: str) -> Path:
    """The CSV file of one reference table."""
    return resources.path(f"data/reference/{name}.csv")


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """All rows of one reference table, as text."""
    with table_path(name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def codes(code_list: str) -> tuple[str, ...]:
    """The codes of a list, written as the list writes them.

    A list is either a table of its own with a column `code`, or a part of code_list.csv.
    Raises KeyError for an unknown list.
    """
    if code_list in TABLES and "code" in rows(code_list)[0]:
        return tuple(row["code"] for row in rows(code_list))
    found = tuple(row["code"] for row in rows("code_list") if row["list"] == code_list)
    if not found:
        raise KeyError(f"no code list named {code_list}")
    return found


def in_upper_case(code_list: str) -> bool:
    """Whether the list writes its codes in capitals (1A, W1, F); a list never mixes the two."""
    return not any(letter.islower() for code in codes(code_list) for letter in code)
