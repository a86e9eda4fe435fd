"""A warehouse of schema 1, kept as that version made it, is converted in place. What comes out is held against a warehouse that the
same extracts fill anew, and against counts worked out by hand; whatever goes wrong on the way leaves the old file as it was.
"""

import datetime as dt
import gzip
import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from attrition import pipeline, upgrade, warehouse
from attrition.contract import load_contracts
from attrition.errors import AttritionError, UsageFault
from attrition.ingest import ledger
from attrition.ingest.pseudonym import pseudonym
from attrition.settings import KEY_VARIABLE
from product_run import Ward
from share_of_cases import first

KEPT = Path(__file__).parent / "kept" / "schema_1"
KEY = "a key for tests alone, of 32 characters or more"
MONTHS = (("2025-01-31", dt.date(2025, 3, 1)), ("2025-02-28", dt.date(2025, 4, 1)))
TODAY, AS_AT = dt.date(2025, 5, 1), dt.date(2025, 3, 31)
PLANTED = b"Planted"  # the name that stands in a column of dates
# Worked out by hand: accepted, duplicate and quarantined rows of each file.
COUNTS = {
    # A URN TBC twice, a defendant Unknown, a day of 1924, two rows of one key.
    "cps_2025-01-31.csv": (3, 0, 5),
    "cps_2025-02-28.csv": (2, 0, 0),
    # A crime whose reference is TBC, two rows of one key, a name for a day, a day of 1924; one row twice.
    "incident_2025-01-31.csv": (6, 1, 4),
    # An incident Unknown.
    "incident_2025-02-28.csv": (5, 0, 1),
    # A crime -; one row twice, once the suspects N/A and XXX are none.
    "investigation_2025-01-31.csv": (6, 1, 1),
    "investigation_2025-02-28.csv": (2, 0, 0),
}


@pytest.fixture(autouse=True, scope="module")
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, KEY)
        yield


class Office(Ward):
    """A landing folder and a warehouse, loaded as a run loads them; `said` is what the last run told."""

    said: list[str]

    def request(self, today: dt.date = TODAY) -> pipeline.Request:
        return pipeline.Request(self.landing, AS_AT, self.landing.parent / "out", self.warehouse, now=today)

    def run(self, today: dt.date = TODAY) -> None:
        self.said = []
        pipeline.ingest(self.request(today), self.said.append)

    def receive(self, month: str) -> None:
        for file in KEPT.glob(f"*_{month}.csv"):
            shutil.copy(file, self.landing)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()


def unpacked(folder: Path) -> Office:
    office = Office(folder / "old")
    office.warehouse.write_bytes(gzip.decompress((KEPT / "warehouse.duckdb.gz").read_bytes()))
    return office


@pytest.fixture
def old(tmp_path: Path) -> Office:
    """The warehouse of schema 1, with nothing in the landing folder."""
    return unpacked(tmp_path)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The same, after a run that found nothing in the landing folder: to be read alone."""
    office = unpacked(tmp_path_factory.mktemp("converted"))
    assert b"Mary" in office.warehouse.read_bytes()
    office.run()
    return office


@pytest.fixture(scope="module")
def anew(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A warehouse that the same extracts have filled on the same days: to be read alone."""
    office = Office(tmp_path_factory.mktemp("anew"))
    for month, today in MONTHS:
        office.receive(month)
        office.run(today)
    return office


def in_force(office: Office, *, without_persons: bool) -> dict[str, list[str]]:
    """Every row in force by extract, with the file that it comes from."""
    told = {}
    for extract, contract in load_contracts().items():
        columns = [c.name for c in contract.columns.values() if not (without_persons and c.pseudonym)]
        listed = ", ".join(f'v."{column}"::VARCHAR' for column in columns)
        told[extract] = sorted(
            map(repr, office.rows(f"SELECT load.file, v.line, {listed} FROM {extract} AS v JOIN load USING (load_id)"))
        )
    return told


def counts(office: Office) -> dict[str, tuple[int, ...]]:
    found = office.rows("SELECT file, accepted, duplicate, quarantined FROM load WHERE state = 'loaded'")
    assert office.rows("SELECT 1 FROM load WHERE rows_read <> accepted + duplicate + out_of_scope + quarantined") == []
    return {file: tuple(rest) for file, *rest in found}


def test_files_that_are_still_there_are_loaded_anew(old: Office, anew: Office) -> None:
    for month, _ in MONTHS:
        old.receive(month)
    old.run()
    assert any("All its files are in the landing folder" in message for message in old.said)
    assert in_force(old, without_persons=False) == in_force(anew, without_persons=False)
    assert counts(old) == counts(anew) == COUNTS
    assert old.rows("SELECT extract, count(*), count(DISTINCT place) FROM load WHERE state = 'loaded' GROUP BY 1 ORDER BY 1") == [
        ("cps", 2, 2), ("incident", 2, 2), ("investigation", 2, 2)
    ]  # fmt: skip
    converted, expected = old.published(AS_AT), anew.published(AS_AT)
    assert converted.funnel == expected.funnel
    assert converted.by_period == expected.by_period
    assert converted.loads == expected.loads
    assert converted.findings == expected.findings


def test_what_the_warehouse_holds_is_read_anew(converted: Office, anew: Office) -> None:
    assert in_force(converted, without_persons=True) == in_force(anew, without_persons=True)
    assert counts(converted) == COUNTS
    published, expected = converted.published(AS_AT), anew.published(AS_AT)
    assert published.funnel == expected.funnel
    assert published.findings == expected.findings
    # The later file replaces, within a file the last line; IN10 was set aside and came right with the later file.
    assert converted.rows("SELECT load_id, line, incident_id, crime_ref FROM incident ORDER BY incident_id") == [
        (5, 5, "IN 13", "CR/13"), (2, 2, "IN1", "CR/1"), (5, 3, "IN10", "CR/10"), (5, 4, "IN11", "CR/11"), (5, 7, "IN15", "CR/15"),
        (5, 2, "IN2", "CR/2"), (2, 5, "IN5", None), (2, 7, "IN6", "CR/6"), (2, 9, "IN8", "CR/8"),
    ]  # fmt: skip
    assert converted.rows("SELECT line, record_key, mended_by FROM quarantine WHERE mended_by IS NOT NULL") == [
        (10, "northumbria|IN10|1", 5)
    ]
    # A day that could not be read is not an empty one; one of 2924 is none, and neither is its outcome.
    assert converted.rows(
        "SELECT suspect_identified_date, outcome_date, outcome_code FROM investigation WHERE line = 4"
    ) == [(dt.date(2024, 5, 3), None, None)]
    # A hearing may lie ahead, a decision may not.
    assert converted.rows("SELECT decision_date, first_hearing_date, police_crime_ref FROM cps WHERE line = 7") == [
        (None, dt.date(2026, 1, 10), None)
    ]
    query = "SELECT file, covers_from, covers_to, event_distance, day_told, place FROM load ORDER BY ALL"
    assert converted.rows(query) == anew.rows(query)


def test_words_that_are_no_person_are_none_and_other_pseudonyms_stay(converted: Office) -> None:
    told = dict(converted.rows("SELECT line, suspect_id FROM investigation_version WHERE load_id = 3"))
    key = KEY.encode()
    assert told[2] == pseudonym(key, "suspect", "northumbria", "S1")
    assert told[3] is None  # tbc
    assert told[7] is None  # n/a
    assert told[8] is None  # XXX
    # Written with an invisible character: what it was cannot be told from its pseudonym.
    assert told[5] not in (None, told[4])
    assert converted.rows("SELECT victim_id FROM incident_version WHERE load_id = 2 AND line = 12") == [(None,)]
    # Line 6 said N/A and is now a duplicate of line 8.
    query = "SELECT line FROM finding WHERE load_id = 3 AND rule = 'placeholder' AND column_name = 'suspect_id' ORDER BY line"
    assert converted.rows(query) == [(3,), (7,), (8,)]


def test_columns_that_a_file_fills_are_told(converted: Office, anew: Office) -> None:
    query = (
        "SELECT file, force, column_name, rows, filled FROM load_column JOIN load USING (load_id) WHERE column_name <> 'asn' "
        "ORDER BY ALL"
    )
    # No file fills asn: whether the mapping of then named it cannot be tconverted.
    assert converted.rows(query) == anew.rows(query)
    assert converted.rows("SELECT 1 FROM load_column WHERE column_name = 'asn'") == []


@pytest.mark.slow
def test_it_is_said_once_what_could_not_be_made_anew(old: Office) -> None:
    old.receive("2025-02-28")
    old.run()
    said = [message for message in old.said if "is converted" in message]
    assert len(said) == 1
    assert "no longer in the landing folder: 1 of cps, 1 of incident, 1 of investigation" in said[0]
    assert "\n" not in said[0]
    old.run(TODAY + dt.timedelta(1))
    assert [message for message in old.said if "convert" in message or "no longer" in message] == []
    # Put back later, the older files are loaded anew and take their first place.
    old.receive("2025-01-31")
    old.run(TODAY + dt.timedelta(2))
    assert counts(old) == COUNTS
    assert old.rows("SELECT place FROM load WHERE state = 'loaded' AND file LIKE '%2025-01-31%'") == [(1,), (1,), (1,)]
    who = pseudonym(KEY.encode(), "suspect", "northumbria", "S6")
    assert old.rows(f"SELECT count(*) FROM investigation WHERE suspect_id = '{who}'") == [(2,)]


def test_no_text_that_is_no_longer_kept_is_in_the_file(converted: Office) -> None:
    for file in converted.warehouse.parent.iterdir():
        if file.is_file():
            assert PLANTED not in file.read_bytes(), file.name
            assert b"Mary" not in file.read_bytes(), file.name
    fields = converted.rows("SELECT fields FROM quarantine WHERE load_id = 2 AND line = 10")[0][0]
    told = {name: value for name, value in json.loads(fields).items() if value is not None}
    assert told == {
        "force": "northumbria", "incident_id": "IN10", "incident_class": "crime", "crime_ref": "CR/10", "hate_race": "Y"
    }  # fmt: skip


@pytest.mark.slow
def test_incidents_of_data_quality_live_on(old: Office, tmp_path: Path) -> None:
    before = dict(old.rows("SELECT rule || ' ' || column_name, incident_id FROM dq_incident"))
    old.run()
    folder = tmp_path / "work"
    (folder / "tables").mkdir(parents=True)
    (folder / "quality").mkdir()
    (folder / "checks.json").write_text("[]", encoding="utf-8")
    pipeline.compute(old.request(), folder)
    pipeline.judge(old.request(), folder)
    after = {
        rule: rest for rule, *rest in old.rows(
            "SELECT rule || ' ' || column_name, incident_id, state, opened_on, rows_now FROM dq_incident"
        )
    }  # fmt: skip
    opened = dt.date(2025, 3, 1)
    # IN12, whose year is mistyped, stands where IN10 stood, which has come right.
    rule = "quarantined_unreadable reported_date"
    assert after[rule] == [before[rule], "open", opened, 1]
    # CR/2 now meets its incident, and - is no reference; the row without a strand has lost to the one behind it.
    for rule in ("investigation_unlinked ", "no_strand "):
        assert after[rule] == [before[rule], "closed", opened, 0]


def convert(office: Office) -> None:
    upgrade.convert(office.warehouse, office.landing, KEY.encode(), office.request().settings, lambda message: None)


def digest(office: Office) -> str:
    return hashlib.sha256(office.warehouse.read_bytes()).hexdigest()


def alone(office: Office) -> bool:
    """Whether no file stands beside the warehouse."""
    return [file.name for file in office.warehouse.parent.iterdir() if file.is_file()] == [office.warehouse.name]


@pytest.mark.parametrize("place", first(0, ["rows", "end"]))
def test_a_fault_on_the_way_leaves_the_old_file(old: Office, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    def fail(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    before = digest(old)
    with monkeypatch.context() as patch:
        if place == "rows":
            patch.setattr(ledger, "mend", fail)
        else:
            patch.setattr(Path, "replace", fail)
        with pytest.raises(AttritionError, match="stays as it was"):
            convert(old)
    assert digest(old) == before
    assert alone(old)
    convert(old)
    assert counts(old) == COUNTS


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets no limit to the size of files")
def test_a_full_disk_leaves_the_old_file(old: Office) -> None:
    before = digest(old)
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({1 << 20}, {1 << 20})); "
        "from pathlib import Path; from attrition import upgrade; from attrition.settings import Settings; "
        f"upgrade.convert(Path({str(old.warehouse)!r}), Path({str(old.landing)!r}), {KEY.encode()!r}, Settings(), print)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "AttritionError" in ended.stderr
    assert "room" in ended.stderr.splitlines()[-1]
    assert digest(old) == before
    assert alone(old)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_in_the_middle_it_is_whole_and_converted_by_the_next_run(old: Office) -> None:
    before = digest(old)
    script = (
        "import os, signal; from pathlib import Path; from attrition import upgrade; from attrition.settings import Settings; "
        "from attrition.ingest import ledger; ledger.mend = lambda *_: os.kill(os.getpid(), signal.SIGKILL); "
        f"upgrade.convert(Path({str(old.warehouse)!r}), Path({str(old.landing)!r}), {KEY.encode()!r}, Settings(), print)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert digest(old) == before
    assert not alone(old)
    old.run()
    assert counts(old) == COUNTS
    assert alone(old)


@pytest.mark.slow
def test_what_a_killed_run_left_in_the_log_is_converted_too(old: Office, tmp_path: Path) -> None:
    with duckdb.connect(str(old.warehouse)) as connection:
        connection.execute("INSERT INTO release VALUES ('a', 'told by the owner', DATE '2025-04-02')")
        for suffix in ("", ".wal"):
            shutil.copy(f"{old.warehouse}{suffix}", tmp_path / f"copy{suffix}")
    for suffix in ("", ".wal"):
        shutil.copy(tmp_path / f"copy{suffix}", f"{old.warehouse}{suffix}")
    old.run()
    assert old.rows("SELECT why FROM release") == [("told by the owner",)]
    assert alone(old)


def test_a_ledger_that_does_not_fit_its_rows_is_not_converted(old: Office) -> None:
    with duckdb.connect(str(old.warehouse)) as connection:
        connection.execute("DELETE FROM cps_version WHERE load_id = 1 AND line = 2")
    before = digest(old)
    with pytest.raises(AttritionError, match=r"cps_2025-01-31\.csv.*stays as it was"):
        convert(old)
    assert digest(old) == before
    assert alone(old)


def test_other_verbs_say_that_a_run_converts_it(old: Office) -> None:
    before = digest(old)
    with (
        pytest.raises(UsageFault, match="Run `attrition run` on it once"),
        warehouse.connect(old.warehouse, old.request().settings, read_only=True),
    ):
        pass
    assert digest(old) == before


def test_a_newer_warehouse_is_refused_and_left_alone(old: Office) -> None:
    with duckdb.connect(str(old.warehouse)) as connection:
        connection.execute("UPDATE warehouse_schema SET version = 3")
    before = digest(old)
    with pytest.raises(AttritionError, match="made by a newer version"):
        old.run()
    assert digest(old) == before
