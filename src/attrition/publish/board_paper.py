"""The board paper of a tier: two pages for a board member with ten minutes, as a Word file (DOCX).

Puts words and figures in order. Which findings it tells is decided in `main_findings`, what it may read in `board_paper_rows`, and how
it looks in `board_paper_layout`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrition.errors import AttritionError
from attrition.publish.board_paper_chart import chart_png, drawn, has_hidden, in_words
from attrition.publish.board_paper_layout import add_picture, add_small_print, add_table, new_document, save
from attrition.publish.board_paper_rows import COUNTS, paper_rows
from attrition.publish.finding import Finding, PaperRows
from attrition.publish.headline import LAST_STAGE, NOT_APPLICABLE, NOT_AVAILABLE, UPLIFT_STAGE, Row, rate_text
from attrition.publish.main_findings import in_short, main_findings, withdrawal
from attrition.publish.publication import SUBJECT, Publication
from attrition.publish.report import MADE_UP
from attrition.publish.report_figures import Figure
from attrition.publish.told import not_covered
from attrition.publish.workbook_labels import stage_label
from attrition.publish.workbook_notes import RELEASED_SHORTHAND
from attrition.publish.workbook_sheets import day_in_words

_HEADINGS = ("Stage", "Reached", "Went on", "Still open", "Ended another way", "Lost", "Went on so far", "At most")
_WIDTHS = (4.3, 1.8, 1.8, 1.8, 2.1, 1.8, 1.9, 1.7)
_CHART_WIDTH = 16.5
_UNIT = (
    "Counted are incidents: one hate-flagged occurrence and one victim each, by the day of report. They are neither crimes, nor suspects, nor "
    "defendants, so police and CPS statistics differ."
)
_OPEN = (
    "Open cases are not lost. ‘So far’ takes none of them as going on, ‘at most’ every one; the final share lies between. Ended another way "
    "(such as cautions, community resolutions, other agencies) is not lost either."
)
_STRANDS = "A case may be in several hate strands, or in none: strands must not be added up."
_LINKAGE = (
    "Police and CPS records are joined by reference numbers. A case whose CPS record cannot be joined stands where the police record "
    "leaves it, so later stages may be too low."
)
_CAUSE = "The figures tell what happened, not why. A difference or a change is a reason to look closer, not proof of a fault."
_INTERVAL = "95% interval: every share varies by chance; the one behind it plausibly lies within these limits."
_RULE = "The findings are chosen by a rule fixed beforehand. None rests on a hidden or small figure, or on a stage that is not covered."
_PROTECTED = (
    "Small counts are hidden as [c], with others that would give them away; which of the two is not told. [c] need not be zero. Shares are made "
    "from shown counts only."
)
_ROUNDED = "Counts are rounded to protect people, each by itself: parts need not add up to their total."
_PERIOD = "Figures of a year that is over stay as counted on the day stated until all are counted anew."


def write_board_paper(publication: Publication, target: Path) -> None:
    """Write the board paper of one tier to `target` (.docx). The same publication always gives the same bytes.

    Raises AttritionError where a table is absent or the file cannot be written.
    """
    rows = paper_rows(publication)
    document = new_document(publication)
    _add_head(document, publication, rows)
    findings = main_findings(rows)
    document.add_heading("Three findings", level=1)
    for number, finding in enumerate(findings, start=1):
        _add_finding(document, finding, f"{number}. ")
    _add_funnel(document, rows)
    asked = withdrawal(rows)
    if rows.stages and asked not in findings:
        _add_finding(document, asked)
    document.add_heading("How to read this", level=1)
    for caveat in _caveats(publication, rows):
        document.add_paragraph(caveat, style="List Bullet")
    try:
        save(document, target)
    except OSError:
        raise AttritionError(
            f"The board paper cannot be written to {target}. See that there is room on the disk and that the folder may be written, "
            "and run again."
        ) from None


def funnel_table(rows: PaperRows) -> list[tuple[str, ...]]:
    """The funnel from reported to convicted as text: counts, and the share that went on so far and at most."""
    return [
        (stage_label(stage), *_counts(rows, row), *_rates(rows, row))
        for stage, row in rows.stages.items()
        if stage != UPLIFT_STAGE
    ]


def _counts(rows: PaperRows, row: Row) -> list[str]:
    """What is not known for want of data must not look like attrition; what follows a conviction stands apart."""
    reached = _text(row["entered"]) if row["covered"] else NOT_AVAILABLE
    if row["stage"] == LAST_STAGE:
        return [reached, *[NOT_APPLICABLE] * (len(COUNTS) - 1)]
    known = rows.step_known(row["stage"])
    return [reached, *(_text(row[name]) if known else NOT_AVAILABLE for name in COUNTS[1:])]


def _rates(rows: PaperRows, row: Row) -> list[str]:
    """Neither share is shown without the other."""
    if row["stage"] == LAST_STAGE:
        return [NOT_APPLICABLE] * 2
    shares = [row["step_rate"], row["step_rate_max"]]
    if not rows.step_known(row["stage"]):
        return [NOT_AVAILABLE] * 2
    hidden = [share for share in shares if isinstance(share, str)]
    return [f"[{hidden[0]}]"] * 2 if hidden else [rate_text(share) for share in shares]


def _text(figure: Figure) -> str:
    return f"[{figure}]" if isinstance(figure, str) else f"{figure:,}"


def _add_head(document: Any, publication: Publication, rows: PaperRows) -> None:
    document.add_paragraph(f"{SUBJECT}: board paper", style="Title")
    period = f"Cases reported in {rows.period}, counted as at" if rows.period else "All cases reported up to"
    document.add_paragraph(
        f"{period} {day_in_words(rows.counted_on)}. Publication as at {day_in_words(publication.as_at)}, tier {publication.tier}. "
        f"{publication.marked}."
    )
    if publication.made_up:
        document.add_paragraph().add_run(MADE_UP).bold = True
    document.add_heading("In short", level=1)
    document.add_paragraph(in_short(rows))


def _add_finding(document: Any, finding: Finding, number: str = "") -> None:
    document.add_heading(f"{number}{finding.heading}", level=2)
    document.add_paragraph(f"{finding.sentence} Source: {finding.table}.")


def _add_funnel(document: Any, rows: PaperRows) -> None:
    document.add_heading("The funnel", level=1)
    table = funnel_table(rows)
    if not table:
        document.add_paragraph("No financial year that is over has been published: there is no funnel to show yet.")
        return
    which = f"cases reported in {rows.period}" if rows.period else "all cases"
    title = f"Table 1: {which} by stage, in incidents, as at {day_in_words(rows.counted_on)}"
    _add_caption(document, title)
    add_table(document, _HEADINGS, table, _WIDTHS, title)
    add_small_print(document, " ".join(_shorthand(table)))
    if drawn(rows):
        hidden = " (hidden counts are not drawn)" if has_hidden(rows) else ""
        _add_caption(document, f"Figure 1: what became of {which} at each stage{hidden}")
        add_picture(document, chart_png(rows), _CHART_WIDTH, in_words(rows))


def _add_caption(document: Any, text: str) -> None:
    document.add_paragraph(text, style="Caption").paragraph_format.keep_with_next = True


def _shorthand(table: Sequence[Sequence[str]]) -> list[str]:
    """What the shorthand in this table means; nothing where it uses none."""
    used = {cell for row in table for cell in row}
    return [f"{short} {meaning}." for short, meaning in RELEASED_SHORTHAND.items() if short in used]


def _caveats(publication: Publication, rows: PaperRows) -> list[str]:
    protected = [_PROTECTED] * publication.is_protected + [_ROUNDED] * (publication.tier == "public")
    return [
        _RULE,
        _UNIT,
        _OPEN,
        _INTERVAL,
        *protected,
        *_coverage(rows),
        _LINKAGE,
        _STRANDS,
        _CAUSE,
        *[_PERIOD] * publication.is_protected,
    ]


def _coverage(rows: PaperRows) -> list[str]:
    if not rows.stages:
        return []
    said = not_covered((stage_label(stage), row["why"]) for stage, row in rows.stages.items() if not row["covered"])
    return [
        said
        or f"Every stage is covered by feeds that reach {day_in_words(rows.counted_on)}, or a few days less at most."
    ]
