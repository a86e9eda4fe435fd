"""Runs the suites on the warehouse. A check passes, fails, or could not run: a crash is never reported as bad data.

Results carry rule, column and counts only; the values that Great Expectations returns go no further.
"""

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attrition import resources
from attrition.contract import load_contracts

PASSED, FAILED, COULD_NOT_RUN = "passed", "failed", "could not run"


@dataclass(frozen=True)
class Check:
    """One expectation's verdict: rows checked and rows that break the rule (None where it could not run)."""

    suite: str
    rule: str
    column: str
    severity: str
    message: str
    status: str
    unexpected: int | None
    checked: int | None


def _quiet() -> None:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    os.environ.setdefault("TQDM_DISABLE", "1")
    logging.getLogger("great_expectations").setLevel(logging.ERROR)


def _batch(source: Any, table: str) -> Any:
    return source.add_table_asset(name=table, table_name=table).add_batch_definition_whole_table("all").get_batch()


def _build(entry: dict[str, Any]) -> Any:
    from great_expectations.expectations.registry import get_expectation_impl

    return get_expectation_impl(entry["type"])(**entry["kwargs"], meta=entry["meta"])


def _verdict(suite: str, entry: dict[str, Any], result: Any, total: int) -> Check:
    meta = entry["meta"]
    common = (suite, meta["rule"], entry["kwargs"].get("column", ""), meta["severity"], meta["message"])
    found = dict(result.result or {})
    counted = found.get("unexpected_count", found.get("observed_value"))
    # A crashed expectation also says success=False; what tells it apart is that it counted nothing.
    if counted is None:
        return Check(*common, COULD_NOT_RUN, None, None)
    return Check(*common, PASSED if result.success else FAILED, int(counted), total)


def _crashed(suite: str, entry: dict[str, Any]) -> Check:
    meta = entry["meta"]
    column = entry["kwargs"].get("column", "")
    return Check(suite, meta["rule"], column, meta["severity"], meta["message"], COULD_NOT_RUN, None, None)


def validate(warehouse: Path) -> list[Check]:
    """Runs every suite on the rows in force. An extract without rows has nothing to check.

    Never raises for a check that crashes; that check's status says so.
    """
    _quiet()
    suites = {
        extract: json.loads(resources.path(f"expectations/suites/{extract}.json").read_text(encoding="utf-8"))
        for extract in load_contracts()
    }
    totals = _row_counts(warehouse)
    try:
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        from attrition.validate import dialect

        dialect.register()
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        # The declared signature leaves `kwargs` out; the data source takes it.
        add_sql: Any = context.data_sources.add_sql
        source = add_sql(
            name="warehouse",
            connection_string=f"duckdb+attrition:///{warehouse.as_posix()}",
            kwargs={"connect_args": {"read_only": True}},
            create_temp_table=False,
        )
    except Exception:
        return [_crashed(extract, entry) for extract, suite in suites.items() for entry in suite["expectations"]]
    try:
        checks: list[Check] = []
        for extract, suite in suites.items():
            if totals[extract]:
                checks += _run_suite(gx, source, extract, suite, totals[extract])
        return checks
    finally:
        dialect.close_all()


def _run_suite(gx: Any, source: Any, extract: str, suite: dict[str, Any], total: int) -> list[Check]:
    entries = suite["expectations"]
    try:
        built = gx.ExpectationSuite(name=extract, expectations=[_build(entry) for entry in entries])
        if len(built.expectations) != len(entries) or not _self_test(gx, source, extract, entries):
            return [_crashed(extract, entry) for entry in entries]
        results = _batch(source, extract).validate(built, result_format="BASIC").results
    except Exception:
        return [_crashed(extract, entry) for entry in entries]
    by_rule = {r.expectation_config.meta["rule"]: r for r in results}
    return [
        _verdict(extract, entry, by_rule[entry["meta"]["rule"]], total)
        if entry["meta"]["rule"] in by_rule
        else _crashed(extract, entry)
        for entry in entries
    ]


def _self_test(gx: Any, source: Any, extract: str, entries: list[dict[str, Any]]) -> bool:
    """Whether the machinery tells right from wrong: one expectation that must pass, one that must fail."""
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

    asset = source.add_table_asset(name=f"{extract}_self_test", table_name=extract)
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    passes = batch.validate(UnexpectedRowsExpectation(unexpected_rows_query="SELECT 1 FROM {batch} WHERE 1 = 0"))
    fails = batch.validate(
        UnexpectedRowsExpectation(unexpected_rows_query="SELECT 1 FROM (SELECT 1 FROM {batch} LIMIT 1) AS one")
    )
    return bool(passes.success) and not fails.success and fails.result.get("observed_value") == 1


def _row_counts(warehouse: Path) -> dict[str, int]:
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        counts = {}
        for extract in load_contracts():
            row = connection.execute(f"SELECT count(*) FROM {extract}").fetchone()
            counts[extract] = int(row[0]) if row else 0
    return counts
