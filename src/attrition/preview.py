"""Tests extract files as a run would read them, in memory: nothing is stored and no key is needed."""

import datetime as dt
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from attrition import warehouse
from attrition.contract import load_contract
from attrition.errors import InputRefused
from attrition.ingest import conform, pseudonym
from attrition.ingest.deliveries import open_checked, stage
from attrition.ingest.landing import Arrival, fitting_feeds
from attrition.ingest.lines import numbered
from attrition.ingest.mapping import Source, load_sources
from attrition.settings import Settings, load_settings

if TYPE_CHECKING:
    import duckdb

_LINES_SHOWN = 5
# Long lists, and what describes a suspect: neither tells whether a mapping is right.
_NOT_SHOWN = {"victim_ethnicity", "suspect_sex", "defendant_sex"}


def check_files(files: list[Path], sources: Path | None, config: Path | None, now: dt.date) -> int:
    """Prints a verdict for each file and returns the exit code: 0 fit to send, 3 refused, 4 stopped by the gate."""
    settings = load_settings(config)
    known = load_sources(sources)
    worst = 0
    for path in files:
        try:
            verdict, code = _check(path, known, settings, now)
        except InputRefused as fault:
            verdict, code = f"{fault}".replace("Nothing was published.", "").strip(), 3
        print(verdict + "\n")
        worst = worst if worst == 3 else max(worst, code) if code != 3 else 3
    return worst


def _check(path: Path, sources: list[Source], settings: Settings, now: dt.date) -> tuple[str, int]:
    feeds = fitting_feeds(path, sources)
    if not feeds:
        names = ", ".join(dict.fromkeys(glob for source in sources for feed in source.feeds for glob in feed.files))
        raise InputRefused(
            f"{path.name}: no source mapping fits this name. Known names: {names}. Rename it, or write a mapping."
        )
    opened = open_checked(Arrival(path, feeds, path.name))
    lines: list[str] = []
    code = 0
    for feed in feeds:
        with warehouse.connect(Path(":memory:"), settings) as connection:
            warehouse.prepare(connection)
            # A throw-away key: these pseudonyms are compared with each other only.
            pseudonym.arm(connection, secrets.token_bytes(32))
            conform.arm(connection)
            staged = stage(connection, opened, feed, settings, now)
            counts = staged.counts
            lines.append(
                f"{path.name} as {feed.extract} ({feed.source}): {counts.rows_read:,} rows read, {counts.accepted:,} accepted, "
                f"{counts.duplicate:,} duplicate, {counts.out_of_scope:,} out of scope, {counts.quarantined:,} quarantined"
            )
            reach = staged.covers_to.isoformat() if staged.covers_to else "not known"
            lines.append(f"  reaches to {reach}" + (" (latest date in it)" if staged.covers_inferred else ""))
            quarantined = "SELECT row_no, unnest(reasons) AS reason FROM fate WHERE fate = 'quarantined'"
            rows = connection.execute(
                f"SELECT reason, count(*), list(line ORDER BY line) FROM (SELECT reason, line FROM ({numbered(connection, quarantined)}) "
                "UNION ALL SELECT reason, line FROM unsplit) GROUP BY reason ORDER BY count(*) DESC, reason"
            ).fetchall()
            for reason, count, where in rows:
                lines.append(f"  {reason.replace('_', ' ')}: {_where(count, where)}")
            lines += _blanked(connection, feed.extract)
            lines += _contents(connection, feed.extract)
            if staged.gate:
                code = 4
                lines += [f"  STOPPED by {rule}" for rule in staged.gate]
    verdict = "NOT fit to send: the gate would hold it." if code else "Fit to send."
    return "\n".join([*lines, verdict]), code


def _blanked(connection: "duckdb.DuckDBPyConnection", extract: str) -> list[str]:
    told = []
    for position, column in enumerate(load_contract(extract).columns.values()):
        rows = f"SELECT row_no FROM conformed ANTI JOIN fate USING (row_no) WHERE faults & {1 << position} > 0"
        found = connection.execute(
            f"SELECT count(*), list(line ORDER BY line) FROM ({numbered(connection, rows)})"
        ).fetchone()
        if found and found[0]:
            told.append(f"  {column.name} cannot be read or is not on its list: {_where(*found)}")
    return told


def _where(count: int, lines: list[int]) -> str:
    shown = ", ".join(str(line) for line in lines[:_LINES_SHOWN]) + (", ..." if count > _LINES_SHOWN else "")
    return f"{count:,} rows (lines {shown})" if count > 1 else f"1 row (line {shown})"


def _contents(connection: "duckdb.DuckDBPyConnection", extract: str) -> list[str]:
    """What the accepted rows hold, by code: an owner sees at a glance whether a mapping means what it should."""
    told = []
    for column in load_contract(extract).columns.values():
        if column.code_list and column.name not in _NOT_SHOWN:
            found = connection.execute(
                f"SELECT coalesce(\"{column.name}\", 'empty'), count(*) FROM conformed ANTI JOIN fate USING (row_no) "
                "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 8"
            ).fetchall()
            if found and found != [("empty", sum(count for _, count in found))]:
                told.append(f"    {column.name}: {', '.join(f'{code} {count:,}' for code, count in found)}")
    return ["  accepted rows by code:", *told] if told else []
