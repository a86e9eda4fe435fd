"""The figures of the report in one layout for all tiers: rows whose figures are a number or the letter of a shorthand.

Says what the rows are and derives the few that no table has. Reads no file: `report_exact` and `report_protected` do.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from attrition.publish.headline import Row
from attrition.publish.told import not_covered
from attrition.publish.workbook_labels import stage_label
from attrition.stats.proportion import wilson

# A figure is a number, or a mark in its place: c confidential, x not available, z not applicable, low.
Figure = int | float | str
COUNTS = ("entered", "progressed", "open", "resolved", "lost", "completed")
RATES = ("step_rate", "step_rate_max", "rate_of_recorded")
LIMITS = ("lower", "upper")
PLACE = ("period", "breakdown", "group")
# The columns of every kind of row. A row's period is empty where it stands for all periods.
COLUMNS: dict[str, tuple[str, ...]] = {
    "funnel": (
        *PLACE, "stage", "covered", "why", "small", *COUNTS,
        *(name for rate in RATES for name in (rate, *(f"{rate}_{limit}" for limit in LIMITS))),
    ),
    "reasons": (*PLACE, "stage", "exit", "reason_group", "label", "count"),
    "withdrawal": (
        *PLACE, "stage", "source", "at_least", "withdrew", "lost", "recorded",
        "share_of_lost", "share_of_lost_lower", "share_of_lost_upper", "share_of_recorded", "share_of_recorded_lower", "share_of_recorded_upper",
    ),
    "handover": (*PLACE, "label", "cases", "with_suspect", "share", "share_lower", "share_upper"),
    "same_age": (*PLACE, "stage", "window_days", "old_enough", "reached", "rate", "rate_lower", "rate_upper", "usable_from"),
    "days": (*PLACE, "stage", "next_stage", "unit", "median", "p75", "p90"),
    "curves": (*PLACE, "stage", "next_stage", "day", "progressed", "progressed_lower", "progressed_upper", "lost", "resolved"),
    "changes": (*PLACE, "stage", "column", "before", "now"),
    "coverage": (*PLACE, "sentence"),
}  # fmt: skip
WITHDRAWN = "victim does not support"
# Where a case with a suspect stands between police and CPS, as the states of two stages tell it.
_HANDOVER = (
    ("suspect_identified", "open", "Not referred: still with the police"),
    ("suspect_identified", "resolved", "Not referred: ended another way"),
    ("suspect_identified", "lost", "Not referred: lost"),
    ("referred", "open", "Referred: no decision yet"),
    ("referred", "resolved", "Referred: ended another way"),
    ("referred", "lost", "Referred: lost"),
    ("charged", "entered", "Charged"),
)
# A case is lost after its record as a crime and before a conviction.
_LOSING = ("recorded", "suspect_identified", "referred", "charged", "prosecuted")


def place(row: Row) -> tuple[str, ...]:
    """Period, breakdown and group of a row."""
    return tuple(row[name] for name in PLACE)


def is_shown(figure: Figure) -> bool:
    """Whether a figure is a number and not a shorthand."""
    return not isinstance(figure, str)


def total(figures: Iterable[Figure]) -> tuple[Figure, bool]:
    """The sum of the figures shown, and whether some are not shown; [c] where none is."""
    found = list(figures)
    known = [figure for figure in found if not isinstance(figure, str)]
    if not known:
        return (0, False) if not found else ("x" if "x" in found else "c", False)
    return sum(known), len(known) < len(found)


def add_shares(rows: Sequence[Row], part: str, base: str, name: str) -> None:
    """Put the share part / base with its 95 % limits into every row; the mark of what is not shown in its place."""
    known = [row for row in rows if is_shown(row[part]) and is_shown(row[base]) and row[base] > 0]
    # Rounded counts may add up to a little more than their whole.
    parts = [min(row[part], row[base]) for row in known]
    lower, upper = wilson(parts, [row[base] for row in known])
    for at, row in enumerate(known):
        row[name] = parts[at] / row[base]
        row[f"{name}_lower"], row[f"{name}_upper"] = float(lower[at]), float(upper[at])
    for row in rows:
        if name not in row:
            mark = next((row[one] for one in (part, base) if not is_shown(row[one])), "z")
            row[name] = row[f"{name}_lower"] = row[f"{name}_upper"] = mark


def by_place(rows: Iterable[Row]) -> dict[tuple[str, ...], list[Row]]:
    """The rows of every period, breakdown and group, in their order."""
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[place(row)].append(row)
    return found


def coverage_of(funnel: Iterable[Row]) -> list[Row]:
    """For every period and group of which a stage is not covered one sentence that says which, and why. funnel: rows of that kind"""
    found: list[Row] = []
    for at, rows in by_place(funnel).items():
        sentence = not_covered((stage_label(row["stage"]), row["why"]) for row in rows if not row["covered"])
        if sentence:
            found.append({**dict(zip(PLACE, at, strict=True)), "sentence": sentence})
    return found


def handover_of(funnel: Iterable[Row]) -> list[Row]:
    """Where the cases with a suspect stand, from the stages of the funnel: only what these show."""
    found: list[Row] = []
    for at, stages in by_place(funnel).items():
        of_stage = {row["stage"]: row for row in stages}
        suspects = of_stage.get("suspect_identified")
        if suspects is None:
            continue
        for stage, column, label in _HANDOVER:
            row = of_stage.get(stage)
            cases = row[column] if row is not None and row["covered"] and suspects["covered"] else "x"
            found.append(
                {**dict(zip(PLACE, at, strict=True)), "label": label, "cases": cases, "with_suspect": suspects["entered"]}
            )  # fmt: skip
    add_shares(found, "cases", "with_suspect", "share")
    return found


def withdrawal_of(reasons: Iterable[Row], funnel: Iterable[Row], is_told: Callable[[Row], bool]) -> list[Row]:
    """Cases lost because the victim did not support action, by the reason for which they stopped: in all and by stage.

    is_told: whether the source tells withdrawals of a row's group: where no reason is one, there is then none
    """
    stages_at = {at: {row["stage"]: row for row in rows} for at, rows in by_place(funnel).items()}
    found: list[Row] = []
    for at, rows in by_place(reasons).items():
        stages = stages_at.get(at, {})
        lost_of = {stage: _lost(stages.get(stage)) for stage in _LOSING}
        # Where a total over all stages is published, the stages beside it are not added to it.
        told = [row for row in rows if row["exit"] == "lost" and row["reason_group"] == WITHDRAWN]
        whole = [row for row in told if not row["stage"]] or told
        withdrew, more = total(row["count"] for row in whole) if whole or is_told(rows[0]) else ("x", False)
        lost, lost_more = total(lost_of.values())
        recorded = stages["recorded"]["entered"] if "recorded" in stages else "x"
        if lost_more:
            lost = "x" if "x" in lost_of.values() else "c"
        found.append(_withdrawal(at, "", withdrew, more, lost, recorded))
        of_stage: dict[str, list[Figure]] = defaultdict(list)
        for row in told:
            if row["stage"]:
                of_stage[row["stage"]].append(row["count"])
        for stage, counts in of_stage.items():
            withdrew, more = total(counts)
            found.append(_withdrawal(at, stage, withdrew, more, lost_of.get(stage, "x"), recorded))
    complete = [row for row in found if not row["at_least"]]
    partly = [row for row in found if row["at_least"]]
    for name, base in (("share_of_lost", "lost"), ("share_of_recorded", "recorded")):
        add_shares(complete, "withdrew", base, name)
        for row in partly:
            row[name] = row[f"{name}_lower"] = row[f"{name}_upper"] = "c"
    return found


def _lost(stage: Row | None) -> Figure:
    lost: Figure = stage["lost"] if stage is not None and stage["covered"] else "x"
    return lost


def _withdrawal(
    at: tuple[str, ...], stage: str, withdrew: Figure, more: bool, lost: Figure, recorded: Figure
) -> Row:  # fmt: skip
    return {
        **dict(zip(PLACE, at, strict=True)), "stage": stage, "source": "reasons", "at_least": more,
        "withdrew": withdrew, "lost": lost, "recorded": recorded,
    }  # fmt: skip
