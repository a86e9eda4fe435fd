"""Did a pilot work: estimates in exact arithmetic, placebos that see no treated data, honest refusals, coverage."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm

from attrition.stats.pilot import PilotResult, before_and_after, difference_in_differences

Counts = NDArray[np.int64]


def quarters(
    chance: np.random.Generator, areas: int, length: int, *, drift: str, pilot_cases: int = 60, effect: float = 0.0
) -> tuple[Counts, Counts]:
    """Cases of areas with different levels, a common path, and an own drift; area 0 gains `effect` from half-time on."""
    expected = np.full((areas, length), 100)
    expected[0] = pilot_cases
    cases = chance.poisson(expected) + 1
    odds = -0.85 + 0.3 * chance.standard_normal((areas, 1)) + 0.1 * chance.standard_normal((1, length)).cumsum(1)
    if drift == "quarters apart":
        odds = odds + 0.25 * chance.standard_normal((areas, length))
    if drift == "random walk":
        odds = odds + 0.125 * chance.standard_normal((areas, length)).cumsum(1)
    if drift == "straight line":
        odds = odds + 0.5 * chance.standard_normal((areas, 1)) * np.linspace(-0.5, 0.5, length)
    rate = 1 / (1 + np.exp(-odds))
    rate[0, length // 2 :] = np.clip(rate[0, length // 2 :] + effect, 0, 1)
    return chance.binomial(cases, rate), cases


def steady(areas: int, length: int) -> tuple[Counts, Counts]:
    """Twenty of a hundred everywhere."""
    return np.full((areas, length), 20), np.full((areas, length), 100)


def exact(done: Counts, cases: Counts, own: list[int], rest: list[int], start: int, end: int) -> Fraction:
    """Difference in differences of fractions, from its definition."""

    def share(rows: list[int], first: int, last: int) -> Fraction:
        return Fraction(int(done[rows, first:last].sum()), int(cases[rows, first:last].sum()))

    return share(own, start, end) - share(own, 0, start) - (share(rest, start, end) - share(rest, 0, start))


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(4, 12), st.data())
def test_estimates_are_exact(seed: int, areas: int, length: int, data: st.DataObject) -> None:
    done, cases = quarters(np.random.default_rng(seed), areas, length, drift="quarters apart")
    pilot, start = data.draw(st.integers(0, areas - 1)), data.draw(st.integers(1, length - 1))
    found = difference_in_differences(done, cases, pilot, start)
    others = [area for area in range(areas) if area != pilot]
    assert found.estimate == pytest.approx(float(exact(done, cases, [pilot], others, start, length)), abs=1e-12)
    for placebo in found.placebos:
        if placebo.area == pilot:
            own = exact(done, cases, [pilot], others, placebo.start, start)
        else:
            rest = [area for area in others if area != placebo.area]
            own = exact(done, cases, [placebo.area], rest, placebo.start, length)
        assert placebo.estimate == pytest.approx(float(own), abs=1e-12)


@given(st.integers(0, 10_000), st.integers(3, 5), st.integers(6, 10))
def test_placebos_use_no_treated_data(seed: int, areas: int, length: int) -> None:
    """Whatever the pilot area does from the start on, every placebo stays as it is."""
    chance = np.random.default_rng(seed)
    done, cases = quarters(chance, areas, length, drift="random walk")
    start = length // 2
    changed = done.copy()
    changed[0, start:] = chance.integers(0, cases[0, start:] + 1)
    here, there = (difference_in_differences(one, cases, 0, start) for one in (done, changed))
    assert here.placebos == there.placebos
    pairs = [(placebo.area, placebo.start) for placebo in here.placebos]
    assert len(set(pairs)) == len(pairs) and (0, start) not in pairs


def test_placebo_assignments_by_hand() -> None:
    """Four areas, six quarters, start 4: the others at 2, 3 and 4; the pilot area at 2 alone, two before and after."""
    found = difference_in_differences(*steady(4, 6), 1, 4)
    assert [(placebo.area, placebo.start) for placebo in found.placebos] == [
        *((0, at) for at in (2, 3, 4)),
        (1, 2),
        *((area, at) for area in (2, 3) for at in (2, 3, 4)),
    ]
    assert found.reason == "10 placebo pilots, and 19 are needed"


def test_two_other_areas_are_one_comparison() -> None:
    """Each is compared with the other alone, the same numbers with the sign changed; they do not count twice."""
    found = difference_in_differences(*steady(3, 12), 0, 6)
    assert [placebo.area for placebo in found.placebos] == [0] * 3 + [1] * 9
    assert found.low is None and found.p_value is None and "no interval can be given" in found.sentence


def test_three_areas_never_have_an_interval() -> None:
    found = difference_in_differences(*steady(3, 40), 0, 20)
    assert len(found.placebos) >= 19
    assert found.reason == "2 other areas, and 3 are needed"
    assert found.low is None and found.p_value is None


def test_areas_without_cases_are_no_areas() -> None:
    done, cases = steady(8, 40)
    done[3:] = cases[3:] = 0
    found = difference_in_differences(done, cases, 0, 20)
    assert found.reason == "2 other areas, and 3 are needed"
    assert {placebo.area for placebo in found.placebos} == {0, 1}


def test_a_plain_effect_is_found() -> None:
    done, cases = steady(8, 12)
    done[0, 6:] = 45
    found = difference_in_differences(done, cases, 0, 6)
    assert found.estimate == pytest.approx(0.25)
    assert found.low is not None and found.high is not None and found.low > 0 and found.high < 0.5
    assert found.p_value == pytest.approx(1 / (len(found.placebos) + 1))
    assert len(found.placebos) == 7 * 9 + 3
    assert found.as_large == 0
    assert found.sentence.startswith(
        "In the pilot area 20.0 % of cases progressed before and 45.0 % after, elsewhere 20.0 % and 20.0 %: the pilot "
        "area changed by +25.0 points against the others (95 % interval +"
    )


def test_calm_placebos_promise_no_more_than_chance_allows() -> None:
    """All placebos are 0, and the pilot gains what 600 cases a side do by chance: two standard errors are 0.049."""
    done, cases = steady(8, 12)
    done[0, 6:] = 24
    found = difference_in_differences(done, cases, 0, 6)
    assert found.low is not None and found.high is not None and found.p_value is not None
    assert found.as_large == 0
    assert found.high - found.low == pytest.approx(2 * 1.96 * math.sqrt(0.16 / 600 * 8 / 7 + 0.1824 / 600), abs=0.01)
    assert found.p_value > 0.05


def test_what_happens_everywhere_is_no_effect() -> None:
    done, cases = steady(8, 12)
    done[:, 6:] = 45
    found = difference_in_differences(done, cases, 0, 6)
    assert found.estimate == 0 and found.p_value == 1
    assert found.as_large == len(found.placebos)
    assert before_and_after(done, cases, 0, 6).low == pytest.approx(0.25, abs=0.06)


@pytest.mark.parametrize(
    ("areas", "student"),
    # Student's t at 97.5 %, one degree of freedom to each other area.
    [(4, 3.182446), (8, 2.364624), (12, 2.200985)],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_interval_and_p_value_from_their_definition(areas: int, student: float, seed: int) -> None:
    """Every placebo over the size that chance and drift give it; the pilot's own size with Student's t in place of 1.96."""
    done, cases = quarters(np.random.default_rng(seed), areas, 16, drift="random walk")
    found = difference_in_differences(done, cases, 0, 8)

    def chance(own: list[int], rest: list[int], start: int, end: int) -> float:
        total = 0.0
        for rows in (own, rest):
            for first, last in ((0, start), (start, end)):
                size = int(cases[rows, first:last].sum())
                rate = (int(done[rows, first:last].sum()) + 0.5) / (size + 1)
                total += rate * (1 - rate) / size
        return total

    others = list(range(1, areas))
    variances = []
    for placebo in found.placebos:
        rest = [area for area in others if area != placebo.area]
        variances.append(chance([placebo.area], rest, placebo.start, 8 if placebo.area == 0 else 16))
    size = len(variances)
    assert size == (areas - 1) * 13 + 5
    by_chance = chance([0], others, 8, 16)
    drift = max(0.0, sum(one.estimate**2 - v for one, v in zip(found.placebos, variances, strict=True)) / size)
    assert drift > 0
    widened = math.sqrt(by_chance + drift) * student / 1.959964
    scores = sorted(abs(one.estimate) / math.sqrt(v + drift) for one, v in zip(found.placebos, variances, strict=True))
    # The p-value (1 + as far out) / (1 + placebos) is above 0.05 as long as that many and no fewer lie as far out.
    needed = math.floor((1 + size) / 20)
    reach = max(scores[size - needed] * widened, 1.959964 * math.sqrt(by_chance))
    assert found.estimate is not None and found.low is not None and found.high is not None
    assert (found.low, found.high) == pytest.approx(
        (max(found.estimate - reach, -1), min(found.estimate + reach, 1)), rel=1e-5
    )
    as_far = sum(score >= abs(found.estimate) / widened for score in scores)
    alone = math.erfc(abs(found.estimate) / math.sqrt(2 * by_chance))
    assert found.p_value == pytest.approx(max((1 + as_far) / (1 + size), alone), rel=1e-6)


@given(st.integers(0, 10_000), st.sampled_from([4, 5, 8]), st.floats(-0.2, 0.2))
def test_interval_and_p_value_agree(seed: int, areas: int, effect: float) -> None:
    done, cases = quarters(np.random.default_rng(seed), areas, 12, drift="random walk", effect=effect)
    found = difference_in_differences(done, cases, 0, 6)
    assert found.low is not None and found.high is not None and found.p_value is not None
    assert found.estimate is not None and found.low <= found.estimate <= found.high
    assert (found.p_value <= 0.05) == (not found.low <= 0 <= found.high)


def test_rank_of_hand_made_numbers() -> None:
    """Areas of equal size and even chance: all scores have one scale, so that the rank can be counted by hand."""
    done, cases = np.full((8, 4), 50_000), np.full((8, 4), 100_000)
    done[:, 2:] += 1_000 * np.array([[16], [0], [1], [2], [3], [4], [5], [6]])
    # At two quarters on each side there is one placebo to each other area, too few; the estimates still hold.
    found = difference_in_differences(done, cases, 0, 2)
    assert found.estimate == pytest.approx(0.16 - 0.03)
    assert [placebo.estimate for placebo in found.placebos] == pytest.approx(
        [(own - (21 - own) / 6) / 100 for own in range(7)]
    )
    assert found.as_large == 0 and found.p_value is None


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (0, "there are no cases in the pilot area before the start"),
        (-3, "there are no cases in the pilot area before the start"),
        (12, "there are no cases in the pilot area from the start"),
        (99, "there are no cases in the pilot area from the start"),
        (1, "fewer than two quarters before or after the start"),
        (11, "fewer than two quarters before or after the start"),
    ],
)
def test_a_side_too_short(start: int, reason: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = difference_in_differences(*steady(8, 12), 0, start)
    assert found.reason == reason
    assert found.low is None and found.high is None and found.p_value is None
    assert (found.estimate is None) == ("no cases" in reason)
    assert reason in found.sentence


@pytest.mark.parametrize("areas", [1, 2])
def test_no_others_or_one(areas: int) -> None:
    found = difference_in_differences(*steady(areas, 12), 0, 6)
    assert found.p_value is None
    assert (found.estimate is None) == (areas == 1)


@pytest.mark.parametrize("empty", [np.s_[0, :6], np.s_[0, 6:], np.s_[1:, :6], np.s_[3, :], np.s_[:, :]])
def test_empty_cells_are_no_error(empty: tuple[slice, ...]) -> None:
    done, cases = steady(8, 12)
    done[empty] = cases[empty] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = difference_in_differences(done, cases, 0, 6)
        alone = before_and_after(done, cases, 0, 6)
    assert found.few_cases == (cases == 0).sum() and found.cells == 96
    assert f"{found.few_cases} of 96 area-quarters have fewer than 10 cases." in found.sentence
    assert (alone.difference is None) == bool(alone.reason)
    assert all(not math.isnan(placebo.estimate) for placebo in found.placebos)


@pytest.mark.parametrize("done", [0, 100])
def test_nothing_or_everything_progressed(done: int) -> None:
    cells = np.full((8, 12), done), np.full((8, 12), 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = difference_in_differences(*cells, 0, 6)
    assert found.estimate == 0 and found.p_value == 1
    assert found.low is not None and found.high is not None and found.low < 0 < found.high


def test_numbers_that_do_not_fit_are_refused() -> None:
    for done, cases, pilot in (([[3]], [[2]], 0), ([[-1]], [[2]], 0), ([[1]], [[2]], 1), ([1], [2], 0)):
        with pytest.raises(ValueError, match=r"progressed|pilot"):
            difference_in_differences(done, cases, pilot, 1)


def test_before_and_after_is_newcombes_interval() -> None:
    """Newcombe (1998), method 10: from the two Wilson intervals. His example (a): 56/70 and 48/80, 0.0524 to 0.3339."""
    found = before_and_after([[48, 56], [0, 0]], [[80, 70], [0, 0]], 0, 1)
    assert found.difference == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)

    def wilson(done: int, cases: int) -> tuple[float, float]:
        z = float(norm.ppf(0.975))
        middle, reach = done + z * z / 2, z * math.sqrt(done * (cases - done) / cases + z * z / 4)
        return (middle - reach) / (cases + z * z), (middle + reach) / (cases + z * z)

    (low_after, high_after), (low_before, high_before) = wilson(56, 70), wilson(48, 80)
    assert found.low == pytest.approx(0.2 - math.hypot(0.8 - low_after, high_before - 0.6))
    assert found.high == pytest.approx(0.2 + math.hypot(high_after - 0.8, 0.6 - low_before))


def test_a_flag_set_after_the_fact_turns_a_success_into_a_failure() -> None:
    """Made-up cases with one person's word at first. The pilot finds more corroboration; those cases lose the flag."""
    chance = np.random.default_rng(8)
    rates = {}
    for pilot, found_share in ((False, 0.1), (True, 0.4)):
        is_corroborated = chance.random(50_000) < found_share
        has_progressed = chance.random(50_000) < np.where(is_corroborated, 0.6, 0.15)
        rates[pilot] = has_progressed.mean(), has_progressed[~is_corroborated].mean()
    in_area, flagged = (rates[True][at] - rates[False][at] for at in (0, 1))
    assert in_area == pytest.approx(0.3 * (0.6 - 0.15), abs=0.01)
    assert flagged == pytest.approx(0, abs=0.01)


def results(
    areas: int,
    *,
    drift: str,
    boards: int,
    pilot_cases: int = 100,
    length: int = 12,
    effect: float = 0.0,
    start: int = 0,
) -> list[PilotResult]:
    """The results of so many made-up boards; the pilot begins at `start`, or at half-time."""
    chance = np.random.default_rng([areas, length, pilot_cases, len(drift), int(100 * effect) + 1_000 * start])
    return [
        difference_in_differences(
            *quarters(chance, areas, length, drift=drift, pilot_cases=pilot_cases, effect=effect),
            0,
            start or length // 2,
        )
        for _ in range(boards)
    ]


def share_held(found: list[PilotResult]) -> float:
    """How often the interval holds no effect."""
    return float(np.mean([one.low <= 0 <= one.high for one in found if one.low is not None and one.high is not None]))


def share_by_plain_rank(found: list[PilotResult]) -> float:
    """How often no effect would be kept if estimates were ranked as they are, whatever rests on them."""
    return float(np.mean([(1 + one.as_large) / (1 + len(one.placebos)) > 0.05 for one in found]))


@pytest.mark.slow
@pytest.mark.parametrize("areas", [4, 8, 12])
@pytest.mark.parametrize("pilot_cases", [25, 100])
@pytest.mark.parametrize("drift", ["none", "quarters apart", "random walk", "straight line"])
def test_intervals_hold_the_truth(areas: int, pilot_cases: int, drift: str) -> None:
    held = share_held(results(areas, drift=drift, boards=1_000, pilot_cases=pilot_cases))
    assert held >= 0.95 - 2 * math.sqrt(0.05 * 0.95 / 1_000)


@pytest.mark.slow
@pytest.mark.parametrize("start", [2, 10])
@pytest.mark.parametrize("drift", ["none", "quarters apart", "random walk", "straight line"])
def test_intervals_hold_the_truth_of_a_start_near_either_end(start: int, drift: str) -> None:
    held = share_held(results(8, drift=drift, boards=1_000, start=start))
    assert held >= 0.95 - 2 * math.sqrt(0.05 * 0.95 / 1_000)


@pytest.mark.slow
def test_why_estimates_are_not_ranked_as_they_are() -> None:
    """A pilot area with a quarter of the others' cases jumps about more than they do, for nothing."""
    found = results(8, drift="none", boards=500, pilot_cases=25)
    assert share_by_plain_rank(found) < 0.85 < share_held(found)


@pytest.mark.slow
def test_why_three_areas_have_no_interval() -> None:
    """Twenty quarters give 24 placebos, but all others are one line drifting against another."""
    found = results(3, drift="straight line", boards=500, length=20)
    assert {one.p_value for one in found} == {None} and len(found[0].placebos) >= 19
    assert share_by_plain_rank(found) < 0.9


@pytest.mark.slow
def test_a_real_effect_is_mostly_seen() -> None:
    found = results(8, drift="random walk", boards=500, effect=0.2)
    assert 1 - share_held(found) > 0.7
