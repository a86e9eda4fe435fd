"""Exact tables in the full layout of a run, from the invented cases of conftest, and what a report's page holds."""

import datetime as dt
import json
import math
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
from protected_tables import made_up
from pyarrow import parquet
from table_folder import write_tables

from attrition.publish.publication import Publication

Row = dict[str, Any]
AS_AT = dt.date(2025, 3, 31)


def interval(part: int, base: int) -> tuple[float, float]:
    """Wilson's 95 % interval, written out."""
    z = 1.959963984540054
    middle, spread = part + z * z / 2, z * math.sqrt(part * (base - part) / base + z * z / 4)
    return (middle - spread) / (base + z * z), (middle + spread) / (base + z * z)


def with_limits(row: Row) -> Row:
    """A row of the funnel with the limits of its rates and the mark of few cases, as a run publishes it."""
    base, part = row["entered"], row["progressed"]
    found = dict(row, small="Y" if base < 30 else "N")
    for name, count in (("step_rate", part), ("step_rate_max", part + row["open"]), ("rate_of_recorded", None)):
        rate = row[name]
        of, whole = (row["entered"], round(row["entered"] / rate)) if count is None and rate else (count, base)
        low, high = (None, None) if not rate else interval(of, whole)
        found[f"{name}_lower"], found[f"{name}_upper"] = low, high
    return found


def exact_tables(published: dict[str, list[Row]], late: bool = False) -> dict[str, list[Row]]:
    """The tables of a run; `late`: the CPS feed stops too early, and the figures behind it are as far as they are known."""
    tables = {name: [dict(row) for row in rows] for name, rows in published.items()}
    for name in ("funnel", "funnel_by_period"):
        tables[name] = [with_limits(row) for row in tables[name]]
        if late:
            for row in tables[name]:
                if row["stage_order"] >= 4:
                    row["covered"], row["why"] = "N", "feed_behind"
    of_all = [row for row in tables["reasons"] if row["breakdown"] == "all"]
    # Of every reason of all cases, a part is reported in the latest year.
    tables["reasons"] += [
        dict(row, breakdown="financial_year", group="2024/25", count=row["count"] // 2) for row in of_all
    ]
    for at, reason in enumerate(tables["reasons"]):
        reason.update(unit="incident", stage_order=at % 3)
    tables["incidence"] = _curve()
    for check in tables["validation"]:
        check["message"] = "a value is wanted"
    return tables


def _curve() -> list[Row]:
    """A hundred days of one step, with more points than a chart needs."""
    return [
        {
            "breakdown": "all", "group": "all", "from_stage": "recorded", "to_stage": "suspect_identified", "unit": "incident", "day": day,
            "at_risk": 200 - day,
            "progressed_share": day / 200, "progressed_share_lower": day / 220, "progressed_share_upper": day / 180,
            "lost_share": day / 400, "resolved_share": 0.0, "open_share": 1 - day / 100,
        }
        for day in range(100)
    ]  # fmt: skip


def exact(folder: Path, tables: dict[str, list[Row]]) -> Publication:
    """The restricted tier of a publication with these tables."""
    write_tables(folder, tables)
    return Publication("restricted", "OFFICIAL-SENSITIVE", AS_AT, True, folder, "attrition 0.1.0", AS_AT, "")


def emptied(folder: Path, publication: Publication) -> Publication:
    """The same publication with tables that have their headings only."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(publication.tables.glob("*.parquet")):
        parquet.write_table(parquet.read_table(file).slice(0, 0), folder / file.name)
    return Publication(publication.tier, publication.marking, AS_AT, False, folder)


def replaced(folder: Path, name: str, rows: list[Row]) -> None:
    """Put other rows into one table, with the columns and types that it has."""
    schema = parquet.read_schema(folder / f"{name}.parquet")
    parquet.write_table(pa.Table.from_pylist(rows, schema=schema), folder / f"{name}.parquet")


def rows_of(publication: Publication, name: str) -> list[Row]:
    rows: list[Row] = parquet.read_table(publication.tables / f"{name}.parquet").to_pylist()
    return rows


def data_of(page: str) -> dict[str, Any]:
    """What the page carries inside itself."""
    found = re.search(r'<script type="application/json" id="report-data">(.*?)</script>', page, re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def told(data: dict[str, Any], name: str) -> list[Row]:
    """Rows of the page with their codes put back."""
    words = ("exit", "reason_group", "label", "source", "unit", "column")
    rows = []
    for cells in data["rows"][name]:
        row = dict(zip(data["columns"][name], cells, strict=True))
        breakdown = data["breakdowns"][row["breakdown"]]
        row["group"] = breakdown["groups"][row["group"]]["key"]
        row["breakdown"] = breakdown["key"]
        row["period"] = data["periods"][row["period"]]["key"]
        for stage in ("stage", "next_stage"):
            if stage in row:
                row[stage] = data["stages"][row[stage]]["key"] if row[stage] >= 0 else ""
        row.update({word: data["texts"][row[word]] for word in words if word in row})
        rows.append(row)
    return rows


def protected(folder: Path, tier: str) -> Publication:
    return made_up(folder, tier)  # type: ignore[arg-type]
