"""Volumes, reconciliation, withdrawal: against the oracle on the published example, the laws of conservation, and what the
reference tables promise of units.
"""

import datetime as dt
import doctest
import os
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from attrition import models, reference, warehouse
from attrition.publish.tables import PUBLISHED
from attrition.settings import Settings
from attrition.stats.units import Count, rate
from comparison import assert_volumes_equal
from oracle import Delivery, load, read_csv
from product_run import Tables, Ward
from share_of_cases import first
from strategies import EXTRACTS

ROOT = Path(__file__).resolve().parents[1]
AS_AT = dt.date(2025, 3, 31)
BENCHMARK_RATES = {"our_value", "published_value"}


@pytest.fixture(scope="module")
def deliveries() -> list[Delivery]:
    folder = os.environ.get("ATTRITION_EXAMPLES")
    if not folder:
        pytest.skip("ATTRITION_EXAMPLES names no folder of example inputs")
    small = Path(folder) / "contract_small"
    return [Delivery(extract, f"{extract}.csv", read_csv(small / f"{extract}.csv")) for extract in EXTRACTS]


@pytest.fixture(scope="module")
def ward(deliveries: list[Delivery], tmp_path_factory: pytest.TempPathFactory) -> Ward:
    place = Ward(tmp_path_factory.mktemp("small"))
    place.load(deliveries)
    return place


@pytest.fixture(scope="module")
def tables(ward: Ward) -> Tables:
    return ward.published(AS_AT).tables


@pytest.mark.parametrize("days", first(1, [0, -400, -90]))
def test_the_small_example_agrees_with_the_oracle(ward: Ward, deliveries: list[Delivery], days: int) -> None:
    as_at = AS_AT + dt.timedelta(days=days)
    assert_volumes_equal(ward.published(as_at).tables, load(deliveries), as_at)


# Laws of conservation


def _reconciled(tables: Tables) -> dict[tuple[str, str], Counter[str]]:
    cells: dict[tuple[str, str], Counter[str]] = {}
    for row in tables["reconciliation"]:
        cells.setdefault((row["force"], row["financial_year"]), Counter())[row["measure"]] = row["count"]
    return cells


def test_every_total_is_the_sum_of_its_parts(tables: Tables) -> None:
    cells = _reconciled(tables)
    assert cells
    for found in cells.values():
        for whole in ("referrals", "charged", "completed", "convicted"):
            parts = ("linked_case", "linked_other_crime", "unlinked")
            assert found[whole] == sum(found[f"{whole}_{part}"] for part in parts)
        assert found["flagged"] == found["flagged_linked_case"] + found["flagged_no_hate_case"]
        assert found["referrals_linked_case"] == found["flagged_linked_case"] + found["unflagged_linked_case"]
        kinds = ("incidents_cases", "incidents_comparison", "incidents_no_case")
        assert found["incidents_accepted"] == sum(found[kind] for kind in kinds)
        by_side = found["crimes_charged_police"] + found["crimes_charged_cps"] - found["crimes_charged_both"]
        assert found["crimes_charged_funnel"] == by_side + found["crimes_charged_implied"]


def test_reconciliation_meets_the_funnel(tables: Tables) -> None:
    summed: Counter[str] = Counter()
    for found in _reconciled(tables).values():
        summed.update(found)
    funnel = {row["stage"]: row for row in tables["funnel"] if row["breakdown"] == "all"}
    assert summed["incidents_cases"] == funnel["reported"]["entered"]
    assert summed["crimes_recorded"] == funnel["recorded"]["crimes"]
    assert summed["crimes_charged_funnel"] == funnel["charged"]["crimes"]


def _volumes(tables: Tables) -> dict[tuple[str, ...], Counter[str]]:
    cells: dict[tuple[str, ...], Counter[str]] = {}
    for row in tables["volumes"]:
        if row["outcome_group"] == "":
            key = tuple(row[column] for column in ("side", "scope", "period_kind", "period", "force"))
            cells.setdefault(key, Counter())[row["measure"]] = row["count"]
    return cells


def test_volumes_add_up(tables: Tables) -> None:
    for (side, _, kind, *_), found in _volumes(tables).items():
        assert found["legal_decisions"] == found["charged"] + found["nfa"] + found["out_of_court"]
        assert found["uplifted"] <= found["convicted"] <= found["completed"]
        if side == "police":
            exits = ("outcomes_charged", "outcomes_resolved", "outcomes_lost")
            assert found["outcomes_assigned"] == sum(found[part] for part in exits)
        elif kind == "all":
            parts = ("legal_decisions", "admin_finalised", "pending")
            assert found["referrals"] == sum(found[part] for part in parts)


def test_periods_and_forces_add_up(tables: Tables) -> None:
    by_kind: dict[tuple[str, ...], Counter[str]] = {}
    by_force: dict[tuple[str, ...], Counter[str]] = {}
    for (side, scope, kind, period, force), found in _volumes(tables).items():
        by_kind.setdefault((side, scope, force, kind), Counter()).update(found)
        of = "all" if force == "all" else "each"
        by_force.setdefault((side, scope, kind, period, of), Counter()).update(found)
    for (*place, _), found in by_kind.items():
        assert found == by_kind[(*place, "all")]
    for (*place, _), found in by_force.items():
        assert found == by_force[(*place, "all")]


def test_an_outcome_group_adds_up_to_its_exit(tables: Tables) -> None:
    place = ("force", "period_kind", "period", "measure")
    whole, parts = Counter(), Counter()
    for row in tables["volumes"]:
        if row["measure"] in ("outcomes_lost", "outcomes_resolved"):
            key = tuple(row[column] for column in place)
            (parts if row["outcome_group"] else whole)[key] += row["count"]
    assert whole == parts


def test_withdrawals_are_one_figure(tables: Tables) -> None:
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for row in tables["withdrawal"]:
        groups.setdefault((row["breakdown"], row["group"]), {})[row["stage"]] = row
    funnel = {(row["breakdown"], row["group"], row["stage"]): row for row in tables["funnel"]}
    assert groups
    for group, stages in groups.items():
        total = stages.pop("all")
        for measure in ("lost", "resolved", "withdrew", "withdrew_lost"):
            assert total[measure] == sum(row[measure] for row in stages.values())
        assert total["entered"] == stages["recorded"]["entered"]
        for stage, row in stages.items():
            for measure in ("entered", "lost", "resolved", "covered"):
                assert row[measure] == funnel[(*group, stage)][measure]
            assert row["withdrew"] <= row["lost"] + row["resolved"]
            assert row["withdrew_lost"] <= row["lost"]


def test_published_rates_are_rates_of_one_unit(tables: Tables) -> None:
    units = {
        (row["table_name"], row["source"], row["measure"]): row["unit"] for row in reference.rows("count_definition")
    }
    told = [row for row in tables["volumes"] if row["rate"] is not None]
    assert told
    for row in told:
        base = units["volumes", row["side"], row["of_measure"]]
        assert row["rate"] == rate(Count(row["count"], row["unit"]), Count(row["of_count"], base))


# What the reference tables promise


@pytest.fixture(scope="module")
def columns() -> dict[str, dict[str, str]]:
    """Columns and types of every published table."""
    from test_sql_models import columns_of_models

    return {table: dict(columns_of_models()[f"pub_{table}"]) for table in PUBLISHED}


def _terms(row: dict[str, str]) -> list[str]:
    return [*row["numerator"].split(), row["denominator"]]


@pytest.mark.parametrize("row", reference.rows("measure"), ids=lambda row: f"{row['table_name']}-{row['measure']}")
def test_no_measure_mixes_units(row: dict[str, str], columns: dict[str, dict[str, str]]) -> None:
    assert row["numerator_unit"] == row["denominator_unit"]
    if row["form"] == "column":
        assert {*_terms(row), row["measure"], "unit"} <= set(columns[row["table_name"]])
        return
    defined = {
        (entry["measure"], entry["unit"])
        for entry in reference.rows("count_definition")
        if entry["table_name"] == row["table_name"]
    }
    assert {(term, row["numerator_unit"]) for term in _terms(row)} <= defined
    assert {"measure", "unit", "count"} <= set(columns[row["table_name"]])


def test_every_published_rate_is_a_measure(columns: dict[str, dict[str, str]]) -> None:
    listed = {(row["table_name"], row["measure"]) for row in reference.rows("measure") if row["form"] == "column"}
    # In these tables a row has its own measure; the tests above and below hold it to measure.csv.
    listed |= {("volumes", "rate")} | {("benchmarks", column) for column in BENCHMARK_RATES}
    # Limits are those of the rate whose name they bear; days are no rate.
    rates = {
        (table, name)
        for table, types in columns.items()
        for name, kind in types.items()
        if kind == "DOUBLE" and not name.endswith(("_lower", "_upper", "_days"))
    }
    assert rates == listed & {(table, name) for table in PUBLISHED for name in columns[table]}
    assert rates


def test_every_table_that_counts_names_its_unit(columns: dict[str, dict[str, str]]) -> None:
    counting = {table for table, types in columns.items() if "BIGINT" in types.values()}
    assert {table for table in counting if "unit" not in columns[table]} == set()
    assert counting == set(PUBLISHED) - {"feeds"}


def test_units_are_those_listed(tables: Tables) -> None:
    units = {row["unit"] for row in reference.rows("unit")}
    assert {row["unit"] for rows in tables.values() for row in rows if "unit" in row} <= units
    assert {row["unit"] for row in reference.rows("count_definition")} <= units
    used = {row[f"{side}_unit"] for row in reference.rows("measure") for side in ("numerator", "denominator")}
    assert used <= units


def test_every_count_is_defined_once_and_every_definition_is_counted(tables: Tables) -> None:
    defined = Counter((row["table_name"], row["measure"], row["source"]) for row in reference.rows("count_definition"))
    assert set(defined.values()) == {1}
    counted = {("volumes", row["measure"], row["side"]) for row in tables["volumes"]}
    counted |= {("reconciliation", row["measure"], row["source"]) for row in tables["reconciliation"]}
    assert counted <= set(defined)
    assert {key for key in defined if key[0] == "volumes"} <= counted


def test_sets_and_withdrawals_name_codes_that_exist() -> None:
    outcomes = set(reference.codes("outcome"))
    assert {row["code"] for row in reference.rows("outcome_set")} <= outcomes
    codes = {"police_outcome": outcomes, "cps_outcome_reason": set(reference.codes("outcome_reason"))}
    assert [row for row in reference.rows("withdrawal") if row["code"] not in codes[row["source"]]] == []
    members = Counter((row["outcome_set"], row["version"], row["code"]) for row in reference.rows("outcome_set"))
    assert set(members.values()) == {1}


def test_withdrawals_of_the_police_are_those_of_the_reason_group() -> None:
    grouped = {row["code"] for row in reference.rows("outcome") if row["reason_group"] == "victim does not support"}
    assert {row["code"] for row in reference.rows("withdrawal") if row["source"] == "police_outcome"} == grouped


def test_legal_decisions_are_the_deciding_ones_but_administrative() -> None:
    legal = {row["code"] for row in reference.rows("cps_decision") if row["legal_decision"] == "Y"}
    deciding = {row["code"] for row in reference.rows("cps_decision") if row["deciding"] == "Y"}
    assert legal == deciding - {"admin_finalised"}


def test_only_published_figures_of_the_same_unit_are_compared(tables: Tables) -> None:
    by_measure = {row["measure"]: row for row in reference.rows("measure")}
    compared = {(row["measure"], row["published_area"], row["published_year"]): row for row in tables["benchmarks"]}
    expected = {
        (row["measure"], row["area"], row["year"])
        for row in reference.rows("benchmark")
        if row["population"] == "hate"
        and row["measure"] in by_measure
        and row["numerator_unit"] == row["denominator_unit"] == by_measure[row["measure"]]["numerator_unit"]
    }
    assert set(compared) == expected
    assert {row["measure"] for row in compared.values()} == {
        "charge_rate", "conviction_rate", "guilty_plea_rate", "uplift_rate", "charged_share_of_recorded",
    }  # fmt: skip
    for row in compared.values():
        assert "no proof" in row["note"]
        assert row["our_value"] == row["our_numerator"] / row["our_denominator"]


def test_published_shares_are_shares() -> None:
    for row in reference.rows("benchmark"):
        assert row["source"] and row["area"] and row["year"]
        if row["denominator_unit"]:
            assert 0 < float(row["value"]) < 1
        else:
            assert int(row["value"]) > 0


# Degenerate input


def test_an_empty_warehouse_publishes_empty_tables() -> None:
    connection = duckdb.connect(":memory:")
    warehouse.prepare(connection)
    models.prepare(connection)
    models.set_context(connection, AS_AT, Settings())
    names = ("volumes", "reconciliation", "withdrawal", "positive_outcomes", "benchmarks")
    models.build(connection, [f"pub_{name}" for name in names])
    counts = {name: connection.execute(f"SELECT count(*) FROM pub_{name}").fetchall()[0][0] for name in names}
    assert counts.pop("benchmarks") > 0
    assert set(counts.values()) == {0}
    assert connection.execute("SELECT DISTINCT our_value FROM pub_benchmarks").fetchall() == [(None,)]


def test_the_method_page_holds() -> None:
    page = ROOT / "docs" / "methods" / "units-and-reconciliation.md"
    outcome = doctest.testfile(str(page), module_relative=False)
    assert outcome.attempted > 0
    assert outcome.failed == 0
