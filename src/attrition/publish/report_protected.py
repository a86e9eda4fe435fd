"""The protected tables of the tiers board and public as the rows that the report shows.

Nothing comes from anywhere but these tables, and what they hide stays hidden: shares are taken of shown counts only.
"""

from pathlib import Path

from attrition.publish.headline import Row, published_rows
from attrition.publish.report_figures import COUNTS, LIMITS, RATES, Figure, coverage_of, handover_of, withdrawal_of


def protected_figures(tables: Path) -> dict[str, list[Row]]:
    """Every kind of row (see COLUMNS of `report_figures`). Raises AttritionError where a table is absent."""
    funnel = [_funnel(row) for row in published_rows(tables, "funnel")]
    reasons = [_reason(row) for row in published_rows(tables, "reasons")]
    return {
        "funnel": funnel,
        "reasons": reasons,
        # The protected tables do not say whether withdrawals are told where no reason is one.
        "withdrawal": withdrawal_of(reasons, funnel, lambda row: False),
        "handover": handover_of(row for row in funnel if "*" not in row["breakdown"]),
        "same_age": [_same_age(row) for row in published_rows(tables, "fixed_age")],
        "days": [_days(row) for row in published_rows(tables, "days")],
        "curves": [_curve(row) for row in published_rows(tables, "curves")],
        "changes": [_change(row) for row in published_rows(tables, "changes")],
        "coverage": coverage_of(funnel),
    }


def _figure(row: Row, name: str) -> Figure:
    """The figure of a row; the mark in its place where it is not shown."""
    mark: str = row.get(f"{name}_mark") or ""
    value: Figure | None = row.get(name)
    return mark or ("x" if value is None else value)


def _rate(row: Row, name: str) -> Row:
    shown = _figure(row, name)
    if isinstance(shown, str):
        return dict.fromkeys((name, *(f"{name}_{limit}" for limit in LIMITS)), shown)
    return {name: shown, **{f"{name}_{limit}": row[f"{name}_{limit}"] for limit in LIMITS}}


def _place(row: Row) -> Row:
    return {"period": row["period"] or "", "breakdown": row["breakdown"], "group": row["group"]}


def _of_all(row: Row) -> Row:
    """The place of a row of a table that has all cases only."""
    return {"period": row["period"] or "", "breakdown": row.get("breakdown", "all"), "group": row.get("group", "all")}


def _funnel(row: Row) -> Row:
    found = {
        **_place(row),
        "stage": row["stage"],
        "covered": row["covered"] == "Y",
        "why": row["why"] or "",
        "partial": row["partial"] == "Y",
        "small": row["small"] == "Y",
        **{name: _figure(row, name) for name in COUNTS},
    }
    for name in RATES:
        found |= _rate(row, name)
    return found


def _reason(row: Row) -> Row:
    return {
        **_place(row),
        **{name: row[name] for name in ("stage", "exit", "reason_group")},
        "label": "",
        "count": _figure(row, "count"),
    }


def _same_age(row: Row) -> Row:
    usable_from = row["usable_from"]
    return {
        **_of_all(row),
        **{name: row[name] for name in ("stage", "window_days")},
        **{name: _figure(row, name) for name in ("old_enough", "reached")},
        **_rate(row, "rate"),
        "usable_from": "" if usable_from is None else usable_from.isoformat(),
    }


def _days(row: Row) -> Row:
    return {
        **_of_all(row),
        "stage": row["from_stage"],
        "next_stage": row["to_stage"],
        "unit": "weeks",
        **{name: _figure(row, f"{name}_weeks") for name in ("median", "p75", "p90")},
    }


def _curve(row: Row) -> Row:
    return {
        **_of_all(row),
        "stage": row["from_stage"],
        "next_stage": row["to_stage"],
        "day": row["day"],
        **_rate(row, "progressed"),
        **{name: _figure(row, name) for name in ("lost", "resolved")},
    }


def _change(row: Row) -> Row:
    return {
        **_place(row),
        **{name: row[name] for name in ("stage", "column")},
        **{name: _figure(row, name) for name in ("before", "now")},
    }
