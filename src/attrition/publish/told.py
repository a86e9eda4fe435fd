"""Figures that are not told: an empty cell in place of each 0 of the funnel that no feed or source can show.

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
    "feed_behind": "the extracts that show it stop too early",
    "not_told": "no extract has a column or code that tells it",
    "gap": "months are missing in an extract that shows it",
}
_OF_STAGE = ("entered", "implied", "crimes")
_STATES = ("progressed", "open", "resolved", "lost")


def without_untold(rows: Iterable[Row]) -> list[Row]:
    """The rows of a funnel with every 0 emptied that is not known to be one.

    A stage that is not covered shows no 0; where the next stage is not covered and nobody was seen there, nor is it known how
    the cases stand that have not come so far.
    """
    found = [dict(row) for row in rows]
    by_place = {_place(row): row for row in found}
    for row in found:
        following = by_place.get((*_place(row)[:-1], row["stage_order"] + 1))
        unseen = row["covered"] != "Y"
        if unseen:
            row.update({name: None for name in (*_OF_STAGE, *_STATES, "completed") if row[name] == 0})
        elif following is not None and following["covered"] != "Y" and row["progressed"] == 0:
            row.update({name: None for name in _STATES if name == "open" or row[name] == 0})
    return found


def _place(row: Row) -> tuple[Any, ...]:
    return row["breakdown"], row["group"], row.get("period_kind"), row.get("period"), row["stage_order"]


def stages_behind(extract: str) -> list[str]:
    """The labels of the stages that an extract can show."""
    return [row["label"] for row in reference.rows("stage") if f"{extract}." in row["told_by"]]


def not_covered(stages: Iterable[tuple[str, str]]) -> str:
    """One sentence on the stages that are not covered, by reason; empty where there is none. stages: label and reason of each."""
    named: dict[str, list[str]] = {}
    for label, why in stages:
        named.setdefault(why, []).append(label)
    if not named:
        return ""
    said = "; ".join(f"{', '.join(labels)} ({WHY[why]})" for why, labels in named.items())
    return f"Not covered: {said}. Missing data is not attrition."
