"""The workbook's sheets of outcomes at the same age, by period of recording, by group and over time. Counts no case."""

from pathlib import Path

from attrition import reference
from attrition.publish.headline import NOT_AVAILABLE, Row, published_rows
from attrition.publish.workbook_funnel import INCIDENTS
from attrition.publish.workbook_groups import STRAND_ADVICE, small_bases
from attrition.publish.workbook_labels import breakdown_label, group_label, row_order, stage_label
from attrition.publish.workbook_sheets import (
    NONE_TOLD,
    Basis,
    Cell,
    Column,
    Sheet,
    as_day,
    count,
    interval_cells,
    interval_columns,
    number,
    plain_text,
    rate_on,
)

SAME_AGE = "Old and new cases have had the same time: the rates may be compared, as those 'so far' may not."
_KINDS = ("", "financial_year", "quarter")


def _milestone_columns() -> tuple[Column, ...]:
    return (
        Column("Milestone", "text", 24),
        Column("By day after recording", width=13, note="same_age"),
    )


_AGE_COLUMNS = (
    Column("Recorded", width=12, note="recorded"),
    Column("Old enough", width=13, note="same_age"),
    Column("Reached by that day", width=13),
    *interval_columns("Reached, % of old enough"),
    Column("Day of the suspect not known", width=14, note="undated"),
    Column("Usable from", "text", 14, "same_age"),
)


def _age_cells(row: Row, smallest_base: int) -> tuple[Cell, ...]:
    usable = row["usable"] == "Y"
    usable_from = as_day(row["usable_from"])
    return (
        count(row["recorded"]),
        count(row["old_enough"]),
        count(row["reached"]),
        *interval_cells(row, "rate", row["old_enough"], usable, smallest_base),
        count(row["untimed"]),
        "Now" if usable else plain_text(usable_from),
    )


def _by_period(ages: list[Row], basis: Basis) -> Sheet:
    of_all = sorted(
        (row for row in ages if row["breakdown"] == "all"),
        key=lambda row: (row["stage_order"], _KINDS.index(row["period_kind"]), row["period"]),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            stage_label(row["stage"]),
            count(row["window_days"]),
            plain_text(row["period"], "All periods"),
            *_age_cells(row, basis.smallest_base),
        )
        for row in of_all
    ]
    return Sheet(
        "At the same age",
        "Cases that had reached each milestone at the same age, by period of recording: all cases",
        basis.of(INCIDENTS),
        (
            SAME_AGE,
            "A period that is not old enough yet shows [x] and the day from which it can be used.",
            *small_bases(basis),
        ),
        (*_milestone_columns(), Column("Recorded in", "text", 16), *_AGE_COLUMNS),
        rows,
        filters=True,
        nothing=NONE_TOLD,
    )


def _by_group(ages: list[Row], basis: Basis) -> Sheet:
    of_groups = sorted(
        (row for row in ages if row["breakdown"] in ("all", "strand", "business_type") and not row["period_kind"]),
        key=lambda row: (row_order(row)[:2], row["stage_order"], row_order(row)),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            breakdown_label(row["breakdown"]),
            group_label(row["breakdown"], row["group"]),
            stage_label(row["stage"]),
            count(row["window_days"]),
            *_age_cells(row, basis.smallest_base),
        )
        for row in of_groups
    ]
    return Sheet(
        "Same age by group",
        "Cases that had reached each milestone at the same age, by hate strand and business type",
        basis.of(INCIDENTS),
        (
            SAME_AGE,
            STRAND_ADVICE,
            *small_bases(basis),
            "The file tables/fixed_age.csv has further groups, and every group by period.",
        ),
        (
            Column("Breakdown", "text", 18),
            Column("Group", "text", 27, "strands"),
            *_milestone_columns(),
            *_AGE_COLUMNS,
        ),
        rows,
        filters=True,
        nothing=NONE_TOLD,
    )


def age_sheets(tables: Path, basis: Basis) -> list[Sheet]:
    """What had become of cases at a fixed age: by period of recording, and by group."""
    ages = published_rows(tables, "fixed_age")
    return [_by_period(ages, basis), _by_group(ages, basis)]


def _signals(row: Row) -> str:
    """The rules that a point meets, or why the chart can have none; [x] where what it counts is not told."""
    if row["count"] is None:
        return NOT_AVAILABLE
    if row["reason"]:
        return f"No limits: {plain_text(row['reason'])}"
    rules = plain_text(row["rules"], "none")
    return rules[:1].upper() + rules[1:]


_LAST_COLUMNS = (
    Column("Signal", "text", 30, "chart"),
    Column("What happened then", "text", 48),
)
_LEFT_OUT = "Periods of which months are missing in an extract are [x] and left out of mean and limits."
_ADVICE = "Limits show how far the figures vary without any cause; a signal is a reason to look closer, and no verdict."


def _left_out(charts: list[Row]) -> tuple[str, ...]:
    """The line on periods that are not told beside others that are, where there is one."""
    return (_LEFT_OUT,) if any(row["count"] is None and row["mean"] is not None for row in charts) else ()


def _recorded(charts: list[Row], basis: Basis) -> Sheet:
    recorded = [row for row in charts if row["measure"] == "recorded"]
    rows: list[tuple[Cell, ...]] = [
        (
            plain_text(row["period"]),
            count(row["count"]),
            *(number(row[name]) for name in ("mean", "low", "high")),
            _signals(row),
            plain_text(row["events"], "None"),
        )
        for row in recorded
    ]
    return Sheet(
        "Recorded over time",
        "How many cases were recorded as crimes in each month or quarter: all cases",
        basis.of(INCIDENTS),
        (
            _ADVICE,
            "More recorded cases may mean more crime, more reporting or better recording.",
            *_left_out(recorded),
        ),
        (
            Column("Recorded in", "text", 16),
            Column("Cases recorded", width=13),
            Column("Mean", "number", 12, "chart"),
            Column("Lower limit", "number", 12),
            Column("Upper limit", "number", 12),
            *_LAST_COLUMNS,
        ),
        rows,
    )


def _milestones(charts: list[Row], windows: dict[str, int], basis: Basis) -> Sheet:
    order = {row["stage"]: at for at, row in enumerate(reference.rows("milestone"))}
    # What was decided in a month counts suspects, defendants or crimes: another unit, so not on this sheet.
    reached = sorted(
        (row for row in charts if row["measure"] in order),
        key=lambda row: (order[row["measure"]], row["period"]),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            stage_label(row["measure"]),
            count(windows.get(row["measure"])),
            plain_text(row["period"]),
            count(row["cases"]),
            count(row["count"]),
            rate_on(row["value"], row["cases"], True, basis.smallest_base),
            *(rate_on(row[name], row["cases"]) for name in ("mean", "low", "high")),
            _signals(row),
            plain_text(row["events"], "None"),
        )
        for row in reached
    ]
    return Sheet(
        "Milestones over time",
        "Share of each month's cases that had reached each milestone at the same age: all cases",
        basis.of(INCIDENTS),
        (
            _ADVICE,
            "Quarters stand where months are too few or too small. Periods whose cases are not all old enough are left out.",
            *_left_out(reached),
            *small_bases(basis),
            "The file tables/control_charts.csv has the same by hate strand and by force, and what police and CPS decided in each month.",
        ),
        (
            *_milestone_columns(),
            Column("Recorded in", "text", 16),
            Column("Cases recorded", width=13),
            Column("Reached by that day", width=13),
            Column("Reached, % of recorded", "rate", 13),
            Column("Mean", "rate", 11, "chart"),
            Column("Lower limit", "rate", 13),
            Column("Upper limit", "rate", 13),
            *_LAST_COLUMNS,
        ),
        rows,
        filters=True,
        nothing=NONE_TOLD,
    )


def chart_sheets(tables: Path, basis: Basis) -> list[Sheet]:
    """All cases over time with the limits of their ordinary variation: recorded, and at each milestone."""
    charts = [row for row in published_rows(tables, "control_charts") if row["breakdown"] == "all"]
    windows = {row["stage"]: int(row["window_days"]) for row in published_rows(tables, "fixed_age")}
    return [_recorded(charts, basis), _milestones(charts, windows, basis)]
