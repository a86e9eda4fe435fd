"""Reads one sheet of an Excel workbook as rows of text: dates as YYYY-MM-DD, whole numbers without a decimal point."""

import datetime as dt
import warnings
from pathlib import Path
from typing import Any

from attrition.errors import InputRefused
from attrition.ingest.reading import Opened, Reject, _refuse, is_damaged_zip


def cell_text(value: Any) -> str | None:
    """A cell's value as the text that a CSV export of it would hold; None for an empty cell."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def open_sheet(path: Path, sha256: str, sheet: str | None, header_row: int, first_rows: int | None = None) -> Opened:
    """Opens a sheet (the first one unless named) and reads it whole, or its first rows.

    Rows without any value are not rows. Raises InputRefused for a damaged workbook, a missing sheet or header.
    """
    import openpyxl

    if is_damaged_zip(path):
        raise _refuse(path, "the Excel file is damaged or cut short", "Save it again and copy it whole.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception:  # openpyxl raises many kinds for a zip that is not a workbook
        raise _refuse(path, "this is not an Excel workbook", "Save it as .xlsx or .csv.") from None
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise _refuse(path, "the sheet that the mapping names is not there", "Correct `sheet` in the mapping.")
        page = book[sheet] if sheet else book.worksheets[0]
        page.reset_dimensions()
        header: list[str] = []
        rows: list[tuple[int, list[str | None]]] = []
        rejects: list[Reject] = []
        for number, values in enumerate(page.iter_rows(values_only=True), 1):
            if number < header_row:
                continue
            cells = [cell_text(value) for value in values]
            if number == header_row:
                while cells and cells[-1] is None:
                    cells.pop()
                header = [(cell or "").strip() for cell in cells]
                continue
            if all(cell is None or not cell.strip() for cell in cells):
                continue
            if any(cell is not None for cell in cells[len(header) :]):
                rejects.append(Reject(number, "wrong_number_of_columns", ""))
                continue
            rows.append((number, (cells + [None] * len(header))[: len(header)]))
            if first_rows is not None and len(rows) >= first_rows:
                break
    except InputRefused:
        raise
    except Exception:  # a damaged sheet breaks off in many ways
        raise _refuse(path, "the sheet cannot be read to its end", "Save it again as .xlsx or .csv.") from None
    finally:
        book.close()
    if not any(header):
        raise _refuse(path, f"there is no header in row {header_row} of the sheet", "Name the header's row in the mapping.")
    return Opened(path, "xlsx", sha256, header, header_row, rows=rows, rejects=rejects, iso_dates=True)
