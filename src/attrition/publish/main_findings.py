"""The findings that a board paper tells, chosen by a fixed rule from rows of published tables: docs/methods/board-paper.md.

Rows in, sentences out: reads no file, knows no layout. What hidden, small or uncovered figures would have to carry is not told; the
finding then says what cannot be told yet.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from attrition import reference
from attrition.publish.headline import Row
from attrition.publish.report_figures import WITHDRAWN, Figure, is_shown
from attrition.publish.workbook_labels import group_label, stage_label
from attrition.publish.workbook_sheets import day_in_words, plain_text
from attrition.stats.disparity_wording import REMAINS
from attrition.stats.proportion import wilson

# No finding rests on fewer cases than these: the base of a share, and a count that it is about.
LEAST_BASE = 50
LEAST_COUNT = 10
# A case is lost after its record as a crime and before a conviction.
LOSING = ("recorded", "suspect_identified", "referred", "charged", "prosecuted")
# Groups of victims; other comparisons of the table are of other things.
_DIMENSIONS = ("strand", "victim_ethnicity", "business_type")
_EVENTS = {
    "recorded": "recording",
    "suspect_identified": "identification of a suspect",
    "referred": "referral to the CPS",
    "charged": "charge",
    "prosecuted": "a first hearing",
    "convicted": "conviction",
}
_CASES = {
    "recorded": "cases recorded as crimes",
    "suspect_identified": "cases with a suspect identified",
    "referred": "cases referred to the CPS",
    "charged": "cases charged",
    "prosecuted": "cases prosecuted",
}
_MILESTONES = {
    "suspect_identified": "had a suspect identified",
    "referred": "were referred to the CPS",
    "charged": "were charged",
    "convicted": "led to a conviction",
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
    stages: by stage, its counts (entered, progressed, open, resolved, lost) and whether it is covered; empty where nothing is published
    reasons: stage, exit, reason_group and count
    ages: period of recording (a financial year), stage, window_days, old_enough, reached, rate with its limits, usable_from
    comparisons: rows of the restricted table disparity; None where the tier has none
    """

    period: str
    counted_on: date
    stages: Mapping[str, Row]
    reasons: Sequence[Row]
    ages: Sequence[Row]
    comparisons: Sequence[Row] | None = None

    def step_known(self, stage: str) -> bool:
        """Whether the feeds tell what became of the cases at a stage: those behind it and behind the next reach far enough."""
        order = [row["stage"] for row in reference.rows("stage")]
        following = order[order.index(stage) + 1] if stage != order[-1] else stage
        return all(one in self.stages and self.stages[one]["covered"] for one in (stage, following))


def main_findings(rows: PaperRows) -> list[Finding]:
    """Three findings: where most cases are lost; what changed at the same age; a difference between groups that remains when like is
    compared with like or else what was lost because the victim withdrew.
    """
    return [largest_loss(rows), change_at_same_age(rows.ages), difference_that_remains(rows) or withdrawal(rows)]


def largest_loss(rows: PaperRows) -> Finding:
    """The step at which most cases are lost, by count, with those still open there and the main reason."""
    unknown = [stage for stage in LOSING if not rows.step_known(stage)]
    if unknown:
        return _not_told("Where most cases are lost", f"{_why_unknown(rows)}.", "table funnel")
    known = {stage: row for stage, row in rows.stages.items() if stage in LOSING and is_shown(row["lost"])}
    top = max(known, key=lambda stage: known[stage]["lost"], default="")
    if not top or known[top]["lost"] < LEAST_COUNT or not _at_least(known[top]["entered"], LEAST_BASE):
        return _not_told("Where most cases are lost", "too few cases, or too few that may be shown.", "table funnel")
    lost, entered = known[top]["lost"], known[top]["entered"]
    rivals = [stage for stage in LOSING if stage != top]
    if any(_could_match(rows.stages[stage], lost) for stage in rivals):
        reason = "two steps lost about as many, or a count that is not shown could be the largest."
        return _not_told("Where most cases are lost", reason, "table funnel")
    before, after = _EVENTS[top], _EVENTS[LOSING[LOSING.index(top) + 1] if top != LOSING[-1] else "convicted"]
    said = [
        f"{_share(lost, entered, _CASES[top])} were lost before {after}, more than at any other step; "
        f"{_still_open(rows.stages[top]['open'])}.",
        _main_reason(rows, top, lost),
    ]
    if any(_could_still_match(rows, stage, lost) for stage in rivals):
        said.append("Cases still open may yet change which step loses most.")
    return Finding(f"The largest loss: between {before} and {after}", " ".join(said), "tables funnel and reasons")


def change_at_same_age(ages: Sequence[Row]) -> Finding:
    """A change between two financial years whose 95 % intervals, at the same age, do not overlap; else that there is none to be told."""
    usable = {
        (row["stage"], row["window_days"], row["period"]): row
        for row in ages
        if is_shown(row["rate"]) and _at_least(row["old_enough"], LEAST_BASE)
    }
    pairs: dict[tuple[str, int], tuple[Row, Row]] = {}
    for stage, days, year in sorted(usable):
        before = usable.get((stage, days, year_before(year)))
        if before is not None:
            # Years come in order, so the latest pair stays.
            pairs[stage, days] = before, usable[stage, days, year]
    if not pairs:
        return _not_told("What changed over time", f"{_next_comparison(ages, usable)}.", "table fixed_age")
    order = {row["stage"]: at for at, row in enumerate(reference.rows("stage"))}
    ordered = sorted(pairs.values(), key=lambda pair: (order[pair[1]["stage"]], pair[1]["window_days"]))
    apart = sorted((pair for pair in ordered if _distance(*pair) > 1), key=lambda pair: -_distance(*pair))
    if not apart:
        before, now = ordered[-1]
        return Finding(
            "No change over time beyond what chance can bring",
            f"Compared at the same age, the 95% intervals of one year and the next overlap at every milestone that can be compared "
            f"({len(ordered)}). The last of them: {_compared(before, now)}.",
            "table fixed_age",
        )
    before, now = apart[0]
    also = "; ".join(f"{_way(*pair)} {_MILESTONES[pair[1]['stage']]} ({pair[1]['period']})" for pair in apart[1:])
    return Finding(
        f"At the same age, {_way(before, now)} {_MILESTONES[now['stage']]}",
        f"{_compared(before, now)}. The intervals do not overlap: chance alone hardly explains it; why it changed, the figures do not "
        f"say.{f' Likewise {also}.' if also else ''}",
        "table fixed_age",
    )


def withdrawal(rows: PaperRows) -> Finding:
    """How many of the lost cases stopped because the victim did not support action, by the reason for which they stopped."""
    heading = "How many were lost because the victim withdrew"
    unknown = [stage for stage in LOSING if not rows.step_known(stage)]
    if unknown:
        return _not_told(heading, f"{_why_unknown(rows)}.", "table reasons")
    told = [row for row in rows.reasons if row["exit"] == "lost" and row["reason_group"] == WITHDRAWN and row["stage"]]
    by_stage = {
        stage: sum(row["count"] for row in told if row["stage"] == stage and is_shown(row["count"])) for stage in LOSING
    }
    withdrew = sum(by_stage.values())
    if withdrew < LEAST_COUNT:
        return _not_told(heading, "too few cases, or too few that may be shown.", "table reasons")
    lost = [rows.stages[stage]["lost"] for stage in LOSING]
    is_whole = all(is_shown(row["count"]) for row in told)
    if is_whole and all(is_shown(one) for one in lost) and sum(lost) >= LEAST_BASE:
        total = _share(withdrew, sum(lost), "cases lost")
    else:
        total = f"{'' if is_whole else 'At least '}{withdrew:,} cases"
    parts = [
        f"{count:,} between {_EVENTS[a]} and {_EVENTS[b]}"
        for a, b in pairwise((*LOSING, "convicted"))
        if (count := by_stage[a])
    ]
    rest = "" if is_whole else "; counts that are not shown come on top"
    return Finding(
        "Cases lost because the victim did not support action",
        f"{total} stopped because the victim did not support action: {_listed(parts)}{rest}. These are police outcomes 14 and 16; a "
        "victim who withdrew once the case was at court is counted there, with its result.",
        "table reasons",
    )


def difference_that_remains(rows: PaperRows) -> Finding | None:
    """The clearest difference between a group of victims and all others that remains when like is compared with like; None without one.

    Groups whose cases go on less often come first: losing cases is what the board asks about.
    """
    found = [
        row
        for row in rows.comparisons or ()
        if row["dimension"] in _DIMENSIONS
        and row["against"] == "all others"
        and row["flagged"] == "Y"
        and row["enough_cases"] == "Y"
        and min(row["group_cases"], row["others_cases"]) >= LEAST_BASE
        and REMAINS in row["wording"]
    ]
    if not found:
        return None
    row = min(
        found,
        key=lambda row: (row["difference"] > 0, row["p_adjusted"], row["dimension"], row["group"], row["to_stage"]),
    )
    way = "more" if row["difference"] > 0 else "less"
    group, wording = group_label(row["dimension"], row["group"]), plain_text(row["wording"]).replace(" %", "%")
    return Finding(
        f"{group}: cases go on {way} often from {_EVENTS[row['from_stage']]} to {_EVENTS[row['to_stage']]}",
        f"All periods together, looked at {row['window_days']} days after recording, {row['group_cases']:,} cases of the group and "
        f"{row['others_cases']:,} others: {wording[0].lower()}{wording[1:]}",
        "table disparity",
    )


def in_short(rows: PaperRows) -> str:
    """What had become of the cases recorded as crimes, as one or two sentences."""
    day = day_in_words(rows.counted_on)
    recorded = rows.stages.get("recorded", {}).get("entered", "x")
    whose = f"reported in {rows.period} and recorded as crimes" if rows.period else "recorded as crimes"
    if not rows.stages:
        return "No financial year has been published that is over: what becomes of cases cannot be told yet."
    if not all(rows.step_known(stage) for stage in LOSING) or not is_shown(recorded):
        return f"What became of the cases {whose} cannot be told as at {day}: {_why_unknown(rows)}."
    convicted = rows.stages["convicted"]["entered"]
    if not is_shown(convicted):
        return f"{recorded:,} cases were {whose}. How many led to a conviction by {day} is not shown."
    said = [f"By {day}, {_share(convicted, recorded, f'cases {whose}')} had led to a conviction."]
    counts = {name: [rows.stages[stage][name] for stage in LOSING] for name in ("lost", "resolved", "open")}
    lost, resolved, still_open = (_total(figures) for figures in counts.values())
    said.append(
        f"{lost[0].upper()}{lost[1:]} were lost, {resolved} ended another way and {still_open} were still open."
    )
    if all(is_shown(figure) for figure in counts["open"]) and recorded >= LEAST_BASE:
        most = min(1.0, (convicted + sum(counts["open"])) / recorded)
        said.append(f"If every open case ended in a conviction, the share would be {most:.1%}.")
    return " ".join(said)


def _not_told(heading: str, reason: str, table: str) -> Finding:
    return Finding(f"{heading}: cannot be told yet", f"{reason[0].upper()}{reason[1:]}", table, is_told=False)


def _why_unknown(rows: PaperRows) -> str:
    if not rows.stages:
        return "no financial year has been published that is over"
    stages = [stage_label(stage) for stage, row in rows.stages.items() if not row["covered"]]
    return (
        f"the feeds behind {_listed(stages)} stop too early, and missing data is not attrition"
        if stages
        else "counts are not shown"
    )


def _total(figures: Sequence[Figure]) -> str:
    shown = [figure for figure in figures if not isinstance(figure, str)]
    return f"{'' if len(shown) == len(figures) else 'at least '}{sum(shown):,}"


def _at_least(figure: Figure, least: int) -> bool:
    return not isinstance(figure, str) and figure >= least


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
        return "how many are still open there is not shown"
    return f"{figure:,} {'is' if figure == 1 else 'are'} still open there and not counted as lost"


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


def _share(part: int, base: int, of: str) -> str:
    """320 of the 519 cases (61.7%; 95% interval 57.4% to 65.8%)."""
    if base < LEAST_BASE:
        return f"{part:,} of the {base:,} {of}"
    # Rounded parts may add up to a little more than their whole.
    least = min(part, base)
    lower, upper = wilson(least, base)
    return f"{part:,} of the {base:,} {of} ({least / base:.1%}; 95% interval {float(lower):.1%} to {float(upper):.1%})"


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def year_before(year: str) -> str:
    """2023/24 for 2024/25."""
    start = int(year[:4]) - 1
    return f"{start}/{(start + 1) % 100:02d}"


def _distance(before: Row, now: Row) -> float:
    """How many times the nearer limit of the higher rate is that of the lower one; 1 or less where the intervals overlap."""
    low, high = (before, now) if now["rate"] > before["rate"] else (now, before)
    return float(high["rate_lower"] / low["rate_upper"]) if low["rate_upper"] else 1.0


def _way(before: Row, now: Row) -> str:
    return "more cases" if now["rate"] > before["rate"] else "fewer cases"


def _compared(before: Row, now: Row) -> str:
    def rate(row: Row) -> str:
        return f"{row['rate']:.1%} (95% interval {row['rate_lower']:.1%} to {row['rate_upper']:.1%})"

    return (
        f"of the cases recorded in {now['period']}, {rate(now)} {_MILESTONES[now['stage']]} within {now['window_days']} days of "
        f"recording; of those recorded in {before['period']}, {rate(before)}"
    )


def _next_comparison(ages: Sequence[Row], usable: Mapping[tuple[str, int, str], Row]) -> str:
    days = [
        row["usable_from"]
        for row in ages
        if row["usable_from"] and (row["stage"], row["window_days"], year_before(row["period"])) in usable
    ]
    said = "there are not yet two financial years running whose cases are old enough to be compared"
    return f"{said}. The next can be once the feeds reach {day_in_words(min(days))}" if days else said
