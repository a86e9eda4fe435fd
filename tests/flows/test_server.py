"""The flow on a real Prefect server with a real worker: deployment, a run that the server schedules, its artifact,
and what the server comes to know of a run. Everything listens on loopback and keeps its files below a temporary folder.
"""

import csv
import json
import os
import re
import secrets
import shlex
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
README = CHECKOUT / "README.md"
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


class Recipe:
    """The README's commands for a run every night, as they stand there; only the port and the folder /path are others."""

    def __init__(self, port: int, folder: Path) -> None:
        section = README.read_text(encoding="utf-8").partition("## Every night")[2].partition("\n## ")[0]
        self.lines = [line.partition("  #")[0].strip() for line in section.split("```")[1].strip().splitlines()]
        told = [line.replace(":4200/", f":{port}/").replace("/path/", f"{folder.as_posix()}/") for line in self.lines]
        self.commands = [shlex.split(line) for line in told if not line.startswith("export ")]
        exported = (line.removeprefix("export ").partition("=") for line in told if line.startswith("export "))
        self.environment = {name: value for name, _, value in exported}

    def command(self, start: str) -> list[str]:
        """The one command that begins so."""
        [found] = [command for command in self.commands if shlex.join(command).startswith(start)]
        return found


@dataclass
class Server:
    """A Prefect server of its own, spoken to over its documented HTTP interface."""

    url: str
    folder: Path
    client: httpx.Client
    environment: dict[str, str]
    recipe: Recipe

    def get(self, path: str) -> Any:
        return self.client.get(path).raise_for_status().json()

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(path, json=body).raise_for_status().json()

    def run(self, command: list[str]) -> str:
        """Runs a command of the recipe in the checkout and returns what it printed."""
        done = subprocess.run(
            command, cwd=CHECKOUT, env=self.environment, capture_output=True, encoding="utf-8", errors="replace",
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
    places = {
        "HOME": str(home),
        "PREFECT_HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "LOCALAPPDATA": str(home / "data"),
    }
    # As in an active environment, `prefect` is the one beside this Python.
    places["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    still = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", "DO_NOT_TRACK": "1"}
    return kept | places | still | {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PYTHONUTF8": "1"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server, on a free port, with an SQLite database of its own."""
    folder = tmp_path_factory.mktemp("prefect")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    recipe = Recipe(port, folder / "path")
    url = recipe.environment["PREFECT_API_URL"]
    # The port is one that is free, nobody looks at the pages, and the scheduler plans runs about once a minute: nobody waits for that.
    here = {"PREFECT_SERVER_API_PORT": str(port), "PREFECT_SERVER_UI_ENABLED": "false"}
    haste = {"PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2", "PREFECT_WORKER_QUERY_SECONDS": "1"}
    environment = quiet_environment(folder / "home") | here | haste | recipe.environment
    with running(recipe.command("prefect server start"), environment, folder / "server.log") as process, httpx.Client(
        base_url=url, trust_env=False, timeout=60
    ) as client:  # fmt: skip
        made = Server(url, folder, client, environment, recipe)

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


OWNERS = """
[operator]
name = "Desk"
channels = ["outbox:desk"]
[board_lead]
name = "Lead"
channels = ["outbox:lead"]
[[owner]]
name = "Northumbria"
force = "northumbria"
extracts = ["incident"]
people = [{ name = "Jo Sample", address = "jo@example.org" }]
channels = ["outbox:northumbria"]
"""


@pytest.fixture(scope="session")
def nightly(server: Server) -> Row:
    """The deployment as an operator makes it, by the README's commands, for marked extracts in the recipe's landing folder."""
    place = server.folder / "path"
    marked_landing(place / "extracts")
    (place / "key.txt").write_text(KEY + "\n", encoding="utf-8")
    (place / "data_owners.toml").write_text(OWNERS, encoding="utf-8")
    server.run(server.recipe.command("prefect work-pool create"))
    server.run(server.recipe.command("prefect --no-prompt deploy"))
    made = server.get("/deployments/name/attrition/nightly")
    of_it = {"deployments": {"id": {"any_": [made["id"]]}}}
    made["planned"] = wait_for("the server's plan of nightly runs", lambda: server.post("/flow_runs/filter", **of_it))
    return made


def ended_run(server: Server, nightly: Row, *, by_schedule: bool) -> Row:
    """The run of the deployment that has come to its end, once there is one."""
    over = {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]}}}

    def ended() -> Row | None:
        found = server.post("/flow_runs/filter", deployments={"id": {"any_": [nightly["id"]]}}, flow_runs=over)
        return next((run for run in found if run["auto_scheduled"] == by_schedule), None)

    return wait_for("the end of the run", ended)


def assert_nightly_in_london(nightly: Row) -> None:
    """The deployment is due at half past four, London time, whatever the server's own zone."""
    [entry] = nightly["schedules"]
    assert entry["active"]
    assert entry["schedule"]["cron"] == "30 4 * * *"
    assert entry["schedule"]["timezone"] == "Europe/London"
    assert nightly["work_pool_name"] == "attrition"
    assert nightly["concurrency_limit"] == 1 or nightly["global_concurrency_limit"]["limit"] == 1
    assert sorted(nightly["parameters"]) == ["landing", "out", "owners"]
    for run in nightly["planned"]:
        due = datetime.fromisoformat(run["expected_start_time"]).astimezone(ZoneInfo("Europe/London"))
        assert (due.hour, due.minute) == (4, 30)


def assert_completed(server: Server, run: Row, as_at: date) -> None:
    assert run["state_type"] == "COMPLETED", server.log(run["id"])
    out = server.folder / "path" / "publications"
    assert (out / "latest.txt").read_text(encoding="utf-8") == f"{as_at}\n"
    tasks = server.post("/task_runs/filter", flow_runs={"id": {"any_": [run["id"]]}}, sort="EXPECTED_START_TIME_ASC")
    assert [(re.sub("-.*", "", task["name"]), task["state_type"]) for task in tasks] == [
        (stage, "COMPLETED") for stage in ("ingest", "validate", "compute", "judge", "publish", "alert")
    ]


def assert_artifact_is_the_headline(server: Server, run: Row, as_at: date) -> None:
    artifact = server.get("/artifacts/attrition-headline/latest")
    assert artifact["flow_run_id"] == run["id"]
    tables = server.folder / "path" / "publications" / str(as_at) / "tables"
    assert artifact["data"] == headline_markdown(tables)
    with (tables / "funnel.csv").open(encoding="utf-8", newline="") as file:
        reported = next(row for row in csv.DictReader(file) if (row["breakdown"], row["stage"]) == ("all", "reported"))
    assert f"| {int(reported['entered']):,} |" in artifact["data"]


def assert_events_tell_the_incidents(server: Server) -> None:
    """Every incident that the run opened is an event; its number, rule and place are those of the warehouse."""
    import duckdb

    with duckdb.connect(str(warehouse_of_account(server)), read_only=True) as connection:
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


def assert_server_knows_neither_key_nor_person(server: Server, run: Row) -> None:
    landing = server.folder / "path" / "extracts"
    assert PERSON in "".join(path.read_text(encoding="utf-8") for path in landing.glob("*.csv"))
    told = server.told(run["id"])
    assert "rows read as incident" in told
    logs = "".join(path.read_text(encoding="utf-8", errors="replace") for path in server.folder.glob("*.log"))
    stored = b"".join(path.read_bytes() for path in (server.folder / "home").rglob("*") if path.is_file())
    for secret in (KEY, PERSON):
        assert secret not in told
        assert secret not in logs
        assert secret.encode() not in stored


def warehouse_of_account(server: Server) -> Path:
    """Where the README says that the worker's account has its warehouse, below the local data folder of this account."""
    return server.folder / "home" / "data" / "attrition" / "warehouse.duckdb"


def test_the_recipe_of_the_readme_publishes_as_it_stands(server: Server, nightly: Row) -> None:
    """A new account, the README's commands in their order: server, work pool, deployment, worker, a run by hand."""
    assert_nightly_in_london(nightly)
    yesterday = date.today() - timedelta(days=1)
    with running(server.recipe.command("prefect worker start"), server.environment, server.folder / "worker.log"):
        server.run(server.recipe.command("prefect deployment run"))
        run = ended_run(server, nightly, by_schedule=False)
    assert_completed(server, run, yesterday)
    assert warehouse_of_account(server).exists()
    assert_artifact_is_the_headline(server, run, yesterday)
    assert_events_tell_the_incidents(server)
    assert_server_knows_neither_key_nor_person(server, run)


def test_the_comments_of_the_deployment_file_are_the_recipe(server: Server) -> None:
    comments = [line.removeprefix("#   ") for line in (CHECKOUT / "prefect.yaml").read_text(encoding="utf-8").splitlines() if line.startswith("#   ")]  # fmt: skip
    assert comments == server.recipe.lines
    assert len(comments) == 7


@pytest.mark.slow
def test_the_server_starts_the_nightly_run_by_itself(server: Server, nightly: Row) -> None:
    # Every minute: where the scheduler is late for the first time, it meets the second.
    soon = {"interval": 60, "anchor_date": (datetime.now(UTC) + timedelta(seconds=8)).isoformat()}
    entry = {"schedule": soon, "active": True}
    server.client.post(f"/deployments/{nightly['id']}/schedules", json=[entry]).raise_for_status()
    with running(server.recipe.command("prefect worker start"), server.environment, server.folder / "worker.log"):
        run = ended_run(server, nightly, by_schedule=True)
    assert run["state_type"] == "COMPLETED", server.log(run["id"])


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
        pytest.param(refused, 3, "lacks the required columns", marks=pytest.mark.slow),
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
            env={name: value for name, value in server.environment.items() if name != "ATTRITION_PSEUDONYM_KEY_FILE"}
            | {"ATTRITION_PSEUDONYM_KEY": KEY},
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
