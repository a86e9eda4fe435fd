"""The command as a program of its own: through Prefect's temporary server, without Prefect, and where Prefect cannot be
used; what is on the screen, how it ends, and what it leaves running.
"""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from attrition.analysis import statistics
from attrition.publish.tables import PUBLISHED
from attrition.sample import make_extracts

AS_AT = date(2025, 3, 31)
LIMIT = 300
DEAD = "http://127.0.0.1:9"
SLOW = ("duckdb", "prefect", "great_expectations", "pandas", "numpy", "pyarrow", "openpyxl", "gptables", "sqlglot")
TABLES = {*PUBLISHED, *statistics.TABLES, "changes", "validation"}
PROGRESS = re.compile(r" *\d+\.\d s  \S")


@dataclass
class Desk:
    """A landing folder with places of its own for everything that a run writes."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "prefect"

    def environment(self, **more: str) -> dict[str, str]:
        """No key but ours, no proxy exemption, Prefect's files in our folder."""
        dropped = ("PREFECT", "ATTRITION", "NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(dropped)}
        key = {"ATTRITION_PSEUDONYM_KEY": "a key for tests alone, of 32 characters or more"}
        return kept | key | {"PREFECT_HOME": str(self.home), "PYTHONUTF8": "1"} | more

    def command(self, *more: str) -> list[str]:
        stated = {"landing": "landing", "out": "out", "warehouse": "data/warehouse.duckdb"}
        places = [part for name, place in stated.items() for part in (f"--{name}", str(self.folder / place))]
        return [sys.executable, "-m", "attrition.cli", "run", *places, "--as-at", str(AS_AT), *more]

    def run(self, *more: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(*more), env=self.environment(**environment), capture_output=True, encoding="utf-8",
            errors="replace", timeout=LIMIT, check=False,
        )  # fmt: skip

    def assert_published(self) -> None:
        out = self.folder / "out"
        assert sorted(path.name for path in out.iterdir()) == [str(AS_AT), "latest.txt"]
        assert {path.stem for path in (out / str(AS_AT) / "tables").glob("*.csv")} == TABLES


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "landing").mkdir()
    return Desk(tmp_path)


def refuse(desk: Desk) -> None:
    """A file that is refused ends a run early: enough where only its beginning matters."""
    (desk.folder / "landing" / "incident.csv").write_text("force\nnorthumbria\n", encoding="utf-8")


def assert_tidy(error: str, end: str = "") -> list[str]:
    """The progress lines: each shown once, and nothing else but, at the end, one paragraph."""
    lines = error.splitlines()
    if end:
        assert lines.pop().startswith(f"attrition: {end}"), error
    assert all(PROGRESS.match(line) for line in lines), error
    told = [line.split("s  ", 1)[1] for line in lines]
    assert len(set(told)) == len(told), error
    return told


# In the usual suite the README's recipe runs through a server of its own.
@pytest.mark.slow
def test_a_run_through_prefect_needs_no_proxy_exemption(desk: Desk) -> None:
    make_extracts(desk.folder / "landing", 300, 3, AS_AT)
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), DEAD)
    done = desk.run(**proxies)
    assert done.returncode == 0, done.stderr
    desk.assert_published()
    told = assert_tidy(done.stderr)
    assert told[0] == "starting Prefect"
    assert told[-1].startswith("published ")
    assert not [line for line in told if "without Prefect" in line]
    assert "Reported" in done.stdout
    assert "Tables:" in done.stdout
    with sqlite3.connect(desk.home / "prefect.db") as database:
        assert database.execute("SELECT state_type FROM flow_run").fetchall() == [("COMPLETED",)]
        assert database.execute("SELECT count(*) FROM task_run WHERE state_type = 'COMPLETED'").fetchone() == (6,)
        assert database.execute("SELECT key FROM artifact").fetchall() == [("attrition-headline",)]
        logged = [message for (message,) in database.execute("SELECT message FROM log")]
    assert set(told[1:]) <= set(logged)


def test_a_direct_run_leaves_prefect_alone_and_says_so(desk: Desk) -> None:
    refuse(desk)
    done = desk.run("--direct")
    assert done.returncode == 3
    assert assert_tidy(done.stderr, "incident.csv: line 1 lacks") == ["running without Prefect"]
    assert not desk.home.exists()


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        pytest.param(
            {"PREFECT_API_URL": DEAD + "/api"},
            "the Prefect server that is configured (PREFECT_API_URL) does not answer",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{__file__}/p.db"},
            "server cannot start",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"PREFECT_SERVER_EPHEMERAL_ENABLED": "false"}, "no Prefect server is configured", marks=pytest.mark.slow
        ),
    ],
    ids=["configured_but_down", "cannot_start", "switched_off"],
)
def test_without_a_usable_prefect_the_run_goes_on_and_says_so(
    desk: Desk, environment: dict[str, str], why: str
) -> None:
    refuse(desk)
    done = desk.run(**environment)
    told = assert_tidy(done.stderr, "incident.csv: line 1 lacks")
    assert done.returncode == 3
    assert told[0] == "starting Prefect"
    assert why in told[1]
    assert told[1].endswith("running without Prefect")


def test_usage_is_checked_before_prefect_is_started(desk: Desk) -> None:
    done = desk.run(ATTRITION_PSEUDONYM_KEY="short")
    assert done.returncode == 2
    assert assert_tidy(done.stderr, "The pseudonym key is shorter") == []
    assert not desk.home.exists()


def processes_of(desk: Desk) -> list[int]:
    """Ids of the processes that have this desk's Prefect folder in their environment."""
    mark, found = str(desk.home).encode(), []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs a system that lists its processes in /proc")
@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_stopped_run_leaves_neither_publication_nor_server(desk: Desk, sign: str) -> None:
    make_extracts(desk.folder / "landing", 300, 3, AS_AT)
    run = subprocess.Popen(
        desk.command(), env=desk.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        start_new_session=True,
    )  # fmt: skip
    assert run.stderr is not None
    for line in run.stderr:
        if "new loads" in line:
            break
    assert len(processes_of(desk)) == 2
    # As a terminal does it: to the whole group.
    os.killpg(run.pid, getattr(signal, sign))
    printed, error = run.communicate(timeout=60)
    assert printed == ""
    if sign == "SIGINT":
        assert run.returncode == 1
        assert assert_tidy(error, "stopped; nothing was published.") == []
    else:
        assert run.returncode == -getattr(signal, sign)
        assert error == ""
    assert [path for path in (desk.folder / "out").iterdir() if not path.name.startswith(".building-")] == []
    await_none(lambda: processes_of(desk))


def await_none(found: Callable[[], list[int]]) -> None:
    deadline = time.monotonic() + 30
    while left := found():
        assert time.monotonic() < deadline, f"{len(left)} processes are left"
        time.sleep(0.2)


def test_the_command_line_loads_no_slow_library_at_start() -> None:
    asked = (
        "import sys, attrition.cli\n"
        "try:\n    attrition.cli.main(['run', '--help'])\n"
        "except SystemExit:\n    pass\n"
        f"print('loaded:', *(name for name in {SLOW} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, encoding="utf-8", timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "loaded:"
