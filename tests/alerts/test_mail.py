"""Mail over real servers on loopback: what arrives, what is kept when a server fails, and that nothing arrives twice."""

import datetime as dt
import logging
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import trustme
from alert_desk import DAY, SECRET, WriteOwners, states
from mail_server import MailServer, free_port, silent_server, trickling_server

from attrition.alerts.delivery import deliver_waiting, prepare, queue
from attrition.alerts.digest import Digest
from attrition.alerts.owners import Owners
from share_of_cases import first

NEXT_DAY = DAY + dt.timedelta(days=1)
LIMIT = 10.0

Deliver = Callable[..., list[str]]

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")


def mail(port: int, login: str = "", query: str = "", scheme: str = "mailto") -> str:
    return f"{scheme}://{login}127.0.0.1:{port}/?from=board@example.org{query}"


@pytest.fixture
def deliver(connection: duckdb.DuckDBPyConnection) -> Deliver:
    def attempt(owners: Owners, now: dt.date = DAY, folder: Path | None = None, timeout: float = LIMIT) -> list[str]:
        return deliver_waiting(connection, owners, now, lambda text: None, folder, timeout)

    return attempt


def test_what_is_delivered_is_what_was_queued(
    connection: duckdb.DuckDBPyConnection,
    write_owners: WriteOwners,
    message: Digest,
    deliver: Deliver,
    tmp_path: Path,
) -> None:
    rows = tmp_path / "quality"
    rows.mkdir()
    name = "rows_to_mend_incident_north 100%25.xlsx"
    (rows / name).write_bytes(bytes(range(256)))
    server = MailServer(password=SECRET)
    owners = write_owners(mail(server.port, "board:${MAIL_SECRET}@"), people="jo kim", deputies="lee")
    with server.running():
        assert queue(connection, owners.owners[0], message, DAY, attachments=[name]) == [1, 2]
        assert deliver(owners, folder=rows) == []
        # Once delivered, nothing is sent again.
        assert deliver(owners, NEXT_DAY, folder=rows) == []
    assert server.recipients == ["jo@example.org", "kim@example.org"]
    assert server.logins == [SECRET, SECRET]
    sender, _, first = server.taken[0]
    assert sender == "board@example.org"
    assert first["Subject"] == message.subject
    assert first["To"].addresses[0].display_name == "Jo Sample"
    assert [str(address.addr_spec) for address in first["To"].addresses] == ["jo@example.org"]
    text = first.get_body(("plain",))
    assert text is not None and first.get_body(("html",)) is None
    assert text.get_content().replace("\r\n", "\n").startswith(message.body)
    assert name in text.get_content()
    [attached] = list(first.iter_attachments())
    assert attached.get_filename() == name
    assert attached.get_content() == bytes(range(256))
    assert states(connection) == [("person 1", "delivered", 1, None), ("person 2", "delivered", 1, None)]


def test_deputies_and_further_channels_only_once_it_is_escalated(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, deliver: Deliver, tmp_path: Path
) -> None:
    server = MailServer()
    owners = write_owners(mail(server.port), deputies="lee", escalate_to='"outbox:higher"')
    with server.running():
        queue(connection, owners.owners[0], message, DAY)
        assert deliver(owners) == []
        assert server.recipients == ["jo@example.org"] and not (tmp_path / "higher").exists()
        queue(connection, owners.owners[0], message, DAY, escalated=True)
        assert deliver(owners) == []
    assert server.recipients == ["jo@example.org", "lee@example.org"]
    assert len(list((tmp_path / "higher").iterdir())) == 1


def test_a_url_that_names_recipients_goes_to_these(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, deliver: Deliver
) -> None:
    server = MailServer()
    owners = write_owners(mail(server.port, query="&to=desk@example.org,second@example.org"))
    with server.running():
        queue(connection, owners.owners[0], message, DAY)
        assert deliver(owners) == []
    assert server.recipients == ["desk@example.org", "second@example.org"]


def test_a_refused_login_keeps_the_alert_and_is_tried_once_a_run(
    connection: duckdb.DuckDBPyConnection,
    write_owners: WriteOwners,
    message: Digest,
    deliver: Deliver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = MailServer(password=SECRET)
    url = mail(server.port, "board:${MAIL_OLD}@")
    monkeypatch.setenv("MAIL_OLD", "outdated")
    owners = write_owners(url, people="jo kim")
    with server.running():
        queue(connection, owners.owners[0], message, DAY)
        queue(connection, owners.owners[0], message, NEXT_DAY)
        [phrase] = deliver(owners, NEXT_DAY)
        assert phrase == "Northumbria could not be told: login refused (4 alerts have been waiting since 4 May 2026)"
        # A login that is tried again and again gets locked. (Python tries each mechanism of one login.)
        assert server.connections == 1 and set(server.logins) == {"outdated"}
        assert set(states(connection)[1:]) == {
            ("person 1", "waiting", 1, "login refused"),
            ("person 2", "waiting", 1, "login refused"),
        }
        monkeypatch.setenv("MAIL_OLD", SECRET)
        assert deliver(write_owners(url, people="jo kim"), NEXT_DAY) == []
        assert deliver(write_owners(url, people="jo kim"), NEXT_DAY) == []
    # The oldest first.
    assert server.recipients == ["jo@example.org", "kim@example.org"] * 2
    assert {state for _, state, _, _ in states(connection)} == {"delivered"}


@pytest.mark.parametrize(
    ("answer", "kind"),
    first(
        1,
        [
            ("452 Insufficient storage", "mailbox full"),
            ("552 5.2.2 The mailbox is full", "mailbox full"),
            ("550 5.1.1 No such user", "recipient refused"),
        ],
    ),
)
def test_one_refused_mailbox_costs_nobody_else_theirs(
    connection: duckdb.DuckDBPyConnection,
    write_owners: WriteOwners,
    message: Digest,
    deliver: Deliver,
    answer: str,
    kind: str,
) -> None:
    server = MailServer(answers={"jo@example.org": answer})
    owners = write_owners(mail(server.port), people="jo kim")
    with server.running():
        queue(connection, owners.owners[0], message, DAY)
        [phrase] = deliver(owners)
        assert phrase == f"Northumbria could not be told: {kind} (an alert has been waiting since 4 May 2026)"
        assert server.recipients == ["kim@example.org"]
        server.answers.clear()
        assert deliver(owners, NEXT_DAY) == []
    assert server.recipients == ["kim@example.org", "jo@example.org"]
    assert states(connection) == [("person 1", "delivered", 2, None), ("person 2", "delivered", 1, None)]


@pytest.mark.parametrize("server", first(1, [trickling_server, silent_server]))
def test_a_server_that_hangs_does_not_hang_the_run(
    connection: duckdb.DuckDBPyConnection,
    write_owners: WriteOwners,
    message: Digest,
    deliver: Deliver,
    tmp_path: Path,
    server: Callable,
) -> None:
    with server() as port:
        owners = write_owners(mail(port), "outbox:out", people="jo kim lee")
        queue(connection, owners.owners[0], message, DAY)
        started = time.monotonic()
        [phrase] = deliver(owners, timeout=2.0)
        assert time.monotonic() - started < 30
    assert phrase.startswith("Northumbria could not be told: the server did not answer in time (3 alerts")
    assert [state for _, state, _, _ in states(connection)] == ["waiting"] * 3 + ["delivered"]
    assert len(list((tmp_path / "out").iterdir())) == 1
    later = MailServer(port=free_port())
    with later.running():
        assert deliver(write_owners(mail(later.port), "outbox:out", people="jo kim lee"), NEXT_DAY) == []
    assert later.recipients == ["jo@example.org", "kim@example.org", "lee@example.org"]
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_no_server_at_all_and_then_one(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, deliver: Deliver
) -> None:
    server = MailServer()
    owners = write_owners(mail(server.port))
    queue(connection, owners.owners[0], message, DAY)
    assert deliver(owners) == [
        "Northumbria could not be told: no connection to the server (an alert has been waiting since 4 May 2026)"
    ]
    assert deliver(owners, NEXT_DAY) != []
    assert states(connection) == [("person 1", "waiting", 2, "no connection to the server")]
    with server.running():
        assert deliver(owners, NEXT_DAY) == []
        assert deliver(owners, NEXT_DAY) == []
    assert server.recipients == ["jo@example.org"]


@pytest.mark.parametrize("mode", first(1, ["starttls", "ssl"]))
def test_the_certificate_of_a_private_ca_is_trusted_only_if_named(
    connection: duckdb.DuckDBPyConnection,
    write_owners: WriteOwners,
    message: Digest,
    deliver: Deliver,
    tmp_path: Path,
    mode: str,
) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "private-ca.pem"))
    stranger.cert_pem.write_to_path(str(tmp_path / "stranger.pem"))
    server = MailServer(password=SECRET)
    url = mail(server.port, "board:${MAIL_SECRET}@", f"&mode={mode}", "mailtos")
    untrusted = "Northumbria could not be told: the server's certificate is not trusted (an alert has been"
    with server.running(context, implicit=mode == "ssl"):
        queue(connection, write_owners(url).owners[0], message, DAY)
        for top in ("", 'ca_file = "stranger.pem"'):
            [phrase] = deliver(write_owners(url, top=top))
            assert phrase.startswith(untrusted)
        # The password went to nobody whose certificate was not trusted.
        assert server.logins == [] and server.taken == []
        assert deliver(write_owners(url, top='ca_file = "private-ca.pem"')) == []
    assert server.recipients == ["jo@example.org"] and server.logins == [SECRET]


def test_the_operators_own_ssl_cert_file_is_kept_beside_the_private_ca(
    connection: duckdb.DuckDBPyConnection,
    write_owners: WriteOwners,
    message: Digest,
    deliver: Deliver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority, other = trustme.CA(), trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "set.pem"))
    other.cert_pem.write_to_path(str(tmp_path / "other.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "set.pem"))
    server = MailServer()
    owners = write_owners(mail(server.port, scheme="mailtos"), top='ca_file = "other.pem"')
    with server.running(context):
        queue(connection, owners.owners[0], message, DAY)
        assert deliver(owners) == []
    assert server.recipients == ["jo@example.org"]


def test_a_server_without_tls_gets_nothing_over_mailtos(
    connection: duckdb.DuckDBPyConnection, write_owners: WriteOwners, message: Digest, deliver: Deliver
) -> None:
    server = MailServer(password=SECRET)
    owners = write_owners(mail(server.port, "board:${MAIL_SECRET}@", scheme="mailtos"))
    with server.running():
        queue(connection, owners.owners[0], message, DAY)
        [phrase] = deliver(owners)
    assert "does not offer the encryption" in phrase
    assert server.logins == [] and server.taken == []


def test_a_run_that_is_killed_sends_nothing_twice(tmp_path: Path, write_owners: WriteOwners, message: Digest) -> None:
    server = MailServer(hangs_on="kim@example.org")
    owners = write_owners(mail(server.port), people="jo kim lee")
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as opened:
        prepare(opened)
        queue(opened, owners.owners[0], message, DAY)
    code = f"""
import datetime as dt, duckdb
from pathlib import Path
from attrition.alerts import delivery, owners
with duckdb.connect({str(warehouse)!r}) as connection:
    read = owners.load_owners(Path({str(tmp_path / "data_owners.toml")!r}))
    delivery.deliver_waiting(connection, read, dt.date(2026, 5, 4), print, None, 50.0)
"""
    with server.running():
        run = subprocess.Popen([sys.executable, "-c", code])
        try:
            assert server.hung.wait(60)
        finally:
            run.kill()
            run.wait()
        server.hangs_on = ""
        with duckdb.connect(str(warehouse)) as opened:
            assert [state for _, state, _, _ in states(opened)] == ["delivered", "waiting", "waiting"]
            assert deliver_waiting(opened, owners, DAY, lambda text: None, None, LIMIT) == []
    assert server.recipients == ["jo@example.org", "kim@example.org", "lee@example.org"]


def test_no_secret_and_no_address_in_any_phrase_record_or_file(
    write_owners: WriteOwners,
    message: Digest,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    server = MailServer(password="another", answers={"kim@example.org": "550 5.1.1 kim@example.org is not known here"})
    login = "board:${MAIL_SECRET}@"
    phrases: list[str] = []
    caplog.set_level(logging.DEBUG)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as opened, server.running():
        prepare(opened)
        owners = write_owners(mail(server.port, login), "outbox:out", people="jo kim")
        queue(opened, owners.owners[0], message, DAY)
        phrases += deliver_waiting(opened, owners, DAY, phrases.append, None, LIMIT)
        server.password = SECRET
        phrases += deliver_waiting(opened, owners, NEXT_DAY, phrases.append, None, LIMIT)
        opened.execute("CHECKPOINT")
    # The outbox and then the mail were delivered; both faults were met.
    assert [phrase.split(": ")[-1].split(" (")[0] for phrase in phrases] == [
        "1 alert delivered", "login refused", "1 alert delivered", "recipient refused",
    ]  # fmt: skip
    out, err = capfd.readouterr()
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "data_owners.toml"]
    assert {path.suffix for path in kept} == {".duckdb", ".txt"}
    # The server on the other side writes a log of its own.
    logged = [record.getMessage() for record in caplog.records if record.name not in ("mail.log", "asyncio")]
    everything = [out, err, *logged, *phrases, *(path.read_bytes().decode("latin-1") for path in kept)]
    for text in everything:
        for hidden in (SECRET, "p%40ss", "p@ss", "example.org", "127.0.0.1", "Jo Sample", "not known here"):
            assert hidden not in text
