"""The suites of expectations/suites/*.json: generated from the contracts, joined by the hand-written rules of
expectations/rules/*.toml. `python -m attrition.validate.suites` writes them; a test finds stale ones.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from attrition import reference, resources
from attrition.contract import Column, Contract, load_contracts


def _expectation(kind: str, rule: str, severity: str, message: str, **arguments: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": arguments, "meta": {"rule": rule, "severity": severity, "message": message}}


def _column_expectations(column: Column) -> list[dict[str, Any]]:
    found = []
    if column.required:
        found.append(
            _expectation(
                "expect_column_values_to_not_be_null",
                f"present_{column.name}",
                "critical",
                f"{column.name} is required and must not be empty",
                column=column.name,
            )
        )
    code_list = "force" if column.type == "force" else column.codes
    if code_list or column.type == "yes_no":
        codes = list(reference.codes(code_list)) if code_list else ["Y", "N"]
        found.append(
            _expectation(
                "expect_column_values_to_be_in_set",
                f"listed_{column.name}",
                "critical",
                f"{column.name} must be a code of its list",
                column=column.name,
                value_set=codes + ([column.unlisted] if column.unlisted else []),
            )
        )
    if column.type == "integer":
        found.append(
            _expectation(
                "expect_column_values_to_be_between",
                f"range_{column.name}",
                "critical",
                f"{column.name} must be a whole number from {column.minimum} to {column.maximum}",
                column=column.name,
                min_value=column.minimum,
                max_value=column.maximum,
            )
        )
    return found


def _row_expectations(contract: Contract) -> list[dict[str, Any]]:
    found = []
    if contract.key:
        key = ", ".join(f'"{column}"' for column in contract.key)
        found.append(
            _expectation(
                "unexpected_rows_expectation",
                "one_row_per_key",
                "critical",
                f"one row in force per {', '.join(contract.key)}",
                unexpected_rows_query=f"SELECT 1 FROM {{batch}} GROUP BY {key} HAVING count(*) > 1",
            )
        )
    for column in contract.columns.values():
        if column.required_when:
            other, value = column.required_when
            found.append(
                _expectation(
                    "unexpected_rows_expectation",
                    f"present_{column.name}",
                    "critical",
                    f"{column.name} is required where {other} is {value}",
                    unexpected_rows_query=(
                        f'SELECT 1 FROM {{batch}} WHERE "{other}" = \'{value}\' AND "{column.name}" IS NULL'
                    ),
                )
            )
    return found


def row_rules(extract: str) -> dict[str, str]:
    """The hand-written rules of one extract: the condition under which a row breaks each."""
    path = resources.path("expectations/rules") / f"{extract}.toml"
    if not path.exists():
        return {}
    return {entry["rule"]: entry["wrong_where"] for entry in tomllib.loads(path.read_text(encoding="utf-8"))["rule"]}


def _hand_written(extract: str) -> list[dict[str, Any]]:
    told = {row["rule"]: row for row in reference.rows("rule")}
    return [
        _expectation(
            "unexpected_rows_expectation",
            rule,
            told[rule]["severity"],
            told[rule]["label"],
            unexpected_rows_query=f"SELECT 1 FROM {{batch}} WHERE {wrong_where}",
        )
        for rule, wrong_where in row_rules(extract).items()
    ]


def suite(contract: Contract) -> dict[str, Any]:
    """The suite of one extract, as Great Expectations' JSON."""
    expectations = [e for column in contract.columns.values() for e in _column_expectations(column)]
    return {
        "name": contract.extract,
        "meta": {"generated_from": f"expectations/contracts/{contract.extract}.toml", "version": contract.version},
        "expectations": expectations + _row_expectations(contract) + _hand_written(contract.extract),
    }


def suite_text(contract: Contract) -> str:
    """The text of a suite's file."""
    return json.dumps(suite(contract), indent=2) + "\n"


def write_suites(folder: Path) -> list[Path]:
    """Writes every suite into a folder."""
    written = []
    for contract in load_contracts().values():
        path = folder / f"{contract.extract}.json"
        path.write_text(suite_text(contract), encoding="utf-8", newline="\n")
        written.append(path)
    return written


if __name__ == "__main__":
    for written_path in write_suites(resources.path("expectations/suites")):
        print(written_path.name)
