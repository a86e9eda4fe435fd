"""Small made-up tables in the layout of the restricted tier, as far as the board paper reads them: two years, consistent, by hand."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from attrition.publish.publication import Publication

AS_AT = dt.date(2025, 3, 31)
Row = dict[str, Any]
# Reached, went on, open, ended another way, lost, completed.
STAGES = {
    "2023/24": {
        "reported": (1100, 900, 0, 200, 0, 0), "recorded": (900, 600, 4, 6, 290, 0), "suspect_identified": (600, 150, 3, 77, 370, 0),
        "referred": (150, 110, 2, 1, 37, 0), "charged": (110, 109, 1, 0, 0, 0), "prosecuted": (109, 90, 2, 0, 17, 0),
        "convicted": (90, 70, 0, 20, 0, 0), "uplifted": (70, 0, 0, 0, 0, 70),
    },
    "2024/25": {
        "reported": (1200, 1000, 10, 190, 0, 0), "recorded": (1000, 650, 40, 10, 300, 0), "suspect_identified": (650, 160, 30, 60, 400, 0),
        "referred": (160, 110, 12, 3, 35, 0), "charged": (110, 100, 10, 0, 0, 0), "prosecuted": (100, 70, 11, 0, 19, 0),
        "convicted": (70, 55, 0, 15, 0, 0), "uplifted": (55, 0, 0, 0, 0, 55),
    },
}  # fmt: skip
NAMES = ("entered", "progressed", "open", "resolved", "lost", "completed")
REASONS = {
    "2024/25": (
        ("recorded", "lost", "no suspect", 210), ("recorded", "lost", "victim does not support", 90),
        ("suspect_identified", "lost", "victim does not support", 215), ("suspect_identified", "lost", "evidential", 130),
        ("suspect_identified", "lost", "public interest", 55), ("suspect_identified", "resolved", "out of court", 60),
        ("referred", "lost", "evidential", 35), ("prosecuted", "lost", "court", 19),
    ),
}  # fmt: skip


def funnel_by_period() -> list[Row]:
    return [
        {"breakdown": "all", "period_kind": "financial_year", "period": year, "partial": "N", "group": "all", **_stage(order, stage, counts)}
        for year, stages in STAGES.items() for order, (stage, counts) in enumerate(stages.items(), start=1)
    ]  # fmt: skip


def funnel() -> list[Row]:
    both = STAGES["2023/24"]
    summed = {stage: tuple(map(sum, zip(*(year[stage] for year in STAGES.values()), strict=True))) for stage in both}
    return [
        {"breakdown": "all", "group": "all", **_stage(order, stage, counts)}
        for order, (stage, counts) in enumerate(summed.items(), start=1)
    ]


def _stage(order: int, stage: str, counts: tuple[int, ...]) -> Row:
    row: Row = {"stage": stage, "stage_order": order, "unit": "incident", "covered": "Y", "why": "", "small": "N"}
    row |= dict(zip(NAMES, counts, strict=True))
    last = stage == "uplifted"
    row["step_rate"] = None if last else row["progressed"] / row["entered"]
    row["step_rate_max"] = None if last else (row["progressed"] + row["open"]) / row["entered"]
    return row


def reasons() -> list[Row]:
    found = []
    for year, listed in REASONS.items():
        for stage, exit_, group, count in listed:
            row = {"stage": stage, "exit": exit_, "reason": f"police_{group}", "label": group, "reason_group": group}
            for breakdown, name in (("financial_year", year), ("all", "all")):
                found.append({"breakdown": breakdown, "group": name, **row, "count": count})
    return found


def fixed_age() -> list[Row]:
    found = []
    for year, rates in (("2022/23", (0.50, 0.15)), ("2023/24", (0.52, 0.25)), ("2024/25", (None, None))):
        for stage, days, rate in (("suspect_identified", 90, rates[0]), ("referred", 180, rates[1])):
            usable = rate is not None
            found.append(
                {
                    "breakdown": "all", "group": "all", "period_kind": "financial_year", "period": year, "stage": stage, "window_days": days,
                    "old_enough": 900, "reached": round(900 * rate) if rate else None, "rate": rate,
                    "rate_lower": rate - 0.03 if rate else None, "rate_upper": rate + 0.03 if rate else None,
                    "usable": "Y" if usable else "N", "usable_from": None if usable else dt.date(2025, 9, 27),
                }
            )  # fmt: skip
    return found


def disparity() -> list[Row]:
    return [
        {
            "dimension": "strand", "group": group, "against": "all others", "from_stage": "suspect_identified", "to_stage": "referred",
            "window_days": 180, "group_cases": 120, "others_cases": 1170, "difference": difference, "p_adjusted": p, "enough_cases": "Y",
            "flagged": "Y",
            "wording": "Progressed in 8.4 % of cases against 23.2 % for all others (0.36 times, 0.20 to 0.66). The difference remains when "
            "like is compared with like (0.33 times, 0.17 to 0.65).",
        }
        for group, difference, p in (("disability", -0.148, 0.002), ("race", 0.12, 0.00002))
    ]  # fmt: skip


def feeds() -> list[Row]:
    return [
        {
            "extract": extract,
            "force": "northumbria",
            "covers_from": dt.date(2023, 4, 1),
            "covers_to": AS_AT,
            "inferred": "Y",
            "covered": "Y",
            "why": "",
        }
        for extract in ("incident", "investigation", "cps")
    ]


TABLES = {
    "funnel": funnel, "funnel_by_period": funnel_by_period, "reasons": reasons, "fixed_age": fixed_age, "disparity": disparity, "feeds": feeds,
}  # fmt: skip


def exact(folder: Path) -> Publication:
    """Writes the tables as Parquet into `folder` and returns the publication that they belong to."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in TABLES.items():
        parquet.write_table(pa.Table.from_pylist(rows()), folder / f"{name}.parquet")
    return Publication("restricted", "OFFICIAL-SENSITIVE", AS_AT, True, folder, "attrition 0.1.0", dt.date(2025, 4, 2))
