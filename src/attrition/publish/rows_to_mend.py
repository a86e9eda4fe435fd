"""Writes the rows to mend for the owners of the data: one CSV and one workbook for each extract and area. They say where a
row stands and what is wrong with it; never a value of the data but the record's reference.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.errors import AttritionError
from attrition.ingest.sheet_rows import row_of_sql
from attrition.publish.area_names import area_name, extract_name
from attrition.publish.rows_to_mend_workbook import COLUMNS, MOST_ROWS, MendList, write_mend_workbook
from attrition.publish.spreadsheet_text import FORMULA_START

if TYPE_CHECKING:
    import duckdb

_BYTE_ORDER_MARK = "\ufeff"
_NEW_LINE = "\n"
_BATCH = 10_000
# A line break or a control character inside a cell hides text or breaks the file.
_CONTROL = r"[\x00-\x1f\x7f\x{FFFE}\x{FFFF}]+"
_ROW, _SHEET = row_of_sql("file", "line")
_LISTED = f"""
CREATE OR REPLACE TEMP TABLE row_to_mend AS
WITH clean AS (
    SELECT
        check_row.extract,
        check_row.area,
        regexp_replace(coalesce(load.file, ''), $control, ' ', 'g') AS file,
        check_row.line,
        regexp_replace(coalesce(check_row.reference, ''), $control, ' ', 'g') AS record,
        regexp_replace(coalesce(check_row.column_name, ''), $control, ' ', 'g') AS column_name,
        check_row.rule,
        coalesce(rule.label, check_row.rule) AS label,
        coalesce(rule.mend, '') AS mend,
        check_row.load_id
    FROM check_row
    LEFT JOIN load ON check_row.load_id = load.load_id
    LEFT JOIN rule ON check_row.rule = rule.rule
    WHERE coalesce(rule.severity, 'warning') <> 'info'
)

SELECT
    coalesce(extract, '') AS extract,
    coalesce(area, '') AS area,
    row_number() OVER (
        PARTITION BY coalesce(extract, ''), coalesce(area, '')
        ORDER BY file, line NULLS LAST, rule, column_name, load_id, record
    ) AS position,
    concat_ws(', ', file, nullif({_SHEET}, '')) AS file,
    {_ROW} AS line,
    {", ".join(column.field for column in COLUMNS if column.field not in ("file", "line"))}
FROM clean
ORDER BY extract, area, position
"""


def write_rows_to_mend(
    connection: "duckdb.DuckDBPyConnection",
    folder: Path,
    made_up: bool,
    as_at: dt.date | None = None,
    marking: str = "OFFICIAL-SENSITIVE",
) -> list[Path]:
    """Write `rows_to_mend_<extract>_<area or unknown>.csv` and `.xlsx` for every extract and area of `check_row`.

    connection: holds the tables check_row, load and rule; nothing in them changes
    folder: made where it is missing; files of the same names are replaced, others stay
    made_up: true for made-up data, which the workbook then says
    as_at: the day of the data, for the workbook's title and properties
    marking: the protective marking, for the workbook
    Findings of severity info are left out. The workbook holds at most 50,000 rows, the CSV all. References keep zeros and
    length in both files, but Excel drops them when it opens a CSV by itself: the workbook is the one to open.
    Returns the paths written, in order; none where there is nothing to mend. Raises AttritionError where a file cannot be
    written.
    """
    import duckdb

    connection.execute(_LISTED, {"control": _CONTROL})
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for extract, area, rows, records in connection.execute(
            "SELECT extract, area, count(*), count(DISTINCT (file, line)) FROM row_to_mend GROUP BY ALL ORDER BY ALL"
        ).fetchall():
            name = f"rows_to_mend_{extract}_{area or 'unknown'}"
            files = folder / f"{name}.csv", folder / f"{name}.xlsx"
            _write_csv(connection, files[0], extract, area)
            said = MendList(
                f"{extract_name(extract)}, {area_name(extract, area)}",
                rows,
                records,
                as_at,
                made_up,
                name + ".csv",
                marking,
            )
            write_mend_workbook(files[1], said, _widths(connection, extract, area), _rows(connection, extract, area))
            written += files
    except (OSError, duckdb.IOException) as fault:
        # What names no file of the folder is a fault of the warehouse, from which the rows are read.
        if str(folder) not in str(fault):
            raise
        raise AttritionError(
            f"The rows to mend cannot be written into {folder}. Close their files in other programs, see that there is room "
            "on the disk, and run again."
        ) from None
    finally:
        connection.execute("DROP TABLE IF EXISTS row_to_mend")
    return written


def _text(value: str) -> str:
    """Text as a literal of SQL: COPY takes no parameters."""
    return "'" + value.replace("'", "''") + "'"


def _write_csv(connection: "duckdb.DuckDBPyConnection", target: Path, extract: str, area: str) -> None:
    shown = ", ".join(
        f"CASE WHEN regexp_matches({column.field}, {_text(FORMULA_START.pattern)}) THEN '''' ELSE '' END || {column.field}"
        if column.is_free
        else column.field
        for column in COLUMNS
    )
    header = ",".join(f'"{column.heading}"' for column in COLUMNS)
    # DuckDB takes a mark before the first cell only together with a header that is written by hand.
    connection.execute(
        f"COPY (SELECT {shown} FROM row_to_mend WHERE extract = {_text(extract)} AND area = {_text(area)} ORDER BY position) "
        f"TO {_text(str(target))} (FORMAT csv, HEADER false, FORCE_QUOTE *, PREFIX {_text(_BYTE_ORDER_MARK + header + _NEW_LINE)}, "
        f"SUFFIX {_text(_NEW_LINE)})"
    )


def _widths(connection: "duckdb.DuckDBPyConnection", extract: str, area: str) -> list[int]:
    """The longest text of each column, in characters."""
    longest = ", ".join(f"max(length({column.field}::VARCHAR))" for column in COLUMNS)
    found = connection.execute(
        f"SELECT {longest} FROM row_to_mend WHERE extract = ? AND area = ? AND position <= ?",
        [extract, area, MOST_ROWS],
    ).fetchone()
    return [width or 0 for width in found or ()]


def _rows(connection: "duckdb.DuckDBPyConnection", extract: str, area: str) -> Iterator[tuple[object, ...]]:
    fields = ", ".join(column.field for column in COLUMNS)
    answer = connection.execute(
        f"SELECT {fields} FROM row_to_mend WHERE extract = ? AND area = ? AND position <= ? ORDER BY position",
        [extract, area, MOST_ROWS],
    )
    while rows := answer.fetchmany(_BATCH):
        yield from rows
