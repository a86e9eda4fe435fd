"""Writes the workbook as XLSX by gptables, in the layout that the Analysis Function recommends. Adds no cell of its own."""

import datetime as dt
import functools
import io
import warnings
import zipfile
from pathlib import Path
from typing import Any

from attrition.publish.publication import SUBJECT
from attrition.publish.spreadsheet_text import FORMULA_START
from attrition.publish.workbook_layout import (
    LINE_HEIGHT,
    cover_lines,
    frozen_columns,
    heading_lines,
    indent,
    is_landscape,
    line_height,
    row_lines,
)
from attrition.publish.workbook_model import (
    COVER,
    COVER_WIDTH,
    LANGUAGE,
    Cover,
    Line,
    Look,
    Page,
    Workbook,
    keywords,
    marked,
)

_A4 = 9
_NUMBER_FORMATS = {
    "text": "@",
    "count": "#,##0",
    "rate": "0.0%",
    "number": "#,##0.0",
    "change": "+0.0%;-0.0%;0.0%",
    "ratio": "0.00",
}
_RULE = {"bottom": 1, "bottom_color": "#D9D9D9"}
_PROPERTIES = "docProps/core.xml"


def _table(page: Page) -> Any:
    """The page as a gptables table. Cells keep their types: text, numbers."""
    import pandas as pd
    from gptables import GPTable

    formats: list[dict[str, Any]] = []
    for at, column in enumerate(page.columns):
        look = {"align": "left", "indent": indent(page, at)} if column.kind == "text" else {"align": "right"}
        formats.append({"column": {"columns": [at], "format": {**look, "valign": "top"}, "include_names": True}})
        cells = {"num_format": _NUMBER_FORMATS[column.kind], **_RULE}
        formats.append({"column": {"columns": [at], "format": cells}})
    # Text that starts so becomes a formula once somebody edits the cell; the quote prefix prevents it.
    quoted = [
        (row + 1, at)
        for row, cells in enumerate(page.rows)
        for at, cell in enumerate(cells)
        if isinstance(cell, str) and FORMULA_START.match(cell)
    ]
    # One entry a cell: gptables formats only the last of a list of cells.
    formats.extend({"cell": {"cells": cell, "format": {"quote_prefix": True}}} for cell in quoted)
    if page.first_row_is_total:
        formats.append(
            {"row": {"rows": [1], "format": {"bold": True, "bottom_color": "#000000"}, "include_names": True}}
        )
    rows = [(f"[{name}](internal:'{name}'!A1)", *cells) for name, *cells in page.rows] if page.links else page.rows
    return GPTable(
        table=pd.DataFrame(list(rows), columns=list(page.headings), dtype=object),
        table_name=page.table_name,
        title=page.title,
        subtitles=list(page.subtitles),
        instructions=page.reading[0],
        legend=list(page.reading[1:]),
        index_columns={2: 0},
        additional_formatting=formats,
    )


def _with_filters(worksheet: Any) -> None:
    """Lets gptables' table carry filter buttons; gptables itself always turns them off."""
    plain = worksheet.add_table

    @functools.wraps(plain)
    def filtered(*arguments: Any) -> Any:
        *area, options = arguments
        return plain(*area, {**options, "autofilter": True})

    worksheet.add_table = filtered


def _set_print(worksheet: Any, workbook: Workbook) -> None:
    """Pages one sheet wide that carry title, tier and marking."""
    # A single ampersand begins a command there.
    said, title = (text.replace("&", "&&") for text in (marked(workbook.publication), workbook.publication.title))
    worksheet.set_paper(_A4)
    worksheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
    worksheet.fit_to_pages(1, 0)
    worksheet.set_header(f"&L&8{said}")
    worksheet.set_footer(f"&L&8{title}&R&8&A, page &P of &N")


def _write_cover(worksheet: Any, cover: Cover) -> None:
    from gptables import Cover as LaidOut

    def laid_out(lines: tuple[Line, ...]) -> list[Any]:
        return [[{"bold": True}, line.text] if line.look is Look.BOLD else line.text for line in lines]

    worksheet.write_cover(
        LaidOut(title=cover.title, intro=laid_out(cover.intro), about=laid_out(cover.about), width=COVER_WIDTH)
    )
    for at, line in enumerate(cover.lines):
        if (lines := cover_lines(line, COVER_WIDTH)) > 1:
            worksheet.set_row(at, line_height(line.look, lines))


def _write_page(worksheet: Any, page: Page) -> None:
    if page.filters:
        _with_filters(worksheet)
    worksheet.write_gptable(_table(page), False)
    heading_row = len(page.above)
    for at, column in enumerate(page.columns):
        worksheet.set_column(at, at, column.width)
    worksheet.set_row(heading_row, heading_lines(page) * LINE_HEIGHT)
    for at, cells in enumerate(page.rows, start=heading_row + 1):
        if (lines := row_lines(page, cells)) > 1:
            worksheet.set_row(at, lines * LINE_HEIGHT)
    worksheet.freeze_panes(heading_row + 1, frozen_columns(page))
    worksheet.repeat_rows(heading_row)
    if is_landscape(page):
        worksheet.set_landscape()


def _with_language(written: bytes, target: Path) -> None:
    """Puts the file out with its language, which xlsxwriter has no property for. The zip's times are xlsxwriter's own: fixed."""
    end = b"</cp:coreProperties>"
    with zipfile.ZipFile(io.BytesIO(written)) as plain, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as full:
        for member in plain.infolist():
            content = plain.read(member)
            if member.filename == _PROPERTIES:
                content = content.replace(end, f"<dc:language>{LANGUAGE}</dc:language>".encode() + end)
            full.writestr(member, content)


def write_xlsx(workbook: Workbook, target: Path) -> None:
    """Write the workbook to `target` (.xlsx); one model always gives the same bytes. Raises OSError where it cannot be written."""
    from gptables.core.wrappers import GPWorkbook

    publication = workbook.publication
    file = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    book = GPWorkbook(file, options=options)
    book.set_properties(
        {
            "title": publication.title,
            "subject": f"{SUBJECT}. {marked(publication)}",
            "keywords": keywords(publication),
            "category": f"{publication.tier}, {publication.marking}",
            "author": "",
            "created": dt.datetime.combine(publication.as_at, dt.time()),
        }
    )
    for name, value in (("Tier", publication.tier), ("Marking", publication.marking)):
        book.set_custom_property(name, value)
    with warnings.catch_warnings():
        # gptables warns with excerpts of cells; none of what it warns of concerns the reader of a log.
        warnings.simplefilter("ignore")
        worksheet = book.add_worksheet(COVER)
        _write_cover(worksheet, workbook.cover)
        _set_print(worksheet, workbook)
        for page in workbook.pages:
            worksheet = book.add_worksheet(page.name)
            _write_page(worksheet, page)
            _set_print(worksheet, workbook)
    book.close()
    _with_language(file.getvalue(), target)
