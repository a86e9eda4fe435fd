"""The order of deliveries, by the day that they tell and by arrival, across runs: which place of its extract a delivery takes.

`load.place` counts the deliveries of an extract from 1; the parts of one share a place. Whoever comes in between moves the
later ones on.
"""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Newcomer:
    """One extract of a delivery that takes its place. `is_parted`: its mapping says which files are its parts."""

    extract: str
    source: str
    delivery: str
    is_parted: bool
    day: dt.date | None
    files: tuple[tuple[str, str], ...]  # name and SHA-256


@dataclass(frozen=True)
class Place:
    """Where a newcomer stands, and what to tell of it: None where it simply came last, or keeps an earlier place."""

    number: int
    note: str | None = None


def take_place(connection: "duckdb.DuckDBPyConnection", new: Newcomer) -> Place:
    """The place of a delivery. Later ones of its extract have been moved on where it stands before them."""
    kept = _kept(connection, new)
    if kept is not None:
        return Place(kept)
    corrected = _corrected(connection, new)
    if corrected is not None:
        number = corrected + 1
    else:
        row = connection.execute(
            "SELECT min(place) FILTER (day_told > $day), coalesce(max(place), 0) + 1 FROM load WHERE extract = $extract",
            {"day": new.day, "extract": new.extract},
        ).fetchone()
        number = int((row[0] or row[1]) if row else 1)
    later = connection.execute(
        "SELECT file, day_told FROM load WHERE extract = ? AND source = ? AND place >= ? AND state = 'loaded' "
        "ORDER BY place DESC, file",
        [new.extract, new.source, number],
    ).fetchone()
    connection.execute("UPDATE load SET place = place + 1 WHERE extract = ? AND place >= ?", [new.extract, number])
    if later is None:
        return Place(number)
    behind = f"{later[0]} ({later[1]})" if later[1] else later[0]
    names = " and ".join(name for name, _ in new.files)
    why = "corrects the file of that name that came before" if corrected is not None else f"tells {new.day}"
    return Place(
        number,
        f"{names} ({new.extract}) {why} and takes its place behind {behind}: what later files say of a record stays in "
        "force.",
    )


def _kept(connection: "duckdb.DuckDBPyConnection", new: Newcomer) -> int | None:
    """The place that the same bytes had, or that the delivery has of which a part comes late or corrected."""
    found = connection.execute(
        "SELECT place FROM load WHERE extract = $extract AND list_contains($shas, sha256) AND ($day::DATE IS NULL OR "
        "day_told = $day::DATE) ORDER BY place LIMIT 1",
        {"extract": new.extract, "shas": [sha for _, sha in new.files], "day": new.day},
    ).fetchone()
    if found is None and new.is_parted:
        found = connection.execute(
            "SELECT place FROM load WHERE extract = $extract AND source = $source AND part = $part AND day_told IS NOT "
            "DISTINCT FROM $day::DATE AND (day_told IS NOT NULL OR list_contains($names, lower(file))) "
            "AND state IN ('loaded', 'held') ORDER BY place DESC LIMIT 1",
            {
                "extract": new.extract,
                "source": new.source,
                "part": new.delivery,
                "day": new.day,
                "names": [name.lower() for name, _ in new.files],
            },
        ).fetchone()
    return int(found[0]) if found else None


def _corrected(connection: "duckdb.DuckDBPyConnection", new: Newcomer) -> int | None:
    """The place of the file that this one corrects: of the same name and day told, with other bytes."""
    found = connection.execute(
        "SELECT max(place) FROM load WHERE extract = $extract AND source = $source AND list_contains($names, lower(file)) "
        "AND day_told IS NOT DISTINCT FROM $day::DATE",
        {
            "extract": new.extract,
            "source": new.source,
            "names": [name.lower() for name, _ in new.files],
            "day": new.day,
        },
    ).fetchone()
    return int(found[0]) if found and found[0] is not None else None
