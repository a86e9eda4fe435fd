"""The workbook of each tier as model, XLSX and ODS, and readers of both files that are independent of what wrote them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from attrition.publish.publication import Publication
from attrition.publish.workbook import workbook_of
from attrition.publish.workbook_model import Workbook
from attrition.publish.workbook_ods import write_ods
from attrition.publish.workbook_xlsx import write_xlsx

Cells = dict[str, list[list[Any]]]
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
LINK = "{http://www.w3.org/1999/xlink}href"


@dataclass(frozen=True)
class Files:
    """One publication's workbook, before and after it became files."""

    publication: Publication
    workbook: Workbook
    xlsx: Path
    ods: Path


def files_of(publication: Publication, folder: Path) -> Files:
    """Writes the workbook of a publication into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    workbook = workbook_of(publication)
    xlsx, ods = (folder / publication.file_name("tables", suffix) for suffix in ("xlsx", "ods"))
    write_xlsx(workbook, xlsx)
    write_ods(workbook, ods)
    return Files(publication, workbook, xlsx, ods)


def cells_of_model(workbook: Workbook) -> Cells:
    """Every cell that the model has, by sheet, rows without trailing blanks."""
    cells: Cells = {"Cover": [[line.text] for line in workbook.cover.lines]}
    for page in workbook.pages:
        above = [[text] for text in page.above]
        cells[page.name] = [*above, list(page.headings), *(list(row) for row in page.rows)]
    return cells


def table_of_model(workbook: Workbook, name: str) -> list[dict[str, Any]]:
    """The rows of a page's table, by heading without its note and line breaks."""
    (page,) = (page for page in workbook.pages if page.name == name)
    headings = [" ".join(heading.split("[note")[0].split()) for heading in page.headings]
    return [dict(zip(headings, row, strict=True)) for row in page.rows]


def texts_of_model(workbook: Workbook, name: str) -> str:
    """Every cell of a sheet, one a line."""
    return "\n".join(str(cell) for row in cells_of_model(workbook)[name] for cell in row)


def cells_of_file(path: Path) -> Cells:
    """Every cell that calamine finds in a file, by sheet, rows without trailing blanks."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(path)
    found: Cells = {}
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        found[name] = []
        for row in rows:
            cells = list(row)
            while cells and cells[-1] in ("", None):
                cells.pop()
            found[name].append(cells)
    return found


def part(path: Path, name: str) -> Any:
    """A part of a zipped file as XML."""
    from lxml import etree

    with ZipFile(path) as parts:
        return etree.fromstring(parts.read(name))


def areas(ods: Path) -> dict[str, tuple[str, int, int, bool]]:
    """The marked tables of an ODS by sheet: name, first row (from 1), number of rows, filters."""
    found = {}
    for area in part(ods, "content.xml").iter(f"{TABLE}database-range"):
        matched = re.fullmatch(r"'(.+)'\.A(\d+):'\1'\.[A-Z]+(\d+)", area.get(f"{TABLE}target-range-address"))
        assert matched
        assert area.get(f"{TABLE}contains-header") == "true"
        first, last = int(matched[2]), int(matched[3])
        filters = area.get(f"{TABLE}display-filter-buttons") == "true"
        found[matched[1].replace("''", "'")] = (area.get(f"{TABLE}name"), first, last - first + 1, filters)
    return found
