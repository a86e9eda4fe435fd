"""What the report carries inside itself: its figures with the labels of periods, groups and stages, as one JSON text.

Labels and arranges; every figure comes from `report_exact` or `report_protected`.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from attrition import reference
from attrition.publish.area_names import area_name, extract_name
from attrition.publish.headline import Row, published_rows
from attrition.publish.publication import Publication
from attrition.publish.report_exact import exact_figures
from attrition.publish.report_figures import COLUMNS
from attrition.publish.report_protected import protected_figures
from attrition.publish.report_quality import quality_of
from attrition.publish.told import PARTIAL, told_of_none, why_text
from attrition.publish.workbook_labels import (
    breakdown_label,
    group_label,
    group_order,
    row_order,
    stage_in_brief,
    stage_label,
)
from attrition.publish.workbook_sheets import as_day, day_in_words

# Shares are shown with one decimal of a percentage; more digits than these change nothing that is seen.
_DIGITS = 6
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")  # fmt: skip
# Columns of words that come again and again: their cells are places in the list `texts`.
_WORDS = ("exit", "reason_group", "label", "source", "unit", "column", "why", "sentence")
# A financial year runs from April to March.
_FIRST_MONTH = 4

Data = dict[str, Any]


def report_data(publication: Publication) -> Data:
    """Everything that the report shows, ready for JSON. Raises AttritionError where a table is absent.

    Rows are lists in the order of `columns`; period, breakdown, group, stage and words stand as places in their lists.
    """
    figures = (protected_figures if publication.is_protected else exact_figures)(publication.tables)
    for row in figures["funnel"]:
        row["why"] = "" if row["covered"] else why_text(row["why"])
    periods = _periods(figures, publication.as_at)
    breakdowns = _breakdowns(figures)
    stages = [
        {"key": row["stage"], "label": stage_label(row["stage"]), "brief": stage_in_brief(row["stage"])}
        for row in reference.rows("stage")
    ]
    at = {
        "period": {period["key"]: place for place, period in enumerate(periods)},
        "breakdown": {breakdown["key"]: place for place, breakdown in enumerate(breakdowns)},
        "stage": {stage["key"]: place for place, stage in enumerate(stages)},
    }
    texts: dict[str, int] = {}
    groups = [{group["key"]: place for place, group in enumerate(breakdown["groups"])} for breakdown in breakdowns]
    return {
        "tier": publication.tier,
        "isProtected": publication.is_protected,
        "isRounded": publication.tier == "public",
        "previous": publication.previous,
        "asAt": day_in_words(publication.as_at),
        "toldOfNone": told_of_none(figures["funnel"]),
        "periods": periods,
        "breakdowns": breakdowns,
        "stages": stages,
        "start": _start(figures["funnel"], periods),
        "columns": COLUMNS,
        "rows": {
            name: [_encoded(row, COLUMNS[name], at, groups, texts) for row in rows] for name, rows in figures.items()
        },
        "texts": list(texts),
        "feeds": _feeds(published_rows(publication.tables, "feeds")),
        "quality": None if publication.is_protected else quality_of(publication.tables),
    }


def as_json(data: Data) -> str:
    """The data as JSON that may stand inside a script element: no letter of it can end the element."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _encoded(
    row: Row,
    columns: Iterable[str],
    at: dict[str, dict[str, int]],
    groups: list[dict[str, int]],
    texts: dict[str, int],
) -> list[Any]:
    cells: list[Any] = []
    for name in columns:
        value = row[name]
        if name == "group":
            value = groups[at["breakdown"][row["breakdown"]]][value]
        elif name in ("stage", "next_stage"):
            # Any stage, or one that the list does not have, is -1.
            value = at["stage"].get(value, -1)
        elif name in at:
            value = at[name][value]
        elif name in _WORDS:
            value = texts.setdefault(value, len(texts))
        elif isinstance(value, bool):
            value = int(value)
        elif isinstance(value, float):
            value = round(value, _DIGITS)
        cells.append(value)
    return cells


def _breakdowns(figures: dict[str, list[Row]]) -> list[Data]:
    found = {(row["breakdown"], row["group"]) for rows in figures.values() for row in rows} | {("all", "all")}
    adds_up = {row["breakdown"]: row["adds_up"] == "Y" for row in reference.rows("breakdown")}
    ordered = sorted(({"breakdown": breakdown, "group": group} for breakdown, group in found), key=row_order)
    return [
        {
            "key": breakdown,
            "label": breakdown_label(breakdown),
            "addsUp": adds_up.get(breakdown, False),
            "groups": [
                {"key": group, "label": group_label(breakdown, group)}
                for group in sorted(
                    {row["group"] for row in ordered if row["breakdown"] == breakdown},
                    key=lambda group: group_order(breakdown, group),
                )
            ],
        }
        for breakdown in dict.fromkeys(row["breakdown"] for row in ordered)
    ]


def _periods(figures: dict[str, list[Row]], as_at: date) -> list[Data]:
    """All periods first, then years and quarters in their order."""
    # Tables without any rows still make a page, which says so.
    found = {row["period"] for rows in figures.values() for row in rows} or {""}
    partial = {row["period"] for row in figures["funnel"] if row["partial"]}
    periods = []
    for key in sorted(found, key=lambda key: (_kinds().index(_kind(key)), key)):
        kind = _kind(key)
        last = _last_day(key) if kind else None
        periods.append(
            {
                "key": key,
                "kind": kind,
                "year": key.partition(" ")[0],
                "label": _period_label(key, as_at, key in partial),
                "brief": f"{key} {PARTIAL}" if key in partial else key or "all periods",
                "partial": key in partial,
                "closed": last is None or last <= as_at,
            }
        )
    return periods


def _kinds() -> tuple[str, ...]:
    return ("", "financial_year", "quarter")


def _kind(period: str) -> str:
    if not period:
        return ""
    return "quarter" if " Q" in period else "financial_year"


def _months(period: str) -> tuple[date, date]:
    """The first day of the first month and of the last month of a financial year or quarter."""
    year, _, quarter = period.partition(" Q")
    first = _FIRST_MONTH + (3 * (int(quarter) - 1) if quarter else 0)
    last = first + (2 if quarter else 11)
    start = int(year[:4])
    return (
        date(start + (first - 1) // 12, (first - 1) % 12 + 1, 1),
        date(start + (last - 1) // 12, (last - 1) % 12 + 1, 1),
    )


def _last_day(period: str) -> date:
    last = _months(period)[1]
    following = date(last.year + last.month // 12, last.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def _period_label(period: str, as_at: date, is_partial: bool) -> str:
    """2024/25 Q1 (April to June 2024), with what is missing of it."""
    if not period:
        return f"All periods up to {day_in_words(as_at)}"
    first, last = _months(period)
    start = _MONTHS[first.month - 1] + (f" {first.year}" if first.year != last.year else "")
    label = f"{period} ({start} to {_MONTHS[last.month - 1]} {last.year})"
    if _last_day(period) > as_at:
        return f"{label}, not over yet"
    return f"{label}, in part only" if is_partial else label


def _start(funnel: list[Row], periods: list[Data]) -> int:
    """The period that the page opens with: the latest closed financial year of all cases."""
    published = {row["period"] for row in funnel if row["breakdown"] == "all"}
    of_all = [at for at, period in enumerate(periods) if period["key"] in published]
    years = [at for at in of_all if periods[at]["kind"] == "financial_year" and periods[at]["closed"]]
    if years:
        return years[-1]
    return of_all[0] if of_all else 0


def _feeds(rows: list[Row]) -> list[Data]:
    found = []
    for row in rows:
        day = as_day(row["covers_to"])
        found.append(
            {
                "extract": extract_name(row["extract"]),
                "area": area_name(row["extract"], row["force"] or ""),
                "coversTo": day_in_words(day) if day else "has not come" if row["why"] == "no_feed" else "",
                "covered": row["covered"] == "Y",
                "why": "" if row["covered"] == "Y" else why_text(row["why"]),
            }
        )
    return found
