"""Groups compared at one step: against textbooks, statsmodels and a loop over single crimes; sizes of samples that fail."""

import decimal
import itertools
import math
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from drawn_crimes import SHAPES, Stratum, draw, singles
from hypothesis import given, settings
from hypothesis import strategies as st

from attrition.stats.disparity import Arm, Comparison, Patterns, compare, enough, flag_family, score_p_value

NONE = Patterns(*(np.zeros(0, dtype=np.int64) for _ in range(6)))


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@st.composite
def patterns(draw: st.DrawFn) -> Patterns:
    rows = draw(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 9)),
            max_size=8,
        )
    )  # fmt: skip
    table = np.array([(s, n1, min(x1, n1), n0, min(x0, n0), k) for s, n1, x1, n0, x0, k in rows], dtype=np.int64)
    return Patterns(*table.reshape(-1, 6).T)


def crime_by_crime(given_patterns: Patterns) -> list[tuple[int, int, int, int]]:
    p = given_patterns
    rows = zip(p.n1, p.x1, p.n0, p.x0, p.crimes, strict=True)
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d, k in rows for _ in range(k)]


def swapped(p: Patterns) -> Patterns:
    return Patterns(p.stratum, p.n0, p.x0, p.n1, p.x1, p.crimes)


# --- one case a crime: the textbook


@pytest.mark.parametrize(
    ("x1", "n1", "x0", "n0"), [(12, 100, 90, 500), (300, 400, 200, 700), (5, 25, 7, 30), (1, 20, 1, 900)]
)
def test_with_one_case_a_crime_all_is_as_in_the_textbook(x1: int, n1: int, x0: int, n0: int) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    found = compare(singles((n1, x1, n0, x0)))
    factor = (n1 + n0) / (n1 + n0 - 1)
    assert found.group == Arm(n1, x1, n1, x1 / n1)
    assert found.others == Arm(n0, x0, n0, x0 / n0)

    textbook = math.sqrt(1 / x1 - 1 / n1 + 1 / x0 - 1 / n0)
    assert found.relative.log_error == pytest.approx(textbook * math.sqrt(factor), rel=1e-12)
    low, high = confint_proportions_2indep(x1, n1, x0, n0, method="log", compare="ratio")
    centre = x1 / n1 / (x0 / n0)
    assert found.relative.value == pytest.approx(centre, rel=1e-12)
    # Without the factor for the number of crimes the limits are the library's.
    assert centre * (found.relative.low / centre) ** factor**-0.5 == pytest.approx(low, rel=1e-9)
    assert centre * (found.relative.high / centre) ** factor**-0.5 == pytest.approx(high, rel=1e-9)

    low, high = confint_proportions_2indep(
        x1 / factor, n1 / factor, x0 / factor, n0 / factor, method="newcomb", compare="diff"
    )
    assert (found.difference.low, found.difference.high) == pytest.approx((low, high), rel=1e-9)
    assert found.p_value == pytest.approx(proportions_ztest([x1, x0], [n1, n0])[1], rel=1e-9)


@pytest.mark.parametrize(
    ("x1", "n1", "x0", "n0"), [(20, 25, 800, 900), (30, 40, 200, 700), (1, 9, 8, 9), (12, 12, 40, 40)]
)
def test_where_few_did_not_progress_each_rate_brings_its_wilson_limits(x1: int, n1: int, x0: int, n0: int) -> None:
    factor = (n1 + n0) / (n1 + n0 - 1)

    def wilson(x: int, n: int) -> tuple[float, float]:
        p, size, z = x / n, n if x == n else n / factor, 1.959963984540054
        middle, half = p + z * z / (2 * size), z * math.sqrt(p * (1 - p) / size + z * z / (4 * size * size))
        return (middle - half) / (1 + z * z / size), (middle + half) / (1 + z * z / size)

    (low1, high1), (low0, high0) = wilson(x1, n1), wilson(x0, n0)
    p1, p0 = x1 / n1, x0 / n0
    found = compare(singles((n1, x1, n0, x0)))
    below = math.hypot(math.log(p1 / low1), math.log(high0 / p0))
    above = math.hypot(math.log(high1 / p1), math.log(p0 / low0))
    assert math.log(found.relative.value / found.relative.low) == pytest.approx(below, rel=1e-7)
    assert math.log(found.relative.high / found.relative.value) == pytest.approx(above, rel=1e-7)


@pytest.mark.parametrize(("rate1", "rate0"), [(0.8, 0.9), (0.9, 0.9), (0.95, 0.8), (0.5, 0.5)])
def test_exact_coverage_over_every_outcome(rate1: float, rate0: float) -> None:
    n1, n0 = 40, 60

    def chance(x: int, n: int, p: float) -> float:
        return math.comb(n, x) * p**x * (1 - p) ** (n - x)

    ratio = difference = 0.0
    for x1, x0 in itertools.product(range(n1 + 1), range(n0 + 1)):
        weight = chance(x1, n1, rate1) * chance(x0, n0, rate0)
        if weight > 1e-7:
            found = compare(singles((n1, x1, n0, x0)))
            ratio += weight * (found.relative.low <= rate1 / rate0 <= found.relative.high)
            difference += weight * (found.difference.low <= rate1 - rate0 <= found.difference.high)
    assert 0.93 <= ratio <= 0.97
    assert 0.93 <= difference <= 0.975


def test_a_group_of_which_none_progressed_is_judged_by_the_pooled_variance() -> None:
    from statsmodels.stats.proportion import proportions_ztest

    # The group's own deviations would give z = 5.5 here.
    expected = proportions_ztest([0, 270], [30, 2670])[1]
    assert score_p_value(singles((30, 0, 2670, 270))) == pytest.approx(expected, rel=1e-9)
    assert expected > 0.05


def test_another_level_gives_another_interval() -> None:
    wide, narrow = compare(singles((100, 12, 500, 90)), 0.99), compare(singles((100, 12, 500, 90)), 0.8)
    assert wide.relative.low < narrow.relative.low < narrow.relative.high < wide.relative.high
    assert wide.difference.low < narrow.difference.low < narrow.difference.high < wide.difference.high
    assert math.log(wide.relative.high / wide.relative.value) == pytest.approx(2.5758293 * wide.relative.log_error)


# --- several cases a crime


@given(patterns())
@settings(max_examples=150, deadline=None)
def test_standard_errors_are_those_of_a_loop_over_crimes(p: Patterns) -> None:
    found = compare(p)
    crimes = crime_by_crime(p)
    n1, x1, n0, x0 = (sum(column) for column in zip(*crimes, strict=True)) if crimes else (0, 0, 0, 0)
    assert (found.group.cases, found.group.progressed, found.others.cases, found.others.progressed) == (n1, x1, n0, x0)
    assert found.group.crimes == sum(crime[0] > 0 for crime in crimes)
    if n1 == 0 or n0 == 0:
        assert (found.relative, found.difference, found.p_value) == (None, None, None)
        return
    p1, p0, pooled = x1 / n1, x0 / n0, (x1 + x0) / (n1 + n0)
    factor = len(crimes) / (len(crimes) - 1) if len(crimes) > 1 else 1
    if found.difference.error is not None:
        total = sum(((b - p1 * a) / n1 - (d - p0 * c) / n0) ** 2 for a, b, c, d in crimes)
        assert found.difference.error == pytest.approx(math.sqrt(total * factor), abs=1e-12)
    if x1 and x0 and found.relative.log_error is not None:
        total = sum(((b - p1 * a) / (n1 * p1) - (d - p0 * c) / (n0 * p0)) ** 2 for a, b, c, d in crimes)
        assert found.relative.log_error == pytest.approx(math.sqrt(total * factor), rel=1e-9)
    # The score test: pooled variance of single cases, and the products of any two cases of one crime.
    variance = pooled * (1 - pooled) * (1 / n1 + 1 / n0)
    for a, b, c, d in crimes:
        cases = [(y - pooled) / n1 for y in [1] * b + [0] * (a - b)]
        cases += [-(y - pooled) / n0 for y in [1] * d + [0] * (c - d)]
        variance += 2 * sum(one * two for one, two in itertools.combinations(cases, 2))
    if found.p_value is not None and variance > 1e-12:
        expected = math.erfc(abs(p1 - p0) / math.sqrt(2 * variance))
        assert found.p_value == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_standard_errors_are_those_of_clustered_regressions() -> None:
    import statsmodels.api as sm

    strata = [Stratum(0.3, 0.45, 40, 90, 12, 25, 15, alike=0.7)]
    p = draw(np.random.default_rng(5), strata, 1)[0]
    rows = [
        (crime, group, y)
        for crime, (a, b, c, d) in enumerate(crime_by_crime(p))
        for group, y in [(1, 1)] * b + [(1, 0)] * (a - b) + [(0, 1)] * d + [(0, 0)] * (c - d)
    ]
    crime, group, y = np.array(rows).T
    design = sm.add_constant(group.astype(float))
    clustered = {"cov_type": "cluster", "cov_kwds": {"groups": crime}}
    # The library also allows for the two parameters; here the number of crimes is what limits.
    undo = math.sqrt((len(y) - 1) / (len(y) - 2))
    found = compare(p)
    linear = sm.OLS(y, design).fit(**clustered)
    assert found.difference.value == pytest.approx(linear.params[1], rel=1e-9)
    assert found.difference.error == pytest.approx(linear.bse[1] / undo, rel=1e-9)
    log_linear = sm.GLM(y, design, family=sm.families.Poisson()).fit(**clustered, tol=1e-14)
    assert math.log(found.relative.value) == pytest.approx(log_linear.params[1], rel=1e-8)
    assert found.relative.log_error == pytest.approx(log_linear.bse[1] / undo, rel=1e-6)


def test_victims_of_one_crime_who_always_fare_alike_count_once() -> None:
    once = compare(singles((30, 12, 80, 40)))
    twice = compare(Patterns([0] * 4, [2, 2, 0, 0], [2, 0, 0, 0], [0, 0, 2, 2], [0, 0, 2, 0], [12, 18, 40, 40]))
    assert twice.group.cases == 2 * once.group.cases
    assert twice.relative.log_error == pytest.approx(once.relative.log_error, rel=1e-12)
    assert (twice.difference.low, twice.difference.high) == pytest.approx((once.difference.low, once.difference.high))
    assert twice.p_value == pytest.approx(once.p_value, rel=0.02)


def test_a_crime_in_two_strata_counts_as_two_clusters() -> None:
    both = Patterns([1, 2], [1, 0], [1, 0], [0, 1], [0, 1], [9, 9])
    one = Patterns([1], [1], [1], [1], [1], [9])
    assert (compare(both).group.crimes, compare(both).others.crimes) == (9, 9)
    assert compare(one).group.crimes == 9
    mixed = Patterns([1, 1, 1], [1, 0, 1], [1, 0, 0], [0, 1, 1], [0, 0, 1], [4, 5, 6])
    apart = Patterns([1, 1, 1, 2], [1, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 1], [4, 5, 6, 6])
    assert compare(mixed).group.rate == compare(apart).group.rate
    assert compare(mixed).difference.error != pytest.approx(compare(apart).difference.error)


@given(patterns())
@settings(max_examples=100, deadline=None)
def test_what_must_hold_of_any_counts(p: Patterns) -> None:
    found, other = compare(p), compare(swapped(p))
    assert found.group == other.others
    if found.difference is None:
        assert other.difference is None
        return
    one, two = found.difference, other.difference
    assert -1 <= one.low <= one.value + 1e-12 and one.value - 1e-12 <= one.high <= 1
    assert one.low < one.high
    assert (one.value, one.low, one.high) == pytest.approx((-two.value, -two.high, -two.low), abs=1e-9)
    if found.relative and other.relative:
        assert found.relative.value == pytest.approx(1 / other.relative.value)
        assert 0 < found.relative.low <= found.relative.value <= found.relative.high
        assert found.relative.low < found.relative.high
        assert found.relative.low == pytest.approx(1 / other.relative.high)
    assert (found.p_value is None) == (other.p_value is None)
    if found.p_value is not None:
        assert 0 <= found.p_value <= 1
        assert found.p_value == pytest.approx(other.p_value, abs=1e-9)
    # Rows that are cut up or in another order are the same crimes.
    again = Patterns(*(np.tile(getattr(p, name), 2)[::-1] for name in ("stratum", "n1", "x1", "n0", "x0", "crimes")))
    doubled = replace(p, crimes=p.crimes * 2)
    assert compare(again).p_value == pytest.approx(compare(doubled).p_value, abs=1e-9)


# --- what cannot be told


@pytest.mark.parametrize(
    ("rows", "relative", "difference", "tested"),
    [
        ((0, 0, 50, 20), False, False, False),
        ((50, 20, 0, 0), False, False, False),
        ((0, 0, 0, 0), False, False, False),
        ((20, 0, 50, 20), False, True, True),
        ((20, 8, 50, 0), False, True, True),
        ((20, 0, 50, 0), False, True, False),
        ((1, 0, 1, 1), False, True, True),
        ((1, 0, 1, 0), False, True, False),
    ],
)
def test_without_events_there_is_no_ratio_and_no_crash(
    rows: tuple[int, int, int, int], relative: bool, difference: bool, tested: bool
) -> None:
    found = compare(singles(rows))
    assert (found.relative is not None, found.difference is not None, found.p_value is not None) == (
        relative,
        difference,
        tested,
    )
    if found.difference:
        assert found.difference.low < found.difference.high
        assert found.difference.error is None


def test_no_crimes_at_all() -> None:
    assert compare(NONE) == Comparison(Arm(0, 0, 0, None), Arm(0, 0, 0, None), None, None, None, 0.95)


@pytest.mark.parametrize("rows", [(20, 20, 50, 50), (20, 20, 50, 25), (20, 10, 50, 50)])
def test_an_arm_of_which_all_progressed_is_not_known_for_certain(rows: tuple[int, int, int, int]) -> None:
    found = compare(singles(rows))
    assert found.relative.value == pytest.approx(rows[1] / rows[0] / (rows[3] / rows[2]))
    assert found.relative.log_error is None
    assert found.relative.low < found.relative.value < found.relative.high
    assert found.relative.high / found.relative.low > 1.05
    assert found.difference.high - found.difference.low > 0.05


def test_one_crime_with_many_victims_proves_nothing() -> None:
    # Nine of twelve victims of a single crime: its residual is zero, its effective number of cases is one.
    found = compare(Patterns([0, 0, 0], [12, 0, 0], [9, 0, 0], [0, 1, 1], [0, 1, 0], [1, 40, 60]))
    assert found.relative.low < 0.5
    assert found.relative.high > 1.8
    assert found.difference.high - found.difference.low > 0.7
    assert not enough(found)


def test_crimes_that_fall_on_both_arms_alike_have_no_p_value() -> None:
    found = compare(Patterns([0, 0], [1, 1], [1, 0], [1, 1], [1, 0], [30, 20]))
    assert found.difference.value == 0
    assert found.p_value is None


def test_matched_pairs_give_mcnemars_test() -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    both, first, second, neither = 40, 25, 10, 60
    found = compare(Patterns([0] * 4, [1] * 4, [1, 1, 0, 0], [1] * 4, [1, 0, 1, 0], [both, first, second, neither]))
    expected = mcnemar([[both, first], [second, neither]], exact=False, correction=False).pvalue
    # The score test centres on the pooled rate, which is McNemar's own null hypothesis.
    assert found.p_value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((10, 5, 1000, 500), True),
        ((9, 5, 1000, 500), False),
        ((100, 0, 900, 50), True),  # five expected
        ((100, 0, 901, 50), False),  # a little less than five
        ((100, 100, 900, 850), True),
        ((100, 100, 901, 851), False),
        ((0, 0, 900, 450), False),
        ((0, 0, 0, 0), False),
    ],
)
def test_enough_counts(rows: tuple[int, int, int, int], expected: bool) -> None:
    assert enough(compare(singles(rows))) is expected
    n1, x1, n0, x0 = rows
    assert enough(compare(singles((n0, x0, n1, x1)))) is expected


def test_ten_cases_of_nine_crimes_are_not_enough() -> None:
    assert enough(compare(Patterns([0] * 4, [2, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 0], [1, 9, 50, 50])))
    assert not enough(
        compare(Patterns([0] * 4, [2, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 0], [1, 8, 50, 50]))
    )


# --- the family


def benjamini_hochberg(p: list[float]) -> list[float]:
    """Straight from the definition: the least, over all members at or above it, of p times m over rank."""
    ranks = {index: rank for rank, index in enumerate(sorted(range(len(p)), key=lambda i: p[i]), 1)}
    return [min(1.0, *(p[j] * len(p) / ranks[j] for j in range(len(p)) if ranks[j] >= ranks[i])) for i in range(len(p))]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=20), st.sampled_from([0.01, 0.05, 0.2]))
@settings(max_examples=100, deadline=None)
def test_the_family_is_corrected_by_definition(members: list[tuple[float, bool]], alpha: float) -> None:
    p, counts = [one for one, _ in members], [two for _, two in members]
    family = flag_family(p, counts, alpha)
    expected = benjamini_hochberg([one if two else 1.0 for one, two in members])
    assert list(family.adjusted) == pytest.approx(expected)
    clear = [abs(one - alpha) > 1e-9 for one in expected]
    flagged = [one <= alpha and two for one, two in zip(expected, counts, strict=True)]
    assert [f for f, c in zip(family.flagged, clear, strict=True) if c] == [
        f for f, c in zip(flagged, clear, strict=True) if c
    ]


def test_members_with_too_few_cases_stay_in_the_family_and_are_never_flagged() -> None:
    alone = flag_family([0.04], [True])
    assert list(alone.flagged) == [True]
    beside = flag_family([0.04, 1e-9, np.nan, None], [True, False, True, True])
    assert list(beside.flagged) == [False, False, False, False]
    assert list(beside.adjusted) == pytest.approx([0.16, 1, 1, 1])


def test_even_at_alpha_one_a_small_member_is_not_flagged() -> None:
    assert list(flag_family([0.5, 0.5], [True, False], alpha=0.9999).flagged) == [False, False]
    assert list(flag_family([0.3, 0.5], [True, False], alpha=0.9999).flagged) == [True, False]


def test_a_family_of_none() -> None:
    family = flag_family([], [])
    assert (list(family.flagged), list(family.adjusted)) == ([], [])


def test_as_many_p_values_as_verdicts() -> None:
    with pytest.raises(ValueError, match="as many"):
        flag_family([0.1, 0.2], [True])


# --- the counts themselves


def test_sums_come_as_decimals_or_floats() -> None:
    given_columns = ([1], [decimal.Decimal(2)], [1.0], np.array([3], dtype=np.int8), [0], [7])
    found = Patterns(*(np.asarray(column) for column in given_columns))
    assert (found.n1.dtype, found.n1[0], found.crimes[0]) == (np.int64, 2, 7)


def test_a_stratum_may_be_a_hash() -> None:
    code = 2**62 + 1
    assert Patterns([code], [1], [0], [1], [0], [1]).stratum[0] == code


def test_rows_without_crimes_or_cases_are_dropped() -> None:
    found = Patterns([0, 0, 0], [1, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 5, 2])
    assert list(found.crimes) == [2]


@pytest.mark.parametrize(
    "columns",
    [
        ([0], [1], [2], [0], [0], [1]),
        ([0], [1], [0], [1], [2], [1]),
        ([0], [-1], [-1], [0], [0], [1]),
        ([0], [1], [1], [0], [0], [-1]),
        ([0], [1.5], [1], [0], [0], [1]),
        ([0], [np.nan], [0], [0], [0], [1]),
        ([0, 0], [1], [1], [0], [0], [1]),
        ([[0]], [1], [1], [0], [0], [1]),
    ],
)
def test_counts_that_cannot_be_are_refused(columns: tuple[list[float], ...]) -> None:
    with pytest.raises(ValueError):
        Patterns(*columns)


def test_the_shapes_that_are_drawn_can_be() -> None:
    assert (SHAPES[:, 1] <= SHAPES[:, 0]).all() and (SHAPES[:, 3] <= SHAPES[:, 2]).all()
