"""The published tables of a tier as the rows that its board paper is made from: all cases, the latest financial year that is over.

Board and public: nothing but the protected tables, and a figure that they hide stays hidden. Words and layout are elsewhere.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from attrition.publish.finding import PaperRows
from attrition.publish.headline import Row, published_rows
from attrition.publish.publication import Publication
from attrition.publish.report_figures import Figure
from attrition.publish.workbook_sheets import as_day

COUNTS = ("entered", "progressed", "open", "resolved", "lost")
_RATES = ("step_rate", "step_rate_max")
_YEAR = "financial_year"


def paper_rows(publication: Publication) -> PaperRows:
    """The rows of a publication. Raises AttritionError where a table is absent."""
    return _protected(publication) if publication.is_protected else _exact(publication)


def end_of_year(year: str) -> date:
    """31 March 2025 for 2024/25."""
    return date(int(year[:4]) + 1, 3, 31)


def _latest_year(rows: Iterable[Row], as_at: date) -> str:
    """The latest financial year of these rows that is over; empty where there is none."""
    return max((row["period"] for row in rows if end_of_year(row["period"]) <= as_at), default="")


def _of_all(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["breakdown"] == "all"]


def _years_of_all(rows: Iterable[Row]) -> list[Row]:
    return [row for row in _of_all(rows) if row["period_kind"] == _YEAR]


def _protected(publication: Publication) -> PaperRows:
    tables = publication.tables
    funnel = _years_of_all(published_rows(tables, "funnel"))
    year = _latest_year(funnel, publication.as_at)
    chosen = [row for row in funnel if row["period"] == year]
    counted_on = max((day for row in chosen if (day := as_day(row["as_at"]))), default=publication.as_at)
    return PaperRows(
        year,
        counted_on,
        _stages([_marked(row, (*COUNTS, *_RATES)) for row in chosen]),
        [_marked(row, ("count",)) for row in _of_all(published_rows(tables, "reasons")) if row["period"] == year],
        [_marked(row, ("old_enough", "reached", "rate")) for row in _years_of_all(published_rows(tables, "fixed_age"))],
    )


def _exact(publication: Publication) -> PaperRows:
    tables = publication.tables
    funnel = _years_of_all(published_rows(tables, "funnel_by_period"))
    year = _latest_year(funnel, publication.as_at)
    chosen = [row for row in funnel if row["period"] == year] if year else _of_all(published_rows(tables, "funnel"))
    chosen = [row for row in chosen if row["why"] != "no_case"]
    stages = _stages(
        [
            row
            | {name: _or_mark(row[name], "x") for name in COUNTS}
            | {name: _or_mark(row[name], "z") for name in _RATES}
            for row in chosen
        ]
    )
    place = (_YEAR, year) if year else ("all", "all")
    return PaperRows(
        year,
        publication.as_at,
        stages,
        [row for row in published_rows(tables, "reasons") if (row["breakdown"], row["group"]) == place],
        [
            row | {name: _or_mark(row[name], "x") for name in ("old_enough", "reached", "rate")}
            for row in _years_of_all(published_rows(tables, "fixed_age"))
        ],
        published_rows(tables, "disparity"),
    )


def _marked(row: Row, names: Iterable[str]) -> Row:
    """The row with the mark in place of each figure that is not shown; a null without its reason is not available."""
    return row | {name: row[f"{name}_mark"] or _or_mark(row[name], "x") for name in names}


def _or_mark(value: Any, mark: str) -> Figure:
    found: Figure = mark if value is None else value
    return found


def _stages(rows: Iterable[Row]) -> dict[str, Row]:
    ordered = sorted(rows, key=lambda row: row["stage_order"])
    return {row["stage"]: row | {"covered": row["covered"] == "Y", "why": row["why"] or ""} for row in ordered}
