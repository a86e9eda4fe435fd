"""The list of published columns covers every column of every published table of every tier, with its type, and nothing more."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from protected_tables import made_up
from pyarrow import parquet

from attrition import models, pipeline, reference, warehouse
from attrition.analysis import statistics
from attrition.publish.published_columns import LIMITS, MARK, column_note, table_note
from attrition.publish.tables import PUBLISHED, write_checks
from product_run import SETTINGS, Ward

# Made beside the models: what changed since the publication before, and what the other tiers are made from.
BESIDE = {
    "changes": {
        "breakdown": "string", "group": "string", "stage": "string", "column": "string", "before": "integer", "now": "integer",
        "unit": "string", "previous": "date",
    },
    "counts_for_release": {
        "quarter": "string", "strands": "string", "business_type": "string", "victim_ethnicity": "string", "stage": "string",
        "stage_order": "integer", "state": "string", "reason_group": "string", "unit": "string", "cases": "integer",
    },
}  # fmt: skip
KINDS = {
    "VARCHAR": "string", "BIGINT": "integer", "INTEGER": "integer", "DOUBLE": "number", "DATE": "date", "ENUM": "string",
    "string": "string", "int64": "integer", "int32": "integer", "double": "number", "date32[day]": "date",
}  # fmt: skip
Columns = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    """The columns of the restricted tables by table, from a run without any file."""
    folder = tmp_path_factory.mktemp("run")
    ward = Ward(folder)
    with warehouse.connect(ward.warehouse, SETTINGS) as connection:
        warehouse.prepare(connection)
    request = pipeline.Request(ward.landing, dt.date(2025, 3, 31), folder, ward.warehouse)
    columns: Columns = {}
    with pipeline.open_models(request) as connection:
        models.build(connection, [*(f"pub_{table}" for table in PUBLISHED), *statistics.MODELS])
        statistics.build(connection, SETTINGS)
        (folder / "tables").mkdir()
        write_checks(connection, [], folder / "tables")
        for table in (*PUBLISHED, *statistics.TABLES, "validation"):
            described = connection.execute(f"DESCRIBE pub_{table}").fetchall()
            columns[table] = {name: KINDS.get(kind.split("(")[0], kind) for name, kind, *_ in described}
    return {**columns, **BESIDE}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    """The columns of the protected tables by table."""
    folder = tmp_path_factory.mktemp("released")
    made_up(folder)
    return {
        file.stem: {field.name: KINDS[str(field.type)] for field in parquet.read_schema(file)}
        for file in folder.glob("*.parquet")
    }


def each(tables: Columns) -> Iterator[tuple[str, str, str]]:
    return ((table, column, kind) for table, columns in tables.items() for column, kind in columns.items())


def test_every_column_is_described_with_its_type(exact: Columns, released: Columns) -> None:
    seen = 0
    for table, column, kind in (*each(exact), *each(released)):
        note = column_note(table, column)
        # A table told exactly and one told protected may share a name, not a column of another kind.
        assert note.datatype == kind, (table, column)
        assert note.description.endswith(".")
        assert bool(note.unit) <= (kind in ("integer", "number")), (table, column)
        assert note.unit or kind != "number", (table, column)
        seen += 1
    assert seen > 300


def test_nothing_is_described_that_is_not_published(exact: Columns, released: Columns) -> None:
    names = {(table, column) for table, column, _ in (*each(exact), *each(released))}
    every = {column for _, column in names}
    listed = [(row["table"], row["column"]) for row in reference.rows("published_column")]
    assert len(set(listed)) == len(listed)
    specific = {key for key in listed if key[0]}
    for table, column in listed:
        if column.startswith("*"):
            assert column[1:] in (MARK, *LIMITS)
            assert any(name.endswith(column[1:]) for name in every)
        elif table:
            assert (table, column) in names
        else:
            assert any(name == column and (other, name) not in specific for other, name in names), column


def test_every_table_is_described_and_no_other(exact: Columns, released: Columns) -> None:
    listed = {(row["table"], row["tables_of"]) for row in reference.rows("published_table")}
    wanted = {(table, "restricted") for table in exact} | {(table, "released") for table in released}
    assert listed == wanted
    assert len(reference.rows("published_table")) == len(listed)


def test_keys_are_columns(exact: Columns, released: Columns) -> None:
    for tables, is_protected in ((exact, False), (released, True)):
        for table, columns in tables.items():
            note = table_note(table, is_protected)
            assert note.key
            assert set(note.key) <= columns.keys()


def test_keys_of_the_models_are_those_that_the_models_promise() -> None:
    promised: dict[str, Any] = {model.name: model.grain for model in models.all_models().values()}
    compared = [table for table in PUBLISHED if f"pub_{table}" in promised]
    assert len(compared) == len(PUBLISHED)
    for table in compared:
        assert set(table_note(table, False).key) == set(promised[f"pub_{table}"]), table


def _told_apart(folder: Path, is_protected: bool) -> list[str]:
    """The tables of a folder; each key is seen to be of one row."""
    files = sorted(folder.glob("*.parquet"))
    for file in files:
        rows = parquet.read_table(file).to_pylist()
        key = table_note(file.stem, is_protected).key
        assert len({tuple(row[name] for name in key) for row in rows}) == len(rows), file.stem
    return [file.stem for file in files]


def test_keys_tell_protected_rows_apart(tmp_path: Path) -> None:
    made_up(tmp_path)
    assert len(_told_apart(tmp_path, True)) == 7


@pytest.mark.slow
def test_keys_tell_rows_of_a_run_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from attrition.sample import make_extracts

    monkeypatch.setenv("ATTRITION_PSEUDONYM_KEY", "a key for tests that nobody keeps, long enough")
    landing, as_at = tmp_path / "landing", dt.date(2025, 3, 31)
    landing.mkdir()
    make_extracts(landing, 2000, 7, as_at)
    target = pipeline.run(pipeline.Request(landing, as_at, tmp_path / "out", tmp_path / "warehouse.duckdb"))
    assert set(_told_apart(target / "tables", False)) >= {*PUBLISHED, *statistics.TABLES, "validation"}
