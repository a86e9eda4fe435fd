"""Planted personal data never leave the extracts: not into a publication, the warehouse, a spilled or temporary file,
a message, an alert, a list of rows to mend, nor a pasted piece of any. Every personal column carries the mark, in good rows,
rows with faults, quarantined rows, duplicates, and lines that cannot be split into columns; so do columns that the mapping
does not name, their headers, and cells that cannot be read. What is amiss with a quarantined row stays in the quarantine.
What somebody wrote into a column that takes any text goes no further than such a column must.
"""

import csv
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from attrition import cli, pipeline, reference, warehouse
from attrition.contract import load_contracts
from attrition.ingest.pseudonym import pseudonym
from attrition.pipeline import Request
from attrition.quality import handling
from attrition.sample import make_extracts
from attrition.settings import Settings

AS_AT = date(2025, 3, 31)
KEY = "kept secret, as no file may hold it: 0123456789"
MARK = "Zqmark"
BORN, TELEPHONE = "23/07/1961", "0191 498 0172"
PERSON = f"{MARK} Sample, born {BORN}, 14 {MARK} Terrace, {TELEPHONE}"
# Whatever normalising or another way to write a date leaves of them.
MARKS = re.compile(rb"zqmark|23.?07.?1961|1961.?07.?23|0191.?498.?0172", re.IGNORECASE)
ASIDE = "Zqaside Sample"
"""Stands in rows that are quarantined, in columns that are not personal."""
OPEN = "Zqopen Sample"
"""Stands in accepted rows, before the column's plain name, in columns that take any text."""
ASIDES, OPENS = re.compile(rb"zqaside", re.IGNORECASE), re.compile(rb"zqopen sample (\w+)", re.IGNORECASE)
PSEUDONYM = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
REFERENCES = {"incident_id", "crime_ref", "urn", "police_crime_ref"}
OWNERS = """
[operator]
name = "Operator"
channels = ["outbox:outbox"]
[board_lead]
name = "Board lead"
channels = ["outbox:outbox"]
[[owner]]
name = "Northumbria records"
force = "northumbria"
extracts = ["incident", "investigation"]
channels = ["outbox:outbox"]
[[owner]]
name = "Durham records"
force = "durham"
extracts = ["incident", "investigation"]
channels = ["outbox:not there/outbox"]
[[owner]]
name = "North East performance"
cps_area = "north-east"
extracts = ["cps", "cps_event"]
channels = ["outbox:outbox"]
"""
UNREADABLE = b"\xff\xfe"
LIMIT = 300


def personal_columns(extract: str) -> list[str]:
    """The contract's personal identifiers (years of birth are numbers; they cannot carry a mark)."""
    return [column.name for column in load_contracts()[extract].columns.values() if column.type == "pseudonym"]


def unreadable_columns(extract: str) -> list[str]:
    """The columns whose cell is blanked, and the row kept, where a text stands that cannot be read."""
    return [
        column.name
        for column in load_contracts()[extract].columns.values()
        if (column.code_list or column.type in ("date", "integer")) and not column.required
    ]


def open_columns(extract: str) -> list[str]:
    """The columns that take any text, without the references."""
    return [
        column.name
        for column in load_contracts()[extract].columns.values()
        if column.type in ("text", "code", "label") and not column.code_list and column.name not in REFERENCES
    ]


def plain(column: str) -> str:
    """A column's name in letters alone: a workbook shows underscores as spaces."""
    return column.replace("_", "")


def quarantined_rows(extract: str, good: dict[str, str]) -> list[dict[str, str]]:
    """Rows for the quarantine, full of texts outside their references, their personal columns and their force: one for each
    required column that cannot be read, and one for each that is empty.
    """
    columns = load_contracts()[extract].columns
    kept = {*REFERENCES, *personal_columns(extract), "force"}
    told = {name: ASIDE for name in columns if name not in kept}
    readable = {name: good[name] for name in columns if columns[name].required and name not in kept}
    reference = "incident_id" if extract == "incident" else "crime_ref" if extract == "investigation" else "urn"
    spoilt: list[dict[str, str]] = []
    for number, name in enumerate(["force", *readable] if columns["force"].required else readable):
        spoilt += [
            good | told | readable | {reference: f"MADEUP-X{number}", name: ASIDE},
            good | told | readable | {reference: f"MADEUP-Y{number}", name: ""},
        ]
    return spoilt


def plant(path: Path, extract: str) -> None:
    """Marks every personal cell, fills empty ones, and adds two columns that the mapping does not name. Some rows get texts
    that cannot be read or that a column takes as they are. Adds rows with unknown codes, with too few and too many columns,
    with line ends inside personal cells, without required fields, a duplicate, and bytes that cannot be read.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        columns, *lines = csv.reader(stream)
    rows = [dict(zip(columns, line, strict=True)) for line in lines if len(line) == len(columns)]
    personal = personal_columns(extract)
    for number, row in enumerate(rows):
        row |= {name: f"{MARK}-{row[name].strip() or number}" for name in personal}
        row |= {"remarks": PERSON, f"{MARK} {BORN}": TELEPHONE}
    header = list(rows[0])
    good = rows[0]
    for at, name in enumerate(unreadable_columns(extract), start=1):
        rows[-at][name] = BORN if at % 2 else PERSON
    for at, name in enumerate(open_columns(extract), start=30):
        rows[-at][name] = f"{OPEN} {plain(name)}"
    rows[-40] |= dict.fromkeys(personal, PERSON)
    if load_contracts()[extract].key:
        # The row after it has the same key, says something else, and is the one that counts.
        told = "area_command" if extract == "incident" else "outcome_reason"
        rows.insert(20, rows[20] | {told: ASIDE})
    cells = list(good.values())
    marked = [name in personal for name in header]
    more = [
        *([row[name] for name in header] for row in quarantined_rows(extract, good)),
        [cell if mark else "no such thing" for cell, mark in zip(cells, marked, strict=True)],
        cells[:-3],
        [*cells, MARK, MARK],
        [f"{cell}\n{MARK}" if mark else cell for cell, mark in zip(cells, marked, strict=True)],
        [cell if mark else "" for cell, mark in zip(cells, marked, strict=True)],
        cells,
    ]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *map(dict.values, rows), *more])
    whole = path.read_bytes().splitlines(keepends=True)
    with path.open("ab") as added:
        added.write(whole[1].replace(MARK.encode(), MARK.encode() + UNREADABLE))
    # A file cut short inside the quotes of a personal cell.
    opened = ",".join([*cells[: header.index(personal[0])], f'"{MARK}, cut'])
    path.with_name(f"{extract}_torn.csv").write_bytes(b"".join(whole[:61]) + opened.encode())


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The bytes of every file below a folder, and of what is packed inside workbooks."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as packed:
                    for name in packed.namelist():
                        yield f"{path}: {name}", packed.read(name)


def rows_of(database: Path) -> bytes:
    """Every row of every table of a published database, as text."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        assert len(tables) > 20
        return b"\n".join(repr(connection.execute(f'FROM "{table}"').fetchall()).encode() for (table,) in tables)


def environment(folder: Path) -> dict[str, str]:
    """An environment whose every temporary and personal folder lies below `folder`."""
    places = {name: str(folder / "home") for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME", "LOCALAPPDATA")}
    temporary = {name: str(folder / "temporary") for name in ("TMPDIR", "TEMP", "TMP")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ATTRITION", "PREFECT"))}
    return kept | places | temporary | {"ATTRITION_PSEUDONYM_KEY": KEY}


def command(verb: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "attrition.cli", verb, *map(str, arguments)]


def run(folder: Path, verb: str, *arguments: object) -> "subprocess.CompletedProcess[bytes]":
    """Runs the command to its end."""
    return subprocess.run(
        command(verb, *arguments), env=environment(folder), capture_output=True, timeout=LIMIT, check=False
    )


def inside(
    capture: "pytest.CaptureFixture[bytes]", verb: str, *arguments: object
) -> "subprocess.CompletedProcess[bytes]":
    """Runs the command in this process, where a program of its own would only start anew."""
    capture.readouterr()
    code = cli.main([verb, *map(str, arguments)])
    told = capture.readouterr()
    return subprocess.CompletedProcess(verb, code, told.out, told.err)


def assert_nothing_told(text: bytes, what: str = "") -> None:
    """No person, no cell that anybody wrote, no pseudonym and no key stands in what people read."""
    for told in (MARKS, ASIDES, OPENS, PSEUDONYM):
        assert not told.search(text), what
    assert KEY.encode() not in text, what


def planted_landing(folder: Path) -> Path:
    """A landing folder of planted extracts, with the other folders that a run's environment names beside it."""
    for name in ("home", "temporary"):
        (folder / name).mkdir()
    make_extracts(folder / "landing", 300, 5, AS_AT, faults=False)
    for extract in ("incident", "investigation", "cps"):
        plant(folder / "landing" / f"{extract}_MADE_UP.csv", extract)
    events = [
        "urn,defendant_id,event,date",
        f"99MU000000222,{MARK}1,received,2024-01-02",
        f",{MARK}2,decision,2024-01-03",
    ]
    (folder / "landing" / "cps_event.csv").write_text("\n".join(events) + "\n", encoding="utf-8")
    return folder / "landing"


def assert_loaded_and_quarantined(folder: Path) -> None:
    """The planted rows are in the figures and in the quarantine, so that there was something to hide."""
    with (folder / "out" / str(AS_AT) / "tables" / "load.csv").open(encoding="utf-8", newline="") as file:
        loads = {row["file"]: row for row in csv.DictReader(file)}
    for extract in ("incident", "investigation", "cps"):
        assert int(loads[f"{extract}_MADE_UP.csv"]["accepted"]) > 30
        assert int(loads[f"{extract}_MADE_UP.csv"]["quarantined"]) >= 3
    assert int(loads["cps_event.csv"]["accepted"]) == int(loads["cps_event.csv"]["quarantined"]) == 1
    with warehouse.connect(folder / "data" / "w.duckdb", Settings(), read_only=True) as connection:
        identity = connection.execute(
            "SELECT victim_id FROM incident_version WHERE incident_id = 'MADEUP-I0000002' AND force = 'northumbria'"
        ).fetchone()
    assert identity == (pseudonym(KEY.encode(), "victim", "northumbria", f"{MARK}-MADEUP-V0000002"),)


def assert_the_tables_hold_what_they_may(file: Path) -> None:
    """The warehouse's bytes alone would not tell: the database may store text compressed."""
    may_hold = {"quarantine": ASIDES, "incident_version": OPENS, "investigation_version": OPENS}
    with warehouse.connect(file, Settings(), read_only=True) as connection:
        # Of a row that is kept aside only its key may hold a text of its own, in the victim's number.
        fields = connection.execute("SELECT fields FROM quarantine WHERE fields IS NOT NULL").fetchall()
        assert fields
        assert not ASIDES.search(repr(fields).encode())
        tables = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        assert {"quarantine", "finding", "incident_version", "cps_version", "dq_incident_row", "alert"} <= set(tables)
        for table in tables:
            held = repr(connection.execute(f'SELECT * FROM "{table}"').fetchall()).encode()
            for told in (MARKS, ASIDES, OPENS):
                # What may be there must be, or there was nothing to hide.
                assert bool(told.search(held)) == (may_hold.get(table) is told), (table, told.pattern)
        for table in ("dq_incident", "dq_incident_event", "dq_incident_row", "alert"):
            told_of = repr(connection.execute(f'SELECT * FROM "{table}"').fetchall()).encode()
            assert len(told_of) > 200
            assert_nothing_told(told_of, table)
        for (number,) in connection.execute("SELECT incident_id FROM dq_incident").fetchall():
            assert_nothing_told(handling.show_text(connection, number).encode(), f"incident {number}")
        assert_nothing_told(handling.list_text(connection, all_states=True).encode())


def assert_the_publication_tells_groups_alone(publication: Path) -> None:
    """A column that takes any text and is a breakdown names its groups with that text; nothing else gets out."""
    groups = {plain(row["breakdown"]).encode() for row in reference.rows("breakdown")}
    for name, content in contents(publication):
        for told in (MARKS, ASIDES, PSEUDONYM):
            assert not told.search(content), name
        if name.endswith(".duckdb"):
            # Its bytes run neighbouring texts together; its rows are told one by one.
            content = rows_of(Path(name))  # noqa: PLW2901
        assert {column.lower() for column in OPENS.findall(content)} <= groups, name
        if publication / "tables" not in Path(name).parents and "attrition_" not in name:
            assert not OPENS.search(content), name


def assert_owners_learn_of_rows_not_of_persons(*folders: Path) -> None:
    """The rows to mend, the messages and the quality page speak of the planted rows, and of none of their values."""
    for folder in folders:
        told = b""
        for name, content in contents(folder):
            assert_nothing_told(content, name)
            told += content
        assert b"MADEUP-X2" in told, f"no quarantined row is told of in {folder.name}"


def assert_no_stage_hands_on_a_person(request: Request, folder: Path) -> None:
    """What the stages leave for one another: the evaluation, the rows to mend as Parquet. A run removes them at its end."""
    folder.mkdir()
    (folder / "checks.json").write_text("[]", encoding="utf-8")
    pipeline.compute(request, folder)
    evaluation = (folder / "evaluation.json").read_bytes()
    assert b"quarantined_unreadable" in evaluation
    assert_nothing_told(evaluation)
    with warehouse.connect(Path(":memory:"), Settings()) as connection:
        rows = repr(connection.sql(f"FROM '{folder / 'check_row.parquet'}'").fetchall()).encode()
    assert b"MADEUP-X2" in rows
    assert_nothing_told(rows)


def assert_no_file_holds_the_mark(folder: Path) -> int:
    """Looks through all files but the extracts; returns how many there were."""
    looked = 0
    for path in folder.iterdir():
        if path.name != "landing":
            for name, content in contents(path):
                assert not MARKS.search(content), name
                assert KEY.encode() not in content, name
                looked += 1
    return looked


def test_planted_persons_are_told_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: "pytest.CaptureFixture[bytes]"
) -> None:
    """Files cut short stop a run at the gate; once they are released, a run publishes and tells the owners, of whom one
    cannot be reached; the other verbs look at it.
    """
    landing = planted_landing(tmp_path)
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    file, owners = tmp_path / "data" / "w.duckdb", tmp_path / "owners.toml"
    owners.write_text(OWNERS, encoding="utf-8")
    store = ("--warehouse", file)
    places = ("--direct", "--landing", landing, "--out", tmp_path / "out", "--owners", owners, *store)
    whole_run = ("run", *places, "--as-at", AS_AT, "--now", "2025-04-01")
    stopped = inside(capfdbinary, *whole_run)
    assert stopped.returncode == 4, stopped.stderr.decode()
    held = re.findall(r"attrition accept (\w+)", stopped.stderr.decode())
    assert len(held) == 3
    released = [inside(capfdbinary, "accept", sha, "--why", "the owner confirms", *store) for sha in held]
    published = run(tmp_path, *whole_run)
    assert [done.returncode for done in (*released, published)] == [0, 0, 0, 6], published.stderr.decode()
    assert_loaded_and_quarantined(tmp_path)
    incident = landing / "incident_MADE_UP.csv"
    checked = (incident, landing / "investigation_MADE_UP.csv", landing / "incident_torn.csv")
    others = [
        inside(capfdbinary, "check", *checked, "--rows-to", tmp_path / "rows"),
        inside(capfdbinary, "map", incident),
        inside(capfdbinary, "case", "MADEUP-I0000002", *store),
        inside(capfdbinary, "incidents", "list", "--all", *store),
    ]
    for done in (stopped, *released, published, *others):
        assert done.stdout + done.stderr
        assert_nothing_told(done.stdout)
        assert_nothing_told(done.stderr)
    publication = tmp_path / "out" / str(AS_AT)
    assert_the_tables_hold_what_they_may(file)
    assert_the_publication_tells_groups_alone(publication)
    assert_owners_learn_of_rows_not_of_persons(publication / "quality", tmp_path / "outbox", tmp_path / "rows")
    assert_no_stage_hands_on_a_person(Request(landing, AS_AT, tmp_path / "out", file, owners=owners), tmp_path / "work")
    assert assert_no_file_holds_the_mark(tmp_path) > 40


@pytest.mark.slow
def test_what_a_killed_run_leaves_behind_holds_no_mark(tmp_path: Path) -> None:
    landing = planted_landing(tmp_path)
    left = 0
    for number, delay in enumerate((0.0, 0.2)):
        data = tmp_path / f"data{number}"
        places = ("--direct", "--landing", landing, "--out", tmp_path / "out", "--warehouse", data / "w.duckdb")
        process = subprocess.Popen(
            command("run", *places, "--as-at", AS_AT), env=environment(tmp_path), stderr=subprocess.PIPE
        )
        assert process.stderr is not None
        said = b""
        for line in process.stderr:
            said += line
            if b"incident_MADE_UP.csv: reading" in line:
                break
        time.sleep(delay)
        process.kill()
        assert_nothing_told(said + process.communicate(timeout=LIMIT)[1])
        left += len(list(data.glob("*.wal")))
    assert left, "no run was killed before it had closed the warehouse"
    assert_no_file_holds_the_mark(tmp_path)


def test_a_fault_of_ours_is_told_without_its_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ValueError(f"could not convert {MARK}")

    monkeypatch.setenv("ATTRITION_PSEUDONYM_KEY", KEY)
    monkeypatch.setattr(pipeline, "ingest", fail)
    places = ("--landing", tmp_path, "--out", tmp_path / "out", "--warehouse", tmp_path / "w.duckdb")
    code = cli.main(["run", "--direct", "--as-at", "2025-03-31", *map(str, places)])
    told = capsys.readouterr()
    assert code == 1
    assert "an unforeseen fault (ValueError in test_privacy.py" in told.err
    assert_nothing_told((told.out + told.err).encode())
