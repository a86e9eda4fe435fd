"""What a person does with data-quality incidents: list, show, acknowledge, assign, silence until a day, resolve with a
reason. Everything is kept as an event with the day and who did it.
"""

import datetime as dt
from typing import TYPE_CHECKING

from attrition import reference
from attrition.errors import UsageFault

if TYPE_CHECKING:
    import duckdb

_SEVERITIES = ("critical", "warning", "info")


def _rules() -> dict[str, dict[str, str]]:
    return {row["rule"]: row for row in reference.rows("rule")}


def _needed(connection: "duckdb.DuckDBPyConnection", number: int, states: tuple[str, ...]) -> str:
    """The incident's state. Raises UsageFault where there is no such incident, or it is in another state."""
    found = connection.execute("SELECT state FROM dq_incident WHERE incident_id = ?", [number]).fetchone()
    if found is None:
        raise UsageFault(f"There is no incident {number}. `attrition incidents` lists those that are open.")
    if found[0] not in states:
        raise UsageFault(f"Incident {number} is {found[0]}, not {' or '.join(states)}; nothing was changed.")
    return str(found[0])


def _keep(
    connection: "duckdb.DuckDBPyConnection", number: int, event: str, now: dt.date, who: str, why: str | None = None
) -> None:
    connection.execute(
        "INSERT INTO dq_incident_event SELECT ?, ?, ?, rows_now, ?, ? FROM dq_incident WHERE incident_id = ?",
        [number, now, event, who or None, why, number],
    )


def acknowledge(connection: "duckdb.DuckDBPyConnection", number: int, who: str, now: dt.date) -> str:
    """Says that somebody has seen an open incident: it is not escalated any more."""
    _needed(connection, number, ("open",))
    connection.execute("UPDATE dq_incident SET acknowledged_by = ? WHERE incident_id = ?", [who, number])
    _keep(connection, number, "acknowledged", now, who)
    return f"Incident {number} is acknowledged by {who}."


def assign(connection: "duckdb.DuckDBPyConnection", number: int, to: str, who: str, now: dt.date) -> str:
    """Gives an open incident to somebody."""
    _needed(connection, number, ("open",))
    connection.execute("UPDATE dq_incident SET assigned_to = ? WHERE incident_id = ?", [to, number])
    _keep(connection, number, f"assigned to {to}", now, who)
    return f"Incident {number} is assigned to {to}."


def silence(connection: "duckdb.DuckDBPyConnection", number: int, until: dt.date, who: str, now: dt.date) -> str:
    """Keeps an open incident quiet until the end of a day; what happens meanwhile is told afterwards."""
    _needed(connection, number, ("open",))
    if until < now:
        raise UsageFault(f"The day {until} has passed. Name a day from {now} on.")
    connection.execute("UPDATE dq_incident SET silenced_until = ? WHERE incident_id = ?", [until, number])
    _keep(connection, number, f"silenced until {until}", now, who)
    return f"Incident {number} is silent until the end of {until}."


def resolve(connection: "duckdb.DuckDBPyConnection", number: int, why: str, who: str, now: dt.date) -> str:
    """Ends an open incident with a reason although its check fails: it opens again only when it gets worse."""
    _needed(connection, number, ("open",))
    if not why.strip():
        raise UsageFault('An incident is resolved with a reason: --why "...". Nothing was changed.')
    connection.execute("UPDATE dq_incident SET state = 'resolved', closed_on = ? WHERE incident_id = ?", [now, number])
    _keep(connection, number, "resolved", now, who, why)
    return f"Incident {number} is resolved. It opens again if further rows fail."


def list_text(connection: "duckdb.DuckDBPyConnection", *, all_states: bool) -> str:
    """The incidents as a table: open ones, or all that ever were; critical first."""
    rules = _rules()
    where = "" if all_states else "WHERE state = 'open'"
    rows = connection.execute(
        "SELECT incident_id, rule, extract, area, column_name, state, opened_on, rows_now, rows_fixed, silenced_until, "
        f"coalesce(assigned_to, acknowledged_by, '') FROM dq_incident {where} ORDER BY incident_id"
    ).fetchall()
    if not rows:
        return "No incident is open." if not all_states else "There has been no incident yet."
    rows.sort(key=lambda row: (_SEVERITIES.index(rules[row[1]]["severity"]), row[0]))
    lines = [("No", "Severity", "State", "Since", "Rows", "Mended", "Extract", "Area", "With", "What")]
    for number, rule, extract, area, column, state, opened, now_failing, fixed, silenced, who in rows:
        told = rules[rule]
        shown = f"silent to {silenced}" if silenced and state == "open" else state
        rows_now = "" if now_failing is None else f"{now_failing:,}"
        lines.append(
            (str(number), told["severity"], shown, str(opened), rows_now, f"{fixed:,}" if fixed else "", extract,
             area or "not known", who, told["label"] + (f" ({column})" if column else ""))
        )  # fmt: skip
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    aligned = [
        "  ".join(
            cell.rjust(width) if at in (0, 4, 5) else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([aligned[0], "-" * len(aligned[0]), *aligned[1:]])


def show_text(connection: "duckdb.DuckDBPyConnection", number: int) -> str:
    """One incident with what it means, how to mend it, what it could move, and its whole life."""
    _needed(connection, number, ("open", "closed", "resolved"))
    found = connection.execute(
        "SELECT rule, extract, area, column_name, state, opened_on, closed_on, times_opened, rows_now, rows_at_worst, "
        "rows_fixed, price, files, remedy FROM dq_incident WHERE incident_id = ?",
        [number],
    ).fetchone()
    if found is None:
        raise UsageFault(f"There is no incident {number}.")
    rule, extract, area, column, state, opened, closed, times, rows_now, worst, fixed, price, files, remedy = found
    told = _rules()[rule]
    lines = [
        f"Incident {number}: {told['label']}",
        "",
        f"  Rule      {rule} ({told['severity']}, {told['rule_group'].replace('_', ' ')})",
        f"  Where     {extract} of {area or 'an area not known'}" + (f", column {column}" if column else ""),
        f"  State     {state}, opened {opened}"
        + (f", closed {closed}" if closed else "")
        + (f", for the {times}th time" if times > 3 else ("", "", ", for the 2nd time", ", for the 3rd time")[times]),
    ]
    if rows_now is not None:
        lines.append(
            f"  Records   {rows_now:,} fail now, {worst:,} at worst" + (f"; {fixed:,} mended" if fixed else "")
        )
    if files:
        lines.append(f"  Files     {', '.join(files[:5])}" + (f" and {len(files) - 5} more" if len(files) > 5 else ""))
    lines += ["", f"  Why it matters   {told['why']}", f"  How to mend it   {told['mend']}"]
    if remedy:
        lines += [f"    {line}" for line in remedy.splitlines()]
    if price:
        lines.append(f"  What it is worth {price}")
    events = connection.execute(
        "SELECT happened_on, event, rows, coalesce(who, ''), coalesce(why, '') FROM dq_incident_event WHERE incident_id = ? "
        "ORDER BY rowid",
        [number],
    ).fetchall()
    lines += ["", "  Its life"]
    for day, event, rows, who, why in events:
        lines.append(
            f"    {day}  {event}"
            + (f", {rows:,} rows" if rows else "")
            + (f", by {who}" if who else "")
            + (f": {why}" if why else "")
        )
    return "\n".join(lines)
