"""What a run ends with: the critical and warning checks that are new or worse since the last run, worst first, in few lines, with
how to mend them. Numbers, codes and the rules' own words; never a value of the data.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from attrition import reference
from attrition.quality.change import Change, Kind
from attrition.quality.evaluation import Failing
from attrition.quality.incidents import in_full

if TYPE_CHECKING:
    import duckdb

FILE = "new_warnings.txt"
"""In the publication's folder of quality: the marking, then the lines."""
_LINES = 10
_TOLD = ("critical", "warning")
_NEWS = (Kind.NEW, Kind.REOPENED, Kind.WORSE)


@dataclass(frozen=True)
class _Told:
    """One check that is told: what it says, of which area, how many rows, the incident's number where it has one."""

    severity: str
    what: str
    extract: str
    area: str
    rows: int | None
    number: int | None
    mend: str


def since_last_run(connection: "duckdb.DuckDBPyConnection", changes: list[Change], now: dt.date) -> list[str]:
    """What this run found new, back again or worse. What a person silenced is in the number and not in the lines."""
    open_now = [change for change in changes if change.severity in _TOLD and change.kind is not Kind.MENDED]
    silenced = _silenced(connection, now)
    news = [
        _told(change.severity, change.kind, change.message, change, change.incident_id, change.mend)
        for change in open_now
        if change.kind in _NEWS and change.incident_id not in silenced
    ]
    if not news:
        quiet = f", {len(silenced)} of them silenced" if silenced else ""
        return [f"Data quality: nothing new since the last run; {len(open_now)} open{quiet}: attrition incidents"]
    besides = f"; silenced besides: {len(silenced)}" if silenced else ""
    return [
        f"Data quality, new or worse since the last run: {_counted(news)}{besides}",
        *_listed(news, "attrition incidents"),
    ]


def as_found(failing: tuple[Failing, ...]) -> list[str]:
    """What fails as at an earlier day than the last one judged: nothing of it is new or old."""
    rules = {row["rule"]: row for row in reference.rows("rule")}
    found = [
        _told(rule["severity"], None, rule["label"], one, None, in_full(rule["mend"], one.remedy))
        for one in failing
        if (rule := rules[one.rule])["severity"] in _TOLD
    ]
    if not found:
        return ["Data quality as found (a later day has been judged already): no critical check and no warning"]
    return [
        f"Data quality as found, new or not (a later day has been judged already): {_counted(found)}",
        *_listed(found, "quality/quality.html"),
    ]


def write(folder: Path, marking: str, lines: list[str]) -> None:
    """Puts the lines, under the marking, into the publication's folder of quality."""
    (folder / FILE).write_text("\n".join([marking, *lines]) + "\n", encoding="utf-8", newline="\n")


def read(folder: Path) -> list[str]:
    """The lines that a publication's folder of quality holds, without the marking; none where it has no such file."""
    place = folder / FILE
    return place.read_text(encoding="utf-8").splitlines()[1:] if place.exists() else []


def _silenced(connection: "duckdb.DuckDBPyConnection", now: dt.date) -> set[int]:
    severities = {row["rule"]: row["severity"] for row in reference.rows("rule")}
    rows = connection.execute(
        "SELECT incident_id, rule FROM dq_incident WHERE state = 'open' AND silenced_until >= ?", [now]
    ).fetchall()
    return {number for number, rule in rows if severities[rule] in _TOLD}


def _told(severity: str, kind: Kind | None, label: str, of: Change | Failing, number: int | None, mend: str) -> _Told:
    how = f", {kind.value}" if kind in (Kind.REOPENED, Kind.WORSE) else ""
    column = f" ({of.column.replace('_', ' ')})" if of.column else ""
    return _Told(severity, f"{severity}{how}: {label}{column}", of.extract, of.area, of.rows, number, mend)


def _counted(told: list[_Told]) -> str:
    counts = Counter(one.severity for one in told)
    return f"{counts['critical']} critical, {counts['warning']} warning{'' if counts['warning'] == 1 else 's'}"


def _rank(alike: list[_Told]) -> tuple[int, int, str]:
    """Critical before warning; a check that is not about rows concerns them all, so it comes first."""
    rows = _rows(alike)
    return _TOLD.index(alike[0].severity), -rows if rows is not None else -(2**63), alike[0].what


def _rows(alike: list[_Told]) -> int | None:
    return None if any(one.rows is None for one in alike) else sum(one.rows or 0 for one in alike)


def _line(alike: list[_Told]) -> str:
    """One line for one check, whatever the number of areas in which it fails."""
    rows = _rows(alike)
    count = "" if rows is None else ": 1 row" if rows == 1 else f": {rows:,} rows"
    areas = ", ".join(one.area for one in alike if one.area)
    numbers = " ".join(str(one.number) for one in alike if one.number is not None)
    show = f"; attrition incidents show {numbers}" if numbers else ""
    return f"{alike[0].what}; {' '.join(filter(None, (alike[0].extract, areas)))}{count}{show}"


def _listed(told: list[_Told], where: str) -> list[str]:
    by_kind: dict[tuple[str, str, str], list[_Told]] = {}
    for one in sorted(told, key=lambda one: one.area):
        by_kind.setdefault((one.what, one.extract, one.mend.partition("\n")[0]), []).append(one)
    ranked = sorted(by_kind.values(), key=_rank)
    shown: list[str] = []
    said: set[str] = set()
    for alike in ranked[:_LINES]:
        # What mends several is said with the first of them.
        mend, *remedy = dict.fromkeys(line for one in alike for line in one.mend.splitlines())
        shown.append(f"  {_line(alike)}" + (f". {mend}" if mend not in said else ""))
        shown += [f"      {line}" for line in remedy if line not in said]
        said |= {*remedy}
        said.add(mend)
    more = len(ranked) - _LINES
    return [*shown, f"  and {more} more: {where}"] if more > 0 else shown
