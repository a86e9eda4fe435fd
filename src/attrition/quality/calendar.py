"""When deliveries are due: bank holidays and working days of England and Wales, and the schedule of one feed.

Days and rules only. What was delivered, by whom, and who is told stand elsewhere.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from attrition import reference

FIRST_YEAR = 2010  # one-off holidays before it are not in data/reference/bank_holiday.csv
EVERY = ("day", "week", "month")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_WORKING_DAY = 15  # every month has them: the shortest so far, April 2011, had 18
MOST_GRACE = 20

_DAY = dt.timedelta(days=1)
_SATURDAY = 5
_KEYS = ("every", "weekday", "working_day", "grace_days")


@cache
def bank_holidays(year: int) -> frozenset[dt.date]:
    """The bank holidays of England and Wales in one year, as published: a substitute day stands for a holiday that
    falls on a weekend.

    They follow from the rules, but for the days of data/reference/bank_holiday.csv: a proclaimed day goes there.
    Raises ValueError for a year before 2010.
    """
    if year < FIRST_YEAR:
        raise ValueError(f"bank holidays are known from {FIRST_YEAR} on, not for {year}; ask for a later year")
    easter = _easter_sunday(year)
    days = {
        easter - 2 * _DAY,
        easter + _DAY,
        _first_monday(year, 5),
        _first_monday(year, 6) - 7 * _DAY,  # the last Monday of May
        _first_monday(year, 9) - 7 * _DAY,  # the last Monday of August
    }
    for month, day in ((1, 1), (12, 25), (12, 26)):
        held = dt.date(year, month, day)
        while held.weekday() >= _SATURDAY or held in days:
            held += _DAY
        days.add(held)
    for row in reference.rows("bank_holiday"):
        proclaimed = dt.date.fromisoformat(row["day"])
        if proclaimed.year == year:
            days.add(proclaimed)
            if row["moved_from"]:
                days.discard(dt.date.fromisoformat(row["moved_from"]))
    return frozenset(days)


def is_working_day(day: dt.date) -> bool:
    """Whether the day is neither on a weekend nor a bank holiday. Raises ValueError for a day before 2010."""
    return day not in bank_holidays(day.year) and day.weekday() < _SATURDAY


@dataclass(frozen=True)
class Schedule:
    """When an owner delivers one feed. A due day that is no working day moves to the next working day.

    every: "day" (each working day), "week" or "month"
    weekday: name of the day in small letters, for every week
    working_day: which working day of the month, for every month: 1 is the first, -1 the last
    grace_days: working days after the due day until the feed counts as late
    """

    every: str
    weekday: str = "monday"
    working_day: int = 1
    grace_days: int = 0


def parse_schedule(table: dict[str, object]) -> tuple[Schedule | None, list[str]]:
    """The schedule that a TOML table states, and a phrase for every mistake; no schedule where there is one."""
    mistakes = [f"unknown key {name}" for name in table if name not in _KEYS]
    every = table.get("every")
    if every is None:
        mistakes.append("every is missing")
    elif every not in EVERY:
        mistakes.append(f"every must be one of {', '.join(EVERY)}")
    if every in EVERY:
        for name, whose in (("weekday", "week"), ("working_day", "month")):
            if every == whose and name not in table:
                mistakes.append(f"{name} is missing; every {whose} needs it")
            elif every != whose and name in table:
                mistakes.append(f"{name} goes with every {whose} only")
    weekday = table.get("weekday", WEEKDAYS[0])
    weekday = weekday.strip().lower() if isinstance(weekday, str) else ""
    if weekday not in WEEKDAYS:
        mistakes.append(f"weekday must be one of {', '.join(WEEKDAYS)}")
    working_day = _whole(table.get("working_day", 1))
    if working_day is None or not 1 <= abs(working_day) <= MOST_WORKING_DAY:
        mistakes.append(
            f"working_day must be a whole number from 1 to {MOST_WORKING_DAY}, or from -{MOST_WORKING_DAY} to -1 "
            "counted from the end of the month"
        )
    grace_days = _whole(table.get("grace_days", 0))
    if grace_days is None or not 0 <= grace_days <= MOST_GRACE:
        mistakes.append(f"grace_days must be a whole number from 0 to {MOST_GRACE}")
    if mistakes or working_day is None or grace_days is None:
        return None, mistakes
    return Schedule(str(every), weekday, working_day, grace_days), []


def last_due(schedule: Schedule, today: dt.date) -> dt.date:
    """The latest day, `today` included, by which a delivery had to be there: its due day and the days of grace.

    Raises ValueError where that day or the one before it would lie before 2010.
    """
    return _after(due_since(schedule, today)[0], schedule.grace_days)


def due_since(schedule: Schedule, today: dt.date) -> tuple[dt.date, dt.date]:
    """For the delivery that had to be there by `last_due`: the day on which it was due, without grace, and the first
    day on which a delivery counts as that one, which is the day after the due day before it.

    The feed is late on `today` if no delivery of it was loaded from that first day to `today`, both included. So the
    run of the due day itself expects the delivery, unless the schedule gives grace. One that comes within the grace
    of the due day before counts for this one too: two deliveries cannot be told from one that is repeated, and the
    owner is then asked one period later.

    Raises ValueError as `last_due` does.
    """
    due_days = _due_days_back(schedule, today)
    due = next(day for day in due_days if _after(day, schedule.grace_days) <= today)
    # After a weekend several days of a daily feed fall due on the same working day.
    before = next(day for day in due_days if day < due)
    return due, before + _DAY


def is_late(schedule: Schedule, loaded_on: dt.date | None, today: dt.date) -> bool:
    """Whether the feed is late on `today`, given the day of its latest delivery (None: there never was one).

    Raises ValueError as `last_due` does.
    """
    return loaded_on is None or loaded_on < due_since(schedule, today)[1]


def _due_days_back(schedule: Schedule, today: dt.date) -> Iterator[dt.date]:
    """Due days without grace, latest first, from the period (day, week, month) that holds `today`."""
    if schedule.every == "day":
        day = today
        while True:
            yield _working_from(day)
            day -= _DAY
    elif schedule.every == "week":
        day = today + (WEEKDAYS.index(schedule.weekday) - today.weekday()) * _DAY
        while True:
            yield _working_from(day)
            day -= 7 * _DAY
    else:
        month = today.replace(day=1)
        while True:
            following = (month + 31 * _DAY).replace(day=1)
            days = [month + number * _DAY for number in range((following - month).days)]
            working = [day for day in days if is_working_day(day)]
            yield working[schedule.working_day - 1 if schedule.working_day > 0 else schedule.working_day]
            month = (month - _DAY).replace(day=1)


def _working_from(day: dt.date) -> dt.date:
    """The day itself if it is a working day, else the next one."""
    while not is_working_day(day):
        day += _DAY
    return day


def _after(day: dt.date, working_days: int) -> dt.date:
    for _ in range(working_days):
        day = _working_from(day + _DAY)
    return day


def _first_monday(year: int, month: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + (-first.weekday() % 7) * _DAY


def _easter_sunday(year: int) -> dt.date:
    """Easter of the Gregorian calendar: the Sunday after the ecclesiastical full moon on or after 21 March."""
    century = year // 100
    golden = year % 19
    # The moon's age at the turn of the year: the 19-year cycle, corrected for dropped leap years and for its drift.
    drift = (8 * century + 13) // 25
    epact = (19 * golden + century - century // 4 - drift + 15) % 30
    # Two corrections keep the full moon before 19 April and distinct within a cycle.
    epact -= epact == 29 or (epact == 28 and golden > 10)
    full_moon = dt.date(year, 3, 21) + epact * _DAY
    return full_moon + (6 - full_moon.weekday() or 7) * _DAY


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
