"""Data-quality incidents in the warehouse: one for each check, extract, area and column that fails. An incident opens when
the check fails, keeps count of the records that fail and of those mended, closes by itself when the check passes, and
reopens with its history. What a person does to one (acknowledge, assign, silence, resolve) is in handling.py.
"""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attrition import reference
from attrition.quality.change import Change, Kind
from attrition.quality.evaluation import FEED_RULES, Evaluation, Failing

if TYPE_CHECKING:
    import duckdb

OPEN, CLOSED, RESOLVED = "open", "closed", "resolved"
_TABLES = """
CREATE TABLE IF NOT EXISTS dq_incident (
    incident_id INTEGER PRIMARY KEY, rule VARCHAR NOT NULL, extract VARCHAR NOT NULL, area VARCHAR NOT NULL,
    column_name VARCHAR NOT NULL, state VARCHAR NOT NULL, opened_on DATE NOT NULL, closed_on DATE,
    times_opened INTEGER NOT NULL, rows_now BIGINT, rows_at_worst BIGINT, rows_fixed BIGINT NOT NULL, records BIGINT,
    price VARCHAR NOT NULL, files VARCHAR[] NOT NULL, acknowledged_by VARCHAR, assigned_to VARCHAR, silenced_until DATE,
    escalated_on DATE, remedy VARCHAR DEFAULT '');
ALTER TABLE dq_incident ADD COLUMN IF NOT EXISTS remedy VARCHAR DEFAULT '';
CREATE TABLE IF NOT EXISTS dq_incident_row (incident_id INTEGER NOT NULL, record VARCHAR NOT NULL, fixed_on DATE);
CREATE TABLE IF NOT EXISTS dq_incident_event (
    incident_id INTEGER NOT NULL, happened_on DATE NOT NULL, event VARCHAR NOT NULL, rows BIGINT, who VARCHAR, why VARCHAR);
CREATE TABLE IF NOT EXISTS dq_score (
    ran_on DATE NOT NULL, area VARCHAR NOT NULL, extract VARCHAR NOT NULL, rows BIGINT NOT NULL,
    rows_with_finding BIGINT NOT NULL, open_incidents INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS dq_run (ran_on DATE NOT NULL, as_at DATE NOT NULL);
"""
_MEASURED_PART = 20
"""A measure is worse, or partly mended, when its share moved by one part in so many since it was last told."""


@dataclass
class _Incident:
    """A row of dq_incident, as the update works on it."""

    incident_id: int
    rule: str
    extract: str
    area: str
    column: str
    state: str
    opened_on: dt.date
    closed_on: dt.date | None
    times_opened: int
    rows_now: int | None
    rows_at_worst: int | None
    rows_fixed: int
    records: int | None
    price: str
    files: list[str]
    acknowledged_by: str | None
    assigned_to: str | None
    silenced_until: dt.date | None
    escalated_on: dt.date | None
    remedy: str | None
    kind: Kind = Kind.UNCHANGED

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.rule, self.extract, self.area, self.column


def in_full(mend: str, remedy: str | None) -> str:
    """How an incident is mended: what its rule says, and on lines of its own what can be said of this one."""
    return f"{mend}\n{remedy}" if remedy else mend


def prepare(connection: "duckdb.DuckDBPyConnection") -> None:
    """Makes the tables of incidents in a warehouse that has none."""
    connection.execute(_TABLES)


def is_newest(connection: "duckdb.DuckDBPyConnection", as_at: dt.date) -> bool:
    """Whether no run for a later day has judged incidents yet: a run for a past day must not open or close any."""
    found = connection.execute("SELECT max(as_at) FROM dq_run").fetchone()
    return found is None or found[0] is None or as_at >= found[0]


def update(connection: "duckdb.DuckDBPyConnection", evaluation: Evaluation, now: dt.date) -> list[Change]:
    """Brings the incidents to what the evaluation found, inside the caller's transaction. Returns every incident that is open
    now or was closed by this run, with what happened to it.

    An evaluation of one rule alone (held deliveries, say) opens and closes incidents of that rule only.
    """
    known = {incident.key: incident for incident in _read(connection)}
    failing = {one.key: one for one in evaluation.failing}
    silent = {(one.extract, one.area) for one in evaluation.failing if one.rule in FEED_RULES}

    def frozen(incident: _Incident) -> bool:
        return (
            (evaluation.only is not None and incident.rule != evaluation.only)
            or ((incident.extract, incident.area) in silent and incident.rule not in FEED_RULES)
            or (incident.silenced_until is not None and incident.silenced_until >= now and incident.key in failing)
        )

    live: list[_Incident] = []
    number = max((incident.incident_id for incident in known.values()), default=0)
    for key, one in failing.items():
        incident = known.get(key)
        if incident is None:
            incident = _Incident(
                number + 1, *key, OPEN, now, None, 1, one.rows, None, 0, one.records, one.price, list(one.files),
                None, None, None, None, one.remedy, Kind.NEW,
            )  # fmt: skip
            if frozen(incident):
                continue
            number += 1
            known[key] = incident
        elif frozen(incident):
            continue
        elif incident.state == CLOSED:
            _reopen(connection, incident, now)
        live.append(incident)
    counts = _track(connection, evaluation, live, now)
    for incident in live:
        _judge(connection, incident, failing[incident.key], counts, now)
        _write(connection, incident)
    for key, incident in known.items():
        if key not in failing and incident.state != CLOSED and not frozen(incident):
            _close(connection, incident, now)
            _write(connection, incident)
    told = [incident for incident in known.values() if incident.state == OPEN or incident.kind is Kind.MENDED]
    return [_change(incident) for incident in sorted(told, key=lambda one: one.incident_id)]


def _read(connection: "duckdb.DuckDBPyConnection") -> list[_Incident]:
    return [_Incident(*row) for row in connection.execute("FROM dq_incident ORDER BY incident_id").fetchall()]


def _event(
    connection: "duckdb.DuckDBPyConnection", incident: int, now: dt.date, event: str, rows: int | None, **said: str
) -> None:
    connection.execute(
        "INSERT INTO dq_incident_event VALUES (?, ?, ?, ?, ?, ?)",
        [incident, now, event, rows, said.get("who"), said.get("why")],
    )


def _reopen(connection: "duckdb.DuckDBPyConnection", incident: _Incident, now: dt.date) -> None:
    connection.execute("DELETE FROM dq_incident_row WHERE incident_id = ?", [incident.incident_id])
    incident.state, incident.kind = OPEN, Kind.REOPENED
    incident.opened_on, incident.closed_on, incident.times_opened = now, None, incident.times_opened + 1
    incident.rows_at_worst, incident.rows_fixed, incident.escalated_on, incident.acknowledged_by = None, 0, None, None


def _track(
    connection: "duckdb.DuckDBPyConnection", evaluation: Evaluation, live: list[_Incident], now: dt.date
) -> dict[int, tuple[int, int, int, int]]:
    """Keeps account of the failing records. For each incident about rows: records failing now, new ones, mended ones of
    this run, mended ones of this opening."""
    if evaluation.rows_file is None or not live:
        return {}
    execute = connection.execute
    execute(
        "CREATE OR REPLACE TEMP TABLE dq_live (incident_id INTEGER, rule VARCHAR, extract VARCHAR, area VARCHAR, column_name VARCHAR)"
    )
    connection.executemany("INSERT INTO dq_live VALUES (?, ?, ?, ?, ?)", [[one.incident_id, *one.key] for one in live])
    place = str(evaluation.rows_file).replace("'", "''")
    execute(
        "CREATE OR REPLACE TEMP TABLE dq_failing AS SELECT DISTINCT incident_id, record "
        f"FROM read_parquet('{place}') JOIN dq_live USING (rule, extract, area, column_name)"
    )
    standing = "SELECT incident_id, record FROM dq_incident_row WHERE fixed_on IS NULL"
    execute(
        f"CREATE OR REPLACE TEMP TABLE dq_added AS FROM dq_failing ANTI JOIN ({standing}) USING (incident_id, record)"
    )
    execute(
        f"CREATE OR REPLACE TEMP TABLE dq_gone AS FROM ({standing}) SEMI JOIN dq_live USING (incident_id) "
        "ANTI JOIN dq_failing USING (incident_id, record)"
    )
    execute(
        "DELETE FROM dq_incident_row WHERE (incident_id, record) IN (FROM dq_added) OR (incident_id, record) IN (FROM dq_gone)"
    )
    execute("INSERT INTO dq_incident_row SELECT incident_id, record, NULL FROM dq_added")
    execute("INSERT INTO dq_incident_row SELECT incident_id, record, $now FROM dq_gone", {"now": now})
    rows = execute(
        "SELECT incident_id, count(*) FILTER (WHERE fixed_on IS NULL), count(*) FILTER (WHERE fixed_on IS NOT NULL), "
        "(SELECT count(*) FROM dq_added WHERE dq_added.incident_id = r.incident_id), "
        "(SELECT count(*) FROM dq_gone WHERE dq_gone.incident_id = r.incident_id) "
        "FROM dq_incident_row AS r SEMI JOIN dq_live USING (incident_id) GROUP BY incident_id"
    ).fetchall()
    return {incident: (failing, added, gone, fixed) for incident, failing, fixed, added, gone in rows}


def _judge(
    connection: "duckdb.DuckDBPyConnection",
    incident: _Incident,
    one: Failing,
    counts: dict[int, tuple[int, int, int, int]],
    now: dt.date,
) -> None:
    """What this run did to an incident whose check fails."""
    told, records = incident.rows_now, incident.records
    incident.price, incident.files, incident.remedy = one.price, list(one.files), one.remedy
    if incident.incident_id in counts:
        incident.rows_now, added, gone, incident.rows_fixed = counts[incident.incident_id]
        better, worse = gone > 0, added > 0
    elif one.records:
        # In whole numbers, since 0.25 - 0.20 is less than 0.05 in binary ones.
        unit = (records or one.records) * one.records
        moved = _MEASURED_PART * ((one.rows or 0) * (records or one.records) - (told or 0) * one.records)
        worse, better = moved >= unit, moved <= -unit
        if incident.kind is not Kind.UNCHANGED or worse or better:
            incident.rows_now, incident.records = one.rows, one.records
    else:
        worse = better = False
    if incident.rows_now is not None:
        incident.rows_at_worst = max(incident.rows_at_worst or 0, incident.rows_now)
    if incident.kind is Kind.UNCHANGED:
        if incident.state == RESOLVED:
            if worse:
                incident.state, incident.kind, incident.closed_on = OPEN, Kind.REOPENED, None
                incident.opened_on, incident.times_opened = now, incident.times_opened + 1
        elif worse or better:
            incident.kind = Kind.WORSE if worse else Kind.PARTLY_MENDED
    if incident.kind is not Kind.UNCHANGED:
        _event(connection, incident.incident_id, now, incident.kind.value, incident.rows_now)


def _close(connection: "duckdb.DuckDBPyConnection", incident: _Incident, now: dt.date) -> None:
    """The check passes: an open incident is mended; one that a person resolved is closed without a word."""
    if incident.state == OPEN:
        incident.kind = Kind.MENDED
        _event(connection, incident.incident_id, now, Kind.MENDED.value, 0 if incident.rows_now is not None else None)
    connection.execute(
        "UPDATE dq_incident_row SET fixed_on = ? WHERE incident_id = ? AND fixed_on IS NULL",
        [now, incident.incident_id],
    )
    if incident.rows_now is not None:
        incident.rows_fixed, incident.rows_now = incident.rows_fixed + incident.rows_now, 0
    incident.state, incident.closed_on, incident.silenced_until = CLOSED, now, None


def _write(connection: "duckdb.DuckDBPyConnection", incident: _Incident) -> None:
    values: list[Any] = [
        incident.incident_id, *incident.key, incident.state, incident.opened_on, incident.closed_on, incident.times_opened,
        incident.rows_now, incident.rows_at_worst, incident.rows_fixed, incident.records, incident.price, incident.files,
        incident.acknowledged_by, incident.assigned_to, incident.silenced_until, incident.escalated_on,
        incident.remedy,
    ]  # fmt: skip
    connection.execute(f"INSERT OR REPLACE INTO dq_incident VALUES ({', '.join('?' for _ in values)})", values)


def _change(incident: _Incident) -> Change:
    told = {row["rule"]: row for row in reference.rows("rule")}[incident.rule]
    return Change(
        incident.kind, incident.incident_id, incident.rule, told["severity"], told["rule_group"], told["label"], told["why"],
        in_full(told["mend"], incident.remedy), incident.extract, incident.area, incident.column, incident.rows_now, incident.rows_at_worst,
        incident.rows_fixed, tuple(incident.files), incident.opened_on, incident.times_opened, incident.price,
        incident.acknowledged_by or "", incident.assigned_to or "",
    )  # fmt: skip


def keep_scores(connection: "duckdb.DuckDBPyConnection", evaluation: Evaluation, as_at: dt.date, now: dt.date) -> None:
    """Keeps the day's scores by area and extract for the trend; a second run of a day takes the place of the first."""
    connection.execute("DELETE FROM dq_score WHERE ran_on = ?", [now])
    totals: dict[tuple[str, str], list[int]] = {}
    for score in evaluation.scores:
        total = totals.setdefault((score.area, score.extract), [0, 0])
        total[0] += score.rows
        total[1] += score.rows_with_finding
    for (area, extract), (rows, wrong) in totals.items():
        connection.execute(
            "INSERT INTO dq_score SELECT $now, $area, $extract, $rows, $wrong, count(*) FROM dq_incident "
            "WHERE state = 'open' AND area = $area AND extract = $extract",
            {"now": now, "area": area, "extract": extract, "rows": rows, "wrong": wrong},
        )
    connection.execute("INSERT INTO dq_run VALUES (?, ?)", [now, as_at])
