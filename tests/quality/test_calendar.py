"""Bank holidays against the published lists, typed by hand, and due days around them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrition.quality.calendar import (
    WEEKDAYS,
    Schedule,
    bank_holidays,
    due_since,
    is_late,
    is_working_day,
    last_due,
    parse_schedule,
)

# England and Wales, day and month as gov.uk/bank-holidays lists them.
PUBLISHED = {
    2010: "1.1 2.4 5.4 3.5 31.5 30.8 27.12 28.12",
    2011: "3.1 22.4 25.4 29.4 2.5 30.5 29.8 26.12 27.12",
    2012: "2.1 6.4 9.4 7.5 4.6 5.6 27.8 25.12 26.12",
    2019: "1.1 19.4 22.4 6.5 27.5 26.8 25.12 26.12",
    2020: "1.1 10.4 13.4 8.5 25.5 31.8 25.12 28.12",
    2021: "1.1 2.4 5.4 3.5 31.5 30.8 27.12 28.12",
    2022: "3.1 15.4 18.4 2.5 2.6 3.6 29.8 19.9 26.12 27.12",
    2023: "2.1 7.4 10.4 1.5 8.5 29.5 28.8 25.12 26.12",
    2024: "1.1 29.3 1.4 6.5 27.5 26.8 25.12 26.12",
    2025: "1.1 18.4 21.4 5.5 26.5 25.8 25.12 26.12",
    2026: "1.1 3.4 6.4 4.5 25.5 31.8 25.12 28.12",
    2027: "1.1 26.3 29.3 3.5 31.5 30.8 27.12 28.12",
}
DAILY = Schedule("day")
MONDAYS = Schedule("week", weekday="monday")
FRIDAYS = Schedule("week", weekday="friday")
FIFTH = Schedule("month", working_day=5)
LAST = Schedule("month", working_day=-1)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize("year", PUBLISHED)
def test_bank_holidays_are_those_that_were_published(year: int) -> None:
    stated = [text.split(".") for text in PUBLISHED[year].split()]
    assert bank_holidays(year) == {dt.date(year, int(month), int(number)) for number, month in stated}


# The earliest and the latest Easter of the century, and the years in which a plain 19-year cycle would be out.
@pytest.mark.parametrize("sunday", ["2038-04-25", "2035-03-25", "2049-04-18", "2076-04-19", "2285-03-22"])
def test_easter_of_far_years(sunday: str) -> None:
    easter = day(sunday)
    spring = {held for held in bank_holidays(easter.year) if held < dt.date(easter.year, 5, 1) and held.month > 2}
    assert spring == {easter - dt.timedelta(2), easter + dt.timedelta(1)}


def test_no_bank_holidays_before_the_list_begins() -> None:
    with pytest.raises(ValueError, match="2010"):
        bank_holidays(2009)


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("2025-12-24", True),
        ("2025-12-25", False),
        ("2025-12-26", False),
        ("2025-12-27", False),  # Saturday
        ("2025-12-29", True),
        ("2020-05-04", True),  # the early May holiday of 2020 was moved away from it
        ("2012-05-28", True),
        ("2022-05-30", True),
        ("2022-09-19", False),
        ("2024-02-29", True),
    ],
)
def test_working_days(text: str, works: bool) -> None:
    assert is_working_day(day(text)) is works


@pytest.mark.parametrize(
    ("schedule", "today", "last", "due", "since"),
    [
        # Every day: the days of a long weekend fall due on the Tuesday after it.
        (DAILY, "2025-07-09", "2025-07-09", "2025-07-09", "2025-07-09"),
        (DAILY, "2025-04-21", "2025-04-17", "2025-04-17", "2025-04-17"),
        (DAILY, "2025-04-22", "2025-04-22", "2025-04-22", "2025-04-18"),
        (DAILY, "2025-12-28", "2025-12-24", "2025-12-24", "2025-12-24"),
        (DAILY, "2025-12-29", "2025-12-29", "2025-12-29", "2025-12-25"),
        # Every week: Good Friday moves to Tuesday, Easter Monday too.
        (FRIDAYS, "2025-04-21", "2025-04-11", "2025-04-11", "2025-04-05"),
        (FRIDAYS, "2025-04-22", "2025-04-22", "2025-04-22", "2025-04-12"),
        (FRIDAYS, "2025-04-25", "2025-04-25", "2025-04-25", "2025-04-23"),
        (MONDAYS, "2025-04-22", "2025-04-22", "2025-04-22", "2025-04-15"),
        (MONDAYS, "2025-04-27", "2025-04-22", "2025-04-22", "2025-04-15"),
        # Every week over Christmas on a Sunday with both substitutes, and the New Year on the Sunday after it.
        (MONDAYS, "2022-12-27", "2022-12-19", "2022-12-19", "2022-12-13"),
        (MONDAYS, "2022-12-28", "2022-12-28", "2022-12-28", "2022-12-20"),
        (MONDAYS, "2023-01-03", "2023-01-03", "2023-01-03", "2022-12-29"),
        # A due day on a weekend is the Monday after it.
        (Schedule("week", weekday="saturday"), "2025-07-13", "2025-07-07", "2025-07-07", "2025-07-01"),
        (Schedule("week", weekday="saturday"), "2025-07-14", "2025-07-14", "2025-07-14", "2025-07-08"),
        # Every month: 1 January and a weekend first, Easter within the first days, months that end on a weekend.
        (FIFTH, "2025-01-07", "2024-12-06", "2024-12-06", "2024-11-08"),
        (FIFTH, "2025-01-08", "2025-01-08", "2025-01-08", "2024-12-07"),
        (FIFTH, "2026-04-10", "2026-04-09", "2026-04-09", "2026-03-07"),
        (LAST, "2025-05-29", "2025-04-30", "2025-04-30", "2025-04-01"),
        (LAST, "2025-05-31", "2025-05-30", "2025-05-30", "2025-05-01"),
        (LAST, "2024-02-28", "2024-01-31", "2024-01-31", "2023-12-30"),
        (LAST, "2024-02-29", "2024-02-29", "2024-02-29", "2024-02-01"),
        (LAST, "2023-02-28", "2023-02-28", "2023-02-28", "2023-02-01"),
        (LAST, "2021-05-31", "2021-05-28", "2021-05-28", "2021-05-01"),  # 31 May 2021 was a bank holiday
        (Schedule("month", working_day=-3), "2025-12-31", "2025-12-29", "2025-12-29", "2025-11-27"),
        # Grace moves the day on which it had to be there, not the day on which it was due.
        (Schedule("day", grace_days=2), "2025-04-22", "2025-04-22", "2025-04-16", "2025-04-16"),
        (Schedule("day", grace_days=2), "2025-07-09", "2025-07-09", "2025-07-07", "2025-07-05"),
        (Schedule("week", weekday="thursday", grace_days=1), "2025-04-21", "2025-04-11", "2025-04-10", "2025-04-04"),
        (Schedule("week", weekday="thursday", grace_days=1), "2025-04-22", "2025-04-22", "2025-04-17", "2025-04-11"),
        (Schedule("month", working_day=-1, grace_days=2), "2025-01-02", "2024-12-03", "2024-11-29", "2024-11-01"),
        (Schedule("month", working_day=-1, grace_days=2), "2025-01-03", "2025-01-03", "2024-12-31", "2024-11-30"),
    ],
)
def test_due_days(schedule: Schedule, today: str, last: str, due: str, since: str) -> None:
    assert last_due(schedule, day(today)) == day(last)
    assert due_since(schedule, day(today)) == (day(due), day(since))


@pytest.mark.parametrize(
    ("schedule", "loaded_on", "today", "late"),
    [
        (MONDAYS, "2025-07-07", "2025-07-13", False),  # came on its day
        (MONDAYS, "2025-07-07", "2025-07-14", True),  # the next one is expected by the run of its day
        (MONDAYS, "2025-07-08", "2025-07-14", False),  # came after the due day before: stands for this one
        (MONDAYS, "2025-07-10", "2025-07-20", False),  # came early
        (MONDAYS, "2025-07-10", "2025-07-21", True),
        (Schedule("week", grace_days=2), "2025-07-07", "2025-07-15", False),
        (Schedule("week", grace_days=2), "2025-07-07", "2025-07-16", True),
        (DAILY, "2025-04-17", "2025-04-21", False),  # nothing is due over Easter
        (DAILY, "2025-04-17", "2025-04-22", True),
        (DAILY, "2025-04-19", "2025-04-22", False),
        (LAST, "2024-01-31", "2024-02-28", False),
        (LAST, "2024-01-31", "2024-02-29", True),
    ],
)
def test_late_feeds(schedule: Schedule, loaded_on: str, today: str, late: bool) -> None:
    assert is_late(schedule, day(loaded_on), day(today)) is late


def test_a_feed_that_never_came_is_late() -> None:
    assert is_late(LAST, None, day("2025-07-09"))


schedules = st.builds(
    Schedule,
    every=st.sampled_from(["day", "week", "month"]),
    weekday=st.sampled_from(WEEKDAYS),
    working_day=st.integers(-15, 15).filter(bool),
    grace_days=st.integers(0, 10),
)
days = st.dates(dt.date(2010, 4, 1), dt.date(2040, 12, 31))


@given(schedules, days)
def test_due_days_are_working_days_and_stand_in_order(schedule: Schedule, today: dt.date) -> None:
    due, since = due_since(schedule, today)
    deadline = last_due(schedule, today)
    assert is_working_day(due)
    assert is_working_day(deadline)
    assert since <= due <= deadline <= today
    assert is_working_day(since - dt.timedelta(1))  # the due day before
    steps = [due + dt.timedelta(number) for number in range(1, (deadline - due).days + 1)]
    assert sum(is_working_day(step) for step in steps) == schedule.grace_days


@given(schedules, days, st.integers(1, 70))
def test_a_later_day_has_no_earlier_due_day(schedule: Schedule, today: dt.date, later: int) -> None:
    assert last_due(schedule, today + dt.timedelta(later)) >= last_due(schedule, today)


@given(schedules, days)
def test_each_due_day_is_followed_by_the_next(schedule: Schedule, today: dt.date) -> None:
    due, since = due_since(schedule, today)
    before = since - dt.timedelta(1)
    without_grace = Schedule(schedule.every, schedule.weekday, schedule.working_day)
    assert last_due(without_grace, due) == due
    assert last_due(without_grace, due - dt.timedelta(1)) == before


@given(schedules, days)
def test_a_feed_is_never_late_on_the_day_it_came(schedule: Schedule, today: dt.date) -> None:
    assert not is_late(schedule, today, today)


@given(schedules, days)
def test_a_feed_is_late_exactly_if_it_came_before_the_window(schedule: Schedule, today: dt.date) -> None:
    since = due_since(schedule, today)[1]
    assert not is_late(schedule, since, today)
    assert is_late(schedule, since - dt.timedelta(1), today)


@pytest.mark.parametrize(
    ("table", "schedule"),
    [
        ({"every": "day"}, Schedule("day")),
        ({"every": "week", "weekday": "Friday", "grace_days": 2}, Schedule("week", weekday="friday", grace_days=2)),
        ({"every": "month", "working_day": -1}, Schedule("month", working_day=-1)),
    ],
)
def test_a_schedule_is_read(table: dict[str, object], schedule: Schedule) -> None:
    assert parse_schedule(table) == (schedule, [])


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({}, ["every is missing"]),
        ({"every": "year"}, ["every must be one of day, week, month"]),
        ({"every": ["day"]}, ["every must be one of"]),
        ({"every": "week"}, ["weekday is missing"]),
        ({"every": "month"}, ["working_day is missing"]),
        ({"every": "week", "weekday": "payday"}, ["weekday must be one of monday"]),
        ({"every": "week", "weekday": 1}, ["weekday must be one of monday"]),
        ({"every": "day", "weekday": "monday"}, ["weekday goes with every week only"]),
        ({"every": "week", "weekday": "monday", "working_day": 2}, ["working_day goes with every month only"]),
        ({"every": "month", "working_day": 0}, ["working_day must be a whole number"]),
        ({"every": "month", "working_day": 16}, ["working_day must be a whole number"]),
        ({"every": "month", "working_day": True}, ["working_day must be a whole number"]),
        ({"every": "day", "grace_days": -1}, ["grace_days must be a whole number"]),
        ({"every": "day", "grace_days": 1.5}, ["grace_days must be a whole number"]),
        ({"every": "day", "graze_days": 1}, ["unknown key graze_days"]),
        (
            {"every": "month", "working_day": "first", "grace_days": 99, "day": 3},
            ["unknown key day", "working_day must be a whole number", "grace_days must be a whole number"],
        ),
    ],
)
def test_every_mistake_in_a_schedule_is_named(table: dict[str, object], named: list[str]) -> None:
    schedule, mistakes = parse_schedule(table)
    assert schedule is None
    assert len(mistakes) == len(named)
    assert all(mistake.startswith(start) for mistake, start in zip(mistakes, named, strict=True))
