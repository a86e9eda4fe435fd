"""Public hate crime data of another country, brought to the contract by a mapping and held against the file.

Toronto's open data (one row per crime, American dates with a time, a byte order mark, `NA`, trailing spaces)
go through the real command. What must come out is counted here with Python's csv module from the raw texts,
without the mapping: a second reading by other means.
"""

import contextlib
import csv
import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from attrition.cli import main

# Real data of another country: the mappings that it tries are tried on made-up files in the usual suite.
pytestmark = pytest.mark.slow

SOURCES = Path(__file__).parent
FILE_NAME = "toronto_hate_crime_raw.csv"
AS_AT = "2025-12-31"  # the last day reported in the file
BUSINESS_TYPES = {"Business/Retail": "other_retail", "Other Commercial / Corporate Places": "other_business"}
Row = dict[str, str]


@pytest.fixture(scope="module")
def extract() -> Path:
    """The raw file."""
    folder = os.environ.get("ATTRITION_EXAMPLES")
    if not folder:
        pytest.skip("ATTRITION_EXAMPLES names no folder of example inputs")
    found = Path(folder).parent / "real" / "toronto_hate_crime" / FILE_NAME
    if not found.is_file():
        pytest.skip(f"{FILE_NAME} does not stand beside the example inputs")
    return found


@pytest.fixture(scope="module")
def raw(extract: Path) -> list[Row]:
    """The file's rows, read with nothing but the csv module; `NA` as empty."""
    with extract.open(encoding="utf-8-sig", newline="") as stream:
        return [
            {name: "" if text.strip() == "NA" else text.strip() for name, text in row.items()}
            for row in csv.DictReader(stream)
        ]


@pytest.fixture(scope="module")
def tables(extract: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of published tables after one run over a landing folder with the one file."""
    folder = tmp_path_factory.mktemp("toronto")
    landing = folder / "landing"
    landing.mkdir()
    (landing / FILE_NAME).write_bytes(extract.read_bytes())
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setenv("ATTRITION_PSEUDONYM_KEY", "a key for this test alone, 32 characters and more")
        patch.delenv("ATTRITION_PSEUDONYM_KEY_FILE", raising=False)
        code = main([
            "run", "--landing", str(landing), "--as-at", AS_AT, "--out", str(folder / "out"),
            "--warehouse", str(folder / "warehouse.duckdb"), "--sources", str(SOURCES),
            "--now", "2026-01-05", "--direct",
        ])  # fmt: skip
    assert code == 0
    return folder / "out" / AS_AT / "tables"


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def entered(tables: Path) -> Callable[[str, str], dict[str, int]]:
    """Gives the cases that entered a stage, by group of a breakdown; groups without cases are left out."""
    rows = read(tables / "funnel.csv")

    def by_group(breakdown: str, stage: str) -> dict[str, int]:
        found = [row for row in rows if (row["breakdown"], row["stage"]) == (breakdown, stage)]
        return {row["group"]: int(row["entered"]) for row in found if row["entered"] != "0"}

    return by_group


def strands_of(row: Row) -> list[str]:
    """The monitored strands that a raw row names; a gender bias is one where it names transgender."""
    named = {
        "race": row["RACE_BIAS"] + row["ETHNICITY_BIAS"],
        "religion": row["RELIGION_BIAS"],
        "sexual_orientation": row["SEXUAL_ORIENTATION_BIAS"],
        "disability": row["MENTAL_OR_PHYSICAL_DISABILITY"] == "YES",
        "transgender": "transgender" in row["GENDER_BIAS"].casefold(),
    }
    return [strand for strand, text in named.items() if text]


def local_strands_of(row: Row) -> str:
    """Age, gender (but not transgender) and language, which are monitored nowhere else."""
    named = {
        "age": row["AGE_BIAS"] == "YES",
        "gender": row["GENDER_BIAS"] in ("Woman", "Non-Binary"),
        "language": row["LANGUAGE_BIAS"] != "",
    }
    return "; ".join(strand for strand, told in named.items() if told)


def business_type_of(row: Row) -> str:
    """The business type by location; the file does not say who the victim was, so all else is unknown."""
    return BUSINESS_TYPES.get(row["LOCATION_TYPE"], "unknown")


def area_of(row: Row) -> str:
    """The division below the force that stands in; NSA is no division."""
    return "northumbria/" + ("unknown" if row["DIVISION"] == "NSA" else row["DIVISION"])


def financial_year_of(row: Row) -> str:
    """The year from April to March of the day of the report, not of the act."""
    day = datetime.strptime(row["REPORTED_DATE"], "%m/%d/%Y %I:%M:%S %p")
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first}/{(first + 1) % 100:02}"


def arrests(raw: list[Row]) -> list[Row]:
    return [row for row in raw if row["ARREST_MADE"] == "Yes"]


def test_every_row_is_accepted(tables: Path, raw: list[Row]) -> None:
    assert len(raw) == 2_041
    loads = {row["extract"]: row for row in read(tables / "load.csv")}
    assert set(loads) == {"incident", "investigation"}
    for row in loads.values():
        assert (row["file"], row["source"], row["covers_to"]) == (FILE_NAME, "toronto_hate_crime", AS_AT)
        assert (row["rows_read"], row["accepted"]) == ("2041", "2041")


def test_an_arrest_is_a_suspect(entered: Callable[[str, str], dict[str, int]], raw: list[Row]) -> None:
    assert len(arrests(raw)) == 453
    assert entered("all", "reported") == {"all": 2_041}
    assert entered("all", "recorded") == {"all": 2_041}
    assert entered("all", "suspect_identified") == {"all": 453}
    assert entered("all", "referred") == {}


def test_strands(entered: Callable[[str, str], dict[str, int]], raw: list[Row]) -> None:
    assert entered("strand", "reported") == Counter(name for row in raw for name in strands_of(row))
    suspects = Counter(name for row in arrests(raw) for name in strands_of(row))
    assert entered("strand", "suspect_identified") == suspects


@pytest.mark.parametrize(
    ("breakdown", "group_of"),
    [
        ("business_type", business_type_of),
        ("area_command", area_of),
        ("offence_code", lambda row: row["PRIMARY_OFFENCE"].upper()),
        ("financial_year", financial_year_of),
        ("religion_targeted", lambda row: row["RELIGION_BIAS"] or "unknown"),
    ],
)
def test_breakdowns(
    entered: Callable[[str, str], dict[str, int]],
    raw: list[Row],
    breakdown: str,
    group_of: Callable[[Row], str],
) -> None:
    assert entered(breakdown, "reported") == Counter(map(group_of, raw))
    assert entered(breakdown, "suspect_identified") == Counter(map(group_of, arrests(raw)))


def test_strand_by_business_type(entered: Callable[[str, str], dict[str, int]], raw: list[Row]) -> None:
    pairs = Counter(f"{name}*{business_type_of(row)}" for row in raw for name in strands_of(row))
    assert entered("strand*business_type", "reported") == pairs


def test_findings(tables: Path, raw: list[Row]) -> None:
    """A case without any strand is kept and told; that file tells neither ethnicity nor an English local authority,
    which its two measures say once. Nothing else in it is at fault.
    """
    told = {row["rule"]: int(row["count"]) for row in read(tables / "findings.csv") if row["severity"] != "info"}
    measures = {"incomplete_victim_ethnicity": 1, "incomplete_local_authority": 1}
    # There is no CPS extract beside it. A strand that is monitored locally is one.
    lacking = sum(not strands_of(row) and not local_strands_of(row) for row in raw)
    assert told == {"no_strand": lacking, "feed_missing": 1} | measures


def test_local_strands_are_held_apart(tables: Path, raw: list[Row]) -> None:
    """No published table has them, so they are looked for in the warehouse."""
    with duckdb.connect(tables.parents[2] / "warehouse.duckdb", read_only=True) as connection:
        held = connection.execute("select coalesce(hate_local, ''), count(*) from incident group by all").fetchall()
    expected = Counter(local_strands_of(row) for row in raw)
    assert set(expected) == {"", "gender", "language"}
    assert dict(held) == expected
