"""`attrition check`: "Fit to send." stands beside remarks only, and what the gate would hold is said with its reason."""

import datetime as dt
from pathlib import Path

import pytest
from quality_desk import Row, cps, incident, write

from attrition.preview import check_files

NOW = dt.date(2025, 3, 31)


def checked(capsys: pytest.CaptureFixture[str], *files: Path) -> tuple[int, list[str]]:
    code = check_files(list(files), None, None, NOW)
    return code, [line for line in capsys.readouterr().out.splitlines() if line]


def incidents(folder: Path, *rows: Row, without: tuple[str, ...] = ()) -> Path:
    write(folder / "incident_1.csv", "incident", list(rows), without)
    return folder / "incident_1.csv"


def test_remarks_alone_are_fit_to_send(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = checked(capsys, incidents(tmp_path, incident(), without=("hate_local",)))
    assert code == 0 and lines[-1] == "Fit to send."
    assert any(line.startswith("  info: Optional column") for line in lines)


def test_a_warning_is_not_fit_to_send_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = checked(capsys, incidents(tmp_path, incident(), incident(2, victim_age="n/k")))
    assert code == 0 and not any(line.startswith("Fit to send") for line in lines)
    assert lines[-1].startswith("Not fit to send as it is: 1 warning, named above.")


def test_a_file_without_a_row_that_counts_is_not_called_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = incidents(tmp_path, incident())
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    code, lines = checked(capsys, path)
    assert code == 0
    assert lines[-1].startswith("No row that counts in incident_1.csv as incident: send it only if there is nothing")


def test_a_critical_check_is_to_be_mended_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = checked(capsys, incidents(tmp_path, incident(victim_age="n/k"), incident(2, crime_ref="")))
    assert code == 0 and not any(line.startswith("Fit to send") for line in lines)
    assert lines[-1] == "NOT fit to send. Mend first what is named above: 1 critical, then 1 warning."


def test_that_there_are_no_rows_to_mend_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = incidents(tmp_path, incident())
    for rows, said in (((incident(),), "No rows to mend"), ((incident(victim_age="n/k"),), "Rows to mend: ")):
        path = incidents(tmp_path, *rows)
        check_files([path], None, None, NOW, tmp_path / "rows")
        assert [line for line in capsys.readouterr().out.splitlines() if line.startswith(said)]


def test_cps_rows_by_themselves_are_not_blamed_for_meeting_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cps_1.csv"
    write(path, "cps", [cps(n) for n in range(1, 21)])
    code, lines = checked(capsys, path)
    assert code == 0 and not any("references" in line for line in lines)


def test_a_renamed_column_would_be_held(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = incidents(tmp_path, incident(), incident(2))
    header, rest = path.read_text(encoding="utf-8").split("\n", 1)
    path.write_text(header.replace("hate_race", "Hate (race)") + "\n" + rest, encoding="utf-8")
    code, lines = checked(capsys, path)
    assert code == 4 and lines[-1] == "NOT fit to send: the gate would hold it."
    (stopped,) = [line for line in lines if line.startswith("  STOPPED")]
    assert (
        "the file lacks hate_race, and Hate (race)" in stopped and 'hate_race = { column = "Hate (race)" }' in stopped
    )


def test_one_refused_file_leaves_none_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "cps_1.csv"
    other.write_text("urn\n1\n", encoding="utf-8")
    code, lines = checked(capsys, incidents(tmp_path, incident()), other)
    assert code == 3 and not any(line.startswith("Fit to send") for line in lines)
    assert lines[-1] == "NOT fit to send: what is refused above cannot be used as it is."
