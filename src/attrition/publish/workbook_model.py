"""The workbook as it is before it becomes a file: cover, then contents, notes and tables as pages of cells.

Every writer writes these cells and no others, in this order. Writes no file, counts nothing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from attrition.publish.headline import NOT_APPLICABLE
from attrition.publish.publication import Publication
from attrition.publish.workbook_sheets import Basis, Cell, Column, Sheet

COVER = "Cover"
CONTENTS = "Contents"
COVER_WIDTH = 94
LANGUAGE = "en-GB"
ONE_TABLE = "This worksheet contains one table."


class Look(Enum):
    """How a line of text stands out."""

    TITLE = "title"
    HEADING = "heading"
    BOLD = "bold"
    TEXT = "text"


@dataclass(frozen=True)
class Line:
    """One line of text, in a cell of its own."""

    text: str
    look: Look = Look.TEXT


@dataclass(frozen=True)
class Cover:
    """The cover's lines by part; each part but the title has a heading."""

    title: str
    intro: tuple[Line, ...]
    about: tuple[Line, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines from top to bottom."""
        return (
            Line(self.title, Look.TITLE),
            Line("Introductory information", Look.HEADING),
            *self.intro,
            Line("About these data", Look.HEADING),
            *self.about,
        )


@dataclass(frozen=True)
class Page:
    """One worksheet, cell by cell: title, subtitles and reading in the first column, one below the other, then the table.

    headings: those of the columns, with their notes
    rows: at least one
    links: the first cell of each row is the name of the worksheet that it leads to
    """

    name: str
    title: str
    subtitles: tuple[str, ...]
    reading: tuple[str, ...]
    columns: tuple[Column, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...] = field(repr=False)
    first_row_is_total: bool = False
    filters: bool = False
    links: bool = False

    @property
    def above(self) -> tuple[str, ...]:
        """What stands above the table, a cell each."""
        return (self.title, *self.subtitles, *self.reading)

    @property
    def table_name(self) -> str:
        """The name under which programs find the table."""
        return "table_" + re.sub(r"\W+", "_", self.name.lower())


@dataclass(frozen=True)
class Workbook:
    """The whole workbook."""

    publication: Publication
    cover: Cover
    pages: tuple[Page, ...]


def marked(publication: Publication) -> str:
    """Tier and marking as a line, which says so where the data are made up."""
    made_up = " MADE-UP DATA." if publication.made_up else ""
    return f"Tier: {publication.tier}. {publication.marked}.{made_up}"


def keywords(publication: Publication) -> str:
    """Tier and marking as keywords of a file."""
    words = ["hate crime", "attrition", f"tier {publication.tier}", publication.marking]
    return ", ".join(words + ["MADE-UP DATA"] * publication.made_up)


def page_of(sheet: Sheet, said: str, note_numbers: Mapping[str, int], reaches: Mapping[str, str]) -> Page:
    """A sheet as a page: notes become numbers; the shorthand and the source are stated; an empty table says so.

    said: tier and marking
    reaches: extracts in words, with how far their feeds reach
    """
    headings = tuple(
        f"{column.heading}\n[note {note_numbers[column.note]}]" if column.note else column.heading
        for column in sheet.columns
    )
    source = "; ".join(reaches[extract] for extract in sheet.extracts if extract in reaches)
    first, *others = sheet.reading or ("",)
    return Page(
        sheet.name,
        sheet.title,
        (sheet.basis, said),
        (
            f"{ONE_TABLE} {first}".strip(),
            *others,
            *sheet.legend(),
            *([f"Source: {source}."] if source else []),
        ),
        sheet.columns,
        headings,
        # A table without rows looks like a fault.
        tuple(sheet.rows) or ((sheet.nothing, *(NOT_APPLICABLE,) * (len(sheet.columns) - 1)),),
        sheet.first_row_is_total,
        sheet.filters,
        sheet.links,
    )


def notes_sheet(basis: Basis, notes: Mapping[str, str]) -> Sheet:
    """The sheet of all notes, numbered in their order."""
    return Sheet(
        "Notes",
        "Notes: what the figures mean",
        basis.of("incidents, unless a sheet says otherwise"),
        ("Column headings and sheets refer to these notes by number.",),
        (Column("Note", "text", 10), Column("Explanation", "text", 120)),
        [(f"Note {number}", text) for number, text in enumerate(notes.values(), start=1)],
        extracts=(),
    )


def contents_sheet(basis: Basis, sheets: list[Sheet]) -> Sheet:
    """The list of the sheets that follow it."""
    return Sheet(
        CONTENTS,
        CONTENTS,
        basis.of("stated on each sheet"),
        ("Each sheet name is a link.",),
        (Column("Sheet", "text", 32), Column("What it shows", "text", 100)),
        [(sheet.name, sheet.title) for sheet in sheets],
        extracts=(),
        links=True,
    )


def assemble(
    publication: Publication,
    cover: Cover,
    basis: Basis,
    notes: Mapping[str, str],
    sheets: list[Sheet],
    reaches: Mapping[str, str],
) -> Workbook:
    """The workbook of these sheets, contents and notes before them."""
    numbers = {name: number for number, name in enumerate(notes, start=1)}
    numbered = [notes_sheet(basis, notes), *sheets]
    every = [contents_sheet(basis, numbered), *numbered]
    said = marked(publication)
    return Workbook(publication, cover, tuple(page_of(sheet, said, numbers, reaches) for sheet in every))
