"""Drafts of source mappings for several invented layouts: valid, steady, and free of personal values."""

import csv
import os
import re
import tomllib
from pathlib import Path

import pytest

from attrition import resources
from attrition.contract import load_contracts
from attrition.errors import UsageFault
from attrition.ingest.draft import draft_mapping
from attrition.ingest.mapping import expression_columns, load_source

HATE_TYPES = ("Racial", "Religious; Racial", "Homophobic", "Disability", "Transphobic")
OUTCOMES = ("Charged", "16 - Victim does not support", "No suspect identified", "15", "Filed")


def rms_table(rows: int = 60) -> tuple[list[str], list[list[str]]]:
    """An invented export of a records system: incident and investigation in one row, personal columns too."""
    header = [
        "Occurrence No", "Crime Number", "Force", "Date/Time Reported", "Crime/Incident", "HO Code",
        "Hate Type", "Victim Ref", "Victim Name", "Victim Sex", "Self-defined Ethnicity", "Victim Age",
        "Premises Type", "BCU", "OIC Unit", "Outcome", "Outcome Date", "Suspect DOB",
        "Victim supports prosecution?", "MO Notes",
    ]  # fmt: skip
    table = [
        [
            f"OCC{n}", f"{n:05}/24", "Northumbria Police", f"{n % 28 + 1:02}/03/2024 14:05",
            ("Crime", "Crime", "Non-Crime Hate Incident")[n % 3], "8P", HATE_TYPES[n % 5], f"V{n}",
            f"Jane Example{n}", ("Male", "Female")[n % 2],
            ("White - British", "Asian - Pakistani", "")[n % 3],
            str(20 + n % 40), ("Taxi", "Off Licence", "Dwelling", "N/A")[n % 4], "Northern", "CID",
            OUTCOMES[n % 5], f"{n % 28 + 1:02}-Apr-24", f"0{n % 9 + 1}/02/1980",
            ("Yes", "No", "Withdrew")[n % 3], "Suspect shouted at Mr Example",
        ]
        for n in range(rows)
    ]  # fmt: skip
    return header, table


def rms_draft(**changes: str) -> str:
    header, rows = rms_table()
    return draft_mapping(header, rows, **({"source": "rms", "file_name": "Hate crime 2025-03.xlsx"} | changes))


def feeds(text: str) -> dict[str, dict]:
    return {feed["extract"]: feed for feed in tomllib.loads(text)["feed"]}


def column_draft(name: str, values: list[str], *more: tuple[str, list[str]], extract: str = "incident") -> str:
    """A draft for a table with a reference and the given columns."""
    columns = [("Incident No", [f"R{n}" for n in range(len(values))]), (name, values), *more]
    rows = [list(row) for row in zip(*(column for _, column in columns), strict=True)]
    return draft_mapping([title for title, _ in columns], rows, source="s", file_name="x.csv", extract=extract)


def loaded(text: str, folder: Path, name: str = "rms"):
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return load_source(path)


def with_required(text: str) -> str:
    """The draft after an analyst has freed the lines marked as required."""
    lines = []
    for line in text.splitlines():
        freed = line.removeprefix("# ") if "  # required:" in line else line
        lines.append(freed.replace('= ""  # required', '= "Occurrence No"  # required'))
    return "\n".join(lines)


def test_a_flat_table_feeds_incident_and_investigation() -> None:
    drafted = feeds(rms_draft())
    assert list(drafted) == ["incident", "investigation"]
    incident, investigation = drafted["incident"]["columns"], drafted["investigation"]["columns"]
    assert incident["incident_id"] == "Occurrence No"
    assert incident["crime_ref"] == investigation["crime_ref"] == "Crime Number"
    assert incident["force"]["map"] == {"file": "force.csv", "from": "label", "to": "code"}
    assert incident["incident_class"]["map"] == {"Crime": "crime", "Non-Crime Hate Incident": "non_crime"}
    assert incident["victim_ethnicity"]["map"]["White - British"] == "W1"
    assert incident["business_type"]["map"] == {
        "Taxi": "taxi_private_hire",
        "Off Licence": "convenience_store",
        "Dwelling": "",
    }
    assert investigation["investigating_unit"] == "OIC Unit"
    assert investigation["outcome_code"]["map"]["16 - Victim does not support"] == "16"
    assert investigation["victim_support"]["map"]["Withdrew"] == "withdrew"


def test_the_draft_loads_as_a_mapping(tmp_path: Path) -> None:
    source = loaded(rms_draft(), tmp_path)
    assert [feed.extract for feed in source.feeds] == ["incident", "investigation"]


@pytest.mark.parametrize("extract", list(load_contracts()))
def test_a_draft_loads_once_the_required_columns_are_given(extract: str, tmp_path: Path) -> None:
    header, rows = ["Occurrence No", "Comments"], [["A1", "x"], ["A2", "y"]]
    text = draft_mapping(header, rows, source="rms", file_name="x.csv", extract=extract)
    for name in load_contracts()[extract].required:
        assert name in feeds(text)[extract]["columns"] or f"# {name} = " in text
    assert loaded(with_required(text), tmp_path).feeds[0].extract == extract


def test_the_contracts_own_names_are_taken_as_they_are() -> None:
    for extract, contract in load_contracts().items():
        drafted = feeds(draft_mapping(list(contract.columns), [], source="s", file_name="x.csv"))
        assert list(drafted) == [extract]
        assert {name: name for name in contract.columns} == drafted[extract]["columns"]


def test_the_same_input_gives_the_same_text() -> None:
    assert rms_draft() == rms_draft()
    header, rows = rms_table()
    turned = draft_mapping(header, rows[::-1], source="rms", file_name="Hate crime 2025-03.xlsx")
    assert turned == rms_draft()


def test_no_personal_value_is_written() -> None:
    header, rows = rms_table()
    text = rms_draft()
    personal = ("Occurrence No", "Crime Number", "Victim Ref", "Victim Name", "Suspect DOB", "MO Notes")
    for column in personal:
        place = header.index(column)
        assert not [row[place] for row in rows if row[place] in text], column


def test_a_rare_text_in_a_coded_column_is_not_written() -> None:
    values = ["Male", "Female"] * 20 + ["John Example says male"]
    text = column_draft("Victim Sex", values)
    assert "John" not in text
    assert "1 rare texts" in text
    assert feeds(text)["incident"]["columns"]["victim_sex"]["map"] == {"Male": "M", "Female": "F"}


def test_a_coded_column_full_of_different_texts_is_not_listed() -> None:
    values = [f"Person {n}" for n in range(100)]
    text = column_draft("Victim type", values)
    assert "Person" not in text
    assert "100 different texts" in text


def test_texts_without_a_known_code_are_marked() -> None:
    text = rms_draft()
    assert '"Dwelling" = ""  # choose' in text
    assert '"Filed" = ""  # choose' in text


def test_ambiguous_dates_are_reported() -> None:
    text = column_draft("Date reported", ["01/02/2024", "03/04/2024"])
    assert feeds(text)["incident"]["date_formats"] == ["%d/%m/%Y"]
    assert "fits day first and month first" in text


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["25/02/2024", "03/04/2024"], ["%d/%m/%Y"]),
        (["8/1/2014 4:00:00 AM", "12/31/2014 4:00:00 PM"], ["%m/%d/%Y"]),
        (["25.02.24 10:11", "03.04.24 10:12"], ["%d.%m.%y"]),
        (["25-Feb-2024", "03-APR-2024"], ["%d-%b-%Y"]),
        (["25 February 2024 10:00", "3 April 2024 11:00"], ["%d %B %Y %H:%M"]),
        (["20240225", "20240403"], ["%Y%m%d"]),
        (["2024-02", "2024-03"], ["%Y-%m"]),
        (["2024-02-25", "25/02/2024"], ["%Y-%m-%d", "%d/%m/%Y"]),
    ],
)
def test_date_formats_are_told_from_the_values(values: list[str], formats: list[str]) -> None:
    assert sorted(feeds(column_draft("Date reported", values))["incident"]["date_formats"]) == sorted(formats)


@pytest.mark.parametrize("values", [["2024-02-25"], ["2024-02-25 10:11:12"], ["2024-02-25T10:11:12Z"]])
def test_the_contracts_own_dates_need_no_format(values: list[str]) -> None:
    assert "date_formats" not in feeds(column_draft("Date reported", values))["incident"]


def test_an_open_order_follows_the_other_columns() -> None:
    text = column_draft("Date reported", ["01/02/2024"], ("Date recorded", ["01/31/2024"]))
    assert feeds(text)["incident"]["date_formats"] == ["%m/%d/%Y"]
    assert "as in other columns" in text


def test_a_late_day_among_many_times_settles_the_order() -> None:
    values = [
        f"{day:02}/{month:02}/2024 {hour:02}:00" for day in range(1, 29) for month in (1, 2) for hour in range(24)
    ]
    text = column_draft("Date reported", values)
    assert "fits day first" not in text
    assert feeds(text)["incident"]["date_formats"] == ["%d/%m/%Y"]


def test_columns_of_different_orders_get_formats_of_their_own() -> None:
    text = column_draft("Date reported", ["25/02/2024"], ("Date recorded", ["02/25/2024"]))
    feed = feeds(text)["incident"]
    assert "date_formats" not in feed
    assert feed["columns"]["recorded_date"] == {"column": "Date recorded", "date_formats": ["%m/%d/%Y"]}


def test_a_mixture_of_orders_is_reported() -> None:
    text = column_draft("Date reported", ["25/02/2024", "26/02/2024", "02/27/2024"])
    assert "2 values fit only day first, 1 only month first" in text
    assert feeds(text)["incident"]["date_formats"] == ["%d/%m/%Y"]


def test_excels_day_numbers_become_dates() -> None:
    duckdb = pytest.importorskip("duckdb")
    text = column_draft("Date reported", ["45347", "45385.5"], ("Date recorded", ["25/02/2024"] * 2))
    column = feeds(text)["incident"]["columns"]["reported_date"]
    assert column["date_formats"] == ["%Y-%m-%d"]
    found = duckdb.sql(f"SELECT {column['expression']} FROM (VALUES ('45347'), ('45385.5')) t(\"Date reported\")")
    assert found.fetchall() == [("2024-02-25",), ("2024-04-03",)]


def test_strands_in_one_column_become_expressions_that_run() -> None:
    duckdb = pytest.importorskip("duckdb")
    columns = feeds(rms_draft())["incident"]["columns"]
    listed = ", ".join(f"('{text}')" for text in HATE_TYPES)
    strands = ["race", "religion", "sexual_orientation", "disability", "transgender"]
    asked = ", ".join(columns[f"hate_{strand}"]["expression"] for strand in strands)
    found = duckdb.sql(f'SELECT {asked} FROM (VALUES {listed}) t("Hate Type")').fetchall()
    assert ["".join(row) for row in found] == ["YNNNN", "YYNNN", "NNYNN", "NNNYN", "NNNNY"]


def test_a_strand_told_as_a_text_is_y_where_the_text_says_something() -> None:
    duckdb = pytest.importorskip("duckdb")
    values = ["Black", "NA", "", "None", "South Asian", "no"]
    expression = feeds(column_draft("RACE_BIAS", values))["incident"]["columns"]["hate_race"]["expression"]
    rows = ", ".join("(NULL)" if not value else f"('{value}')" for value in values)
    found = duckdb.sql(f'SELECT {expression} FROM (VALUES {rows}) t("RACE_BIAS")').fetchall()
    assert [row[0] for row in found] == ["Y", "N", "N", "N", "Y", "N"]


def test_an_arrest_column_yields_a_suspect() -> None:
    text = column_draft("ARREST_MADE", ["Yes", "No"] * 3, extract="investigation")
    expression = feeds(text)["investigation"]["columns"]["suspect_id"]["expression"]
    duckdb = pytest.importorskip("duckdb")
    rows = "('R1', 'Yes'), ('R2', 'No'), ('R3', NULL)"
    found = duckdb.sql(f'SELECT {expression} FROM (VALUES {rows}) t("Incident No", "ARREST_MADE")').fetchall()
    assert found[0][0] and found[1:] == [(None,), (None,)]


@pytest.mark.parametrize(
    ("file_name", "glob", "form", "end_of_month"),
    [
        ("hate_2025-03-31.csv", "hate_*", "%Y-%m-%d", None),
        ("hate 2025-03.xlsx", "hate *", "%Y-%m", True),
        ("hate_20250331_v2.csv", "hate_*_v2*", "%Y%m%d", None),
        ("2025-03.csv", "????-??*", "%Y-%m", True),
        ("hate_Mar2025.csv", "hate_*", "%b%Y", True),
        ("hate_2024-04-01_to_2025-03-31.csv", "hate_*_to_*", "%Y-%m-%d", None),
    ],
)
def test_covers_to_is_guessed_from_the_file_name(
    file_name: str, glob: str, form: str, end_of_month: bool | None, tmp_path: Path
) -> None:
    text = rms_draft(file_name=file_name)
    feed = feeds(text)["incident"]
    assert feed["files"] == [glob]
    assert feed["covers_to"]["format"] == form
    assert feed["covers_to"].get("end_of_month") == end_of_month
    drafted = loaded(text, tmp_path).feeds[0]
    assert drafted.specificity(file_name)


def test_covers_to_is_guessed_from_a_column() -> None:
    text = column_draft("Date reported", ["25/02/2024"], ("Extracted on", ["31/03/2024"]))
    covers_to = feeds(text)["incident"]["covers_to"]
    assert covers_to == {"column": "Extracted on", "format": "%d/%m/%Y"}


def test_awkward_headers_give_valid_toml(tmp_path: Path) -> None:
    header = [
        'Incident "No"',
        "Date\nreported",
        "Victim's sex",
        "",
        "Notes",
        "Notes",
        "back\\slash",
        "Race'''",
    ]
    rows = [["A1", "25/02/2024", "M", "", "x", "y", "z", "Some text"]] * 3
    text = draft_mapping(header, rows, source="rms", file_name='odd [name] "x".csv')
    columns = feeds(text)["incident"]["columns"]
    assert columns["reported_date"] == "Date\nreported"
    assert columns["victim_sex"] == "Victim's sex"
    loaded(with_required(text), tmp_path)


def test_a_cps_file_is_told_from_a_police_file() -> None:
    header = [
        "Case URN",
        "Defendant ID",
        "Date received",
        "Charging decision",
        "Date of decision",
        "Case outcome",
    ]
    rows = [["10AB1", "D1", "01/03/2024", "Charged", "21/03/2024", "Guilty plea"]] * 4
    drafted = feeds(draft_mapping(header, rows, source="cps", file_name="export.csv"))
    assert list(drafted) == ["cps"]
    assert drafted["cps"]["columns"]["decision"]["map"] == {"Charged": "charge"}
    assert drafted["cps"]["columns"]["prosecution_outcome"]["map"] == {"Guilty plea": "guilty_plea"}


def test_unused_columns_are_named() -> None:
    assert '"Victim Name"' in rms_draft().rpartition("nothing above uses")[2]


def test_rows_in_place_of_a_header_are_refused_without_their_values() -> None:
    with pytest.raises(UsageFault) as fault:
        draft_mapping(["A12345678", "25/02/2024", "someone@example.org"], [], source="s", file_name="x.csv")
    assert "example.org" not in str(fault.value)


def test_an_unknown_extract_is_refused() -> None:
    with pytest.raises(UsageFault):
        rms_draft(extract="court")


def test_a_real_public_table_is_drafted() -> None:
    folder = os.environ.get("ATTRITION_EXAMPLES")
    if not folder:
        pytest.skip("ATTRITION_EXAMPLES does not name the folder of examples")
    path = Path(folder).parent / "real" / "toronto_hate_crime" / "toronto_hate_crime_raw.csv"
    if not path.exists():
        pytest.skip("the public Toronto table is not beside the examples")
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    drafted = feeds(draft_mapping(header, rows, source="toronto", file_name=path.name))
    assert list(drafted) == ["incident", "investigation"]
    incident = drafted["incident"]
    assert incident["date_formats"] == ["%m/%d/%Y"]
    assert incident["empty"] == ["NA"]
    assert incident["columns"]["incident_id"] == incident["columns"]["crime_ref"] == "EVENT_UNIQUE_ID"
    assert incident["columns"]["hate_disability"]["map"] == {"YES": "Y", "NO": "N"}
    assert incident["columns"]["business_type"]["column"] == "LOCATION_TYPE"
    assert "ARREST_MADE" in drafted["investigation"]["columns"]["suspect_id"]["expression"]


def guide_blocks(language: str) -> list[str]:
    guide = Path(__file__).parents[2] / "docs" / "map-your-extract.md"
    return re.findall(rf"^```{language}\n(.*?)^```", guide.read_text(encoding="utf-8"), re.S | re.M)


def test_the_template_is_a_mapping() -> None:
    template = resources.path("data/sources/_template.toml")
    assert [feed.extract for feed in load_source(template).feeds] == ["incident"]


def test_every_option_of_the_template_is_known(tmp_path: Path) -> None:
    text = resources.path("data/sources/_template.toml").read_text(encoding="utf-8")
    options = text[text.index("# [[feed]]") :].replace("\n# ", "\n").removeprefix("# ")
    # Of the ways that exclude each other the first is kept.
    others = (
        'column = "Extracted on"',
        "file_name =",
        "columns = ",
        "[feed.column_options]",
        "business_type =",
    )
    kept = [line for line in options.splitlines() if not line.startswith(others)]
    feed = loaded('source = "rms"\n' + "\n".join(kept).replace('%Y-%m"', '%Y-%m-%d"'), tmp_path).feeds[0]
    assert feed.parts and feed.where and feed.sheet == "Export" and feed.header_row == 3
    assert feed.columns["outcome_code"].values == {"charged": "1", "community resolution": "8", "filed": ""}


def test_the_example_of_the_guide_is_a_mapping_of_its_table(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    example = next(block for block in guide_blocks("toml") if block.startswith("source ="))
    header = next(csv.reader(guide_blocks("csv")[0].splitlines()))
    source = loaded(example, tmp_path, "our_rms")
    table = tmp_path / "hate_log_2025-03-31.csv"
    table.write_text(guide_blocks("csv")[0], encoding="utf-8")
    for feed in source.feeds:
        assert feed.specificity(table.name)
        for rule in feed.columns.values():
            assert set(rule.source_columns) <= set(header)
    rule = source.feeds[1].columns["suspect_id"].expression
    read = duckdb.sql(f"SELECT {rule} FROM read_csv('{table.as_posix()}', all_varchar = true)").fetchall()
    assert [bool(row[0]) for row in read] == [True, False, False, False]


def test_the_cookbook_of_the_guide_runs() -> None:
    duckdb = pytest.importorskip("duckdb")
    lines = guide_blocks("sql")[0].splitlines()
    for expression in (line for line in lines if not line.startswith("--")):
        columns = ", ".join(f'NULL::VARCHAR AS "{name}"' for name in expression_columns(expression))
        duckdb.sql(f"SELECT ({expression})::VARCHAR FROM (SELECT {columns})").fetchall()
