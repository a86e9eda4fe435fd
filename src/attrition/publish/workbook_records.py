"""The workbook's sheets about the data itself: feeds, load, findings, validation. No value of a record."""

from pathlib import Path

from attrition.contract import load_contracts
from attrition.publish.headline import NOT_APPLICABLE, Row, published_rows
from attrition.publish.told import stages_behind
from attrition.publish.workbook_labels import force_label
from attrition.publish.workbook_sheets import (
    Basis,
    Cell,
    Column,
    Sheet,
    as_day,
    count,
    covered_cells,
    day_in_words,
    plain_text,
    yes_no,
)


def extract_title(extract: str) -> str:
    """What an extract is called (`cps`: CPS cases); an unknown one keeps its name."""
    contract = load_contracts().get(extract)
    return contract.title if contract else plain_text(extract)


def _iso(value: object) -> str:
    day = as_day(value)
    return day.isoformat() if day else plain_text(None)


def reaches(tables: Path) -> dict[str, str]:
    """For each extract, in words, how far its feeds reach, and how many stop too early."""
    feeds = published_rows(tables, "feeds")
    said = {}
    for extract in dict.fromkeys(row["extract"] for row in feeds):
        own = [row for row in feeds if row["extract"] == extract]
        days = sorted(day for day in (as_day(row["covers_to"]) for row in own) if day)
        short = sum(row["covered"] != "Y" for row in own)
        if not days:
            reach = "has not come" if all(row["why"] == "no_feed" for row in own) else "how far it reaches is not known"
        elif days[0] == days[-1]:
            reach = f"reaches {day_in_words(days[0])}"
        else:
            reach = f"reaches between {day_in_words(days[0])} and {day_in_words(days[-1])}"
        if short and days:
            reach += ", which is too early" if len(own) == 1 else f", {short} of {len(own)} feeds stop too early"
        said[extract] = f"{extract_title(extract)}: {reach}"
    return said


def _stages_behind(extract: str) -> str:
    return "; ".join(stages_behind(extract)) or NOT_APPLICABLE


def feeds_sheet(tables: Path, basis: Basis) -> Sheet:
    """How far each feed reaches and which stages rest on it."""
    rows: list[tuple[Cell, ...]] = []
    for row in published_rows(tables, "feeds"):
        day = as_day(row["covers_to"])
        rows.append(
            (
                extract_title(row["extract"]),
                force_label(row["force"] or ""),
                _iso(row["covers_from"]),
                "has not come" if row["why"] == "no_feed" else _iso(row["covers_to"]),
                max((basis.as_at - day).days, 0) if day else plain_text(None),
                yes_no(row["inferred"]) if day else plain_text(None),
                *covered_cells(row["covered"] == "Y", row["why"]),
                _stages_behind(row["extract"]),
            )
        )
    return Sheet(
        "Feeds",
        "How far each feed reaches",
        basis.of("feeds (an extract from one force)"),
        ("Where a feed stops too early, the stages that rest on it are not covered: missing data is not attrition.",),
        (
            Column("Extract", "text", 28),
            Column("Force", "text", 30),
            Column("Begins (day)", "text", 15),
            Column("Reaches (day)", "text", 15),
            Column("Days before the as-at date", width=15),
            Column("Inferred from the latest event", "text", 17),
            Column("Reaches far enough", "text", 15, "coverage"),
            Column("Why not", "text", 44, "coverage"),
            Column("Stages that rest on it", "text", 60),
        ),
        rows,
        extracts=tuple(load_contracts()),
    )


def load_sheet(tables: Path, basis: Basis) -> Sheet:
    """What became of the rows of each file."""
    numbers = ("rows_read", "accepted", "duplicate", "out_of_scope", "quarantined", "superseded")
    rows: list[tuple[Cell, ...]] = [
        (
            plain_text(row["file"]),
            plain_text(row["source"]),
            extract_title(row["extract"]),
            plain_text(row.get("delivery")),
            _iso(row["covers_to"]),
            *(count(row[name]) for name in numbers),
            plain_text(row["state"]),
            plain_text(row["sha256"])[:12],
        )
        for row in published_rows(tables, "load")
    ]
    return Sheet(
        "Load",
        "What became of the rows of each file",
        basis.of("rows of a file"),
        ("Rows read = accepted + duplicate + out of scope + quarantined, for every file.",),
        (
            Column("File", "text", 38),
            Column("Source", "text", 15),
            Column("Extract", "text", 24),
            Column("Delivery", "text", 14),
            Column("Reaches (day)", "text", 14),
            Column("Rows read", width=13, note="counts"),
            Column("Accepted", width=13),
            Column("Duplicate", width=13),
            Column("Out of scope", width=13),
            Column("Quarantined", width=14),
            Column("Superseded", width=14, note="counts"),
            Column("State", "text", 14),
            Column("SHA-256 (first 12)", "text", 17),
        ),
        rows,
        filters=True,
        extracts=tuple(load_contracts()),
    )


def findings_sheet(tables: Path, basis: Basis) -> Sheet:
    """How often each rule about the data was broken."""
    findings = sorted(
        published_rows(tables, "findings"),
        key=lambda row: (str(row["severity"]), -int(row["count"]), str(row["rule"]), str(row["extract"])),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            plain_text(row["label"]),
            extract_title(row["extract"]) if row["extract"] else plain_text(None),
            plain_text(row["severity"]),
            plain_text(row["owner"]),
            count(row["count"]),
            plain_text(row["rule"]),
        )
        for row in findings
    ]
    return Sheet(
        "Findings",
        "Findings: what the data owners may want to put right",
        basis.of("records or cases, as the rule says"),
        ("A finding is reported and stops nothing. The records behind it go to their owner in a file of their own.",),
        (
            Column("Finding", "text", 70),
            Column("Extract", "text", 26),
            Column("Severity", "text", 14),
            Column("Owner", "text", 20),
            Column("Count", width=12),
            Column("Rule", "text", 36),
        ),
        rows,
        filters=True,
        extracts=tuple(load_contracts()),
    )


# What did not pass comes first.
_STATUS_ORDER = ("failed", "could not run", "passed")


def _status_order(row: Row) -> tuple[int, str, str, str]:
    at = _STATUS_ORDER.index(row["status"]) if row["status"] in _STATUS_ORDER else 0
    return at, str(row["suite"]), str(row["rule"]), str(row["column"])


def validation_sheet(tables: Path, basis: Basis) -> Sheet:
    """The result of each validation rule."""
    rows: list[tuple[Cell, ...]] = [
        (
            plain_text(row["suite"]),
            plain_text(row["rule"]),
            plain_text(row["column"], NOT_APPLICABLE),
            plain_text(row["severity"]),
            plain_text(row["status"]).capitalize(),
            count(row["checked"]),
            count(row["unexpected"]),
        )
        for row in sorted(published_rows(tables, "validation"), key=_status_order)
    ]
    return Sheet(
        "Validation",
        "Validation: which rules the data passed",
        basis.of("rows checked against each rule"),
        ("'Failed' is a fault of the data; 'could not run' is a fault of the check and says nothing about the data.",),
        (
            Column("Suite", "text", 24),
            Column("Rule", "text", 56),
            Column("Column", "text", 26),
            Column("Severity", "text", 14),
            Column("Result", "text", 16),
            Column("Rows checked", width=14),
            Column("Rows that broke it", width=14),
        ),
        rows,
        filters=True,
        extracts=tuple(load_contracts()),
    )
