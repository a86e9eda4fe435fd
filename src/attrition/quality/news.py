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
class _Line:
    severity: str
    rows: int | None
    text: str
    mend: str

    @property
    def rank(self) -> tuple[int, int, str]:
        """Critical before warning; a check that is not about rows concerns them all, so it comes first."""
        return _TOLD.index(self.severity), -self.rows if self.rows is not None else -(2**63), self.text


def since_last_run(connection: "duckdb.DuckDBPyConnection", changes: list[Change], now: dt.date) -> list[str]:
    """What this run found new, back again or worse. What a person silenced is in the number and not in the lines."""
    open_now = [change for change in changes if change.severity in _TOLD and change.kind is not Kind.MENDED]
    silenced = _silenced(connection, now)
    news = [
        _Line(
            change.severity,
            change.rows,
            _text(change.severity, change.kind, change.message, change.column, change.extract, change.area, change.rows)
            + f"; attrition incidents show {change.incident_id}",
            change.mend,
        )
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
        _Line(
            rules[one.rule]["severity"],
            one.rows,
            _text(
                rules[one.rule]["severity"], None, rules[one.rule]["label"], one.column, one.extract, one.area, one.rows
            ),
            in_full(rules[one.rule]["mend"], one.remedy),
        )
        for one in failing
        if rules[one.rule]["severity"] in _TOLD
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


def _text(severity: str, kind: Kind | None, label: str, column: str, extract: str, area: str, rows: int | None) -> str:
    how = f", {kind.value}" if kind in (Kind.REOPENED, Kind.WORSE) else ""
    what = f"{label} ({column.replace('_', ' ')})" if column else label
    count = "" if rows is None else ": 1 row" if rows == 1 else f": {rows:,} rows"
    return f"{severity}{how}: {what}; {' '.join(filter(None, (extract, area)))}{count}"


def _counted(lines: list[_Line]) -> str:
    counts = Counter(line.severity for line in lines)
    return f"{counts['critical']} critical, {counts['warning']} warning{'' if counts['warning'] == 1 else 's'}"


def _listed(lines: list[_Line], where: str) -> list[str]:
    ranked = sorted(lines, key=lambda line: line.rank)
    shown: list[str] = []
    said: set[str] = set()
    for line in ranked[:_LINES]:
        mend, *remedy = line.mend.splitlines()
        # What mends several is said with the first of them.
        shown.append(f"  {line.text}" + (f". {mend}" if mend not in said else ""))
        shown += [f"      {told}" for told in remedy]
        said.add(mend)
    more = len(ranked) - _LINES
    return [*shown, f"  and {more} more: {where}"] if more > 0 else shown
