"""Builds the SQL models of sql/: one file, one SELECT, one table or view of the same name. Their order comes from what
they refer to; their grain is checked as they are built, unless the SELECT itself groups by it. Knows nothing of stages or rates.
"""

import datetime as dt
import graphlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition import reference, resources
from attrition.contract import load_contracts
from attrition.errors import AttritionError
from attrition.settings import Settings
from attrition.stats.units import check_units

if TYPE_CHECKING:
    import duckdb
    from sqlglot.expressions import Query

# What models read of a warehouse beside the extracts.
LEDGER = ("load", "load_force", "load_column", "finding", "folded_row", "repeated_row", "quarantine")
INPUTS = (*load_contracts(), *LEDGER, "run_context", "complete_from", "expectation_row", *reference.TABLES)
_DIRECTIVE = re.compile(r"^--\s*(grain|materialised|order):\s*(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Model:
    """One SQL file: its SELECT, the tables that it reads, and what its header promises.

    `is_grouped`: the SELECT groups by the columns of its grain, so no two rows can share it.
    """

    name: str
    layer: str
    select: str
    reads: frozenset[str]
    grain: tuple[str, ...]
    is_view: bool
    purpose: str
    is_grouped: bool


def read_model(path: Path) -> Model:
    """Reads one model. Raises ValueError where it is not one SELECT or has no grain."""
    import sqlglot
    from sqlglot.optimizer.scope import traverse_scope

    text = path.read_text(encoding="utf-8")
    select = text.strip().rstrip(";")
    parsed = [statement for statement in sqlglot.parse(text, read="duckdb") if statement is not None]
    if len(parsed) != 1 or not isinstance(parsed[0], sqlglot.exp.Query):
        raise ValueError(f"{path.name} is not one SELECT")
    reads = {
        source.name
        for scope in traverse_scope(parsed[0])
        for source in scope.sources.values()
        if isinstance(source, sqlglot.exp.Table) and source.name
    }
    directives = dict(_DIRECTIVE.findall(text))
    if "grain" not in directives:
        raise ValueError(f"{path.name} states no grain")
    grain = tuple(column.strip() for column in directives["grain"].split(","))
    header = [line[2:].strip() for line in text.splitlines() if line.startswith("--")]
    purpose = " ".join(line for line in header if not _DIRECTIVE.match(f"-- {line}"))
    return Model(
        name=path.stem,
        layer=path.parent.name,
        select=select,
        reads=frozenset(reads - {path.stem}),
        grain=grain,
        is_view=directives.get("materialised", "table").strip() == "view",
        purpose=purpose,
        is_grouped=_is_grouped_by(parsed[0], grain),
    )


def _is_grouped_by(query: "Query", grain: tuple[str, ...]) -> bool:
    """Whether a SELECT groups by just the columns of its grain and hands them on as they are."""
    from sqlglot import exp

    group = query.args.get("group")
    keys = group.expressions if isinstance(query, exp.Select) and group is not None else []
    handed_on = [column.name for column in query.selects if isinstance(column, exp.Column) and column.name in grain]
    return sorted(key.name for key in keys if isinstance(key, exp.Column)) == sorted(grain) == sorted(handed_on)


@cache
def all_models() -> dict[str, Model]:
    """All models, each after those that it reads. Raises ValueError for an unknown reference or a circle."""
    models = {path.stem: read_model(path) for path in sorted(resources.path("sql").rglob("*.sql"))}
    for model in models.values():
        if unknown := model.reads - set(models) - set(INPUTS):
            raise ValueError(f"{model.name} reads {', '.join(sorted(unknown))}, which no model makes")
    order = graphlib.TopologicalSorter({name: sorted(m.reads & set(models)) for name, m in models.items()})
    return {name: models[name] for name in order.static_order()}


def needed(targets: Iterable[str]) -> list[Model]:
    """The models that the targets need, in order of building."""
    models = all_models()
    wanted: set[str] = set()
    waiting = list(targets)
    while waiting:
        name = waiting.pop()
        if name in models and name not in wanted:
            wanted.add(name)
            waiting += models[name].reads
    return [model for model in models.values() if model.name in wanted]


def prepare(connection: "duckdb.DuckDBPyConnection") -> None:
    """Makes a connection ready for models: reference tables and functions. Raises UnitMismatch where a listed measure divides one
    unit by another: no run publishes such a rate.
    """
    import duckdb

    for measure in reference.rows("measure"):
        check_units(measure["numerator_unit"], measure["denominator_unit"])
    load_reference(connection)
    register_spellings(connection)
    try:
        connection.execute("SELECT wilson_lower(1, 2)")  # far cheaper than to list all functions
    except duckdb.CatalogException:
        register_functions(connection)


def load_reference(connection: "duckdb.DuckDBPyConnection") -> None:
    """Loads the reference tables, every column as text."""
    for table in reference.TABLES:
        place = str(reference.table_path(table)).replace("'", "''")
        columns = ", ".join(f"'{column}': 'VARCHAR'" for column in reference.rows(table)[0])
        connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS FROM read_csv('{place}', header = true, auto_detect = false, delim = ',', "
            f"quote = '\"', escape = '\"', columns = {{{columns}}})"
        )


def register_spellings(connection: "duckdb.DuckDBPyConnection") -> None:
    """Makes the ways of comparing references known to SQL: `respelt(spelling, cell)`, by data/reference/reference_spelling.csv."""
    ways = " ".join(
        f"WHEN '{row['spelling']}' THEN {row['expression'].format(cell='cell')}"
        for row in reference.rows("reference_spelling")
    )
    connection.execute(f"CREATE OR REPLACE MACRO respelt(spelling, cell) AS CASE spelling {ways} END")


def register_functions(connection: "duckdb.DuckDBPyConnection") -> None:
    """Makes the intervals of attrition.stats known to SQL: `wilson_lower(successes, trials)` and `wilson_upper` of a proportion,
    `byar_lower(count)` and `byar_upper` of a count. Empty where an argument is, where there are no trials, or where more
    succeeded than tried.
    """
    from duckdb.func import FunctionNullHandling, PythonUDFType

    for name, interval, arguments in (("wilson", _wilson, 2), ("byar", _byar, 1)):
        for which, end in enumerate(("lower", "upper")):
            connection.create_function(
                f"{name}_{end}", partial(interval, which), ["BIGINT"] * arguments, "DOUBLE",
                type=PythonUDFType.ARROW, null_handling=FunctionNullHandling.SPECIAL,
            )  # fmt: skip


# The estimators' libraries take seconds to import: they wait until a figure needs them.


def _wilson(which: int, successes: Any, trials: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    from attrition.stats.proportion import wilson

    made, tried = (np.asarray(values.to_numpy(), dtype=np.float64) for values in (successes, trials))
    known = made <= tried  # not so where either is empty
    limits = wilson(np.where(known, made, 0), np.where(known, tried, 0))
    return pa.array(np.where(known, limits[which], np.nan), from_pandas=True)


def _byar(which: int, counts: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    from attrition.stats.count import count_interval

    given = np.asarray(counts.to_numpy(), dtype=np.float64)
    limits = count_interval(np.nan_to_num(given))
    return pa.array(np.where(np.isnan(given), np.nan, limits[which]), from_pandas=True)


def set_context(connection: "duckdb.DuckDBPyConnection", as_at: dt.date, settings: Settings) -> None:
    """Fills `run_context`, the one row of parameters that models read, and `complete_from`, the days that are stated by force."""
    connection.execute(
        "CREATE OR REPLACE TABLE run_context AS SELECT ?::DATE AS as_at, "
        + ", ".join(f"{value}::INTEGER AS {name}" for name, value in settings.parameters.items()),
        [as_at],
    )
    connection.execute('CREATE OR REPLACE TABLE complete_from ("force" VARCHAR, day DATE)')
    if settings.complete_from:
        connection.executemany("INSERT INTO complete_from VALUES (?, ?)", list(settings.complete_from.items()))


def build(
    connection: "duckdb.DuckDBPyConnection", targets: Iterable[str], built: Callable[[str], None] = lambda name: None
) -> None:
    """Builds the targets and what they need. Raises AttritionError if a table breaks its grain."""
    for model in needed(targets):
        kind = "VIEW" if model.is_view else "TABLE"
        connection.execute(f"CREATE OR REPLACE {kind} {model.name} AS {model.select}")
        if not model.is_view and not model.is_grouped:
            check_grain(connection, model)
        built(model.name)


def check_grain(connection: "duckdb.DuckDBPyConnection", model: Model) -> None:
    """Raises AttritionError if two rows of a model's table share its grain."""
    columns = ", ".join(f'"{column}"' for column in model.grain)
    twice = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {model.name} GROUP BY {columns} HAVING count(*) > 1)"
    ).fetchone()
    if twice and twice[0]:
        raise AttritionError(
            f"The model {model.name} has {twice[0]} groups of rows that share its grain ({', '.join(model.grain)}). "
            "Nothing was published. This is a fault of the program."
        )
