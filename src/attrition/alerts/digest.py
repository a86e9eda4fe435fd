"""The message to an owner: what changed in their extracts, why it matters, how to mend it. Plain text from changes alone;
it holds no value of the data and no name of a person.
"""

import datetime as dt
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from attrition.quality.change import Change, Kind

COLUMNS = 72
_SEVERITIES = ("critical", "warning", "info")
# While one of these stands, its extract has no new rows to speak of.
_SILENCING = ("feed_late", "delivery_held")
_FEED_GROUPS = ("feed", "operator")
_SHOWN_FILES = 3
_TOLD_IN_SUBJECT = (
    Kind.NEW, Kind.REOPENED, Kind.WORSE, Kind.ESCALATED, Kind.MENDED, Kind.PARTLY_MENDED,
)  # fmt: skip
_HEADINGS = {
    Kind.NEW: "New",
    Kind.REOPENED: "Back again",
    Kind.WORSE: "Worse",
    Kind.ESCALATED: "Open too long",
    Kind.MENDED: "Mended",
    Kind.PARTLY_MENDED: "Partly mended",
    Kind.UNCHANGED: "Still open",
}
_FOOTER = (
    "An item closes by itself once a delivery brings its rows right. If a number is right as it stands, tell the person who "
    "runs this program: they close it with your reason."
)


@dataclass(frozen=True)
class Digest:
    """A message. escalated: whether something in it is open too long, so that deputies get it too."""

    subject: str
    body: str
    escalated: bool


def compose(owner_name: str, changes: Sequence[Change], as_at: dt.date, now: dt.date) -> Digest | None:
    """The digest of one owner and run; None when nothing changed that they can act on.

    as_at: the day that the figures are for; now: the day of the run, from which ages are counted
    """
    told = sorted(_not_silenced(changes), key=_order)
    items = [change for change in told if change.severity != "info"]
    remarks = sum(change.severity == "info" and change.kind is not Kind.MENDED for change in told)
    if all(change.kind is Kind.UNCHANGED for change in items):
        return None
    lines = [f"To {owner_name}"]
    lines += _wrapped(
        f"This is what changed in your extracts since the last message. The figures are as at {_day(as_at)}. "
        "Nothing is sent on days without a change."
    )
    for kind, heading in _HEADINGS.items():
        chosen = [change for change in items if change.kind is kind]
        if chosen:
            lines += ["", "", f"{heading} ({len(chosen)})", "-" * len(f"{heading} ({len(chosen)})")]
            for change in chosen:
                lines += _SECTIONS[kind](change, now)
    if remarks:
        one = remarks == 1
        lines += ["", ""]
        lines += _wrapped(
            f"{remarks} remark{'' if one else 's'} without need to act {'is' if one else 'are'} on the quality page."
        )
    lines += ["", "", *_wrapped(_FOOTER)]
    return Digest(_subject(items), "\n".join(lines) + "\n", any(change.kind is Kind.ESCALATED for change in items))


def _not_silenced(changes: Sequence[Change]) -> list[Change]:
    """The changes without those of an extract that has not arrived or is held: a missing file says nothing of its columns."""
    silent = {
        (change.extract, change.area)
        for change in changes
        if change.rule in _SILENCING and change.kind is not Kind.MENDED
    }
    return [
        change for change in changes if change.rule_group in _FEED_GROUPS or (change.extract, change.area) not in silent
    ]


def _order(change: Change) -> tuple[int, str, str, int, int]:
    """The worst first, then extract by extract, the most rows first."""
    return _SEVERITIES.index(change.severity), change.extract, change.area, -(change.rows or 0), change.incident_id


def _subject(items: list[Change]) -> str:
    areas = list(dict.fromkeys(change.area for change in items if change.area))
    where = f", {', '.join(areas)}" if 0 < len(areas) < 3 else f", {len(areas)} areas" if areas else ""
    counts = [(sum(change.kind is kind for change in items), kind.value) for kind in _TOLD_IN_SUBJECT]
    return f"Hate crime extracts{where}: {', '.join(f'{count} {word}' for count, word in counts if count)}"


def _in_full(change: Change, now: dt.date) -> list[str]:
    """An item that somebody must act on."""
    lines = ["", *_wrapped(f"{change.severity.capitalize()}: {change.message.rstrip('.')}.")]
    lines += _field("Where", f"{_place(change)}{_files(change)}")
    if change.kind is not Kind.NEW:
        again = f", for the {_ordinal(change.times_opened)} time" if change.times_opened > 1 else ""
        lines += _field("Since", f"{_day(change.opened_on)}, {_days((now - change.opened_on).days)} ago{again}")
    if change.rows_fixed:
        lines += _field("Fixed", f"{_fixed(change)} so far")
    lines += _field("Why", change.why) + _field("Mend", change.mend)
    if change.price:
        lines += _field("Worth", change.price)
    return lines + _field("More", f"attrition incidents show {change.incident_id}")


def _mended(change: Change, now: dt.date) -> list[str]:
    taken = (now - change.opened_on).days
    fixed = f"{_fixed(change)} fixed, " if change.rows_fixed else ""
    return ["", *_entry(f"[{change.incident_id}] {_named(change)}: {fixed}closed after {_days(taken)}. Thank you.")]


def _partly_mended(change: Change, now: dt.date) -> list[str]:
    left = f", {change.rows:,} left" if change.rows is not None else ""
    lines = ["", *_entry(f"[{change.incident_id}] {_named(change)}: {_fixed(change)} fixed{left}.")]
    return lines + _field("Mend", change.mend)


def _one_line(change: Change, now: dt.date) -> list[str]:
    rows = f", {_rows(change.rows)}" if change.rows is not None else ""
    known = ", acknowledged" if change.acknowledged_by or change.assigned_to else ""
    return ["", *_entry(f"[{change.incident_id}] {_named(change)}{rows}, since {_day(change.opened_on)}{known}")]


_SECTIONS: dict[Kind, Callable[[Change, dt.date], list[str]]] = {
    Kind.NEW: _in_full,
    Kind.REOPENED: _in_full,
    Kind.WORSE: _in_full,
    Kind.ESCALATED: _in_full,
    Kind.MENDED: _mended,
    Kind.PARTLY_MENDED: _partly_mended,
    Kind.UNCHANGED: _one_line,
}


def _place(change: Change) -> str:
    """Extract, area, column and number of rows."""
    column = f", column {change.column}" if change.column else ""
    rows = f", {_rows(change.rows)}" if change.rows is not None else ""
    return f"extract {change.extract}{f', {change.area}' if change.area else ''}{column}{rows}"


def _files(change: Change) -> str:
    shown, more = change.files[:_SHOWN_FILES], len(change.files) - _SHOWN_FILES
    if not shown:
        return ""
    return f", in {', '.join(shown)}" + (f" and {more} more file{'s' if more > 1 else ''}" if more > 0 else "")


def _named(change: Change) -> str:
    """The message with the extract and column it is about."""
    column = f".{change.column}" if change.column else ""
    return f"{change.message} ({change.extract}{column}{f', {change.area}' if change.area else ''})"


def _fixed(change: Change) -> str:
    """How many of all rows that ever failed are mended; with those that are left they make up the whole."""
    every = max(change.rows_at_worst or 0, change.rows_fixed + (change.rows or 0))
    return f"{change.rows_fixed:,} of {every:,}"


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def _days(number: int) -> str:
    return f"{number:,} day{'' if number == 1 else 's'}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def _field(name: str, text: str) -> list[str]:
    """A text under its name; what follows it on lines of its own is there to be copied, and stays as it is."""
    first, *others = text.splitlines() or [""]
    return _wrapped(first, first=f"  {name:<7}", rest=" " * 9) + [" " * 9 + line for line in others]


def _entry(text: str) -> list[str]:
    return _wrapped(text, rest="  ")


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    """Lines of at most 72 columns; a file's name is never broken."""
    return textwrap.wrap(
        text, COLUMNS, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
