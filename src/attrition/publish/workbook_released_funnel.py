"""The sheets of the protected funnel in the workbook of the board and public tiers. Shows cells as they are released."""

from itertools import pairwise

from attrition.publish.headline import LAST_STAGE, NOT_APPLICABLE, UPLIFT_STAGE
from attrition.publish.workbook_funnel import ADVICE_ON_BOUNDS, HEADLINE_STAGES, STAGES
from attrition.publish.workbook_labels import (
    breakdown_label,
    group_label,
    row_order,
    stage_label,
)
from attrition.publish.workbook_released_cells import (
    PERIOD_LABELS,
    PROTECTED,
    QUARTER,
    YEAR,
    Released,
    counted_cells,
    counted_columns,
    counted_line,
    released_sheet,
    shown,
    shown_interval,
    step_cells,
)
from attrition.publish.workbook_sheets import (
    COVERED_COLUMNS,
    Cell,
    Column,
    Sheet,
    covered_cells,
    interval_columns,
)

_STATES = ("progressed", "open", "resolved", "lost")


def headline_sheet(released: Released) -> Sheet:
    """All cases of the latest closed financial year, one row a stage from reported to convicted."""
    years = released.periods(YEAR)
    period = years[-1] if years else ""
    of_year = [row for row in released.funnel if row["period"] == period and row["breakdown"] == "all"]
    rows: list[tuple[Cell, ...]] = []
    for stage, following in pairwise((*HEADLINE_STAGES, "")):
        if not of_year:
            break
        row = released.row(period, "all", "all", stage)
        known = released.covered(period, stage)
        steps_known = known and released.covered(period, following)
        last = stage == LAST_STAGE
        rows.append(
            (
                stage_label(stage),
                shown(row, "entered"),
                *((NOT_APPLICABLE,) * 4 if last else (shown(row, state) for state in _STATES)),
                *((NOT_APPLICABLE,) * 4 if last else step_cells(row, steps_known)),
                *shown_interval(row, "rate_of_recorded", known),
                *covered_cells(known, row.get("why")),
            )
        )
    return released_sheet(
        released,
        "Headline",
        "How many cases reached each stage, and where they stopped: all cases"
        + (f" reported in {released.period_label(period)}" if period else ""),
        (
            "Of the cases that reached a stage, each went on, is still open, ended another way, or was lost.",
            ADVICE_ON_BOUNDS,
            "The headline ends at conviction; the sentence uplift stands apart, on the sheet Uplift.",
            PROTECTED,
            *released.partial_note(),
            *counted_line(of_year),
            *released.caution(),
        ),
        (
            Column("Stage", "text", 23),
            Column("Reached this stage", width=13, note="unit"),
            Column("Went on to the next", width=13, note="protection"),
            Column("Still open here", width=13, note="lost"),
            Column("Ended another way", width=13, note="lost"),
            Column("Lost here", width=13, note="lost"),
            *interval_columns("Went on:\nso far", 13, "so_far"),
            Column("Went on:\nat most", "rate", 13, "so_far"),
            *interval_columns("Reached, % of recorded", 14, "recorded"),
            *COVERED_COLUMNS,
        ),
        rows,
    )


def uplift_sheet(released: Released) -> Sheet:
    """What became of the convicted cases of each year; all cases only, since uplift is not compared between strands."""
    of_years = [row for row in released.funnel if row["period_kind"] == YEAR and row["breakdown"] == "all"]
    rows: list[tuple[Cell, ...]] = []
    for period in released.periods(YEAR):
        row = released.row(period, "all", "all", LAST_STAGE)
        known = released.covered(period, LAST_STAGE, UPLIFT_STAGE)
        rows.append(
            (
                released.period_label(period),
                shown(row, "entered"),
                shown(row, "progressed"),
                shown(row, "resolved"),
                shown(row, "open"),
                *step_cells(row, known),
                *counted_cells(row, of_years),
            )
        )
    return released_sheet(
        released,
        "Uplift",
        "Sentence uplift for hostility among convicted cases, by financial year in which they were reported",
        (
            "Stands apart from the funnel: a conviction without uplift is not a lost case.",
            "Not shown by strand, since the law differs between strands.",
            PROTECTED,
            *released.partial_note(),
            *counted_line(of_years),
            *released.caution(),
        ),
        (
            Column("Financial year", "text", 16, "periods"),
            Column("Convicted cases", width=13, note="uplift"),
            Column("Sentence uplift recorded", width=14, note="protection"),
            Column("None recorded, or not stated in time", width=16),
            Column("Still open", width=12, note="lost"),
            *interval_columns("Uplifted:\nso far", 12, "so_far"),
            Column("Uplifted:\nat most", "rate", 12, "so_far"),
            *counted_columns(of_years),
        ),
        rows,
    )


def all_figures_sheet(released: Released) -> Sheet:
    """Every row of the protected funnel but the uplift by strand."""
    rows: list[tuple[Cell, ...]] = []
    funnel = sorted(
        released.funnel,
        key=lambda row: (
            (YEAR, QUARTER).index(row["period_kind"]),
            row["period"],
            row_order(row),
            STAGES.index(row["stage"]),
        ),
    )
    for row in funnel:
        of_strands = "strand" in row["breakdown"].split("*")
        if of_strands and row["stage"] == UPLIFT_STAGE:
            continue
        ends_here = row["stage"] == UPLIFT_STAGE or (of_strands and row["stage"] == LAST_STAGE)
        at = STAGES.index(row["stage"])
        own = {name: row[name] for name in ("breakdown", "group")}
        known = released.covered(row["period"], *STAGES[at : at + 2], **own)
        rows.append(
            (
                PERIOD_LABELS[row["period_kind"]],
                released.period_label(row["period"]),
                breakdown_label(row["breakdown"]),
                group_label(row["breakdown"], row["group"]),
                stage_label(row["stage"]),
                shown(row, "entered"),
                *((NOT_APPLICABLE,) * 4 if ends_here else (shown(row, state) for state in _STATES)),
                *((NOT_APPLICABLE,) * 4 if ends_here else step_cells(row, known)),
                *shown_interval(row, "rate_of_recorded", row["covered"] == "Y"),
                *covered_cells(row["covered"] == "Y", row["why"]),
                *counted_cells(row, released.funnel),
            )
        )
    return released_sheet(
        released,
        "All figures",
        "All figures by period, breakdown, group and stage",
        (
            "Hate strands overlap and must not be added; uplift is not shown for them.",
            ADVICE_ON_BOUNDS,
            PROTECTED,
            *released.partial_note(),
            *counted_line(released.funnel),
            *released.caution(),
        ),
        (
            Column("Kind of period", "text", 16),
            Column("Period", "text", 14, "periods"),
            Column("Breakdown", "text", 26),
            Column("Group", "text", 32, "strands"),
            Column("Stage", "text", 24),
            Column("Reached this stage", width=14, note="unit"),
            Column("Went on to the next", width=14, note="protection"),
            Column("Still open here", width=14, note="lost"),
            Column("Ended another way", width=14, note="lost"),
            Column("Lost here", width=14, note="lost"),
            *interval_columns("Went on:\nso far", 13, "so_far"),
            Column("Went on:\nat most", "rate", 14, "so_far"),
            *interval_columns("Reached, % of recorded", 14, "recorded"),
            *COVERED_COLUMNS,
            *counted_columns(released.funnel),
        ),
        rows,
        filters=True,
    )
