"""The exact tables of a run (tier restricted) as the rows that the report shows. Reads tables; draws nothing."""

from datetime import date
from pathlib import Path
from typing import Any

from attrition.publish.headline import Row, published_rows
from attrition.publish.report_figures import (
    COUNTS,
    LIMITS,
    RATES,
    Figure,
    add_shares,
    coverage_of,
    handover_of,
    withdrawal_of,
)

# These breakdowns are periods: the report has them as periods of all cases.
_PERIODS = ("financial_year", "quarter")
# No curve has more points than this; more would not be seen.
_MOST_POINTS = 60


def exact_figures(tables: Path) -> dict[str, list[Row]]:
    """Every kind of row (see COLUMNS of `report_figures`). Raises AttritionError where a table is absent."""
    funnel = [
        _funnel(row, "")
        for row in published_rows(tables, "funnel")
        if row["breakdown"] not in _PERIODS and row["why"] != "no_case"
    ]
    by_period = [_funnel(row, row["period"]) for row in published_rows(tables, "funnel_by_period")]
    reasons = [_reason(row) for row in published_rows(tables, "reasons")]
    of_periods = [row for row in reasons if row["period"]]
    plain = [row for row in by_period if "*" not in row["breakdown"]]
    withdrawals = published_rows(tables, "withdrawal")
    told = {
        (row["breakdown"], row["group"]): row["withdrew"] is not None for row in withdrawals if row["stage"] == "all"
    }
    return {
        "funnel": funnel + by_period,
        "reasons": reasons,
        "withdrawal": _withdrawals(withdrawals)
        + withdrawal_of(of_periods, by_period, lambda row: told.get((row["breakdown"], row["group"]), False)),
        "handover": [_handover(row) for row in published_rows(tables, "handover")] + handover_of(plain),
        "same_age": [_same_age(row) for row in published_rows(tables, "fixed_age")],
        "days": [_days(row) for row in published_rows(tables, "time_to_next_stage")],
        "curves": _curves(published_rows(tables, "incidence")),
        "changes": _changes(tables),
        "coverage": coverage_of(funnel + by_period),
    }


def _figure(value: Any, mark: str = "z") -> Figure:
    """A number; the mark where there is none."""
    return mark if value is None else value


def _rates(row: Row, names: tuple[str, ...], mark: str = "z") -> Row:
    return {
        column: _figure(row[column], mark)
        for name in names
        for column in (name, *(f"{name}_{limit}" for limit in LIMITS))
    }


def _funnel(row: Row, period: str) -> Row:
    return {
        "period": period,
        **{name: row[name] for name in ("breakdown", "group", "stage")},
        "covered": row["covered"] == "Y",
        "why": row["why"],
        "partial": row.get("partial") == "Y",
        "small": row["small"] == "Y",
        **{name: _figure(row[name], "x") for name in COUNTS},
        **_rates(row, RATES),
    }


def _reason(row: Row) -> Row:
    is_period = row["breakdown"] in _PERIODS
    return {
        **{name: row[name] for name in ("stage", "exit", "reason_group", "label", "count")},
        "period": row["group"] if is_period else "",
        "breakdown": "all" if is_period else row["breakdown"],
        "group": "all" if is_period else row["group"],
    }


def _withdrawals(rows: list[Row]) -> list[Row]:
    """Cases lost because the victim withdrew, wherever it shows; no shares where a feed behind them stops too early."""
    found = [
        {
            **{name: row[name] for name in ("breakdown", "group")},
            "lost": _figure(row["lost"], "x"),
            "period": "",
            "stage": "" if row["stage"] == "all" else row["stage"],
            "source": "withdrawal",
            "at_least": False,
            "withdrew": _figure(row["withdrew_lost"], "x"),
            "recorded": row["entered"],
        }
        for row in rows
    ]
    covered = [one for one, row in zip(found, rows, strict=True) if row["covered"] == "Y"]
    add_shares(covered, "withdrew", "lost", "share_of_lost")
    add_shares(covered, "withdrew", "recorded", "share_of_recorded")
    for one in found:
        for name in ("share_of_lost", "share_of_recorded"):
            for end in ("", "_lower", "_upper"):
                one.setdefault(name + end, "x")
    return found


def _handover(row: Row) -> Row:
    return {
        **{name: _figure(row[name], "x") for name in ("breakdown", "group", "label", "cases", "with_suspect")},
        "period": "",
        **_rates(row, ("share",), "x"),
    }


def _same_age(row: Row) -> Row:
    mark = "z" if row["usable"] == "Y" else "x"
    return {
        **{name: row[name] for name in ("breakdown", "group", "period", "stage", "window_days")},
        **{name: _figure(row[name], mark) for name in ("old_enough", "reached")},
        **_rates(row, ("rate",), mark),
        "usable_from": _day(row["usable_from"]),
    }


def _day(value: date | None) -> str:
    return "" if value is None else value.isoformat()


def _days(row: Row) -> Row:
    return {
        "period": "",
        **{name: row[name] for name in ("breakdown", "group")},
        "stage": row["from_stage"],
        "next_stage": row["to_stage"],
        "unit": "days",
        **{name: _figure(row[f"{name}_days"], "x") for name in ("median", "p75", "p90")},
    }


def _curves(rows: list[Row]) -> list[Row]:
    curves: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        # A step that is not told has no curve.
        if row["breakdown"] == "all" and row["at_risk"] is not None:
            curves.setdefault((row["from_stage"], row["to_stage"]), []).append(row)
    found = []
    for (stage, next_stage), points in curves.items():
        every = -(-len(points) // _MOST_POINTS)
        kept = [row for at, row in enumerate(points) if at % every == 0 or at == len(points) - 1]
        found += [
            {
                "period": "", "breakdown": "all", "group": "all", "stage": stage, "next_stage": next_stage, "day": row["day"],
                **{name: _figure(row[f"{name}_share"]) for name in ("progressed", "lost", "resolved")},
                **{f"progressed_{limit}": _figure(row[f"progressed_share_{limit}"]) for limit in LIMITS},
            }
            for row in kept
        ]  # fmt: skip
    return found


def _changes(tables: Path) -> list[Row]:
    """What changed since the publication before; none where there was none."""
    if not (tables / "changes.parquet").is_file():
        return []
    return [
        {
            "period": row.get("period") or "",
            **{name: row[name] for name in ("breakdown", "group", "stage", "column")},
            **{name: _figure(row[name], "x") for name in ("before", "now")},
        }
        for row in published_rows(tables, "changes")
    ]
