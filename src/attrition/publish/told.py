"""Figures that are not told: an empty cell in place of each 0 of the funnel that no feed or source can show, and the words for it.

The tables hold what was counted and, beside it, whether the stage is covered and why not; whoever shows them reads them through
here, so that nobody is shown 0 where nothing is known.
"""

from collections.abc import Iterable
from typing import Any

from attrition import reference

Row = dict[str, Any]
FUNNELS = ("funnel", "funnel_by_period")
# What each reason says of a stage that is not covered, after its name.
WHY = {
    "no_feed": "no extract that could show it has come",
    "feed_behind": "the extracts that show it stop too early, or have no dates that say how far they reach",
    "not_told": "no extract has a column or code that tells it",
    "gap": "months are missing in an extract that shows it",
    "no_case": "no case is held",
}
# Releases made before reasons were told have none.
_NO_REASON = "not told when it was counted"
PARTIAL = "(part)"
PARTIAL_NOTE = f"{PARTIAL}: the period begins before the incident extract does, or has not ended; its counts are those of a part of it."
MISSING = "(months missing)"
MISSING_NOTE = (
    f"{MISSING}: an incident extract lacks whole months of the period; its counts are those of the other months only."
)
_OF_STAGE = ("entered", "implied", "crimes")
_STATES = ("progressed", "open", "resolved", "lost")
_LIMITS = ("", "_lower", "_upper")
_OF_RECORDED = tuple(f"rate_of_recorded{end}" for end in _LIMITS)
_STEP_RATES = tuple(f"{name}{end}" for name in ("step_rate", "step_rate_max") for end in _LIMITS)


def holds_counted(table: str, columns: Iterable[str]) -> bool:
    """Whether a table is a funnel as it was counted: the protected ones of a release say themselves, by marks, what is not told."""
    return table in FUNNELS and {"why", "entered_mark"}.intersection(columns) == {"why"}


def of_nobody(columns: Iterable[str]) -> list[Row]:
    """The funnel of all cases where there is none: every stage, and nothing told of it."""
    said = {"breakdown": "all", "group": "all", "unit": "incident", "covered": "N", "why": "no_case", "small": "N"}
    return [
        dict.fromkeys(columns) | said | {"stage": row["stage"], "stage_order": int(row["stage_order"])}
        for row in reference.rows("stage")
    ]


def without_untold(rows: Iterable[Row]) -> list[Row]:
    """The rows of a funnel with every figure emptied that is not known.

    A stage that is not covered shows no 0 and no rate; where the next stage is not covered there is no step rate, and if nobody was
    seen there, it is not known either how the cases stand that have not come so far.
    """
    found = [dict(row) for row in rows]
    by_place = {_place(row): row for row in found}
    for row in found:
        following = by_place.get((*_place(row)[:-1], row["stage_order"] + 1))
        unseen = row["covered"] != "Y"
        next_unseen = following is not None and following["covered"] != "Y"
        nobody_seen_on = row["progressed"] == 0
        if unseen:
            row.update({name: None for name in (*_OF_STAGE, *_STATES, "completed") if row.get(name) == 0})
            row.update({name: None for name in _OF_RECORDED if name in row})
        if next_unseen and nobody_seen_on:
            row.update({name: None for name in _STATES if name == "open" or row[name] == 0})
        if unseen or next_unseen:
            row.update({name: None for name in _STEP_RATES if name in row})
    return found


def _place(row: Row) -> tuple[Any, ...]:
    return row["breakdown"], row["group"], row.get("period_kind"), row.get("period"), row["stage_order"]


def stages_behind(extract: str) -> list[str]:
    """The labels of the stages that an extract can show."""
    return [row["label"] for row in reference.rows("stage") if f"{extract}." in row["told_by"]]


def period_marks(first_stage: Row) -> list[str]:
    """What stands beside a period's name where its cases are not all there. first_stage: its row of the first stage, which only the
    incident extract shows; a gap there is one of incidents.
    """
    partial, missing = first_stage.get("partial") == "Y", first_stage.get("why") == "gap"
    return [mark for mark, holds in ((PARTIAL, partial), (MISSING, missing)) if holds]


def notes_on_marks(marks: Iterable[str]) -> tuple[str, ...]:
    """What the marks of the periods shown mean, a line each."""
    shown = set(marks)
    return tuple(note for mark, note in ((PARTIAL, PARTIAL_NOTE), (MISSING, MISSING_NOTE)) if mark in shown)


def why_text(why: str | None) -> str:
    """Why a stage is not covered, in words."""
    return WHY.get(why or "", _NO_REASON)


def not_covered(stages: Iterable[tuple[str, str]]) -> str:
    """One sentence on the stages that are not covered, by reason; empty where there is none. stages: label and reason of each."""
    named: dict[str, list[str]] = {}
    for label, why in stages:
        named.setdefault(why_text(why), []).append(label)
    if not named:
        return ""
    said = "; ".join(f"{', '.join(labels)} ({why})" for why, labels in named.items())
    return f"Not covered: {said}. Missing data is not attrition."


def told_of_none(funnel: Iterable[Row]) -> str:
    """One sentence on the main breakdowns (those shown by period) in which every case is `unknown` or, as with strands, no case is
    in any group: no source tells them of any case. Empty where there is none, and where there is no case.
    """
    groups: dict[str, set[str]] = {}
    for row in funnel:
        # A release has rows of strands that no case has: no count is told of them.
        if (row.get("entered_mark") or row["entered"]) not in ("x", None, 0):
            groups.setdefault(row["breakdown"], set()).add(row["group"])
    if not groups.keys() - {"all"}:
        return ""
    main = (row for row in reference.rows("breakdown") if row["by_period"] == "Y" and "*" not in row["breakdown"])
    named = [row["label"] for row in main if groups.get(row["breakdown"], set()) <= {"unknown"}]
    return f"Not told of any case: {', '.join(named)}." if named else ""
