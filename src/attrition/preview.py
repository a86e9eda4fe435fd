"""Tests extract files before they are sent: read as a run would read them and judged by the same rules, in memory. Nothing is
stored, no warehouse and no key are needed. What needs an extract that is not among the files is not judged.
"""

import datetime as dt
import secrets
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from attrition import models, reference, warehouse
from attrition.contract import load_contract
from attrition.errors import InputRefused
from attrition.ingest import conform, deliveries, pseudonym
from attrition.ingest.file_name import how_to_mend, shown_name
from attrition.ingest.landing import Arrival, delivery_of, fitting_feeds
from attrition.ingest.mapping import Source, load_sources
from attrition.ingest.opening import open_checked
from attrition.ingest.plan import plan
from attrition.ingest.sheet_rows import row_of
from attrition.settings import Settings, load_settings

if TYPE_CHECKING:
    import duckdb

_LINES_SHOWN = 5
_SEVERITIES = ("critical", "warning", "info")
# Long lists, and what describes a suspect: neither tells whether a mapping is right.
_NOT_SHOWN = {"victim_ethnicity", "suspect_sex", "defendant_sex"}


def check_files(
    files: list[Path], sources: Path | None, config: Path | None, now: dt.date, rows_to: Path | None = None
) -> int:
    """Prints a verdict on the files and returns the exit code: 0 a run would load them (the verdict says whether something
    should be mended first), 3 refused, 4 the gate would hold it.

    `rows_to` is a folder for the rows to mend as CSV and XLSX; without it nothing is written.
    """
    settings = load_settings(config)
    known = load_sources(sources)
    arrivals: list[Arrival] = []
    opened = {}
    refused = False
    for path in files:
        try:
            arrival = _arrival(path, known)
            opened[path] = open_checked(arrival)
            arrivals.append(arrival)
        except InputRefused as fault:
            refused = True
            print(f"{fault}".replace("Nothing was published.", "").strip() + "\n")
    with warehouse.connect(Path(":memory:"), settings) as connection:
        warehouse.prepare(connection)
        # A throw-away key: these pseudonyms are compared with each other only.
        pseudonym.arm(connection, secrets.token_bytes(32))
        conform.arm(connection)
        todo = plan(
            connection, sorted(arrivals, key=lambda one: one.order), {p: o.sha256 for p, o in opened.items()}, now
        )
        for note in (*todo.notes, *deliveries.remarks(todo, opened)):
            print(note)
        held: list[str] = []
        for delivery in todo.deliveries:
            try:
                applied = deliveries.apply(connection, delivery, opened, settings, now, lambda message: None)
                held += applied.held
                for note in applied.notes:
                    print(note)
            except InputRefused as fault:
                refused = True
                print(f"{fault}".replace("Nothing was published.", "").strip() + "\n")
        if todo.deliveries:
            _say(connection, settings, now, sources)
            if rows_to:
                _write_rows(connection, rows_to, now)
        if todo.deliveries or refused:
            print(_verdict(connection, refused=refused, held=bool(held)) + "\n")
    return 3 if refused else 4 if held else 0


def _arrival(path: Path, sources: list[Source]) -> Arrival:
    feeds = fitting_feeds(path, sources)
    if mend := how_to_mend(path):
        raise InputRefused(f"{shown_name(path)}: this kind of file is not read. {mend}")
    if not feeds:
        names = ", ".join(dict.fromkeys(glob for source in sources for feed in source.feeds for glob in feed.files))
        raise InputRefused(
            f"{shown_name(path)}: no source mapping fits this name. Known names: {names}. Rename it, or write a mapping."
        )
    return Arrival(path, feeds, delivery_of(path, feeds[0]))


def _say(connection: "duckdb.DuckDBPyConnection", settings: Settings, now: dt.date, sources: Path | None) -> None:
    from attrition.validate.rows import name_rows

    loads = connection.execute(
        "SELECT load_id, file, extract, source, rows_read, accepted, duplicate, out_of_scope, quarantined, covers_to, "
        "covers_inferred, gate, blank FROM load ORDER BY load_id"
    ).fetchall()
    models.prepare(connection)
    models.set_context(connection, now, settings)
    name_rows(connection)
    models.build(connection, ["check_open", "check_spelling_line"])
    for load_id, file, extract, source, read, accepted, duplicate, scope, aside, covers, inferred, gate, blank in loads:
        print(
            f"{file} as {extract} ({source}): {read:,} rows read, {accepted:,} accepted, {duplicate:,} duplicate, "
            f"{scope:,} out of scope, {aside:,} quarantined" + (f"; blank lines left out: {blank:,}" if blank else "")
        )
        print(f"  reaches to {covers or 'not known'}" + (" (latest date in it)" if covers and inferred else ""))
        for line in _findings(connection, load_id, extract, file):
            print(line)
        for line in _contents(connection, extract, load_id):
            print(line)
        if gate:
            print(f"  STOPPED by {gate}")
    _say_coverage(connection)
    _say_measures(connection, sources)


def _say_coverage(connection: "duckdb.DuckDBPyConnection") -> None:
    """What the extracts that are among the files leave untold, so that stages would count as not covered."""
    rules = {row["rule"]: row for row in reference.rows("rule")}
    for rule, extract, area, column in connection.execute(
        "SELECT rule, extract, area, column_name FROM check_coverage WHERE extract IN (SELECT extract FROM load) ORDER BY ALL"
    ).fetchall():
        where = ", ".join(part for part in (extract, area, column.replace("_", " ")) if part)
        print(f"{rules[rule]['severity']}: {rules[rule]['label']} ({where})\n    {rules[rule]['mend']}")


def _verdict(connection: "duckdb.DuckDBPyConnection", *, refused: bool, held: bool) -> str:
    """Whether the files are fit to send: only where nothing but remarks is found."""
    if refused:
        return "NOT fit to send: what is refused above cannot be used as it is."
    if held:
        return "NOT fit to send: the gate would hold it."
    arrived = {row[0] for row in connection.execute("SELECT DISTINCT extract FROM load").fetchall()}
    counts = Counter(
        severity
        for severity, needs, extract in connection.execute(
            "SELECT severity, coalesce(needs, ''), extract FROM check_open JOIN rule USING (rule)"
        ).fetchall()
        # What needs an extract that is not among the files is not judged.
        if {extract, *needs.split()} <= arrived
    )
    critical, warnings = counts["critical"], counts["warning"]
    told = f"{warnings} {'warning' if warnings == 1 else 'warnings'}"
    if critical:
        return f"NOT fit to send. Mend first what is named above: {critical} critical" + (
            f", then {told}." if warnings else "."
        )
    if warnings:
        return f"Not fit to send as it is: {told}, named above. Mend them first; a run would count the rest and tell you of them."
    nothing = connection.execute("SELECT file, extract FROM load WHERE accepted = 0 ORDER BY load_id").fetchall()
    if nothing:
        told = " and ".join(f"{file} as {extract}" for file, extract in nothing)
        return f"No row that counts in {told}: send it only if there is nothing to tell, else export it again."
    return "Fit to send."


def _findings(connection: "duckdb.DuckDBPyConnection", load_id: int, extract: str, file: str) -> list[str]:
    """What is amiss with one file, critical first: rows by rule with their lines, then what concerns the file as a whole."""
    from attrition.quality.gaps import months_told

    arrived = {row[0] for row in connection.execute("SELECT DISTINCT extract FROM load").fetchall()}
    rules = {row["rule"]: row for row in reference.rows("rule")}
    found = connection.execute(
        "SELECT rule, column_name, count(*), list(line ORDER BY line) FROM check_row WHERE load_id = $load "
        "GROUP BY ALL UNION ALL SELECT DISTINCT rule, column_name, NULL, NULL FROM check_feed WHERE load_id = $load "
        "AND rule <> 'delivery_held'",
        {"load": load_id},
    ).fetchall()
    found = [row for row in found if set(rules[row[0]]["needs"].split()) <= arrived]
    found.sort(key=lambda row: (_SEVERITIES.index(rules[row[0]]["severity"]), -(row[2] or 0), row[0], row[1]))
    lines = []
    for rule, column, count, where in found:
        told = rules[rule]
        named = f" ({column.replace('_', ' ')})" if column else ""
        lines.append(
            f"  {told['severity']}: {told['label']}{named}"
            + (f": {_where(count, where, file)}" if count is not None else "")
        )
        if told["severity"] != "info":
            lines.append(f"      {told['mend']}")
        for (of_rule, of_extract, area, _), said in months_told(connection).items():
            if (of_rule, of_extract) == (rule, extract):
                lines += [f"      {area}: {line}" for line in said.splitlines()]
    return lines


def _say_measures(connection: "duckdb.DuckDBPyConnection", sources: Path | None) -> None:
    from attrition.quality.meeting import remedies_of

    rules = {row["rule"]: row for row in reference.rows("rule")}
    remedies = remedies_of(connection, sources)
    for rule, extract, area, column, records, lacking, least in connection.execute(
        "SELECT rule, extract, area, column_name, records, lacking, least_share FROM check_measure WHERE is_failing ORDER BY ALL"
    ).fetchall():
        what = f"{extract} of {area or 'an area not known'}" + (f", column {column}" if column else "")
        print(
            f"{rules[rule]['severity']}: {rules[rule]['label']} ({what}): {1 - lacking / records:.0%} of {records:,}, at least "
            f"{least:.0%} is expected\n    {rules[rule]['mend']}"
        )
        for line in remedies.get((rule, extract, area, column), "").splitlines():
            print(f"    {line}")


def _write_rows(connection: "duckdb.DuckDBPyConnection", folder: Path, now: dt.date) -> None:
    from attrition.publish.rows_to_mend import write_rows_to_mend

    written = write_rows_to_mend(connection, folder, False, now)
    for path in written:
        print(f"Rows to mend: {path}")
    if not written:
        print("No rows to mend; nothing was written.")


def _where(count: int, lines: list[int], file: str) -> str:
    rows = (row_of(file, line) for line in lines[:_LINES_SHOWN])
    shown = ", ".join(f"{row} on {sheet}" if sheet else str(row) for row, sheet in rows) + (
        ", ..." if count > _LINES_SHOWN else ""
    )
    return f"{count:,} rows (lines {shown})" if count > 1 else f"1 row (line {shown})"


def _contents(connection: "duckdb.DuckDBPyConnection", extract: str, load_id: int) -> list[str]:
    """What the accepted rows hold, by code: an owner sees at a glance whether a mapping means what it should."""
    told = []
    for column in load_contract(extract).columns.values():
        if column.code_list and column.name not in _NOT_SHOWN:
            found = connection.execute(
                f"SELECT coalesce(\"{column.name}\", 'empty'), count(*) FROM {extract}_version WHERE load_id = {load_id} "
                "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8"
            ).fetchall()
            if found and found != [("empty", sum(count for _, count in found))]:
                told.append(f"    {column.name}: {', '.join(f'{code} {count:,}' for code, count in found)}")
    return ["  accepted rows by code:", *told] if told else []
