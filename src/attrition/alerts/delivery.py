"""Alerts in the warehouse: queued with the run that made them, delivered after it, kept until they are. Holds subjects and
texts, but no address and no URL: these are looked up again each time, so that a corrected one helps at once.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.alerts import outbox
from attrition.alerts.channel import Channel
from attrition.alerts.courier import Courier
from attrition.alerts.digest import Digest
from attrition.alerts.owners import Owner, Owners, Person
from attrition.alerts.sending import Fault, Parcel

if TYPE_CHECKING:
    import duckdb

SECONDS = 20.0
"""How long one alert may take."""

_TABLE = """
CREATE TABLE IF NOT EXISTS alert (
    alert_id INTEGER PRIMARY KEY, made_on DATE NOT NULL, owner VARCHAR NOT NULL, purpose VARCHAR NOT NULL,
    channel_no INTEGER NOT NULL, recipient VARCHAR NOT NULL, subject VARCHAR NOT NULL, body VARCHAR NOT NULL,
    attachments VARCHAR[] NOT NULL, state VARCHAR NOT NULL, attempts INTEGER NOT NULL, last_tried_on DATE, last_fault VARCHAR)
"""
# After one of these the same server is not asked again in the same call: it would cost the time, or lock the login.
_OF_THE_SERVER = {
    Fault.NO_CONNECTION, Fault.TIME_OUT, Fault.CERTIFICATE, Fault.TLS, Fault.LOGIN, Fault.NOT_OFFERED, Fault.CHANNEL,
    Fault.FOLDER,
}  # fmt: skip


@dataclass(frozen=True)
class _Waiting:
    """A waiting row of the table. recipient: `person 1`, `deputy 1` or `address 1` (of the URL) for mail, else empty."""

    alert_id: int
    made_on: dt.date
    owner: str
    channel_no: int
    recipient: str
    subject: str
    body: str
    attachments: list[str]


def prepare(connection: "duckdb.DuckDBPyConnection") -> None:
    """Makes the table of alerts in a warehouse that has none."""
    connection.execute(_TABLE)


def queue(
    connection: "duckdb.DuckDBPyConnection",
    owner: Owner,
    digest: Digest,
    now: dt.date,
    *,
    attachments: Sequence[str] = (),
    escalated: bool = False,
) -> list[int]:
    """Queues a message to an owner, once for each channel and, for mail, each recipient. Returns the alerts' numbers.

    Writes inside the caller's transaction, so that an alert is kept if and only if its run is.
    attachments: names of files in the folder that `deliver_waiting` is given
    escalated: tells the deputies and the channels of escalate_to, and not the people that a first call has told
    """
    last = connection.execute("SELECT coalesce(max(alert_id), 0) FROM alert").fetchone()
    first = (last[0] if last else 0) + 1
    ways = _further_ways(owner) if escalated else _ways(owner)
    for alert_id, (channel_no, recipient) in enumerate(ways, first):
        connection.execute(
            "INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, NULL, NULL)",
            [
                alert_id,
                now,
                owner.name,
                owner.purpose,
                channel_no,
                recipient,
                digest.subject,
                digest.body,
                list(attachments),
            ],
        )
    return list(range(first, first + len(ways)))


def _ways(owner: Owner) -> list[tuple[int, str]]:
    """Channel and recipient of each message to an owner; channels count from 1."""
    return [
        (number, recipient)
        for number, channel in enumerate(owner.channels, 1)
        for recipient in (_recipients(channel, owner) if channel.is_mail else [""])
    ]


def _further_ways(owner: Owner) -> list[tuple[int, str]]:
    """The deputies on the mail channels, then the channels of escalate_to, which count down from -1."""
    deputies = [
        (number, f"deputy {deputy}")
        for number, channel in enumerate(owner.channels, 1)
        for deputy, _ in enumerate(owner.deputies, 1)
        if channel.is_mail
    ]
    return deputies + [(-number, recipient) for number, recipient in _ways(replace(owner, channels=owner.escalate_to))]


def _recipients(channel: Channel, owner: Owner) -> list[str]:
    """Whom a mail channel writes to: those that its URL names, else the owner's people."""
    if channel.recipients:
        return [f"address {number}" for number, _ in enumerate(channel.recipients, 1)]
    return [f"person {number}" for number, _ in enumerate(owner.people, 1)]


def _way(owners: Owners, owner: str, channel_no: int, recipient: str) -> tuple[Channel, Person] | None:
    """The channel and the person that a row stands for today; None where the owners file has them no longer."""
    found = owners.named(owner)
    if found is None:
        return None
    channels = found.channels if channel_no > 0 else found.escalate_to
    if abs(channel_no) > len(channels):
        return None
    channel = channels[abs(channel_no) - 1]
    if not channel.is_mail:
        return (channel, Person("", "")) if not recipient else None
    kind, _, number = recipient.partition(" ")
    people = {
        "person": () if channel.recipients else found.people,
        "deputy": found.deputies,
        "address": tuple(Person("", address) for address in channel.recipients),
    }.get(kind, ())
    return (channel, people[int(number) - 1]) if people and int(number) <= len(people) else None


def deliver_waiting(
    connection: "duckdb.DuckDBPyConnection",
    owners: Owners,
    now: dt.date,
    tell: Callable[[str], None],
    attachments: Path | None,
    timeout: float = SECONDS,
) -> list[str]:
    """Tries to deliver every waiting alert, oldest first. Returns a phrase for each owner and fault that remains.

    Each success is committed at once (so the caller may have no transaction open): after a crash at most the alert on its way
    is sent twice. attachments: the folder of the attached files; timeout: seconds for one alert.
    """
    _readdress(connection, owners)
    failed: dict[tuple[str, Fault], list[dt.date]] = {}
    silent: dict[str, Fault] = {}
    delivered = 0
    with Courier(timeout, owners.ca_file) as courier:
        for row in _waiting(connection):
            way = _way(owners, row.owner, row.channel_no, row.recipient)
            if way is None:
                continue
            channel, person = way
            fault = silent.get(channel.server) or courier.send(_parcel(row, channel, person, attachments))
            if fault in _OF_THE_SERVER:
                silent[channel.server] = fault
            _note(connection, row.alert_id, now, fault)
            if fault is None:
                delivered += 1
            else:
                failed.setdefault((row.owner, fault), []).append(row.made_on)
    if delivered:
        tell(f"{delivered} alert{'s' if delivered > 1 else ''} delivered")
    return [_phrase(owner, fault, days) for (owner, fault), days in failed.items()]


def _waiting(connection: "duckdb.DuckDBPyConnection") -> list[_Waiting]:
    found = connection.execute(
        "SELECT alert_id, made_on, owner, channel_no, recipient, subject, body, attachments "
        "FROM alert WHERE state = 'waiting' ORDER BY alert_id"
    ).fetchall()
    return [_Waiting(*row) for row in found]


def _note(connection: "duckdb.DuckDBPyConnection", alert_id: int, now: dt.date, fault: Fault | None) -> None:
    """Commits what came of one attempt."""
    connection.execute("BEGIN")
    connection.execute(
        "UPDATE alert SET state = ?, attempts = attempts + 1, last_tried_on = ?, last_fault = ? WHERE alert_id = ?",
        ["waiting" if fault else "delivered", now, fault.value if fault else None, alert_id],
    )
    connection.execute("COMMIT")


def _parcel(row: _Waiting, channel: Channel, person: Person, attachments: Path | None) -> Parcel:
    files = [attachments / name for name in row.attachments] if attachments is not None else []
    note = ""
    if row.attachments and not (channel.is_mail or channel.folder):
        # References of records go only where the operator can say who reads them.
        files, note = [], "The rows to mend are not sent this way. They are with the publication."
    elif row.attachments and not (files and all(file.is_file() for file in files)):
        files, note = [], "The rows to mend could not be attached. They are with the publication."
    elif row.attachments:
        note = "\n".join(["The rows to mend come with this message:", *(f"  {name}" for name in row.attachments)])
    return Parcel(
        channel.url,
        row.subject,
        f"{row.body}\n{note}\n" if note else row.body,
        person.name,
        person.address,
        str(channel.folder) if channel.folder else "",
        outbox.file_stem(row.made_on.isoformat(), row.alert_id, row.owner),
        row.owner,
        tuple(map(str, files)),
    )


def _readdress(connection: "duckdb.DuckDBPyConnection", owners: Owners) -> None:
    """Withdraws alerts whose owner, channel or recipient is no longer in the owners file.

    Where nobody else was told or will be told the same, the operator is, so that nothing is lost.
    """
    # First of all, and even with nothing to do: it fails if a transaction is open, before anything is sent.
    connection.execute("BEGIN")
    gone = [row for row in _waiting(connection) if _way(owners, row.owner, row.channel_no, row.recipient) is None]
    for row in gone:
        connection.execute("UPDATE alert SET state = 'withdrawn' WHERE alert_id = ?", [row.alert_id])
    told = set()
    for row in gone:
        same = (row.made_on, row.owner, row.subject, row.body)
        others = connection.execute(
            "SELECT count(*) FROM alert WHERE state <> 'withdrawn' AND made_on = ? AND owner = ? AND subject = ? AND body = ?",
            list(same),
        ).fetchone()
        if same in told or (others and others[0]):
            continue
        told.add(same)
        body = f"This was for {row.owner}, whom the owners file no longer has on this channel.\n\n{row.body}"
        moved = Digest(row.subject, body, escalated=False)
        # The day is kept, since it tells how long the message has been on its way.
        queue(connection, owners.operator, moved, row.made_on, attachments=row.attachments)
    connection.execute("COMMIT")


def _phrase(owner: str, fault: Fault, days: list[dt.date]) -> str:
    since = f"{min(days):%d %B %Y}".lstrip("0")
    what = "an alert has" if len(days) == 1 else f"{len(days)} alerts have"
    return f"{owner} could not be told: {fault.value} ({what} been waiting since {since})"
