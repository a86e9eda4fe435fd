"""Who owns which extract, and how they are reached: data_owners.toml. Holds addresses and secrets in memory only;
messages name the owner and the key, never a value.
"""

import re
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attrition import reference
from attrition.alerts.channel import Channel, read_channel
from attrition.errors import UsageFault

POLICE_EXTRACTS = ("incident", "investigation")
CPS_EXTRACTS = ("cps", "cps_event")
RULE_GROUPS = ("format", "completeness", "consistency", "date_order", "linkage", "volume", "feed", "schema")
OPERATOR_GROUP = "operator"
LATE = "feed_late"
ESCALATE_AFTER_DAYS = 14

_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_SECTIONS = ("owner", "operator", "board_lead", "ca_file")
_ROLE_KEYS = ("name", "people", "channels")
_OWNER_KEYS = (
    *_ROLE_KEYS, "force", "cps_area", "extracts", "rule_groups", "deputies", "escalate_after_days", "escalate_to", "due",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody who is written to. Neither name nor address is ever shown."""

    name: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True)
class Owner:
    """Somebody who answers for extracts; the operator and the board lead are the same without area and extracts.

    name: the team's name, unique in the file; it stands in messages
    area: slug of the force, or of the CPS Area
    extracts, rule_groups: what they are told about; no rule group means all of them
    people, deputies: whom a mail channel writes to; deputies only once something is open too long
    channels, escalate_to: how they are reached; escalate_to only once something is open too long
    escalate_after_days: days after which an open incident is open too long
    due: for each extract the table that attrition.quality.calendar.parse_schedule reads
    purpose: what an alert to them is: a digest, or one to the operator or the board lead
    """

    name: str
    area: str = ""
    extracts: tuple[str, ...] = ()
    rule_groups: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    deputies: tuple[Person, ...] = ()
    channels: tuple[Channel, ...] = ()
    escalate_to: tuple[Channel, ...] = ()
    escalate_after_days: int = ESCALATE_AFTER_DAYS
    due: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    purpose: str = "digest"

    def fits(self, extract: str, area: str, rule_group: str) -> bool:
        """Whether this owner is told about such an incident."""
        here = bool(area) and self.area == area and extract in self.extracts
        return here and (not self.rule_groups or rule_group in self.rule_groups)


@dataclass(frozen=True)
class Owners:
    """Everybody in data_owners.toml. ca_file: certificates of a private CA that are trusted beside the system's."""

    owners: tuple[Owner, ...]
    operator: Owner
    board_lead: Owner
    ca_file: Path | None = None

    def named(self, name: str) -> Owner | None:
        """The owner, operator or board lead of that name."""
        return next((owner for owner in (*self.owners, self.operator, self.board_lead) if owner.name == name), None)


def route(owners: Owners, *, extract: str, area: str, rule_group: str, rule: str = "") -> list[Owner]:
    """Who is told of an incident: the owners that fit most narrowly, the operator where nobody fits.

    The fewer rule groups and extracts an owner names, the narrower. What concerns the program itself goes to the operator
    alone; a late feed goes to the board lead too.
    """
    if rule_group == OPERATOR_GROUP:
        return [owners.operator]
    fitting = [owner for owner in owners.owners if owner.fits(extract, area, rule_group)]
    narrowest = min((_width(owner) for owner in fitting), default=None)
    told = [owner for owner in fitting if _width(owner) == narrowest] or [owners.operator]
    return [*told, owners.board_lead] if rule == LATE else told


def _width(owner: Owner) -> tuple[int, int]:
    return len(owner.rule_groups) or len(RULE_GROUPS) + 1, len(owner.extracts)


def load_owners(path: Path) -> Owners:
    """Reads data_owners.toml. Raises UsageFault naming every mistake, by owner and key, without any value."""
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        raise UsageFault(f"The owners file {path} cannot be read. Correct its path, or save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as fault:
        # The parser's message may quote what stands in the file; of it only the place is told.
        place = re.search(r"at (?:line \d+, column \d+|end of document)", str(fault))
        raise UsageFault(
            f"The owners file {path} is not TOML ({place[0] if place else 'place unknown'}). "
            "Look for a missing quote or bracket there."
        ) from None
    read = _Reading(path.parent)
    owners = read.everybody(stated)
    if read.mistakes:
        raise UsageFault(
            f"The owners file {path} has mistakes: {'; '.join(read.mistakes)}. docs/tell-the-owners.md explains each key."
        )
    return owners


class _Reading:
    """One reading of the file: goes on after a mistake, so that all are told at once."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.mistakes: list[str] = []

    def everybody(self, stated: dict[str, Any]) -> Owners:
        self._known(stated, _SECTIONS, "the file")
        tables = stated.get("owner", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self.mistakes.append("owner must be written as [[owner]]")
            tables = []
        owners = tuple(self._owner(table, f"owner {number}") for number, table in enumerate(tables, 1))
        operator, board_lead = (
            self._role(stated.get(key), key, purpose)
            for key, purpose in (("operator", "operator"), ("board_lead", "board"))
        )
        names = [owner.name for owner in (*owners, operator, board_lead) if owner.name]
        twice = dict.fromkeys(name for name in names if names.count(name) > 1)
        self.mistakes += [f"the name {name} stands twice" for name in twice]
        return Owners(owners, operator, board_lead, self._ca_file(stated.get("ca_file")))

    def _ca_file(self, stated: object) -> Path | None:
        if stated is None:
            return None
        if not isinstance(stated, str) or not stated:
            self.mistakes.append("ca_file must be the path of a PEM file")
            return None
        try:
            ssl.create_default_context(cafile=str(self.base / stated))
        except (OSError, ValueError):
            self.mistakes.append("ca_file cannot be read as certificates in PEM")
        return self.base / stated

    def _role(self, table: object, key: str, purpose: str) -> Owner:
        if not isinstance(table, dict):
            self.mistakes.append(f"the section [{key}] is missing")
            return Owner("")
        self._known(table, _ROLE_KEYS, key)
        people = self._people(table, "people", key)
        return Owner(
            self._name(table, key),
            people=people,
            channels=self._channels(table, key, bool(people)),
            purpose=purpose,
        )

    def _owner(self, table: dict[str, Any], where: str) -> Owner:
        name = self._name(table, where)
        where = f"owner {name}" if name else where
        self._known(table, _OWNER_KEYS, where)
        area, extracts = self._area(table, where)
        stated = self._some_of(table, "extracts", extracts, where)
        if not table.get("extracts"):
            self.mistakes.append(f"{where}: extracts is missing or empty; it may hold {', '.join(extracts)}")
        people = self._people(table, "people", where)
        days = table.get("escalate_after_days", ESCALATE_AFTER_DAYS)
        if isinstance(days, bool) or not isinstance(days, int) or days < 1:
            self.mistakes.append(f"{where}: escalate_after_days must be a whole number of days from 1")
            days = ESCALATE_AFTER_DAYS
        return Owner(
            name,
            area,
            stated,
            self._some_of(table, "rule_groups", RULE_GROUPS, where),
            people,
            self._people(table, "deputies", where),
            self._channels(table, where, bool(people)),
            self._escalation(table, where),
            days,
            self._due(table, stated, where),
        )

    def _area(self, table: dict[str, Any], where: str) -> tuple[str, tuple[str, ...]]:
        """The area, and the extracts that its kind of owner can have."""
        if ("force" in table) == ("cps_area" in table):
            self.mistakes.append(f"{where}: exactly one of force and cps_area is needed")
            return "", POLICE_EXTRACTS + CPS_EXTRACTS
        key, column, extracts = (
            ("force", "code", POLICE_EXTRACTS) if "force" in table else ("cps_area", "cps_area", CPS_EXTRACTS)
        )
        area = table[key]
        if not isinstance(area, str) or not area or area not in {row[column] for row in reference.rows("force")}:
            self.mistakes.append(f"{where}: {key} is not in the column {column} of data/reference/force.csv")
            return "", extracts
        return area, extracts

    def _some_of(self, table: dict[str, Any], key: str, known: tuple[str, ...], where: str) -> tuple[str, ...]:
        stated = table.get(key, [])
        if not isinstance(stated, list) or not all(entry in known for entry in stated):
            self.mistakes.append(f"{where}: {key} must be a list of some of {', '.join(known)}")
            return ()
        return tuple(dict.fromkeys(stated))

    def _people(self, table: dict[str, Any], key: str, where: str) -> tuple[Person, ...]:
        people = []
        stated = table.get(key, [])
        for number, entry in enumerate(stated if isinstance(stated, list) else [stated], 1):
            name, address = (entry.get("name"), entry.get("address")) if isinstance(entry, dict) else (None, None)
            if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(entry) != 2:
                self.mistakes.append(f"{where}: {key} {number} must be a table with name and address")
            elif not isinstance(address, str) or not _ADDRESS.fullmatch(address):
                self.mistakes.append(f"{where}: the address of {key} {number} is no mail address")
            else:
                people.append(Person(name.strip(), address))
        return tuple(people)

    def _channels(self, table: dict[str, Any], where: str, has_people: bool) -> tuple[Channel, ...]:
        channels = self._read_channels(table, "channels", where)
        if not table.get("channels"):
            self.mistakes.append(f"{where}: channels is missing or empty; outbox:FOLDER is the simplest")
        if any(channel.is_mail and not channel.recipients for channel in channels) and not has_people:
            self.mistakes.append(f"{where}: people is empty, so a mail channel has nobody to write to")
        return channels

    def _escalation(self, table: dict[str, Any], where: str) -> tuple[Channel, ...]:
        channels = self._read_channels(table, "escalate_to", where)
        if any(channel.is_mail and not channel.recipients for channel in channels):
            # Over the ordinary mail channels people and deputies get it anyway.
            self.mistakes.append(f"{where}: a mail channel of escalate_to must name whom it writes to, with to=")
        return channels

    def _read_channels(self, table: dict[str, Any], key: str, where: str) -> tuple[Channel, ...]:
        stated = table.get(key, [])
        if not isinstance(stated, list):
            self.mistakes.append(f"{where}: {key} must be a list")
            return ()
        channels = []
        for number, entry in enumerate(stated, 1):
            channel, mistakes = read_channel(entry, self.base)
            self.mistakes += [f"{where}: {key} {number} {mistake}" for mistake in mistakes]
            if channel is not None:
                channels.append(channel)
        return tuple(channels)

    def _due(self, table: dict[str, Any], extracts: tuple[str, ...], where: str) -> dict[str, Mapping[str, object]]:
        stated = table.get("due", {})
        if not isinstance(stated, dict) or not all(isinstance(entry, dict) for entry in stated.values()):
            self.mistakes.append(f"{where}: due must hold a table for each extract, such as [owner.due.incident]")
            return {}
        if not stated:
            return {}
        from attrition.quality.calendar import parse_schedule

        for number, (extract, schedule) in enumerate(stated.items(), 1):
            if extract not in extracts:
                self.mistakes.append(f"{where}: table {number} of due is for none of its extracts")
                continue
            _, mistakes = parse_schedule(schedule)
            self.mistakes += [f"{where}: due.{extract}: {mistake}" for mistake in mistakes]
        return stated

    def _name(self, table: dict[str, Any], where: str) -> str:
        name = table.get("name")
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            self.mistakes.append(f"{where}: name is missing")
            return ""
        return name.strip()

    def _known(self, table: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
        # Only a plain word is quoted back: anything else may be an address that slipped into the place of a key.
        for key in table:
            if key not in keys:
                shown = f"the key {key}" if re.fullmatch(r"[A-Za-z_]{1,30}", key) else "a key"
                self.mistakes.append(f"{where}: {shown} is unknown; the keys are {', '.join(keys)}")
