"""People read names, tables keep codes: local authorities and offences in the workbook and in the database, CPS Areas everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
import pytest
from protected_tables import made_up
from pyarrow import parquet
from workbook_reading import table_of, written

from attrition.publish.area_names import area_name
from attrition.publish.database import write_database
from attrition.publish.workbook_labels import group_label

Tables = dict[str, list[dict[str, Any]]]
NAMES = {
    ("local_authority", "E08000021"): "Newcastle upon Tyne",
    ("local_authority", "E06000047"): "County Durham",
    ("local_authority", "W06000015"): "Cardiff",
    # Merged into others since: extracts of past years still bear the code.
    ("local_authority", "E07000048"): "Christchurch",
    # Not listed: they show as they are.
    ("local_authority", "E99999999"): "E99999999",
    ("local_authority", "NEWCASTLE UPON TYNE"): "NEWCASTLE UPON TYNE",
    ("local_authority", "unknown"): "Unknown",
    ("offence_code", "8P"): "Racially or religiously aggravated assault with injury",
    ("offence_code", "9A"): "Public fear, alarm or distress",
    ("offence_code", "8Q"): "Stalking",
    ("offence_code", "999Z"): "999Z",
    ("offence_code", "unknown"): "Unknown",
}


@pytest.mark.parametrize(("place", "name"), NAMES.items())
def test_a_code_shows_as_its_name(place: tuple[str, str], name: str) -> None:
    assert group_label(*place) == name


@pytest.fixture
def tables(published_tables: Tables, make_tables: Callable[[Tables], Path]) -> Path:
    """Published tables whose funnel has these groups, too."""
    like = next(row for row in published_tables["funnel"] if (row["breakdown"], row["stage"]) == ("all", "reported"))
    named = [{**like, "breakdown": breakdown, "group": group} for breakdown, group in NAMES]
    return make_tables({**published_tables, "funnel": published_tables["funnel"] + named})


def test_the_workbook_shows_names(tables: Path, tmp_path: Path) -> None:
    shown = [
        (row["Breakdown"], row["Group"])
        for row in table_of(written(tables, tmp_path)["All figures"])
        if row["Breakdown"] in ("Local authority", "Offence code", "Offence")
    ]
    assert sorted(group for _, group in shown) == sorted(NAMES.values())


def test_the_database_has_the_name_beside_the_code(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    place = publication.tables / "funnel.parquet"
    funnel = parquet.read_table(place)
    like = funnel.to_pylist()[0]
    rows = [*funnel.to_pylist(), *({**like, "breakdown": breakdown, "group": group} for breakdown, group in NAMES)]
    parquet.write_table(pyarrow.Table.from_pylist(rows, funnel.schema), place)
    target = tmp_path / "data.duckdb"
    write_database(publication, target)
    with duckdb.connect(str(target), read_only=True) as connection:
        found = connection.execute(
            "SELECT breakdown, \"group\", group_label FROM funnel_labelled WHERE breakdown IN ('local_authority', 'offence_code')"
        ).fetchall()
    assert len(found) == len(NAMES)
    assert {(breakdown, group): label for breakdown, group, label in found} == NAMES


@pytest.mark.parametrize(
    ("area", "name"),
    [
        ("london", "CPS London North and London South"),
        ("mersey-cheshire", "CPS Mersey-Cheshire"),
        ("cymru-wales", "CPS Cymru-Wales"),
        ("yorkshire-and-humberside", "CPS Yorkshire and Humberside"),
        ("east-of-england", "CPS East of England"),
    ],
)
def test_cps_areas_have_the_names_that_the_cps_gives_them(area: str, name: str) -> None:
    assert area_name("cps", area) == name
