"""The workbook's sheets of comparisons: differences between groups, areas and units, the pilot. Counts no case, ranks nobody."""

from pathlib import Path

from attrition.publish.headline import NOT_APPLICABLE, NOT_AVAILABLE, Row, published_rows
from attrition.publish.workbook_funnel import INCIDENTS, STAGES
from attrition.publish.workbook_groups import small_bases
from attrition.publish.workbook_labels import (
    breakdown_label,
    group_label,
    left_out,
    long_breakdowns,
    row_order,
    stage_label,
    step_label,
)
from attrition.publish.workbook_notes import UNRELIABLE
from attrition.publish.workbook_sheets import (
    NONE_TOLD,
    Basis,
    Cell,
    Column,
    Sheet,
    count,
    interval_cells,
    interval_columns,
    number,
    plain_text,
    rate_on,
    yes_no,
)

# Emergency workers are compared by themselves and are no breakdown of the funnel.
_DIMENSIONS = {"emergency_worker": "Emergency workers"}
_STEP_COLUMNS = (
    Column("Step", "text", 34),
    Column("By day after recording", width=12, note="same_age"),
)


def _ratio_columns(heading: str, note: str) -> tuple[Column, ...]:
    return (
        Column(heading, "ratio", 12, note),
        Column(f"{heading}:\nfrom", "ratio", 12, "interval"),
        Column(f"{heading}:\nto", "ratio", 12),
    )


def _ratio_cells(row: Row, name: str) -> tuple[Cell, ...]:
    if row["group_cases"] is None:
        return (NOT_AVAILABLE,) * 3
    # The sentence beside gives no figure either where there are too few cases for one.
    if row["enough_cases"] != "Y":
        return (UNRELIABLE,) * 3
    return tuple(number(row[name + end]) for end in ("", "_lower", "_upper"))


def _stands_out(row: Row) -> str:
    if row["group_cases"] is None:
        return NOT_AVAILABLE
    return yes_no(row["flagged"]) if row["enough_cases"] == "Y" else UNRELIABLE


def differences_sheet(tables: Path, basis: Basis) -> Sheet:
    """Each group against all others at each step, with like compared with like beside it."""
    compared = [
        {**row, "breakdown": row["dimension"]}
        for row in published_rows(tables, "disparity")
        if row["against"] == "all others"
    ]
    rows: list[tuple[Cell, ...]] = [
        (
            _DIMENSIONS.get(row["dimension"]) or breakdown_label(row["dimension"]),
            group_label(row["dimension"], row["group"]),
            step_label(row["from_stage"], row["to_stage"]),
            count(row["window_days"]),
            *(
                cell
                for arm in ("group", "others")
                for cell in (
                    count(row[f"{arm}_cases"]),
                    rate_on(row[f"{arm}_rate"], row[f"{arm}_cases"], True, basis.smallest_base),
                )
            ),
            *_ratio_cells(row, "relative_rate"),
            *_ratio_cells(row, "relative_rate_mh"),
            rate_on(row["share_covered"], row["group_cases"]),
            _stands_out(row),
            plain_text(row["wording"]),
        )
        for row in sorted(compared, key=lambda row: (row_order(row), STAGES.index(row["from_stage"])))
    ]
    return Sheet(
        "Differences",
        "Does a group go on less or more often than all others, at the same age?",
        basis.of(INCIDENTS),
        (
            "A difference is no proof of bias. Filter 'Stands out' for Yes and read the last column; it allows for the "
            "number of comparisons.",
            "A ratio of 1.00 is no difference; 0.80 means four steps where the others make five.",
            "Hate strands overlap. Victim support is not compared. Emergency workers are in their own comparison only.",
            *small_bases(basis),
        ),
        (
            Column("Compared by", "text", 20, "difference"),
            Column("Group", "text", 27),
            *_STEP_COLUMNS,
            Column("Cases of the group", width=12),
            Column("Group: went on", "rate", 11),
            Column("Cases of all others", width=12),
            Column("All others: went on", "rate", 11),
            *_ratio_columns("Ratio", "difference"),
            *_ratio_columns("Ratio, like with like", "like"),
            Column("Comparable cases", "rate", 13, "standardised"),
            Column("Stands out", "text", 11, "difference"),
            Column("What it says", "text", 90),
        ),
        rows,
        filters=True,
        nothing=NONE_TOLD,
    )


def units_sheet(tables: Path, basis: Basis) -> Sheet:
    """Areas and units beside the limits within which such areas and units vary."""
    published = published_rows(tables, "consistency")
    too_long = long_breakdowns(published)
    of_units = sorted(
        (row for row in published if row["breakdown"] not in too_long),
        key=lambda row: (row_order(row)[:2], STAGES.index(row["from_stage"]), row_order(row)),
    )
    rows: list[tuple[Cell, ...]] = []
    for row in of_units:
        cases = row["cases"]
        rows.append(
            (
                breakdown_label(row["breakdown"]),
                group_label(row["breakdown"], row["group"]),
                step_label(row["from_stage"], row["to_stage"]),
                count(row["window_days"]),
                count(cases),
                count(row["progressed"]),
                *interval_cells(row, "rate", cases, True, basis.smallest_base),
                *(rate_on(row[name], cases) for name in ("target", "low_95", "high_95", "low_99_8", "high_99_8")),
                plain_text(" ".join(filter(None, (row["verdict"], row["direction"])))).capitalize(),
            )
        )
    return Sheet(
        "Areas and units",
        "Do areas and units that do the same work differ by more than chance, at the same age?",
        basis.of(INCIDENTS),
        (
            "Within the limits the difference is an ordinary one. Beyond them: look closer; the work or the recording may "
            "differ.",
            "This is no league table. With fewer than ten areas or units there are no limits.",
            *small_bases(basis),
            *left_out(too_long, "consistency"),
        ),
        (
            Column("Breakdown", "text", 18),
            Column("Area or unit", "text", 28),
            *_STEP_COLUMNS,
            Column("Cases", width=11),
            Column("Went on", width=11),
            *interval_columns("Went on, %", 11),
            Column("All together", "rate", 11, "limits"),
            *(Column(f"{level} limit:\n{end}", "rate", 11) for level in ("95%", "99.8%") for end in ("lower", "upper")),
            Column("Verdict", "text", 24, "limits"),
        ),
        rows,
        filters=True,
        nothing=NONE_TOLD,
    )


def pilot_sheets(tables: Path, basis: Basis) -> list[Sheet]:
    """The pilot, where the configuration names one; otherwise no sheet."""
    published = published_rows(tables, "pilot")
    if not published:
        return []
    rows: list[tuple[Cell, ...]] = [
        (
            group_label(row["breakdown"], row["group"]),
            plain_text(row["start"]),
            stage_label(row["stage"]),
            plain_text(row["method"]).capitalize(),
            # These rates were computed from counts that the table does not hold; None is a side without cases.
            *(number(row[name]) for name in ("before", "after", "others_before", "others_after")),
            *(number(row[name]) for name in ("estimate", "lower", "upper")),
            NOT_APPLICABLE if row["placebos"] is None else count(row["placebos"]),
            NOT_APPLICABLE if row["as_large"] is None else count(row["as_large"]),
            plain_text(row["wording"]),
        )
        for row in published
    ]
    return [
        Sheet(
            "Pilot",
            "Did the pilot work? Cases that reached the stage at the same age, before and after its start",
            basis.of(INCIDENTS),
            (
                "Read the last column. 'No effect shown' is not 'no effect': a pilot in one area can rarely show a small gain.",
                "Changes are in percentage points. A pilot that never was ('placebo') shows what drift alone can do.",
            ),
            (
                Column("Pilot in", "text", 26),
                Column("Start", "text", 12),
                Column("Stage", "text", 24),
                Column("Method", "text", 26),
                Column("Pilot: before", "rate", 11, "same_age"),
                Column("Pilot: after", "rate", 11),
                Column("Others: before", "rate", 11),
                Column("Others: after", "rate", 11),
                Column("Change", "change", 11),
                Column("Change:\nfrom", "change", 11, "interval"),
                Column("Change:\nto", "change", 11),
                Column("Placebo pilots", width=11),
                Column("As large", width=11),
                Column("What it says", "text", 90),
            ),
            rows,
        )
    ]
