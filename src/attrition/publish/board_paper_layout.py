"""The board paper as a Word file: page, styles, header and footer, table, picture, properties. Holds no figure and no sentence.

The same document always gives the same bytes: no clock, no random name.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrition.publish.publication import SUBJECT, Publication
from attrition.publish.workbook_model import LANGUAGE, keywords, marked

_FONT = "Arial"
_INK = "12436D"
_ROWS = "The first row holds the headings, the first column names the rows."
_GREY = "BFBFBF"
# The first moment that a zip can tell.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_THUMBNAIL = "metadata/thumbnail"
# Name of the style: points, bold, colour, points before and after.
_STYLES = {
    "Normal": (11, False, "", 0, 4),
    "Title": (20, True, _INK, 0, 4),
    "Heading 1": (14, True, _INK, 8, 3),
    "Heading 2": (11, True, "", 5, 1),
    "Caption": (10.5, True, "", 4, 3),
    "List Bullet": (10, False, "", 0, 2),
    "Header": (8.5, False, "", 0, 0),
    "Footer": (8.5, False, "", 0, 0),
}


def new_document(publication: Publication) -> Any:
    """An empty A4 document in British English with header, footer and properties of its publication."""
    from docx import Document

    document = Document()
    _set_page(document)
    for name, look in _STYLES.items():
        _set_style(document.styles[name], *look)
    _set_language(document)
    _set_properties(document, publication)
    section = document.sections[0]
    said = (
        "MADE-UP DATA | " if publication.made_up else ""
    ) + f"{publication.tier.upper()} TIER | {publication.marked}"
    _line(section.header.paragraphs[0], said, bold=True)
    footer = section.footer.paragraphs[0]
    _line(footer, f"{publication.title} | Page ")
    _field(footer, "PAGE")
    footer.add_run(" of ")
    _field(footer, "NUMPAGES")
    return document


def add_table(
    document: Any,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[float],
    description: str,
) -> None:
    """A table whose first row is its heading, repeated on every page, and whose first column names the rows.

    widths: of the columns, in centimetres
    description: what it shows, for those who hear it read
    """
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt

    table = document.add_table(rows=0, cols=len(headings))
    table.autofit = False
    _set_borders(table)
    # Readers that check the file want these in this order, after everything else.
    _set(table._tbl.tblPr, "tblCaption", val=description)
    _set(table._tbl.tblPr, "tblDescription", val=f"{description}. {_ROWS}")
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for at, cells in enumerate((headings, *rows)):
        row = table.add_row()
        properties = row._tr.get_or_add_trPr()
        _set(properties, "cantSplit")
        if at == 0:
            _set(properties, "tblHeader")
        for column, (cell, text, width) in enumerate(zip(row.cells, cells, widths, strict=True)):
            cell.width = Cm(width)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
            # The rows stay on the page of what follows them.
            paragraph.paragraph_format.keep_with_next = True
            if column:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            run = paragraph.add_run(text)
            run.font.size, run.bold = Pt(9.5), at == 0


def add_small_print(document: Any, text: str) -> None:
    """A remark under a table."""
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_before = Pt(3)
    paragraph.add_run(text).font.size = Pt(9.5)


def add_picture(document: Any, png: bytes, width: float, alternative: str) -> None:
    """A picture `width` centimetres wide with its alternative text."""
    from docx.shared import Cm

    shape = document.add_picture(io.BytesIO(png), width=Cm(width))
    properties = shape._inline.docPr
    properties.set("name", "Chart")
    properties.set("descr", alternative)
    document.paragraphs[-1].paragraph_format.keep_together = True


def save(document: Any, target: Path) -> None:
    """Writes the document with fixed times. Raises OSError where it cannot be written."""
    written = io.BytesIO()
    document.save(written)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(written) as plain, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as full:
        for member in plain.infolist():
            entry = zipfile.ZipInfo(member.filename, _NO_TIME)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
            full.writestr(entry, plain.read(member))


def _line(paragraph: Any, text: str, *, bold: bool = False) -> None:
    paragraph.add_run(text).bold = bold


def _field(paragraph: Any, instruction: str) -> None:
    """A number that the reader's program fills in: of the page, of the pages."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field, run, text = OxmlElement("w:fldSimple"), OxmlElement("w:r"), OxmlElement("w:t")
    field.set(qn("w:instr"), instruction)
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _set(parent: Any, name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    parent.append(element)
    return element


def _set_page(document: Any) -> None:
    from docx.shared import Cm

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.9)
    section.top_margin = section.bottom_margin = Cm(1.8)
    section.header_distance = section.footer_distance = Cm(0.8)


def _set_style(style: Any, size: float, bold: bool, colour: str, before: float, after: float) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size, style.font.bold, style.font.italic = _FONT, Pt(size), bold, False
    style.font.color.rgb = RGBColor.from_string(colour or "000000")
    fonts = style.element.rPr.rFonts
    # A font of the theme would win over the one that is named.
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    for line in style.element.xpath("./w:pPr/w:pBdr"):
        line.getparent().remove(line)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.line_spacing = 1.08


def _set_language(document: Any) -> None:
    from docx.oxml.ns import qn

    for language in document.styles.element.xpath(".//w:lang"):
        language.set(qn("w:val"), LANGUAGE)
    for language in document.settings.element.xpath(".//w:themeFontLang"):
        language.set(qn("w:val"), LANGUAGE)


def _set_properties(document: Any, publication: Publication) -> None:
    properties = document.core_properties
    moment = dt.datetime.combine(publication.as_at, dt.time())
    properties.title = publication.title
    properties.subject = f"{SUBJECT}. {marked(publication)}"
    properties.keywords = keywords(publication)
    properties.category = f"{publication.tier}, {publication.marking}"
    properties.comments = marked(publication)
    properties.language = LANGUAGE
    properties.author = properties.last_modified_by = ""
    properties.created = properties.modified = moment
    properties.revision = 1
    # The template's picture of an empty page is of no use.
    package = document.part.package
    for name, relation in list(package.rels.items()):
        if relation.reltype.endswith(_THUMBNAIL):
            del package.rels[name]


def _set_borders(table: Any) -> None:
    """Thin lines between rows. The parts of a table's properties have a fixed order: borders, layout, look."""
    properties = table._tbl.tblPr
    for name in ("tblBorders", "tblLook"):
        for element in properties.xpath(f"./w:{name}"):
            properties.remove(element)
    borders = _set(properties, "tblBorders")
    for side in ("top", "bottom", "insideH"):
        _set(borders, side, val="single", sz="4", space="0", color=_GREY)
    for layout in properties.xpath("./w:tblLayout"):
        layout.addprevious(borders)
    _set(
        properties, "tblLook", val="04A0", firstRow="1", lastRow="0", firstColumn="1", lastColumn="0", noHBand="1", noVBand="1"
    )  # fmt: skip
