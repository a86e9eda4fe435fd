"""The sheets of reasons in the workbook of the board and public tiers. An open case is in none of them."""

from attrition.publish.headline import NOT_AVAILABLE, Row, published_rows
from attrition.publish.workbook_groups import DIMENSIONS, Dimension
from attrition.publish.workbook_labels import (
    group_labels,
    group_order,
    stage_label,
)
from attrition.publish.workbook_released_cells import (
    PROTECTED,
    YEAR,
    Released,
    counted_cells,
    counted_columns,
    counted_line,
    released_sheet,
    shown,
)
from attrition.publish.workbook_sheets import (
    Cell,
    Column,
    Sheet,
    plain_text,
)

_EXITS = {"lost": "Lost", "resolved": "Ended another way"}
_ENDS = ("lost", "resolved")
_ONE_COLUMN = "Each case is in one column of its year."
_OVERLAP = "A case may be in several strands or in none: do not add the columns, and do not rank strands."


def _sentence(text: object) -> str:
    said = plain_text(text)
    return said[:1].upper() + said[1:]


def _end(row: Row) -> str:
    return _EXITS.get(row["exit"], plain_text(row["exit"]))


def _exit_order(row: Row) -> tuple[int, str]:
    return (_ENDS.index(row["exit"]) if row["exit"] in _ENDS else len(_ENDS)), str(row["reason_group"])


def _reasons_of_all(released: Released, reasons: list[Row]) -> Sheet:
    of_all = [row for row in reasons if row["breakdown"] == "all"]
    ordered = sorted(of_all, key=lambda row: (row["period"], row["stage_order"], _exit_order(row)))
    rows: list[tuple[Cell, ...]] = [
        (
            plain_text(row["period"]),
            stage_label(row["stage"]) if row["stage"] else "Any stage",
            _end(row),
            _sentence(row["reason_group"]),
            shown(row, "count"),
            *counted_cells(row, of_all),
        )
        for row in ordered
    ]
    return released_sheet(
        released,
        "Why cases stopped",
        "Where and why cases stopped, by financial year in which they were reported: all cases",
        (
            "Each stopped case is in one row of its year, at the furthest stage it reached. Open cases are in none.",
            "A kind of reason that is not listed was given for no case.",
            PROTECTED,
            *counted_line(of_all),
        ),
        (
            Column("Financial year", "text", 16, "periods"),
            Column("Furthest stage", "text", 25),
            Column("How it ended", "text", 20, "lost"),
            Column("Kind of reason", "text", 30, "reasons"),
            Column("Cases", width=12, note="protection"),
            *counted_columns(of_all),
        ),
        rows,
        filters=True,
    )


def _reasons_by_group(released: Released, reasons: list[Row], dimension: Dimension) -> Sheet:
    """Kinds of reason as rows, groups as columns."""
    own = [row for row in reasons if row["breakdown"] == dimension.breakdown]
    groups = sorted(
        {*released.groups(YEAR, dimension.breakdown), *(row["group"] for row in own)},
        key=lambda group: group_order(dimension.breakdown, group),
    )
    found = {(row["period"], row["stage"], row["exit"], row["reason_group"], row["group"]): row for row in own}
    kinds: dict[tuple[str, str, str, str], Row] = {}
    for row in sorted(own, key=lambda row: (row["period"], row["stage_order"], _exit_order(row))):
        kinds.setdefault((row["period"], row["stage"], row["exit"], row["reason_group"]), row)
    rows: list[tuple[Cell, ...]] = [
        (
            plain_text(kind[0]),
            stage_label(kind[1]) if kind[1] else "Any stage",
            _end(row),
            _sentence(row["reason_group"]),
            *(
                shown(found[*kind, group], "count")
                if (*kind, group) in found
                else _none_given(released, kind[0], dimension.breakdown, group)
                for group in groups
            ),
            *counted_cells(row, own),
        )
        for kind, row in kinds.items()
    ]
    return released_sheet(
        released,
        f"Reasons by {dimension.tab}",
        f"Why cases stopped, by {dimension.title} and financial year reported",
        (_ONE_COLUMN if dimension.adds_up else _OVERLAP, PROTECTED, *counted_line(own)),
        (
            Column("Financial year", "text", 16, "periods"),
            Column("Furthest stage", "text", 18),
            Column("How it ended", "text", 20, "lost"),
            Column("Kind of reason", "text", 30, "reasons"),
            *(
                Column(group_labels(dimension.breakdown, group)[0], width=14, note=dimension.note if at == 0 else "")
                for at, group in enumerate(groups)
            ),
            *counted_columns(own),
        ),
        rows,
        filters=True,
    )


def _none_given(released: Released, period: str, breakdown: str, group: str) -> Cell:
    """A kind of reason that is not listed for a group was given for no case of it; [x] where the group is not told."""
    return 0 if released.covered(period, "reported", breakdown=breakdown, group=group) else NOT_AVAILABLE


def reason_sheets(released: Released) -> list[Sheet]:
    """Why cases stopped: for all cases by stage, and for each breakdown that the table shows."""
    reasons = published_rows(released.tables, "reasons")
    shown_breakdowns = {row["breakdown"] for row in reasons}
    return [
        _reasons_of_all(released, reasons),
        *(
            _reasons_by_group(released, reasons, dimension)
            for dimension in DIMENSIONS
            if dimension.breakdown in shown_breakdowns
        ),
    ]
