"""Settings of a run: thresholds from attrition.toml, the pseudonym key from the environment. No data, no SQL."""

import datetime as dt
import os
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from attrition.errors import UsageFault
from attrition.reference import codes, rows

KEY_VARIABLE = "ATTRITION_PSEUDONYM_KEY"
KEY_FILE_VARIABLE = "ATTRITION_PSEUDONYM_KEY_FILE"
KEY_LENGTH = 32
# Sections of attrition.toml, and what the names of their settings begin with.
SECTIONS = {
    "thresholds": "",
    "comparators": "comparator_",
    "pilot": "pilot_",
    "marking": "marking_",
    "disclosure": "disclosure_",
}
PILOT_BREAKDOWNS = ("area_command", "investigating_unit")

_HOW_TO_MAKE_A_KEY = (
    'Make one with  python -c "import secrets; print(secrets.token_hex(32))"  , keep it in a file that only the '
    f"operator can read, and set {KEY_FILE_VARIABLE} to that file (or {KEY_VARIABLE} to the key itself). "
    "Keep the same key for ever: with another key the same person gets another pseudonym."
)


@dataclass(frozen=True)
class Settings:
    """Thresholds of reading, of the gate and of coverage.

    dates_from: the first day that a date can be; an earlier one was mistyped and counts as unreadable
    quarantine_share: largest share of a file's rows that may be quarantined (0 to 1)
    quarantine_rows: the share counts only from this number of quarantined rows
    coverage_days: a feed may reach this many days less far than the as-at date
    uplift_days: days after the last conviction until an unstated uplift counts as unknown
    small_denominator: rates of fewer cases are marked as small
    suspect_days, referral_days, charge_days, conviction_days: ages, in days from recording, at which all cases are looked at
        to see whether a suspect was identified, and whether they were referred, charged and convicted
    longest_cell: longest text of one cell, in characters; a row with a longer one is quarantined
    memory: DuckDB's memory limit
    comparator_victim_ethnicity, comparator_business_type, comparator_strand: group with which each other group of the
        dimension is compared, beside all others; empty: none
    complete_from: for a force whose extract begins with cases that were still open (or already closed) only, the first day on
        which it holds open and closed cases alike
    pilot_breakdown, pilot_group, pilot_start, pilot_stage: the area or unit of a pilot, its first day (2025-01-31), and the
        stage that it was to bring more cases to; without a group there is none
    marking_restricted, marking_board, marking_public: the protective marking of each tier
    disclosure_threshold: in the board and public tiers, a count from 1 to one less than this is protected (2 or more)
    """

    dates_from: str = "1990-01-01"
    quarantine_share: float = 0.05
    quarantine_rows: int = 20
    coverage_days: int = 7
    uplift_days: int = 60
    small_denominator: int = 30
    suspect_days: int = 90
    referral_days: int = 180
    charge_days: int = 270
    conviction_days: int = 540
    longest_cell: int = 32_767
    memory: str = "2GB"
    complete_from: dict[str, str] = field(default_factory=dict)
    comparator_strand: str = "race"
    comparator_victim_ethnicity: str = "white"
    comparator_business_type: str = "not_business"
    pilot_breakdown: str = "area_command"
    pilot_group: str = ""
    pilot_start: str = ""
    pilot_stage: str = "charged"
    marking_restricted: str = "OFFICIAL-SENSITIVE"
    marking_board: str = "OFFICIAL"
    marking_public: str = "OFFICIAL"
    disclosure_threshold: int = 5

    @property
    def first_day(self) -> dt.date:
        """The first day that a date can be."""
        return dt.date.fromisoformat(self.dates_from)

    @property
    def parameters(self) -> dict[str, int]:
        """The settings that models read: numbers of days, and from when a denominator is small."""
        return {
            name: value for name, value in asdict(self).items() if name.endswith("_days") or name == "small_denominator"
        }


def _days_by_force(entries: object, mistakes: list[str]) -> dict[str, str]:
    """The section [complete_from]: a day for each force that it names. Adds to the mistakes."""
    days: dict[str, str] = {}
    for force, day in entries.items() if isinstance(entries, dict) else [("", entries)]:
        try:
            days[force] = dt.date.fromisoformat(str(day)).isoformat()
        except ValueError:
            mistakes.append(f"{force} in [complete_from] must be a day, such as 2019-04-01")
        if force not in codes("force"):
            mistakes.append(f"[complete_from] names a force that is not on the list: {force}")
    return days


def _day_mistakes(stated: Settings) -> list[str]:
    """What is wrong with the first day that a date can be."""
    try:
        dt.date.fromisoformat(stated.dates_from)
    except ValueError:
        return ["dates_from in [thresholds] must be a day, such as 1990-01-01"]
    return []


def _pilot_mistakes(stated: Settings) -> list[str]:
    """What is wrong with the pilot that a configuration names."""
    if not stated.pilot_group:
        return []
    mistakes = []
    try:
        dt.date.fromisoformat(stated.pilot_start)
    except ValueError:
        mistakes.append("start in [pilot] must be a day, such as 2024-10-01")
    for name, allowed in (("breakdown", PILOT_BREAKDOWNS), ("stage", [row["stage"] for row in rows("milestone")])):
        if getattr(stated, f"pilot_{name}") not in allowed:
            mistakes.append(f"{name} in [pilot] must be one of {', '.join(allowed)}")
    return mistakes


def _section_of(name: str) -> str:
    """The section of attrition.toml in which a setting stands."""
    return next((section for section, prefix in SECTIONS.items() if prefix and name.startswith(prefix)), "thresholds")


def _all_keys(names: Iterable[str]) -> str:
    """Every section with its keys, as a sentence."""
    keys: dict[str, list[str]] = {section: [] for section in SECTIONS}
    for name in names:
        section = _section_of(name)
        keys[section].append(name.removeprefix(SECTIONS[section]))
    return "Keys of [complete_from]: forces. " + " ".join(
        f"Keys of [{section}]: {', '.join(listed)}." for section, listed in keys.items()
    )


def load_settings(path: Path | None) -> Settings:
    """Settings from a TOML file (sections `[thresholds]`, `[comparators]`, `[pilot]`,
    `[complete_from]`), or the defaults. Raises UsageFault naming every mistake."""
    if path is None:
        return Settings()
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise UsageFault(f"The configuration {path} cannot be read: {fault}. Correct it and run again.") from None
    known = {one.name: type(getattr(Settings(), one.name)) for one in fields(Settings) if one.name != "complete_from"}
    mistakes: list[str] = []
    values: dict[str, object] = {"complete_from": _days_by_force(stated.pop("complete_from", {}), mistakes)}
    for section, entries in stated.items():
        if section not in SECTIONS or not isinstance(entries, dict):
            mistakes.append(f"unknown section [{section}]")
            continue
        for key, written in entries.items():
            name = SECTIONS[section] + key
            value = written.isoformat() if isinstance(written, dt.date) else written
            if name not in known or _section_of(name) != section:
                mistakes.append(f"unknown key {key} in [{section}]")
            elif isinstance(value, bool) or not isinstance(
                value, (known[name], int) if known[name] is float else known[name]
            ):
                mistakes.append(f"{key} must be a {known[name].__name__}")
            elif not isinstance(value, str) and value < 0:
                mistakes.append(f"{key} must not be negative")
            elif name == "disclosure_threshold" and value < 2:
                mistakes.append(f"{key} in [{section}] must be 2 or more, or no count would be protected")
            else:
                values[name] = known[name](value)
    if not mistakes:
        stated_settings = Settings(**values)  # type: ignore[arg-type]
        mistakes = _day_mistakes(stated_settings) + _pilot_mistakes(stated_settings)
    if mistakes:
        raise UsageFault(f"The configuration {path} has mistakes: {'; '.join(mistakes)}. {_all_keys(known)}")
    return Settings(**values)  # type: ignore[arg-type]


def pseudonym_key() -> bytes:
    """The key that pseudonyms are made with. Raises UsageFault, with how to make one, where there is none."""
    key = os.environ.get(KEY_VARIABLE, "")
    if not key and (file := os.environ.get(KEY_FILE_VARIABLE)):
        try:
            key = Path(file).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError):
            raise UsageFault(
                f"The key file named by {KEY_FILE_VARIABLE} cannot be read. {_HOW_TO_MAKE_A_KEY}"
            ) from None
    if not key:
        raise UsageFault(f"There is no pseudonym key. {_HOW_TO_MAKE_A_KEY}")
    if len(key) < KEY_LENGTH:
        raise UsageFault(f"The pseudonym key is shorter than {KEY_LENGTH} characters. {_HOW_TO_MAKE_A_KEY}")
    return key.encode("utf-8")
