"""One case's way through the stages as plain text: where it stands, the rows that put it there, the rules that joined
them. Shows references, dates and codes; never a name, a pseudonym or a characteristic of the victim.
"""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition import reference, warehouse
from attrition.errors import UsageFault
from attrition.ingest.clean_text import clean
from attrition.ingest.sheet_rows import row_of
from attrition.publish.told import why_text
from attrition.settings import load_settings

if TYPE_CHECKING:
    import duckdb

_MODELS = (
    "case_history", "case_path", "link_cps", "funnel_coverage",
    "check_implied_stage", "check_incident", "check_outcome_contradiction", "check_link", "check_charge", "check_flag",
    "check_date_order", "check_suspect", "check_expectation",
)  # fmt: skip
_CHECKS = tuple(model for model in _MODELS if model.startswith("check_"))
_EVIDENCE = (
    ("suspect_identified", "suspect_shown"),
    ("referred", "referral_shown"),
    ("charged", "charge_shown"),
    ("prosecuted", "prosecution_shown"),
    ("convicted", "conviction_shown"),
    ("uplifted", "uplift_shown"),
)


def show_case(place: Path, wanted: str, as_at: dt.date | None, config: Path | None) -> str:
    """The text for every case that bears an incident or crime reference (`REF` or `force/REF`).

    Raises UsageFault where there is no warehouse or no such reference.
    """
    from attrition import models
    from attrition.pipeline import Request, open_models

    path = warehouse.check_location(place)
    if not path.exists():
        raise UsageFault(f"There is no warehouse at {path}. Run `attrition run` first, or name it with --warehouse.")
    settings = load_settings(config)
    with warehouse.connect(path, settings, read_only=True) as connection:
        last = connection.execute("SELECT as_at FROM run ORDER BY run_id DESC LIMIT 1").fetchone()
    day = as_at or (last[0] if last else None)
    if day is None:
        raise UsageFault("Nothing was published from this warehouse yet; name the day with --as-at.")
    plain = clean(wanted).upper()
    # A reference may hold strokes of its own: only the name of a force parts one off.
    force, _, rest = plain.partition("/")
    force, plain = (force.lower(), rest) if force.lower() in reference.codes("force") else ("", plain)
    with open_models(Request(Path(), day, Path(), path, config=config)) as connection:
        rows = _records(
            connection,
            "SELECT i.*, load.file FROM incident AS i JOIN load USING (load_id) WHERE (i.incident_id = $ref OR i.crime_ref = $ref) "
            'AND ($force = \'\' OR i."force" = $force) ORDER BY i."force", i.incident_id, i.victim_no',
            {"ref": plain, "force": force},
        )
        if not rows:
            raise UsageFault(
                "No incident in force bears this reference, whatever its case; a quarantined or replaced row is not in force."
            )
        models.build(connection, _MODELS)
        return "\n\n".join(_case(connection, row, day) for row in rows)


def _records(connection: "duckdb.DuckDBPyConnection", query: str, bound: dict[str, Any]) -> list[dict[str, Any]]:
    answer = connection.execute(query, bound)
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _case(connection: "duckdb.DuckDBPyConnection", incident: dict[str, Any], day: dt.date) -> str:
    here = {"load_id": incident["load_id"], "line": incident["line"]}
    lines = [f"Case {incident['force']} / {incident['incident_id']} / victim {incident['victim_no']}, as at {day}"]
    stood = _records(
        connection,
        "SELECT h.*, p.state, r.label AS reason_label, s.label AS stage_label FROM case_history AS h "
        "JOIN case_path AS p USING (path_id) JOIN stage AS s ON s.stage_order::INTEGER = h.stage_order "
        "LEFT JOIN case_reason AS r ON h.reason = r.reason WHERE load_id = $load_id AND line = $line",
        here,
    )
    if not stood:
        lines.append("  No case on that day: reported or flagged later, or its hate flag was removed by then.")
    else:
        case = stood[0]
        why = f": {case['reason_label']} ({case['reason']})" if case["reason"] else ""
        untold = _untold(connection, case["force"])
        # Nobody can say that a case is open where nothing tells whether it went on.
        state = (
            "open as far as is told"
            if case["state"] == "open" and untold.get(case["stage_order"] + 1)
            else case["state"]
        )
        lines.append(f"  Stands at: {case['stage_label']}, {state}{why}")
        lines += _stages(connection, case, here, untold)
    lines += ["  Rows:", f"    incident       {_place(incident)}  {_told(incident, _INCIDENT)}"]
    rows = []
    if incident["crime_ref"] and incident["incident_class"] == "crime":
        rows = _crime_rows(connection, incident)
        lines += [f"    {row['extract']:<14} {_place(row)}  {row['told']}" for row in rows]
    lines += _findings(connection, [incident, *rows])
    return "\n".join(lines)


def _untold(connection: "duckdb.DuckDBPyConnection", force: str) -> dict[int, str]:
    """Why each stage that is not covered for a force is not, in words, by its order."""
    query = 'SELECT stage_order, why FROM funnel_coverage WHERE "force" = ? AND NOT is_covered'
    return {order: why_text(why) for order, why in connection.execute(query, [force]).fetchall()}


def _stages(
    connection: "duckdb.DuckDBPyConnection", case: dict[str, Any], here: dict[str, Any], untold: dict[int, str]
) -> list[str]:
    shown = _records(connection, "SELECT * FROM case_stage WHERE load_id = $load_id AND line = $line", here)[0]
    evidence = {stage: bool(shown[column]) for stage, column in _EVIDENCE}
    lines = []
    for stage in reference.rows("stage"):
        order = int(stage["stage_order"])
        reached = order <= case["stage_order"]
        told = "evidence" if evidence.get(stage["stage"], True) else "implied: a later stage was reached"
        unseen = f"not told: {untold[order]}" if order in untold else ""
        lines.append(f"    {'x' if reached else '-'} {stage['label']:<24}{told if reached else unseen}".rstrip())
    return lines


_INCIDENT = ("incident_class", "crime_ref", "reported_date", "recorded_date", "hate_flagged_date", "record_status", "status_date", "comparison")  # fmt: skip
_INVESTIGATION = ("suspect_identified_date", "file_submitted_date", "outcome_code", "outcome_date", "investigating_unit", "urn")  # fmt: skip
_CPS = ("urn", "received_date", "decision", "decision_date", "first_hearing_date", "prosecution_outcome", "finalised_date", "uplift")  # fmt: skip


def _told(row: dict[str, Any], columns: tuple[str, ...]) -> str:
    return ", ".join(f"{column} {row[column]}" for column in columns if row[column] is not None)


def _place(row: dict[str, Any]) -> str:
    line, sheet = row_of(row["file"], row["line"])
    return f"{row['file']}, {sheet + ', ' if sheet else ''}line {line}"


def _crime_rows(connection: "duckdb.DuckDBPyConnection", incident: dict[str, Any]) -> list[dict[str, Any]]:
    bound = {"force": incident["force"], "ref": incident["crime_ref"]}
    rows = []
    for row in _records(
        connection,
        'SELECT v.*, load.file FROM investigation AS v JOIN load USING (load_id) WHERE v."force" = $force '
        "AND v.crime_ref = $ref ORDER BY outcome_date NULLS FIRST, load_id, line",
        bound,
    ):
        suspect = "a suspect, " if row["suspect_id"] is not None else "no suspect, "
        rows.append({**row, "extract": "investigation", "told": suspect + _told(row, _INVESTIGATION)})
    for row in _records(
        connection,
        "SELECT v.*, load.file, k.rule FROM link_cps AS k JOIN cps AS v USING (load_id, line) JOIN load USING (load_id) "
        'WHERE k."force" = $force AND k.crime_ref = $ref ORDER BY received_date, load_id, line',
        bound,
    ):
        rows.append({**row, "extract": "cps", "told": f"linked by {row['rule']}: {_told(row, _CPS)}"})
    return rows


def _findings(connection: "duckdb.DuckDBPyConnection", rows: list[dict[str, Any]]) -> list[str]:
    checks = " UNION ALL ".join(f"SELECT rule, load_id, line FROM {check}" for check in _CHECKS)
    lines = []
    for row in rows:
        found = _records(
            connection,
            f"SELECT DISTINCT f.rule, coalesce(rule.label, f.rule) AS label FROM ({checks} UNION ALL SELECT rule, load_id, line "
            "FROM finding) AS f LEFT JOIN rule USING (rule) WHERE load_id = $load_id AND line = $line ORDER BY f.rule",
            {"load_id": row["load_id"], "line": row["line"]},
        )
        lines += [f"    {_place(row)}: {finding['label']} ({finding['rule']})" for finding in found]
    return ["  Findings:", *lines] if lines else ["  Findings: none"]
