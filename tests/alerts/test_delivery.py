"""Delivery other than by mail: the folder, services over HTTP, alerts whose owner is gone, a sender that dies."""

import datetime as dt
import http.server
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from alert_desk import DAY, WriteOwners, states

from attrition.alerts import courier, outbox
from attrition.alerts.delivery import deliver_waiting, queue
from attrition.alerts.digest import Digest
from attrition.alerts.owners import Owners
from attrition.alerts.sending import Fault, Parcel

NEXT_DAY = DAY + dt.timedelta(days=1)


def deliver(
    connection: duckdb.DuckDBPyConnection, owners: Owners, now: dt.date = DAY, folder: Path | None = None
) -> list[str]:
    return deliver_waiting(connection, owners, now, lambda text: None, folder, 10.0)


@contextmanager
def web_server(status: int, took: list[dict[str, str]]) -> Iterator[int]:
    class Answering(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            took.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_the_outbox_holds_one_file_per_alert_and_its_rows(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, tmp_path: Path
) -> None:
    quality = tmp_path / "quality"
    quality.mkdir()
    (quality / "rows.xlsx").write_bytes(b"PK\x00rows")
    owners = write_owners("outbox:out")
    queue(connection, owners.owners[0], message, DAY, attachments=["rows.xlsx"])
    queue(connection, owners.owners[0], message, DAY, attachments=["gone.xlsx"])
    told: list[str] = []
    assert deliver_waiting(connection, owners, DAY, told.append, quality) == []
    assert told == ["2 alerts delivered"]
    found = {path.name: path for path in (tmp_path / "out").iterdir()}
    assert sorted(found) == [
        "2026-05-04_1_northumbria.txt", "2026-05-04_1_northumbria_rows.xlsx", "2026-05-04_2_northumbria.txt",
    ]  # fmt: skip
    assert found["2026-05-04_1_northumbria_rows.xlsx"].read_bytes() == b"PK\x00rows"
    assert found["2026-05-04_1_northumbria.txt"].read_text(encoding="utf-8") == (
        "To: Northumbria\nSubject: Hate crime extracts, northumbria: 1 new\nFile: 2026-05-04_1_northumbria_rows.xlsx\n\n"
        "To Northumbria\n\nNew (1)\n  40 rows, café\n\nThe rows to mend come with this message:\n  rows.xlsx\n"
    )
    # Rows that are gone keep nobody from being told.
    assert "could not be attached" in found["2026-05-04_2_northumbria.txt"].read_text(encoding="utf-8")


def test_who_could_not_be_told_is_named_with_the_day_of_the_oldest_alert(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file where the folder should be", encoding="utf-8")
    owners = write_owners("outbox:out")
    queue(connection, owners.owners[0], message, DAY)
    (alone,) = deliver(connection, owners)
    assert alone.startswith("Northumbria could not be told: ")
    assert alone.endswith("(an alert has been waiting since 4 May 2026)")
    for later in (40, 9):
        queue(connection, owners.owners[0], message, DAY + dt.timedelta(days=later))
    (several,) = deliver(connection, owners, DAY + dt.timedelta(days=41))
    assert several.endswith("(3 alerts have been waiting since 4 May 2026)")


def test_the_outbox_overwrites_nothing_and_takes_its_own_file_for_done(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    outbox.put(folder, "day_1_owner", "Owner", "first", "text")
    outbox.put(folder, "day_1_owner", "Owner", "second", "text")
    outbox.put(folder, "day_1_owner", "Owner", "first", "text")
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert texts == {
        "day_1_owner.txt": "To: Owner\nSubject: first\n\ntext",
        "day_1_owner_2.txt": "To: Owner\nSubject: second\n\ntext",
    }


def test_the_outbox_works_where_files_cannot_be_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(*args: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", unable)
    outbox.put(tmp_path, "a", "Owner", "s", "one")
    outbox.put(tmp_path, "a", "Owner", "s", "two")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "a_2.txt"]
    assert (tmp_path / "a.txt").read_text(encoding="utf-8").endswith("one")


@pytest.mark.parametrize(
    ("owner", "stem"),
    [
        ("North East: crime/data", "2026-05-04_7_north-east-crime-data"),
        ("Ärzte", "2026-05-04_7_rzte"),
        ("数据", "2026-05-04_7_owner"),
        ("x" * 200, "2026-05-04_7_" + "x" * 60),
    ],
)
def test_file_names_hold_letters_that_every_system_takes(owner: str, stem: str) -> None:
    assert outbox.file_stem("2026-05-04", 7, owner) == stem


def test_an_outbox_that_cannot_be_reached_is_tried_again(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, tmp_path: Path
) -> None:
    # The folder above is not made: it may be a share that is not there today.
    owners = write_owners("outbox:share/out")
    queue(connection, owners.owners[0], message, DAY)
    assert deliver(connection, owners) == [
        "Northumbria could not be told: the folder cannot be written to (an alert has been waiting since 4 May 2026)"
    ]
    (tmp_path / "share").mkdir()
    assert deliver(connection, owners, NEXT_DAY) == []
    assert [path.name for path in (tmp_path / "share" / "out").iterdir()] == ["2026-05-04_1_northumbria.txt"]


def test_a_service_over_http_gets_the_text_but_never_the_rows(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, tmp_path: Path
) -> None:
    (tmp_path / "rows.xlsx").write_bytes(b"PK rows")
    took: list[dict[str, str]] = []
    with web_server(200, took) as port:
        owners = write_owners(f"json://127.0.0.1:{port}/hook")
        queue(connection, owners.owners[0], message, DAY, attachments=["rows.xlsx"])
        assert deliver(connection, owners, folder=tmp_path) == []
    [sent] = took
    assert sent["title"] == message.subject and "40 rows, café" in sent["message"]
    assert "not sent this way" in sent["message"] and not sent["attachments"]


@pytest.mark.parametrize(("status", "kind"), [(403, "login refused"), (503, "refused by the server")])
def test_a_service_that_refuses_is_told_by_kind(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, status: int, kind: str
) -> None:
    with web_server(status, []) as port:
        owners = write_owners(f"json://127.0.0.1:{port}/hook")
        queue(connection, owners.owners[0], message, DAY)
        [phrase] = deliver(connection, owners)
    assert phrase.startswith(f"Northumbria could not be told: {kind} (")
    assert states(connection) == [("", "waiting", 1, kind)]


def test_an_alert_whose_owner_is_gone_goes_to_the_operator(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, tmp_path: Path
) -> None:
    before = write_owners("outbox:missing/a", "outbox:missing/b")
    queue(connection, before.owners[0], message, DAY)
    assert len(deliver(connection, before)) == 1
    renamed = Owners((), before.operator, before.board_lead)
    assert deliver(connection, renamed, NEXT_DAY) == []
    # Both channels of the owner are gone, and the operator hears of it once.
    [note] = (tmp_path / "desk").iterdir()
    text = note.read_text(encoding="utf-8")
    assert note.name == "2026-05-04_3_desk.txt" and "This was for Northumbria" in text and "40 rows" in text
    assert [state for _, state, _, _ in states(connection)] == ["withdrawn", "withdrawn", "delivered"]


def test_an_alert_for_a_channel_that_is_gone_is_withdrawn_where_another_told_the_same(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, tmp_path: Path
) -> None:
    before = write_owners("outbox:out", "outbox:missing/b")
    queue(connection, before.owners[0], message, DAY)
    assert len(deliver(connection, before)) == 1
    assert deliver(connection, write_owners("outbox:out"), NEXT_DAY) == []
    assert [state for _, state, _, _ in states(connection)] == ["delivered", "withdrawn"]
    assert not (tmp_path / "desk").exists()


def test_a_queue_that_is_rolled_back_tells_nobody(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, tmp_path: Path
) -> None:
    owners = write_owners("outbox:out")
    connection.execute("BEGIN")
    queue(connection, owners.owners[0], message, DAY)
    connection.execute("ROLLBACK")
    assert deliver(connection, owners) == [] and not (tmp_path / "out").exists()


def test_an_open_transaction_is_refused_since_nothing_would_be_kept(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, tmp_path: Path
) -> None:
    owners = write_owners("outbox:out")
    connection.execute("BEGIN")
    queue(connection, owners.owners[0], message, DAY)
    with pytest.raises(duckdb.TransactionException):
        deliver(connection, owners)
    assert not (tmp_path / "out").exists()


def test_a_sender_that_dies_is_a_fault_and_the_next_one_works(tmp_path: Path) -> None:
    def parcel(name: str) -> Parcel:
        return Parcel("", "subject", "text", folder=str(tmp_path), stem=name, owner="Owner")

    with courier.Courier(10.0) as sender:
        assert sender.send(parcel("first")) is None
        assert sender._process is not None
        sender._process.kill()
        sender._process.wait()
        assert sender.send(parcel("second")) is Fault.ENDED
        assert sender.send(parcel("third")) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.txt", "third.txt"]


def test_the_sender_does_not_get_the_pseudonym_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRITION_PSEUDONYM_KEY", "k" * 64)
    with courier.Courier(10.0) as sender:
        assert "k" * 64 not in sender._environment().values()
