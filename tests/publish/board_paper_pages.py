"""A Word file laid out anew by a browser, to count and look at its pages where no word processor is at hand.

Takes sizes, spaces, widths and margins from the file itself. The browser's font has the widths of Arial; spaces before and after add up,
as Word lets them, so the pages come out rather too long than too short.
"""

import base64
import html
from pathlib import Path
from typing import Any

from programs import CHROMIUM

# Height of a line of Arial, of its size.
_LINE = 1.149


def as_html(file: Path) -> str:
    """The body of a Word file as one HTML page of the paper's size."""
    import docx
    from docx.table import Table

    document = docx.Document(str(file))
    section = document.sections[0]
    parts = [
        _table(block, document) if isinstance(block, Table) else _paragraph(block, document)
        for block in document.iter_inner_content()
    ]
    margins = " ".join(
        f"{length.pt}pt"
        for length in (section.top_margin, section.right_margin, section.bottom_margin, section.left_margin)
    )
    return (
        f"<!doctype html><meta charset=utf-8><style>@page {{ size: {section.page_width.pt}pt {section.page_height.pt}pt; margin: {margins} }}"
        " body { margin: 0; font-family: Arial, 'Liberation Sans' } p { margin: 0 } table { border-collapse: collapse; table-layout: fixed }"
        " td { border: solid #bfbfbf; border-width: .5pt 0; padding: 0 5.4pt; vertical-align: top }"
        " tr { break-inside: avoid }"
        f"</style>{''.join(parts)}"
    )


def pages(*files: Path) -> list[int]:
    """Number of pages of each Word file; beside it comes a PDF of them."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        for file in files:
            page.set_content(as_html(file))
            printed = page.pdf(path=str(file.with_suffix(".pdf")), prefer_css_page_size=True, print_background=True)
            found.append(printed.count(b"/Type /Page\n"))
        browser.close()
    return found


def _style(paragraph: Any, document: Any) -> str:
    from docx.shared import Pt

    normal, style, own = document.styles["Normal"], paragraph.style, paragraph.paragraph_format
    size = style.font.size or normal.font.size

    def space(name: str) -> float:
        for one in (own, style.paragraph_format, normal.paragraph_format):
            if (found := getattr(one, name)) is not None:
                return float(found.pt)
        return 0.0

    spacing = style.paragraph_format.line_spacing or normal.paragraph_format.line_spacing or 1
    colour = style.font.color.rgb
    look = f"font-size:{size.pt}pt;line-height:{_LINE * spacing:.3f};padding:{space('space_before')}pt 0 {space('space_after')}pt"
    if style.font.bold:
        look += ";font-weight:bold"
    if colour is not None:
        look += f";color:#{colour}"
    if style.name == "List Bullet":
        look += f";padding-left:{Pt(18).pt}pt;text-indent:-9pt"
    if paragraph.alignment is not None and paragraph.alignment == 2:
        look += ";text-align:right"
    return look + (";break-after:avoid" if own.keep_with_next or style.paragraph_format.keep_with_next else "")


def _paragraph(paragraph: Any, document: Any) -> str:
    inside = "• " if paragraph.style.name == "List Bullet" else ""
    for run in paragraph.runs:
        size = f"font-size:{run.font.size.pt}pt;" if run.font.size else ""
        weight = "font-weight:bold" if run.bold else ""
        inside += f'<span style="{size}{weight}">{html.escape(run.text)}</span>'
    for drawing in paragraph._p.xpath(".//wp:inline"):
        name = drawing.xpath(".//a:blip/@r:embed")[0]
        blob = base64.b64encode(document.part.related_parts[name].blob).decode()
        wide, high = (int(drawing.xpath(f"./wp:extent/@{side}")[0]) / 12700 for side in ("cx", "cy"))
        inside += f'<img style="width:{wide}pt;height:{high}pt" src="data:image/png;base64,{blob}">'
    return f'<p style="{_style(paragraph, document)}">{inside}</p>'


def _table(table: Any, document: Any) -> str:
    rows = ""
    for row in table.rows:
        cells = "".join(
            f'<td style="width:{cell.width.pt - 10.8}pt">{"".join(_paragraph(one, document) for one in cell.paragraphs)}</td>'
            for cell in row.cells
        )
        rows += f"<tr>{cells}</tr>"
    return f"<table>{rows}</table>"
