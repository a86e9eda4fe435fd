"""When an open incident becomes one that is open too long: on which day, for whom, and only once."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from alert_desk import DAY, WriteOwners

from attrition.alerts.telling import queue_digests
from attrition.quality import incidents
from attrition.quality.change import Change, Kind

OPENED = Change(
    kind=Kind.UNCHANGED,
    incident_id=7,
    rule="unreadable_date",
    severity="warning",
    rule_group="format",
    message="Date that cannot be read; taken as empty",
    why="The stage that hangs on this date is missed or dated wrongly.",
    mend="Write the date as YYYY-MM-DD.",
    extract="incident",
    area="northumbria",
    column="recorded_date",
    rows=40,
    rows_at_worst=40,
    rows_fixed=0,
    files=("incident.csv",),
    opened_on=DAY,
    times_opened=1,
)


@pytest.fixture
def warehouse(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """With the open incident of which OPENED tells."""
    incidents.prepare(connection)
    connection.execute(
        "INSERT INTO dq_incident BY NAME SELECT 7 AS incident_id, 'unreadable_date' AS rule, 'incident' AS extract, "
        "'northumbria' AS area, 'recorded_date' AS column_name, 'open' AS state, ?::DATE AS opened_on, 1 AS times_opened, "
        "40 AS rows_now, 40 AS rows_at_worst, 0 AS rows_fixed, '' AS price, [] AS files",
        [DAY],
    )
    return connection


def told(connection: duckdb.DuckDBPyConnection, owners: Path, days: int, change: Change = OPENED) -> list[str]:
    """Who is told so many days after the incident opened: `owner` or `further` for each alert that is queued."""
    before = connection.execute("SELECT coalesce(max(alert_id), 0) FROM alert").fetchone()
    now = DAY + dt.timedelta(days=days)
    queue_digests(connection, owners, [change], now, now, None)
    found = connection.execute(
        "SELECT channel_no FROM alert WHERE alert_id > ? ORDER BY alert_id", [before[0] if before else 0]
    ).fetchall()
    return ["owner" if channel_no > 0 else "further" for (channel_no,) in found]


@pytest.mark.parametrize(("setting", "limit"), [("", 14), ("escalate_after_days = 3", 3)])
def test_open_too_long_begins_on_the_day_that_the_owners_file_says(
    warehouse: duckdb.DuckDBPyConnection, write_owners: WriteOwners, tmp_path: Path, setting: str, limit: int
) -> None:
    """So many days after the day of opening, and not the day after; two weeks where the file says nothing."""
    write_owners("outbox:out", escalate_to='"outbox:higher"', more=setting)
    owners = tmp_path / "data_owners.toml"
    assert told(warehouse, owners, limit - 1) == []
    assert told(warehouse, owners, limit) == ["owner", "further"]
    assert told(warehouse, owners, limit + 1) == []
    assert warehouse.execute("SELECT escalated_on FROM dq_incident").fetchall() == [(DAY + dt.timedelta(days=limit),)]
    assert warehouse.execute("SELECT happened_on, event FROM dq_incident_event").fetchall() == [
        (DAY + dt.timedelta(days=limit), "open too long")
    ]


@pytest.mark.parametrize(
    "other",
    [{"severity": "info"}, {"acknowledged_by": "Pat"}, {"kind": Kind.MENDED}],
    ids=["a remark", "acknowledged", "mended"],
)
def test_what_nobody_need_hurry_with_is_never_open_too_long(
    warehouse: duckdb.DuckDBPyConnection, write_owners: WriteOwners, tmp_path: Path, other: dict[str, object]
) -> None:
    write_owners("outbox:out", escalate_to='"outbox:higher"')
    change = Change(**{**OPENED.__dict__, **other})
    assert "further" not in told(warehouse, tmp_path / "data_owners.toml", 60, change)
    assert warehouse.execute("SELECT escalated_on FROM dq_incident").fetchall() == [(None,)]
