"""Releases of a real publication, as a user makes them: the register, what is refused, what the folder holds and does not hold."""

import csv
import datetime as dt
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from filelock import FileLock
from pyarrow import parquet

from attrition import cli, pipeline
from attrition.sample import make_extracts
from attrition.stats.disclosure import Status

# Two whole runs and two releases: the usual suite attacks releases in tests/disclosure and reads one in tests/publish.
pytestmark = pytest.mark.slow

FIRST, SECOND = dt.date(2024, 12, 31), dt.date(2025, 3, 31)


@dataclass
class Office:
    """Two publications of one warehouse, three months apart, and their releases in the public tier."""

    out: Path

    @property
    def register(self) -> Path:
        return self.out / "not-for-release" / "public_register.duckdb"

    def released(self, day: dt.date) -> Path:
        return self.out / "public" / day.isoformat()

    def rows(self, day: dt.date, table: str) -> list[dict[str, Any]]:
        file = next((self.released(day) / "csv").glob(f"*_{table}.parquet"))
        rows: list[dict[str, Any]] = parquet.read_table(file).to_pylist()
        return rows


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Office:
    """Made once, by whichever worker comes first; nothing here changes it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "office"
    with FileLock(f"{folder}.lock"):
        if not (folder / "made").exists():
            _make(folder)
            (folder / "made").touch()
    return Office(folder / "out")


def _make(folder: Path) -> None:
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTRITION_PSEUDONYM_KEY", "a key of the tests, thirty-two characters or more")
        make_extracts(folder / "landing", 600, 3, SECOND)
        with patch.context() as first:
            # What people open takes seconds; nothing here looks at that of the first publication.
            first.setattr("attrition.publish.people_files.write_people_files", lambda publication, folder: None)
            (folder / "attrition.toml").write_text('[marking]\nrestricted = "MARKED BY US"\n', encoding="utf-8")
            pipeline.run(replace(_request(folder, FIRST), config=folder / "attrition.toml"))
        pipeline.run(_request(folder, SECOND))
    office = Office(folder / "out")
    assert cli.main(_release(office, FIRST, "--first")) == 0
    shutil.copy(office.register, folder / "register_of_the_first.duckdb")
    assert cli.main(_release(office, SECOND, "--register", str(office.register))) == 0


def _request(folder: Path, day: dt.date) -> pipeline.Request:
    return pipeline.Request(folder / "landing", day, folder / "out", folder / "warehouse.duckdb", now=SECOND)


def _release(office: Office, day: dt.date, *more: str) -> list[str]:
    return ["release", str(office.out / day.isoformat()), "--tier", "public", "--now", "2025-03-31", *more]


def test_every_file_says_tier_and_marking_and_the_folder_is_whole(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    for day in (FIRST, SECOND):
        folder = office.released(day)
        names = [path.name for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
        assert len(names) > 20
        assert all("_public_OFFICIAL_" in name for name in names)
        assert cli.main(["verify", str(folder)]) == 0
        assert f"{len(names)} files" in capsys.readouterr().out
    assert cli.main(["verify", str(office.out / SECOND.isoformat())]) == 0


def test_a_changed_a_missing_and_a_new_file_are_named(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "a copy, élsewhere"
    shutil.copytree(office.released(SECOND), copy)
    files = sorted((copy / "csv").glob("*.csv"))
    with files[0].open("ab") as file:
        file.write(b"1")
    files[1].unlink()
    (copy / "new.txt").write_text("x")
    assert cli.main(["verify", str(copy)]) == 3
    said = capsys.readouterr().err
    assert f"missing: csv/{files[1].name}" in said
    assert f"changed: csv/{files[0].name}" in said
    assert "not in the manifest: new.txt" in said
    (copy / "manifest.json").write_text("{}")
    assert cli.main(["verify", str(copy)]) == 3


def test_without_its_register_a_release_is_refused(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(_release(office, SECOND)) == 2
    assert "--register" in capsys.readouterr().err
    assert cli.main(_release(office, SECOND, "--register", str(tmp_path / "none.duckdb"))) == 2
    assert "--first" in capsys.readouterr().err
    assert cli.main(_release(office, SECOND, "--first")) == 2
    assert "holds past releases" in capsys.readouterr().err
    assert cli.main(_release(office, SECOND, "--register", str(office.register))) == 2
    assert "No quarter has closed" in capsys.readouterr().err
    assert cli.main(_release(office, FIRST, "--register", str(office.register))) == 2
    assert "forward only" in capsys.readouterr().err
    other = ["release", str(office.out / SECOND.isoformat()), "--tier", "board", "--register", str(office.register)]
    assert cli.main(other) == 2
    assert "register of the public tier" in capsys.readouterr().err
    broken = tmp_path / "broken.duckdb"
    broken.write_text("no database")
    assert cli.main(_release(office, SECOND, "--register", str(broken))) == 3
    changed = tmp_path / "attrition.toml"
    changed.write_text("[disclosure]\nthreshold = 3\n")
    assert cli.main(_release(office, SECOND, "--register", str(office.register), "--config", str(changed))) == 2
    assert "threshold 5" in capsys.readouterr().err


def test_a_release_of_a_release_is_refused(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    again = ["release", str(office.released(SECOND)), "--tier", "public", "--register", str(office.register)]
    assert cli.main(again) == 3
    assert "not a restricted publication" in capsys.readouterr().err


def test_closed_periods_only_and_the_year_counted_again(office: Office) -> None:
    before = {row["period"]: row["as_at"] for row in office.rows(FIRST, "funnel")}
    now = {row["period"]: row["as_at"] for row in office.rows(SECOND, "funnel")}
    assert "2024/25 Q3" in before
    assert not {"2024/25 Q4", "2024/25"} & set(before)
    assert {"2024/25 Q4", "2024/25"} <= set(now)
    assert set(now.values()) == {SECOND}
    assert set(before.values()) == {FIRST}
    assert {row["period_kind"] for row in office.rows(SECOND, "funnel")} == {"financial_year", "quarter"}


def test_shown_counts_are_rounded_and_agree_with_the_exact_ones(office: Office) -> None:
    exact = {
        (row["period"], row["breakdown"], row["group"], row["stage"]): row
        for row in parquet.read_table(
            office.out / SECOND.isoformat() / "tables" / "funnel_by_period.parquet"
        ).to_pylist()
    }
    shown = hidden = 0
    for row in office.rows(SECOND, "funnel"):
        true = exact.get((row["period"], row["breakdown"], row["group"], row["stage"]))
        for column in ("entered", "progressed", "open", "resolved", "lost"):
            if row[f"{column}_mark"] == "z":
                continue
            value = true[column] if true else 0
            if row[f"{column}_mark"] == "":
                shown += 1
                assert row[column] % 5 == 0
                assert abs(row[column] - value) <= 2
                assert value == 0 or value >= 5
            else:
                hidden += 1
                assert row[column] is None
        if row["step_rate_mark"] == "":
            assert row["entered"] >= 50
            assert row["step_rate"] == pytest.approx(min(row["progressed"], row["entered"]) / row["entered"])
            assert row["step_rate_lower"] <= row["step_rate"] <= row["step_rate_upper"]
    assert shown > 300
    assert hidden > 30


def test_small_rows_hide_all_their_states(office: Office) -> None:
    exact = {
        (row["period"], row["breakdown"], row["group"], row["stage"]): row["entered"]
        for row in parquet.read_table(
            office.out / SECOND.isoformat() / "tables" / "funnel_by_period.parquet"
        ).to_pylist()
    }
    rows = [
        row
        for row in office.rows(SECOND, "funnel")
        if row["period_kind"] == "financial_year"
        and row["stage"] != "uplifted"
        and 0 < exact.get((row["period"], row["breakdown"], row["group"], row["stage"]), 0) < 10
    ]
    assert len(rows) > 10
    assert all(row[f"{state}_mark"] == "c" for row in rows for state in ("open", "resolved", "lost"))


def test_days_curves_and_ages_keep_their_rules(office: Office) -> None:
    days = office.rows(SECOND, "days")
    assert any(row["median_weeks_mark"] == "" for row in days)
    summary = {
        (row["group"], row["from_stage"]): row
        for row in parquet.read_table(
            office.out / SECOND.isoformat() / "tables" / "time_to_next_stage.parquet"
        ).to_pylist()
        if row["breakdown"] == "financial_year"
    }
    for row in days:
        source = summary[row["period"], row["from_stage"]]
        assert (row["median_weeks_mark"] == "low") == (source["progressed"] < 10)
        if row["median_weeks_mark"] == "":
            assert abs(row["median_weeks"] * 7 - source["median_days"]) <= 3.5
    curves = office.rows(SECOND, "curves")
    assert curves
    assert all(row["day"] % 30 == 0 for row in curves)
    assert all(round(row["progressed"], 2) == row["progressed"] for row in curves)
    ages = office.rows(SECOND, "fixed_age")
    assert {row["breakdown"] for row in ages} == {"all"}
    assert all(row["reached"] % 5 == 0 for row in ages if row["reached_mark"] == "")


def test_what_undoes_the_protection_stays_aside(office: Office) -> None:
    aside = office.out / "not-for-release" / f"public_{SECOND}"
    audit = next(aside.glob("*_restricted_OFFICIAL-SENSITIVE_public-audit.csv"))
    with audit.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert all(row["why"] for row in rows)
    assert {row["status"] for row in rows} <= {"small", "few entered", "for another's sake"}
    assert all(0 < int(row["value"]) < 5 for row in rows if row["status"] == "small")
    manifest = json.loads((office.released(SECOND) / "manifest.json").read_text(encoding="utf-8"))
    assert "listed" not in manifest["inputs"]
    assert manifest["inputs"]["files"] == 3
    full = json.loads(next(aside.glob("*_public-manifest.json")).read_text(encoding="utf-8"))
    assert len(full["made_of_manifest"]["inputs"]["listed"]) == 3
    assert not list(office.released(SECOND).rglob("*audit*"))


def test_the_register_tells_everything_that_was_said(office: Office) -> None:
    import duckdb

    with duckdb.connect(str(office.register), read_only=True) as connection:
        assert connection.execute("SELECT as_at FROM release ORDER BY number").fetchall() == [(FIRST,), (SECOND,)]
        hidden = connection.execute(
            "SELECT count(*) FROM cell WHERE release = 2 AND status <> ?", [int(Status.SHOWN)]
        ).fetchall()
        small = connection.execute("SELECT count(*) FROM cell WHERE value BETWEEN 1 AND 4 AND status = 0").fetchall()
    audit = next((office.out / "not-for-release" / f"public_{SECOND}").glob("*audit.csv"))
    with audit.open(encoding="utf-8-sig", newline="") as file:
        assert hidden == [(len(list(csv.DictReader(file))),)]
    assert small == [(0,)]


def test_the_same_release_has_the_same_bytes(office: Office, tmp_path: Path) -> None:
    register = tmp_path / "register.duckdb"
    shutil.copy(office.out.parent / "register_of_the_first.duckdb", register)
    again = _release(office, SECOND, "--register", str(register), "--out", str(tmp_path / "again"))
    assert cli.main(again) == 0
    made = tmp_path / "again" / "public" / SECOND.isoformat()
    files = [path for path in office.released(SECOND).rglob("*") if path.is_file() and path.suffix != ".duckdb"]
    assert len(files) > 20
    different = [
        path.name for path in files
        if path.name != "manifest.json" and path.read_bytes() != (made / path.relative_to(office.released(SECOND))).read_bytes()
    ]  # fmt: skip
    assert different == []


def test_open_says_where_things_are(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    for tier, place in (("restricted", office.out), ("public", office.out / "public")):
        for what in ("report", "workbook", "paper", "folder"):
            asked = ["open", "--out", str(office.out), "--tier", tier, "--what", what, "--path"]
            assert cli.main(asked) == 0
            said = Path(capsys.readouterr().out.strip())
            assert said.exists()
            assert said.is_relative_to(place / SECOND.isoformat())
    assert cli.main(["open", "--out", str(office.out), "--tier", "board", "--path"]) == 2
    assert "attrition release" in capsys.readouterr().err


def test_the_second_publication_says_what_changed(office: Office) -> None:
    rows = parquet.read_table(office.out / SECOND.isoformat() / "tables" / "changes.parquet").to_pylist()
    funnels = [
        {
            (row["breakdown"], row["group"], row["stage"]): row["entered"]
            for row in parquet.read_table(office.out / day.isoformat() / "tables" / "funnel.parquet").to_pylist()
        }
        for day in (FIRST, SECOND)
    ]
    entered = [row for row in rows if row["column"] == "entered"]
    assert entered
    for row in entered:
        key = (row["breakdown"], row["group"], row["stage"])
        assert (row["before"], row["now"]) == tuple(funnel.get(key, 0) for funnel in funnels)
    first = parquet.read_table(office.out / FIRST.isoformat() / "tables" / "changes.parquet")
    assert first.num_rows == 0


def test_data_quality_bears_the_marking_of_the_configuration(office: Office) -> None:
    for day, marking in ((FIRST, "MARKED BY US"), (SECOND, "OFFICIAL-SENSITIVE")):
        quality = office.out / day.isoformat() / "quality"
        page = (quality / "quality.html").read_text(encoding="utf-8")
        assert f"{marking}: contains small counts" in page
        books = sorted(quality.glob("rows_to_mend_*.xlsx"))
        assert books
        for book in books:
            assert openpyxl.load_workbook(book).properties.subject.startswith(f"{marking}: names single records")
