"""Days and moments as text (SPEC section 1): which can be read, and which day in London they mean."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

READABLE_FROM = date(1990, 1, 1)
# Days after the day of loading to which a date may lie.
AHEAD = {"first_hearing_date": 1000, "due_date": 1000}

_LONDON = ZoneInfo("Europe/London")
_WRITTEN = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ] ?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)? ?(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.IGNORECASE,
)


def day_of(column: str, text: str, loaded_on: date) -> date | None:
    """The day that a clean text means; None where it cannot be read or lies out of bounds."""
    found = _WRITTEN.fullmatch(text)
    if not found:
        return None
    try:
        day = date.fromisoformat(found["day"])
        if found["zone"]:
            moment = datetime(day.year, day.month, day.day, int(found["hour"]), int(found["minute"]))
            day = moment.replace(tzinfo=_zone(found["zone"])).astimezone(_LONDON).date()
    except (ValueError, OverflowError):
        return None
    return day if READABLE_FROM <= day <= loaded_on + timedelta(days=AHEAD.get(column, 0)) else None


def _zone(text: str) -> timezone:
    if text.upper() == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
