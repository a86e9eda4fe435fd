"""A folder of published tables, as a run leaves it."""

from pathlib import Path
from typing import Any

Row = dict[str, Any]


def write_tables(folder: Path, tables: dict[str, list[Row]]) -> Path:
    """Write the tables as the Parquet files that a run publishes."""
    import pyarrow
    from pyarrow import parquet

    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        parquet.write_table(pyarrow.Table.from_pylist(rows), folder / f"{name}.parquet")
    return folder
