"""What a comparison says to a board, in plain words. Sentences out; no arithmetic beyond rounding, no markup.

The sentences show rates. Whoever prints them makes sure that the counts behind them may be shown.
"""

from dataclasses import dataclass
from enum import Enum

from attrition.stats.adjustment import Standardised
from attrition.stats.disparity import Comparison, enough
from attrition.stats.two_rates import Difference, Ratio

NOT_PROOF = "A difference is not proof of bias: case mix, evidence and recording differ between groups."
NOT_CLEAR = (
    "Given how many comparisons were made, chance alone could explain the difference; this does not show that there is"
    " none."
)
NOT_COMPARABLE = "Like could not be compared with like: too few cases lie in the same offence group, area and quarter."
NOT_AGREED = (
    "Two ways to compare like with like do not agree ({figures}): whether the difference remains cannot be told."
)
HIDDEN = (
    "When like is compared with like, a difference appears ({figures}); it was not tested together with the others"
    " and is a reason to look closer, no more."
)
# What a sentence holds if a difference remains; other sentences do not hold it.
REMAINS = "The difference remains when like is compared with like"
TOO_FEW = "Too few cases to tell whether this group fares differently from {others}."


class _Verdict(Enum):
    """What becomes of a difference when like is compared with like."""

    REMAINS = f"{REMAINS} ({{figures}})."
    VANISHES = "The difference is no longer clear when like is compared with like ({figures})."
    REVERSES = (
        "The difference reverses when like is compared with like ({figures}): the mix of offences, areas and quarters"
        " differs between the groups, and the first figure must not be read alone."
    )


@dataclass(frozen=True)
class _Likened:
    """One figure that compares like with like: below (-1), at or above (1) the other arm, and whether clearly so."""

    side: int
    is_clear: bool
    figures: str


def wording(
    comparison: Comparison,
    adjusted: Ratio | None,
    standardised: Standardised | None,
    flagged: bool,
    others: str = "all others",
) -> str:
    """What one comparison says, in a few sentences.

    adjusted, standardised: the same comparison with like compared with like; None where there is none
    flagged: whether it stands out in its family (`flag_family`)
    others: what the other arm is called in the sentence

    Rates are in percent; the comparison is in times (a ratio) or, where none of an arm's cases progressed, in
    percentage points. With too few cases no figure is given at all.
    """
    if not enough(comparison) or comparison.difference is None:
        return TOO_FEW.format(others=others)
    likened = _likened(adjusted, standardised)
    if flagged:
        second = _fate(_side(comparison.difference.value), likened)
    else:
        hidden = next((one.figures for one in likened if one.is_clear), "")
        second = f"{NOT_CLEAR} {HIDDEN.format(figures=hidden)}" if hidden else NOT_CLEAR
    return f"{_rates(comparison, comparison.difference, others)} {second} {NOT_PROOF}"


def _rates(comparison: Comparison, difference: Difference, others: str) -> str:
    one, two = comparison.group.rate or 0.0, comparison.others.rate or 0.0
    figures = _times(comparison.relative) or _points(difference)
    return f"Progressed in {100 * one:.1f} % of cases against {100 * two:.1f} % for {others} ({figures})."


def _fate(side: int, likened: list[_Likened]) -> str:
    """What becomes of a flagged difference; `side` is that of the crude one."""
    if not likened:
        return NOT_COMPARABLE
    verdicts = {_verdict(side, one) for one in likened}
    if len(verdicts) > 1:
        return NOT_AGREED.format(figures="; ".join(one.figures for one in likened))
    return verdicts.pop().value.format(figures=likened[0].figures)


def _verdict(side: int, likened: _Likened) -> _Verdict:
    if not likened.is_clear:
        return _Verdict.VANISHES
    return _Verdict.REMAINS if likened.side == side else _Verdict.REVERSES


def _likened(adjusted: Ratio | None, standardised: Standardised | None) -> list[_Likened]:
    """The figures that there are, the one over all strata first."""
    found = [_from_ratio(adjusted)]
    if standardised is not None:
        found.append(_from_ratio(standardised.relative) or _from_difference(standardised.difference))
    return [one for one in found if one is not None]


def _from_ratio(ratio: Ratio | None) -> _Likened | None:
    if ratio is None:
        return None
    return _Likened(_side(ratio.value - 1), not ratio.low <= 1 <= ratio.high, _times(ratio))


def _from_difference(difference: Difference | None) -> _Likened | None:
    if difference is None:
        return None
    is_clear = not difference.low <= 0 <= difference.high
    return _Likened(_side(difference.value), is_clear, _points(difference))


def _times(ratio: Ratio | None) -> str:
    """Such as `0.68 times, 0.52 to 0.89`; empty where there is no ratio."""
    if ratio is None:
        return ""
    return f"{_ratio(ratio.value)} times, {_ratio(ratio.low)} to {_ratio(ratio.high)}"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def _points(difference: Difference) -> str:
    """Such as `18.0 percentage points lower, −24.1 to −11.9`."""
    value, low, high = (round(100 * one, 1) for one in (difference.value, difference.low, difference.high))
    way = "lower" if value < 0 else "higher"
    return f"{abs(value):.1f} percentage points {way}, {low:.1f} to {high:.1f}".replace("-", "−")


def _side(value: float) -> int:
    return (value > 0) - (value < 0)
