"""What spreadsheets do to cells: references turned into numbers or dates, days and months exchanged. Finds the traces, and says why a
file that bears them is held.
"""

import datetime as dt
import re
from collections import Counter
from typing import TYPE_CHECKING

from attrition.contract import Contract
from attrition.ingest.clean_text import folded
from attrition.ingest.mapping import Feed

if TYPE_CHECKING:
    from attrition.ingest.reading import Opened

MOST_FIGURES = 15  # of a number in a spreadsheet; the rest become zeros
# With a sign or a fraction: 5E1234 may well be a reference.
POWER_PATTERN = r"\d(\.\d+)?E\+\d+|\d\.\d+E\d+"
_POWER = re.compile(POWER_PATTERN, re.IGNORECASE)
_CUT = re.compile(rf"\d{{{MOST_FIGURES}}}0+")
_DATE_CELL = re.compile(r"\d{4}-\d\d-\d\d")
_LIKE_DATE = re.compile(r"\s*\d{1,4}(st|nd|rd|th)?[-/. ]+\w{1,9}[-/. ,]+\d{2,4}\b", re.IGNORECASE)


def damaged_cells(opened: "Opened", columns: list[str]) -> dict[str, list[tuple[int, str]]]:
    """The cells of the rows in memory, by column, that are numbers in scientific notation or with too many figures, or dates of a
    sheet.
    """
    positions = {folded(name): at for at, name in reversed(list(enumerate(opened.header)))}
    found: dict[str, list[tuple[int, str]]] = {}
    for column in columns:
        at = positions.get(folded(column))
        if at is None:
            continue
        cells = ((line, cells[at]) for line, cells in opened.rows or ())
        dates = opened.dated.get(at, Counter())
        hits = [
            (line, text)
            for line, text in cells
            if text and ((line, at) in opened.cut or text in dates or _is_power(text))
        ]
        if hits:
            found[column] = hits
    return found


def _is_power(text: str) -> bool:
    return ("E+" in text or "e+" in text or text[1:2] == ".") and _POWER.fullmatch(text.strip()) is not None


def damaged_references(opened: "Opened", feed: Feed, contract: Contract) -> dict[str, list[tuple[int, str]]]:
    """Line and text of the damaged references, by column of the contract."""
    damaged = {folded(column): hits for column, hits in opened.damaged.items()}
    found = {}
    for name, rule in feed.columns.items():
        column = contract.columns[name]
        if column.type in ("reference", "pseudonym"):
            hits = [hit for source in rule.source_columns for hit in damaged.get(folded(source), [])]
            if rule.column is None or column.type == "pseudonym":
                # A date of birth may well be a part of what a person is known by.
                hits = [(line, text) for line, text in hits if not _DATE_CELL.match(text)]
            if hits:
                found[name] = hits
    return found


def doubts(opened: "Opened", feed: Feed, contract: Contract, now: dt.date) -> list[str]:
    """Why the file's rows are unfit to count, one phrase for each rule and column; none for a file without such traces."""
    return [*_run_together(opened, feed, contract), *_mixed_dates(opened, feed, contract, now)]


def _run_together(opened: "Opened", feed: Feed, contract: Contract) -> list[str]:
    phrases = []
    for name, hits in damaged_references(opened, feed, contract).items():
        times = Counter(text for _, text in hits if _is_power(text) or _CUT.fullmatch(text))
        shared = sum(number for number in times.values() if number > 1)
        if shared:
            phrases.append(
                f"rule reference_damaged: {len(hits):,} texts of {name} are numbers in scientific notation or cut to "
                f"{MOST_FIGURES} figures, and {shared:,} rows share one with another. A spreadsheet took the references for "
                "numbers: export them from the system itself as CSV, or as text cells"
            )
    return phrases


def _mixed_dates(opened: "Opened", feed: Feed, contract: Contract, now: dt.date) -> list[str]:
    if not opened.dated:
        return []
    positions = {folded(name): at for at, name in reversed(list(enumerate(opened.header)))}
    phrases: dict[str, str] = {}
    for name, rule in feed.columns.items():
        if contract.columns[name].type != "date":
            continue
        for source in rule.source_columns:
            at = positions.get(folded(source), -1)
            cells = opened.dated.get(at)
            if not cells:
                continue
            texts = Counter(row[at] or "" for _, row in opened.rows or ()) - cells
            as_text = sum(times for text, times in texts.items() if _LIKE_DATE.match(text))
            mend = (
                "A spreadsheet read some of them with day and month exchanged, or may have: export the column as text (CSV from "
                "the system itself), or write every date in it as text, YYYY-MM-DD"
            )
            if as_text:
                phrases[source] = (
                    f"rule dates_mixed: the column {source} ({name}) holds {cells.total():,} date cells and {as_text:,} dates "
                    f"written as text. {mend}"
                )
            elif not contract.columns[name].ahead and (ahead := _swapped(cells, now)):
                phrases[source] = (
                    f"rule dates_swapped: in the column {source} ({name}) {ahead:,} of {cells.total():,} date cells lie after "
                    f"the day of loading, and none would with day and month exchanged. {mend}"
                )
    return list(phrases.values())


def _swapped(cells: Counter[str], now: dt.date) -> int:
    """How many date cells lie ahead, where all of them would make sense with day and month exchanged; else 0."""
    days = {dt.date.fromisoformat(text[:10]): times for text, times in cells.items()}
    if any(day.day > 12 for day in days) or any(day.replace(month=day.day, day=day.month) > now for day in days):
        return 0
    return sum(times for day, times in days.items() if day > now)
