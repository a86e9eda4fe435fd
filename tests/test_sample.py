"""The made-up sample extracts: same seed same bytes, calibrated, counted faults, plainly made up.

The calibration is measured on the files as anybody would read them, never on what the generator says of
itself.
"""

import csv
import hashlib
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from attrition import reference
from attrition.contract import load_contract
from attrition.sample import Truth, make_extracts
from share_of_cases import first

AS_AT = date(2025, 3, 31)
EXTRACTS = ("incident", "investigation", "cps")
STRANDS = ("race", "religion", "sexual_orientation", "disability", "transgender")
STAGES = tuple(row["stage"] for row in reference.rows("stage"))
REFERENCES = (
    "incident_id",
    "crime_ref",
    "victim_id",
    "premises_id",
    "suspect_id",
    "defendant_id",
    "police_crime_ref",
)
SIZE = 20_000


def lines_of(folder: Path, truth: Truth, extract: str) -> list[list[str]]:
    """The lines of an extract below its header, split into fields."""
    with (folder / truth.files[extract]).open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))[1:]


def rows_of(folder: Path, truth: Truth, extract: str) -> list[dict[str, str]]:
    """The rows with the right number of columns."""
    names = list(load_contract(extract).columns)
    found = lines_of(folder, truth, extract)
    return [dict(zip(names, fields, strict=True)) for fields in found if len(fields) == len(names)]


def digest(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in the folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """A sample of 20,000 incidents without faults, read as text."""
    folder = tmp_path_factory.mktemp("clean")
    truth = make_extracts(folder, SIZE, 11, AS_AT, faults=False)
    return {name: pd.read_csv(folder / truth.files[name], dtype=str, keep_default_na=False) for name in EXTRACTS}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """A sample of 5,000 incidents with faults."""
    folder = tmp_path_factory.mktemp("faulty")
    return folder, make_extracts(folder, 5000, 3, AS_AT)


def hate_crimes(clean: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per hate crime, with its latest police outcome and whether it was charged."""
    incident = clean["incident"]
    crimes = incident[(incident.incident_class == "crime") & (incident.comparison != "Y")]
    crimes = crimes.drop_duplicates("crime_ref").set_index("crime_ref")
    police = clean["investigation"]
    outcomes = police[(police.outcome_code != "")].sort_values("outcome_date", kind="stable")
    charged = set(outcomes[outcomes.outcome_code.isin(["1", "1A"])].crime_ref)
    latest = outcomes.groupby("crime_ref").outcome_code.last()
    return crimes.assign(latest=latest, charged=crimes.index.isin(charged))


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_extracts(tmp_path / name, 3000, 5, AS_AT)
    make_extracts(tmp_path / "other", 3000, 6, AS_AT)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert digest(tmp_path / "one") != digest(tmp_path / "other")


def test_bytes_are_the_same_on_every_platform(tmp_path: Path) -> None:
    """The sum stands for all platforms; it changes only with the calibration or the generator."""
    make_extracts(tmp_path, 300, 1, AS_AT)
    found = hashlib.sha256(json.dumps(digest(tmp_path)).encode("ascii")).hexdigest()
    assert found[:16] == "4e7fc2bb0e9db656"


def test_lines_end_the_same_way_everywhere(faulty: tuple[Path, Truth]) -> None:
    for path in faulty[0].iterdir():
        content = path.read_bytes()
        assert b"\r" not in content
        assert content.endswith(b"\n")


@pytest.mark.parametrize("incidents", [1, 2, 3, 50, 700, 5000])
def test_any_number_of_incidents(tmp_path: Path, incidents: int) -> None:
    for seed in range(12 if incidents <= 50 else 1):
        truth = make_extracts(tmp_path / str(seed), incidents, seed, date(2024, 2, 29))
        rows = lines_of(tmp_path / str(seed), truth, "incident")
        assert len(rows) == truth.fates["incident"]["read"]
        assert len({row[1].strip() for row in rows if row[1].strip().startswith("MADEUP-I0")}) == incidents


@pytest.mark.parametrize(("incidents", "seed", "years"), [(0, 1, 3.0), (5, -1, 3.0), (5, 1, 0.0)])
def test_impossible_wishes_are_refused(tmp_path: Path, incidents: int, seed: int, years: float) -> None:
    with pytest.raises(ValueError):
        make_extracts(tmp_path, incidents, seed, AS_AT, years=years)


def test_columns_are_the_contracts(faulty: tuple[Path, Truth]) -> None:
    folder, truth = faulty
    for name in EXTRACTS:
        header = (folder / truth.files[name]).read_text(encoding="utf-8").split("\n", 1)[0]
        assert header.split(",") == list(load_contract(name).columns)


def test_without_faults_every_value_fits_the_contract(clean: dict[str, pd.DataFrame]) -> None:
    for name, frame in clean.items():
        for column in load_contract(name).columns.values():
            values = frame[column.name][frame[column.name] != ""]
            if column.type == "date":
                assert values.str.fullmatch(r"\d{4}-\d{2}-\d{2}").all(), column.name
                assert values.max() <= AS_AT.isoformat(), column.name
            elif column.type == "yes_no":
                assert set(values) <= {"Y", "N"}, column.name
            elif column.type == "code" and column.codes:
                assert set(values) <= set(reference.codes(column.codes)), column.name
            elif column.type == "integer":
                assert values.astype(int).between(column.minimum, column.maximum).all(), column.name
            if column.required:
                assert len(values) == len(frame), column.name
            if column.needs_date:
                assert (frame[column.needs_date][values.index] != "").all()
        assert not frame.duplicated().any()


def test_events_come_in_order(clean: dict[str, pd.DataFrame]) -> None:
    cps = clean["cps"]
    for earlier, later in (
        ("received_date", "decision_date"),
        ("decision_date", "first_hearing_date"),
        ("first_hearing_date", "finalised_date"),
    ):
        both = cps[(cps[earlier] != "") & (cps[later] != "")]
        assert (both[earlier] <= both[later]).all()


def test_strands_follow_northumbria(clean: dict[str, pd.DataFrame]) -> None:
    flags = hate_crimes(clean)[[f"hate_{name}" for name in STRANDS]] == "Y"
    per_offence = flags.sum(axis=1)[flags.any(axis=1)].mean()
    assert 1.04 <= per_offence <= 1.09
    shares = flags.sum() / flags.sum().sum()
    for share, offences in zip(shares, (1848, 235, 372, 287, 77), strict=True):
        assert share == pytest.approx(offences / 2819, abs=0.03)


def test_police_outcomes_are_calibrated(clean: dict[str, pd.DataFrame]) -> None:
    crimes = hate_crimes(clean)
    share = crimes.latest.value_counts() / len(crimes)
    assert 0.25 <= share["18"] <= 0.33
    assert 0.27 <= share["14"] + share["16"] <= 0.33
    assert 0.15 <= share["15"] <= 0.20
    assert 0.03 <= share["8"] + share["22"] <= 0.05
    assert 0.02 <= crimes.latest.isna().mean() <= 0.065
    assert 0.09 <= crimes.charged.mean() <= 0.12


def test_charge_rates_follow_strand_and_offence(clean: dict[str, pd.DataFrame]) -> None:
    crimes = hate_crimes(clean)
    flags = crimes[[f"hate_{name}" for name in STRANDS]] == "Y"
    single = flags.sum(axis=1) == 1
    order = crimes.offence_code.isin(["9A", "9B"])
    violence = crimes.offence_code.isin(["8P", "8N", "105A", "105B", "8L", "8M"])
    race, disability = flags.hate_race & single, flags.hate_disability & single
    assert crimes.charged[race & order].mean() == pytest.approx(0.129, abs=0.02)
    assert crimes.charged[race & violence].mean() == pytest.approx(0.118, abs=0.02)
    assert crimes.charged[disability].mean() == pytest.approx(0.027, abs=0.015)


def test_durations_and_contradictions(clean: dict[str, pd.DataFrame]) -> None:
    crimes, police = hate_crimes(clean), clean["investigation"]
    outcomes = police[(police.outcome_code != "") & police.crime_ref.isin(crimes.index)]
    first = pd.to_datetime(outcomes.groupby("crime_ref").outcome_date.min())
    days = (first - pd.to_datetime(crimes.reported_date.reindex(first.index))).dt.days
    assert 23 <= days.median() <= 39
    contradicting = (outcomes.groupby("crime_ref").outcome_code.nunique() > 1).mean()
    assert 0.028 <= contradicting <= 0.042


def test_every_charge_was_referred(clean: dict[str, pd.DataFrame]) -> None:
    police, cps = clean["investigation"], clean["cps"]
    charged = police[police.outcome_code.isin(["1", "1A"])]
    plain = {re.sub("[^A-Z0-9]", "", urn.upper()) for urn in cps.urn}
    by_urn = charged.urn.str.upper().str.replace("[^A-Z0-9]", "", regex=True).isin(plain)
    asns = {re.sub("[^A-Z0-9]", "", asn.upper()) for asn in cps.asn if asn}
    by_asn = charged.asn.str.upper().str.replace("[^A-Z0-9]", "", regex=True).isin(asns)
    assert (by_urn | by_asn | charged.crime_ref.isin(set(cps.police_crime_ref))).all()


def test_cps_and_courts_are_calibrated(clean: dict[str, pd.DataFrame]) -> None:
    cps = clean["cps"]
    assert 0.12 <= (cps.decision == "admin_finalised").mean() <= 0.17
    legal = cps[~cps.decision.isin(["", "further_information", "admin_finalised"])]
    assert 0.85 <= (legal.decision == "charge").mean() <= 0.89
    ended = cps[cps.prosecution_outcome != ""]
    convictions = {row["code"] for row in reference.rows("court_outcome") if row["conviction"] == "Y"}
    convicted = ended[ended.prosecution_outcome.isin(convictions)]
    assert len(convicted) / len(ended) == pytest.approx(0.845, abs=0.025)
    assert (ended.prosecution_outcome == "guilty_plea").mean() == pytest.approx(0.75, abs=0.03)
    assert 0.78 <= (convicted.uplift == "Y").mean() <= 0.90


def test_the_incident_mix(clean: dict[str, pd.DataFrame]) -> None:
    incident = clean["incident"]
    assert (incident.incident_class == "non_crime").mean() == pytest.approx(0.12, abs=0.01)
    assert (incident.business_type != "").mean() == pytest.approx(0.33, abs=0.03)
    assert 0.02 <= (incident.comparison == "Y").mean() <= 0.06
    assert set(incident.record_status) == {"", "live", "cancelled", "transferred_out", "flag_removed"}
    assert (incident.force == "northumbria").mean() > 0.6
    assert set(incident.force) == {"northumbria", "durham", "cleveland"}
    assert {"northern", "central", "southern"} < set(incident.area_command)
    assert incident.victim_no.isin(["2", "3"]).any()
    assert incident.victim_id.duplicated().mean() > 0.08
    assert (incident.hate_flagged_date > incident.reported_date).any()
    styles = {re.sub("[0-9]+", "0", urn) for urn in clean["cps"].urn}
    assert len(styles) >= 3


def test_support_agrees_with_the_outcome(clean: dict[str, pd.DataFrame]) -> None:
    police = clean["investigation"]
    declined = police[police.outcome_code.isin(["14", "16"])]
    assert set(declined.victim_support) == {"does_not_support", "withdrew"}
    assert set(police[police.outcome_code == "15"].victim_support) == {"supports"}


def test_faults_are_planted_as_counted(faulty: tuple[Path, Truth]) -> None:
    folder, truth = faulty
    incident = rows_of(folder, truth, "incident")
    police, cps = rows_of(folder, truth, "investigation"), rows_of(folder, truth, "cps")
    forces = {"northumbria", "durham", "cleveland"}
    planted = truth.planted

    def count(rows: list[dict[str, str]], column: str, value: str) -> int:
        return sum(row[column] == value for row in rows)

    assert count(incident, "victim_age", "n/k") == planted["incident"]["age_not_a_number"]
    assert count(incident, "victim_ethnicity", "Z9") == planted["incident"]["unknown_ethnicity"]
    assert count(incident, "reported_date", "") == planted["incident"]["missing_required"]
    assert count(incident, "reported_date", "31/02/2024") == planted["incident"]["unreadable_required_date"]
    assert count(incident, "recorded_date", "31/02/2024") == planted["incident"]["unreadable_date"]
    assert count(incident, "business_type", "newsagent") == planted["incident"]["unknown_business_type"]
    stateless = [row for row in incident if row["record_status"] == "cancelled" and not row["status_date"]]
    assert len(stateless) == planted["incident"]["status_without_date"]
    unreferenced = [row for row in incident if row["incident_class"] == "crime" and not row["crime_ref"]]
    assert len(unreferenced) == planted["incident"]["crime_without_reference"]
    assert sum(row["force"].lower() not in forces for row in incident) == planted["incident"]["unknown_force"]
    undated = [row for row in police if row["outcome_code"] and not row["outcome_date"]]
    assert len(undated) == planted["investigation"]["outcome_without_date"]
    assert count(police, "crime_ref", "") == planted["investigation"]["missing_required"]
    assert count(cps, "force", "atlantis") == planted["cps"]["unknown_force"]
    assert count(cps, "urn", "") == planted["cps"]["missing_required"]
    for name in EXTRACTS:
        width = len(load_contract(name).columns)
        widths = Counter(len(fields) for fields in lines_of(folder, truth, name))
        assert sum(n for found, n in widths.items() if found < width) == planted[name]["too_few_columns"]
        assert sum(n for found, n in widths.items() if found > width) == planted[name]["too_many_columns"]
        lines = (folder / truth.files[name]).read_text(encoding="utf-8").splitlines()[1:]
        assert len(lines) - len(set(lines)) == planted[name]["exact_duplicate"]


def test_every_kind_of_fault_is_there_from_2000_incidents(tmp_path: Path) -> None:
    from attrition.sample.faults import FINDINGS, SPOILT

    truth = make_extracts(tmp_path, 2000, 8, AS_AT)
    for name in EXTRACTS:
        assert set(truth.planted[name]) == FINDINGS[name].keys() | SPOILT[name].keys()
        fates = truth.fates[name]
        assert fates["read"] == sum(number for fate, number in fates.items() if fate != "read")
        assert fates["quarantined"] < 0.05 * fates["read"]


def test_small_samples_stay_clean(tmp_path: Path) -> None:
    truth = make_extracts(tmp_path, 40, 8, AS_AT)
    assert truth.planted == {name: {} for name in EXTRACTS}


def test_every_file_and_every_row_says_that_it_is_made_up(faulty: tuple[Path, Truth]) -> None:
    folder, truth = faulty
    for path in folder.iterdir():
        assert "MADE_UP" in path.name
    for name in EXTRACTS:
        for line in (folder / truth.files[name]).read_text(encoding="utf-8").splitlines()[1:]:
            assert "MADEUP-" in line
    assert "made up" in (folder / "README_MADE_UP.txt").read_text(encoding="utf-8").lower()
    assert "made up" in json.loads((folder / "truth_MADE_UP.json").read_text(encoding="utf-8"))["made_up"].lower()


def test_nothing_looks_like_a_real_reference(faulty: tuple[Path, Truth]) -> None:
    folder, truth = faulty
    for name in EXTRACTS:
        for row in rows_of(folder, truth, name):
            for column in REFERENCES:
                assert not row.get(column) or row[column].strip().startswith("MADEUP-"), column
            assert re.match(r"(?i)99/?M[UX]|$", row.get("urn", "")), "urn"
            assert "99MU" in row.get("asn", "") or not row.get("asn"), "asn"


def test_only_the_extracts_match_the_mapping(faulty: tuple[Path, Truth]) -> None:
    folder, truth = faulty
    fitting = [path.name for path in folder.iterdir() if path.match("incident*") or path.match("*vestig*")]
    assert sorted(fitting) == sorted([truth.files["incident"], truth.files["investigation"]])
    assert [path.name for path in folder.glob("cps*")] == [truth.files["cps"]]


def test_the_truth_is_consistent(faulty: tuple[Path, Truth]) -> None:
    truth = faulty[1]
    groups = {key.rsplit("|", 2)[0] for key in truth.funnel}
    assert {"all|all", "strand|race", "business_type|takeaway", "business_type|unknown"} <= groups
    for group in groups:
        for number, stage in enumerate(STAGES):
            figures = Counter(
                {key.rsplit("|", 1)[1]: n for key, n in truth.funnel.items() if key.startswith(f"{group}|{stage}|")}
            )
            parts = ("progressed", "open", "resolved", "lost", "completed")
            assert figures["entered"] == sum(figures[part] for part in parts)
            if number + 1 < len(STAGES):
                assert figures["progressed"] == truth.funnel.get(f"{group}|{STAGES[number + 1]}|entered", 0)
            reasons = sum(n for key, n in truth.reasons.items() if key.startswith(f"{group}|{stage}|"))
            assert reasons == figures["resolved"] + figures["lost"]
    for stage in STAGES:
        parts = [group for group in groups if group.startswith("business_type|")]
        total = sum(truth.funnel.get(f"{group}|{stage}|entered", 0) for group in parts)
        assert total == truth.entered(stage)


@pytest.mark.parametrize("seed", first(1, [21, 22]))
def test_the_truth_is_what_the_specification_makes_of_the_files(tmp_path: Path, seed: int) -> None:
    oracle = pytest.importorskip("oracle", reason="the plain-Python second implementation is not importable")
    truth = make_extracts(tmp_path, 3000, seed, AS_AT)
    held = oracle.load(
        [oracle.Delivery(name, truth.files[name], oracle.read_csv(tmp_path / truth.files[name])) for name in EXTRACTS]
    )
    for line in held.loads:
        expected = truth.fates[line.extract]
        for fate in ("accepted", "duplicate", "quarantined"):
            assert line.counts[fate] == expected[fate], (line.extract, fate)
    table = oracle.funnel(held, AS_AT)
    chosen = ("all|", "strand|", "business_type|")
    counts = {key: n for key, n in oracle.flat_counts(table).items() if key.startswith(chosen)}
    assert counts == truth.funnel
    reasons = {key: n for key, n in oracle.flat_reasons(table).items() if key.startswith(chosen)}
    assert reasons == truth.reasons
