"""Control charts: constants, rules on series worked by hand, the choice of periods, and false alarms on steady series."""

import itertools
import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from attrition.stats import control_chart
from attrition.stats.control_chart import Periods, add_up, chart, periods


def rules_met(values: list[float], rule: str) -> list[int]:
    """The points of a chart that meet a rule."""
    return [at for at, rules in enumerate(chart(values).rules) if rule in rules]


def test_constants_follow_from_the_normal_distribution() -> None:
    """The range of two values has mean 2 / sqrt(pi) = d2 and standard deviation sqrt(2 - d2²) = d3."""
    d2 = 2 / math.sqrt(math.pi)
    d3 = math.sqrt(2 - d2**2)
    assert d2 == pytest.approx(1.128, abs=5e-4)
    assert pytest.approx(3 / d2, abs=5e-3) == control_chart.LIMIT_FACTOR
    assert pytest.approx(1 + 3 * d3 / d2, abs=1e-3) == control_chart.RANGE_FACTOR


def test_limits_by_hand() -> None:
    """8 and 12 in turn: mean of sixteen 10, every range 4, limits 10 ± 10.64."""
    found = chart([8, 12] * 8)
    assert (found.mean, found.mean_range) == (10, 4)
    assert (found.low, found.high) == (0, pytest.approx(20.64))
    assert found.rules == ((),) * 16 and found.reason == ""


def test_a_wild_range_is_screened_out_once() -> None:
    """Nineteen ranges: sixteen of 2, two of 41 either side of the peak, and one of 0."""
    values = [20, 22] * 4 + [22, 63, 22] + [20, 22] * 4 + [20]
    found = chart(values)
    ranges = [abs(b - a) for a, b in itertools.pairwise(values)]
    limit = 3.267 * sum(ranges) / len(ranges)
    kept = [r for r in ranges if r <= limit]
    assert sorted(set(ranges) - set(kept)) == [41]
    assert found.mean_range == pytest.approx(sum(kept) / len(kept))
    assert [at for at, rules in enumerate(found.rules) if "beyond limits" in rules] == [9]


def test_seven_on_one_side_are_a_shift_and_six_are_not() -> None:
    before = [8, 12, 8, 12, 8, 12, 8, 12, 8]
    assert rules_met([*before, *[13, 14] * 3, 13, 1, 1, 1], "shift") == list(range(9, 16))
    assert rules_met([8, 12, 8, 12, 8, 12, 8, 12, 8, *[11, 12] * 3, 8, 12, 8, 12], "shift") == []


def test_a_point_on_the_mean_ends_a_shift() -> None:
    values = [12, 12, 12, 10, 12, 12, 12, 8, 8, 8, 10, 8, 8, 8, 10]
    assert chart(values).mean == 10
    assert rules_met(values, "shift") == []


def test_seven_that_rise_or_fall_are_a_trend() -> None:
    up = [10, 9, 11, 10, 9, 8, 9, 10, 11, 12, 13, 14, 13, 12, 13, 12]
    assert rules_met(up, "trend") == list(range(5, 12))
    assert rules_met([20 - value for value in up], "trend") == list(range(5, 12))
    six = [10, 9, 11, 10, 9, 8, 9, 10, 11, 12, 13, 12, 13, 12, 13, 12]
    assert rules_met(six, "trend") == []
    tied = [10, 9, 11, 10, 9, 8, 9, 10, 10, 11, 12, 13, 13, 12, 13, 12]
    assert rules_met(tied, "trend") == []


def test_two_of_three_near_the_same_limit() -> None:
    """Mean range a little over 4 around 10: the outer third begins near 18."""
    calm = [8, 12] * 15
    for peak, points in (([18.5, 10, 18.5], [30, 32]), ([18.5, 18.5, 10], [30, 31]), ([18.5, 10, 10, 18.5], [])):
        values = [*calm, *peak, *calm]
        found = chart(values)
        assert found.mean + 2 / 3 * 2.66 * found.mean_range < 18.5 < found.high
        assert rules_met(values, "two of three") == points
    opposite = [*calm, 18.5, 10, 1.5, *calm]
    assert rules_met(opposite, "two of three") == []


@pytest.mark.parametrize(("peak", "points"), [(17, []), (18, [30, 32]), (3, []), (2, [30, 32])])
def test_the_outer_third_begins_at_two_thirds_of_the_reach(peak: int, points: list[int]) -> None:
    """Sixty points of 8 and 12 in turn, and in their midst a peak, 10, and the peak again: 63 points with 62 ranges.

    At 17 the four ranges around the peaks are 5, 7, 7 and 9: the mean range is (58 x 4 + 28) / 62 = 4.194, the mean
    (600 + 17 + 10 + 17) / 63 = 10.22, and two thirds of 2.66 ranges reach to 17.66. At 18 they are 6, 8, 8 and 10: 4.258, 10.25,
    and to 17.81. A half of the reach would be 15.80 and 15.92. Below the mean (3 and 2) all is the other way round.
    """
    calm = [8, 12] * 15 if peak > 10 else [12, 8] * 15
    values = [*calm, peak, 10, peak, *calm]
    found = chart(values)
    assert found.mean_range == pytest.approx(260 / 62 if not points else 264 / 62)
    assert rules_met(values, "two of three") == points
    assert rules_met(values, "beyond limits") == []


@pytest.mark.parametrize(("peak", "points"), [(21, []), (22, [30])])
def test_a_point_is_beyond_the_limits_from_the_whole_reach_on(peak: int, points: list[int]) -> None:
    """Sixty points of 8 and 12 in turn with a peak in their midst: 61 points with 60 ranges.

    At 21 the ranges around it are 9 and 13: mean range (58 x 4 + 22) / 60 = 4.233, mean (600 + 21) / 61 = 10.18, limit 21.44.
    At 22 they are 10 and 14; 14 is more than 3.267 x 256 / 60 = 13.94 and left out: 242 / 59 = 4.102, limit 10.20 + 10.91 = 21.11.
    """
    values = [*[8, 12] * 15, peak, *[8, 12] * 15]
    assert chart(values).high == pytest.approx(21.441 if peak == 21 else 21.107, abs=1e-3)
    assert rules_met(values, "beyond limits") == points


def test_few_points_have_no_limits_and_no_rules() -> None:
    found = chart([10] * 7 + [50] * 7)
    assert math.isnan(found.low) and math.isnan(found.high) and found.mean == 30
    assert found.rules == ((),) * 14
    assert found.reason == "14 points with a value; limits need 15"


def test_rates_of_few_cases_have_no_limits() -> None:
    found = chart([10] * 8 + [5] * 8, [29] * 16)
    assert math.isnan(found.high)
    assert found.reason == "the median period has 29 cases; limits of a rate need 30"
    assert chart([10] * 8 + [5] * 8, [30] * 16).reason == ""


def test_limits_are_cut_to_what_is_possible() -> None:
    assert chart([30, 40] * 8, [40] * 16).high == 1
    assert chart([0, 10] * 8, [40] * 16).low == 0
    assert chart([0, 10] * 8).low == 0


def test_a_period_without_cases_is_a_gap() -> None:
    done, cases = [20] * 6 + [0] + [20] * 6 + [0] + [2] * 10, [40] * 6 + [0] + [40] * 6 + [0] + [40] * 10
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = chart(done, cases)
    assert np.isnan(found.value[[6, 13]]).all()
    assert found.mean == pytest.approx((12 * 0.5 + 10 * 0.05) / 22)
    assert [at for at, rules in enumerate(found.rules) if "shift" in rules] == list(range(14, 24))


@pytest.mark.parametrize("value", [0, 0.1, 1 / 3, 7])
def test_a_constant_series_meets_no_rule(value: float) -> None:
    found = chart([value] * 17)
    assert found.low == pytest.approx(value) and found.high == pytest.approx(value)
    assert found.rules == ((),) * 17


@pytest.mark.parametrize("values", [[], [math.nan] * 20])
def test_nothing_to_draw(values: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = chart(values)
    assert math.isnan(found.mean) and found.reason.startswith("0 points")


def test_values_that_never_have_a_neighbour() -> None:
    found = chart([5, math.nan] * 15)
    assert math.isnan(found.high) and found.reason == "no two neighbouring periods have a value"


def test_counts_that_do_not_fit_are_refused() -> None:
    for values, cases in (([3], [2]), ([-1], [2]), ([1, 1], [2])):
        with pytest.raises(ValueError, match="values"):
            chart(values, cases)


@given(st.lists(st.integers(0, 50), min_size=15, max_size=40))
def test_turned_upside_down_the_same_points_stand_out(done: list[int]) -> None:
    cases = [50] * len(done)
    here, there = chart(done, cases), chart([50 - value for value in done], cases)
    assert there.mean == pytest.approx(1 - here.mean)
    assert (there.low, there.high) == (pytest.approx(1 - here.high), pytest.approx(1 - here.low))
    if here.mean_range > 0 and not np.isclose(np.abs(here.value - here.mean), 2 / 3 * 2.66 * here.mean_range).any():
        assert there.rules == here.rules


def test_months_quarters_or_points_alone() -> None:
    assert periods([30] * 15) == Periods("month", tuple(range(16)), "")
    quarterly = periods([12] * 45)
    assert (quarterly.unit, quarterly.reason) == ("quarter", "")
    assert quarterly.first == tuple(range(0, 46, 3))
    short = periods([12] * 44)
    assert (short.unit, short.reason) == ("quarter", "14 points with a value; limits need 15")
    assert periods([40] * 14).unit == "month"
    assert periods([40] * 14).reason == "14 points with a value; limits need 15"
    thin = periods([2] * 60)
    assert (thin.unit, thin.reason) == ("quarter", "the median quarter has 6 cases; limits of a rate need 30")
    assert periods([2] * 60, rates=False) == Periods("month", tuple(range(61)), "")


@pytest.mark.parametrize(("first_month", "start"), [(1, 0), (2, 2), (3, 1), (4, 0), (11, 2), (12, 1)])
def test_quarters_are_those_of_the_calendar(first_month: int, start: int) -> None:
    assert periods([12] * 50, first_month).first[0] == start


def test_months_add_up_to_whole_periods() -> None:
    chosen = periods([12] * 50, 2)
    np.testing.assert_array_equal(add_up(range(50), chosen)[:2], [2 + 3 + 4, 5 + 6 + 7])
    assert len(add_up(range(50), chosen)) == 16
    np.testing.assert_array_equal(add_up([30] * 15, periods([30] * 15)), [30] * 15)


@pytest.mark.parametrize("months", [[], [5], [5, 5]])
def test_hardly_any_months(months: list[int]) -> None:
    assert periods(months, 2).reason.endswith("limits need 15")
    assert len(add_up(months, periods(months, 2))) <= len(months)


RULES = ("beyond limits", "shift", "trend", "two of three")


def false_alarms(points: int, *, cases: int = 0, lag: float = 0.0, series: int = 2_000) -> dict[str, float]:
    """Of steady series, the share in which a rule is met anywhere; `points` is the share of points that meet any.

    cases: 0 for normal values, else rates of 20 % among so many; lag: correlation with the point before
    """
    chance = np.random.default_rng([points, cases, int(100 * lag)])
    draws = chance.standard_normal((series, points))
    for at in range(1, points):
        draws[:, at] = lag * draws[:, at - 1] + math.sqrt(1 - lag**2) * draws[:, at]
    done = chance.binomial(cases, 0.2, (series, points)) if cases else 100 + draws
    found = [chart(row, [cases] * points if cases else None).rules for row in done]
    alarms = {rule: float(np.mean([any(rule in point for point in row) for row in found])) for rule in RULES}
    alarms["any"] = float(np.mean([any(row) for row in found]))
    alarms["points"] = float(np.mean([bool(point) for row in found for point in row]))
    return alarms


def test_run_rules_are_as_rare_as_they_should_be() -> None:
    """Seven given points are all above the true mean or all below by 2 / 2⁷, and rise or fall by 2 / 7!."""
    signs = np.random.default_rng(5).standard_normal((20_000, 7))
    above = [control_chart._in_run(np.sign(row), 7).all() for row in signs]
    assert np.mean(above) == pytest.approx(2 / 2**7, abs=3e-3)
    rising = [control_chart._in_trend(row).all() for row in signs]
    assert np.mean(rising) == pytest.approx(2 / math.factorial(7), abs=5e-4)
    assert 2 * norm.sf(3) == pytest.approx(0.0027, abs=5e-5)


@pytest.mark.slow
@pytest.mark.parametrize("cases", [0, 100])
def test_a_steady_series_of_two_years_seldom_alarms(cases: int) -> None:
    alarms = false_alarms(24, cases=cases)
    error = 2 * math.sqrt(0.2 * 0.8 / 2_000)
    assert alarms["any"] <= 0.25 + error
    assert alarms["trend"] <= 18 * 2 / math.factorial(7) + error
    assert alarms["points"] <= 0.06


def test_a_period_that_is_not_known_is_no_point() -> None:
    months = np.array([40.0, 41.0, np.nan] + [40.0, 42.0] * 6)
    assert add_up(months, Periods("quarter", (0, 3, 6, 9), "")).tolist()[1:] == [122.0, 124.0]
    assert np.isnan(add_up(months, Periods("quarter", (0, 3), "")))
    assert periods(months, rates=False).reason == "14 points with a value; limits need 15"
    assert periods(np.append(months, 40.0)) == Periods("month", tuple(range(17)), "")
    found = chart(np.append(months, 40.0) / 2, np.append(months, 40.0))
    assert (np.isnan(found.value[2]), found.rules[2], found.reason, found.mean) == (True, (), "", 0.5)
    # Three of four quarters, each with a month that is not known, are no points either.
    thin = np.tile([12.0, np.nan, 12.0, 12.0, 12.0, 12.0], 10)
    assert periods(thin).reason == "10 points with a value; limits need 15"
    assert periods(thin).unit == "quarter"
