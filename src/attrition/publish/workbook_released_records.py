"""The sheets of changes and feeds in the workbook of the board and public tiers. Names no record."""

from attrition.publish.headline import NOT_APPLICABLE, NOT_AVAILABLE, published_rows
from attrition.publish.told import stages_behind
from attrition.publish.workbook_funnel import STAGES
from attrition.publish.workbook_labels import (
    breakdown_label,
    force_label,
    group_label,
    row_order,
    stage_label,
)
from attrition.publish.workbook_notes import RELEASED_SHORTHAND
from attrition.publish.workbook_records import extract_title
from attrition.publish.workbook_released_cells import (
    KINDS,
    PERIOD_LABELS,
    PROTECTED,
    Released,
    released_sheet,
    shown,
)
from attrition.publish.workbook_sheets import (
    Cell,
    Column,
    Sheet,
    as_day,
    covered_cells,
    plain_text,
)

_CHANGED = {
    "entered": "Reached this stage",
    "open": "Still open here",
    "resolved": "Ended another way",
    "lost": "Lost here",
}


def changes_sheet(released: Released) -> Sheet:
    """What this publication says otherwise than the one before it."""
    published = published_rows(released.tables, "changes")
    rows: list[tuple[Cell, ...]] = []
    for row in sorted(
        published,
        key=lambda row: (
            KINDS.index(row["period_kind"]),
            row["period"],
            row_order(row),
            STAGES.index(row["stage"]),
            row["column"],
        ),
    ):
        before, now = shown(row, "before"), shown(row, "now")
        either = before if isinstance(before, str) else now
        rows.append(
            (
                PERIOD_LABELS[row["period_kind"]],
                plain_text(row["period"]),
                breakdown_label(row["breakdown"]),
                group_label(row["breakdown"], row["group"]),
                stage_label(row["stage"]),
                _CHANGED.get(row["column"], plain_text(row["column"]).replace("_", " ")),
                before,
                now,
                either if isinstance(either, str) else int(now) - int(before),
            )
        )
    return released_sheet(
        released,
        "What changed",
        "What changed since the publication before this one",
        (
            "Figures of closed periods change when all periods are counted anew: cases have moved on, or records were put right.",
            PROTECTED,
        ),
        (
            Column("Kind of period", "text", 16),
            Column("Period", "text", 14, "periods"),
            Column("Breakdown", "text", 18),
            Column("Group", "text", 27, "strands"),
            Column("Stage", "text", 24),
            Column("What is counted", "text", 22),
            Column("Before", width=12, note="protection"),
            Column("Now", width=12),
            Column("Difference", width=12),
        ),
        rows,
        filters=True,
    )


def feeds_sheet(released: Released) -> Sheet:
    """How far each feed reaches and which stages rest on it."""
    rows: list[tuple[Cell, ...]] = []
    for row in published_rows(released.tables, "feeds"):
        day = as_day(row["covers_to"])
        rows.append(
            (
                extract_title(row["extract"]),
                force_label(row["force"] or ""),
                day.isoformat() if day else "has not come" if row["why"] == "no_feed" else NOT_AVAILABLE,
                *covered_cells(row["covered"] == "Y", row["why"]),
                "; ".join(stages_behind(row["extract"])) or NOT_APPLICABLE,
            )
        )
    return Sheet(
        "Feeds",
        "How far each feed reaches",
        released.basis.of("feeds (an extract from one force)"),
        ("Where a feed stops too early, the stages that rest on it are not covered: missing data is not attrition.",),
        (
            Column("Extract", "text", 28),
            Column("Force", "text", 30),
            Column("Reaches (day)", "text", 15),
            Column("Reaches far enough", "text", 15, "coverage"),
            Column("Why not", "text", 44, "coverage"),
            Column("Stages that rest on it", "text", 60),
        ),
        rows,
        shorthand=RELEASED_SHORTHAND,
    )
