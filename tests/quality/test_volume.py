"""Unusual weeks: few false alarms on clean weeks, real faults found, one week of disorder does no harm.

Weeks are drawn here, with a season of 20 % up and down and growth between years; nothing is taken from the rule itself.
"""

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np
import pytest

from attrition.quality.volume import Volume, judge, weeks_to_judge
from share_of_cases import first

WEEK = dt.timedelta(days=7)
LAST = dt.date(2025, 6, 30)
JUDGED = 25  # weeks judged at the end of each series
SEEDS = (1, 2, 3, 4)
MEANS = (25, 50, 100, 400)

Counts = dict[dt.date, int]


def drawn(chance: np.random.Generator, mean: float, *, variance: int, years: int = 4) -> Counts:
    """Weekly counts around `mean` in the last weeks; variance 1 is Poisson, 2 a negative binomial of twice that."""
    length = math.ceil(years * 52.18) + 14 + JUDGED
    place = np.arange(length)
    growth = chance.uniform(-0.10, 0.12)
    season = 1 + 0.2 * np.sin(2 * np.pi * (place / 52.18 + chance.uniform()))
    means = mean * (1 + growth) ** ((place - length + JUDGED / 2) / 52.18) * season
    counts = chance.poisson(means) if variance == 1 else chance.negative_binomial(means, 0.5)
    return {LAST - int(length - 1 - at) * WEEK: int(count) for at, count in enumerate(counts)}


def verdicts(seed: int, mean: float, *, variance: int, weeks: int, years: int = 4) -> Iterator[tuple[Counts, Volume]]:
    """So many clean weeks with their verdicts, the last ones of as many series as it takes."""
    chance = np.random.default_rng([seed, int(mean), variance, years])
    while weeks > 0:
        counts = drawn(chance, mean, variance=variance, years=years)
        for back in range(min(JUDGED, weeks)):
            # With season and growth, a mean of 25 may fall below the minimum: then there is no verdict.
            if verdict := judge(counts, LAST - back * WEEK):
                weeks -= 1
                yield counts, verdict


def alarms(seed: int, *, variance: int, years: int = 4) -> int:
    """Alarms in a thousand clean weeks, a quarter of them at each mean."""
    drawn_by_mean = [verdicts(seed, mean, variance=variance, weeks=250, years=years) for mean in MEANS]
    return sum(verdict.is_unusual for weeks in drawn_by_mean for _, verdict in weeks)


def share_found(seed: int, *, variance: int, fault: str, years: int = 4) -> float:
    """The share of 400 faulty weeks at mean 100 that are found: each incident lost by even chance, or loaded twice."""
    chance = np.random.default_rng([seed, 9])
    found = 0
    for counts, clean in verdicts(seed, 100, variance=variance, weeks=400, years=years):
        count = int(chance.binomial(clean.count, 0.5)) if fault == "half" else 2 * clean.count
        verdict = judge({**counts, clean.week: count}, clean.week)
        assert verdict is not None
        found += verdict.is_unusual and (count < verdict.low if fault == "half" else count > verdict.high)
    return found / 400


@pytest.mark.parametrize("variance", first(1, [2, 1]))
@pytest.mark.parametrize("seed", first(1, SEEDS))
def test_at_most_one_in_a_hundred_of_a_thousand_clean_weeks_is_an_alarm(seed: int, variance: int) -> None:
    assert alarms(seed, variance=variance) <= 10


@pytest.mark.parametrize("variance", [1, 2])
def test_two_earlier_years_give_no_more_false_alarms(variance: int) -> None:
    assert alarms(5, variance=variance, years=2) <= 10


@pytest.mark.parametrize(
    ("fault", "variance", "least"),
    # At twice the variance, half of a week is near the edge of what any rule with so few false alarms can tell.
    first(2, [("half", 1, 0.95), ("twice", 2, 0.90), ("half", 2, 0.75), ("twice", 1, 0.98)]),
)
def test_faulty_weeks_are_found(fault: str, variance: int, least: float) -> None:
    assert share_found(1, variance=variance, fault=fault) >= least


def steady(years: int = 4, mean: int = 100, *, variance: int = 1, seed: int = 7) -> Counts:
    """Weeks up to LAST with neither season nor growth."""
    chance = np.random.default_rng(seed)
    length = math.ceil(years * 52.18) + 14
    counts = chance.poisson(mean, length) if variance == 1 else chance.negative_binomial(mean, 0.5, length)
    return {LAST - back * WEEK: int(count) for back, count in enumerate(counts)}


def judged(counts: Counts, week: dt.date = LAST, **settings: int) -> Volume:
    verdict = judge(counts, week, **settings)
    assert verdict is not None
    return verdict


def test_neither_the_week_nor_a_later_one_is_in_its_baseline() -> None:
    counts = steady()
    week = LAST - 3 * WEEK
    honest = judged(counts, week)
    changed = {day: count * 5 if day > week else count for day, count in counts.items()} | {week: 0}
    faulty = judged(changed, week)
    assert (faulty.expected, faulty.low, faulty.high) == (honest.expected, honest.low, honest.high)
    assert not honest.is_unusual
    assert faulty.is_unusual
    assert faulty.count == 0


def test_weeks_of_more_than_five_earlier_years_do_not_count() -> None:
    counts = steady(years=6)
    oldest = LAST - (5 * 52 + 1 + 12) * WEEK  # the same week five years ago is 261 weeks back
    wild = {day: count * (1 + place % 3) for place, (day, count) in enumerate(counts.items()) if day < oldest}
    assert len(wild) > 50
    assert judged({**counts, **wild}) == judged(counts)
    assert judged({**counts, oldest: counts[oldest] + 30}) != judged(counts)


@pytest.mark.parametrize("weeks_ago", [1, 2, 6, 11, 50, 52, 54, 60, 104, 130])
def test_one_past_week_of_disorder_changes_little(weeks_ago: int) -> None:
    counts = steady()
    calm = judged(counts)
    disorder = LAST - weeks_ago * WEEK
    stirred = judged({**counts, disorder: counts[disorder] * 4})
    assert stirred.expected == pytest.approx(calm.expected, rel=0.04)
    assert stirred.low == pytest.approx(calm.low, abs=4)
    assert stirred.high == pytest.approx(calm.high, abs=4)


def test_after_the_disorder_of_august_2024_later_weeks_are_judged_as_before() -> None:
    week = dt.date(2025, 8, 4)
    counts = {day + 5 * WEEK: count for day, count in steady().items()}
    first, second = dt.date(2024, 7, 29), dt.date(2024, 8, 5)
    stirred = {**counts, first: 240, second: 380}
    assert judged(stirred, second).is_unusual
    for later in [second + 2 * WEEK, second + 4 * WEEK, second + 10 * WEEK, week, week - WEEK]:
        calm = judged({**counts, later: 100}, later)
        after = judged({**stirred, later: 100}, later)
        assert after.expected == pytest.approx(calm.expected, rel=0.08)
        assert not after.is_unusual
        assert judged({**stirred, later: 45}, later).is_unusual
        assert judged({**stirred, later: 200}, later).is_unusual


def test_growth_and_season_are_expected() -> None:
    # 20 % more each year, and a summer half as high again; no chance in it.
    length = 5 * 52
    place = np.arange(length)
    exact = 100 * 1.2 ** ((place - length + 1) / 52.18) * (1 + 0.5 * np.sin(2 * np.pi * (place - length + 1) / 52.18))
    counts = {LAST - int(length - 1 - at) * WEEK: round(float(value)) for at, value in enumerate(exact)}
    assert judged(counts).expected == pytest.approx(100, rel=0.03)
    assert not judged(counts).is_unusual
    trough = LAST - 13 * WEEK  # a quarter before the last week the season stands at its lowest
    assert judged(counts, trough).expected == pytest.approx(counts[trough], rel=0.03)
    assert counts[trough] < 50


def test_the_limits_themselves_are_not_unusual() -> None:
    """`low` and `high` are the least and the most that are not unusual; the week itself moves neither."""
    counts = {LAST - back * WEEK: 100 for back in range(230)}
    limits = judged(counts)
    for count, is_unusual in (
        (limits.low - 1, True),
        (limits.low, False),
        (limits.high, False),
        (limits.high + 1, True),
    ):
        verdict = judged({**counts, LAST: int(count)})
        assert (verdict.low, verdict.high, verdict.is_unusual) == (limits.low, limits.high, is_unusual)


def test_limits_are_never_tighter_than_those_of_a_poisson_count() -> None:
    counts = {LAST - back * WEEK: 100 for back in range(230)}  # varies less than chance would have it
    verdict = judged(counts)
    assert verdict.expected == 100
    # Poisson with mean 100: P(X <= 72) = 0.0019 and P(X <= 73) = 0.0028; P(X > 128) = 0.0032 and P(X > 129) = 0.0023.
    assert 60 < verdict.low <= 73
    assert 129 <= verdict.high < 145


def test_over_dispersed_weeks_have_wider_limits() -> None:
    by_chance, wilder = judged(steady()), judged(steady(variance=2))
    assert (wilder.high - wilder.low) / (by_chance.high - by_chance.low) == pytest.approx(math.sqrt(2), rel=0.15)


def test_no_verdict_where_few_are_expected() -> None:
    counts = {LAST - back * WEEK: 19 for back in range(230)}
    assert judge(counts, LAST) is None
    assert judged(counts, minimum=19).expected == 19
    assert judge(dict.fromkeys(counts, 20), LAST) is not None
    assert judge(dict.fromkeys(counts, 30), LAST, minimum=31) is None
    assert judge(dict.fromkeys(counts, 0), LAST, minimum=0) is None


def test_no_verdict_without_two_earlier_years() -> None:
    counts = {LAST - back * WEEK: 100 for back in range(230)}
    # The same week two years ago is 104 weeks back: it needs two weeks on each side, and eight of twelve before it.
    assert judge({day: n for day, n in counts.items() if day >= LAST - 112 * WEEK}, LAST) is not None
    assert judge({day: n for day, n in counts.items() if day >= LAST - 111 * WEEK}, LAST) is None
    two_years = {day: n for day, n in counts.items() if day >= LAST - 116 * WEEK}
    for gap in (50, 54, 102, 106):
        assert judge({day: n for day, n in two_years.items() if day != LAST - gap * WEEK}, LAST) is None
    assert judge({day: n for day, n in two_years.items() if day != LAST - 49 * WEEK}, LAST) is not None
    # A third year makes up for one that is spoilt.
    assert judge({day: n for day, n in counts.items() if day != LAST - 50 * WEEK}, LAST) is not None


def test_no_verdict_without_the_level_of_the_weeks_before() -> None:
    counts = {LAST - back * WEEK: 100 for back in range(230)}
    assert judge({day: n for day, n in counts.items() if not LAST - 4 * WEEK <= day < LAST}, LAST) is not None
    assert judge({day: n for day, n in counts.items() if not LAST - 5 * WEEK <= day < LAST}, LAST) is None
    assert judge({}, LAST) is None


def test_a_week_that_is_missing_altogether_counts_as_none_reported() -> None:
    counts = {LAST - back * WEEK: 100 for back in range(1, 230)}
    verdict = judged(counts)
    assert verdict.count == 0
    assert verdict.is_unusual


def test_large_forces_have_limits_too() -> None:
    verdict = judged({LAST - back * WEEK: 3000 for back in range(230)})
    assert 2700 < verdict.low < 3000 - 2 * math.sqrt(3000)
    assert 3000 + 2 * math.sqrt(3000) < verdict.high < 3300


def test_a_week_is_named_by_its_monday() -> None:
    with pytest.raises(ValueError, match="Monday"):
        judge({}, dt.date(2025, 7, 1))


@pytest.mark.parametrize(
    ("covers_to", "lag_days", "monday"),
    [
        (dt.date(2025, 7, 9), 3, dt.date(2025, 6, 30)),  # Wednesday: the week to Sunday 6 July has had its three days
        (dt.date(2025, 7, 8), 3, dt.date(2025, 6, 23)),
        (dt.date(2025, 7, 6), 0, dt.date(2025, 6, 30)),
        (dt.date(2025, 7, 5), 0, dt.date(2025, 6, 23)),
        (dt.date(2025, 7, 20), 14, dt.date(2025, 6, 30)),
        (dt.date(2024, 3, 6), 3, dt.date(2024, 2, 26)),  # over a leap day
    ],
)
def test_the_last_week_that_is_whole_and_keyed_in(covers_to: dt.date, lag_days: int, monday: dt.date) -> None:
    assert weeks_to_judge(covers_to, lag_days) == monday
    if lag_days == 3:
        assert weeks_to_judge(covers_to) == monday
