"""The ledger of loads: what was loaded, what is held, what the gate says, which quarantined rows healed."""

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attrition.contract import load_contract
from attrition.errors import UsageFault
from attrition.ingest.conform import name
from attrition.ingest.coverage import Reach
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

    `missing` are the contract's columns that the mapping fills from columns which this file lacks; `emptied` those that it
    fills far more rarely than the deliveries before; `blank` counts lines of bare delimiters.
    """

    counts: Counts
    reach: Reach
    missing: tuple[str, ...] = ()
    emptied: tuple[str, ...] = ()
    blank: int = 0
    gate: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """What the ledger says of a load beside its counts. `place` is its place in the order of its extract."""

    arrival: int
    place: int
    day_told: dt.date | None
    delivery: str
    file: str
    sha256: str
    feed: Feed


def has_loads(connection: "duckdb.DuckDBPyConnection") -> bool:
    """Whether the warehouse holds anything yet."""
    return connection.execute("SELECT 1 FROM load LIMIT 1").fetchone() is not None


def next_load(connection: "duckdb.DuckDBPyConnection") -> int:
    """The number that the next load will bear."""
    found = connection.execute("SELECT coalesce(max(load_id), 0) + 1 FROM load").fetchone()
    return int(found[0]) if found else 1


def gate(counts: Counts, cut_short: bool, settings: Settings, reasons: dict[str, int]) -> list[str]:
    """What makes this file's numbers wrong: rules that stop publication, each as a phrase. Empty: it passes.

    reasons: why rows are quarantined, the commonest first, with how many.
    """
    failed = []
    mostly = ", ".join(f"{reason.replace('_', ' ')}: {rows:,}" for reason, rows in reasons.items())
    share = counts.quarantined / counts.rows_read if counts.rows_read else 0.0
    if counts.quarantined >= settings.quarantine_rows and share > settings.quarantine_share:
        failed.append(
            f"rule quarantine_share: {counts.quarantined:,} of {counts.rows_read:,} rows ({share:.1%}) are quarantined, "
            f"more than {settings.quarantine_share:.0%}" + (f" ({mostly})" if mostly else "")
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


def parts_before(
    connection: "duckdb.DuckDBPyConnection", delivery: str, feed: Feed, file: str, day: dt.date | None
) -> list[int]:
    """The loads of a delivery's other parts, of the same day, that earlier runs brought; none for a file that is no part."""
    if delivery == file:
        return []
    found = connection.execute(
        "SELECT load_id FROM load WHERE state = 'loaded' AND part = ? AND source = ? AND extract = ? AND file <> ? "
        "AND day_told IS NOT DISTINCT FROM ?",
        [delivery, feed.source, feed.extract, file, day],
    ).fetchall()
    return [load_id for (load_id,) in found]


def first_loading(connection: "duckdb.DuckDBPyConnection", sha256: str, now: dt.date) -> dt.date:
    """The day on which these bytes were first loaded, or held; today for new ones."""
    found = connection.execute("SELECT min(loaded_on) FROM load WHERE sha256 = ?", [sha256]).fetchone()
    return found[0] if found and found[0] else now


def record(connection: "duckdb.DuckDBPyConnection", entry: Entry, staged: Staged, now: dt.date, state: str) -> int:
    """Writes a load into the ledger and returns its number; an earlier held try of the same file goes."""
    feed, counts = entry.feed, staged.counts
    tries = (
        "SELECT load_id FROM load WHERE state = 'held' AND sha256 = $sha AND source = $source AND extract = $extract"
    )
    bound = {"sha": entry.sha256, "source": feed.source, "extract": feed.extract}
    for table in ("quarantine", "finding", "folded_row", "load_force", "load_column"):
        connection.execute(f"DELETE FROM {table} WHERE load_id IN ({tries})", bound)
    load_id = next_load(connection)
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
        "load_id": load_id, "arrival": entry.arrival, "place": entry.place, "day_told": entry.day_told, "loaded_on": now, "file": entry.file, "sha256": entry.sha256,
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
    # What a source tells, and against which its next delivery is held.
    connection.execute(f"INSERT INTO load_column SELECT {load_id}, of_force, column_name, of_rows, filled FROM share")
    return load_id


def mend(connection: "duckdb.DuckDBPyConnection", extract: str, load_id: int) -> None:
    """Marks quarantined rows as mended where a load of a later place brought their record right: those of earlier loads by
    this one, and those of this one by loads that had come before though they stand behind it.
    """
    contract = load_contract(extract)
    record_key = " || '|' || ".join(f"coalesce({name(c)}::VARCHAR, '')" for c in contract.key or contract.replaced_by)
    place = f"(SELECT place FROM load WHERE load_id = {load_id})"
    others = f"SELECT load_id FROM load WHERE extract = '{extract}' AND state IN ('loaded', 'held') AND place"
    for waiting, healing in (
        (f"load_id IN ({others} < {place})", f"load_id = {load_id}"),
        (f"load_id = {load_id}", f"load_id IN ({others} > {place})"),
    ):
        kept = f"mended_by IS NULL AND record_key IS NOT NULL AND {waiting}"
        if connection.execute(f"SELECT 1 FROM quarantine WHERE {kept} LIMIT 1").fetchone():
            connection.execute(
                f"UPDATE quarantine SET mended_by = healed.by_load FROM (SELECT {record_key} AS record, min(load_id) AS by_load "
                f"FROM {extract}_version WHERE {healing} GROUP BY record) AS healed "
                f"WHERE {kept} AND record_key = healed.record"
            )


def still_held(connection: "duckdb.DuckDBPyConnection", present: set[str]) -> list[str]:
    """Messages for deliveries held earlier whose file is no longer there. One that a later file of the same name
    replaced, or that somebody released, is closed."""
    messages = []
    for load_id, file, sha, source, extract, rules in connection.execute(
        "SELECT load_id, file, sha256, source, extract, gate FROM load WHERE state = 'held' ORDER BY load_id"
    ).fetchall():
        # The same bytes may have come in by another mapping.
        replaced = connection.execute(
            "SELECT 1 FROM load WHERE state = 'loaded' AND load_id > ? AND extract = ? "
            "AND (sha256 = ? OR lower(file) = lower(?) AND source = ?)",
            [load_id, extract, sha, file, source],
        ).fetchone()
        if sha in present and not replaced:
            continue
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
