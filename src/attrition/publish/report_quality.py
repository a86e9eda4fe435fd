"""What is amiss with the data behind the restricted report, and how much of it, in bands. Judges no data itself."""

from pathlib import Path
from typing import Any

from attrition.publish.area_names import extract_name
from attrition.publish.headline import Row, published_rows

# Of the rows of an extract that are in force, this share or more carries the finding.
BANDS = (
    (0.05, "more than 1 in 20"),
    (0.01, "1 in 100 to 1 in 20"),
    (0.001, "1 in 1,000 to 1 in 100"),
    (0.0, "fewer than 1 in 1,000"),
)
NO_BAND = "not known"
SEVERITIES = {"critical": "Critical", "warning": "Warning", "info": "Remark"}
# Any other status says that the check could not run.
_RAN = ("passed", "failed")


def quality_of(tables: Path) -> dict[str, Any]:
    """Findings with their band, checks that failed, checks that could not run. Raises AttritionError without the tables."""
    accepted: dict[str, int] = {}
    quarantined: dict[str, int] = {}
    for row in published_rows(tables, "load"):
        accepted[row["extract"]] = accepted.get(row["extract"], 0) + row["accepted"] - row["superseded"]
        quarantined[row["extract"]] = quarantined.get(row["extract"], 0) + row["quarantined"]
    findings: dict[tuple[str, str, str], Row] = {}
    for row in published_rows(tables, "findings"):
        key = (row["rule"], row["extract"], row["severity"])
        found = findings.setdefault(key, {**row, "count": 0})
        found["count"] += row["count"]
    order = list(SEVERITIES)
    ordered = sorted(
        findings.values(),
        key=lambda row: (order.index(row["severity"]) if row["severity"] in order else len(order), -row["count"], row["rule"], row["extract"]),
    )  # fmt: skip
    checks = published_rows(tables, "validation")
    return {
        "findings": [
            {
                "severity": SEVERITIES.get(row["severity"], row["severity"]),
                "label": row["label"],
                "extract": extract_name(row["extract"]),
                "owner": row["owner"],
                "count": row["count"],
                "band": band(row["count"], accepted.get(row["extract"], 0) + quarantined.get(row["extract"], 0)),
            }
            for row in ordered
        ],
        "checks": len(checks),
        "failed": sum(row["status"] == "failed" for row in checks),
        "notRun": [row["message"] for row in checks if row["status"] not in _RAN],
        "quarantined": sum(quarantined.values()),
        "bands": [text for _, text in BANDS],
    }


def band(count: int, rows: int) -> str:
    """The band of `count` findings among so many rows.

    >>> band(40, 3079), band(1, 3117), band(1, 0)
    ('1 in 100 to 1 in 20', 'fewer than 1 in 1,000', 'not known')
    """
    if rows <= 0:
        return NO_BAND
    return next(text for least, text in BANDS if count / rows >= least)
