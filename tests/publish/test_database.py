"""The DuckDB file of a tier: the tables as they are, what each column means, views with labels, read-only."""

import shutil
import stat
from pathlib import Path
from typing import Any

import duckdb
import pytest
from protected_tables import made_up
from pyarrow import parquet
from workbook_reading import restricted

from attrition.publish.database import write_database
from attrition.publish.publication import Publication

OWN = {"about", "stage", "group_label"}


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> tuple[Publication, Path]:
    folder = tmp_path_factory.mktemp("board")
    publication = made_up(folder / "tables")
    target = folder / publication.file_name("data", "duckdb", run="2025-03-31_r2")
    write_database(publication, target)
    return publication, target


def ask(target: Path, question: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(target), read_only=True) as connection:
        return connection.execute(question).fetchall()


def test_every_table_is_there_with_its_types_and_rows(board: tuple[Publication, Path]) -> None:
    publication, target = board
    names = {file.stem for file in publication.tables.glob("*.parquet")}
    assert {name for (name,) in ask(target, "SELECT table_name FROM duckdb_tables()")} == names | OWN
    for name in names:
        with duckdb.connect(str(target), read_only=True) as connection:
            kept = connection.execute(f'SELECT * FROM "{name}"').to_arrow_table()
        want = parquet.read_table(publication.tables / f"{name}.parquet")
        assert kept.schema.names == want.schema.names
        assert [str(field.type) for field in kept.schema] == [str(field.type) for field in want.schema]
        assert kept.to_pylist() == want.to_pylist()


def test_every_table_column_and_view_says_what_it_is(board: tuple[Publication, Path]) -> None:
    _, target = board
    tables = dict(ask(target, "SELECT table_name, comment FROM duckdb_tables()"))
    assert all(tables.values())
    columns = ask(
        target,
        "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE table_name IN (SELECT table_name FROM duckdb_tables())",
    )
    assert len(columns) > 100
    assert not [column for column in columns if not column[2]]
    said = {(table, column): comment for table, column, comment in columns}
    assert said["funnel", "open"].endswith("not lost. Unit: incident.")
    assert "confidential" in said["funnel", "open_mark"]
    views = dict(ask(target, "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"))
    assert views.keys() == {"headline", "funnel_labelled"}
    assert all("step_rate_max" in comment for comment in views.values())


def test_about_says_tier_marking_and_day(board: tuple[Publication, Path]) -> None:
    publication, target = board
    facts = dict(ask(target, "SELECT * FROM about"))
    assert facts["title"] == publication.title
    assert (facts["tier"], facts["marking"], facts["as_at"], facts["made_up"]) == (
        "board",
        "OFFICIAL",
        "2025-03-31",
        "Y",
    )
    assert facts["program"] == "attrition 0.1.0"


def test_views_add_labels_and_no_row(board: tuple[Publication, Path]) -> None:
    publication, target = board
    funnel = parquet.read_table(publication.tables / "funnel.parquet").to_pylist()
    ((rows, labelled),) = ask(target, "SELECT count(*), count(group_label) FROM funnel_labelled")
    assert rows == labelled == len(funnel)
    headline = ask(target, "SELECT period, stage_label, entered FROM headline")
    wanted = [row for row in funnel if row["breakdown"] == "all" and row["period_kind"] == "financial_year"]
    assert [(period, entered) for period, _, entered in headline] == [(row["period"], row["entered"]) for row in wanted]
    assert headline[1][1] == "Recorded as a crime"
    order = ask(target, "SELECT \"group\" FROM group_label WHERE breakdown = 'strand' ORDER BY group_order")
    assert [group for (group,) in order] == ["race", "religion", "sexual_orientation", "disability", "transgender"]


def test_the_file_is_whole_and_read_only(board: tuple[Publication, Path]) -> None:
    _, target = board
    assert target.name == "hate-crime-attrition_2025-03-31_r2_board_OFFICIAL_data.duckdb"
    assert not target.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    assert [file.name for file in target.parent.iterdir() if "wal" in file.name] == []


def test_a_second_writing_replaces_the_first_with_the_same_contents(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    target = tmp_path / "data.duckdb"
    write_database(publication, target)
    everything = [
        (name, ask(target, f'SELECT * FROM "{name}"'))
        for (name,) in ask(target, "SELECT table_name FROM duckdb_tables() ORDER BY 1")
    ]
    write_database(publication, target)
    assert [
        (name, ask(target, f'SELECT * FROM "{name}"'))
        for (name,) in ask(target, "SELECT table_name FROM duckdb_tables() ORDER BY 1")
    ] == everything


def test_the_restricted_tier_and_names_with_quotes(tables: Path, tmp_path: Path) -> None:
    target = tmp_path / "it's data.duckdb"
    (tmp_path / "tables").mkdir()
    for name in ("funnel", "reasons", "feeds"):
        shutil.copy(tables / f"{name}.parquet", tmp_path / "tables")
    write_database(restricted(tmp_path / "tables"), target)
    want = parquet.read_table(tables / "funnel.parquet")
    assert ask(target, "SELECT count(*), sum(lost) FROM funnel") == [(want.num_rows, sum(want["lost"].to_pylist()))]
    assert len(ask(target, "SELECT * FROM headline")) == 8
    assert dict(ask(target, "SELECT * FROM about"))["made_up"] == "N"


def test_tables_without_rows_are_tables(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    for file in publication.tables.glob("*.parquet"):
        parquet.write_table(parquet.read_schema(file).empty_table(), file)
    write_database(publication, tmp_path / "data.duckdb")
    assert ask(tmp_path / "data.duckdb", "SELECT count(*) FROM headline") == [(0,)]
