"""What holds for every test."""

import gc
import os
from collections.abc import Generator, Iterator
from functools import cache
from typing import Any

import duckdb
import pytest

from attrition import warehouse
from attrition.ingest import mapping
from programs import refuse_absence

FOR_LARGE_TABLES = "common_subexpressions,common_subplan,statistics_propagation,column_lifetime,cte_filter_pusher"
# What takes a minute starts first, so that no worker waits for another at the end.
LONG = ("test_privacy", "test_server", "test_command", "test_releases_in_sequence", "test_attacked_releases")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem not in LONG)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if os.environ.get("CI") == "true":
        refuse_absence(report)
    return report


@pytest.fixture(scope="session", autouse=True)
def only_once_what_every_small_run_repeats(request: pytest.FixtureRequest) -> Iterator[None]:
    """Spares the usual suite, whose tables are small, half of a run's time: DuckDB's threads, which would only wait for one another
    where each worker has a core; what its optimizer does for large tables alone; the extension that encrypts what is spilled, read
    anew by every connection (nothing spills here); the shipped mappings' expressions, parsed anew by every run; looking for garbage
    in what was imported. The slow suite and every program that a test starts have it all.
    """
    with pytest.MonkeyPatch.context() as patch:
        if request.config.getoption("markexpr") == "not slow":
            gc.freeze()
            connect = duckdb.connect

            def connect_with_one_thread(*arguments: Any, **options: Any) -> duckdb.DuckDBPyConnection:
                connection = connect(*arguments, **options)
                connection.execute("SET threads = 1")
                connection.execute(f"SET disabled_optimizers = '{FOR_LARGE_TABLES}'")
                return connection

            patch.setattr(duckdb, "connect", connect_with_one_thread)
            patch.setattr(warehouse, "_cipher", lambda: None)
            patch.setattr(mapping, "expression_columns", cache(mapping.expression_columns))
        yield
