"""The workbook's sheets of the whole funnel: headline, uplift and all figures. Counts no case."""

from pathlib import Path

from attrition import reference
from attrition.publish.headline import (
    LAST_STAGE,
    NOT_APPLICABLE,
    UPLIFT_STAGE,
    coverage_caveat,
    headline_rows,
    published_rows,
    uplift_row,
)
from attrition.publish.workbook_labels import (
    breakdown_label,
    group_label,
    left_out,
    long_breakdowns,
    row_order,
    stage_label,
)
from attrition.publish.workbook_notes import NOTE_NUMBER
from attrition.publish.workbook_sheets import (
    COVERED_COLUMNS,
    Basis,
    Cell,
    Column,
    Sheet,
    count,
    covered_cells,
    plain_text,
    rate,
    share,
)

STAGES = tuple(stage["stage"] for stage in reference.rows("stage"))
HEADLINE_STAGES = tuple(stage for stage in STAGES if stage != UPLIFT_STAGE)
INCIDENTS = "incidents"
ADVICE_ON_BOUNDS = "A final rate lies between 'so far' and 'at most'; open cases are not lost."


def caution(tables: Path) -> tuple[str, ...]:
    """The caveat on stages that are not covered, as a line of a sheet; empty where all are covered."""
    caveat = coverage_caveat(tables)
    return (f"Caution. {caveat}",) if caveat else ()


def headline_sheet(tables: Path, basis: Basis) -> Sheet:
    """All cases, one row a stage from reported to convicted."""
    rows: list[tuple[Cell, ...]] = []
    for row in headline_rows(tables):
        last = row.stage == LAST_STAGE
        counts = tuple(count(number) for number in (row.progressed, row.open, row.resolved, row.lost))
        rates: tuple[Cell, ...] = (
            rate(row.step_rate, row.steps_known),
            rate(row.step_rate_max, row.steps_known),
        )
        rows.append(
            (
                row.label,
                count(row.entered),
                *((NOT_APPLICABLE,) * 4 if last else counts),
                *((NOT_APPLICABLE,) * 2 if last else rates),
                rate(row.rate_of_recorded, row.covered),
                count(row.crimes),
                *covered_cells(row.covered, row.why),
            )
        )
    return Sheet(
        "Headline",
        "How many cases reached each stage, and where they stopped: all cases",
        basis.of(INCIDENTS),
        (
            "Of the cases that reached a stage, each went on, is still open, ended another way, or was "
            "lost: the four add up.",
            ADVICE_ON_BOUNDS,
            "The headline ends at conviction; the sentence uplift stands apart, on the sheet Uplift.",
            *caution(tables),
        ),
        (
            Column("Stage", "text", 23),
            Column("Reached this stage", width=13, note="unit"),
            Column("Went on to the next", width=13),
            Column("Still open here", width=13, note="lost"),
            Column("Ended another way", width=13, note="lost"),
            Column("Lost here", width=13, note="lost"),
            Column("Went on:\nso far", "rate", 13, "so_far"),
            Column("Went on:\nat most", "rate", 13, "so_far"),
            Column("Reached, % of recorded", "rate", 14, "recorded"),
            Column("Crimes", width=13, note="crimes"),
            *COVERED_COLUMNS,
        ),
        rows,
    )


def uplift_sheet(tables: Path, basis: Basis) -> Sheet:
    """What became of the convicted cases; all cases only, since uplift is not compared between strands."""
    convicted = uplift_row(tables)
    reasons = [
        row for row in published_rows(tables, "reasons") if row["breakdown"] == "all" and row["stage"] == LAST_STAGE
    ]
    counts: list[tuple[str, int | None]] = [
        ("Convicted cases", convicted.entered),
        ("Sentence uplift recorded", convicted.progressed),
        *((plain_text(row["label"]), int(row["count"])) for row in sorted(reasons, key=lambda row: str(row["reason"]))),
        ("Still open: another defendant is waiting, or uplift is not stated yet", convicted.open),
    ]
    return Sheet(
        "Uplift",
        "Sentence uplift for hostility among convicted cases: all cases",
        basis.of(INCIDENTS),
        (
            "Stands apart from the funnel: a conviction without uplift is not a lost case.",
            "Not shown by strand, since the law differs between strands.",
            *caution(tables),
        ),
        (
            Column("What became of convicted cases", "text", 45, "uplift"),
            Column("Cases", width=14),
            Column("% of convicted cases", "rate", 16),
        ),
        [
            (
                label,
                count(number),
                share(number or 0, convicted.entered or 0, number is not None and convicted.steps_known),
            )
            for label, number in counts
        ],
        first_row_is_total=True,
    )


def all_figures_sheet(tables: Path, basis: Basis) -> Sheet:
    """Every row of the funnel, but the uplift by strand and breakdowns of very many groups."""
    rows: list[tuple[Cell, ...]] = []
    published = published_rows(tables, "funnel")
    too_long = long_breakdowns(published)
    funnel = sorted(
        (row for row in published if row["breakdown"] not in too_long),
        key=lambda row: (row_order(row), STAGES.index(row["stage"])),
    )
    covered = {(row["breakdown"], row["group"], row["stage"]): row["covered"] == "Y" for row in published}
    for row in funnel:
        of_strands = "strand" in row["breakdown"].split("*")
        if of_strands and row["stage"] == UPLIFT_STAGE:
            continue
        ends_here = row["stage"] == UPLIFT_STAGE or (of_strands and row["stage"] == LAST_STAGE)
        states = tuple(count(row[name]) for name in ("progressed", "open", "resolved", "lost"))
        at = STAGES.index(row["stage"])
        places = [(row["breakdown"], row["group"], stage) for stage in STAGES[at : at + 2]]
        known = covered[places[0]]
        steps_known = all(covered[place] for place in places if place in covered)
        steps = (rate(row["step_rate"], steps_known), rate(row["step_rate_max"], steps_known))
        rows.append(
            (
                breakdown_label(row["breakdown"]),
                group_label(row["breakdown"], row["group"]),
                stage_label(row["stage"]),
                count(row["entered"]),
                *((NOT_APPLICABLE,) * 4 if ends_here else states),
                count(row["implied"]),
                count(row["crimes"]),
                *((NOT_APPLICABLE,) * 2 if ends_here else steps),
                rate(row["rate_of_recorded"], known),
                *covered_cells(known, row["why"]),
            )
        )
    return Sheet(
        "All figures",
        "All figures by breakdown, group and stage",
        basis.of(INCIDENTS),
        (
            "Where a stage is not covered, its counts are those seen by way of other stages, and its rates are not known: the last "
            "column says why.",
            "Rates on a few cases are shown here as they are. Hate strands overlap and must not be added; "
            "uplift is not shown for them.",
            f"Victim support describes closed cases; it does not compare groups (note {NOTE_NUMBER['support']}).",
            *left_out(too_long, "funnel"),
        ),
        (
            Column("Breakdown", "text", 26),
            Column("Group", "text", 32, "strands"),
            Column("Stage", "text", 24),
            Column("Reached this stage", width=14, note="unit"),
            Column("Went on to the next", width=14),
            Column("Still open here", width=14),
            Column("Ended another way", width=14, note="lost"),
            Column("Lost here", width=14, note="lost"),
            Column("Implied", width=14, note="implied"),
            Column("Crimes", width=14, note="crimes"),
            Column("Went on:\nso far", "rate", 14, "so_far"),
            Column("Went on:\nat most", "rate", 14, "so_far"),
            Column("Reached, % of recorded", "rate", 15, "recorded"),
            *COVERED_COLUMNS,
        ),
        rows,
        filters=True,
    )
