"""The order of deliveries: by the day that they tell and by arrival, across runs. Through the real ingest, held against a slow
replay written from the rules alone.
"""

import csv
import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attrition import preview, warehouse
from attrition.contract import load_contract
from attrition.ingest import ledger
from attrition.ingest.day_told import day_in_name, natural_order
from attrition.ingest.deliveries import Outcome, ingest
from attrition.ingest.mapping import load_sources
from attrition.ingest.split_export import parts_line
from attrition.settings import Settings

NOW = dt.date(2025, 4, 1)
SETTINGS = Settings(quarantine_rows=1_000_000)
Row = dict[str, str]


# The day in a name


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("incident_2025-02-28.csv", "2025-02-28"), ("incident_28-02-2025.csv", "2025-02-28"),
        ("incident_28.02.25.csv", "2025-02-28"), ("incident_20250228.csv", "2025-02-28"),
        ("incident28022025.csv", "2025-02-28"), ("incident_28_Feb_2025.csv", "2025-02-28"),
        ("incident 28Feb2025.xlsx", "2025-02-28"), ("incident 28-Feb-25.csv", "2025-02-28"),
        ("incident Feb 2025.csv", "2025-02-28"), ("incident_Feb-25.csv", "2025-02-28"), ("incident_2025-02.csv", "2025-02-28"),
        ("incident_202502.csv", "2025-02-28"), ("incident_February-2025.csv", "2025-02-28"), ("incident_2025-2.csv", "2025-02-28"),
        ("incident_02-2024.csv", "2024-02-29"), ("incident_1-2-2025.csv", "2025-02-01"), ("2024-01-durham-street.csv", "2024-01-31"),
        ("incident 31st January 2025.csv", "2025-01-31"), ("incident February 28, 2025.csv", "2025-02-28"),
        ("INCIDENT_28\u201302\u20132025.CSV", "2025-02-28"),
        # Day and month in doubt: the day first, unless that is none.
        ("incident_03-02-2025.csv", "2025-02-03"), ("incident_02-28-2025.csv", "2025-02-28"), ("incident_25-02-28.csv", "2025-02-28"),
        # Several: the last. A range ends there.
        ("incident_2024-04-01 to 2025-03-31.csv", "2025-03-31"), ("incident_20240401-20250331.csv", "2025-03-31"),
        ("incident_2024-04_2025-03.csv", "2025-03-31"),
        # What stands beside a day.
        ("incident_2025-02-28 (1).csv", "2025-02-28"), ("incident_2025-02-28_v2.csv", "2025-02-28"),
        ("incident_2025-02_part10.csv", "2025-02-28"), ("part_3_2025-02-28.csv", "2025-02-28"),
        ("incident_20250228_200112.csv", "2025-02-28"), ("incident_20250228T1030.csv", "2025-02-28"),
        ("incident_20250228103000.csv", "2025-02-28"), ("incident_2025-02-28_10-30.csv", "2025-02-28"),
        # The edges of what counts: 1990, and 366 days after the day of loading.
        ("incident_1990-01-01.csv", "1990-01-01"), ("incident_1989-12-31.csv", None),
        ("incident_2026-04-02.csv", "2026-04-02"), ("incident_2026-04-03.csv", None),
        # No days.
        ("incident.csv", None), ("incident_v2.csv", None), ("incident_v1.2.25.csv", None), ("incident_2.csv", None),
        ("incident_2025.csv", None), ("incident_2024-25.csv", None), ("incident_12345678901234567890.csv", None),
        ("incident_CR-2024-1234.csv", None), ("incident_31-02-2025.csv", None), ("incident_2025-02-30.csv", None),
        ("incident_280225.csv", None), ("summary_2025.csv", None), ("mayor_2024.csv", None), ("incident_99999999.csv", None),
    ],
)  # fmt: skip
def test_the_day_that_a_name_tells(name: str, day: str | None) -> None:
    assert day_in_name(name, NOW) == (dt.date.fromisoformat(day) if day else None)


def test_part_2_comes_before_part_10() -> None:
    assert sorted(["part10", "Part2", "part"], key=natural_order) == ["part", "Part2", "part10"]


# A landing folder with its warehouse in memory

MAPPING = """source = "{kind}"
[[feed]]
extract = "incident"
files = ["incident_{kind}*"]
delivery = "{kind}"
columns = "same"
[[feed]]
extract = "investigation"
files = ["investigation_{kind}*"]
delivery = "{kind}"
columns = "same"
[[feed]]
extract = "cps"
files = ["cps_{kind}*"]
delivery = "{kind}"
columns = "same"
"""


_RELEASE = (
    "INSERT INTO release SELECT DISTINCT sha256, 'not under test', DATE '2025-06-30' FROM load WHERE state = 'held' "
    "AND sha256 NOT IN (SELECT sha256 FROM release) RETURNING sha256"
)


class Desk:
    """Puts files into a landing folder and loads them as a run does."""

    def __init__(self, folder: Path) -> None:
        self.landing = folder / "landing"
        self.sources = folder / "sources"
        self.landing.mkdir()
        self.sources.mkdir()
        for kind in ("update", "append", "snapshot"):
            (self.sources / f"{kind}.toml").write_text(MAPPING.format(kind=kind), encoding="utf-8")
        self.opened = ExitStack()
        self.connection = self.opened.enter_context(warehouse.connect(Path(":memory:"), SETTINGS))
        warehouse.prepare(self.connection)

    def put(self, name: str, rows: list[Row]) -> Path:
        extract = name.partition("_")[0].partition(".")[0]
        path = self.landing / name
        with path.open("w", encoding="utf-8", newline="") as file:
            made = csv.DictWriter(file, list(load_contract(extract).columns), restval="")
            made.writeheader()
            made.writerows(rows)
        return path

    def load(self, *files: tuple[str, list[Row]]) -> Outcome:
        for name, rows in files:
            self.put(name, rows)
        return ingest(self.connection, self.landing, load_sources(self.sources), b"k" * 32, SETTINGS, NOW)

    def load_all(self, *files: tuple[str, list[Row]]) -> None:
        """Loads the files whatever the gate says: in a few rows a column may well be empty once."""
        while self.load(*files).held and self.all(_RELEASE):
            files = ()

    def all(self, query: str) -> list[Any]:
        return self.connection.execute(query).fetchall()

    def ages(self) -> dict[str, int]:
        """The victim's age in force, by incident."""
        return dict(self.all("SELECT incident_id, victim_age FROM incident"))

    def outcomes(self) -> dict[str, list[str | None]]:
        """The outcome codes in force, by crime."""
        return dict(
            self.all(
                "SELECT crime_ref, list(outcome_code::VARCHAR ORDER BY outcome_code NULLS LAST) FROM investigation GROUP BY 1"
            )
        )

    def files(self, extract: str) -> list[str]:
        """Loaded files in their order."""
        return [
            file
            for (file,) in self.all(
                f"SELECT file FROM load WHERE state = 'loaded' AND extract = '{extract}' ORDER BY place, load_id"
            )
        ]

    def found(self, rule: str) -> list[tuple[str, int]]:
        return self.all(
            f"SELECT file, line FROM finding JOIN load USING (load_id) WHERE rule = '{rule}' AND state = 'loaded' ORDER BY ALL"
        )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.connection.close()


def incident(number: int, age: int, **values: str) -> Row:
    return {
        "force": "durham", "incident_id": f"I{number}", "incident_class": "non_crime", "reported_date": "2025-01-02",
        "hate_race": "Y", "victim_age": str(age),
    } | values  # fmt: skip


def outcome(crime: int, code: str = "", **values: str) -> Row:
    dated = {"outcome_code": code, "outcome_date": "2025-01-20"} if code else {}
    return {"force": "durham", "crime_ref": f"C{crime}"} | dated | values


def test_the_later_day_stands_whatever_the_names_order(desk: Desk) -> None:
    outcome_ = desk.load(
        ("investigation_28-02-2025.csv", [outcome(1, "16")]), ("investigation_31-01-2025.csv", [outcome(1)])
    )
    assert desk.outcomes() == {"C1": ["16"]}
    assert desk.files("investigation") == ["investigation_31-01-2025.csv", "investigation_28-02-2025.csv"]
    assert any("investigation_31-01-2025.csv tells 2025-01-31" in note for note in outcome_.notes)


def test_an_older_file_that_comes_late_takes_its_place_behind_and_is_told(desk: Desk) -> None:
    desk.load(("incident_2025-02-28.csv", [incident(1, 20)]))
    told = desk.load(("incident_2025-01-31.csv", [incident(1, 10), incident(2, 12)]))
    assert desk.ages() == {"I1": 20, "I2": 12}  # what later files do not have comes into force
    assert [
        note for note in told.notes if "incident_2025-01-31.csv" in note and "behind incident_2025-02-28.csv" in note
    ]
    assert desk.load(("incident_2025-03-31.csv", [incident(1, 30)])).notes == ()
    assert desk.ages() == {"I1": 30, "I2": 12}


@pytest.mark.parametrize("runs", [1, 2])
def test_the_same_bytes_under_a_later_name_are_told(desk: Desk, runs: int) -> None:
    """An export that was not made anew: nothing is loaded, and nobody should take it for news."""
    files = [("incident_2025-01.csv", [incident(1, 1)]), ("incident_2025-02.csv", [incident(1, 1)])]
    for sent in [files] if runs == 1 else [[one] for one in files]:
        told = desk.load(*sent)
    assert any(
        "incident_2025-02.csv: left alone, it holds the same bytes as incident_2025-01.csv" in n for n in told.notes
    )
    assert desk.files("incident") == ["incident_2025-01.csv"]
    assert desk.load().notes == told.notes, "as long as it lies there"


def test_a_row_told_again_stands_where_the_one_it_repeats_goes(desk: Desk) -> None:
    """It counts as duplicate when it comes; the later mapping of the first file, which leaves it out, takes it from nobody else."""
    desk.load(("investigation_update_1.csv", [outcome(1, "16"), outcome(2, "18")]))
    desk.load(("investigation_append_2.csv", [outcome(1, "16")]))
    assert desk.outcomes() == {"C1": ["16"], "C2": ["18"]}
    counted = "SELECT accepted, duplicate FROM load WHERE file = 'investigation_append_2.csv'"
    assert desk.all(counted) == [(0, 1)]
    mapping = desk.sources / "update.toml"
    mapping.write_text(
        mapping.read_text().replace(
            'files = ["investigation_update*"]', 'files = ["investigation_update*"]\nwhere = "outcome_code <> \'16\'"'
        )
    )
    desk.load()
    assert desk.outcomes() == {"C1": ["16"], "C2": ["18"]}
    assert desk.all(counted) == [(0, 1)]


def test_the_last_line_of_a_key_wins_before_it_is_held_against_what_is_held(desk: Desk) -> None:
    desk.load(("incident_update_1.csv", [incident(1, 10)]))
    desk.load(("incident_append_2.csv", [incident(1, 20), incident(1, 10)]))
    assert desk.ages() == {"I1": 10}
    assert desk.all("SELECT line, reasons FROM quarantine") == [(2, ["conflicting_duplicate"])]


def test_the_order_by_name_tells_nothing_where_it_is_that_of_the_days(desk: Desk) -> None:
    assert desk.load(("incident_2025-01.csv", [incident(1, 1)]), ("incident_2025-02.csv", [incident(1, 2)])).notes == ()


def test_an_inferred_reach_never_orders(desk: Desk) -> None:
    desk.load(("incident_b.csv", [incident(1, 20, reported_date="2025-03-30")]))
    desk.load(("incident_a.csv", [incident(1, 10, reported_date="2025-01-30")]))
    assert desk.ages() == {"I1": 10}


def test_a_file_without_a_day_stays_where_it_arrived(desk: Desk) -> None:
    desk.load(("incident_2025-01-31.csv", [incident(1, 1), incident(2, 1), incident(3, 1)]))
    desk.load(("incident_x.csv", [incident(1, 5), incident(2, 5)]))
    desk.load(("incident_2025-03-31.csv", [incident(1, 3)]))
    desk.load(("incident_2025-02-28.csv", [incident(2, 2), incident(1, 2)]))
    assert desk.files("incident") == [
        "incident_2025-01-31.csv", "incident_x.csv", "incident_2025-02-28.csv", "incident_2025-03-31.csv"
    ]  # fmt: skip
    assert desk.ages() == {"I1": 3, "I2": 2, "I3": 1}


def test_a_corrected_file_stands_directly_after_the_one_it_corrects(desk: Desk) -> None:
    desk.load(("incident_2025-01.csv", [incident(1, 1), incident(2, 1)]), ("incident_2025-02.csv", [incident(1, 2)]))
    told = desk.load(("incident_2025-01.csv", [incident(1, 9), incident(2, 9)]))
    assert desk.ages() == {"I1": 2, "I2": 9}
    assert desk.files("incident") == ["incident_2025-01.csv", "incident_2025-01.csv", "incident_2025-02.csv"]
    assert any("corrects" in note and "behind incident_2025-02.csv" in note for note in told.notes)


def test_a_day_stated_by_a_column_orders_before_the_name(desk: Desk) -> None:
    stated = MAPPING.format(kind="update").replace(
        'columns = "same"\n', 'columns = "same"\ncovers_to = { column = "area_command" }\n', 1
    )
    (desk.sources / "update.toml").write_text(stated, encoding="utf-8")
    desk.load(("incident_update_a_2025-01.csv", [incident(1, 3, area_command="2025-03-15")]))
    desk.load(("incident_update_b_2025-02.csv", [incident(1, 2, area_command="2025-02-15")]))
    assert desk.ages() == {"I1": 3}


def test_an_older_snapshot_withdraws_nothing_newer_and_a_newer_one_withdraws_it(desk: Desk) -> None:
    desk.load(("incident_snapshot_2025-02.csv", [incident(1, 2), incident(2, 2)]))
    desk.load(("incident_snapshot_2025-01.csv", [incident(1, 1), incident(3, 1)]))
    assert desk.ages() == {"I1": 2, "I2": 2}


def test_a_corrected_mapping_keeps_the_first_order(desk: Desk) -> None:
    desk.load(("incident_update_b.csv", [incident(1, 1), incident(2, 1)]))
    desk.load(("incident_update_a.csv", [incident(1, 2)]))
    desk.load(("incident_append_z.csv", [incident(2, 7)]))
    mapping = desk.sources / "update.toml"
    mapping.write_text(mapping.read_text().replace('delivery = "update"', 'delivery = "update"\nempty = ["NA"]'))
    assert desk.load().loads == 2
    assert desk.ages() == {"I1": 2, "I2": 7}
    assert desk.files("incident") == ["incident_update_b.csv", "incident_update_a.csv", "incident_append_z.csv"]


# Parts, and files of one export


def suspects(count: int, start: int = 1) -> list[Row]:
    return [outcome(n, suspect_id=f"S{n}", suspect_identified_date="2025-01-05") for n in range(start, start + count)]


def outcomes(count: int) -> list[Row]:
    return [outcome(n, "16") for n in range(1, count + 1)]


def with_parts(desk: Desk) -> None:
    own = MAPPING.format(kind="update").replace(
        'files = ["investigation_update*"]', "files = [\"investigation_*\"]\nparts = '^(investigation)_'"
    )
    (desk.sources / "update.toml").write_text(own, encoding="utf-8")


def rows_of(desk: Desk) -> list[tuple[str, bool, str | None]]:
    return desk.all("SELECT crime_ref, suspect_id IS NOT NULL, outcome_code::VARCHAR FROM investigation ORDER BY ALL")


@pytest.mark.parametrize("runs", [1, 2, -1])
def test_the_parts_of_a_delivery_add_up(desk: Desk, runs: int) -> None:
    with_parts(desk)
    desk.load(("investigation_outcomes_2025-01.csv", [outcome(1, "18"), outcome(3, "18")]))
    parts = [("investigation_outcomes_2025-02.csv", outcomes(2)), ("investigation_suspects_2025-02.csv", suspects(2))]
    if runs == 1:
        desk.load(*parts)
    else:
        for part in parts[:: runs // abs(runs)]:
            desk.load(part)
    assert rows_of(desk) == [
        ("C1", False, "16"), ("C1", True, None), ("C2", False, "16"), ("C2", True, None), ("C3", False, "18")
    ]  # fmt: skip


def test_a_corrected_part_replaces_its_own_sets_alone(desk: Desk) -> None:
    with_parts(desk)
    desk.load(("investigation_outcomes.csv", outcomes(2)), ("investigation_suspects.csv", suspects(2)))
    desk.load(("investigation_outcomes.csv", [outcome(1, "18")]))
    assert rows_of(desk) == [("C1", False, "18"), ("C1", True, None), ("C2", False, "16"), ("C2", True, None)]


def test_rows_alike_in_two_parts_and_keys_in_two_parts_stand_once(desk: Desk) -> None:
    own = MAPPING.format(kind="update").replace('delivery = "update"', "delivery = \"update\"\nparts = '^(\\w+?)_'")
    (desk.sources / "update.toml").write_text(own, encoding="utf-8")
    desk.load(
        ("investigation_update_1.csv", outcomes(2)), ("investigation_update_2.csv", outcomes(1)),
        ("incident_update_2.csv", [incident(1, 2)]), ("incident_update_10.csv", [incident(1, 10), incident(2, 10)]),
    )  # fmt: skip
    assert rows_of(desk) == [("C1", False, "16"), ("C2", False, "16")]
    assert desk.ages() == {"I1": 10, "I2": 10}


def test_files_of_one_export_that_replace_each_other_are_both_held(desk: Desk) -> None:
    files = [("investigation_outcomes.csv", outcomes(9)), ("investigation_suspects.csv", suspects(9))]
    told = desk.load(*files)
    assert len(told.held) == 2
    for name, message in zip(("investigation_suspects.csv", "investigation_outcomes.csv"), told.held, strict=True):
        assert message.startswith(f"{name} is held")
        assert "9 of 9 rows" in message and "contract.toml" in message
        assert "parts = '^(investigation)_'" in message
    assert rows_of(desk) == [] and desk.all("SELECT count(*) FROM investigation_version") == [(0,)]
    assert len(desk.load().held) == 2  # as every later run says

    shipped = Path(str(load_sources()[0].path)).with_name("contract.toml")
    own = shipped.read_text(encoding="utf-8")
    line = next(text for text in told.held[0].split(": ") if text.startswith("parts")).partition(". ")[0]
    (desk.sources / "contract.toml").write_text(
        own.replace('extract = "investigation"\n', f'extract = "investigation"\n{line}\n'), encoding="utf-8"
    )
    assert desk.load().held == ()
    assert len(rows_of(desk)) == 18
    assert desk.all("SELECT count(*) FROM load WHERE state = 'held'") == [(0,)]


def test_the_second_alone_counts_once_it_is_released(desk: Desk) -> None:
    desk.load(("investigation_outcomes.csv", outcomes(9)), ("investigation_suspects.csv", suspects(9)))
    sha = desk.all("SELECT sha256 FROM load WHERE file = 'investigation_suspects.csv'")[0][0]
    ledger.release(desk.connection, sha, "the outcomes were sent by mistake", NOW)
    assert desk.load().held == ()
    assert [row[1:] for row in rows_of(desk)] == [(True, None)] * 9


def test_files_of_one_day_are_both_held_in_two_runs_also(desk: Desk) -> None:
    desk.load(("investigation_2025-01.csv", [outcome(1, "18")]))
    desk.load(("investigation_outcomes_2025-02.csv", outcomes(9)))
    assert len(desk.load(("investigation_suspects_28.02.2025.csv", suspects(9))).held) == 2
    assert desk.outcomes() == {"C1": ["18"]}  # as before both came


@pytest.mark.parametrize(
    ("first", "second", "held"),
    [
        # 5 rows replaced, of which 3 lose; of which 2 lose; 4 rows replaced, all of which lose.
        ([*outcomes(5)], [outcome(1), outcome(2), outcome(3), outcome(4, "18"), outcome(5, "18")], True),
        ([*outcomes(5)], [outcome(1), outcome(2), *(outcome(n, "18") for n in (3, 4, 5))], False),
        ([*outcomes(4)], [outcome(n) for n in range(1, 5)], False),
        # Rows that hold nothing cannot lose: 4 of 4 suspects go, and 5 rows held none.
        ([*suspects(4), *(outcome(n) for n in range(5, 10))], outcomes(9), True),
    ],
)
def test_half_of_five_rows_or_more(desk: Desk, first: list[Row], second: list[Row], held: bool) -> None:
    told = desk.load(("investigation_1.csv", first), ("investigation_2.csv", second))
    assert any("files_of_one_export" in message for message in told.held) == held


def test_a_later_day_and_a_later_run_may_take_values_away(desk: Desk) -> None:
    # That a column empties is another rule's concern.
    for files in (
        [("investigation_2025-01.csv", outcomes(9)), ("investigation_2025-02.csv", suspects(9))],
        [("investigation_b.csv", outcomes(9))],
        [("investigation_c.csv", suspects(9))],
    ):
        assert not any("files_of_one_export" in message for message in desk.load(*files).held)


def test_the_line_for_parts_fits_both_names_and_leaves_days_open() -> None:
    assert parts_line("inv_2025-02-28_a.csv", "inv_2025-02-28_b.csv") == r"parts = '^(inv_\d+-\d+-\d+)_'"
    assert parts_line("suspects.csv", "outcomes.csv") == "parts = '^()'"
    assert parts_line("rms.x (a.csv", "rms.x (b.csv") == r"parts = '^(rms\.x) '"


# What is found among replaced rows


def test_a_reference_used_again_a_year_later_is_found(desk: Desk) -> None:
    desk.load(
        ("incident_1.csv", [incident(1, 1, reported_date="2023-03-01"), incident(2, 1, reported_date="2023-03-02")])
    )
    desk.load(
        ("incident_2.csv", [incident(1, 2, reported_date="2024-03-01"), incident(2, 2, reported_date="2024-03-01")])
    )
    assert desk.found("replaced_far_apart") == [("incident_2.csv", 2)]


def test_it_is_found_also_where_the_older_file_comes_late(desk: Desk) -> None:
    desk.load(("incident_2025-03.csv", [incident(1, 2, reported_date="2025-03-01")]))
    desk.load(("incident_2024-03.csv", [incident(1, 1, reported_date="2024-03-01")]))
    assert desk.found("replaced_far_apart") == [("incident_2025-03.csv", 2)]


def test_a_crime_of_which_fewer_rows_come_is_found(desk: Desk) -> None:
    desk.load(("investigation_1.csv", [outcome(1, "16"), outcome(1, "18"), outcome(2, "16")]))
    desk.load(("investigation_2.csv", [outcome(2, "18"), outcome(1, "16")]))
    assert desk.found("fewer_rows") == [("investigation_2.csv", 3)]


def test_check_tells_the_order_and_holds_files_of_one_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path)
    days = [
        desk.put("investigation_28-02-2025.csv", [outcome(1, "16")]), desk.put("investigation_31-01-2025.csv", [outcome(1)])
    ]  # fmt: skip
    assert preview.check_files(days, None, None, NOW) == 0
    assert "investigation_31-01-2025.csv tells 2025-01-31 and takes its place behind" in capsys.readouterr().out
    files = [desk.put("investigation_a.csv", outcomes(9)), desk.put("investigation_b.csv", suspects(9))]
    assert preview.check_files(files, None, None, NOW) == 4
    assert "parts = '^(investigation)_'" in capsys.readouterr().out


# Any deliveries in any order of arrival, against a slow replay


@dataclass(frozen=True)
class Sent:
    """One delivery of `extract`; rows are (set, member, value), with a value of None for one that is quarantined."""

    extract: str
    name: str
    kind: str
    day: dt.date | None
    rows: tuple[tuple[int, int, int | None], ...]

    def written(self) -> list[Row]:
        made = []
        for group, member, value in self.rows:
            good = "2025-01-02" if value is not None else "soon"
            if self.extract == "incident":
                made.append(incident(group * 10 + member, value or 0, reported_date=good))
            else:
                made.append({
                    "urn": f"U{group}", "defendant_id": f"D{member}", "police_crime_ref": f"C{member}", "force": "durham",
                    "received_date": good, "defendant_birth_year": str(1950 + (value or 0)),
                })  # fmt: skip
        return made


@dataclass
class Replay:
    """The rows in force of one extract, as {(set, member): (value, kind of its source)}."""

    rows: dict[tuple[int, int], tuple[int, str]] = field(default_factory=dict)

    def apply(self, sent: Sent) -> None:
        last = {(group, member): value for group, member, value in sent.rows if value is not None}
        if sent.kind == "append":
            # What is held alike stays as it came.
            self.rows |= {
                key: (value, "append") for key, value in last.items() if self.rows.get(key, (None,))[0] != value
            }
            return
        single = sent.extract == "incident"
        held = {key if single else key[:1] for key in self.rows}
        wrong = {(g, m) if single else (g,) for g, m, value in sent.rows if value is None} & held
        new = {key: value for key, value in last.items() if single or key[:1] not in wrong}
        touched = {key if single else key[:1] for key in new}
        for key in list(self.rows):
            own = key if single else key[:1]
            withdrawn = sent.kind == "snapshot" and self.rows[key][1] == "snapshot" and bool(last) and own not in wrong
            if own in touched or withdrawn:
                del self.rows[key]
        self.rows |= {key: (value, sent.kind) for key, value in new.items()}


def in_order(arrived: list[Sent]) -> list[Sent]:
    """The order of one extract: before the first of a later day, else last."""
    ordered: list[Sent] = []
    for sent in arrived:
        later = [n for n, other in enumerate(ordered) if sent.day and other.day and other.day > sent.day]
        ordered.insert(later[0] if later else len(ordered), sent)
    return ordered


def replayed(arrived: list[Sent]) -> dict[str, dict[tuple[int, int], int]]:
    told = {}
    for extract in ("incident", "cps"):
        state = Replay()
        for sent in in_order([one for one in arrived if one.extract == extract]):
            state.apply(sent)
        told[extract] = {key: value for key, (value, _) in state.rows.items()}
    return told


def in_force(desk: Desk, at: int | None = None) -> dict[str, dict[tuple[int, int], int]]:
    """What is in force, or was when load `at` was the last."""
    told = {}
    for extract, columns in (
        ("incident", "substr(incident_id, 2)::INTEGER // 10, substr(incident_id, 2)::INTEGER % 10, victim_age"),
        ("cps", "substr(urn, 2)::INTEGER, substr(police_crime_ref, 2)::INTEGER, defendant_birth_year - 1950"),
    ):
        known = (
            "v.replaced_by IS NULL"
            if at is None
            else f"v.load_id <= {at} AND coalesce(v.replaced_by > {at}, true) AND NOT EXISTS (SELECT 1 FROM undone_replacement AS u "
            f"WHERE u.extract = '{extract}' AND u.load_id = v.load_id AND u.line = v.line AND {at} BETWEEN u.replaced_by AND u.undone_after)"
        )
        rows = desk.all(f"SELECT {columns} FROM {extract}_version AS v WHERE {known}")
        told[extract] = {(group, member): value for group, member, value in rows}
        assert len(told[extract]) == len(rows), "a key stands twice"
    return told


CELL = st.tuples(st.integers(1, 3), st.integers(1, 3), st.one_of(st.integers(1, 3), st.integers(1, 3), st.none()))
DAYS = st.one_of(st.none(), st.integers(0, 5))
DRAWN = st.lists(
    st.tuples(
        st.sampled_from(["incident", "cps", "cps"]), st.sampled_from(["update", "append", "snapshot"]), DAYS,
        st.lists(CELL, min_size=1, max_size=4, unique_by=lambda cell: cell[:2]), st.booleans(),
    ),
    min_size=2, max_size=7, unique_by=lambda sent: (sent[0], sent[1], tuple(sent[3])),  # known bytes are skipped
)  # fmt: skip


@given(DRAWN)
@settings(max_examples=2, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_rows_in_force_are_those_of_a_slow_replay(drawn: list[Any]) -> None:
    replay_and_compare(drawn)


@pytest.mark.slow
@given(DRAWN)
@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_many_rows_in_force_are_those_of_a_slow_replay(drawn: list[Any]) -> None:
    replay_and_compare(drawn)


def replay_and_compare(drawn: list[Any]) -> None:
    """After each run the rows in force are the replay's, and what was known then can still be told in the end."""
    arrived = []
    for number, (extract, kind, late, rows, _) in enumerate(drawn):
        day = dt.date(2025, 1, 1) + dt.timedelta(late) if late is not None else None
        arrived.append(
            Sent(extract, f"{extract}_{kind}_n{number}{f'_{day}' if day else ''}.csv", kind, day, tuple(rows))
        )
    known: list[tuple[int, Any]] = []
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        come: list[Sent] = []
        waiting: list[tuple[str, list[Row]]] = []
        for sent, (*_, together) in zip(arrived, drawn, strict=True):
            waiting.append((sent.name, sent.written()))
            come.append(sent)
            if together and sent is not arrived[-1]:
                continue
            # Files of one run arrive by name.
            run = sorted(come[-len(waiting) :], key=lambda one: natural_order(one.name[:-4]))
            come[-len(waiting) :] = run
            assert desk.load(*waiting).held == ()
            waiting = []
            assert in_force(desk) == replayed(come)
            known.append((desk.all("SELECT max(load_id) FROM load")[0][0], in_force(desk)))
        # What was known after each run can still be told.
        for last, was in known:
            assert in_force(desk, last) == was
        desk.connection.close()


@given(
    st.permutations(range(5)),
    st.lists(
        st.lists(CELL, min_size=1, max_size=5, unique_by=lambda c: c[:2]), min_size=5, max_size=5, unique_by=tuple
    ),
)
@settings(max_examples=3, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_where_days_are_told_the_order_of_arrival_is_immaterial(order: list[int], rows: list[Any]) -> None:
    kinds = ("update", "snapshot", "append", "update", "snapshot")
    sent = [
        Sent("cps", f"cps_{kind}_{dt.date(2025, 1, n + 1)}.csv", kind, dt.date(2025, 1, n + 1), tuple(told))
        for n, (kind, told) in enumerate(zip(kinds, rows, strict=True))
    ]
    with TemporaryDirectory() as folder:
        (Path(folder) / "one").mkdir()
        (Path(folder) / "five").mkdir()
        one, five = Desk(Path(folder) / "one"), Desk(Path(folder) / "five")
        one.load_all(*((each.name, each.written()) for each in sent))
        for number in order:
            five.load_all((sent[number].name, sent[number].written()))
        assert in_force(five) == in_force(one) == replayed(sent)
        assert five.files("cps") == one.files("cps") == [each.name for each in sent]
        one.connection.close()
        five.connection.close()
