"""The flow on a real Prefect server with a real worker: deployment, a run that the server schedules, its artifact,
and what the server comes to know of a run. Everything listens on loopback and keeps its files below a temporary folder.
"""

import csv
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import filelock
import httpx
import pytest

from attrition.publish.headline import headline_markdown
from attrition.sample import make_extracts

CHECKOUT = Path(__file__).resolve().parents[2]
KEY = secrets.token_hex(32)
AS_AT = date(2025, 3, 31)
PERSON = "PLANTEDPERSON"
PERSONAL = ("victim_id", "premises_id", "suspect_id", "asn", "defendant_id")
LIMIT = 240.0

Row = dict[str, Any]


def wait_for(what: str, found: Callable[[], Any], limit: float = LIMIT) -> Any:
    """What `found` returns as soon as it is true."""
    deadline = time.monotonic() + limit
    while not (value := found()):
        assert time.monotonic() < deadline, f"{what} did not come within {limit:.0f} s"
        time.sleep(0.3)
    return value


@dataclass
class Server:
    """A Prefect server of its own, spoken to over its documented HTTP interface."""

    url: str
    folder: Path
    client: httpx.Client
    environment: dict[str, str]

    def get(self, path: str) -> Any:
        return self.client.get(path).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(path, json=body).raise_for_status().json()

    def prefect(self, *arguments: str, cwd: Path = CHECKOUT) -> str:
        """Runs Prefect's command and returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
            cwd=cwd, env=self.environment, capture_output=True, encoding="utf-8", errors="replace",
            timeout=LIMIT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def told(self, flow_run: str) -> str:
        """All that the server holds of a flow run: itself, its tasks, their states, its log."""
        chosen = {"id": {"any_": [flow_run]}}
        parts = [
            self.get(f"/flow_runs/{flow_run}"),
            self.get(f"/flow_run_states/?flow_run_id={flow_run}"),
            self.post("/task_runs/filter", flow_runs=chosen),
            self.post("/artifacts/filter", flow_runs=chosen),
            self.log(flow_run),
        ]
        return json.dumps(parts)

    def log(self, flow_run: str) -> list[Row]:
        return self.post("/logs/filter", logs={"flow_run_id": {"any_": [flow_run]}}, sort="TIMESTAMP_ASC")


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program in the background, ended at the end; what it prints goes into a file."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=file, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def quiet_environment(home: Path) -> dict[str, str]:
    """The environment without any key, with Prefect's files and the local data folder below `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "ATTRITION"))}
    places = {"PREFECT_HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "LOCALAPPDATA": str(home / "data")}
    still = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", "DO_NOT_TRACK": "1"}
    return kept | places | still | {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PYTHONUTF8": "1"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server, on a free port, with an SQLite database of its own."""
    folder = tmp_path_factory.mktemp("prefect")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    # The scheduler plans runs about once a minute; nobody waits for that here.
    haste = {"PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2", "PREFECT_WORKER_QUERY_SECONDS": "1"}
    environment = quiet_environment(folder / "home") | haste
    start = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with running(start, environment, folder / "server.log") as process, httpx.Client(
        base_url=url, trust_env=False, timeout=60
    ) as client:  # fmt: skip
        made = Server(url, folder, client, environment | {"PREFECT_API_URL": url})

        def answers() -> bool:
            assert process.poll() is None, (folder / "server.log").read_text(encoding="utf-8", errors="replace")
            try:
                return client.get("/health").status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

        wait_for("the server's answer", answers)
        yield made


def mark_persons(landing: Path) -> None:
    """Puts the mark before every personal reference, in lines with too few or too many columns as well."""
    for path in landing.glob("*.csv"):
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        places = [at for at, column in enumerate(header.split(",")) if column in PERSONAL]
        marked = [header]
        for line in lines:
            cells = line.split(",")
            for at in places:
                if at < len(cells) and cells[at].strip():
                    cells[at] = PERSON + cells[at].strip()
            marked.append(",".join(cells))
        path.write_text("\n".join(marked) + "\n", encoding="utf-8", newline="\n")


def marked_landing(folder: Path) -> Path:
    """Sample extracts whose personal references are marked."""
    make_extracts(folder, 300, 7, AS_AT)
    mark_persons(folder)
    return folder


def deployed(server: Server, landing: Path) -> Row:
    """The deployment as an operator makes it, for the marked landing folder."""
    places = {
        "landing": landing,
        "out": server.folder / "publications",
        "warehouse_file": server.folder / "warehouse" / "warehouse.duckdb",
        "now": AS_AT + timedelta(days=1),
    }
    server.prefect("work-pool", "create", "attrition", "--type", "process")
    stated = [part for name, place in places.items() for part in ("--param", f"{name}={place}")]
    server.prefect("deploy", "--all", *stated)
    made = server.get("/deployments/name/attrition/nightly")
    of_it = {"deployments": {"id": {"any_": [made["id"]]}}}
    made["planned"] = wait_for("the server's plan of nightly runs", lambda: server.post("/flow_runs/filter", **of_it))
    return made


def assert_nightly_in_london(nightly: Row) -> None:
    """The deployment is due at half past four, London time, whatever the server's own zone."""
    [entry] = nightly["schedules"]
    assert entry["active"]
    assert entry["schedule"]["cron"] == "30 4 * * *"
    assert entry["schedule"]["timezone"] == "Europe/London"
    assert nightly["work_pool_name"] == "attrition"
    assert nightly["concurrency_limit"] == 1 or nightly["global_concurrency_limit"]["limit"] == 1
    assert sorted(nightly["parameters"]) == ["landing", "now", "out", "warehouse_file"]
    for run in nightly["planned"]:
        due = datetime.fromisoformat(run["expected_start_time"]).astimezone(ZoneInfo("Europe/London"))
        assert (due.hour, due.minute) == (4, 30)


def scheduled_run(server: Server, nightly: Row) -> Row:
    """A run that the server's own scheduler made and a process worker has brought to its end."""
    key_file = server.folder / "key.txt"
    key_file.write_text(KEY + "\n", encoding="utf-8")
    # Every minute: where the scheduler is late for the first time, it meets the second.
    soon = {"interval": 60, "anchor_date": (datetime.now(UTC) + timedelta(seconds=8)).isoformat()}
    entry = {"schedule": soon, "active": True}
    server.client.post(f"/deployments/{nightly['id']}/schedules", json=[entry]).raise_for_status()
    work = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "attrition", "--type", "process"]
    environment = server.environment | {"ATTRITION_PSEUDONYM_KEY_FILE": str(key_file)}
    over = {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}}}

    def ended() -> Row | None:
        found = server.post("/flow_runs/filter", deployments={"id": {"any_": [nightly["id"]]}}, flow_runs=over)
        return found[0] if found else None

    with running(work, environment, server.folder / "worker.log"):
        return wait_for("the end of the scheduled run", ended)


def assert_completed(server: Server, scheduled_run: Row) -> None:
    assert scheduled_run["auto_scheduled"]
    assert scheduled_run["state_type"] == "COMPLETED", server.log(scheduled_run["id"])
    out = server.folder / "publications"
    assert (out / "latest.txt").read_text(encoding="utf-8") == f"{AS_AT}\n"
    tasks = server.post(
        "/task_runs/filter", flow_runs={"id": {"any_": [scheduled_run["id"]]}}, sort="EXPECTED_START_TIME_ASC"
    )
    assert [(re.sub("-.*", "", task["name"]), task["state_type"]) for task in tasks] == [
        (stage, "COMPLETED") for stage in ("ingest", "validate", "compute", "judge", "publish", "alert")
    ]


def assert_artifact_is_the_headline(server: Server, scheduled_run: Row) -> None:
    artifact = server.get("/artifacts/attrition-headline/latest")
    assert artifact["flow_run_id"] == scheduled_run["id"]
    tables = server.folder / "publications" / str(AS_AT) / "tables"
    assert artifact["data"] == headline_markdown(tables)
    with (tables / "funnel.csv").open(encoding="utf-8", newline="") as file:
        reported = next(row for row in csv.DictReader(file) if (row["breakdown"], row["stage"]) == ("all", "reported"))
    assert f"| {int(reported['entered']):,} |" in artifact["data"]


def assert_events_tell_the_incidents(server: Server, scheduled_run: Row) -> None:
    """Every incident that the run opened is an event; its number, rule and place are those of the warehouse."""
    import duckdb

    with duckdb.connect(str(server.folder / "warehouse" / "warehouse.duckdb"), read_only=True) as connection:
        opened = connection.execute("SELECT incident_id, rule, extract, area FROM dq_incident").fetchall()
    assert 0 < len(opened) <= 50

    def told() -> list[tuple[int, str, str, str]] | None:
        answer = server.client.post(
            "/events/filter", json={"filter": {"event": {"prefix": ["attrition.incident."]}}, "limit": 50}
        ).raise_for_status()
        events = answer.json()
        if events["total"] < len(opened):
            return None
        assert {event["event"] for event in events["events"]} == {"attrition.incident.opened"}
        return [
            (int(event["resource"]["prefect.resource.id"].rpartition(".")[2]),
             *(event["payload"][key] for key in ("rule", "extract", "area")))
            for event in events["events"]
        ]  # fmt: skip

    assert sorted(wait_for("the events of the run", told)) == sorted(opened)


def assert_server_knows_neither_key_nor_person(server: Server, scheduled_run: Row, landing: Path) -> None:
    assert PERSON in "".join(path.read_text(encoding="utf-8") for path in landing.glob("*.csv"))
    told = server.told(scheduled_run["id"])
    assert "rows read as incident" in told
    logs = "".join(path.read_text(encoding="utf-8", errors="replace") for path in server.folder.glob("*.log"))
    stored = b"".join(path.read_bytes() for path in (server.folder / "home").rglob("*") if path.is_file())
    for secret in (KEY, PERSON):
        assert secret not in told
        assert secret not in logs
        assert secret.encode() not in stored


def test_the_nightly_deployment_runs_on_a_process_worker(server: Server, tmp_path: Path) -> None:
    """As an operator does it: work pool, deployment, worker; then the server's own scheduler starts a run."""
    landing = marked_landing(tmp_path / "landing")
    nightly = deployed(server, landing)
    assert_nightly_in_london(nightly)
    ended = scheduled_run(server, nightly)
    assert_completed(server, ended)
    assert_artifact_is_the_headline(server, ended)
    assert_events_tell_the_incidents(server, ended)
    assert_server_knows_neither_key_nor_person(server, ended, landing)


# What goes wrong inside the flow: the command ends with the fault's code and one paragraph, the server has the same one.


def refused(folder: Path) -> None:
    (folder / "landing" / "incident.csv").write_text(f"victim_id\n{PERSON}\n", encoding="utf-8")


def stopped_by_the_gate(folder: Path) -> None:
    make_extracts(folder / "landing", 30, 7, AS_AT, faults=False)
    path = folder / "landing" / "incident_MADE_UP.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + f"{PERSON},too few columns\n" * 40, encoding="utf-8", newline="\n")


def wrong_mapping(folder: Path) -> None:
    (folder / "mappings" / "own.toml").write_text('source = "own"\nnonsense = 1\n', encoding="utf-8")


def held_by_another_run(folder: Path) -> None:
    make_extracts(folder / "landing", 30, 7, AS_AT)


@pytest.mark.parametrize(
    ("prepare", "code", "state"),
    [
        (refused, 3, "lacks the required columns"),
        pytest.param(held_by_another_run, 5, "Another run holds the warehouse", marks=pytest.mark.slow),
        pytest.param(stopped_by_the_gate, 4, "quarantined", marks=pytest.mark.slow),
        pytest.param(wrong_mapping, 2, "own.toml", marks=pytest.mark.slow),
    ],
)
def test_a_fault_is_one_paragraph_on_the_screen_and_on_the_server(
    server: Server, tmp_path: Path, prepare: Callable[[Path], None], code: int, state: str
) -> None:
    for name in ("landing", "mappings", "warehouse"):
        (tmp_path / name).mkdir()
    prepare(tmp_path)
    warehouse = tmp_path / "warehouse" / "warehouse.duckdb"
    lock = filelock.FileLock(f"{warehouse}.lock")
    if prepare is held_by_another_run:
        lock.acquire()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "attrition.cli", "run", "--landing", tmp_path / "landing", "--as-at", str(AS_AT),
             "--out", tmp_path / "out", "--warehouse", warehouse, "--sources", tmp_path / "mappings"],
            env=server.environment | {"ATTRITION_PSEUDONYM_KEY": KEY},
            capture_output=True, encoding="utf-8", errors="replace", timeout=LIMIT, check=False,
        )  # fmt: skip
    finally:
        lock.release()
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    shown, _, paragraph = done.stderr.strip().partition("attrition: ")
    progress = shown.splitlines()
    assert all(re.match(r" *\d+\.\d s  \S", line) for line in progress), done.stderr
    assert len(set(progress)) == len(progress)
    assert state in paragraph
    assert "Traceback" not in done.stderr
    assert PERSON not in done.stderr
    assert not (tmp_path / "out" / "latest.txt").exists()
    assert sorted((tmp_path / "out").glob("*")) == []

    by_hand = server.post("/flow_runs/filter", flow_runs={"deployment_id": {"is_null_": True}})
    [run] = [run for run in by_hand if run["parameters"]["landing"] == str(tmp_path / "landing")]
    assert run["state_type"] == "FAILED"
    assert run["state"]["message"] == paragraph
    told = server.told(run["id"])
    assert "Traceback" not in told
    for secret in (KEY, PERSON):
        assert secret not in told
