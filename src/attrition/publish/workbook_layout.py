"""How a page of the workbook looks: heights, frozen headings, the shape of the printed page. Sizes only; writes no file."""

import textwrap

from attrition.publish.workbook_model import Line, Look, Page
from attrition.publish.workbook_sheets import Cell

# In points: a line of the workbook's Arial 12, and the sizes of type above the table.
LINE_HEIGHT = 15.75
SIZES = {Look.TITLE: 16, Look.HEADING: 14, Look.BOLD: 12, Look.TEXT: 12}
_PORTRAIT_WIDTH = 90
_FROZEN_WIDTH = 60
# A column's width counts digits of the default type; of Arial 12 it holds about so many letters for each.
_LETTERS = 0.95
_BOLD_LETTERS = 0.88


def _lines(text: str, width: float, letters: float = _LETTERS) -> int:
    """How many lines a text takes in a column of this width: not every program works it out by itself."""
    room = max(int(width * letters), 1)
    parts = text.split("\n")
    # Most cells are short, and a long table has many.
    return sum(1 if len(part) <= room else len(textwrap.wrap(part, room)) for part in parts)


def heading_lines(page: Page) -> int:
    """Lines of text in the row of headings. A filter button takes the last line of its heading."""
    texts = zip(page.headings, page.columns, strict=True)
    return max(_lines(heading, column.width, _BOLD_LETTERS) for heading, column in texts) + page.filters


def row_lines(page: Page, cells: tuple[Cell, ...]) -> int:
    """Lines of text in a row of the table."""
    texts = ((cell, column.width) for cell, column in zip(cells, page.columns, strict=True) if isinstance(cell, str))
    return max((_lines(cell, width) for cell, width in texts), default=1)


def cover_lines(line: Line, width: float) -> int:
    """Lines of text that a line of the cover takes."""
    letters = _LETTERS if line.look is Look.TEXT else _BOLD_LETTERS
    return _lines(line.text, width, letters * SIZES[Look.TEXT] / SIZES[line.look])


def line_height(look: Look, lines: int = 1) -> float:
    """Height of a row in points."""
    return LINE_HEIGHT * lines * SIZES[look] / SIZES[Look.TEXT]


def frozen_columns(page: Page) -> int:
    """How many columns of labels stay in sight when the table is moved sideways."""
    kinds = [column.kind for column in page.columns]
    labels = next((at for at, kind in enumerate(kinds) if kind != "text"), len(kinds))
    while labels and sum(column.width for column in page.columns[:labels]) > _FROZEN_WIDTH:
        labels -= 1
    return labels


def is_landscape(page: Page) -> bool:
    """Whether the page is printed across."""
    return sum(column.width for column in page.columns) > _PORTRAIT_WIDTH


def indent(page: Page, at: int) -> int:
    """The indent of column `at`: it keeps text clear of the figures on its left."""
    return 1 if at and page.columns[at].kind == "text" else 0
