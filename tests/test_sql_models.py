"""Every SQL model by itself, on the cases of tests/sql/<model>/<case>.md, and what holds for all models.

A case is a sentence and tables: `given <table>` for what the model reads, `expect` for what it must make of it.
Only the model under test is built. Tables have the columns and types of the real ones; what a case does not
give is empty, be it a column or a table. A load_id that is not given is 1, a line the place of the row.
In a cell nothing is NULL and '' the empty text; a pseudonym may be written as any text. Quotients are compared to nine decimals.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from attrition import models, reference, resources, warehouse
from attrition.contract import EXTRACTS
from attrition.errors import AttritionError
from attrition.settings import Settings

CASES = Path(__file__).with_name("sql")
MODELS = models.all_models()

Table = tuple[list[str], list[list[str]]]


@dataclass(frozen=True)
class Case:
    """One case: what it shows, the tables given, and what is expected of the model."""

    model: str
    name: str
    sentence: str
    given: dict[str, Table]
    expect: Table


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def read_case(path: Path) -> Case:
    """Reads a case. Raises ValueError where it does not have the form of one."""
    sentence, *parts = re.split(r"^(given \w+|expect)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    tables: dict[str, Table] = {}
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        header, rule, *rows = [line for line in text.splitlines() if line.strip()]
        cells = [_cells(row) for row in rows]
        if set(rule) - set("|- ") or any(len(row) != len(_cells(header)) for row in cells):
            raise ValueError(f"{path.name}: the table under `{heading}` is not even")
        if heading in tables:
            raise ValueError(f"{path.name}: `{heading}` stands twice")
        tables[heading] = (_cells(header), cells)
    if "expect" not in tables or not sentence.strip():
        raise ValueError(f"{path.name} needs a sentence and `expect`")
    expect = tables.pop("expect")
    given = {heading.removeprefix("given "): table for heading, table in tables.items()}
    return Case(path.parent.name, path.stem, " ".join(sentence.split()), given, expect)


ALL_CASES = [read_case(path) for path in sorted(CASES.glob("*/*.md"))]


def new_database() -> duckdb.DuckDBPyConnection:
    """Empty tables of the warehouse without their constraints, the reference tables, and the run's parameters."""
    connection = duckdb.connect(":memory:")
    warehouse.prepare(connection)
    for table in (*EXTRACTS, *models.LEDGER):
        kind = "VIEW" if table in EXTRACTS else "TABLE"
        connection.execute(f"CREATE TEMP TABLE empty AS SELECT * FROM {table} LIMIT 0")
        connection.execute(f"DROP {kind} {table}")
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM empty")
        connection.execute("DROP TABLE temp.empty")
    models.prepare(connection)
    models.set_context(connection, dt.date(2025, 3, 31), Settings())
    connection.execute("CREATE TABLE expectation_row (rule VARCHAR, load_id INTEGER, line BIGINT)")
    return connection


@cache
def columns_of_models() -> dict[str, list[tuple[str, str]]]:
    """Columns and types of every model, as built on nothing."""
    with new_database() as connection:
        models.build(connection, MODELS)
        return {name: _columns(connection, name) for name in MODELS}


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    return [row[:2] for row in connection.execute(f"DESCRIBE {table}").fetchall()]


def _value(cell: str, kind: str) -> str:
    if not cell:
        return "NULL"
    text = "" if cell == "''" else cell.replace("'", "''")
    return f"md5('{text}')::UUID" if kind == "UUID" else f"'{text}'::{kind}"


def fill(connection: duckdb.DuckDBPyConnection, table: str, given: Table) -> None:
    """Puts the given rows in the place of whatever the table held."""
    types = dict(_columns(connection, table))
    header, rows = given
    assert not set(header) - set(types), f"{table} has no {set(header) - set(types)}"
    connection.execute(f"DELETE FROM {table}")
    # Where a row came from matters to few cases; the others need only tell rows apart.
    filled = [name for name in ("load_id", "line") if name in types and name not in header]
    names = ", ".join(f'"{name}"' for name in [*header, *filled])
    for number, row in enumerate(rows, start=1):
        values = [_value(cell, types[name]) for name, cell in zip(header, row, strict=True)]
        values += [{"load_id": "1", "line": str(number)}[name] for name in filled]
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join(values)})")


@pytest.fixture(scope="module")
def shared_database() -> Iterator[duckdb.DuckDBPyConnection]:
    with new_database() as connection:
        yield connection


@pytest.fixture
def database(shared_database: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The empty tables, for one test: whatever it does is undone."""
    shared_database.execute("BEGIN")
    yield shared_database
    shared_database.execute("ROLLBACK")


def _written(row: tuple[Any, ...]) -> str:
    return repr(tuple(round(value, 9) if isinstance(value, float) else value for value in row))


@pytest.mark.parametrize("case", ALL_CASES, ids=lambda case: f"{case.model}-{case.name}")
def test_case(case: Case, database: duckdb.DuckDBPyConnection) -> None:
    model = MODELS[case.model]
    header, _ = case.expect
    for upstream in model.reads & set(MODELS):
        columns = ", ".join(f'"{name}" {kind}' for name, kind in columns_of_models()[upstream])
        database.execute(f"CREATE TABLE {upstream} ({columns})")
    unread = set(case.given) - model.reads
    assert not unread, f"{model.name} does not read {unread}"
    for table, given in case.given.items():
        fill(database, table, given)
    kind = "VIEW" if model.is_view else "TABLE"
    database.execute(f"CREATE {kind} {model.name} AS {model.select}")
    models.check_grain(database, model)
    listed = ", ".join(f'"{name}"' for name in header)
    found = database.execute(f"SELECT {listed} FROM {model.name}").fetchall()
    database.execute(f"CREATE TABLE expected AS SELECT {listed} FROM {model.name} LIMIT 0")
    fill(database, "expected", case.expect)
    expected = database.execute("SELECT * FROM expected").fetchall()
    assert sorted(map(_written, found)) == sorted(map(_written, expected)), case.sentence


def test_every_model_has_a_case() -> None:
    assert {case.model for case in ALL_CASES} == set(MODELS)


def test_every_check_has_a_case_that_passes_and_one_that_fails() -> None:
    verdicts: dict[str, set[str]] = {name: set() for name, model in MODELS.items() if model.layer == "checks"}
    for case in ALL_CASES:
        if case.model in verdicts:
            verdicts[case.model].add("fails" if case.expect[1] else "passes")
    assert {name for name, seen in verdicts.items() if len(seen) < 2} == set()


# What holds for all models


def test_models_come_after_what_they_read() -> None:
    built: set[str] = set(models.INPUTS)
    for model in MODELS.values():
        assert model.reads <= built
        built.add(model.name)


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads all models from a folder of the test's own, each given as its SELECT."""

    def read(**selects: str) -> dict[str, models.Model]:
        for name, select in selects.items():
            (tmp_path / f"{name}.sql").write_text(f"-- A model.\n-- grain: a\n{select};\n", encoding="utf-8")
        monkeypatch.setattr(resources, "path", lambda part: tmp_path)
        found: dict[str, models.Model] = models.all_models.__wrapped__()
        return found

    return read


def test_order_comes_from_the_references_and_not_from_the_names(own_models: Any) -> None:
    found = own_models(a="SELECT a FROM b", b="WITH x AS (SELECT a FROM c) SELECT a FROM x", c="SELECT 1 AS a")
    assert list(found) == ["c", "b", "a"]
    assert found["b"].reads == {"c"}


def test_an_unknown_reference_is_an_error(own_models: Any) -> None:
    with pytest.raises(ValueError, match="b reads nowhere"):
        own_models(b="SELECT a FROM nowhere")


def test_a_circle_is_an_error(own_models: Any) -> None:
    with pytest.raises(ValueError, match="cycle"):
        own_models(b="SELECT a FROM c", c="SELECT a FROM b")


@pytest.mark.parametrize(
    ("text", "message"),
    [("-- grain: a\nSELECT 1 AS a; SELECT 2 AS a;", "not one SELECT"), ("SELECT 1 AS a;", "no grain")],
)
def test_a_model_is_one_select_with_a_grain(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "model.sql"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        models.read_model(path)


def _parsed() -> Iterator[tuple[models.Model, exp.Expression]]:
    for model in MODELS.values():
        yield model, sqlglot.parse_one(model.select, read="duckdb")


def test_no_common_table_expression_bears_the_name_of_a_table() -> None:
    for model, tree in _parsed():
        names = {expression.alias for expression in tree.find_all(exp.CTE)}
        assert not names & (set(MODELS) | set(models.INPUTS)), model.name


def test_no_model_asks_for_the_time() -> None:
    for model, _ in _parsed():
        assert not re.search(r"current_(date|time)|localtime|today\(|now\(|getdate", model.select, re.I), model.name


def test_every_model_says_what_it_holds() -> None:
    assert [model.name for model in MODELS.values() if len(model.purpose) < 20] == []


def test_the_grain_check_finds_a_double_row(database: duckdb.DuckDBPyConnection) -> None:
    model = MODELS["link_urn"]
    database.execute("CREATE TABLE link_urn AS SELECT 'U1' AS urn, 'durham' AS \"force\", 'C1' AS crime_ref")
    models.check_grain(database, model)
    database.execute("INSERT INTO link_urn SELECT * FROM link_urn")
    with pytest.raises(AttritionError, match="link_urn has 1 groups of rows"):
        models.check_grain(database, model)


def _literals(tree: exp.Expression, column: str) -> list[str]:
    """The texts that the branches of a union call by the column's name."""
    return [
        alias.this.this
        for alias in tree.find_all(exp.Alias)
        if alias.alias == column and isinstance(alias.this, exp.Literal)
    ]


def test_membership_has_one_branch_for_every_breakdown() -> None:
    trees = {model.name: tree for model, tree in _parsed()}
    branches = _literals(trees["funnel_membership"], "breakdown")
    assert sorted(branches) == sorted(row["breakdown"] for row in reference.rows("breakdown"))


@pytest.mark.parametrize("name", ["funnel_path", "funnel_shared_crime"])
def test_breakdowns_by_period_are_those_of_the_reference_table(name: str) -> None:
    tree = sqlglot.parse_one(MODELS[name].select, read="duckdb")
    listed = [{text.this for text in condition.expressions} for condition in tree.find_all(exp.In)]
    by_period = {row["breakdown"] for row in reference.rows("breakdown") if row["by_period"] == "Y"}
    assert listed
    assert all(breakdowns == by_period for breakdowns in listed)


def test_every_rule_that_a_check_names_has_a_label() -> None:
    labelled = {row["rule"] for row in reference.rows("rule")}
    named = {rule for model, tree in _parsed() if model.layer == "checks" for rule in _literals(tree, "rule")}
    assert named
    assert named - labelled == set()
