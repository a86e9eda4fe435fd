"""The workbook's sheets of days, ways and the handover between police and CPS. Counts no case."""

from pathlib import Path

from attrition.analysis.curves import UNTIMED
from attrition.publish.headline import LAST_STAGE, NOT_APPLICABLE, NOT_AVAILABLE, Row, funnel_of_all, published_rows
from attrition.publish.workbook_funnel import INCIDENTS, STAGES, caution
from attrition.publish.workbook_groups import STRAND_ADVICE, Funnel, small_bases
from attrition.publish.workbook_labels import breakdown_label, group_label, row_order, stage_label, step_label
from attrition.publish.workbook_notes import UNRELIABLE
from attrition.publish.workbook_sheets import (
    CASE_EXTRACTS,
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
)

_QUANTILES = ("median_days", "p75_days", "p90_days")
_STATES = {"lost": "Lost", "resolved": "Ended another way", "open": "Still open", "completed": "Sentence uplifted"}
# Which of the steps of a case each side answers for.
_SIDES = (("Police", "suspect_identified", "referred"), ("CPS", "referred", "charged"))


def _days(row: Row | None, smallest_base: int) -> tuple[Cell, ...]:
    """Median, 75th and 90th percentile of the days, [u] of too few cases, [z] where no case made the step, [x] where the step or
    its days are not told.
    """
    if row is None or row["progressed"] is None:
        return (NOT_AVAILABLE,) * len(_QUANTILES)
    # The percentiles are those of the cases that made the step, so these are their base.
    if 0 < row["progressed"] < smallest_base:
        return (UNRELIABLE,) * len(_QUANTILES)
    return tuple(number(row[name]) for name in _QUANTILES)


def _day_columns(side: str = "") -> tuple[Column, ...]:
    half = f"{side}half" if side else "Half"
    return (
        Column(f"{half} within (days)", width=12, note="timing"),
        Column(f"{side}75% within (days)", width=12),
        Column(f"{side}90% within (days)", width=12),
    )


def days_sheet(tables: Path, basis: Basis) -> Sheet:
    """How long each step takes, and what had become of the cases by the day that they were followed to."""
    shown = ("all", "strand", "business_type", "hate_status")
    steps = sorted(
        (row for row in published_rows(tables, "time_to_next_stage") if row["breakdown"] in shown),
        key=lambda row: (row_order(row)[:2], STAGES.index(row["from_stage"]), row_order(row)),
    )
    rows: list[tuple[Cell, ...]] = []
    for row in steps:
        timed = row["timed"]
        others = (row[f"{fate}_share"] for fate in ("lost", "resolved", "open"))
        rows.append(
            (
                breakdown_label(row["breakdown"]),
                group_label(row["breakdown"], row["group"]),
                step_label(row["from_stage"], row["to_stage"]),
                count(timed),
                count(None if timed is None else sum(row[reason] for reason in UNTIMED)),
                NOT_AVAILABLE if timed is None else number(row["followed_days"]),
                *interval_cells(row, "progressed_share", timed, True, basis.smallest_base),
                *(rate_on(value, timed, True, basis.smallest_base) for value in others),
                *_days(row, basis.smallest_base),
                NOT_AVAILABLE if timed is None else number(row["least_at_risk"]),
            )
        )
    return Sheet(
        "Days to next stage",
        "How long each step takes, and what had become of the cases by then",
        basis.of(INCIDENTS),
        (
            "An open case is counted as waiting for as long as it has been seen; it is not lost.",
            "The days are of the cases that made the step: half of them made it within the first number of days.",
            STRAND_ADVICE,
            *small_bases(basis),
        ),
        (
            Column("Breakdown", "text", 20),
            Column("Group", "text", 27, "strands"),
            Column("Step", "text", 34),
            Column("Cases timed", width=12),
            Column("Could not be timed", width=12, note="not_timed"),
            Column("Followed to day", width=14, note="timing"),
            *interval_columns("Went on by then", 11),
            Column("Lost by then", "rate", 11, "lost"),
            Column("Ended another way by then", "rate", 13),
            Column("Still open then", "rate", 11),
            *_day_columns(),
            Column("Fewest cases watched on a day", width=13, note="thin"),
        ),
        rows,
        filters=True,
        nothing=NONE_TOLD,
    )


def ways_sheet(tables: Path, basis: Basis) -> Sheet:
    """The commonest ways through the stages."""
    # A way says how far a case got, so every feed must reach far enough for its share to be one of attrition.
    known = all(row.covered for row in funnel_of_all(tables))
    rows: list[tuple[Cell, ...]] = [
        (
            f"Way {row['way_order']}" if row["kind"] == "commonest" else _sentence(row["kind"]),
            plain_text(row["way"], NOT_APPLICABLE),
            _how_it_stands(row),
            plain_text(row["label"], NOT_APPLICABLE),
            count(row["cases"]),
            *interval_cells(row, "share", row["recorded"], known),
            number(row["median_days"]),
        )
        for row in sorted(published_rows(tables, "paths"), key=lambda row: int(row["way_order"]))
    ]
    return Sheet(
        "Ways",
        "The commonest ways that recorded cases took through the stages: all cases",
        basis.of(INCIDENTS),
        (
            "Each recorded case took one way: the commonest and all others add up to the cases recorded.",
            "The rows that begin with 'Of all' count cases that are in the rows above as well.",
            "Days run from recording to the outcome, or to the last stage reached where there is none yet.",
            *caution(tables),
        ),
        (
            Column("Way", "text", 20),
            Column("Stages passed", "text", 52, "way"),
            Column("How it stands", "text", 22, "lost"),
            Column("Reason", "text", 42),
            Column("Cases", width=11),
            *interval_columns("% of recorded", 11),
            Column("Half within (days)", "number", 11),
        ),
        rows,
    )


def _how_it_stands(row: Row) -> str:
    # How cases stand is empty where the next stage is not told.
    if row["kind"] == "commonest" and not row["state"]:
        return NOT_AVAILABLE
    # To a board a conviction is no other way of ending, whatever became of the uplift.
    if row["state"] == "resolved" and row["way"].endswith(stage_label(LAST_STAGE)):
        return stage_label(LAST_STAGE)
    return _STATES.get(row["state"], plain_text(row["state"], NOT_APPLICABLE))


def _sentence(text: str) -> str:
    return plain_text(text[:1].upper() + text[1:])


def _where_cases_stand(tables: Path, basis: Basis) -> Sheet:
    shown = ("all", "strand", "business_type", "force")
    published = [row for row in published_rows(tables, "handover") if row["breakdown"] in shown]
    funnel = Funnel(published_rows(tables, "funnel"))
    rows: list[tuple[Cell, ...]] = []
    for row in sorted(published, key=row_order):
        known = funnel.known(row["breakdown"], row["group"], "suspect_identified", "referred", "charged")
        rows.append(
            (
                breakdown_label(row["breakdown"]),
                group_label(row["breakdown"], row["group"]),
                plain_text(row["label"]),
                count(row["cases"]),
                *interval_cells(row, "share", row["with_suspect"], known, basis.smallest_base),
                count(row["sent_back"]),
                count(row["overdue"]),
            )
        )
    return Sheet(
        "Handover",
        "Where cases with an identified suspect stand between police and CPS",
        basis.of(INCIDENTS),
        (
            "The categories of one group add up to its cases with an identified suspect.",
            STRAND_ADVICE,
            *small_bases(basis),
            *caution(tables),
        ),
        (
            Column("Breakdown", "text", 16),
            Column("Group", "text", 27, "strands"),
            Column("Where the case stands", "text", 50, "handover"),
            Column("Cases", width=11),
            *interval_columns("% of cases with a suspect", 12),
            Column("Sent back by the CPS", width=12, note="handover"),
            Column("Answer overdue", width=12),
        ),
        rows,
        filters=True,
        extracts=(*CASE_EXTRACTS, "cps_event"),
        nothing=NONE_TOLD,
    )


def _days_of_each_side(tables: Path, basis: Basis) -> Sheet:
    shown = ("all", "strand", "business_type", "force")
    published = [row for row in published_rows(tables, "time_to_next_stage") if row["breakdown"] in shown]
    steps = {(row["breakdown"], row["group"], row["from_stage"], row["to_stage"]): row for row in published}
    first = {(row["breakdown"], row["group"]): row for row in published}
    rows: list[tuple[Cell, ...]] = []
    for breakdown, group in sorted(first, key=lambda key: row_order(first[key])):
        cells: list[Cell] = []
        for _, before, after in _SIDES:
            row = steps.get((breakdown, group, before, after))
            cells += [count(row["timed"] if row else None), count(row["progressed"] if row else None)]
            cells += _days(row, basis.smallest_base)
        rows.append((breakdown_label(breakdown), group_label(breakdown, group), *cells))
    made = {"Police": "referred", "CPS": "charged"}
    columns = tuple(
        column
        for side, _, _ in _SIDES
        for column in (
            Column(f"{side}: cases timed", width=12),
            Column(f"{side}: {made[side]}", width=12),
            *_day_columns(f"{side}: "),
        )
    )
    return Sheet(
        "Handover days",
        "Days with the police (suspect to referral) and with the CPS (referral to charge)",
        basis.of(INCIDENTS),
        (
            "The days are of cases that were referred (police) or charged (CPS), and say nothing of those that were not.",
            "The days with the CPS include those in which a file is back with the police.",
            STRAND_ADVICE,
            *((f"Days of fewer than {basis.smallest_base} cases are not shown ([u]).",) if basis.smallest_base else ()),
        ),
        (Column("Breakdown", "text", 16), Column("Group", "text", 27, "strands"), *columns),
        rows,
        first_row_is_total=True,
        nothing=NONE_TOLD,
    )


def handover_sheets(tables: Path, basis: Basis) -> list[Sheet]:
    """Where cases stand between police and CPS, and the days on each side."""
    return [_where_cases_stand(tables, basis), _days_of_each_side(tables, basis)]
