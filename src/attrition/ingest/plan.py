"""What a run has to load: which files are new for which feeds, which of them are one delivery, and in which order."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.contract import load_contract
from attrition.errors import InputRefused
from attrition.ingest.coverage import stated_day
from attrition.ingest.day_told import day_in_name
from attrition.ingest.landing import Arrival
from attrition.ingest.mapping import Feed

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Delivery:
    """Files that are applied together, each with the feeds that it still has to fill, in order.

    `arrival` counts deliveries from 1; `day` is the day told by the mapping or by a name, as far as it can be seen before
    the files are read.
    """

    name: str
    arrival: int
    work: tuple[tuple[Arrival, Feed], ...]
    day: dt.date | None = None

    @property
    def fills(self) -> frozenset[tuple[str, str]]:
        """The extracts that it fills, each with its source."""
        return frozenset((feed.source, feed.extract) for _, feed in self.work)


@dataclass(frozen=True)
class Plan:
    """What a run has to load: loads to withdraw because their mapping changed, and deliveries in their order."""

    reload: tuple[int, ...]
    deliveries: tuple[Delivery, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Known:
    """What the ledger says of the files that it knows: by SHA-256, source and extract the loads in force (number, mapping,
    contract) and the first of their names."""

    loads: dict[tuple[str, str, str], list[tuple[int, str, str]]]
    names: dict[tuple[str, str, str], str]
    arrivals: dict[str, int]
    places: dict[str, int]


def plan(
    connection: "duckdb.DuckDBPyConnection", arrivals: list[Arrival], sha256: dict[Path, str], now: dt.date
) -> Plan:
    """Which files to load for which feeds: known ones (same bytes, mapping and contract) are skipped, and told where they now
    bear another name.

    Files loaded anew or tried again keep their first arrival and come first, in their order; new ones follow in the order of
    the days that they tell.
    """
    known = _known(connection)
    reload: list[int] = []
    groups: dict[tuple[str, dt.date | None], list[tuple[Arrival, Feed]]] = {}
    taken: dict[tuple[str, str, str], str] = {}
    twins: list[str] = []
    for arrival in arrivals:
        day = told_by(arrival, now)
        for feed in arrival.feeds:
            identity = (sha256[arrival.path], feed.source, feed.extract)
            loads = known.loads.get(identity, [])
            contract = load_contract(feed.extract).sha256
            if any(load[1:] == (feed.fingerprint, contract) for load in loads):
                if known.names[identity].lower() != arrival.name.lower():
                    twins.append(_twin(arrival, known.names[identity]))
                continue
            if identity in taken:
                twins.append(_twin(arrival, taken[identity]))
                continue
            taken[identity] = arrival.name
            reload += [load[0] for load in loads]
            groups.setdefault((arrival.delivery, day), []).append((arrival, feed))
    tried: list[tuple[int, Delivery]] = []
    new: list[Delivery] = []
    number = max(known.arrivals.values(), default=0)
    for (name, day), work in groups.items():
        before = {sha256[arrival.path] for arrival, _ in work} & known.arrivals.keys()
        if before:
            first = min(known.arrivals[sha] for sha in before)
            tried.append((min(known.places[sha] for sha in before), Delivery(name, first, tuple(work), day)))
        else:
            number += 1
            new.append(Delivery(name, number, tuple(work), day))
    tried.sort(key=lambda one: (one[0], one[1].arrival))
    ordered, behind = _by_day(new)
    deliveries = (*(delivery for _, delivery in tried), *ordered)
    return Plan(
        tuple(reload), deliveries, (*dict.fromkeys(twins), *behind, *_left_behind(connection, deliveries, reload))
    )


def told_by(arrival: Arrival, now: dt.date) -> dt.date | None:
    """The day that a file tells before it is read: stated by its mapping, else by its name."""
    for feed in arrival.feeds:
        try:
            stated = stated_day(feed, arrival.path)
        except InputRefused:  # told when the file is read
            continue
        if stated is not None:
            return stated
    return day_in_name(arrival.name, now)


def _known(connection: "duckdb.DuckDBPyConnection") -> _Known:
    known = _Known({}, {}, {}, {})
    for load_id, sha, source, extract, mapping, contract, state, arrival, place, file in connection.execute(
        "SELECT load_id, sha256, source, extract, mapping_sha256, contract_sha256, state, arrival, place, file FROM load "
        "ORDER BY load_id"
    ).fetchall():
        if state == "loaded":
            known.loads.setdefault((sha, source, extract), []).append((load_id, mapping, contract))
            known.names.setdefault((sha, source, extract), file)
        known.arrivals.setdefault(sha, arrival)
        known.places[sha] = place
    return known


def _twin(arrival: Arrival, other: str) -> str:
    return (
        f"{arrival.name}: left alone, it holds the same bytes as {other}. If it was to bring newer rows, its export was not made "
        "anew: ask for it."
    )


def _by_day(deliveries: list[Delivery]) -> tuple[list[Delivery], list[str]]:
    """New deliveries in the order in which they take their places, and a note on those that names alone would order
    otherwise. One without a day stays where it stands by name."""
    ordered: list[Delivery] = []
    behind: list[tuple[Delivery, Delivery]] = []
    for delivery in deliveries:
        later = [n for n, other in enumerate(ordered) if delivery.day and other.day and other.day > delivery.day]
        at = later[0] if later else len(ordered)
        rivals = [ordered[n] for n in later if ordered[n].fills & delivery.fills]
        if rivals:
            behind.append((delivery, rivals[-1]))
        ordered.insert(at, delivery)
    if not behind:
        return ordered, []
    older, newer = behind[0]
    more = f" ({len(behind) - 1:,} more of such files)" if len(behind) > 1 else ""
    return ordered, [
        f"{_files(older)} tells {older.day} and takes its place behind {_files(newer)} ({newer.day}), though not by its "
        f"name{more}: rows of later days stay in force."
    ]


def _files(delivery: Delivery) -> str:
    return " and ".join(dict.fromkeys(arrival.name for arrival, _ in delivery.work))


def _left_behind(
    connection: "duckdb.DuckDBPyConnection", deliveries: tuple[Delivery, ...], reload: list[int]
) -> list[str]:
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
