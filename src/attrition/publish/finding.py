"""What a finding of the board paper is, the rows it is chosen from, and the words and shares that all findings use. Chooses none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from attrition import reference
from attrition.publish.headline import Row
from attrition.publish.report_figures import Figure
from attrition.publish.told import not_covered
from attrition.publish.workbook_labels import stage_label
from attrition.stats.proportion import wilson

# No finding rests on fewer cases than these: the base of a share, and a count that it is about.
LEAST_BASE = 50
LEAST_COUNT = 10
# A case is lost after its record as a crime and before a conviction.
LOSING = ("recorded", "suspect_identified", "referred", "charged", "prosecuted")
EVENTS = {
    "recorded": "recording",
    "suspect_identified": "identification of a suspect",
    "referred": "referral to the CPS",
    "charged": "charge",
    "prosecuted": "a first hearing",
    "convicted": "conviction",
}


@dataclass(frozen=True)
class Finding:
    """One finding: a heading, what is said, and the table that it rests on. `is_told` is False where it says what cannot be told."""

    heading: str
    sentence: str
    table: str
    is_told: bool = True


@dataclass(frozen=True)
class PaperRows:
    """The rows of all cases that findings are chosen from. A figure is a number, or the letter of a shorthand in its place.

    period: the financial year of report, as 2024/25; empty for every case up to the day
    counted_on: the day as at which the period was counted
    stages: by stage, its counts (entered, progressed, open, resolved, lost), whether it is covered, and why not; empty where nothing is
        published
    reasons: stage, exit, reason_group and count
    ages: period of recording (a financial year), stage, window_days, old_enough, reached, rate with its limits, usable_from
    comparisons: rows of the table disparity, which only the restricted tier has
    """

    period: str
    counted_on: date
    stages: Mapping[str, Row]
    reasons: Sequence[Row]
    ages: Sequence[Row]
    comparisons: Sequence[Row] = ()

    def step_known(self, stage: str) -> bool:
        """Whether the feeds tell what became of the cases at a stage: those behind it and behind the next reach far enough."""
        order = [row["stage"] for row in reference.rows("stage")]
        following = order[order.index(stage) + 1] if stage != order[-1] else stage
        return all(one in self.stages and self.stages[one]["covered"] for one in (stage, following))


def not_told(heading: str, reason: str, table: str) -> Finding:
    """The finding that says why there is none."""
    return Finding(f"{heading}: cannot be told yet", f"{reason[0].upper()}{reason[1:]}", table, is_told=False)


def why_unknown(rows: PaperRows) -> str:
    """Why the steps of the funnel are not known, as a part of a sentence."""
    if not rows.stages:
        return "no financial year has been published that is over"
    said = not_covered((stage_label(stage), row["why"]) for stage, row in rows.stages.items() if not row["covered"])
    return f"{said[0].lower()}{said[1:-1]}" if said else "counts are not shown"


def at_least(figure: Figure, least: int) -> bool:
    """Whether a figure is shown and no less than a number."""
    return not isinstance(figure, str) and figure >= least


def share(part: int, base: int, of: str) -> str:
    """A part of a whole with its share and 95 % limits (Wilson); no share of a small base.

    >>> share(30, 60, "cases charged"), share(3, 6, "cases charged")
    ('30 of the 60 cases charged (50.0%; 95% interval 37.7% to 62.3%)', '3 of the 6 cases charged')
    """
    if base < LEAST_BASE:
        return f"{part:,} of the {base:,} {of}"
    # Rounded parts may add up to a little more than their whole.
    least = min(part, base)
    lower, upper = wilson(least, base)
    return f"{part:,} of the {base:,} {of} ({least / base:.1%}; 95% interval {float(lower):.1%} to {float(upper):.1%})"


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence: a, b and c."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
