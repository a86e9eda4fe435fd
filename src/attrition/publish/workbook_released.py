"""The workbook of the board and public tiers: sheets of protected figures, and the cover that says how they are protected.

Everything in it comes from the protected tables. Protects nothing itself, and writes no file.
"""

from attrition.publish.headline import published_rows
from attrition.publish.publication import Publication
from attrition.publish.workbook_cover import cover_top, feed_lines
from attrition.publish.workbook_model import Cover, Line, Look, Workbook, assemble
from attrition.publish.workbook_notes import RELEASED_NOTES, RELEASED_SHORTHAND
from attrition.publish.workbook_records import reaches
from attrition.publish.workbook_released_cells import Released
from attrition.publish.workbook_released_funnel import all_figures_sheet, headline_sheet, uplift_sheet
from attrition.publish.workbook_released_groups import group_sheets, period_sheets
from attrition.publish.workbook_released_reasons import reason_sheets
from attrition.publish.workbook_released_records import changes_sheet, feeds_sheet
from attrition.publish.workbook_released_times import age_sheet, curves_sheet, days_sheet
from attrition.publish.workbook_sheets import Basis, Sheet


def _sheets(released: Released) -> list[Sheet]:
    return [
        headline_sheet(released),
        *period_sheets(released),
        *group_sheets(released),
        uplift_sheet(released),
        *reason_sheets(released),
        age_sheet(released),
        days_sheet(released),
        curves_sheet(released),
        changes_sheet(released),
        all_figures_sheet(released),
        feeds_sheet(released),
    ]


def _protection(publication: Publication) -> tuple[str, ...]:
    rounded = (
        ("Counts are rounded to a multiple of 5, each by itself, so parts need not add up to their total.",)
        if publication.tier == "public"
        else ()
    )
    return (
        "Small counts are hidden ([c]), and so are some larger ones, so that no hidden count can be worked out. A 0 is shown.",
        *rounded,
        "Rates are divided from the counts as they are shown; where one of these is hidden, so is the rate.",
        "Only quarters and financial years that have ended are shown.",
    )


def _cover(publication: Publication, basis: Basis, reach: dict[str, str], released: Released) -> Cover:
    named = "; ".join(f"{short} {words.split(':')[0]}" for short, words in RELEASED_SHORTHAND.items() if short != "[u]")
    return Cover(
        publication.title,
        cover_top(publication, basis),
        (
            Line("How to read it", Look.BOLD),
            Line(
                "1. Start with Headline: how many cases reached each stage, went on, are open, ended another way, or were lost."
            ),
            Line(
                "2. Read 'so far' and 'at most' together: the final rate lies between them, since open cases may still go on."
            ),
            Line("3. Open is not lost. Ended another way (a caution, a non-crime incident) is not lost either."),
            Line("4. Hate strands overlap: never add their rows, and do not rank them."),
            Line("5. Better or worse than before? At the same age. How long it takes: Weeks to next stage."),
            Line(f"6. Shorthand: {named}."),
            Line("How the figures are protected", Look.BOLD),
            *(Line(text) for text in _protection(publication)),
            *feed_lines(reach, released.coverage_caveat()),
        ),
    )


def released_workbook(publication: Publication) -> Workbook:
    """The workbook of protected figures. Raises AttritionError where a table is missing."""
    basis = Basis(publication.as_at, 0)
    tables = publication.tables
    released = Released(basis, tables, published_rows(tables, "funnel"))
    reach = reaches(tables)
    cover = _cover(publication, basis, reach, released)
    return assemble(publication, cover, basis, RELEASED_NOTES, _sheets(released), reach)
