"""Makes a DuckDB table of computed rows, with the columns and types that its module states."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


def write(
    connection: "duckdb.DuckDBPyConnection", table: str, columns: dict[str, str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Puts a table of the rows in place of whatever bore its name. What is not a number is empty.

    columns: name and DuckDB type of each column, in the order of the values of a row
    """
    import pyarrow as pa

    kinds = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "DOUBLE": pa.float64()}
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    arrays = {
        name: pa.array(column, kinds[kind], from_pandas=True)
        for (name, kind), column in zip(columns.items(), values, strict=True)
    }
    connection.register("computed_rows", pa.table(arrays))
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM computed_rows")
    connection.unregister("computed_rows")
