"""The ledger of loads: what is new, what is known, what is held, what the gate says, which quarantined rows healed."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.contract import load_contract
from attrition.errors import UsageFault
from attrition.ingest.conform import name
from attrition.ingest.coverage import Reach
from attrition.ingest.landing import Arrival
from attrition.ingest.mapping import Feed
from attrition.settings import Settings

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Counts:
    """Fates of a file's rows: rows_read = accepted + duplicate + out_of_scope + quarantined."""

    rows_read: int
    accepted: int
    duplicate: int
    out_of_scope: int
    quarantined: int


@dataclass(frozen=True)
class Staged:
    """One file of one feed, conformed and judged, not yet in the warehouse.

    `columns` are the contract's columns that the mapping fills from this file; `blank` counts lines of bare delimiters.
    """

    counts: Counts
    reach: Reach
    columns: tuple[str, ...] = ()
    blank: int = 0
    gate: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Delivery:
    """Files that are applied together, each with the feeds that it still has to fill, in order."""

    name: str
    arrival: int
    work: tuple[tuple[Arrival, Feed], ...]


@dataclass(frozen=True)
class Plan:
    """What a run has to load: loads to withdraw because their mapping changed, and deliveries in order of arrival."""

    reload: tuple[int, ...]
    deliveries: tuple[Delivery, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """What the ledger says of a load beside its counts."""

    arrival: int
    delivery: str
    file: str
    sha256: str
    feed: Feed


def has_loads(connection: "duckdb.DuckDBPyConnection") -> bool:
    """Whether the warehouse holds anything yet."""
    return connection.execute("SELECT 1 FROM load LIMIT 1").fetchone() is not None


def plan(connection: "duckdb.DuckDBPyConnection", arrivals: list[Arrival], sha256: dict[Path, str]) -> Plan:
    """Which files to load for which feeds: known ones (same bytes, mapping and contract) are skipped."""
    known: dict[tuple[str, str, str], list[tuple[int, int, str, str, str]]] = {}
    first: dict[str, int] = {}
    for load_id, arrival_no, sha, source, extract, mapping, contract, state in connection.execute(
        "SELECT load_id, arrival, sha256, source, extract, mapping_sha256, contract_sha256, state FROM load ORDER BY load_id"
    ).fetchall():
        known.setdefault((sha, source, extract), []).append((load_id, arrival_no, mapping, contract, state))
        first.setdefault(sha, arrival_no)
    nextnumber = max(first.values(), default=0) + 1
    reload: list[int] = []
    groups: dict[str, list[tuple[Arrival, Feed]]] = {}
    numbers: dict[str, int] = {}
    seen: dict[tuple[str, str, str], str] = {}
    twins: list[str] = []
    for arrival in arrivals:
        for feed in arrival.feeds:
            identity = (sha256[arrival.path], feed.source, feed.extract)
            loads = [load for load in known.get(identity, []) if load[4] == "loaded"]
            contract = load_contract(feed.extract).sha256
            if seen.get(identity, arrival.name) != arrival.name:
                twins.append(f"{arrival.name}: left alone, it holds the same bytes as {seen[identity]}")
                continue
            if any(load[2:4] == (feed.fingerprint, contract) for load in loads):
                continue
            seen[identity] = arrival.name
            reload += [load[0] for load in loads]
            groups.setdefault(arrival.delivery, []).append((arrival, feed))
            if identity[0] in first:
                earlier = first[identity[0]]
                numbers[arrival.delivery] = min(earlier, numbers.get(arrival.delivery, earlier))
    deliveries = []
    for delivery, work in groups.items():
        if delivery not in numbers:
            numbers[delivery] = nextnumber
            nextnumber += 1
        deliveries.append(Delivery(delivery, numbers[delivery], tuple(work)))
    deliveries.sort(key=lambda one: (one.arrival, one.work[0][0].order))
    return Plan(
        tuple(reload), tuple(deliveries), (*dict.fromkeys(twins), *_left_behind(connection, deliveries, reload))
    )


def _left_behind(connection: "duckdb.DuckDBPyConnection", deliveries: list[Delivery], reload: list[int]) -> list[str]:
    """A note on loads of a changed mapping whose files are no longer in the landing folder."""
    if not reload:
        return []
    changed = {(feed.source, feed.extract): feed.fingerprint for one in deliveries for _, feed in one.work}
    gone = [
        file
        for load_id, file, source, extract, mapping in connection.execute(
            "SELECT load_id, file, source, extract, mapping_sha256 FROM load WHERE state = 'loaded' ORDER BY load_id"
        ).fetchall()
        if load_id not in reload and changed.get((source, extract), mapping) != mapping
    ]
    if not gone:
        return []
    return [
        f"{', '.join(sorted(set(gone)))}: loaded under an earlier mapping and no longer in the landing folder, so what they "
        "loaded stays as it was. Put them back to load them anew."
    ]


def gate(counts: Counts, cut_short: bool, settings: Settings) -> list[str]:
    """What makes this file's numbers wrong: rules that stop publication, each as a phrase. Empty: it passes."""
    failed = []
    share = counts.quarantined / counts.rows_read if counts.rows_read else 0.0
    if counts.quarantined >= settings.quarantine_rows and share > settings.quarantine_share:
        failed.append(
            f"rule quarantine_share: {counts.quarantined:,} of {counts.rows_read:,} rows ({share:.1%}) are quarantined, "
            f"more than {settings.quarantine_share:.0%}"
        )
    if cut_short:
        failed.append("rule file_cut_short: the last line breaks off in the middle")
    return failed


def held_message(file: str, sha256: str, rules: list[str]) -> str:
    """What an operator needs to know of a held delivery."""
    return (
        f"{file} is held: {'; '.join(rules)}. None of its rows are counted and nothing is published until the owner sends "
        f'a corrected file under the same name, or you release it: attrition accept {sha256[:12]} --why "..."'
    )


def released(connection: "duckdb.DuckDBPyConnection", sha256: str) -> bool:
    """Whether somebody released this file although the gate held it."""
    return connection.execute("SELECT 1 FROM release WHERE sha256 = ?", [sha256]).fetchone() is not None


def record(connection: "duckdb.DuckDBPyConnection", entry: Entry, staged: Staged, now: dt.date, state: str) -> int:
    """Writes a load into the ledger and returns its number; an earlier held try of the same file goes."""
    feed, counts = entry.feed, staged.counts
    tries = (
        "SELECT load_id FROM load WHERE state = 'held' AND sha256 = $sha AND source = $source AND extract = $extract"
    )
    bound = {"sha": entry.sha256, "source": feed.source, "extract": feed.extract}
    for table in ("quarantine", "finding", "load_force", "load_column"):
        connection.execute(f"DELETE FROM {table} WHERE load_id IN ({tries})", bound)
    found = connection.execute("SELECT coalesce(max(load_id), 0) + 1 FROM load").fetchone()
    load_id = int(found[0]) if found else 1
    connection.execute(
        "UPDATE load SET state = 'tried' WHERE state = 'held' AND sha256 = $sha AND source = $source "
        "AND extract = $extract",
        bound,
    )
    means = feed.columns.get("business_type")
    told = (
        connection.execute("SELECT count(business_type) FROM conformed ANTI JOIN fate USING (row_no)").fetchone()
        if means
        else None
    )
    reach = staged.reach
    row = {
        "load_id": load_id, "arrival": entry.arrival, "loaded_on": now, "file": entry.file, "sha256": entry.sha256,
        "source": feed.source, "extract": feed.extract, "delivery": feed.delivery, "part": entry.delivery,
        "mapping_sha256": feed.fingerprint, "contract_sha256": load_contract(feed.extract).sha256,
        "covers_from": reach.first, "covers_to": reach.last, "covers_inferred": reach.is_inferred,
        "event_distance": reach.distance, "empty_means_not_business": bool(means and means.empty_means),
        "tells_business_type": bool(told and told[0]), "blank": staged.blank, "rows_read": counts.rows_read,
        "accepted": counts.accepted, "duplicate": counts.duplicate, "out_of_scope": counts.out_of_scope,
        "quarantined": counts.quarantined, "state": state, "gate": "; ".join(staged.gate) or None,
    }  # fmt: skip
    connection.execute(
        f"INSERT INTO load ({', '.join(row)}) VALUES ({', '.join('?' for _ in row)})", list(row.values())
    )
    if "force" in load_contract(feed.extract).columns:
        connection.execute(
            f"INSERT INTO load_force SELECT DISTINCT {load_id}, force FROM conformed ANTI JOIN fate USING (row_no)"
        )
    _keep_shares(connection, feed, load_id, staged.columns)
    return load_id


def _keep_shares(connection: "duckdb.DuckDBPyConnection", feed: Feed, load_id: int, columns: tuple[str, ...]) -> None:
    """Counts, by force, the accepted rows and those that fill each column that the mapping fills from this file: what a
    source tells, and against which the next delivery is held. What stands for an unlisted or unknown code fills nothing.
    """
    if not columns:
        return
    contract = load_contract(feed.extract)
    force = "force::VARCHAR AS of_force" if "force" in contract.columns else "NULL::VARCHAR AS of_force"
    counts = ", ".join(
        f"count(*) FILTER ({name(c)} IS NOT NULL"
        + (f" AND {name(c)}::VARCHAR <> 'unknown'" if contract.columns[c].code_list else "")
        + f") AS {name(c)}"
        for c in columns
    )
    connection.execute(
        f"INSERT INTO load_column SELECT {load_id}, of_force, column_name, of_rows, filled FROM (UNPIVOT (SELECT {force}, "
        f"count(*) AS of_rows, {counts} FROM conformed ANTI JOIN fate USING (row_no) GROUP BY ALL) "
        f"ON {', '.join(name(c) for c in columns)} INTO NAME column_name VALUE filled)"
    )


def mend(connection: "duckdb.DuckDBPyConnection", extract: str, load_id: int) -> None:
    """Marks quarantined rows of earlier loads as mended where this load brought their record right."""
    waiting = connection.execute(
        "SELECT 1 FROM quarantine JOIN load USING (load_id) WHERE extract = ? AND load_id < ? AND mended_by IS NULL "
        "AND record_key IS NOT NULL LIMIT 1",
        [extract, load_id],
    ).fetchone()
    if waiting is None:
        return
    contract = load_contract(extract)
    record_key = " || '|' || ".join(f"coalesce({name(c)}::VARCHAR, '')" for c in contract.key or contract.replaced_by)
    connection.execute(
        f"UPDATE quarantine SET mended_by = {load_id} WHERE mended_by IS NULL AND load_id < {load_id} AND load_id IN "
        f"(SELECT load_id FROM load WHERE extract = '{extract}') AND record_key IN (SELECT {record_key} "
        f"FROM {extract}_version WHERE load_id = {load_id})"
    )


def still_held(connection: "duckdb.DuckDBPyConnection", present: set[str]) -> list[str]:
    """Messages for deliveries held earlier whose file is no longer there. One that a later file of the same name
    replaced, or that somebody released, is closed."""
    messages = []
    for load_id, file, sha, source, extract, rules in connection.execute(
        "SELECT load_id, file, sha256, source, extract, gate FROM load WHERE state = 'held' ORDER BY load_id"
    ).fetchall():
        if sha in present:
            continue
        replaced = connection.execute(
            "SELECT 1 FROM load WHERE state = 'loaded' AND load_id > ? AND lower(file) = lower(?) AND source = ? "
            "AND extract = ?",
            [load_id, file, source, extract],
        ).fetchone()
        if replaced or released(connection, sha):
            connection.execute(
                "UPDATE load SET state = ? WHERE load_id = ?", ["replaced" if replaced else "released", load_id]
            )
        else:
            messages.append(held_message(file, sha, [rules]))
    return messages


def release(connection: "duckdb.DuckDBPyConnection", sha256: str, why: str, now: dt.date) -> str:
    """Releases a held delivery, named by the first characters of its SHA-256. Returns its file's name.

    Raises UsageFault if none or several are meant.
    """
    files = connection.execute(
        "SELECT DISTINCT sha256, file FROM load WHERE state = 'held' AND starts_with(sha256, lower(?)) ORDER BY file",
        [sha256],
    ).fetchall()
    if len({sha for sha, _ in files}) != 1 or len(sha256) < 6:
        listed = connection.execute(
            "SELECT DISTINCT left(sha256, 12), file FROM load WHERE state = 'held' ORDER BY 2"
        ).fetchall()
        known = "; ".join(f"{sha} {file}" for sha, file in listed) or "none"
        raise UsageFault(f"{sha256} does not name one held delivery (give 6 characters or more). Held now: {known}.")
    connection.execute("INSERT INTO release VALUES (?, ?, ?)", [files[0][0], why, now])
    return str(files[0][1])
