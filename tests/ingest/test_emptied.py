"""A column that vanishes or empties holds the delivery; one that is rarely filled, or never was, does not."""

import csv
import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest
from quality_desk import Row, incident, investigation, write
from quality_desk import cps as cps_row

from attrition import warehouse
from attrition.errors import InputRefused
from attrition.ingest.deliveries import ingest
from attrition.ingest.emptied import probability_of_so_few
from attrition.ingest.ledger import release
from attrition.ingest.mapping import load_sources
from attrition.ingest.renamed import find_renamed
from attrition.settings import Settings
from share_of_cases import first

NOW = dt.date(2025, 3, 31)


class Office:
    """A landing folder and a warehouse in memory: what is sent is loaded, and the messages of what is held come back."""

    def __init__(self, folder: Path) -> None:
        self.landing, self.mappings = folder / "landing", folder / "mappings"
        self.landing.mkdir()
        self.mappings.mkdir()
        self.opened = ExitStack()
        self.connection = self.opened.enter_context(warehouse.connect(Path(":memory:"), Settings()))
        warehouse.prepare(self.connection)

    def send(self, name: str, rows: list[Row], without: tuple[str, ...] = (), extract: str = "") -> list[str]:
        write(self.landing / f"{name}.csv", extract or name.rpartition("_")[0], rows, without)
        return self.load()

    def send_as(self, name: str, rows: list[Row]) -> list[str]:
        with (self.landing / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            made = csv.DictWriter(file, list(rows[0]))
            made.writeheader()
            made.writerows(rows)
        return self.load()

    def load(self) -> list[str]:
        sources = load_sources(self.mappings)
        return list(ingest(self.connection, self.landing, sources, b"k" * 32, Settings(), NOW).held)

    def accept(self) -> None:
        held = self.connection.execute("SELECT sha256 FROM load WHERE state = 'held'").fetchall()
        release(self.connection, held[0][0], "it is so from now on", NOW)

    def findings(self) -> list[tuple[int, str]]:
        return self.connection.execute(
            "SELECT load_id, column_name FROM finding WHERE rule = 'column_emptied' ORDER BY ALL"
        ).fetchall()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.connection.close()


def incidents(
    count: int, filled: int, first: int = 1, column: str = "area_command", value: str = "North", **cells: str
) -> list[Row]:
    """Incidents of which so many fill a column."""
    return [incident(first + n, **cells | {column: value if n < filled else ""}) for n in range(count)]


@pytest.mark.parametrize(
    ("filled", "rows", "share"),
    [(0, 13, (1, 2)), (1, 20, (1, 2)), (0, 88, (1, 10)), (9, 100, (1, 2)), (17, 1000, (1, 10)), (3, 400, (1, 16)), (0, 7, (1, 1)),
     pytest.param(900, 20_000, (1, 4), marks=pytest.mark.slow)],
)  # fmt: skip
def test_the_probability_is_that_of_the_sum_in_whole_numbers(filled: int, rows: int, share: tuple[int, int]) -> None:
    p = Fraction(*share)
    exact = sum(comb(rows, k) * p**k * (1 - p) ** (rows - k) for k in range(filled + 1))
    assert probability_of_so_few(filled, rows, float(p)) == pytest.approx(float(exact), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    ("rows", "filled", "is_held"), first(2, [(13, 0, False), (100, 9, True), (14, 0, True), (100, 10, False)])
)
def test_a_column_half_filled_holds_beyond_chance_and_below_a_fifth(
    office: Office, rows: int, filled: int, is_held: bool
) -> None:
    # Half of the rows before fill it: that none of 13 does has the probability 1 / 2^13 = 1 / 8,192, none of 14 1 / 16,384.
    # A fifth of one half is 10 of 100 rows; that so few fill it is beyond chance for 9 and for 10.
    assert office.send("incident_1", incidents(40, 20)) == []
    held = office.send("incident_2", incidents(rows, filled, first=100))
    assert bool(held) == is_held
    assert office.connection.execute("SELECT count(*) FROM incident").fetchone() == (40 if is_held else 40 + rows,)
    for message in held:
        assert f"area_command ({filled} of {rows} rows of northumbria fill it, 50.0% did before)" in message
        assert (
            "incident_2.csv is held" in message and "attrition accept" in message and "correct the mapping" in message
        )


@pytest.mark.parametrize(("rows", "is_held"), [(8, False), (9, True)])
def test_the_share_before_is_that_of_all_deliveries_before(office: Office, rows: int, is_held: bool) -> None:
    # 20 of 20 and 6 of 20 rows: 65.0 % of 40. None of 9 has 0.35^9 = 7.9e-5, none of 8 2.3e-4.
    office.send("incident_1", incidents(20, 20))
    assert office.send("incident_2", incidents(20, 6, first=100)) == []
    held = office.send("incident_3", incidents(rows, 0, first=200))
    assert bool(held) == is_held
    assert all("65.0% did before" in message for message in held)


def test_all_columns_that_a_file_empties_are_one_message(office: Office) -> None:
    office.send("incident_1", incidents(40, 40, victim_sex="F"))
    (held,) = office.send("incident_2", incidents(40, 0, first=100, victim_age="", victim_ethnicity=""))
    assert held.count("rule column_emptied") == 1
    for column in ("area_command", "victim_age", "victim_ethnicity", "victim_sex"):
        assert f"{column} (0 of 40 rows of northumbria fill it, 100.0% did before)" in held


def test_codes_that_vanish_are_an_emptied_column(office: Office) -> None:
    office.send("incident_1", incidents(40, 40))
    (held,) = office.send(
        "incident_2", incidents(40, 40, first=100, victim_ethnicity="British", reporting_channel="by phone")
    )
    assert "victim_ethnicity (0 of 40" in held and "reporting_channel (0 of 40" in held and "area_command" not in held
    assert "British" not in held and "phone" not in held


def test_what_is_rarely_filled_is_told_and_does_not_hold(office: Office) -> None:
    # 4 of 100 rows had a status; none of 300 has 0.96^300 = 4.8e-6, beyond chance.
    before = incidents(100, 4, column="record_status", value="cancelled")
    for row in before[:4]:
        row["status_date"] = "2025-02-01"
    office.send("incident_1", before)
    assert office.send("incident_2", incidents(300, 0, first=200)) == []
    assert office.findings() == [(2, "record_status"), (2, "status_date")]


def test_a_rare_column_is_named_beside_one_that_holds(office: Office) -> None:
    office.send("incident_1", incidents(100, 4, column="hate_local", value="age"))
    (held,) = office.send("incident_2", incidents(300, 0, first=200, victim_age=""))
    assert (
        "victim_age (0 of 300" in held and "hate_local (0 of 300 rows of northumbria fill it, 4.0% did before)" in held
    )


def test_each_force_is_held_against_its_own_deliveries(office: Office) -> None:
    durham = incidents(400, 0, first=1000, force="durham")
    office.send("incident_1", incidents(40, 40) + durham)
    # What Durham never filled does not hold; nor does it hide that Northumbria's is gone: before, 40 of 440 rows filled it.
    assert office.send("incident_2", incidents(40, 40, first=100) + incidents(40, 0, first=2000, force="durham")) == []
    (held,) = office.send("incident_3", incidents(40, 0, first=200) + incidents(40, 40, first=3000, force="durham"))
    assert "area_command (0 of 40 rows of northumbria fill it, 100.0% did before)" in held and "durham" not in held
    # A force that sends for the first time has nothing that it could be held against.
    assert len(office.send("incident_4", incidents(40, 0, first=4000, force="cleveland"))) == 1


def test_a_column_that_leaves_the_header_counts_as_empty(office: Office) -> None:
    office.send("investigation_1", [investigation(n) for n in range(1, 41)])
    later = [investigation(n) for n in range(100, 140)]
    (held,) = office.send("investigation_2", later, without=("suspect_id", "outcome_code", "investigating_unit"))
    assert all(f"{column} (0 of 40 rows" in held for column in ("suspect_id", "outcome_code", "investigating_unit"))


def test_a_first_delivery_and_a_column_never_filled_do_not_hold(office: Office) -> None:
    assert (
        office.send("investigation_1", [investigation(n) for n in range(1, 41)], without=("asn", "suspect_sex")) == []
    )
    assert (
        office.send(
            "investigation_2", [investigation(n) for n in range(100, 140)], without=("asn", "suspect_birth_year")
        )
        == []
    )


def test_what_was_accepted_is_the_norm(office: Office) -> None:
    office.send("incident_1", incidents(40, 40))
    held = office.send("incident_2", incidents(40, 0, first=100))
    assert len(held) == 1 and office.load() == held
    office.accept()
    assert office.load() == []
    assert office.findings() == []
    # The new share is that of the delivery accepted, not 40 of 80: the next one like it passes.
    assert office.send("incident_3", incidents(40, 0, first=200)) == []
    # Other columns are still held against all deliveries, and this one again once it is filled.
    (held_for_age,) = office.send("incident_4", incidents(40, 40, first=300, victim_age=""))
    assert "victim_age" in held_for_age and "area_command" not in held_for_age
    assert len(office.send("incident_4", incidents(200, 200, first=300))) == 0
    (again,) = office.send("incident_5", incidents(40, 0, first=600))
    assert "area_command (0 of 40 rows of northumbria fill it, 71.4% did before)" in again  # 200 of 40 + 40 + 200


def test_a_corrected_file_ends_the_hold(office: Office) -> None:
    office.send("incident_1", incidents(40, 40))
    assert len(office.send("incident_2", incidents(40, 0, first=100))) == 1
    assert office.send("incident_2", incidents(40, 40, first=100)) == []


def test_the_force_itself_and_an_extract_without_one(office: Office) -> None:
    office.send("cps_1", [cps_row(n) for n in range(1, 41)])
    (held,) = office.send("cps_2", [cps_row(n, force="") for n in range(100, 140)])
    assert "force (0 of 40 rows fill it, 100.0% did before)" in held
    events = [{"urn": f"10AB{n:05d}25", "defendant_id": f"D{n}", "event": "received", "date": "2025-01-02", "due_date": "2025-02-01"} for n in range(40)]  # fmt: skip
    (office.landing / "cps_2.csv").unlink()
    office.send("cps_event_1", events)
    told = office.send("cps_event_2", [event | {"urn": f"{event['urn']}9", "due_date": ""} for event in events])
    assert any("due_date (0 of 40 rows fill it, 100.0% did before)" in message for message in told)


def test_a_required_column_that_is_missing_refuses(office: Office) -> None:
    office.send("incident_1", incidents(40, 40))
    with pytest.raises(InputRefused, match="lacks the required columns reported_date"):
        office.send("incident_2", incidents(40, 40, first=100), without=("reported_date",))


@pytest.mark.parametrize(
    "header", first(3, ["suspect_ref", "SuspectID", "suspct_id", "Suspect ID", "suspect_id_new", "Suspect No."])
)
def test_a_first_delivery_with_a_column_under_another_name_is_held(office: Office, header: str) -> None:
    rows = [
        {header if column == "suspect_id" else column: value for column, value in investigation(n).items()}
        for n in (1, 2)
    ]
    (held,) = office.send_as("investigation_1", rows)
    assert f"the file lacks suspect_id, and {header}, which the mapping does not name, resembles it" in held
    assert f'suspect_id = {{ column = "{header}" }}' in held
    office.accept()
    assert office.load() == []
    # Accepted once, the same layout passes.
    assert office.send_as("investigation_2", [row | {"crime_ref": "C9"} for row in rows]) == []


@pytest.mark.parametrize(
    "header", ["suspect_sex_at_birth", "officer_id", "suspect_name", "shoe size", "victim_id", "outcome"]
)
def test_other_columns_do_not_resemble_it(office: Office, header: str) -> None:
    rows = [
        {header if column == "suspect_id" else column: value for column, value in investigation(n).items()}
        for n in (1, 2)
    ]
    assert office.send_as("investigation_1", rows) == []


def test_words_of_other_columns_are_no_resemblance() -> None:
    feeds = {feed.extract: feed for source in load_sources() if source.name == "contract" for feed in source.feeds}
    incident_feed, investigation_feed = feeds["incident"], feeds["investigation"]

    def found(column: str, *header: str) -> list[str]:
        return [one.header for one in find_renamed(incident_feed, [column], header, [incident_feed])]

    assert found("recorded_date", "reported on", "report_date") == []
    assert found("victim_sex", "victim age", "suspect sex") == []
    assert found("hate_race", "shoe size", "hate_race_yn") == ["hate_race_yn"]
    # The best of two, once.
    assert found("area_command", "area", "Area Command") == ["Area Command"]
    # What another feed of the same file reads is named.
    other = replace(investigation_feed, where_columns=("hate_race_yn",))
    assert find_renamed(incident_feed, ["hate_race"], ["hate_race_yn"], [incident_feed, other]) == []


COLUMN_PARTS = """
source = "rms"
[[feed]]
extract = "investigation"
files = ["rms*"]
delivery = "update"
parts = "rms_(\\\\d+)_"
columns = "same"
"""


def test_parts_that_split_a_table_by_its_columns_are_judged_together(office: Office) -> None:
    (office.mappings / "rms.toml").write_text(COLUMN_PARTS, encoding="utf-8")
    outcomes, suspects = ("suspect_id", "suspect_identified_date"), ("outcome_code", "outcome_date")

    def send(month: int, **cells: str) -> list[str]:
        rows = [investigation(month * 100 + n, **cells) for n in range(40)]
        write(office.landing / f"rms_{month}_outcomes.csv", "investigation", rows, outcomes)
        return office.send(f"rms_{month}_suspects", rows, suspects, extract="investigation")

    assert send(1) == []
    assert send(2) == []
    # Every second of 160 rows filled it before; none of this month's 80 does.
    (held,) = send(3, outcome_code="")
    assert "outcome_code (0 of 80 rows of northumbria fill it, 50.0% did before)" in held
    assert office.connection.execute("SELECT count(*) FROM load WHERE state = 'loaded'").fetchone() == (4,)
