"""Findings of the board paper that compare: years with each other at the same age, a group of victims with all others.

Rows in, sentences out. The rule: docs/methods/board-paper.md.
"""

from collections.abc import Mapping, Sequence

from attrition import reference
from attrition.publish.finding import EVENTS, LEAST_BASE, Finding, at_least, not_told
from attrition.publish.headline import Row
from attrition.publish.report_figures import is_shown
from attrition.publish.workbook_labels import group_label
from attrition.publish.workbook_sheets import day_in_words, plain_text
from attrition.stats.disparity_wording import REMAINS

# Groups of victims; other comparisons of the table are of other things.
_DIMENSIONS = ("strand", "victim_ethnicity", "business_type")
_MILESTONES = {
    "suspect_identified": "had a suspect identified",
    "referred": "were referred to the CPS",
    "charged": "were charged",
    "convicted": "led to a conviction",
}


def change_at_same_age(ages: Sequence[Row]) -> Finding:
    """A change between two financial years whose 95 % intervals, at the same age, do not overlap; else that there is none to be told."""
    usable = {
        (row["stage"], row["window_days"], row["period"]): row
        for row in ages
        if is_shown(row["rate"]) and at_least(row["old_enough"], LEAST_BASE)
    }
    pairs: dict[tuple[str, int], tuple[Row, Row]] = {}
    for stage, days, year in sorted(usable):
        before = usable.get((stage, days, _year_before(year)))
        if before is not None:
            # Years come in order, so the latest pair stays.
            pairs[stage, days] = before, usable[stage, days, year]
    if not pairs:
        return not_told("What changed over time", f"{_next_comparison(ages, usable)}.", "table fixed_age")
    order = {row["stage"]: at for at, row in enumerate(reference.rows("stage"))}
    ordered = sorted(pairs.values(), key=lambda pair: (order[pair[1]["stage"]], pair[1]["window_days"]))
    apart = sorted((pair for pair in ordered if _distance(*pair) > 1), key=lambda pair: -_distance(*pair))
    if not apart:
        before, now = ordered[-1]
        which = "the one milestone" if len(ordered) == 1 else f"all {len(ordered)} milestones"
        last = "Figures" if len(ordered) == 1 else "The last of them"
        return Finding(
            "No change over time beyond what chance can bring",
            f"Compared at the same age, the 95% intervals of one year and the next overlap at {which} that can be compared. "
            f"{last}: {_compared(before, now)}.",
            "table fixed_age",
        )
    before, now = apart[0]
    also = "; ".join(f"{_way(*pair)} {_MILESTONES[pair[1]['stage']]} ({pair[1]['period']})" for pair in apart[1:])
    return Finding(
        f"At the same age, {_way(before, now)} {_MILESTONES[now['stage']]}",
        f"O{_compared(before, now)[1:]}. The intervals do not overlap: chance alone hardly explains it; why it changed, the figures do not "
        f"say.{f' Likewise {also}.' if also else ''}",
        "table fixed_age",
    )


def difference_that_remains(comparisons: Sequence[Row]) -> Finding | None:
    """The clearest difference between a group of victims and all others that remains when like is compared with like; None without one.

    Groups whose cases go on less often come first: losing cases is what the board asks about.
    """
    found = [
        row
        for row in comparisons
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
        f"{group}: cases go on {way} often from {EVENTS[row['from_stage']]} to {EVENTS[row['to_stage']]}",
        f"All periods together, looked at {row['window_days']} days after recording, {row['group_cases']:,} cases of the group and "
        f"{row['others_cases']:,} others: {wording[0].lower()}{wording[1:]}",
        "table disparity",
    )


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
        if row["usable_from"] and (row["stage"], row["window_days"], _year_before(row["period"])) in usable
    ]
    said = "there are not yet two financial years running whose cases are old enough to be compared"
    return f"{said}. The next can be once the feeds reach {day_in_words(min(days))}" if days else said


def _year_before(year: str) -> str:
    """2023/24 for 2024/25."""
    start = int(year[:4]) - 1
    return f"{start}/{(start + 1) % 100:02d}"
