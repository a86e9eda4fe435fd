"""The workbook's sheets of reasons: where and why cases stopped. An open case is in none of them."""

from collections import Counter
from pathlib import Path

from attrition.publish.headline import LAST_STAGE, Row, published_rows
from attrition.publish.workbook_funnel import INCIDENTS, STAGES
from attrition.publish.workbook_groups import DIMENSIONS, Dimension, Funnel
from attrition.publish.workbook_labels import group_labels, stage_label
from attrition.publish.workbook_sheets import Basis, Cell, Column, Sheet, plain_text, share

_EXITS = {"lost": "Lost", "resolved": "Ended another way"}
_ADD_UP = "Each case is in one column; the groups add up to all cases."
_OVERLAP = "A case may be in several strands or in none: do not add the columns, and do not rank strands."
_ENDS_NOT_HERE = "A conviction is not a stop: what follows it is on the sheet Uplift."


def _stops(tables: Path) -> list[Row]:
    """The reasons of cases that stopped before conviction, in the order of stages, lost first."""
    rows = [row for row in published_rows(tables, "reasons") if row["stage"] != LAST_STAGE]
    return sorted(rows, key=lambda row: (STAGES.index(row["stage"]), row["exit"], -int(row["count"]), row["reason"]))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _why_cases_stopped(stops: list[Row], funnel: Funnel, basis: Basis) -> Sheet:
    rows: list[tuple[Cell, ...]] = [
        (
            stage_label(row["stage"]),
            _EXITS.get(row["exit"], plain_text(row["exit"])),
            _sentence(plain_text(row["reason_group"])),
            plain_text(row["label"]),
            int(row["count"]),
            share(int(row["count"]), funnel.count("all", "all", row["stage"]) or 0),
        )
        for row in stops
        if row["breakdown"] == "all"
    ]
    return Sheet(
        "Why cases stopped",
        "Where and why cases stopped: all cases",
        basis.of(INCIDENTS),
        (
            "Each stopped case is in one row, at the furthest stage it reached. Open cases are in none.",
            "The reasons of every group of every breakdown stand in tables/reasons.csv beside this workbook.",
            _ENDS_NOT_HERE,
        ),
        (
            Column("Furthest stage", "text", 25),
            Column("How it ended", "text", 20, "lost"),
            Column("Kind of reason", "text", 27),
            Column("Reason", "text", 58),
            Column("Cases", width=12),
            Column("% of cases that reached the stage", "rate", 18),
        ),
        rows,
        filters=True,
    )


def _by_group(stops: list[Row], dimension: Dimension, funnel: Funnel, basis: Basis) -> Sheet:
    """Kinds of reason as rows, groups as columns."""
    counted: Counter[tuple[str, str, str, str]] = Counter()
    for row in stops:
        if row["breakdown"] in ("all", dimension.breakdown):
            group = "" if row["breakdown"] == "all" else row["group"]
            counted[row["stage"], row["exit"], row["reason_group"] or "", group] += int(row["count"])
    kinds = sorted(
        {key[:3] for key in counted},
        key=lambda kind: (STAGES.index(kind[0]), kind[1], -counted[(*kind, "")], kind[2]),
    )
    groups = funnel.groups(dimension.breakdown)
    rows: list[tuple[Cell, ...]] = [
        (
            stage_label(stage),
            _EXITS.get(exit_, plain_text(exit_)),
            _sentence(plain_text(kind)),
            *(counted[stage, exit_, kind, group] for group in ("", *groups)),
        )
        for stage, exit_, kind in kinds
    ]
    return Sheet(
        f"Reasons by {dimension.tab}",
        f"Where and why cases stopped, by {dimension.title}",
        basis.of(INCIDENTS),
        (_ADD_UP if dimension.adds_up else _OVERLAP, _ENDS_NOT_HERE),
        (
            Column("Furthest stage", "text", 25),
            Column("How it ended", "text", 20, "lost"),
            Column("Kind of reason", "text", 27, dimension.note),
            Column("All cases", width=11),
            *(Column(group_labels(dimension.breakdown, group)[0], width=14) for group in groups),
        ),
        rows,
    )


def reason_sheets(tables: Path, basis: Basis) -> list[Sheet]:
    """Why cases stopped: for all cases and for each dimension."""
    stops = _stops(tables)
    funnel = Funnel(published_rows(tables, "funnel"))
    return [
        _why_cases_stopped(stops, funnel, basis),
        *(_by_group(stops, dimension, funnel, basis) for dimension in DIMENSIONS),
    ]
