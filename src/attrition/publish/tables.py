"""Writes the published models as CSV and Parquet into a folder. Figures and order come from the models; nothing here counts."""

import csv
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition.models import build

if TYPE_CHECKING:
    import duckdb

    from attrition.validate.checks import Check

PUBLISHED = (
    "funnel", "funnel_by_period", "reasons", "counts_for_release", "fixed_age", "handover", "paths", "withdrawal", "positive_outcomes", "volumes", "reconciliation", "benchmarks",
    "load", "feeds", "findings", "meeting",
)  # fmt: skip


def write_tables(
    connection: "duckdb.DuckDBPyConnection", folder: Path, also: tuple[str, ...] = (), *, built: Any = lambda name: None
) -> None:
    """Builds the models and writes each published one as `<table>.csv` and `<table>.parquet`; `also` are further models that a
    later stage reads, so that none is built twice.
    """
    build(connection, [*(f"pub_{table}" for table in PUBLISHED), *also], built)
    folder.mkdir(parents=True, exist_ok=True)
    copy_tables(connection, PUBLISHED, folder)


def copy_tables(connection: "duckdb.DuckDBPyConnection", tables: Iterable[str], folder: Path) -> None:
    """Writes tables that stand built as `pub_<table>`."""
    for table in tables:
        _copy(connection, f"pub_{table}", folder / table)


def write_checks(connection: "duckdb.DuckDBPyConnection", checks: "list[Check]", folder: Path) -> None:
    """Writes the verdicts of the validation as a table of their own."""
    connection.execute(
        'CREATE OR REPLACE TABLE pub_validation (suite VARCHAR, rule VARCHAR, "column" VARCHAR, severity VARCHAR, '
        "message VARCHAR, status VARCHAR, unexpected BIGINT, checked BIGINT)"
    )
    if checks:
        connection.executemany(
            "INSERT INTO pub_validation VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [tuple(asdict(c).values()) for c in checks]
        )
    _copy(connection, "pub_validation", folder / "validation")


def _copy(connection: "duckdb.DuckDBPyConnection", model: str, target: Path) -> None:
    path = str(target).replace("'", "''")
    connection.execute(f"COPY {model} TO '{path}.csv' (HEADER, DELIMITER ',')")
    connection.execute(f"COPY {model} TO '{path}.parquet' (FORMAT parquet)")


def read_table(tables: Path, table: str) -> list[dict[str, str]]:
    """A published table as rows of text."""
    with (tables / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def row_counts(tables: Path) -> dict[str, int]:
    """How many rows each published table has."""
    from pyarrow import parquet

    return {path.stem: parquet.read_metadata(path).num_rows for path in sorted(tables.glob("*.parquet"))}
