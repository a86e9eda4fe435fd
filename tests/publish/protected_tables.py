"""Small made-up tables in the layout of the board and public tiers, for tests of what is made of them.

Two financial years and their eight quarters. A count from 1 to 4 is hidden, and so are the states of a stage that fewer than ten cases
entered; nothing else is, so that these tables show the layout and not protection.
"""

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from attrition.publish.publication import Publication, Tier

STAGES = (
    "reported", "recorded", "suspect_identified", "referred", "charged", "prosecuted", "convicted", "uplifted",
)  # fmt: skip
GROUPS = {
    "all": ("all",),
    "strand": ("race", "religion", "sexual_orientation", "disability", "transgender"),
    "business_type": ("taxi_private_hire", "convenience_store", "takeaway", "not_business", "unknown"),
}
SHARES = {"all": 1.0, "race": 0.7, "not_business": 0.7, "unknown": 0.1}
AS_AT = dt.date(2025, 3, 31)
Row = dict[str, Any]


def made_up(folder: Path, tier: Tier = "board", marking: str = "OFFICIAL") -> Publication:
    """Writes the tables as Parquet into `folder` and returns the publication that they belong to."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (
        ("funnel", funnel(tier)), ("reasons", reasons()), ("fixed_age", fixed_age()), ("days", days()), ("curves", curves()),
        ("changes", changes()), ("feeds", feeds()),
    ):  # fmt: skip
        parquet.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return Publication(tier, marking, AS_AT, True, folder, "attrition 0.1.0", AS_AT, "2024-12-31")


def cell(row: Row, name: str, value: float | None, mark: str = "") -> None:
    """One figure of a row: a value, or the mark that stands in its place."""
    row[name], row[f"{name}_mark"] = (None, mark) if mark else (value, "")


def count(row: Row, name: str, value: int, tier: Tier, *, hide: bool = False) -> None:
    hidden = hide or 0 < value < 5
    shown = 5 * round(value / 5) if tier == "public" else value
    cell(row, name, None if hidden else shown, "c" if hidden else "")


def rate(row: Row, name: str, part: str, base: str, more: str = "") -> None:
    parts = [part, more] if more else [part]
    known = all(row[f"{one}_mark"] == "" for one in (*parts, base))
    if known and row[base]:
        value = min(1.0, sum(row[one] for one in parts) / row[base])
        row[name], row[f"{name}_lower"], row[f"{name}_upper"] = value, max(0.0, value - 0.05), min(1.0, value + 0.05)
        row[f"{name}_mark"] = ""
    else:
        row[name], row[f"{name}_lower"], row[f"{name}_upper"] = None, None, None
        row[f"{name}_mark"] = "z" if known else "c"


def funnel(tier: Tier) -> list[Row]:
    draw = random.Random(7)
    rows: list[Row] = []
    for year in ("2023/24", "2024/25"):
        for kind, period in (("financial_year", year), *(("quarter", f"{year} Q{n}") for n in (1, 2, 3, 4))):
            for breakdown, groups in GROUPS.items():
                for group in groups:
                    entered = round((2700 if kind == "financial_year" else 675) * SHARES.get(group, 0.05))
                    recorded = 0
                    for order, stage in enumerate(STAGES, start=1):
                        last = order == len(STAGES)
                        progressed = 0 if last else round(entered * (0.9, 0.65, 0.25, 0.75, 0.95, 0.85, 0.8)[order - 1])
                        rest = entered - progressed
                        still_open = 0 if last else draw.randint(0, rest // 3)
                        resolved = 0 if last else (rest - still_open) // 3
                        if order == 2:
                            recorded = entered
                        row: Row = {
                            "as_at": AS_AT, "period_kind": kind, "period": period, "breakdown": breakdown, "group": group,
                            "stage": stage, "stage_order": order, "unit": "incident", "covered": "N" if last else "Y", "why": "feed_behind" if last else "",
                            "partial": "N",
                        }  # fmt: skip
                        count(row, "entered", entered, tier)
                        count(row, "progressed", progressed, tier)
                        states = {
                            "open": still_open, "resolved": resolved,
                            "lost": 0 if last else rest - still_open - resolved, "completed": entered if last else 0,
                        }  # fmt: skip
                        for name, value in states.items():
                            count(row, name, value, tier, hide=entered < 10)
                        rate(row, "step_rate", "progressed", "entered")
                        rate(row, "step_rate_max", "progressed", "entered", "open")
                        row["recorded"], row["recorded_mark"] = recorded, "c" if 0 < recorded < 5 else ""
                        rate(row, "rate_of_recorded", "entered", "recorded")
                        del row["recorded"], row["recorded_mark"]
                        row["small"] = "Y" if entered < 30 else "N"
                        rows.append(row)
                        entered = progressed
    return rows


REASONS = (
    ("recorded", 2, "lost", "no suspect", 600), ("recorded", 2, "lost", "victim does not support", 250),
    ("suspect_identified", 3, "lost", "victim does not support", 640), ("suspect_identified", 3, "lost", "evidential", 310),
    ("suspect_identified", 3, "resolved", "out of court", 150), ("referred", 4, "lost", "evidential", 60), ("prosecuted", 6, "lost", "court", 3),
)  # fmt: skip


def reasons() -> list[Row]:
    rows: list[Row] = []
    for year in ("2023/24", "2024/25"):
        for breakdown, groups in GROUPS.items():
            for group in groups:
                for stage, order, exit_, reason_group, cases in REASONS:
                    anywhere = breakdown != "all"
                    row: Row = {
                        "as_at": AS_AT, "period_kind": "financial_year", "period": year, "breakdown": breakdown, "group": group,
                        "stage": "" if anywhere else stage, "stage_order": 0 if anywhere else order, "exit": exit_,
                        "reason_group": reason_group, "unit": "incident",
                    }  # fmt: skip
                    count(row, "count", round(cases * SHARES.get(group, 0.02)), "board")
                    if not anywhere or (stage, reason_group) not in (
                        ("recorded", "victim does not support"),
                        ("referred", "evidential"),
                    ):
                        rows.append(row)
    return rows


def fixed_age() -> list[Row]:
    rows: list[Row] = []
    for kind, period, usable in (
        ("financial_year", "2023/24", True), ("financial_year", "2024/25", False),
        *(("quarter", f"2023/24 Q{n}", True) for n in (1, 2, 3, 4)), ("quarter", "2024/25 Q1", True), ("quarter", "2024/25 Q4", False),
    ):  # fmt: skip
        for stage, days_, share in (
            ("suspect_identified", 90, 0.6),
            ("referred", 180, 0.14),
            ("charged", 270, 0.1),
            ("convicted", 540, 0.07),
        ):
            base = 2400 if kind == "financial_year" else 600
            row: Row = {
                "as_at": AS_AT, "period_kind": kind, "period": period, "breakdown": "all", "group": "all", "stage": stage, "window_days": days_,
                "unit": "incident", "usable_from": None if usable else dt.date(2025, 12, 26),
            }  # fmt: skip
            cell(row, "old_enough", base, "" if usable else "x")
            cell(row, "reached", round(base * share), "" if usable else "x")
            cell(row, "rate", share, "" if usable else "x")
            row["rate_lower"], row["rate_upper"] = (share - 0.02, share + 0.02) if usable else (None, None)
            rows.append(row)
    return rows


STEPS = (
    ("recorded", "suspect_identified", 1600),
    ("suspect_identified", "referred", 350),
    ("charged", "prosecuted", 8),
)


def days() -> list[Row]:
    rows: list[Row] = []
    for year in ("2023/24", "2024/25"):
        for start, target, events in STEPS:
            row: Row = {
                "as_at": AS_AT,
                "period_kind": "financial_year",
                "period": year,
                "from_stage": start,
                "to_stage": target,
                "unit": "incident",
            }
            for name, weeks in (("median_weeks", 3), ("p75_weeks", 6), ("p90_weeks", 12)):
                cell(row, name, weeks, "" if events >= 10 else "low")
            rows.append(row)
    return rows


def curves() -> list[Row]:
    return [
        {
            "as_at": AS_AT, "period_kind": "financial_year", "period": year, "from_stage": start, "to_stage": target, "day": day, "unit": "incident",
            "progressed": 0.6 * day / 360, "progressed_lower": 0.55 * day / 360, "progressed_upper": 0.65 * day / 360,
            "lost": 0.3 * day / 360, "resolved": 0.05 * day / 360,
        }
        for year in ("2023/24", "2024/25") for start, target, _ in STEPS[:2] for day in range(0, 361, 30)
    ]  # fmt: skip


def changes() -> list[Row]:
    rows: list[Row] = []
    for stage, before, now in (("charged", 240, 262), ("convicted", 180, 203), ("uplifted", 150, None)):
        row: Row = {
            "period_kind": "financial_year", "period": "2023/24", "breakdown": "all", "group": "all", "stage": stage, "column": "entered", "unit": "incident",
        }  # fmt: skip
        cell(row, "before", before)
        cell(row, "now", now, "" if now is not None else "c")
        rows.append(row)
    return rows


def feeds() -> list[Row]:
    return [
        {
            "extract": extract, "force": force, "covers_from": dt.date(2023, 4, 1), "covers_to": day, "covered": covered,
            "why": "" if covered == "Y" else "feed_behind",
        }
        for extract, force, day, covered in (
            ("incident", "northumbria", AS_AT, "Y"), ("investigation", "northumbria", AS_AT, "Y"), ("cps", "northumbria", dt.date(2025, 2, 28), "N"),
        )
    ]  # fmt: skip
