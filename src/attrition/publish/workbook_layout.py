"""How a sheet of the workbook looks: widths, heights, frozen headings, filters, the printed page."""

import functools
import textwrap
from typing import Any

from attrition.publish.workbook_sheets import MARKING, Sheet

_PORTRAIT_WIDTH = 90
_FROZEN_WIDTH = 60
_A4 = 9
_LINE_HEIGHT = 15.75
# A column's width counts digits of the default type; of Arial 12 it holds about so many letters for each.
_LETTERS = 0.95
_BOLD_LETTERS = 0.88


def _lines(text: str, width: float, letters: float = _LETTERS) -> int:
    """How many lines a text takes in a column of this width: not every program works it out by itself."""
    room = max(int(width * letters), 1)
    parts = text.split("\n")
    # Most cells are short, and a long table has many.
    return sum(1 if len(part) <= room else len(textwrap.wrap(part, room)) for part in parts)


def _set_heights(worksheet: Any, sheet: Sheet, heading_row: int) -> None:
    heading = max(_lines(column.title, column.width, _BOLD_LETTERS) for column in sheet.columns)
    # A filter button takes the last line of its heading.
    worksheet.set_row(heading_row, (heading + sheet.filters) * _LINE_HEIGHT)
    for at, cells in enumerate(sheet.rows, start=heading_row + 1):
        texts = (
            (cell, column.width) for cell, column in zip(cells, sheet.columns, strict=True) if isinstance(cell, str)
        )
        lines = max((_lines(cell, width) for cell, width in texts), default=1)
        if lines > 1:
            worksheet.set_row(at, lines * _LINE_HEIGHT)


def lay_out(worksheet: Any, sheet: Sheet, heading_row: int) -> None:
    """Widths, heights, frozen headings, and pages one sheet wide that carry the marking."""
    for at, column in enumerate(sheet.columns):
        worksheet.set_column(at, at, column.width)
    _set_heights(worksheet, sheet, heading_row)
    kinds = [column.kind for column in sheet.columns]
    labels = next((at for at, kind in enumerate(kinds) if kind != "text"), len(kinds))
    while labels and sum(column.width for column in sheet.columns[:labels]) > _FROZEN_WIDTH:
        labels -= 1
    worksheet.freeze_panes(heading_row + 1, labels)
    worksheet.set_paper(_A4)
    if sum(column.width for column in sheet.columns) > _PORTRAIT_WIDTH:
        worksheet.set_landscape()
    worksheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(heading_row)
    worksheet.set_footer(f"&L{MARKING}&R&A, page &P of &N")


def write_cover(worksheet: Any, cover: Any) -> None:
    """Write the cover with its lines high enough to be read in full."""
    worksheet.write_cover(cover)
    texts = [cover.title, "", *cover.intro, "", *cover.about]
    for at, text in enumerate(texts):
        # Formatted text is bold here.
        plain, letters = (text, _LETTERS) if isinstance(text, str) else (text.string, _BOLD_LETTERS)
        lines = _lines(plain, cover.width, letters)
        if lines > 1:
            worksheet.set_row(at, lines * _LINE_HEIGHT)
    worksheet.set_paper(_A4)
    worksheet.set_margins(left=0.5, right=0.5)
    worksheet.fit_to_pages(1, 0)
    worksheet.set_footer(f"&L{MARKING}")


def with_filters(worksheet: Any) -> None:
    """Lets gptables' table carry filter buttons; gptables itself always turns them off."""
    plain = worksheet.add_table

    @functools.wraps(plain)
    def filtered(*arguments: Any) -> Any:
        *area, options = arguments
        return plain(*area, {**options, "autofilter": True})

    worksheet.add_table = filtered
