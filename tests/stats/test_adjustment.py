"""Like compared with like: against statsmodels, a published table, fractions by hand; strata that tell nothing."""

import math
import warnings
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from drawn_crimes import Stratum, draw, singles
from hypothesis import given, settings
from hypothesis import strategies as st

from attrition.stats.adjustment import Standardised, mantel_haenszel, standardised
from attrition.stats.disparity import Patterns, compare

# Deaths in a trial of tolbutamide (University Group Diabetes Program), below and above 55 years of age: Rothman,
# Epidemiology: An Introduction, 2nd edition 2012, table 10-3.
TRIAL = ((106, 8, 120, 5), (98, 22, 85, 16))
# Below the other arm taken together, above it in either stratum: most of the group's cases are of the harder kind.
PARADOX = ((60, 45, 600, 390), (440, 88, 200, 24))
NONE = Patterns(*(np.zeros(0, dtype=np.int64) for _ in range(6)))

Rows = tuple[tuple[int, int, int, int], ...]


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def table(most: int = 40) -> st.SearchStrategy[Rows]:
    arm = st.integers(0, most).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
    return st.lists(st.tuples(arm, arm).map(lambda two: (*two[0], *two[1])), max_size=6).map(tuple)


def by_hand(rows: Rows) -> tuple[Fraction, Fraction] | None:
    """The ratio, and the variance of its logarithm: Greenland and Robins 1985, in fractions."""
    above = below = spread = Fraction(0)
    for n1, x1, n0, x0 in rows:
        total = n1 + n0
        if total:
            above += Fraction(x1 * n0, total)
            below += Fraction(x0 * n1, total)
            spread += Fraction(n1 * n0 * (x1 + x0) - x1 * x0 * total, total**2)
    return (above / below, spread / (above * below)) if above and below else None


# --- Mantel and Haenszel


def test_the_published_trial() -> None:
    found = mantel_haenszel(singles(*TRIAL))
    assert round(found.value, 2) == 1.33


@given(table())
@settings(max_examples=100, deadline=None)
def test_ratio_and_variance_are_those_by_hand(rows: Rows) -> None:
    found, expected = mantel_haenszel(singles(*rows)), by_hand(rows)
    assert (found is None) == (expected is None)
    if found is None or expected is None:
        return
    assert found.value == pytest.approx(float(expected[0]), rel=1e-12)
    left = [sum(row[n] - row[n + 1] for row in rows if row[0] and row[2]) for n in (0, 2)]
    if expected[1] == 0 or min(left) == 0:
        assert found.log_error is None
    else:
        assert found.log_error == pytest.approx(math.sqrt(expected[1]), rel=1e-9)
    assert 0 < found.low <= found.value <= found.high
    assert found.low < found.high


def test_the_interval_is_greenland_and_robins() -> None:
    found = mantel_haenszel(singles(*TRIAL), level=0.9)
    reach = math.exp(1.6448536269514722 * math.sqrt(by_hand(TRIAL)[1]))
    assert (found.low, found.high) == pytest.approx((found.value / reach, found.value * reach), rel=1e-12)


@given(st.lists(st.tuples(*[st.integers(1, 30)] * 4), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_the_ratio_is_that_of_statsmodels(cells: list[tuple[int, int, int, int]]) -> None:
    from statsmodels.stats.contingency_tables import StratifiedTable

    tables = [np.array([[a, b], [c, d]], dtype=float) for a, b, c, d in cells]
    found = mantel_haenszel(singles(*((a + b, a, c + d, c) for a, b, c, d in cells)))
    assert found.value == pytest.approx(StratifiedTable(tables).riskratio_pooled, rel=1e-9)


def test_one_stratum_is_the_crude_comparison() -> None:
    p = singles((80, 20, 400, 180))
    crude, found = compare(p), mantel_haenszel(p)
    assert found.value == pytest.approx(crude.relative.value, rel=1e-12)
    assert found.log_error == pytest.approx(crude.relative.log_error * math.sqrt(479 / 480), rel=1e-9)


def test_strata_with_one_arm_only_tell_nothing() -> None:
    assert mantel_haenszel(singles(*TRIAL, (50, 25, 0, 0), (0, 0, 70, 7))) == mantel_haenszel(singles(*TRIAL))


def test_victims_of_one_crime_who_always_fare_alike_count_once() -> None:
    once = singles((40, 12, 90, 50), (60, 40, 30, 25))
    twice = Patterns(once.stratum, 2 * once.n1, 2 * once.x1, 2 * once.n0, 2 * once.x0, once.crimes)
    one, two = mantel_haenszel(once), mantel_haenszel(twice)
    assert (two.value, two.log_error) == pytest.approx((one.value, one.log_error), rel=1e-12)


def test_crimes_with_both_arms_never_narrow_the_interval() -> None:
    mixed = draw(np.random.default_rng(3), [Stratum(0.4, 0.5, 30, 30, mixed=60, alike=1.0)] * 2, 1)[0]
    totals = [
        tuple(int(mixed.crimes[mixed.stratum == s] @ getattr(mixed, name)[mixed.stratum == s]) for name in ("n1", "x1", "n0", "x0"))
        for s in (0, 1)
    ]  # fmt: skip
    assert mantel_haenszel(mixed).log_error == pytest.approx(math.sqrt(by_hand(tuple(totals))[1]), rel=1e-9)


@pytest.mark.parametrize(
    "rows",
    [
        (),
        ((0, 0, 0, 0),),
        ((20, 0, 30, 10),),
        ((20, 10, 30, 0),),
        ((20, 10, 0, 0), (0, 0, 30, 10)),
        ((20, 0, 30, 10), (5, 5, 0, 0)),
    ],
)
def test_without_events_to_compare_there_is_no_ratio(rows: Rows) -> None:
    assert mantel_haenszel(singles(*rows) if rows else NONE) is None


@pytest.mark.parametrize("rows", [((20, 20, 30, 30), (5, 5, 6, 6)), ((20, 20, 30, 15), (5, 5, 6, 3), (5, 0, 0, 0))])
def test_an_arm_of_which_all_progressed_is_not_known_for_certain(rows: Rows) -> None:
    found, crude = mantel_haenszel(singles(*rows)), compare(singles(*rows[:2])).relative
    assert found.value == pytest.approx(crude.value)
    assert found.log_error is None
    # Each of these strata has the same rates, so that the crude limits are a yardstick.
    assert (found.low, found.high) == pytest.approx((crude.low, crude.high), rel=0.02)


# --- standardised


def test_standardised_rates_by_hand() -> None:
    found = standardised(singles(*TRIAL))
    total = sum(n1 + n0 for n1, _, n0, _ in TRIAL)
    weights = [Fraction(n1 + n0, total) for n1, _, n0, _ in TRIAL]
    one = sum(w * Fraction(x1, n1) for w, (n1, x1, _, _) in zip(weights, TRIAL, strict=True))
    two = sum(w * Fraction(x0, n0) for w, (_, _, n0, x0) in zip(weights, TRIAL, strict=True))
    # One case a crime: the unbiased variance of each stratum's rate is p (1 - p) / (n - 1).
    var1 = sum(w**2 * Fraction(x1 * (n1 - x1), n1**2 * (n1 - 1)) for w, (n1, x1, _, _) in zip(weights, TRIAL, strict=True))  # fmt: skip
    var2 = sum(w**2 * Fraction(x0 * (n0 - x0), n0**2 * (n0 - 1)) for w, (_, _, n0, x0) in zip(weights, TRIAL, strict=True))  # fmt: skip
    assert (found.group_rate, found.others_rate) == pytest.approx((float(one), float(two)), rel=1e-12)
    assert found.difference.value == pytest.approx(float(one - two), rel=1e-12)
    assert found.difference.error == pytest.approx(math.sqrt(var1 + var2), rel=1e-12)
    assert found.relative.value == pytest.approx(float(one / two), rel=1e-12)
    assert found.relative.log_error == pytest.approx(math.sqrt(var1 / one**2 + var2 / two**2), rel=1e-12)
    assert (found.share_covered, found.strata_used) == (1.0, 2)


def test_one_stratum_standardised_is_the_crude_comparison() -> None:
    p = singles((80, 20, 400, 180))
    found, crude = standardised(p), compare(p)
    assert (found.group_rate, found.others_rate) == pytest.approx((crude.group.rate, crude.others.rate))
    assert found.relative.value == pytest.approx(crude.relative.value)
    # The factors for the number of crimes differ: both arms together there, each by itself here.
    assert found.difference.low == pytest.approx(crude.difference.low, abs=0.002)
    assert found.difference.high == pytest.approx(crude.difference.high, abs=0.002)


def test_standard_errors_are_those_of_a_loop_over_crimes() -> None:
    strata = [Stratum(0.3, 0.45, 20, 60, 6, 15, 9, alike=0.7), Stratum(0.6, 0.5, 30, 20, 8, 5, 4, alike=0.4)]
    p = draw(np.random.default_rng(8), strata, 1)[0]
    found = standardised(p)
    cases = sum(one.cases1 + one.cases0 for one in strata)
    log_variance = variance = 0.0
    for s, one in enumerate(strata):
        weight = (one.cases1 + one.cases0) / cases
        rows = [
            (a, b, c, d)
            for t, a, b, c, d, k in zip(p.stratum, p.n1, p.x1, p.n0, p.x0, p.crimes, strict=True)
            for _ in range(k)
            if t == s
        ]
        p1, p0 = sum(r[1] for r in rows) / one.cases1, sum(r[3] for r in rows) / one.cases0
        crimes1, crimes0 = sum(r[0] > 0 for r in rows), sum(r[2] > 0 for r in rows)
        for a, b, c, d in rows:
            up = weight * (b - p1 * a) / one.cases1 * math.sqrt(crimes1 / (crimes1 - 1))
            down = weight * (d - p0 * c) / one.cases0 * math.sqrt(crimes0 / (crimes0 - 1))
            variance += (up - down) ** 2
            log_variance += (up / found.group_rate - down / found.others_rate) ** 2
    assert found.difference.error == pytest.approx(math.sqrt(variance), rel=1e-9)
    assert found.relative.log_error == pytest.approx(math.sqrt(log_variance), rel=1e-9)


def test_strata_with_few_cases_are_left_out_and_the_share_is_told() -> None:
    kept = ((80, 20, 400, 180), (10, 5, 10, 5))
    with_few = singles(*kept, (9, 9, 300, 300), (1, 1, 9, 0))
    found = standardised(with_few)
    assert found.share_covered == pytest.approx(0.9)
    assert found.strata_used == 2
    assert found.difference == standardised(singles(*kept)).difference


def test_under_the_least_share_figures_are_withheld() -> None:
    p = singles((80, 20, 400, 180), (20, 9, 9, 3))
    assert standardised(p).share_covered == 0.8
    assert standardised(p).relative is not None
    below = standardised(singles((79, 20, 400, 180), (21, 9, 9, 3)))
    assert below == Standardised(0.79, 1, None, None, None, None)
    assert standardised(p, least=9).share_covered == 1
    assert standardised(p, least_share=0.81).relative is None


def test_a_stratum_whose_cases_are_of_one_crime_is_not_used() -> None:
    p = Patterns([0, 0, 0], [12, 0, 0], [9, 0, 0], [0, 1, 1], [0, 1, 0], [1, 40, 60])
    assert standardised(p) == Standardised(0.0, 0, None, None, None, None)


@pytest.mark.parametrize("least_share", [0.0, 0.8])
@pytest.mark.parametrize("least", [0, 10])
def test_nothing_to_standardise(least: int, least_share: float) -> None:
    assert standardised(NONE, least, least_share) == Standardised(None, 0, None, None, None, None)
    others_only = standardised(singles((0, 0, 50, 20)), least, least_share)
    assert others_only == Standardised(None, 0, None, None, None, None)
    group_only = standardised(singles((50, 20, 0, 0)), least, least_share)
    assert group_only == Standardised(0.0, 0, None, None, None, None)


@pytest.mark.parametrize("rows", [(20, 0, 50, 20), (20, 20, 50, 20), (20, 0, 50, 0), (20, 20, 50, 50)])
def test_rates_of_none_or_all_keep_a_difference(rows: tuple[int, int, int, int]) -> None:
    found = standardised(singles(rows, rows))
    assert found.difference.low < found.difference.value + 1e-12
    assert found.difference.high - found.difference.low > 0.05
    assert (found.relative is None) == (rows[1] == 0 or rows[3] == 0)
    if found.relative:
        assert found.relative.low < found.relative.value < found.relative.high


@given(table(most=60))
@settings(max_examples=100, deadline=None)
def test_what_must_hold_of_any_counts(rows: Rows) -> None:
    found = standardised(singles(*rows) if rows else NONE, least=5, least_share=0.5)
    if found.difference is None:
        assert found.relative is None
        return
    assert found.share_covered >= 0.5
    used = [(x1 / n1, x0 / n0) for n1, x1, n0, x0 in rows if min(n1, n0) >= 5]
    assert len(used) == found.strata_used
    assert min(one for one, _ in used) - 1e-9 <= found.group_rate <= max(one for one, _ in used) + 1e-9
    assert -1 <= found.difference.low < found.difference.high <= 1
    assert found.difference.low - 1e-9 <= found.difference.value <= found.difference.high + 1e-9


# --- Simpson's paradox


def test_a_paradox_is_seen_through() -> None:
    p = singles(*PARADOX)
    assert compare(p).relative.high < 1
    assert mantel_haenszel(p).low > 1
    assert standardised(p).relative.low > 1
