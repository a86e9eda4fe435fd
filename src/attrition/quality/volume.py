"""Whether the number of incidents of one force in one week is unusual against the same weeks of earlier years.

Integers in, a verdict out: no tables, no files. Why the rule is as it is, and how often it errs: docs/decisions/09-volume.md.
"""

import datetime as dt
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MINIMUM = 20  # incidents expected in a week; below, chance alone halves and doubles the count too often
TAIL = 0.002  # each side's chance of a false alarm, so that a thousand clean weeks stay below ten with room to spare
EARLIER_YEARS = 5
LEAST_YEARS = 2
NEIGHBOURS = 2
RECENT_WEEKS = 12
LEAST_RECENT = 8

_WEEK = dt.timedelta(days=7)
_WEEKS_IN_A_YEAR = 365.2425 / 7
_MAD_TO_DEVIATION = 1.4826  # of a normal distribution, as are the next three
_MEDIAN_OF_FOUR = 0.298  # variance of the median of four values, in variances of one value
_WITHIN_THREE = 0.973  # variance of what lies within three standard deviations, in variances of all
_CENTRE = 1.1  # variance of `_centre`, in variances of the mean; a little more than its 1.05, since samples are small


@dataclass(frozen=True)
class Volume:
    """The verdict on one week of one force.

    week: its Monday
    count: incidents reported in it
    expected: incidents that earlier years lead us to expect
    low, high: the least and the most incidents that are not unusual
    is_unusual: the count is below `low` or above `high`
    """

    week: dt.date
    count: int
    expected: float
    low: float
    high: float
    is_unusual: bool


def weeks_to_judge(covers_to: dt.date, lag_days: int = 3) -> dt.date:
    """The Monday of the last whole week that a feed covers and that has had `lag_days` more days to be keyed in.

    covers_to: the last day that the feed reaches
    """
    last_monday = covers_to - dt.timedelta(days=lag_days + 6)
    return last_monday - dt.timedelta(days=last_monday.weekday())


def judge(counts: Mapping[dt.date, int], week: dt.date, minimum: int = MINIMUM) -> Volume | None:
    """Whether the count of `week` is unusual; None where nothing can be said.

    counts: Monday of each week that the feed covers whole: incidents of one force reported in it. A week that is not
        there is taken as not covered; only the week to judge then counts as none reported, since nothing at all is the
        worst that can be missing.
    week: a Monday. Neither it nor any later week is in its own baseline.
    minimum: there is no verdict where fewer incidents are expected

    An earlier year can be used if it has the same week, two weeks on each side of it, and eight of the twelve weeks
    before it. Its five weeks are scaled by the level of the twelve weeks before `week` over that of its own twelve,
    which allows for growth. The expected count is the centre of the scaled weeks of two to five years. Centres are
    medians of the means of all pairs (Hodges and Lehmann): nearly as precise as a mean, and one week of disorder
    hardly moves them.

    The limits are quantiles of a negative binomial distribution, the count that varies more than by chance, with 0.2 %
    on each side. Its variance is that of one week, with the over-dispersion of the weeks before (never below
    Poisson), and that of the expected count itself. So 0.4 % of clean weeks should be alarms. The rest of the 1 % that
    is allowed is for what the estimates get wrong and for the luck of one thousand weeks; the share was then measured.

    Raises ValueError if `week` is not a Monday.
    """
    if week.weekday() != 0:
        raise ValueError(f"a week is named by its Monday, and {week} is none; pass the Monday on or before it")
    now = _level_before(counts, week)
    before = {year: _same_week(week, year) for year in range(1, EARLIER_YEARS + 1)}
    same_weeks = {year: _around(counts, monday) for year, monday in before.items()}
    levels = {year: _level_before(counts, monday) for year, monday in before.items() if same_weeks[year]}
    scale = {year: now / level for year, level in levels.items() if now and level}
    if not now or len(scale) < LEAST_YEARS:
        return None
    expected = _centre([count * factor for year, factor in scale.items() for count in same_weeks[year]])
    if expected < max(minimum, 1):
        return None
    start = before[max(scale)] - RECENT_WEEKS * _WEEK
    dispersion = _dispersion({day: count for day, count in counts.items() if start <= day < week})
    # Relative variance of the expected count if weeks were Poisson: of this year's level, of each year's level and weeks.
    uncertainty = 1 / (RECENT_WEEKS * now)
    for factor in scale.values():
        of_year = 1 / (RECENT_WEEKS * now) + 1 / ((2 * NEIGHBOURS + 1) * expected)
        uncertainty += factor * of_year / len(scale) ** 2
    low, high = _limits(expected, dispersion * (expected + expected**2 * uncertainty * _CENTRE))
    count = counts.get(week, 0)
    return Volume(week, count, expected, low, high, not low <= count <= high)


def _same_week(week: dt.date, years: int) -> dt.date:
    """The Monday nearest to the same date so many years earlier."""
    return week - round(years * _WEEKS_IN_A_YEAR) * _WEEK


def _around(counts: Mapping[dt.date, int], week: dt.date) -> list[int]:
    """The counts of a week and its neighbours; empty unless all are there."""
    weeks = [week + offset * _WEEK for offset in range(-NEIGHBOURS, NEIGHBOURS + 1)]
    return [counts[day] for day in weeks] if all(day in counts for day in weeks) else []


def _level_before(counts: Mapping[dt.date, int], week: dt.date) -> float | None:
    """The centre of the twelve weeks before a week; None if fewer than eight are there."""
    weeks = [week - offset * _WEEK for offset in range(1, RECENT_WEEKS + 1)]
    present = [counts[day] for day in weeks if day in counts]
    return _centre(present) if len(present) >= LEAST_RECENT else None


def _centre(values: Sequence[float]) -> float:
    """The median of the means of all pairs, each value with itself included."""
    return statistics.median((first + second) / 2 for place, first in enumerate(values) for second in values[place:])


def _dispersion(counts: Mapping[dt.date, int]) -> float:
    """Variance of a week's count over its mean, at least 1, as Poisson has it.

    Each week is compared with the median of its four neighbours, so that season and growth fall out. Residuals beyond
    three (robust) standard deviations, as weeks of disorder leave, are cut off.
    """
    by_number = {week.toordinal() // 7: count for week, count in counts.items()}  # whole numbers are faster than dates
    residuals = []
    for number, count in by_number.items():
        around = [by_number[near] for near in (number - 2, number - 1, number + 1, number + 2) if near in by_number]
        if len(around) == 4:
            _, second, third, _ = sorted(around)
            middle = max((second + third) / 2, 1)
            residuals.append((count - middle) / math.sqrt((1 + _MEDIAN_OF_FOUR) * middle))
    if not residuals:
        return 1.0
    reach = 3 * _MAD_TO_DEVIATION * statistics.median(abs(residual) for residual in residuals)
    kept = [residual**2 for residual in residuals if abs(residual) <= reach]
    return max(1.0, sum(kept) / len(kept) / _WITHIN_THREE)


def _limits(mean: float, variance: float) -> tuple[float, float]:
    """The least and the most counts that are not in a tail of the negative binomial distribution (variance > mean)."""
    shape = mean**2 / (variance - mean)
    log_ratio = math.log1p(-mean / variance)
    logarithm = shape * math.log(mean / variance)  # of the probability, which itself vanishes at 0 for large means
    count, below = 0, math.exp(logarithm)
    low = 0 if below >= TAIL else None
    while low is None or below < 1 - TAIL:
        logarithm += math.log((count + shape) / (count + 1)) + log_ratio
        count += 1
        below += math.exp(logarithm)
        if low is None and below >= TAIL:
            low = count
    return float(low), float(count)
