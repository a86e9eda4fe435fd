"""What changed since the publication before: the funnel's counts then and now. Reads published tables; counts no case."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from attrition.publish.headline import published_rows
from attrition.publish.shelf import newest

BREAKDOWNS = ("all", "strand", "victim_ethnicity", "business_type")
COUNTS = ("entered", "open", "resolved", "lost")


def previous_publication(out: Path) -> Path | None:
    """The folder of the newest publication in OUT that has a funnel; None where there is none."""
    folder = newest(out)
    return folder if folder is not None and (folder / "tables" / "funnel.parquet").is_file() else None


def as_at_of(publication: Path) -> dt.date | None:
    """The day as at which a publication counts, from its manifest; None where it has none."""
    try:
        return dt.date.fromisoformat(json.loads((publication / "manifest.json").read_text(encoding="utf-8"))["as_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def change_rows(now: Path, before: Path | None) -> list[dict[str, Any]]:
    """The counts of the funnel that differ between two folders of tables, and all those of all cases. A row that is absent counts 0;
    what is not told is empty.

    now, before: folders of tables; `previous` in each row is the day as at which the one before counts, where its manifest says it
    Empty for the first publication (before is None).
    """
    if before is None:
        return []
    previous = as_at_of(before.parent)
    counts = [_counts(tables) for tables in (before, now)]
    orders = {key: None for some in (counts[1], counts[0]) for key in some}
    rows = []
    for key in orders:
        breakdown, group, stage = key
        for column in COUNTS:
            was, is_now = (some.get(key, {column: 0})[column] for some in counts)
            if None in (was, is_now) and not all(key in some for some in counts):
                # A row that is absent counts 0 only where its stage is told.
                was = is_now = None
            if was != is_now or breakdown == "all":
                rows.append(
                    {
                        "breakdown": breakdown,
                        "group": group,
                        "stage": stage,
                        "column": column,
                        "before": was,
                        "now": is_now,
                        "unit": "incident",
                        "previous": previous,
                    }
                )
    return rows


def write_changes(tables: Path, before: Path | None) -> None:
    """Writes the table `changes` as CSV and Parquet beside the others."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    text, number = pa.string(), pa.int64()
    schema = pa.schema(
        [
            ("breakdown", text),
            ("group", text),
            ("stage", text),
            ("column", text),
            ("before", number),
            ("now", number),
            ("unit", text),
            ("previous", pa.date32()),
        ]
    )
    table = pa.Table.from_pylist(change_rows(tables, before), schema)
    parquet.write_table(table, tables / "changes.parquet")
    csv.write_csv(table, tables / "changes.csv", csv.WriteOptions(quoting_style="needed"))


def _counts(tables: Path) -> dict[tuple[str, str, str], dict[str, int | None]]:
    return {
        (row["breakdown"], row["group"], row["stage"]): {column: row[column] for column in COUNTS}
        for row in published_rows(tables, "funnel")
        if row["breakdown"] in BREAKDOWNS
    }
