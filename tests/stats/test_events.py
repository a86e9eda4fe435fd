"""The annotations for charts: real days in order, known forces, a source each."""

import csv
import datetime as dt

from attrition import reference


def test_events_are_well_formed() -> None:
    with reference.table_path("events").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    days = [dt.date.fromisoformat(row["day"]) for row in rows]
    assert days == sorted(days)
    assert {row["forces"] for row in rows} <= {"all", *reference.codes("force")}
    assert all(row["label"] and row["source"] and len(row["label"]) < 90 for row in rows)
    assert [row["day"] for row in rows if "approximate" in row["label"]] == ["2023-04-01"]
