"""Writes the workbook as ODS: the cells, order, widths, number formats and frozen headings that the XLSX has.

odfdo holds the package. Its cells are made one element at a time, which takes minutes for a long table, so the parts are given to
it as text.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from attrition.publish.publication import SUBJECT
from attrition.publish.workbook_layout import (
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
    Look,
    Page,
    Workbook,
    keywords,
    marked,
)
from attrition.publish.workbook_ods_styles import (
    NAMESPACES,
    VERSION,
    automatic_styles,
    cell_style_name,
    styles_part,
)
from attrition.publish.workbook_sheets import Cell, Kind

_XML = '<?xml version="1.0" encoding="UTF-8"?>'
# One workbook always gives the same file, so the clock has no say. It is the first moment that a zip can tell.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_PARTS = ("content.xml", "styles.xml", "meta.xml", "settings.xml")
_SHOWN = {
    "count": "{:,}",
    "rate": "{:.1%}",
    "number": "{:,.1f}",
    "change": "{:+.1%}",
    "ratio": "{:.2f}",
}


def _paragraphs(text: str) -> str:
    """Text as paragraphs, one a line. ODF drops repeated and outer blanks that are not marked as such."""

    def kept(blanks: re.Match[str]) -> str:
        return f'<text:s text:c="{len(blanks[0])}"/>'

    lines = (re.sub(r"^ +| {2,}| +$", kept, escape(line)) for line in text.split("\n"))
    return "".join(f"<text:p>{line}</text:p>" for line in lines)


def _text_cell(text: str, style: str) -> str:
    return f'<table:table-cell table:style-name="{style}" office:value-type="string">{_paragraphs(text)}</table:table-cell>'


def _cell(cell: Cell, kind: Kind, style: str) -> str:
    if isinstance(cell, str):
        return _text_cell(cell, style)
    value_type = "percentage" if kind in ("rate", "change") else "float"
    shown = _SHOWN.get(kind, "{}").format(cell)
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type="{value_type}" office:value="{cell!r}">'
        f"<text:p>{shown}</text:p></table:table-cell>"
    )


def _link_cell(name: str, style: str) -> str:
    leads_to = quoteattr(f"#{_quoted(name)}.A1")
    link = f'<text:a xlink:href={leads_to} xlink:type="simple">{escape(name)}</text:a>'
    return f'<table:table-cell table:style-name="{style}" office:value-type="string"><text:p>{link}</text:p></table:table-cell>'


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


class _Content:
    """The part content.xml, as it grows: tables, and the widths and heights that they use."""

    def __init__(self) -> None:
        self.tables: list[str] = []
        self.ranges: list[str] = []
        self._widths: set[float] = set()
        self._heights: set[float] = set()

    def _row(self, cells: str, height: float) -> str:
        self._heights.add(height)
        return f'<table:table-row table:style-name="ro_{height:g}">{cells}</table:table-row>'

    def _columns(self, widths: list[float]) -> str:
        self._widths.update(widths)
        return "".join(f'<table:table-column table:style-name="co_{one:g}"/>' for one in widths)

    def _table(self, name: str, shape: str, widths: list[float], rows: str) -> None:
        opened = f'<table:table table:name={quoteattr(name)} table:style-name="ta_{shape}">'
        self.tables.append(f"{opened}{self._columns(widths)}{rows}</table:table>")

    def add_cover(self, cover: Cover) -> None:
        """Adds the cover."""
        rows = "".join(
            self._row(
                _text_cell(line.text, f"cover_{line.look.value}"),
                line_height(line.look, cover_lines(line, COVER_WIDTH)),
            )
            for line in cover.lines
        )
        self._table(COVER, "portrait", [COVER_WIDTH], rows)

    def add_page(self, page: Page) -> None:
        """Adds a page, its table marked as such."""
        looks = [Look.TITLE, *[Look.HEADING] * len(page.subtitles), *[Look.TEXT] * len(page.reading)]
        above = "".join(
            self._row(_text_cell(text, f"above_{look.value}"), line_height(look))
            for text, look in zip(page.above, looks, strict=True)
        )
        headings = "".join(
            _text_cell(
                heading,
                cell_style_name("heading_text" if column.kind == "text" else "heading", indent(page, at), False),
            )
            for at, (heading, column) in enumerate(zip(page.headings, page.columns, strict=True))
        )
        header = self._row(headings, line_height(Look.TEXT, heading_lines(page)))
        rows = "".join(self._rows(page))
        self._table(
            page.name,
            "landscape" if is_landscape(page) else "portrait",
            [column.width for column in page.columns],
            f"{above}<table:table-header-rows>{header}</table:table-header-rows>{rows}",
        )
        first = len(page.above) + 1
        area = (
            f"{_quoted(page.name)}.A{first}:{_quoted(page.name)}.{_letters(len(page.columns))}{first + len(page.rows)}"
        )
        self.ranges.append(
            f'<table:database-range table:name="{page.table_name}" table:target-range-address={quoteattr(area)} '
            f'table:contains-header="true" table:display-filter-buttons="{str(page.filters).lower()}"/>'
        )

    def _rows(self, page: Page) -> Iterator[str]:
        for number, cells in enumerate(page.rows):
            total = page.first_row_is_total and number == 0
            styles = [cell_style_name(column.kind, indent(page, at), total) for at, column in enumerate(page.columns)]
            made = [
                _link_cell(str(cell), style) if page.links and at == 0 else _cell(cell, column.kind, style)
                for at, (cell, column, style) in enumerate(zip(cells, page.columns, styles, strict=True))
            ]
            yield self._row("".join(made), line_height(Look.TEXT, row_lines(page, cells)))

    def part(self) -> str:
        """The whole part."""
        return (
            f'{_XML}<office:document-content {NAMESPACES} office:version="{VERSION}">'
            f"{automatic_styles(self._widths, self._heights)}<office:body><office:spreadsheet>{''.join(self.tables)}"
            f"<table:database-ranges>{''.join(self.ranges)}</table:database-ranges>"
            "</office:spreadsheet></office:body></office:document-content>"
        )


def _letters(column: int) -> str:
    """The letters of a column, from 1: 28 is AB."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _meta_part(workbook: Workbook) -> str:
    publication = workbook.publication
    words = "".join(f"<meta:keyword>{escape(word)}</meta:keyword>" for word in keywords(publication).split(", "))
    own = {"Tier": publication.tier, "Marking": publication.marking}
    stated = "".join(
        f'<meta:user-defined meta:name="{name}">{escape(value)}</meta:user-defined>' for name, value in own.items()
    )
    day = f"{publication.as_at}T00:00:00"
    return (
        f'{_XML}<office:document-meta {NAMESPACES} office:version="{VERSION}"><office:meta>'
        f"<meta:generator>{escape(publication.program)}</meta:generator><dc:title>{escape(publication.title)}</dc:title>"
        f"<dc:subject>{escape(f'{SUBJECT}. {marked(publication)}')}</dc:subject>{words}<dc:language>{LANGUAGE}</dc:language>"
        f"<meta:creation-date>{day}</meta:creation-date><dc:date>{day}</dc:date>{stated}</office:meta></office:document-meta>"
    )


def _settings_part(workbook: Workbook) -> str:
    """The headings and labels that stay in sight, and the cover as the sheet that is open first."""

    def item(name: str, kind: str, value: object) -> str:
        return (
            f'<config:config-item config:name="{name}" config:type="{kind}">{escape(str(value))}</config:config-item>'
        )

    tables = []
    for page in workbook.pages:
        rows, columns = len(page.above) + 1, frozen_columns(page)
        items = [
            item("VerticalSplitMode", "short", 2),
            item("VerticalSplitPosition", "int", rows),
            item("HorizontalSplitMode", "short", 2 if columns else 0),
            item("HorizontalSplitPosition", "int", columns),
            item("ActiveSplitRange", "short", 3 if columns else 2),
            item("PositionLeft", "int", 0),
            item("PositionRight", "int", columns),
            item("PositionTop", "int", 0),
            item("PositionBottom", "int", rows),
        ]
        name = quoteattr(page.name)
        tables.append(
            f"<config:config-item-map-entry config:name={name}>{''.join(items)}</config:config-item-map-entry>"
        )
    return (
        f'{_XML}<office:document-settings {NAMESPACES} office:version="{VERSION}"><office:settings>'
        '<config:config-item-set config:name="ooo:view-settings"><config:config-item-map-indexed config:name="Views">'
        f"<config:config-item-map-entry>{item('ViewId', 'string', 'view1')}"
        f'<config:config-item-map-named config:name="Tables">{"".join(tables)}</config:config-item-map-named>'
        f"{item('ActiveTable', 'string', COVER)}</config:config-item-map-entry></config:config-item-map-indexed>"
        "</config:config-item-set></office:settings></office:document-settings>"
    )


def _manifest(mimetype: str) -> str:
    """The list of the parts. The template's own is of ODF 1.4, which LibreOffice 7 refuses to open."""
    entry = '<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>'
    listed = "".join(entry.format(*part) for part in (("/", mimetype), *((name, "text/xml") for name in _PARTS)))
    listed = listed.replace('path="/"', f'path="/" manifest:version="{VERSION}"')
    namespace = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    return f'{_XML}<manifest:manifest {namespace} manifest:version="{VERSION}">{listed}</manifest:manifest>'


def write_ods(workbook: Workbook, target: Path) -> None:
    """Write the workbook to `target` (.ods); one model always gives the same bytes. Raises OSError where it cannot be written."""
    from odfdo import Document

    content = _Content()
    content.add_cover(workbook.cover)
    for page in workbook.pages:
        content.add_page(page)
    document = Document("spreadsheet")
    package: Any = document.container
    # The template brings a thumbnail, menus and a graph of its own.
    for name in package.parts:
        if name != "mimetype":
            package.del_part(name)
    given = (content.part(), styles_part(workbook.publication), _meta_part(workbook), _settings_part(workbook))
    for name, text in zip(_PARTS, given, strict=True):
        package.set_part(name, text.encode())
    package.set_part("META-INF/manifest.xml", _manifest(document.mimetype).encode())
    saved = io.BytesIO()
    package.save(saved)
    with zipfile.ZipFile(saved) as plain, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as fixed:
        for member in plain.infolist():
            entry = zipfile.ZipInfo(member.filename, _NO_TIME)
            entry.compress_type = member.compress_type
            fixed.writestr(entry, plain.read(member))
