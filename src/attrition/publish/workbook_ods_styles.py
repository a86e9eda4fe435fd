"""How the workbook looks as ODS: number formats, cells, rows, columns and printed pages, as XML text. Holds no figure."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from attrition.publish.publication import Publication
from attrition.publish.workbook_layout import SIZES
from attrition.publish.workbook_model import LANGUAGE, Look, marked

# The version that all programs in use can open.
VERSION = "1.2"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{address}"'
    for prefix, address in {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
        "number": "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0",
        "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
        "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
        "config": "urn:oasis:names:tc:opendocument:xmlns:config:1.0",
        "dc": "http://purl.org/dc/elements/1.1/",
        "xlink": "http://www.w3.org/1999/xlink",
    }.items()
)
# A width of one character and the edge of a column, in pixels as Excel counts them, at 96 to the inch.
_CHARACTER, _EDGE, _INCH = 7, 5, 96
_PAGE_OF = "<text:sheet-name>sheet</text:sheet-name>, page <text:page-number>1</text:page-number> of <text:page-count>1</text:page-count>"
_PERCENT = '<number:number number:decimal-places="1" number:min-integer-digits="1"/><number:text>%</number:text>'
_NUMBER_STYLES = f"""
<number:text-style style:name="N_text"><number:text-content/></number:text-style>
<number:number-style style:name="N_count"><number:number number:decimal-places="0" number:min-integer-digits="1" number:grouping="true"/></number:number-style>
<number:number-style style:name="N_number"><number:number number:decimal-places="1" number:min-integer-digits="1" number:grouping="true"/></number:number-style>
<number:number-style style:name="N_ratio"><number:number number:decimal-places="2" number:min-integer-digits="1"/></number:number-style>
<number:percentage-style style:name="N_rate">{_PERCENT}</number:percentage-style>
<number:percentage-style style:name="N_more" style:volatile="true"><number:text>+</number:text>{_PERCENT}</number:percentage-style>
<number:percentage-style style:name="N_less" style:volatile="true"><number:text>-</number:text>{_PERCENT}</number:percentage-style>
<number:percentage-style style:name="N_change">{_PERCENT}<style:map style:condition="value()&gt;0" style:apply-style-name="N_more"/><style:map style:condition="value()&lt;0" style:apply-style-name="N_less"/></number:percentage-style>
""".replace("\n", "")


def width(characters: float) -> str:
    """A column's width in centimetres, as wide as Excel makes a column of so many characters."""
    return f"{(_CHARACTER * characters + _EDGE) / _INCH * 2.54:.3f}cm"


def cell_style_name(kind: str, indent: int, total: bool) -> str:
    """The style of a cell of the table; the kind `heading_text` or `heading` is one of a heading."""
    return f"ce_{kind}_{indent}{'_total' if total else ''}"


def _cell_style(name: str, data: str, *, size: int, bold: bool, wrap: bool, align: str, indent: int, rule: str) -> str:
    border = f' fo:border-bottom="0.74pt solid {rule}"' if rule else ""
    margin = f' fo:margin-left="{0.35 * indent:.2f}cm"' if indent else ""
    weight = ' fo:font-weight="bold"' if bold else ""
    return (
        f'<style:style style:name="{name}" style:family="table-cell" style:parent-style-name="Default" style:data-style-name="{data}">'
        f'<style:table-cell-properties style:vertical-align="top" fo:wrap-option="{"wrap" if wrap else "no-wrap"}"'
        f' style:text-align-source="fix"{border}/>'
        f'<style:paragraph-properties fo:text-align="{align}"{margin}/>'
        f'<style:text-properties fo:font-size="{size}pt"{weight}/></style:style>'
    )


def _cell_styles() -> str:
    styles = [
        _cell_style(
            f"{part}_{look.value}",
            "N_text",
            size=size,
            bold=look in (Look.TITLE, Look.BOLD) or (part == "cover" and look is Look.HEADING),
            wrap=part == "cover",
            align="start",
            indent=0,
            rule="",
        )
        for part in ("cover", "above")
        for look, size in SIZES.items()
    ]
    for indent in (0, 1):
        for is_text in (True, False):
            styles.append(
                _cell_style(
                    cell_style_name("heading_text" if is_text else "heading", indent, False),
                    "N_text",
                    size=12,
                    bold=True,
                    wrap=True,
                    align="start" if is_text else "end",
                    indent=indent,
                    rule="#000000",
                )
            )
        for kind in ("text", "count", "rate", "number", "change", "ratio"):
            styles.extend(
                _cell_style(
                    cell_style_name(kind, indent, total),
                    f"N_{kind}",
                    size=12,
                    bold=total,
                    wrap=True,
                    align="start" if kind == "text" else "end",
                    indent=indent,
                    rule="#000000" if total else "#d9d9d9",
                )
                for total in (False, True)
            )
    return "".join(styles)


def automatic_styles(widths: Iterable[float], heights: Iterable[float]) -> str:
    """The styles that the cells, columns and rows of the content name: `co_<width>`, `ro_<height>`."""
    columns = "".join(
        f'<style:style style:name="co_{one:g}" style:family="table-column"><style:table-column-properties '
        f'fo:break-before="auto" style:column-width="{width(one)}"/></style:style>'
        for one in sorted(set(widths))
    )
    rows = "".join(
        f'<style:style style:name="ro_{one:g}" style:family="table-row"><style:table-row-properties '
        f'style:row-height="{one:g}pt" fo:break-before="auto" style:use-optimal-row-height="false"/></style:style>'
        for one in sorted(set(heights))
    )
    tables = "".join(
        f'<style:style style:name="ta_{shape}" style:family="table" style:master-page-name="{shape}">'
        '<style:table-properties table:display="true" style:writing-mode="lr-tb"/></style:style>'
        for shape in ("portrait", "landscape")
    )
    return f"<office:automatic-styles>{_NUMBER_STYLES}{columns}{rows}{tables}{_cell_styles()}</office:automatic-styles>"


def _page_layout(shape: str, size: tuple[str, str]) -> str:
    edge = '<style:header-footer-properties fo:min-height="0.7cm" fo:margin-left="0cm" fo:margin-right="0cm" '
    return (
        f'<style:page-layout style:name="layout_{shape}"><style:page-layout-properties fo:page-width="{size[0]}" '
        f'fo:page-height="{size[1]}" style:print-orientation="{shape}" fo:margin-top="1cm" fo:margin-bottom="1cm" '
        'fo:margin-left="1cm" fo:margin-right="1cm" style:scale-to-X="1" style:scale-to-Y="0" style:writing-mode="lr-tb"/>'
        f'<style:header-style>{edge}fo:margin-bottom="0.25cm"/></style:header-style>'
        f'<style:footer-style>{edge}fo:margin-top="0.25cm"/></style:footer-style></style:page-layout>'
    )


def _printed(content: str) -> str:
    return f'<text:p><text:span text:style-name="printed">{content}</text:span></text:p>'


def _master_page(shape: str, publication: Publication) -> str:
    return (
        f'<style:master-page style:name="{shape}" style:page-layout-name="layout_{shape}">'
        f"<style:header><style:region-left>{_printed(escape(marked(publication)))}</style:region-left></style:header>"
        f"<style:footer><style:region-left>{_printed(escape(publication.title))}</style:region-left>"
        f"<style:region-right>{_printed(_PAGE_OF)}</style:region-right></style:footer></style:master-page>"
    )


def styles_part(publication: Publication) -> str:
    """The part styles.xml: the default type and language, and pages one sheet wide that carry title, tier and marking."""
    language, country = LANGUAGE.split("-")
    sizes = {"portrait": ("21cm", "29.7cm"), "landscape": ("29.7cm", "21cm")}
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-styles {NAMESPACES} office:version="{VERSION}">'
        '<office:font-face-decls><style:font-face style:name="Arial" svg:font-family="Arial" '
        'style:font-family-generic="swiss" style:font-pitch="variable"/></office:font-face-decls>'
        '<office:styles><style:default-style style:family="table-cell"><style:text-properties style:font-name="Arial" '
        f"fo:font-size={quoteattr('12pt')} fo:language={quoteattr(language)} fo:country={quoteattr(country)}/>"
        '</style:default-style><style:style style:name="Default" style:family="table-cell"/></office:styles>'
        '<office:automatic-styles><style:style style:name="printed" style:family="text">'
        '<style:text-properties fo:font-size="8pt"/></style:style>'
        + "".join(_page_layout(shape, size) for shape, size in sizes.items())
        + "</office:automatic-styles><office:master-styles>"
        + "".join(_master_page(shape, publication) for shape in sizes)
        + "</office:master-styles></office:document-styles>"
    )
