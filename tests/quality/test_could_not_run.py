"""A check that could not run says nothing about the data; where it matters nothing is published, and the run ends with 7."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from quality_desk import cps, incident, investigation, write

from attrition import cli, pipeline, resources, warehouse
from attrition.settings import Settings
from attrition.validate import checks

KEY = "k" * 32


def crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, severity: str) -> None:
    """Plants an expectation of the given severity whose query names a column that is not there."""
    folder = tmp_path / "suites"
    shutil.copytree(resources.path("expectations/suites"), folder)
    suite: dict[str, Any] = json.loads((folder / "incident.json").read_text(encoding="utf-8"))
    suite["expectations"].append(
        {
            "type": "unexpected_rows_expectation",
            "kwargs": {"unexpected_rows_query": "SELECT no_such_column FROM {batch}"},
            "meta": {"rule": "planted", "severity": severity, "message": "planted by a test"},
        }
    )
    (folder / "incident.json").write_text(json.dumps(suite), encoding="utf-8")
    found = resources.path
    monkeypatch.setattr(
        checks.resources, "path",
        lambda place: folder / Path(place).name if place.startswith("expectations/suites/") else found(place),
    )  # fmt: skip


def send(folder: Path) -> Path:
    landing = folder / "landing"
    landing.mkdir()
    for extract, row in (("incident", incident()), ("investigation", investigation()), ("cps", cps())):
        write(landing / f"{extract}.csv", extract, [row])
    return landing


def test_a_critical_check_that_could_not_run_stops_publication_with_seven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATTRITION_PSEUDONYM_KEY", KEY)
    crash(tmp_path, monkeypatch, "critical")
    places = {"--landing": send(tmp_path), "--out": tmp_path / "out", "--warehouse": tmp_path / "w.duckdb"}
    stated = [part for name, place in places.items() for part in (name, str(place))]
    assert cli.main(["run", "--direct", *stated, "--as-at", "2025-03-31"]) == 7
    told = capsys.readouterr()
    assert told.out == ""
    said = told.err.splitlines()[-1]
    assert "incident: planted" in said and "says nothing about the data" in said and "nothing was published" in said
    assert "no_such_column" not in told.err
    assert [path.name for path in (tmp_path / "out").glob("*")] == []
    with warehouse.connect(tmp_path / "w.duckdb", Settings()) as connection:
        assert connection.execute("SELECT rule, extract, state FROM dq_incident").fetchall() == [
            ("check_could_not_run", "incident", "open")
        ]
        assert connection.execute("SELECT count(*) FROM load WHERE state = 'loaded'").fetchone() == (3,)


def test_a_warning_that_could_not_run_is_told_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRITION_PSEUDONYM_KEY", KEY)
    crash(tmp_path, monkeypatch, "warning")
    request = pipeline.Request(send(tmp_path), dt.date(2025, 3, 31), tmp_path / "out", tmp_path / "w.duckdb")
    pipeline.ingest(request)
    told: list[str] = []
    pipeline.validate(request, tmp_path, told.append)
    assert told[0].startswith("could not run: 1 of ") and "(incident: planted); this says nothing" in told[0]
    kept = json.loads((tmp_path / "checks.json").read_text(encoding="utf-8"))
    assert [check["rule"] for check in kept if check["status"] == "could not run"] == ["planted"]
