"""Did a pilot work: its area or unit beside the others, quarter by quarter, at a fixed age. Which quarters are ripe is settled
here; the estimate and how sure it is are those of attrition.stats.pilot.
"""

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from attrition.analysis.tables import write
from attrition.ingest.clean_text import folded
from attrition.reference import rows as reference_rows
from attrition.settings import Settings
from attrition.stats.pilot import BeforeAndAfter, PilotResult, before_and_after, difference_in_differences

if TYPE_CHECKING:
    import duckdb

MODELS = ("age_month",)
TABLES = ("pilot", "pilot_placebos")

_PILOT = (
    dict.fromkeys(("breakdown", "group", "start", "stage", "method", "unit"), "VARCHAR")
    | dict.fromkeys(("before", "after", "others_before", "others_after", "estimate", "lower", "upper", "p_value"), "DOUBLE")
    | dict.fromkeys(("placebos", "as_large"), "BIGINT")
    | {"wording": "VARCHAR"}
)  # fmt: skip
_PLACEBOS = {"group": "VARCHAR", "start_quarter": "VARCHAR", "estimate": "DOUBLE"}


def build(connection: "duckdb.DuckDBPyConnection", settings: Settings) -> None:
    """Makes the tables `pub_pilot` and `pub_pilot_placebos`; both are empty where the configuration names no pilot."""
    rows: list[tuple[Any, ...]] = []
    placebos: list[tuple[Any, ...]] = []
    if settings.pilot_group:
        groups, quarters, progressed, cases = _grid(connection, settings)
        start = sum(quarter < dt.date.fromisoformat(settings.pilot_start) for quarter in quarters)
        # Groups are told apart without regard to case; the extracts' spelling is shown.
        group = next((one for one in groups if folded(one) == folded(settings.pilot_group)), settings.pilot_group)
        where = (settings.pilot_breakdown, group, settings.pilot_start, settings.pilot_stage)
        if group not in groups or not 0 < start < len(quarters):
            reason = (
                "No estimate: the pilot's group has no cases old enough in the extracts."
                if group not in groups
                else "No estimate: no whole quarter before the pilot, or none after its start, is old enough yet."
            )
            rows.append((*where, "difference in differences", "incident", *[None] * 10, reason))
        else:
            pilot = groups.index(group)
            result = difference_in_differences(progressed, cases, pilot, start)
            rows = _rows(where, before_and_after(progressed, cases, pilot, start), result)
            placebos = [(groups[one.area], f"{quarters[one.start]}", one.estimate) for one in result.placebos]
    write(connection, "pub_pilot", _PILOT, rows)
    write(connection, "pub_pilot_placebos", _PLACEBOS, placebos)


def _rows(where: tuple[str, ...], simple: BeforeAndAfter, result: PilotResult) -> list[tuple[Any, ...]]:
    caution = simple.reason or "Before and after alone cannot tell the pilot from what changed everywhere."
    return [
        (*where, "before and after", "incident", simple.before, simple.after, None, None, simple.difference, simple.low,
         simple.high, None, None, None, caution),
        (*where, "difference in differences", "incident", result.pilot_before, result.pilot_after, result.others_before,
         result.others_after, result.estimate, result.low, result.high, result.p_value, len(result.placebos),
         result.as_large, result.sentence),
    ]  # fmt: skip


def _grid(connection: "duckdb.DuckDBPyConnection", settings: Settings) -> tuple[list[str], list[dt.date], Any, Any]:
    """Cases recorded and those that had reached the stage at its age, by group and quarter of recording, up to the last
    quarter all of whose cases are old enough.
    """
    number = next(
        int(row["milestone_no"]) for row in reference_rows("milestone") if row["stage"] == settings.pilot_stage
    )
    rows = connection.execute(
        """SELECT "group", date_trunc('quarter', month)::DATE AS quarter, sum(recorded)::BIGINT, sum(old_enough)::BIGINT,
            sum(reached)::BIGINT
        FROM age_month
        WHERE breakdown = ? AND milestone_no = ? AND is_named
        GROUP BY ALL ORDER BY ALL""",
        [settings.pilot_breakdown, number],
    ).fetchall()
    groups = sorted({row[0] for row in rows})
    quarters = sorted({row[1] for row in rows})
    unripe = [quarter for _, quarter, recorded, old_enough, _ in rows if old_enough < recorded]
    quarters = [quarter for quarter in quarters if not unripe or quarter < min(unripe)]
    progressed = np.zeros((len(groups), len(quarters)), dtype=np.int64)
    cases = np.zeros_like(progressed)
    for group, quarter, recorded, _, reached in rows:
        if quarter in quarters:
            cell = groups.index(group), quarters.index(quarter)
            cases[cell], progressed[cell] = recorded, reached
    return groups, quarters, progressed, cases
