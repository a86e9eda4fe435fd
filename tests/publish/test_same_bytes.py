"""The same inputs give the same publication: two runs into different places, compared file by file; the next run of the day
says what changed and carries its own name.
"""

import datetime as dt
import json
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet

from attrition import pipeline
from attrition.publish.manifest import MANIFEST, verify
from attrition.sample import make_extracts
from attrition.settings import KEY_VARIABLE

AS_AT = dt.date(2025, 3, 31)
TODAY = dt.date(2025, 4, 2)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def contents(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every table of a database, as rows in their order."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = [
            name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
        ]
        return {name: connection.execute(f'FROM "{name}"').fetchall() for name in names}


@pytest.fixture(scope="module")
def two_places(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Publications of the same extracts, made in two places; the second place made one more of the same day."""
    folder = tmp_path_factory.mktemp("same bytes")
    landing = folder / "landing"
    landing.mkdir()
    make_extracts(landing, 600, 7, AS_AT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, "a key for tests that nobody keeps, long enough")
        return [
            pipeline.run(pipeline.Request(landing, AS_AT, place / "out", place / "warehouse.duckdb", now=TODAY))
            for place in (folder / "here", folder / "there ü", folder / "there ü")
        ]


@pytest.mark.slow
def test_two_runs_give_the_same_bytes(two_places: list[Path]) -> None:
    here, there = (files_of(place) for place in two_places[:2])
    [database] = [name for name in here if name.endswith(".duckdb")]
    assert {name for name in here.keys() | there.keys() if here.get(name) != there.get(name)} <= {database, MANIFEST}
    assert {".csv", ".parquet", ".html", ".xlsx", ".ods", ".docx"} <= {Path(name).suffix for name in here}
    stated = [json.loads(files[MANIFEST]) for files in (here, there)]
    for manifest in stated:
        manifest["files"].pop(database)
    assert stated[0] == stated[1]


@pytest.mark.slow
def test_two_databases_hold_the_same(two_places: list[Path]) -> None:
    here, there = (contents(next(place.glob("*.duckdb"))) for place in two_places[:2])
    assert len(here) > 10
    assert sum(map(len, here.values())) > 1000
    assert here == there


@pytest.mark.slow
def test_every_publication_is_whole_and_says_its_rows(two_places: list[Path]) -> None:
    for place in two_places:
        assert verify(place) == len(files_of(place)) - 1
        rows = json.loads((place / MANIFEST).read_text(encoding="utf-8"))["rows"]
        assert rows == {
            file.stem: parquet.read_metadata(file).num_rows for file in (place / "tables").glob("*.parquet")
        }


@pytest.mark.slow
def test_the_next_run_of_the_day_names_itself_and_finds_nothing_changed(two_places: list[Path]) -> None:
    before, now = two_places[1:]
    assert now == before.parent / "2025-03-31_r2"
    [database] = now.glob("*.duckdb")
    assert "_2025-03-31_r2_" in database.name
    assert parquet.read_metadata(before / "tables" / "changes.parquet").num_rows == 0
    changes = parquet.read_table(now / "tables" / "changes.parquet").to_pylist()
    assert {row["breakdown"] for row in changes} == {"all"}
    assert {row["previous"] for row in changes} == {AS_AT}
    assert all(row["before"] == row["now"] for row in changes)
    funnel = parquet.read_table(now / "tables" / "funnel.parquet").to_pylist()
    reported = next(row for row in funnel if (row["breakdown"], row["stage"]) == ("all", "reported"))
    assert (
        next(row["now"] for row in changes if (row["stage"], row["column"]) == ("reported", "entered"))
        == reported["entered"]
    )
