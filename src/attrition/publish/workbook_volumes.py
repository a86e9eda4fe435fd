"""The workbook's sheets beside the funnel: withdrawal, positive outcomes, volumes of each side, published figures.

Computes no figure itself: a rate stands only where the published table has it.
"""

from pathlib import Path

from attrition import reference
from attrition.publish.headline import LAST_STAGE, NOT_APPLICABLE, Row, published_rows
from attrition.publish.workbook_funnel import INCIDENTS, STAGES
from attrition.publish.workbook_groups import STRAND_ADVICE, small_bases
from attrition.publish.workbook_labels import breakdown_label, force_label, group_label, row_order, stage_label
from attrition.publish.workbook_sheets import (
    Basis,
    Cell,
    Column,
    Sheet,
    count,
    plain_text,
    rate_on,
    yes_no,
)

_SIDES = {"police": "Police", "cps": "CPS", "funnel": "Funnel"}
_SCOPES = {
    "hate_cases": "Hate crime cases",
    "all_received": "All received",
    "flagged": "Flagged as hate crime by the CPS",
}
_OUTCOME_SETS = {
    "positive_home_office_dashboard": "Home Office dashboard",
    "positive_forces": "As many forces count them",
}
_NOT_AFTER = STAGES[STAGES.index(LAST_STAGE) :]


def withdrawal_sheet(tables: Path, basis: Basis) -> Sheet:
    """Cases ended because the victim withdrew: by stage for all cases, over all stages for groups."""
    shown = ("strand", "victim_ethnicity", "business_type", "force")
    published = [
        row
        for row in published_rows(tables, "withdrawal")
        # A convicted case is never lost to a withdrawal.
        if (row["breakdown"] == "all" and row["stage"] not in _NOT_AFTER)
        or (row["breakdown"] in shown and row["stage"] == "all")
    ]
    rows: list[tuple[Cell, ...]] = [
        (
            breakdown_label(row["breakdown"]),
            group_label(row["breakdown"], row["group"]),
            "Any stage" if row["stage"] == "all" else stage_label(row["stage"]),
            count(row["entered"]),
            count(row["withdrew"]),
            rate_on(row["share_of_entered"], int(row["entered"]), row["covered"] == "Y", basis.smallest_base),
            count(row["lost"]),
            count(row["withdrew_lost"]),
            rate_on(row["share_of_lost"], int(row["lost"]), row["covered"] == "Y", basis.smallest_base),
            yes_no(row["covered"]),
        )
        for row in sorted(published, key=lambda row: (row_order(row), row["stage_order"]))
    ]
    return Sheet(
        "Victim withdrawal",
        "How many cases ended because the victim did not support, or no longer supported, action",
        basis.of(INCIDENTS),
        (
            "A case counts once, at the furthest stage it reached. 'Any stage' divides by all cases recorded as crimes.",
            "A withdrawal says nothing of why: fear, delay and how the victim was treated are all possible.",
            STRAND_ADVICE,
            *small_bases(basis),
        ),
        (
            Column("Breakdown", "text", 18),
            Column("Group", "text", 27, "strands"),
            Column("Furthest stage", "text", 24),
            Column("Reached this stage", width=13),
            Column("Ended by withdrawal", width=13, note="withdrawal"),
            Column("% of cases that reached the stage", "rate", 14),
            Column("Lost here", width=12, note="lost"),
            Column("Lost by withdrawal", width=13, note="withdrawal"),
            Column("% of lost cases", "rate", 12),
            Column("Covered by the feeds", "text", 14, "coverage"),
        ),
        rows,
        filters=True,
    )


def _outcome_set(name: str) -> str:
    return _OUTCOME_SETS.get(name) or plain_text(name.replace("_", " ").capitalize())


def _codes_of_sets() -> tuple[str, ...]:
    """For each set a line with its police outcomes."""
    codes: dict[tuple[str, str], list[str]] = {}
    for row in reference.rows("outcome_set"):
        codes.setdefault((row["outcome_set"], row["version"]), []).append(row["code"])
    return tuple(
        f"{_outcome_set(name)} ({version}): outcomes {', '.join(found)}." for (name, version), found in codes.items()
    )


def positive_outcomes_sheet(tables: Path, basis: Basis) -> Sheet:
    """Cases with an outcome that is called positive, by each published definition."""
    rows: list[tuple[Cell, ...]] = []
    for row in sorted(
        published_rows(tables, "positive_outcomes"),
        key=lambda row: (row_order(row), row["outcome_set"], row["version"]),
    ):
        covered = row["covered"] == "Y"
        rows.append(
            (
                breakdown_label(row["breakdown"]),
                group_label(row["breakdown"], row["group"]),
                _outcome_set(row["outcome_set"]),
                plain_text(row["version"]),
                count(row["recorded"]),
                count(row["with_outcome"]),
                count(row["positive"]),
                rate_on(row["positive_rate"], int(row["recorded"]), covered, basis.smallest_base),
                rate_on(row["positive_share_of_outcomes"], int(row["with_outcome"]), covered, basis.smallest_base),
                yes_no(row["covered"]),
            )
        )
    return Sheet(
        "Positive outcomes",
        "How many recorded cases had a police outcome that is called positive",
        basis.of(INCIDENTS),
        (
            "There is no one definition: compare only figures of one set and version.",
            STRAND_ADVICE,
            *_codes_of_sets(),
            *small_bases(basis),
        ),
        (
            Column("Breakdown", "text", 16),
            Column("Group", "text", 27, "strands"),
            Column("Set of outcomes", "text", 27, "positive"),
            Column("Version", "text", 10),
            Column("Recorded", width=12),
            Column("With an outcome", width=12),
            Column("Positive", width=12),
            Column("Positive, % of recorded", "rate", 13),
            Column("Positive, % of with outcome", "rate", 13),
            Column("Covered by the feeds", "text", 14, "coverage"),
        ),
        rows,
        filters=True,
    )


def _definitions(table: str) -> dict[tuple[str, str], tuple[int, str]]:
    """What each measure of a side counts, and its place in the list: a total before its parts."""
    listed = (row for row in reference.rows("count_definition") if row["table_name"] == table)
    return {(row["source"], row["measure"]): (at, row["meaning"]) for at, row in enumerate(listed)}


def _meaning(definitions: dict[tuple[str, str], tuple[int, str]], side: str, measure: object) -> str:
    found = definitions.get((side, str(measure)))
    return found[1] if found else plain_text(measure, NOT_APPLICABLE)


def _force_order(force: str) -> tuple[int, str]:
    return {"all": 0, "unknown": 2}.get(force, 1), force


def both_sides_sheet(tables: Path, basis: Basis) -> Sheet:
    """What police and CPS each did in a financial year, linked or not."""
    definitions = _definitions("volumes")
    scopes = list(_SCOPES)

    def place(row: Row) -> tuple[object, ...]:
        at, _ = definitions.get((row["side"], row["measure"]), (len(definitions), ""))
        scope = scopes.index(row["scope"]) if row["scope"] in scopes else len(scopes)
        return _force_order(row["force"]), scope, at, row["measure"], row["outcome_group"], row["period"]

    published = [row for row in published_rows(tables, "volumes") if row["period_kind"] == "financial_year"]
    rows: list[tuple[Cell, ...]] = []
    for row in sorted(published, key=place):
        base = int(row["of_count"] or 0)
        rows.append(
            (
                force_label(row["force"]),
                _SIDES.get(row["side"], plain_text(row["side"])),
                _SCOPES.get(row["scope"], plain_text(row["scope"])),
                _meaning(definitions, row["side"], row["measure"]),
                plain_text(row["outcome_group"], "all").capitalize(),
                plain_text(row["period"]),
                plain_text(row["unit"]),
                count(row["count"]),
                rate_on(row["rate"], base, row["covered"] == "Y" or not row["rate_name"], basis.smallest_base),
                _meaning(definitions, row["side"], row["of_measure"]),
                yes_no(row["covered"]),
            )
        )
    return Sheet(
        "Both sides",
        "What police and CPS each did in a financial year, linked or not",
        basis.of("stated in a column"),
        (
            "Apart from the funnel: the cases of one row are not those of another. Divide no row by another.",
            "The outcomes of one kind add up to the row 'All' above them. Years that are not covered are incomplete.",
            "The file tables/volumes.csv has every month.",
        ),
        (
            Column("Force", "text", 20),
            Column("Side", "text", 9),
            Column("Which", "text", 24, "unlinked"),
            Column("What is counted", "text", 50),
            Column("Kind of reason", "text", 24),
            Column("Financial year", "text", 12),
            Column("Unit", "text", 11, "unit"),
            Column("Count", width=11),
            Column("Rate", "rate", 10, "unlinked"),
            Column("The rate is of", "text", 50),
            Column("Covered by the feeds", "text", 14, "coverage"),
        ),
        rows,
        filters=True,
    )


def reconciliation_sheet(tables: Path, basis: Basis) -> Sheet:
    """Our counts held against those of each side."""
    order = {measure: at for (_, measure), (at, _) in _definitions("reconciliation").items()}
    published = sorted(
        published_rows(tables, "reconciliation"),
        key=lambda row: (
            _force_order(row["force"]),
            row["financial_year"],
            order.get(row["measure"], len(order)),
            row["measure"],
        ),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            force_label(row["force"]),
            plain_text(row["financial_year"]),
            plain_text(row["note"]),
            _SIDES.get(row["source"], plain_text(row["source"])),
            plain_text(row["unit"]),
            count(row["count"]),
            plain_text(row["dated_by"]),
            yes_no(row["covered"]),
        )
        for row in published
    ]
    return Sheet(
        "Reconciliation",
        "Our counts held against those of police and CPS, by force and financial year",
        basis.of("stated in a column"),
        (
            "A row that begins with 'Of these' is part of the total above it.",
            "Linked and unlinked add up to their total. A count of none is left out.",
        ),
        (
            Column("Force", "text", 20),
            Column("Financial year", "text", 12),
            Column("What is counted", "text", 66),
            Column("Whose count", "text", 12),
            Column("Unit", "text", 11, "unit"),
            Column("Count", width=11),
            Column("In the year of", "text", 36),
            Column("Covered by the feeds", "text", 14, "coverage"),
        ),
        rows,
        filters=True,
    )


def published_figures_sheet(tables: Path, basis: Basis) -> Sheet:
    """Our figures beside published ones of the same units."""
    meanings = {row["measure"]: row["meaning"] for row in reference.rows("measure") if row["form"] == "row"}
    published = published_rows(tables, "benchmarks")
    rows: list[tuple[Cell, ...]] = [
        (
            plain_text(meanings.get(row["measure"], row["measure"])),
            plain_text(row["unit"]),
            count(row["our_numerator"]),
            count(row["our_denominator"]),
            rate_on(row["our_value"], int(row["our_denominator"]), row["covered"] == "Y", basis.smallest_base),
            rate_on(row["published_value"], 0),
            plain_text(row["published_area"]),
            plain_text(row["published_year"]),
            plain_text(row["source"]),
            plain_text(row["caveat"], NOT_APPLICABLE),
            yes_no(row["covered"]),
        )
        for row in published
    ]
    return Sheet(
        "Published figures",
        "Our figures beside published ones, where both have the same units",
        basis.of("stated in a column"),
        (
            *dict.fromkeys(plain_text(row["note"]) for row in published),
            *dict.fromkeys(f"Ours: {plain_text(row['our_period'])}." for row in published),
            *small_bases(basis),
        )
        or ("No published figure has the units of one of ours.",),
        (
            Column("Measure", "text", 46),
            Column("Unit", "text", 11, "unit"),
            Column("Ours: part", width=11),
            Column("Ours: of", width=11),
            Column("Ours", "rate", 10),
            Column("Published", "rate", 11),
            Column("Published area", "text", 20),
            Column("Published year", "text", 16),
            Column("Source", "text", 36),
            Column("Caveat", "text", 40),
            Column("Covered by the feeds", "text", 14, "coverage"),
        ),
        rows,
        filters=True,
    )
