"""Makes a DuckDB table of computed values, with the columns and types that its module states."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


def write(
    connection: "duckdb.DuckDBPyConnection", table: str, columns: dict[str, str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Puts a table of the rows in place of whatever bore its name. What is not a number is empty.

    columns: name and DuckDB type of each column, in the order of the values of a row
    """
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    write_columns(connection, table, columns, dict(zip(columns, values, strict=True)))


def write_columns(
    connection: "duckdb.DuckDBPyConnection", table: str, columns: dict[str, str], values: Mapping[str, Any]
) -> None:
    """The same from one sequence or array of values for each column."""
    import pyarrow as pa

    kinds = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "DOUBLE": pa.float64()}
    arrays = {name: pa.array(values[name], kinds[kind], from_pandas=True) for name, kind in columns.items()}
    connection.register("computed_rows", pa.table(arrays))
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM computed_rows")
    connection.unregister("computed_rows")
