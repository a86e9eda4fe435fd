"""What the tests of alerts share: a day, a secret, and the state of every alert."""

import datetime as dt
from collections.abc import Callable

import duckdb

from attrition.alerts.owners import Owners

DAY = dt.date(2026, 5, 4)
SECRET = "p@ss/w:rd %41"

WriteOwners = Callable[..., Owners]


def states(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int, str | None]]:
    """Recipient, state, attempts and fault of every alert, in order."""
    return connection.execute("SELECT recipient, state, attempts, last_fault FROM alert ORDER BY alert_id").fetchall()
