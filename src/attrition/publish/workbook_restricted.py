"""The workbook of the restricted tier: all sheets of exact figures, and the cover that says what they are.

Computes no figure itself and writes no file.
"""

from pathlib import Path

from attrition.publish.headline import LAST_STAGE, coverage_caveat, headline_rows
from attrition.publish.publication import Publication
from attrition.publish.workbook_ages import age_sheets, chart_sheets
from attrition.publish.workbook_comparisons import differences_sheet, pilot_sheets, units_sheet
from attrition.publish.workbook_cover import cover_top, feed_lines
from attrition.publish.workbook_funnel import (
    all_figures_sheet,
    headline_sheet,
    uplift_sheet,
)
from attrition.publish.workbook_groups import group_sheets, period_sheets
from attrition.publish.workbook_model import Cover, Line, Look, Workbook, assemble
from attrition.publish.workbook_notes import NOTES, SHORTHAND
from attrition.publish.workbook_outcomes import positive_outcomes_sheet, withdrawal_sheet
from attrition.publish.workbook_reasons import reason_sheets
from attrition.publish.workbook_records import (
    feeds_sheet,
    findings_sheet,
    load_sheet,
    reaches,
    validation_sheet,
)
from attrition.publish.workbook_sheets import Basis, Sheet
from attrition.publish.workbook_sides import both_sides_sheet, published_figures_sheet, reconciliation_sheet
from attrition.publish.workbook_ways import days_sheet, handover_sheets, ways_sheet


def _sheets(tables: Path, basis: Basis) -> list[Sheet]:
    by_group = group_sheets(tables, basis)
    return [
        headline_sheet(tables, basis),
        *by_group,
        *period_sheets(tables, basis),
        *age_sheets(tables, basis),
        *chart_sheets(tables, basis),
        *reason_sheets(tables, basis),
        withdrawal_sheet(tables, basis),
        ways_sheet(tables, basis),
        days_sheet(tables, basis),
        *handover_sheets(tables, basis),
        differences_sheet(tables, basis),
        units_sheet(tables, basis),
        *pilot_sheets(tables, basis),
        uplift_sheet(tables, basis),
        positive_outcomes_sheet(tables, basis),
        both_sides_sheet(tables, basis),
        reconciliation_sheet(tables, basis),
        published_figures_sheet(tables, basis),
        all_figures_sheet(tables, basis),
        feeds_sheet(tables, basis),
        load_sheet(tables, basis),
        findings_sheet(tables, basis),
        validation_sheet(tables, basis),
    ]


def _in_short(tables: Path) -> str:
    rows = {row.stage: row for row in headline_rows(tables)}

    said = {
        "recorded": "were recorded as crimes",
        "referred": "were referred to the CPS",
        "charged": "were charged",
        "convicted": "led to a conviction",
    }
    # A count behind a feed that stops too early would read as attrition.
    reached = [f"{rows[stage].entered:,} {words}" for stage, words in said.items() if rows[stage].covered]
    if not rows["reported"].covered or not reached:
        return "In short: what has come does not tell enough for a summary."
    states = [row.open for row in rows.values() if row.stage != LAST_STAGE]
    # Cases wait at a stage only as far as it is told what comes after it.
    known = [number for number in states if number is not None]
    still_open = f"; {sum(known):,} cases are still open" if len(known) == len(states) else ""
    return f"In short: of {rows['reported'].entered:,} incidents reported, {', '.join(reached)} so far{still_open}."


def _cover(publication: Publication, basis: Basis, reach: dict[str, str]) -> Cover:
    tables = publication.tables
    return Cover(
        publication.title,
        (*cover_top(publication, basis), Line(_in_short(tables))),
        (
            Line("How to read it", Look.BOLD),
            Line(
                "1. Start with Headline: how many cases reached each stage, went on, are open, ended another "
                "way, or were lost."
            ),
            Line(
                "2. Read 'so far' and 'at most' together: the final rate lies between them, since open cases "
                "may still go on."
            ),
            Line("3. Open is not lost. Ended another way (a caution, a non-crime incident) is not lost either."),
            Line(
                "4. Hate strands overlap: never add their rows, and do not rank them. Small groups jump with every case."
            ),
            Line(
                "5. Better or worse than before? At the same age, Milestones over time. How long it takes: Days to next stage. "
                "Between police and CPS: Handover. Groups: Differences. Areas: Areas and units."
            ),
            Line(
                "6. Shorthand: "
                + "; ".join(f"{short} {words.split(':')[0]}" for short, words in SHORTHAND.items())
                + "."
            ),
            *feed_lines(reach, coverage_caveat(tables)),
        ),
    )


def restricted_workbook(publication: Publication, smallest_base: int) -> Workbook:
    """The workbook of exact figures.

    smallest_base: cases; beside a group, a rate on a smaller base is shown as [u]; 0 shows every rate
    Raises AttritionError where a table is missing.
    """
    basis = Basis(publication.as_at, smallest_base)
    reach = reaches(publication.tables)
    cover = _cover(publication, basis, reach)
    return assemble(publication, cover, basis, NOTES, _sheets(publication.tables, basis), reach)
