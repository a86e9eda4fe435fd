"""What files do to each other (SPEC section 1): the fate of every row, and the rows in force afterwards.

Files are applied one after the other, in the order of the days that they tell. Nothing here looks at the as-at date.
"""

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from oracle.codes import COLUMNS, KEYS, LABELS, SETS
from oracle.reading import LOADED_ON, Conformed, RawRow, Row, conform, is_blank


@dataclass(frozen=True)
class Delivery:
    """One file: its extract, its rows in file order, and how it relates to earlier ones.

    `kind` is update, append or snapshot. `columns`: those that its mapping fills from it (None: all of the contract).
    `covers_to`: the day that its mapping says that it reaches.
    """

    extract: str
    file: str
    rows: Sequence[RawRow]
    kind: str = "update"
    source: str = "contract"
    columns: frozenset[str] | None = None
    covers_to: date | None = None

    @property
    def day_told(self) -> date | None:
        """The day that the delivery tells: what its mapping says, else a day or the end of a month in its name."""
        found = re.search(r"(?<!\d)(\d{4})-(\d{2})(?:-(\d{2}))?(?!\d)", self.file)
        if self.covers_to is not None or found is None:
            return self.covers_to
        year, month = int(found[1]), int(found[2])
        return date(year, month, int(found[3] or monthrange(year, month)[1]))


@dataclass
class Load:
    """The load line of one file: a fate for every row, and the reasons of quarantined rows by position.

    A line of nothing but delimiters has the fate `blank` and is no row.
    """

    file: str
    extract: str
    fates: list[str]
    reasons: dict[int, tuple[str, ...]]
    findings: Counter[str]
    delivery: Delivery
    read: list[Conformed]
    superseded: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """rows_read, accepted, duplicate, quarantined, superseded."""
        fate = Counter(self.fates)
        return {
            "rows_read": len(self.fates) - fate["blank"],
            "accepted": fate["accepted"],
            "duplicate": fate["duplicate"],
            "quarantined": fate["quarantined"],
            "superseded": self.superseded,
        }


@dataclass
class Held:
    """Everything loaded: the rows in force by extract, with the source of each, and one load line for each file."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {extract: [] for extract in COLUMNS})
    sources: dict[str, list[tuple[str, Row]]] = field(default_factory=dict)
    loads: list[Load] = field(default_factory=list)
    loaded_on: date = LOADED_ON
    # Whether a row accepted from a source, superseded or not, ever stated a business type.
    states_business_type: bool = False


@dataclass(frozen=True)
class _Standing:
    """A row in force: which load brought it, and from which source."""

    row: Row
    load: int
    source: str


def _key(extract: str, row: Row) -> tuple[Any, ...] | None:
    return tuple(row[column] for column in KEYS[extract]) if KEYS[extract] else None


def _set(extract: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[column] for column in SETS[extract])


def _content(row: Row) -> tuple[Any, ...]:
    return tuple(row.values())


def _fates(delivery: Delivery, rows: list[Conformed], standing: list[_Standing]) -> tuple[list[str], dict[int, Any]]:
    """The fate of each row, each test among the rows that are still standing."""
    fates = ["accepted"] * len(rows)
    reasons: dict[int, tuple[str, ...]] = {}
    for position, (raw, read) in enumerate(zip(delivery.rows, rows, strict=True)):
        if is_blank(raw):
            fates[position] = "blank"
        elif read.reasons:
            fates[position] = "quarantined"
            reasons[position] = read.reasons

    # Of identical rows the last stands; an appended row that is held already brings nothing new.
    seen = {_content(held.row) for held in standing} if delivery.kind == "append" else set()
    for position in reversed(range(len(rows))):
        if fates[position] == "accepted":
            content = _content(rows[position].row)
            if content in seen:
                fates[position] = "duplicate"
            seen.add(content)

    # Of different rows with one key the last wins.
    keys = set()
    for position in reversed(range(len(rows))):
        key = _key(delivery.extract, rows[position].row)
        if fates[position] == "accepted" and key is not None:
            if key in keys:
                fates[position] = "quarantined"
                reasons[position] = ("conflicting_duplicate",)
            keys.add(key)
    return fates, reasons


def _incomplete_sets(extract: str, rows: list[Conformed]) -> set[tuple[Any, ...]]:
    """The sets that quarantined rows belong to, where the columns that name the set could be read."""
    # A CPS row need not name its force: those that do not are a set of their own.
    needed = [column for column in SETS[extract] if (extract, column) != ("cps", "force")]
    named = set()
    for read in rows:
        if read.reasons and all(read.row[column] is not None for column in needed):
            named.add(_set(extract, read.row))
    return named


def _far_apart(extract: str, arrived: list[_Standing], standing: list[_Standing]) -> int:
    """Incidents that replace one of the same key which was reported a year or more before or after."""
    if extract != "incident":
        return 0
    held = {_key(extract, old.row): old.row["reported_date"] for old in standing}
    found = 0
    for new in arrived:
        day, was = new.row["reported_date"], held.get(_key(extract, new.row))
        if was is not None:
            early, late = min(day, was), max(day, was)
            found += (late.year - early.year, (late.month, late.day) >= (early.month, early.day)) >= (1, True)
    return found


def _apply(
    delivery: Delivery, load: Load, number: int, rows: list[Conformed], standing: list[_Standing]
) -> list[_Standing]:
    """The rows in force after the file."""
    extract = delivery.extract
    arrived = [
        _Standing(read.row, number, delivery.source)
        for read, fate in zip(rows, load.fates, strict=True)
        if fate == "accepted"
    ]
    load.findings["replaced_far_apart"] += _far_apart(extract, arrived, standing)
    if delivery.kind == "append":
        replaced_keys = {_key(extract, new.row) for new in arrived} - {None}
        return [held for held in standing if _key(extract, held.row) not in replaced_keys] + arrived

    # A set that is held and arrives with a row missing stays as it was. An incident is a set of one row: a
    # good row beside a quarantined one is its last good version.
    held_sets = {_set(extract, held.row) for held in standing}
    kept: set[tuple[Any, ...]] = set()
    if extract == "incident":
        kept = _incomplete_sets(extract, rows) - {_set(extract, new.row) for new in arrived}
    else:
        kept = _incomplete_sets(extract, rows) & held_sets
        load.findings["set_incomplete"] += len(kept)
    arrived = [new for new in arrived if _set(extract, new.row) not in kept]
    if extract == "investigation":
        now = Counter(_set(extract, new.row) for new in arrived)
        before = Counter(_set(extract, held.row) for held in standing)
        load.findings["fewer_rows"] += sum(before[crime] > rows for crime, rows in now.items())

    replaced_sets = {_set(extract, new.row) for new in arrived}
    replaced_keys = {_key(extract, new.row) for new in arrived} - {None}
    forces = {read.row["force"] for read, fate in zip(rows, load.fates, strict=True) if fate == "accepted"}
    stay = []
    for held in standing:
        in_set = _set(extract, held.row) in replaced_sets or _key(extract, held.row) in replaced_keys
        withdrawn = delivery.kind == "snapshot" and held.source == delivery.source and held.row["force"] in forces
        if not in_set and (not withdrawn or _set(extract, held.row) in kept):
            stay.append(held)
    return stay + arrived


def _in_order(deliveries: Sequence[Delivery]) -> list[int]:
    """Places in the list, in the order in which deliveries count: one with a day before the first of a later day."""
    order: list[int] = []
    for number, delivery in enumerate(deliveries):
        day = delivery.day_told
        later = [
            place
            for place, other in enumerate(order)
            if day is not None and (told := deliveries[other].day_told) is not None and told > day
        ]
        order.insert(later[0] if later else len(order), number)
    return order


def _as_commonest(extract: str, rows: list[Row]) -> list[Row]:
    """The rows with each label in its commonest spelling, of several the first in byte order."""
    shown = [dict(row) for row in rows]
    for column, within in LABELS[extract].items():
        spellings: dict[tuple[Any, ...], Counter[str]] = {}
        for row in rows:
            if row[column] is not None:
                group = (*(row[name] for name in within), row[column].casefold())
                spellings.setdefault(group, Counter())[row[column]] += 1
        for row in shown:
            if row[column] is not None:
                told = spellings[*(row[name] for name in within), row[column].casefold()]
                row[column] = min(told, key=lambda text: (-told[text], text.encode()))
    return shown


def load(deliveries: Sequence[Delivery], loaded_on: date = LOADED_ON) -> Held:
    """Applies the deliveries, which arrive in the order given; load lines stand in that order."""
    standing: dict[str, list[_Standing]] = {extract: [] for extract in COLUMNS}
    held = Held(loaded_on=loaded_on)
    lines: dict[int, Load] = {}
    for number in _in_order(deliveries):
        delivery = deliveries[number]
        extract = delivery.extract
        rows = [conform(extract, raw, loaded_on) for raw in delivery.rows]
        fates, reasons = _fates(delivery, rows, standing[extract])
        findings: Counter[str] = Counter()
        for read, fate in zip(rows, fates, strict=True):
            if fate == "accepted":
                findings.update(read.findings)
                if extract == "incident" and read.row["business_type"] is not None:
                    held.states_business_type = True
        lines[number] = Load(delivery.file, extract, fates, reasons, findings, delivery, rows)
        standing[extract] = _apply(delivery, lines[number], number, rows, standing[extract])
    held.loads = [lines[number] for number in range(len(deliveries))]
    in_force = Counter(row.load for rows in standing.values() for row in rows)
    for number, line in enumerate(held.loads):
        line.superseded = line.counts["accepted"] - in_force[number]
    for extract, rows_in_force in standing.items():
        held.rows[extract] = _as_commonest(extract, [row.row for row in rows_in_force])
        sources = [row.source for row in rows_in_force]
        held.sources[extract] = list(zip(sources, held.rows[extract], strict=True))
    return held
