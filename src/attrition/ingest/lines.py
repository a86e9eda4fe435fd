"""The line in its file of each row in `conformed`, and the lines that could not be split (`unsplit`)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from attrition.ingest.reading import RawTable


def number_lines(connection: "duckdb.DuckDBPyConnection", raw: "RawTable") -> None:
    """Fills `line_of` (or the macro `line_number`, where rows follow each other without a gap) and `unsplit`."""
    import numpy as np
    import pyarrow as pa

    lines = raw.lines
    connection.execute("DROP TABLE IF EXISTS temp.line_of")
    # Where rows follow each other without a gap, the line is a sum; only else is a table needed.
    regular = len(lines) == 0 or bool((lines == np.arange(lines[0], lines[0] + len(lines))).all())
    first = int(lines[0]) if len(lines) else 0
    if regular:
        connection.execute(f"CREATE OR REPLACE TEMP MACRO line_number(number) AS number + {first}")
        connection.execute("CREATE TEMP TABLE line_of (row_no BIGINT, line BIGINT)")
    else:
        connection.register("line_rows", pa.table({"row_no": np.arange(len(lines)), "line": lines}))
        connection.execute("CREATE TEMP TABLE line_of AS SELECT * FROM line_rows")
        connection.unregister("line_rows")
    connection.execute("DROP TABLE IF EXISTS temp.unsplit")
    connection.execute("CREATE TEMP TABLE unsplit (line BIGINT, reason VARCHAR, sha256 VARCHAR)")
    if raw.rejects:
        columns = {
            "line": [reject.line for reject in raw.rejects],
            "reason": [reject.reason for reject in raw.rejects],
            "sha256": [reject.sha256 for reject in raw.rejects],
        }
        connection.register("unsplit_rows", pa.table(columns))
        connection.execute("INSERT INTO unsplit SELECT * FROM unsplit_rows")
        connection.unregister("unsplit_rows")


def numbered(connection: "duckdb.DuckDBPyConnection", rows: str) -> str:
    """A query over `rows` (a table or query with row_no) that adds each row's line."""
    found = connection.execute("SELECT count(*) FROM line_of").fetchone()
    if found and found[0]:
        return f"SELECT numbered_row.*, line_of.line FROM ({rows}) AS numbered_row JOIN line_of USING (row_no)"
    return f"SELECT *, line_number(row_no) AS line FROM ({rows})"
