"""What changed since the publication before: counts that differ, all cases always, a row that is absent counted 0."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

from pyarrow import parquet

from attrition.publish.changes import as_at_of, change_rows, previous_publication, write_changes
from attrition.publish.shelf import name_latest

Row = dict[str, Any]
COUNTS = ("entered", "open", "resolved", "lost")


def row(breakdown: str, group: str, stage: str, entered: int, still_open: int, resolved: int, lost: int) -> Row:
    return {
        "breakdown": breakdown, "group": group, "stage": stage, "unit": "incident", "entered": entered, "open": still_open,
        "resolved": resolved, "lost": lost,
    }  # fmt: skip


BEFORE = [
    row("all", "all", "reported", 100, 5, 10, 0),
    row("all", "all", "recorded", 85, 9, 1, 30),
    row("strand", "race", "reported", 70, 4, 6, 0),
    row("strand", "religion", "reported", 9, 1, 1, 0),
    row("offence_code", "9B", "reported", 50, 1, 1, 0),
]
NOW = [
    row("all", "all", "reported", 110, 5, 11, 0),
    row("all", "all", "recorded", 94, 9, 1, 35),
    row("strand", "race", "reported", 70, 4, 7, 0),
    row("strand", "disability", "reported", 3, 0, 0, 0),
    row("offence_code", "9B", "reported", 60, 1, 1, 0),
]


def tables(folder: Path, funnel: list[Row]) -> Path:
    import pyarrow as pa

    folder.mkdir(parents=True)
    schema = pa.schema(
        [(name, pa.string()) for name in ("breakdown", "group", "stage", "unit")]
        + [(name, pa.int64()) for name in COUNTS]
    )
    parquet.write_table(pa.Table.from_pylist(funnel, schema), folder / "funnel.parquet")
    return folder


def stated(rows: list[Row]) -> dict[tuple[str, str, str, str], tuple[int, int]]:
    return {(r["breakdown"], r["group"], r["stage"], r["column"]): (r["before"], r["now"]) for r in rows}


def test_what_differs_is_listed_and_all_cases_are_listed_whole(tmp_path: Path) -> None:
    rows = change_rows(tables(tmp_path / "now", NOW), tables(tmp_path / "before", BEFORE))
    expected = {
        ("all", "all", now["stage"], column): (before[column], now[column])
        for before, now in zip(BEFORE[:2], NOW[:2], strict=True)
        for column in COUNTS
    }
    expected[("strand", "race", "reported", "resolved")] = (6, 7)
    # A group that is new, and one that has gone: the row that is absent counts 0.
    expected[("strand", "disability", "reported", "entered")] = (0, 3)
    expected |= {
        ("strand", "religion", "reported", column): (BEFORE[3][column], 0) for column in ("entered", "open", "resolved")
    }
    assert stated(rows) == expected
    assert {r["unit"] for r in rows} == {"incident"}
    assert len(rows) == len(expected)


def test_breakdowns_of_hundreds_of_groups_are_left_out(tmp_path: Path) -> None:
    rows = change_rows(tables(tmp_path / "now", NOW), tables(tmp_path / "before", BEFORE))
    assert {r["breakdown"] for r in rows} == {"all", "strand"}


def test_the_first_publication_has_the_columns_and_no_rows(tmp_path: Path) -> None:
    now = tables(tmp_path / "now", NOW)
    write_changes(now, None)
    table = parquet.read_table(now / "changes.parquet")
    assert table.num_rows == 0
    assert table.column_names == [
        "breakdown", "group", "stage", "column", "before", "now", "unit", "previous",
    ]  # fmt: skip
    assert (now / "changes.csv").read_text(encoding="utf-8").replace('"', "").strip() == ",".join(table.column_names)


def test_csv_and_parquet_say_the_same_and_twice_the_same(tmp_path: Path) -> None:
    now, before = tables(tmp_path / "now" / "tables", NOW), tables(tmp_path / "before" / "tables", BEFORE)
    (tmp_path / "before" / "manifest.json").write_text('{"as_at": "2024-12-31"}', encoding="utf-8")
    write_changes(now, before)
    assert {one["previous"] for one in parquet.read_table(now / "changes.parquet").to_pylist()} == {
        dt.date(2024, 12, 31)
    }
    first = [(now / name).read_bytes() for name in ("changes.csv", "changes.parquet")]
    with (now / "changes.csv").open(encoding="utf-8", newline="") as file:
        as_text = list(csv.DictReader(file))
    assert as_text == [
        {name: str(value) for name, value in one.items()}
        for one in parquet.read_table(now / "changes.parquet").to_pylist()
    ]
    write_changes(now, before)
    assert [(now / name).read_bytes() for name in ("changes.csv", "changes.parquet")] == first


def test_nothing_differs_leaves_all_cases(tmp_path: Path) -> None:
    rows = change_rows(tables(tmp_path / "now", NOW), tables(tmp_path / "before", NOW))
    assert {r["breakdown"] for r in rows} == {"all"}
    assert all(r["before"] == r["now"] for r in rows)


def test_the_publication_before_is_the_one_that_latest_names(tmp_path: Path) -> None:
    assert previous_publication(tmp_path) is None
    for name in ("2024-12-31", "2025-03-31", "2025-03-31_r2"):
        tables(tmp_path / name / "tables", NOW)
    name_latest(tmp_path, "2025-03-31")
    assert previous_publication(tmp_path) == tmp_path / "2025-03-31"
    name_latest(tmp_path, "2025-06-30")
    assert previous_publication(tmp_path) is None, "what latest.txt names has gone"
    (tmp_path / "2025-06-30").mkdir()
    assert previous_publication(tmp_path) is None, "a folder without tables is no publication"


def test_the_day_of_a_publication_comes_from_its_manifest(tmp_path: Path) -> None:
    assert as_at_of(tmp_path) is None
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"as_at": "2024-12-31"}', encoding="utf-8")
    assert as_at_of(tmp_path) == dt.date(2024, 12, 31)
    for text in ("[]", "{}", '{"as_at": null}', "x", '{"as_at": "soon"}'):
        manifest.write_text(text, encoding="utf-8")
        assert as_at_of(tmp_path) is None
