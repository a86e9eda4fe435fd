"""The sheets of ages, weeks and days in the workbook of the board and public tiers. Counts no case."""

from attrition.publish.headline import LOW, NOT_AVAILABLE, Row, published_rows
from attrition.publish.workbook_funnel import STAGES
from attrition.publish.workbook_labels import (
    breakdown_label,
    group_label,
    row_order,
    stage_label,
    step_label,
)
from attrition.publish.workbook_notes import RELEASED_SHORTHAND
from attrition.publish.workbook_released_cells import (
    KINDS,
    PERIOD_LABELS,
    PROTECTED,
    Released,
    counted_cells,
    counted_columns,
    counted_line,
    released_sheet,
    shown,
    shown_interval,
)
from attrition.publish.workbook_sheets import (
    Cell,
    Column,
    Sheet,
    as_day,
    count,
    interval_columns,
    plain_text,
    rate,
)


def age_sheet(released: Released) -> Sheet:
    """What had become of cases at a fixed age, by period of recording and group."""
    published = published_rows(released.tables, "fixed_age")
    ages = sorted(
        published,
        key=lambda row: (row_order(row), STAGES.index(row["stage"]), KINDS.index(row["period_kind"]), row["period"]),
    )
    rows: list[tuple[Cell, ...]] = []
    for row in ages:
        usable_from = as_day(row["usable_from"])
        rows.append(
            (
                breakdown_label(row["breakdown"]),
                group_label(row["breakdown"], row["group"]),
                stage_label(row["stage"]),
                count(row["window_days"]),
                PERIOD_LABELS[row["period_kind"]],
                plain_text(row["period"]),
                shown(row, "old_enough"),
                shown(row, "reached"),
                *shown_interval(row, "rate"),
                usable_from.isoformat() if usable_from else "Now",
                *counted_cells(row, published),
            )
        )
    return released_sheet(
        released,
        "At the same age",
        "Cases that had reached each milestone at the same age, by period of recording",
        (
            "Old and new cases have had the same time: the rates may be compared, as those 'so far' may not.",
            "A period that is not old enough yet shows [x] and the day from which it can be used.",
            PROTECTED,
            *counted_line(published),
        ),
        (
            Column("Breakdown", "text", 18),
            Column("Group", "text", 27, "strands"),
            Column("Milestone", "text", 24),
            Column("By day after recording", width=13, note="same_age"),
            Column("Kind of period", "text", 16),
            Column("Recorded in", "text", 16, "periods"),
            Column("Old enough", width=13, note="same_age"),
            Column("Reached by that day", width=13, note="protection"),
            *interval_columns("Reached, % of old enough"),
            Column("Usable from", "text", 14, "same_age"),
            *counted_columns(published),
        ),
        rows,
        filters=True,
    )


def _by_step(row: Row) -> tuple[int, str, int]:
    return KINDS.index(row["period_kind"]), row["period"], STAGES.index(row["from_stage"])


def _step(row: Row) -> tuple[Cell, ...]:
    return PERIOD_LABELS[row["period_kind"]], plain_text(row["period"]), step_label(row["from_stage"], row["to_stage"])


_STEP_COLUMNS = (
    Column("Kind of period", "text", 16),
    Column("Period", "text", 14, "periods"),
    Column("Step", "text", 36),
)


def days_sheet(released: Released) -> Sheet:
    """How long each step takes, in whole weeks."""
    published = published_rows(released.tables, "days")
    weeks = ("median_weeks", "p75_weeks", "p90_weeks")
    rows = [
        (*_step(row), *(shown(row, name) for name in weeks), *counted_cells(row, published))
        for row in sorted(published, key=_by_step)
    ]
    return released_sheet(
        released,
        "Weeks to next stage",
        "How many weeks each step takes: all cases",
        (
            "The weeks are of the cases that made the step: half of them made it within the first number of weeks.",
            "An open case is still waiting; it is not lost.",
            *counted_line(published),
        ),
        (
            *_STEP_COLUMNS,
            Column("Half within (weeks)", width=13, note="weeks"),
            Column("75% within (weeks)", width=13),
            Column("90% within (weeks)", width=13),
            *counted_columns(published),
        ),
        rows,
        filters=True,
        shorthand={**RELEASED_SHORTHAND, LOW: "low reliability: too few cases made the step"},
    )


def curves_sheet(released: Released) -> Sheet:
    """By day: the share of cases that had gone on, were lost, or had ended another way."""
    published = published_rows(released.tables, "curves")
    rows = [
        (
            *_step(row),
            count(row["day"]),
            *(_share(row, name) for name in ("progressed", "progressed_lower", "progressed_upper", "lost", "resolved")),
            *counted_cells(row, published),
        )
        for row in sorted(published, key=lambda row: (_by_step(row), row["day"]))
    ]
    return released_sheet(
        released,
        "By day",
        "What had become of cases by each day after they reached a stage: all cases",
        ("The shares that are missing to 100% are open cases; they are not lost.", *counted_line(published)),
        (
            *_STEP_COLUMNS,
            Column("Day", width=10),
            *interval_columns("Went on by then", 13, "curve"),
            Column("Lost by then", "rate", 13, "lost"),
            Column("Ended another way by then", "rate", 15, "lost"),
            *counted_columns(published),
        ),
        rows,
        filters=True,
    )


def _share(row: Row, name: str) -> Cell:
    value = row[name]
    # A share that is not there is not known: there always were cases to divide by.
    return NOT_AVAILABLE if value is None else rate(value)
