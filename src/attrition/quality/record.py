"""Hands an evaluation from the stage that makes it to the one that keeps it (paths only pass between stages), and gathers the
facts of the quality page from the warehouse.
"""

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from attrition import reference
from attrition.publish.quality_facts import Mended, OpenIncident, QualityFacts, Score, TrendPoint
from attrition.quality.evaluation import ROWS_FILE, Evaluation, Failing

if TYPE_CHECKING:
    import duckdb

_FILE = "evaluation.json"


def save(evaluation: Evaluation, folder: Path) -> None:
    """Writes an evaluation into the work folder."""
    told = {
        "failing": [asdict(one) for one in evaluation.failing],
        "scores": [asdict(score) for score in evaluation.scores],
        "not_run": evaluation.not_run,
    }
    (folder / _FILE).write_text(json.dumps(told), encoding="utf-8", newline="\n")


def load(folder: Path) -> Evaluation:
    """Reads back what `save` wrote."""
    told = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    return Evaluation(
        tuple(Failing(**(one | {"files": tuple(one["files"])})) for one in told["failing"]),
        tuple(Score(**score) for score in told["scores"]),
        folder / ROWS_FILE,
        tuple(told["not_run"]),
    )


def clear(folder: Path) -> None:
    """Removes both files: they are no part of the publication."""
    (folder / _FILE).unlink(missing_ok=True)
    (folder / ROWS_FILE).unlink(missing_ok=True)


def page_facts(
    connection: "duckdb.DuckDBPyConnection",
    evaluation: Evaluation,
    as_at: dt.date,
    now: dt.date,
    *,
    made_up: bool,
    marking: str,
) -> QualityFacts:
    """What the quality page shows, from the incidents that the warehouse keeps and the day's scores."""
    rules = {row["rule"]: row for row in reference.rows("rule")}
    still = connection.execute(
        "SELECT incident_id, rule, extract, area, column_name, rows_now, rows_at_worst, rows_fixed, opened_on, times_opened, "
        "coalesce(acknowledged_by, ''), coalesce(assigned_to, ''), silenced_until, price, coalesce(remedy, '') FROM dq_incident "
        "WHERE state = 'open' ORDER BY incident_id"
    ).fetchall()
    ended = connection.execute(
        "SELECT incident_id, rule, extract, area, column_name, opened_on, closed_on, rows_at_worst, state FROM dq_incident "
        "WHERE state <> 'open' ORDER BY closed_on DESC, incident_id DESC"
    ).fetchall()
    trend = connection.execute(
        "SELECT ran_on, area, extract, rows, rows_with_finding, open_incidents FROM dq_score ORDER BY ALL"
    ).fetchall()
    return QualityFacts(
        as_at=as_at,
        made_on=now,
        made_up=made_up,
        marking=marking,
        scores=list(evaluation.scores),
        trend=[TrendPoint(*row) for row in trend],
        incidents=[
            OpenIncident(
                number, rule, rules[rule]["severity"], rules[rule]["label"], rules[rule]["why"], rules[rule]["mend"], *rest
            )
            for number, rule, *rest in still
        ],
        mended=[
            Mended(
                number, rule, rules[rule]["label"], extract, area, column, opened, closed, (closed - opened).days, rows,
                "resolved by a person" if state == "resolved" else "mended",
            )
            for number, rule, extract, area, column, opened, closed, rows, state in ended
        ],
        checks_not_run=list(evaluation.not_run),
    )  # fmt: skip
