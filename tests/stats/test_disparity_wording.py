"""What a board reads: each kind of result in words, and no verdict where the counts cannot carry one."""

from dataclasses import replace

import pytest
from drawn_crimes import singles

from attrition.stats.adjustment import Standardised, mantel_haenszel, standardised
from attrition.stats.disparity import Patterns, compare
from attrition.stats.disparity_wording import wording
from attrition.stats.two_rates import Difference, Ratio

NOT_PROOF = "A difference is not proof of bias: case mix, evidence and recording differ between groups."
CLEAR = singles((400, 49, 2000, 360))


def said(p: Patterns, flagged: bool = True) -> str:
    return wording(compare(p), mantel_haenszel(p), standardised(p), flagged)


def ratio(value: float, low: float, high: float) -> Ratio:
    return Ratio(value, low, high, 0.1)


def standard(relative: Ratio | None, difference: Difference | None = None) -> Standardised:
    return Standardised(0.9, 3, 0.2, 0.2, relative, difference)


def test_a_difference_that_remains() -> None:
    assert said(CLEAR) == (
        "Progressed in 12.2 % of cases against 18.0 % for all others (0.68 times, 0.52 to 0.90). "
        "The difference remains when like is compared with like (0.68 times, 0.52 to 0.90). " + NOT_PROOF
    )


def test_a_difference_that_reverses() -> None:
    text = said(singles((60, 45, 600, 391), (440, 88, 200, 24)))
    assert text.startswith("Progressed in 26.6 % of cases against 51.9 % for all others (0.51 times")
    assert "The difference reverses when like is compared with like (1." in text
    assert "the first figure must not be read alone" in text
    assert text.endswith(NOT_PROOF)


def test_a_difference_that_vanishes() -> None:
    text = said(singles((60, 39, 600, 390), (440, 53, 200, 24)))
    assert "no longer clear when like is compared with like (1.00 times" in text
    assert "remains" not in text and "reverses" not in text


@pytest.mark.parametrize(
    ("adjusted", "standard_ratio", "expected"),
    [
        (ratio(0.7, 0.6, 0.8), ratio(0.7, 0.6, 0.8), "remains when like"),
        (ratio(0.7, 0.6, 0.8), None, "remains when like"),
        (None, ratio(0.7, 0.6, 0.8), "remains when like"),
        (ratio(0.9, 0.7, 1.1), ratio(0.9, 0.7, 1.1), "no longer clear"),
        (ratio(1.1, 0.9, 1.3), None, "no longer clear"),
        (ratio(1.4, 1.2, 1.6), ratio(1.3, 1.1, 1.5), "reverses when like"),
        (ratio(0.7, 0.6, 0.8), ratio(0.9, 0.7, 1.1), "do not agree (0.70 times, 0.60 to 0.80; 0.90 times, 0.70 to 1.10)"),
        (ratio(0.7, 0.6, 0.8), ratio(1.4, 1.2, 1.6), "do not agree"),
        (None, None, "Like could not be compared with like"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_flag(adjusted: Ratio | None, standard_ratio: Ratio | None, expected: str) -> None:
    text = wording(compare(CLEAR), adjusted, standard(standard_ratio), True)
    assert expected in text
    assert text.endswith(NOT_PROOF)


def test_withheld_figures_compare_nothing() -> None:
    withheld = Standardised(0.4, 1, None, None, None, None)
    assert "Like could not be compared with like" in wording(compare(CLEAR), None, withheld, True)
    assert "Like could not be compared with like" in wording(compare(CLEAR), None, None, True)


def test_a_group_of_which_none_progressed_is_told_in_points() -> None:
    text = said(singles((100, 0, 900, 180)))
    assert text.startswith(
        "Progressed in 0.0 % of cases against 20.0 % for all others (20.0 percentage points lower, −"
    )
    assert "times" not in text
    assert "The difference remains when like is compared with like (20.0 percentage points lower" in text


def test_a_group_of_which_all_progressed_is_told_in_times() -> None:
    text = said(singles((60, 60, 900, 700)))
    assert text.startswith("Progressed in 100.0 % of cases against 77.8 % for all others (1.29 times, 1.2")


def test_without_a_flag_chance_is_named_and_equality_is_not_claimed() -> None:
    text = said(singles((200, 39, 2000, 360)), flagged=False)
    assert "chance alone could explain the difference; this does not show that there is none." in text
    assert "When like" not in text
    assert text.endswith(NOT_PROOF)


def test_a_difference_hidden_by_the_mix_is_named_as_a_reason_to_look() -> None:
    text = said(singles((400, 240, 100, 80), (100, 20, 400, 180)), flagged=False)
    assert "Progressed in 52.0 % of cases against 52.0 %" in text
    assert "When like is compared with like, a difference appears (0.6" in text
    assert "a reason to look closer, no more" in text


@pytest.mark.parametrize("flagged", [True, False])
@pytest.mark.parametrize("rows", [(9, 1, 900, 500), (40, 1, 900, 18), (0, 0, 900, 18), (0, 0, 0, 0), (3, 3, 4, 4)])
def test_with_too_few_cases_nothing_is_told(rows: tuple[int, int, int, int], flagged: bool) -> None:
    text = said(singles(rows), flagged)
    assert text == "Too few cases to tell whether this group fares differently from all others."
    assert not any(sign.isdigit() for sign in text)


def test_the_other_arm_has_its_name() -> None:
    comparison = compare(CLEAR)
    assert "against 18.0 % for the White British group (" in wording(
        comparison, None, None, True, others="the White British group"
    )
    few = compare(singles((3, 1, 900, 500)))
    assert wording(few, None, None, False, others="Arab victims").endswith("differently from Arab victims.")


def test_small_ratios_are_not_rounded_to_nothing() -> None:
    comparison = replace(compare(CLEAR), relative=ratio(0.0312, 0.0042, 0.22))
    assert "(0.031 times, 0.0042 to 0.22)" in wording(comparison, None, None, True)
