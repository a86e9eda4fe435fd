"""Which periods a release counts: closed ones once, and all of them again when a financial year has closed."""

import datetime as dt

import pytest

from attrition.release.periods import closed, end_of, to_count

YEARS = [f"{year}/{(year + 1) % 100:02} Q{quarter}" for year in (2023, 2024, 2025) for quarter in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("period", "day"),
    [("2024/25 Q1", "2024-06-30"), ("2024/25 Q3", "2024-12-31"), ("2024/25 Q4", "2025-03-31"), ("2024/25", "2025-03-31"), ("1999/00 Q4", "2000-03-31")],
)  # fmt: skip
def test_a_period_ends_with_its_last_day(period: str, day: str) -> None:
    assert end_of(period) == dt.date.fromisoformat(day)


def test_a_quarter_is_closed_from_its_last_day_on() -> None:
    assert closed(["2024/25 Q2", "2024/25 Q1"], dt.date(2024, 9, 29)) == ["2024/25 Q1"]
    assert closed(["2024/25 Q2", "2024/25 Q1"], dt.date(2024, 9, 30)) == ["2024/25 Q1", "2024/25 Q2"]


def test_releases_in_sequence() -> None:
    """The first counts all that is closed; later ones the new quarter alone; the one after a year's end everything again."""
    counted: dict[str, dt.date] = {}
    sizes = []
    for day in ("2024-12-31", "2025-01-31", "2025-03-31", "2025-06-30", "2025-08-01", "2026-05-15"):
        as_at = dt.date.fromisoformat(day)
        now = to_count(YEARS, as_at, counted)
        counted |= dict.fromkeys(now, as_at)
        sizes.append(len(now))
    # 2023/24 and three quarters; nothing; two years; one quarter; nothing; three years.
    assert sizes == [7, 0, 8, 1, 0, 12]


def test_an_old_quarter_that_arrives_late_is_counted_alone() -> None:
    counted = dict.fromkeys(["2024/25 Q2", "2024/25 Q3"], dt.date(2024, 12, 31))
    assert to_count(["2024/25 Q1", *counted], dt.date(2025, 1, 31), counted) == ["2024/25 Q1"]
