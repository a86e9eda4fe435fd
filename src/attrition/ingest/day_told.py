"""The day that a file tells by its name: what orders deliveries where their mapping does not state how far they reach."""

import calendar
import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

EARLIEST = dt.date(1990, 1, 1)
_AHEAD = dt.timedelta(366)  # a day that lies further ahead of the day of loading is no day
NO_LIMIT = dt.date(2100, 12, 31)  # a day of loading for those who ask what a name may tell at any time

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = (
    r"(?<![a-z])(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])"
)
_BEGIN = r"(?<!\d)(?<![^a-z]v)(?<!^v)"  # no figure stands before it, and no v of a version
_END = r"(?!\d)"
_BETWEEN = r"[-_., ]{0,2}"
_ORDINAL = r"(?:st|nd|rd|th)?(?:[-_ ]of)?"
# A time of day after a day belongs to it: its figures are no second day.
_TIME = (
    r"(?:t?[0-2]\d[0-5]\d(?:[0-5]\d)?(?!\d)|[t_ -][0-2]\d[0-5]\d[0-5]\d(?!\d)"
    r"|[t_ -]{1,2}[0-2]\d[-.:h][0-5]\d(?:[-.:][0-5]\d)?(?![-.:]?\d))?"
)


def _number(text: str) -> str:
    return rf"(?P<{text}>\d{{4}})" if text == "y" else rf"(?P<{text}>\d{{1,2}})"


_Y, _M, _D = _number("y"), _number("m"), _number("d")
# Each form with the order in which its figures may be read. Figures take one separator throughout.
_FORMS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(begin + form + (_TIME if "d" in orders[0] else "") + _END), orders)
    for begin, form, orders in (
        (_BEGIN, rf"{_Y}(?P<sep>[-_. ]){_M}(?P=sep){_D}", ("ymd",)),
        (_BEGIN, rf"{_D}(?P<sep>[-_. ]){_M}(?P=sep){_Y}", ("dmy", "mdy")),
        (_BEGIN, r"(?P<d>\d{1,2})(?P<sep>[-_. ])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{2})", ("dmy", "mdy", "ymd")),
        (_BEGIN, r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", ("ymd",)),
        (_BEGIN, r"(?P<d>\d{2})(?P<m>\d{2})(?P<y>\d{4})", ("dmy", "mdy")),
        (_BEGIN, rf"{_D}{_ORDINAL}{_BETWEEN}{_NAMED}{_BETWEEN}(?P<y>\d{{4}}|'?\d{{2}})", ("dmy",)),
        (_BEGIN, rf"{_Y}{_BETWEEN}{_NAMED}{_BETWEEN}{_D}", ("ymd",)),
        (_BEGIN, rf"{_Y}(?P<sep>[-_. ]){_M}", ("ym",)),
        (_BEGIN, rf"{_M}(?P<sep>[-_. ]){_Y}", ("ym",)),
        (_BEGIN, r"(?P<y>\d{4})(?P<m>\d{2})", ("ym",)),
        (_BEGIN, rf"{_Y}{_BETWEEN}{_NAMED}", ("ym",)),
        ("", rf"{_NAMED}{_BETWEEN}{_D}(?:st|nd|rd|th)?[-_., ]{{1,2}}(?P<y>\d{{4}})", ("dmy",)),
        ("", rf"{_NAMED}(?:{_BETWEEN}(?P<y>\d{{4}})|[-']?(?P<short>\d{{2}}))", ("ym",)),
    )
)


def day_in_name(name: str, load_day: dt.date) -> dt.date | None:
    """The day that a file's name tells, the last where it tells several (a range ends there); None where it tells none.

    A month stands for its last day. Where day and month could be changed round, the day comes first. Days before 1990 or
    more than 366 days after `load_day` are numbers, not days.
    """
    found = _days(_plain(Path(name).stem), load_day)
    return max(found)[2] if found else None


def places_in_name(stem: str) -> list[tuple[int, int]]:
    """Where days and months stand in a name without its ending: begin and end of each, whatever the day of loading."""
    letters = [(plain, place) for place, letter in enumerate(stem) for plain in _plain(letter)]
    found = _days("".join(plain for plain, _ in letters), NO_LIMIT)
    return [(letters[start][1], letters[end - 1][1] + 1) for start, end, _ in sorted(found)]


def _plain(text: str) -> str:
    """The text as the forms read it: in lower case, with plain figures and dashes."""
    text = unicodedata.normalize("NFKC", text).casefold()
    for dash in "\u2010\u2011\u2012\u2013\u2014":
        text = text.replace(dash, "-")
    return text


def _days(text: str, load_day: dt.date) -> list[tuple[int, int, dt.date]]:
    """Every day that a text tells, with its place."""
    found = [
        (match.start(), match.end(), day)
        for form, orders in _FORMS
        for match in _every(form, text)
        if (day := _first_valid(match, orders, load_day)) is not None
    ]
    # Of readings that overlap the longest is meant: 2025-02-28 is no February 2025 with a 28 behind it.
    kept: list[tuple[int, int, dt.date]] = []
    for start, end, day in sorted(found, key=lambda one: (one[0] - one[1], one[0])):
        if all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, day))
    return kept


def _every(form: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Every place where the form fits, also those that overlap."""
    match = form.search(text)
    while match:
        yield match
        match = form.search(text, match.start() + 1)


def _first_valid(match: re.Match[str], orders: tuple[str, ...], load_day: dt.date) -> dt.date | None:
    """The first reading that is a day: what stands in the places of `orders[0]` is taken for each order in turn."""
    told = match.groupdict()
    separator = told.get("sep")
    if separator and len(orders[0]) == 2:
        # Figures of a day that there is not, such as 31-02-2025, are no month either.
        before, after = match.string[: match.start()], match.string[match.end() :]
        part = re.escape(separator)
        if re.search(rf"(?<!\d)\d{{1,2}}{part}$", before) or re.match(rf"{part}\d{{1,2}}(?!\d)", after):
            return None
    for order in orders:
        parts = {letter: told.get(place) for place, letter in zip(orders[0], order, strict=True)}
        year = (parts["y"] or told.get("short") or "").lstrip("'")
        month = _MONTHS.index(told["name"][:3]) + 1 if told.get("name") else int(parts["m"] or 0)
        day = _day(year, month, parts.get("d"))
        if day is not None and EARLIEST <= day <= load_day + _AHEAD:
            return day
    return None


def _day(year: str, month: int, day: str | None) -> dt.date | None:
    number = int(year)
    if len(year) == 2:
        number += 1900 if number >= 90 else 2000
    elif len(year) != 4:
        return None
    if not (1 <= number <= 9999 and 1 <= month <= 12):
        return None
    last = calendar.monthrange(number, month)[1]
    at = last if day is None else int(day)
    return dt.date(number, month, at) if 1 <= at <= last else None


def natural_order(name: str) -> tuple[tuple[str, int], ...]:
    """The order of names in which part 2 comes before part 10."""
    pieces = re.findall(r"(\D*)(\d*)", name.casefold())
    return tuple((text, int(figures) if figures else -1) for text, figures in pieces)
