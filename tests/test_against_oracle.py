"""The product's real code held against the oracle on made-up extracts: fates, figures, reasons, deliveries.

Every example goes the whole way: files are written, loaded into a warehouse of their own and counted there.
"""

import csv
import datetime as dt
import json
import os
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from attrition import cli
from comparison import assert_conserved, assert_fates_equal, assert_figures_equal, assert_findings_equal
from oracle import Delivery, RawRow, cases, load
from product_run import KEY, Ward
from strategies import (
    AS_AT,
    EXTRACTS,
    Extracts,
    as_deliveries,
    day,
    delivery_sequences,
    dense_extracts,
    stacked_extract_sets,
    told_once,
)

KINDS = ("update", "append", "snapshot")
# One source for each kind of delivery, so that one extract may come in all three; their globs are longer than
# the contract's own. None says what an empty business type means.
MAPPINGS = {
    kind: f'source = "{kind}"\ndescription = "The contract, delivered as {kind}"\n'
    + "".join(
        f'\n[[feed]]\nextract = "{extract}"\nfiles = ["{extract}_*_{kind}*"]\ndelivery = "{kind}"\ncolumns = "same"\n'
        for extract in EXTRACTS
    )
    for kind in KINDS
}
# Days from the as-at date of the made-up extracts: a run for a past day uses all rows held today.
OTHER_DAYS = st.sampled_from([0, 0, 0, 30, -1, -30, -60, -100, -366])

_calm = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
# An example takes some seconds, most of them for a warehouse of its own, so the usual ones are few and large, and
# only the slow suite looks for the smallest example that fails.
_WITHOUT_SHRINKING = (Phase.explicit, Phase.generate)
few = settings(max_examples=1, derandomize=True, phases=_WITHOUT_SHRINKING, **_calm)
usual = settings(max_examples=3, derandomize=True, phases=_WITHOUT_SHRINKING, **_calm)
many = settings(max_examples=60, **_calm)


@contextmanager
def ward() -> Iterator[Ward]:
    """An empty ward that knows the sources of MAPPINGS beside the contract."""
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "sources"
        sources.mkdir()
        for source, mapping in MAPPINGS.items():
            (sources / f"{source}.toml").write_text(mapping, encoding="utf-8", newline="\n")
        yield Ward(Path(folder) / "ward", sources)


def check_one_run(extracts: Extracts, offset: int) -> None:
    """One update of each extract: everything published is the oracle's, and loading again changes nothing."""
    deliveries = as_deliveries(extracts)
    as_at = AS_AT + dt.timedelta(days=offset)
    with ward() as place:
        assert place.load(deliveries).loads == len(deliveries)
        published, held = place.published(as_at), load(deliveries)
        assert_figures_equal(published, held, as_at)
        assert_conserved(published)
        assert_fates_equal(place, published, held)
        assert_findings_equal(published, held, as_at)
        if offset == 0:
            assert place.ingest().loads == 0
            assert place.published(as_at).tables == published.tables


@given(stacked_extract_sets(broken_lines=True), OTHER_DAYS)
@usual
def test_one_run_publishes_what_the_oracle_counts(extracts: Extracts, offset: int) -> None:
    check_one_run(extracts, offset)


@pytest.mark.slow
@given(stacked_extract_sets(broken_lines=True), OTHER_DAYS)
@many
def test_many_runs_publish_what_the_oracle_counts(extracts: Extracts, offset: int) -> None:
    check_one_run(extracts, offset)


def check_deliveries(deliveries: list[Delivery], offset: int, empty_means: bool) -> None:
    """Several files in one run: the oracle's figures, fates and superseded rows; several runs equal the one."""
    deliveries = told_once(deliveries)
    as_at = AS_AT + dt.timedelta(days=offset)
    with ward() as place:
        place.load(deliveries)
        published, held = place.published(as_at), load(deliveries)
        assert_fates_equal(place, published, held)
        assert_figures_equal(published, held, as_at, empty_means)
        assert_findings_equal(published, held, as_at)
        assert_conserved(published)
    with ward() as another:
        for number in sorted({_number(delivery) for delivery in deliveries}):
            arrived = [delivery for delivery in deliveries if _number(delivery) == number]
            assert another.load(arrived).loads == len(arrived)
        assert_same_figures(another.published(as_at).tables, published.tables)


def _number(delivery: Delivery) -> str:
    """The number that a file bears among those of its extract."""
    return Path(delivery.file).stem.split("_")[1]


def assert_same_figures(left: dict, right: dict) -> None:
    """Every published table is the same, but for the order of arrival across extracts."""
    for table in right:
        rows = [
            [{name: value for name, value in row.items() if name != "arrival"} for row in tables[table]]
            for tables in (left, right)
        ]
        if table == "load":
            rows = [sorted(listed, key=lambda row: row["file"]) for listed in rows]
        assert rows[0] == rows[1]


@pytest.mark.slow
@given(delivery_sequences(max_incidents=20), OTHER_DAYS)
@few
def test_updates_replace_what_the_oracle_replaces(deliveries: list[Delivery], offset: int) -> None:
    check_deliveries(deliveries, offset, empty_means=True)


@given(delivery_sequences(kinds=KINDS, mixed=True, max_incidents=20), OTHER_DAYS)
@few
def test_deliveries_of_every_kind_replace_what_the_oracle_replaces(deliveries: list[Delivery], offset: int) -> None:
    check_deliveries(deliveries, offset, empty_means=False)


@pytest.mark.slow
@given(delivery_sequences(kinds=KINDS, mixed=True), OTHER_DAYS)
@many
def test_many_deliveries_of_every_kind(deliveries: list[Delivery], offset: int) -> None:
    check_deliveries(deliveries, offset, empty_means=False)


@pytest.mark.slow
@given(delivery_sequences(), OTHER_DAYS)
@many
def test_many_updates(deliveries: list[Delivery], offset: int) -> None:
    check_deliveries(deliveries, offset, empty_means=True)


@given(stacked_extract_sets(), st.randoms(use_true_random=False))
@few
def test_the_order_of_rows_is_immaterial_where_no_two_are_rivals(extracts: Extracts, shuffler: random.Random) -> None:
    deliveries = as_deliveries(extracts)
    alone = {}
    for delivery, line in zip(deliveries, load(deliveries).loads, strict=True):
        rivals = {n for n, reasons in line.reasons.items() if reasons == ("conflicting_duplicate",)}
        rivals |= {n for n, fate in enumerate(line.fates) if fate == "duplicate"}
        alone[delivery.extract] = [row for n, row in enumerate(delivery.rows) if n not in rivals]
    shuffled = {extract: shuffler.sample(rows, len(rows)) for extract, rows in alone.items()}
    with ward() as place:
        place.load(as_deliveries(shuffled))
        assert_figures_equal(place.published(AS_AT), load(as_deliveries(alone)), AS_AT)


# One fixed set, dense in ties


def _tied(rows: Sequence[RawRow], group: str, value: str, day_of: str) -> int:
    """How many rows share their group and their day with one that says something else."""
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        assert isinstance(row, dict)
        if row.get(value):
            told[row[group], row.get(day_of, "")].append(row[value])
    return sum(len(values) for values in told.values() if len(set(values)) > 1)


def test_the_dense_set_is_dense() -> None:
    """Three hundred tied rows or more on every rule that takes the latest, and as many cases that wait for what comes next."""
    dense = dense_extracts()
    investigation, cps = dense["investigation"], dense["cps"]
    assert _tied(investigation, "crime_ref", "outcome_code", "outcome_date") >= 300
    assert _tied(investigation, "crime_ref", "investigating_unit", "outcome_date") >= 300
    assert _tied(investigation, "crime_ref", "victim_support", "outcome_date") >= 300
    assert _tied(cps, "urn", "decision", "decision_date") >= 300
    assert _tied(cps, "urn", "prosecution_outcome", "finalised_date") >= 300
    places = Counter((case.furthest, case.state) for case in cases(load(as_deliveries(dense)), AS_AT))
    pending = ("recorded", "suspect_identified", "referred", "charged", "prosecuted", "convicted")
    assert all(places[stage, "open"] for stage in pending)
    assert sum(places[stage, "open"] for stage in pending) >= 300


def test_ties_and_pending_rows_are_settled_as_the_oracle_settles_them() -> None:
    deliveries = as_deliveries(dense_extracts())
    with ward() as place:
        place.load(deliveries)
        published, held = place.published(AS_AT), load(deliveries)
        assert_figures_equal(published, held, AS_AT)
        assert_conserved(published)
        assert_findings_equal(published, held, AS_AT)
        with place.models(AS_AT) as connection:
            reached = connection.execute("SELECT max(covers_to) FROM load").fetchall()
            seen = connection.execute("SELECT DISTINCT seen_to FROM funnel_coverage").fetchall()
    # What is held reaches further than the as-at day; nobody has seen further than that.
    assert reached[0][0] > AS_AT
    assert seen and all(day_seen is None or day_seen <= AS_AT for (day_seen,) in seen)


# Missing months


def test_months_that_are_missing_are_covered_as_the_oracle_says() -> None:
    """Durham's incidents lack June and July, Cleveland's investigations June and September: June is a gap of both feeds."""
    crimes: list[dict[str, str]] = [
        {"force": force, "incident_id": f"{force}{month}/{n}", "incident_class": "crime", "crime_ref": f"{force}{month}/{n}",
         "reported_date": f"2024-{month:02}-{n + 1:02}", "hate_race": "Y"}
        for force in ("durham", "cleveland") for month in range(4, 13) for n in range(14)
    ]  # fmt: skip

    def lacks(row: dict[str, str], force: str, *months: str) -> bool:
        return row["force"] == force and row["reported_date"][5:7] in months

    investigation = [
        {"force": row["force"], "crime_ref": row["crime_ref"], "outcome_code": "16", "outcome_date": row["reported_date"]}
        for row in crimes
        if not lacks(row, "cleveland", "06", "09")
    ]  # fmt: skip
    incident = [row for row in crimes if not lacks(row, "durham", "06", "07")]
    deliveries = as_deliveries({"incident": list(incident), "investigation": list(investigation)})
    as_at = dt.date(2024, 12, 31)
    with ward() as place:
        place.load(deliveries)
        assert_figures_equal(place.published(as_at), load(deliveries), as_at)
        with place.models(as_at) as connection:
            gaps = connection.execute("SELECT extract, force, month(month) FROM stg_gap").fetchall()
    assert set(gaps) == {
        *(("incident", "durham", month) for month in (6, 7)),
        *(("investigation", "cleveland", month) for month in (6, 9)),
    }


# Deliveries told by hand

_LATER = {
    "no good row": ("D9 soon",),
    "one new row": ("D2", "D9 soon"),
    "two new rows": ("D2", "D3", "D9 soon"),
    "another set": ("D2", "D9 soon elsewhere"),
}
"""What the second file tells of a set that held D1 alone: new defendants, and one whose receipt cannot be read."""


def _told(urn: str, *defendants: str) -> list[RawRow]:
    """CPS rows of a set."""
    return [
        {
            "urn": f"{int(urn[:2]) + 50}{urn[2:]}" if "elsewhere" in defendant else urn,
            "force": "durham",
            "defendant_id": defendant[:2],
            "received_date": "soon" if "soon" in defendant else day(-9),
        }
        for defendant in defendants
    ]


def test_sets_with_a_quarantined_row() -> None:
    deliveries = []
    for of_kind, kind in enumerate(KINDS):
        numbers = {later: 10 * (of_kind + 1) + n for n, later in enumerate(_LATER)}
        crimes = [
            {"force": "durham", "incident_id": f"I{n}", "incident_class": "crime", "crime_ref": f"C{n}", "reported_date": day(-300)}
            for n in numbers.values()
        ]  # fmt: skip
        first = [row for n in numbers.values() for row in _told(f"{n}CD0000125", "D1")]
        then = [row for later, n in numbers.items() for row in _told(f"{n}CD0000125", *_LATER[later])]
        deliveries += [
            Delivery("incident", f"incident_1_{kind}.csv", crimes, kind, kind),
            Delivery("cps", f"cps_1_{kind}.csv", first, kind, kind),
            Delivery("cps", f"cps_2_{kind}.csv", then, kind, kind),
        ]
    check_deliveries(deliveries, 0, empty_means=False)


# The published examples, through the command line


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = os.environ.get("ATTRITION_EXAMPLES")
    if not folder:
        pytest.skip("ATTRITION_EXAMPLES names no folder of example inputs")
    monkeypatch.setenv("ATTRITION_PSEUDONYM_KEY", KEY.decode())
    # The figures are read from the tables; what people open takes seconds more.
    monkeypatch.setattr("attrition.publish.people_files.write_people_files", lambda publication, folder: None)
    return Path(folder)


def _run(landing: Path, as_at: str, folder: Path) -> Path:
    """Runs the command line on a folder; the folder of the published tables."""
    arguments = ["run", "--direct", "--landing", str(landing), "--as-at", as_at, "--out", str(folder / "out")]
    assert cli.main([*arguments, "--warehouse", str(folder / "warehouse.duckdb")]) == 0
    return folder / "out" / as_at / "tables"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


MEASURES = ("entered", "progressed", "open", "resolved", "lost", "completed", "implied", "crimes")


def test_the_small_example_agrees_in_every_figure(examples: Path, tmp_path: Path) -> None:
    tables = _run(examples / "contract_small", "2025-03-31", tmp_path)
    expected = json.loads((examples / "contract_small_expected.json").read_text(encoding="utf-8"))
    told = {key.split("|")[0] for key in expected["funnel"]}
    found = {
        "|".join((row["breakdown"], row["group"], row["stage"], measure)): int(row[measure])
        for row in _rows(tables / "funnel.csv")
        for measure in MEASURES
        if row["breakdown"] in told and int(row[measure])
    }
    reasons = {
        "|".join((row["breakdown"], row["group"], row["stage"], row["reason"])): int(row["count"])
        for row in _rows(tables / "reasons.csv")
        if row["breakdown"] in told
    }
    assert found == expected["funnel"]
    assert reasons == expected["reasons"]
    (line,) = (row for row in _rows(tables / "load.csv") if row["extract"] == "incident")
    found = {name: int(line[name]) for name in ("accepted", "duplicate", "quarantined")}
    assert {"read": int(line["rows_read"]), **found} == expected["rows"]["incident"]


@pytest.mark.slow
def test_the_public_police_files_agree(examples: Path, tmp_path: Path) -> None:
    landing = examples.parent / "real" / "police_uk_northumbria"
    if not landing.is_dir():
        pytest.skip("the public police files are not beside the examples")
    tables = _run(landing, "2013-12-31", tmp_path)
    lines = (examples / "police_uk_expected.txt").read_text(encoding="utf-8").splitlines()
    loads = [row for row in _rows(tables / "load.csv") if row["extract"] == "incident"]
    assert lines[0] == f"incident rows accepted {sum(int(row['accepted']) for row in loads)}"
    funnel = {row["stage"]: row for row in _rows(tables / "funnel.csv") if row["breakdown"] == "all"}
    for line in lines[1:]:
        stage, *figures = line.split()
        for figure in figures:
            measure, value = figure.split("=")
            # A stage that no case entered may be left out.
            found = funnel.get(stage, {}).get(measure, "0")
            assert (stage, measure, int(found)) == (stage, measure, int(value))
