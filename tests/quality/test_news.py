"""What a run ends with: what is new or worse, worst first, in ten lines; silenced kinds counted and not listed."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from quality_desk import cps, incident, investigation, write

from attrition import cli, reference
from attrition.quality import handling, incidents, news
from attrition.quality.evaluation import Evaluation, Failing

FIRST = dt.date(2025, 3, 3)


class Runs:
    """Runs of a warehouse in memory: what fails on a day in, what the run ends with out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection = duckdb.connect()
        incidents.prepare(self.connection)

    def end(self, number: int, *failing: Failing) -> list[str]:
        file = self.folder / f"{number}.parquet"
        rows = [(*one.key, str(n)) for one in failing if one.rows and not one.records for n in range(one.rows)]
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE given (rule VARCHAR, extract VARCHAR, area VARCHAR, column_name VARCHAR, record VARCHAR)"
        )
        if rows:
            self.connection.executemany("INSERT INTO given VALUES (?, ?, ?, ?, ?)", rows)
        self.connection.execute(f"COPY given TO '{file.as_posix()}' (FORMAT parquet)")
        day = FIRST + dt.timedelta(days=number - 1)
        changes = incidents.update(self.connection, Evaluation(failing, (), file), day)
        return news.since_last_run(self.connection, changes, day)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    made = Runs(tmp_path)
    yield made
    made.connection.close()


def code(column: str, rows: int) -> Failing:
    return Failing("unknown_code", "incident", "durham", column, rows)


MISSING = Failing("quarantined_missing", "incident", "durham", "reported_date", 2)
HELD = Failing("delivery_held", "cps", "north-east", "", None)
REMARK = Failing("encoding_guessed", "incident", "durham", "", None)


def test_all_is_new_at_first_critical_before_warning_then_by_rows(runs: Runs) -> None:
    assert runs.end(1, code("victim_sex", 3), REMARK, MISSING, code("victim_ethnicity", 12), HELD) == [
        "Data quality, new or worse since the last run: 2 critical, 2 warnings",
        "  critical: Delivery that the gate holds; nothing of it is counted; cps north-east; attrition incidents show 5. "
        "Correct the file and send it again, or confirm that it is right.",
        "  critical: Row without a required field; it is not counted (reported date); incident durham: 2 rows; attrition incidents show 3. "
        "Fill the field and send the row again.",
        "  warning: Code that is not on its list; taken as unknown or empty (victim ethnicity); incident durham: 12 rows; attrition incidents show 4. "
        "Use a code of the list in the data dictionary, or ask for the source mapping to learn this one.",
        "  warning: Code that is not on its list; taken as unknown or empty (victim sex); incident durham: 3 rows; attrition incidents show 1",
    ]  # fmt: skip


def test_what_stands_as_before_is_not_listed_and_what_is_worse_or_back_is(runs: Runs) -> None:
    runs.end(1, code("victim_sex", 3), MISSING)
    assert runs.end(2, code("victim_sex", 3), MISSING) == [
        "Data quality: nothing new since the last run; 2 open: attrition incidents"
    ]
    worse = runs.end(3, code("victim_sex", 4))
    assert worse[0].endswith(": 0 critical, 1 warning") and len(worse) == 2
    assert worse[1].startswith("  warning, worse: ") and "incident durham: 4 rows" in worse[1]
    back = runs.end(4, code("victim_sex", 4), MISSING)
    assert back[0].endswith(": 1 critical, 0 warnings") and back[1].startswith("  critical, back again: ")
    assert runs.end(5) == ["Data quality: nothing new since the last run; 0 open: attrition incidents"]


def test_what_fails_in_several_areas_is_one_line(runs: Runs) -> None:
    """A fault of one export would else fill the ten lines with the names of forces."""
    areas = [
        Failing("unknown_code", "incident", area, "victim_sex", n)
        for n, area in enumerate(("durham", "cleveland", "btp"), 1)
    ]
    lines = runs.end(1, *areas, Failing("unknown_code", "investigation", "durham", "victim_support", 9))
    assert lines[0].endswith(": 0 critical, 4 warnings") and len(lines) == 3
    numbers = {int(number) for number in lines[2].split("show ")[1].partition(".")[0].split()}
    assert "; incident btp, cleveland, durham: 6 rows; attrition incidents show " in lines[2] and len(numbers) == 3
    assert "investigation durham: 9 rows" in lines[1]
    # One of them is worse than before: that is another thing to say.
    assert len(runs.end(2, *areas[:2], Failing("unknown_code", "incident", "btp", "victim_sex", 30))) == 2


def test_ten_lines_and_how_many_more(runs: Runs) -> None:
    lines = runs.end(1, MISSING, *(code(f"c{n}", n) for n in range(1, 12)))
    assert lines[0].endswith(": 1 critical, 11 warnings")
    assert len(lines) == 12 and lines[-1] == "  and 2 more: attrition incidents"
    assert lines[1].startswith("  critical: ") and "(c11)" in lines[2] and "(c3)" in lines[10]
    assert len(runs.end(2, *(code(f"d{n}", n) for n in range(1, 11)))) == 11


def test_a_silenced_kind_is_counted_and_not_listed(runs: Runs) -> None:
    runs.end(1, code("victim_sex", 3), MISSING)
    handling.silence(runs.connection, 1, dt.date(2025, 4, 1), "analyst", FIRST)
    assert runs.end(2, code("victim_sex", 9), MISSING) == [
        "Data quality: nothing new since the last run; 2 open, 1 of them silenced: attrition incidents"
    ]
    lines = runs.end(3, code("victim_sex", 9), MISSING, code("business_type", 1))
    assert lines[0].endswith(": 0 critical, 1 warning; silenced besides: 1")
    assert len(lines) == 2 and "(business type)" in lines[1]


def test_an_earlier_day_is_told_as_found() -> None:
    lines = news.as_found((code("victim_sex", 3), REMARK, MISSING))
    assert lines[0] == "Data quality as found, new or not (a later day has been judged already): 1 critical, 1 warning"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["critical", "warning"]
    assert news.as_found((REMARK,)) == [
        "Data quality as found (a later day has been judged already): no critical check and no warning"
    ]


def test_every_rule_has_a_rank() -> None:
    assert {row["severity"] for row in reference.rows("rule")} == {"critical", "warning", "info"}


def test_a_run_ends_with_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATTRITION_PSEUDONYM_KEY", "k" * 32)
    # What people open takes seconds; the lines are printed and kept without it.
    monkeypatch.setattr("attrition.publish.people_files.write_people_files", lambda publication, folder: None)
    landing = tmp_path / "landing"
    landing.mkdir()
    write(landing / "incident.csv", "incident", [incident(), incident(2, victim_age="n/k"), incident(3, crime_ref="")])
    write(landing / "investigation.csv", "investigation", [investigation()])
    write(landing / "cps.csv", "cps", [cps()])

    def run(as_at: str) -> list[str]:
        places = {"--landing": landing, "--out": tmp_path / "out", "--warehouse": tmp_path / "w.duckdb"}
        stated = [part for name, place in places.items() for part in (name, str(place))]
        assert cli.main(["run", "--direct", *stated, "--as-at", as_at, "--now", "2025-04-01"]) == 0
        lines = capsys.readouterr().out.splitlines()
        return lines[next(n for n, line in enumerate(lines) if line.startswith("Data quality")) :]

    first = run("2025-03-31")
    assert first[0] == "Data quality, new or worse since the last run: 1 critical, 1 warning"
    assert (
        first[1].startswith("  critical: Row without a required field")
        and "(crime ref); incident northumbria: 1 row;" in first[1]
    )
    assert first[2].startswith("  warning: Number that is not a whole number") and len(first) == 3
    place = ["--warehouse", str(tmp_path / "w.duckdb")]
    assert cli.main(["incidents", "show", "1", "2", *place]) == 0
    assert "required field" in (both := capsys.readouterr().out) and "whole number" in both
    # One of the numbers is none: nothing is said of the other.
    assert cli.main(["incidents", "resolve", "1", "99", "--why", "both are right", *place]) == 2
    assert cli.main(["incidents", *place]) == 0
    assert "both are right" not in capsys.readouterr().out
    assert duckdb.connect(place[1]).execute("SELECT DISTINCT state FROM dq_incident").fetchall() == [("open",)]
    kept = (tmp_path / "out" / "2025-03-31" / "quality" / news.FILE).read_text(encoding="utf-8").splitlines()
    assert kept[0].startswith("OFFICIAL-SENSITIVE: ") and kept[1:] == first
    assert run("2025-03-30")[0].startswith("Data quality as found, new or not")
