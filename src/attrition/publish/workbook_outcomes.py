"""The workbook's sheets of outcomes by name: victim withdrawal and positive outcomes. Counts no case."""

from pathlib import Path

from attrition import reference
from attrition.publish.headline import LAST_STAGE, published_rows
from attrition.publish.workbook_funnel import INCIDENTS, STAGES
from attrition.publish.workbook_groups import STRAND_ADVICE, small_bases
from attrition.publish.workbook_labels import breakdown_label, group_label, row_order, stage_label
from attrition.publish.workbook_sheets import (
    COVERED_COLUMNS,
    Basis,
    Cell,
    Column,
    Sheet,
    count,
    covered_cells,
    plain_text,
    rate_on,
)

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
            rate_on(
                row["share_of_entered"],
                row["entered"],
                row["covered"] == "Y" and row["withdrew"] is not None,
                basis.smallest_base,
            ),
            count(row["lost"]),
            count(row["withdrew_lost"]),
            rate_on(
                row["share_of_lost"],
                row["lost"],
                row["covered"] == "Y" and row["withdrew"] is not None,
                basis.smallest_base,
            ),
            *covered_cells(row["covered"] == "Y", row["why"]),
        )
        for row in sorted(published, key=lambda row: (row_order(row), row["stage_order"]))
    ]
    return Sheet(
        "Victim withdrawal",
        "How many cases ended because the victim did not support, or no longer supported, action",
        basis.of(INCIDENTS),
        (
            "A case counts once, at the furthest stage it reached. 'Any stage' divides by all cases recorded as crimes.",
            "That a victim withdrew does not say why.",
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
            *COVERED_COLUMNS,
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
                rate_on(row["positive_rate"], row["recorded"], covered, basis.smallest_base),
                rate_on(row["positive_share_of_outcomes"], row["with_outcome"], covered, basis.smallest_base),
                *covered_cells(covered, row["why"]),
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
            *COVERED_COLUMNS,
        ),
        rows,
        filters=True,
    )
