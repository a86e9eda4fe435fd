"""Writes a workbook of published tables and reads it back with openpyxl, as its tests need it."""

from pathlib import Path
from typing import Any

from attrition.publish.workbook import write_workbook

META = {"as_at": "2025-03-31", "run_id": "2025-03-31_r2"}


def written(tables: Path, folder: Path, **meta: Any) -> Any:
    """The workbook of these tables, read back."""
    import openpyxl

    target = folder / "attrition.xlsx"
    write_workbook(tables, target, {**META, **meta})
    return openpyxl.load_workbook(target)


def table_of(sheet: Any) -> list[dict[str, Any]]:
    """The rows under the headings, by heading without its note and line breaks."""
    (area,) = [table.ref for table in sheet.tables.values()]
    headings, *rows = [[cell.value for cell in row] for row in sheet[area]]
    names = [" ".join(heading.split("[note")[0].split()) for heading in headings]
    return [dict(zip(names, row, strict=True)) for row in rows]


def texts_of(sheet: Any) -> str:
    """Every cell of a sheet that is not empty, one a line."""
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)
