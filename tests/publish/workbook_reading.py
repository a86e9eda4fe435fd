"""Writes a workbook of published tables and reads it back with openpyxl, as its tests need it."""

import datetime as dt
from pathlib import Path
from typing import Any

from attrition.publish.publication import Publication
from attrition.publish.workbook import write_workbooks
from attrition.publish.workbook_sheets import SMALLEST_BASE

AS_AT = dt.date(2025, 3, 31)


def restricted(tables: Path, made_up: bool = False) -> Publication:
    """The publication of these exact tables."""
    return Publication("restricted", "OFFICIAL-SENSITIVE", AS_AT, made_up, tables, "attrition 0.1.0")


def written(tables: Path, folder: Path, *, demo: bool = False, smallest_base: int = SMALLEST_BASE) -> Any:
    """The workbook of these tables, read back."""
    import openpyxl

    xlsx, _ = write_workbooks(restricted(tables, demo), folder, smallest_base)
    return openpyxl.load_workbook(xlsx)


def table_of(sheet: Any) -> list[dict[str, Any]]:
    """The rows under the headings, by heading without its note and line breaks."""
    (area,) = [table.ref for table in sheet.tables.values()]
    headings, *rows = [[cell.value for cell in row] for row in sheet[area]]
    names = [" ".join(heading.split("[note")[0].split()) for heading in headings]
    return [dict(zip(names, row, strict=True)) for row in rows]


def texts_of(sheet: Any) -> str:
    """Every cell of a sheet that is not empty, one a line."""
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)
