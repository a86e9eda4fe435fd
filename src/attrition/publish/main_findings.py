"""The findings that a board paper tells, chosen by a fixed rule from rows of published tables: docs/methods/board-paper.md.

Rows in, sentences out: reads no file, knows no layout. What hidden, small or uncovered figures would have to carry is not told; the
finding then says what cannot be told yet.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from attrition.publish.compared_findings import change_at_same_age, difference_that_remains
from attrition.publish.finding import (
    EVENTS,
    LEAST_BASE,
    LEAST_COUNT,
    LOSING,
    Finding,
    PaperRows,
    at_least,
    listed,
    not_told,
    share,
    why_unknown,
)
from attrition.publish.headline import Row
from attrition.publish.report_figures import WITHDRAWN, Figure, is_shown
from attrition.publish.workbook_sheets import day_in_words, plain_text

_CASES = {
    "recorded": "cases recorded as crimes",
    "suspect_identified": "cases with a suspect identified",
    "referred": "cases referred to the CPS",
    "charged": "cases charged",
    "prosecuted": "cases prosecuted",
}
_REASONS = {
    "no suspect": "no suspect was identified",
    WITHDRAWN: "the victim did not support action",
    "evidential": "evidential difficulties",
    "public interest": "action was not in the public interest",
    "time limit": "the time limit for a prosecution had passed",
    "other agency": "another agency took over",
    "court": "the outcome at court",
    "other": "other reasons, taken together",
}


def main_findings(rows: PaperRows) -> list[Finding]:
    """Three findings: where most cases are lost; what changed at the same age; a difference between groups that remains when like is
    compared with like or else what was lost because the victim withdrew.
    """
    return [
        largest_loss(rows),
        change_at_same_age(rows.ages),
        difference_that_remains(rows.comparisons) or withdrawal(rows),
    ]


def largest_loss(rows: PaperRows) -> Finding:
    """The step at which most cases are lost, by count, with those still open there and the main reason."""
    unknown = [stage for stage in LOSING if not rows.step_known(stage)]
    if unknown:
        return not_told("Where most cases are lost", f"{why_unknown(rows)}.", "table funnel")
    known = {stage: row for stage, row in rows.stages.items() if stage in LOSING and is_shown(row["lost"])}
    top = max(known, key=lambda stage: known[stage]["lost"], default="")
    if not top or known[top]["lost"] < LEAST_COUNT or not at_least(known[top]["entered"], LEAST_BASE):
        return not_told("Where most cases are lost", "too few cases, or too few that may be shown.", "table funnel")
    lost, entered = known[top]["lost"], known[top]["entered"]
    rivals = [stage for stage in LOSING if stage != top]
    if any(_could_match(rows.stages[stage], lost) for stage in rivals):
        reason = "two steps lost about as many, or a count that is not shown could be the largest."
        return not_told("Where most cases are lost", reason, "table funnel")
    before, after = EVENTS[top], EVENTS[LOSING[LOSING.index(top) + 1] if top != LOSING[-1] else "convicted"]
    said = [
        f"{share(lost, entered, _CASES[top])} were lost before {after}, more than at any other step; "
        f"{_still_open(rows.stages[top]['open'])}.",
        _main_reason(rows, top, lost),
    ]
    if any(_could_still_match(rows, stage, lost) for stage in rivals):
        said.append("Cases still open may yet change which step loses most.")
    return Finding(f"The largest loss: between {before} and {after}", " ".join(said), "tables funnel and reasons")


def withdrawal(rows: PaperRows) -> Finding:
    """How many of the lost cases stopped because the victim did not support action, by the reason for which they stopped."""
    heading = "How many were lost because the victim withdrew"
    unknown = [stage for stage in LOSING if not rows.step_known(stage)]
    if unknown:
        return not_told(heading, f"{why_unknown(rows)}.", "table reasons")
    told = [row for row in rows.reasons if row["exit"] == "lost" and row["reason_group"] == WITHDRAWN and row["stage"]]
    by_stage = {
        stage: sum(row["count"] for row in told if row["stage"] == stage and is_shown(row["count"])) for stage in LOSING
    }
    withdrew = sum(by_stage.values())
    if withdrew < LEAST_COUNT:
        return not_told(heading, "too few cases, or too few that may be shown.", "table reasons")
    lost = [rows.stages[stage]["lost"] for stage in LOSING]
    is_whole = all(is_shown(row["count"]) for row in told)
    if is_whole and all(is_shown(one) for one in lost) and sum(lost) >= LEAST_BASE:
        total = share(withdrew, sum(lost), "cases lost")
    else:
        total = f"{'' if is_whole else 'At least '}{withdrew:,} cases"
    parts = [
        f"{count:,} between {EVENTS[a]} and {EVENTS[b]}"
        for a, b in pairwise((*LOSING, "convicted"))
        if (count := by_stage[a])
    ]
    rest = "" if is_whole else "; counts that are not shown come on top"
    return Finding(
        "Cases lost because the victim did not support action",
        f"{total} stopped because the victim did not support action: {listed(parts)}{rest}. These are police outcomes 14 and 16; a "
        "victim who withdrew later is counted with the decision of the CPS or the result at court.",
        "table reasons",
    )


def in_short(rows: PaperRows) -> str:
    """What had become of the cases recorded as crimes, as one or two sentences."""
    day = day_in_words(rows.counted_on)
    recorded = rows.stages.get("recorded", {}).get("entered", "x")
    whose = f"reported in {rows.period} and recorded as crimes" if rows.period else "recorded as crimes"
    if not rows.stages:
        return "No financial year has been published that is over: what becomes of cases cannot be told yet."
    if not all(rows.step_known(stage) for stage in LOSING) or not is_shown(recorded):
        return (
            f"How many of the cases {whose} led to a conviction, and how many were lost in all, cannot be told as at {day}: "
            f"{why_unknown(rows)}."
        )
    convicted = rows.stages["convicted"]["entered"]
    if not is_shown(convicted):
        return f"{recorded:,} cases were {whose}. How many led to a conviction by {day} is not shown."
    said = [f"By {day}, {share(convicted, recorded, f'cases {whose}')} had led to a conviction."]
    counts = {name: [rows.stages[stage][name] for stage in LOSING] for name in ("lost", "resolved", "open")}
    lost, resolved, still_open = (_total(figures) for figures in counts.values())
    said.append(
        f"{lost[0].upper()}{lost[1:]} were lost, {resolved} ended another way and {still_open} were still open."
    )
    if all(is_shown(figure) for figure in counts["open"]) and recorded >= LEAST_BASE:
        most = min(1.0, (convicted + sum(counts["open"])) / recorded)
        said.append(f"If every open case ended in a conviction, the share would be {most:.1%}.")
    return " ".join(said)


def _total(figures: Sequence[Figure]) -> str:
    shown = [figure for figure in figures if not isinstance(figure, str)]
    return f"{'' if len(shown) == len(figures) else 'at least '}{sum(shown):,}"


def _could_match(row: Row, lost: int) -> bool:
    """Whether a step may have lost as many: it did, or its count is hidden and too many stopped or stayed there to tell."""
    most = _at_most(row, ("lost",))
    if isinstance(most, str):
        return True
    # Where it is hidden, twice leaves room for rounded counts.
    return most >= lost if is_shown(row["lost"]) else 2 * most > lost


def _could_still_match(rows: PaperRows, stage: str, lost: int) -> bool:
    """Whether a step would have lost as many if every open case that has not passed it were lost there."""
    before = [one for one in rows.stages if one in ("reported", *LOSING[: LOSING.index(stage)])]
    most = [_at_most(rows.stages[stage], ("lost", "open")), *(_at_most(rows.stages[one], ("open",)) for one in before)]
    return (
        not all(is_shown(figure) for figure in most)
        or sum(figure for figure in most if not isinstance(figure, str)) >= lost
    )


def _at_most(row: Row, states: tuple[str, ...]) -> Figure:
    """The largest sum that some states of a stage can have: where one is hidden, all that did not go on."""
    if all(is_shown(row[state]) for state in states):
        return int(sum(row[state] for state in states))
    if is_shown(row["entered"]) and is_shown(row["progressed"]):
        return int(row["entered"] - row["progressed"])
    return "c"


def _still_open(figure: Figure) -> str:
    if isinstance(figure, str):
        return "how many were still open there is not shown"
    return f"{figure:,} {'was' if figure == 1 else 'were'} still open there and not counted as lost"


def _main_reason(rows: PaperRows, stage: str, lost: int) -> str:
    counts: dict[str, int] = defaultdict(int)
    for row in rows.reasons:
        if row["stage"] == stage and row["exit"] == "lost" and is_shown(row["count"]):
            counts[row["reason_group"]] += row["count"]
    ranked = sorted(counts.items(), key=lambda reason: -reason[1])
    name, most = ranked[0] if ranked else ("", 0)
    second = ranked[1][1] if len(ranked) > 1 else 0
    # What no reason shown accounts for may all be of one that is hidden; twice leaves room for rounded counts.
    rest = lost - sum(counts.values())
    if most < LEAST_COUNT or second >= most or 2 * rest > most or most > lost:
        return "Which reason is the commonest cannot be told."
    return f"The commonest reason: {_REASONS.get(name, plain_text(name))} ({most:,} of the {lost:,})."
