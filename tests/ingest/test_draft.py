"""Drafts of source mappings for several invented layouts: valid, steady, and free of personal values."""

import csv
import os
import re
import tomllib
from pathlib import Path

import openpyxl
import pytest

from attrition import resources
from attrition.cli import main
from attrition.contract import load_contract, load_contracts
from attrition.errors import UsageFault
from attrition.ingest import clean_text
from attrition.ingest.conform import _mapped
from attrition.ingest.draft import draft_mapping
from attrition.ingest.draft_header import find_header, find_place, header_names
from attrition.ingest.draft_summary import summary
from attrition.ingest.draft_vocabulary import words_of
from attrition.ingest.landing import delivery_of
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


def test_an_order_that_other_columns_settle_is_no_assumption() -> None:
    text = column_draft("Date reported", ["01/02/2024"], ("Date recorded", ["31/01/2024"]))
    assert "day first is taken, as in other columns" in text
    assert "day or month first" not in "\n".join(summary(text))


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


STRANDS = ["race", "religion", "sexual_orientation", "disability", "transgender"]


def told(text: str, folder: Path, strand: str, column: str, values: list[str]) -> list[str | None]:
    """What the drafted mapping makes of a column's texts, read as ingest reads it; an empty text is an empty cell."""
    duckdb = pytest.importorskip("duckdb")
    rule = next(
        feed
        for feed in loaded(with_required(text), folder, tomllib.loads(text)["source"]).feeds
        if feed.extract == "incident"
    ).columns[f"hate_{strand}"]
    with duckdb.connect() as connection:
        clean_text.arm(connection, clean_text.NONE)
        connection.execute(f'CREATE TABLE source_row ("{column}" VARCHAR)')
        connection.executemany("INSERT INTO source_row VALUES (nullif(?, ''))", [[value] for value in values])
        cell = _mapped(load_contract("incident").columns[f"hate_{strand}"], rule)
        worked_out = f'SELECT *, {rule.expression or "NULL"} AS "told by hate_{strand}" FROM source_row'
        return [row[0] for row in connection.execute(f"SELECT {cell} FROM ({worked_out})").fetchall()]


def test_every_text_of_a_column_of_strands_is_listed_for_each_strand(tmp_path: Path) -> None:
    text = rms_draft()
    columns = feeds(text)["incident"]["columns"]
    for strand in STRANDS:
        assert set(columns[f"hate_{strand}"]["map"]) == {"no text", *HATE_TYPES}
    assert text.count('"Racial" = "Y"  # 12') == 1 and text.count('"Racial" = "N"  # 12') == 4
    found = zip(*(told(text, tmp_path, strand, "Hate Type", list(HATE_TYPES)) for strand in STRANDS), strict=True)
    assert ["".join(row) for row in found] == ["YNNNN", "YYNNN", "NNYNN", "NNNYN", "NNNNY"]


def test_a_text_that_speaks_of_no_known_strand_is_to_be_chosen_and_rare_ones_are_listed_too(tmp_path: Path) -> None:
    text = column_draft("Hate motivation", ["Racist"] * 5 + ["Goth", "Misogyny", "N/A", ""])
    assert text.count('"Goth" = ""  # 1, choose') == len(STRANDS)
    assert told(text, tmp_path, "race", "Hate motivation", ["racist", "Goth", "N/A", "", "something new"]) == [
        "Y", None, "N", "N", "something new",
    ]  # fmt: skip
    assert "regexp" not in text


def test_more_motives_than_can_be_looked_at_are_counted() -> None:
    values = [f"Racist, kind {chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(75)] * 2
    text = column_draft("Bias", values)
    assert len(feeds(text)["incident"]["columns"]["hate_race"]["map"]) == 60 + 1
    assert "and 15 more: see the file" in text


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Hate flag set by", ["Jane Example", "John Example"] * 30),
        ("Hate notes", ["racist words to Mr Example", "spat at Mrs Example, faith"] * 30),
        (
            "Motivation",
            [f"Mr Example{n} said something racist on the way home from the shop with his son {n}" for n in range(60)],
        ),
        ("Bias", [f"reported by {n}{n}{n}{n}{n} of Example street" for n in range(10, 70)]),
    ],
)
def test_names_and_free_text_are_no_motives(name: str, values: list[str]) -> None:
    assert "Example" not in column_draft(name, values)


@pytest.mark.parametrize("name", ["Race", "Ethnicity", "Religion", "Disability", "Sexual orientation", "Victim race"])
def test_what_the_victim_is_does_not_say_why(name: str) -> None:
    columns = feeds(column_draft(name, ["White", "Asian", "Gay", "Muslim", "Deaf"] * 4))["incident"]["columns"]
    assert not [column for column in columns if column.startswith("hate_")]


@pytest.mark.parametrize(
    ("name", "strand"),
    [("Race", "race"), ("Religion", "religion"), ("Disability", "disability"), ("Trans", "transgender")],
)
def test_yes_and_no_under_the_name_of_a_strand_say_why(name: str, strand: str) -> None:
    columns = feeds(column_draft(name, ["Yes", "No"] * 4))["incident"]["columns"]
    assert columns[f"hate_{strand}"] == {"column": name, "map": {"Yes": "Y", "No": "N"}}


def test_a_strand_told_as_a_text_is_y_where_the_text_says_something(tmp_path: Path) -> None:
    values = ["Black", "NA", "", "None", "South Asian", "no"]
    text = column_draft("RACE_BIAS", values * 2)
    assert '"Black" = "Y"  # 2' in text
    # An empty cell, or a text that means empty, says that there is no such motive.
    assert told(text, tmp_path, "race", "RACE_BIAS", values) == ["Y", "N", "N", "N", "Y", "N"]


def test_a_motive_in_two_columns_lists_the_texts_of_both() -> None:
    duckdb = pytest.importorskip("duckdb")
    text = column_draft("Race bias", ["Black", "", "NA"] * 3, ("Ethnicity bias", ["", "Roma", "None"] * 3))
    expression = feeds(text)["incident"]["columns"]["hate_race"]["expression"]
    rows = "('Black', NULL), (NULL, 'Roma'), ('NA', 'None')"
    found = duckdb.sql(f'SELECT {expression} FROM (VALUES {rows}) t("Race bias", "Ethnicity bias")').fetchall()
    assert [row[0] for row in found] == ["Y", "Y", "N"]
    assert '"Black" 3,' in text and '"Roma" 3,' in text


def test_a_motive_beyond_the_strands_is_pointed_out() -> None:
    text = column_draft("Race bias", ["Yes", "No"] * 3, ("Age bias", ["Yes", "No"] * 3))
    assert '"Age bias": "No" 3, "Yes" 3,' in text.rpartition("map them to hate_local")[2]


def test_rows_of_other_crime_are_proposed_to_be_out_of_scope() -> None:
    duckdb = pytest.importorskip("duckdb")
    text = column_draft("Hate Crime Flag", ["Y", "N", "N", ""])
    proposed = next(line for line in text.splitlines() if line.startswith("# where = "))
    where = tomllib.loads(proposed.removeprefix("# "))["where"]
    found = duckdb.sql(
        f"SELECT coalesce({where}, false) FROM (VALUES ('Y'), ('N'), (NULL)) t(\"Hate Crime Flag\")"
    ).fetchall()
    assert [row[0] for row in found] == [True, False, False]
    assert "3 of the rows looked at are no hate crime" in text
    assert not [name for name in feeds(text)["incident"]["columns"] if name.startswith("hate_")]


def test_all_rows_of_hate_crime_need_no_scope() -> None:
    assert "no hate crime" not in column_draft("Hate Crime Flag", ["Y", "Y"])


def test_the_age_is_worked_out_from_a_date_of_birth(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    text = column_draft(
        "Date reported", ["14/03/2024 10:00", "15/03/2024"] * 2, ("Victim DOB", ["15/03/1980", "15/03/1980"] * 2)
    )
    rule = loaded(with_required(text), tmp_path, "s").feeds[0].columns["victim_age"]
    found = duckdb.sql(
        f"SELECT {rule.expression} FROM (VALUES ('14/03/2024 10:00', '15/03/1980'), ('15/03/2024', '15/03/1980'), (NULL, 'x')) "
        't("Date reported", "Victim DOB")'
    ).fetchall()
    assert [row[0] for row in found] == [43, 44, None]
    assert "1980" not in text


def test_an_age_in_the_file_is_taken_before_a_date_of_birth() -> None:
    text = column_draft("Date reported", ["14/03/2024"], ("Victim DOB", ["15/03/1980"]), ("Victim Age", ["43"]))
    assert feeds(text)["incident"]["columns"]["victim_age"] == "Victim Age"
    assert '"Victim DOB"' in text.rpartition("nothing above uses")[2]


def test_a_reference_on_several_rows_is_pointed_out() -> None:
    columns = [("Incident No", ["A", "A", "A", "B"]), ("Date reported", ["14/03/2024"] * 4)]
    rows = [list(row) for row in zip(*(values for _, values in columns), strict=True)]
    text = draft_mapping([name for name, _ in columns], rows, source="s", file_name="x.csv", extract="incident")
    assert "2 rows have the reference of another row" in text
    assert "# one_row_per" in text and "# one_row_per" not in column_draft("Date reported", ["14/03/2024"] * 4)


def test_the_proposal_to_roll_up_is_a_valid_one(tmp_path: Path) -> None:
    """No motive is lost in it, and the date of a status comes from the status's own row."""
    rows = [["R1", "2024-03-14", "Racist", status, "2024-03-15"] for status in ("Live", "Cancelled")]
    names = ["Incident No", "Date reported", "Hate type", "Status", "Date of status"]
    text = draft_mapping(names, rows, source="s", file_name="x.csv", extract="incident")
    freed = re.sub(r"^# (?=one_row_per|roll_up)", "", with_required(text), flags=re.M)
    feed = loaded(freed.replace('force = "Occurrence No"', 'force = { constant = "durham" }'), tmp_path, "s").feeds[0]
    assert feed.one_row_per == ("force", "incident_id")
    assert feed.roll_up["hate_race"].order == ("y", "n") and feed.roll_up["status_date"].by == "record_status"


SUSPECTS = {
    "Crime No": ["C1", "C1", "C2"],
    "Reported": ["14/03/2024"] * 3,
    "Hate type": ["Racist"] * 3,
    "Suspect": ["S1", "S2", ""],
    "Arrested": ["15/03/2024", "", ""],
    "Supports": ["Yes", "No", "No"],
    "Result": ["Charged", "Community resolution", ""],
    "Result date": ["20/03/2024", "21/03/2024", ""],
}


def suspects_draft(**changes: list[str]) -> dict[str, dict]:
    columns = SUSPECTS | {name.replace("_", " "): values for name, values in changes.items()}
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return feeds(draft_mapping(list(columns), rows, source="s", file_name="x.csv"))


def test_a_row_per_suspect_with_a_crimes_reference_alone_feeds_incident_and_investigation() -> None:
    drafted = suspects_draft()
    assert list(drafted) == ["incident", "investigation"]
    assert drafted["incident"]["columns"]["incident_id"] == drafted["incident"]["columns"]["crime_ref"] == "Crime No"
    assert drafted["investigation"]["columns"] == {
        "crime_ref": "Crime No",
        "suspect_id": "Suspect",
        "suspect_identified_date": "Arrested",
        "victim_support": {"column": "Supports", "map": {"No": "does_not_support", "Yes": "supports"}},
        "outcome_code": {"column": "Result", "map": {"Charged": "1", "Community resolution": "8"}},
        "outcome_date": "Result date",
    }


def test_crimes_without_a_motive_are_no_second_extract() -> None:
    columns = {name: values for name, values in SUSPECTS.items() if name != "Hate type"}
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    assert list(feeds(draft_mapping(list(columns), rows, source="s", file_name="outcomes.csv"))) == ["investigation"]


def test_a_result_of_the_court_is_no_outcome_of_the_police() -> None:
    court = suspects_draft(Result=["Guilty plea", "Acquitted", ""])["investigation"]["columns"]
    assert not {"outcome_code", "outcome_date"} & set(court)
    columns = {"URN": ["10AB1"] * 3, "Defendant ID": ["D1", "D2", "D3"], **SUSPECTS}
    columns |= {"Result": ["Guilty plea", "Acquitted", "Guilty plea"]}
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    drafted = feeds(draft_mapping(list(columns), rows, source="s", file_name="x.csv"))
    assert drafted["cps"]["columns"]["finalised_date"] == "Result date"
    assert drafted["cps"]["columns"]["prosecution_outcome"]["column"] == "Result"


def test_outcomes_of_police_and_courts_in_one_column_are_not_lost() -> None:
    drafted = suspects_draft(Result=["Charged", "Acquitted", "Guilty plea"])["investigation"]["columns"]
    assert "Result" in str(drafted["outcome_code"]) and drafted["outcome_date"] == "Result date"


def test_the_day_of_a_court_result_is_no_day_of_an_outcome() -> None:
    columns = {name.replace("Result", "Court result"): values for name, values in SUSPECTS.items()}
    columns["Court result"] = ["Guilty plea", "Acquitted", ""]
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    drafted = feeds(draft_mapping(list(columns), rows, source="s", file_name="x.csv", extract="investigation"))
    assert not {"outcome_code", "outcome_date"} & set(drafted["investigation"]["columns"])


@pytest.mark.parametrize("name", ["Suspect sex", "Suspect ethnicity", "Accused status", "Defendant nationality"])
def test_what_is_said_of_a_suspect_is_no_suspect(name: str) -> None:
    values = [f"text {n}" for n in range(50)]
    for extract, column in (("investigation", "suspect_id"), ("cps", "defendant_id")):
        assert column not in feeds(column_draft(name, values, extract=extract))[extract]["columns"]


@pytest.mark.parametrize("name", ["Suspect", "Accused", "Offender"])
def test_yes_and_no_under_suspect_say_only_that_there_is_one(name: str) -> None:
    columns = feeds(column_draft(name, ["Yes", "No"], extract="investigation"))["investigation"]["columns"]
    assert "Incident No" in columns["suspect_id"]["expression"]


def test_the_day_of_a_report_is_no_day_of_an_outcome() -> None:
    text = column_draft("Date reported", ["14/03/2024"], extract="investigation")
    assert "outcome_date" not in feeds(text)["investigation"]["columns"]


@pytest.mark.parametrize("values", [["Takeaway", "Taxi", "Dwelling"] * 4, ["Takeaway", "Dwelling", "Dwelling"]])
def test_premises_that_are_a_list_of_kinds_are_the_type_of_business(values: list[str]) -> None:
    text = column_draft("Premises", values)
    columns = feeds(text)["incident"]["columns"]
    assert "premises_id" not in columns and "Premises" in str(columns["business_type"])
    if len(values) > 3:
        assert columns["business_type"]["map"] == {"Dwelling": "", "Takeaway": "takeaway", "Taxi": "taxi_private_hire"}
        assert '"Dwelling" = ""  # choose' in text


@pytest.mark.parametrize("values", [["P-101", "P-102", "P-101"] * 4, ["100021", "100022", "100023"]])
def test_premises_that_are_references_are_pseudonyms(values: list[str]) -> None:
    columns = feeds(column_draft("Premises", values))["incident"]["columns"]
    assert columns["premises_id"] == "Premises" and "business_type" not in columns


@pytest.mark.parametrize(
    ("name", "column", "extract"),
    [
        ("Victim ref", "victim_id", "incident"),
        ("Premises ref", "premises_id", "incident"),
        ("Suspect ref", "suspect_id", "investigation"),
        ("ASN", "asn", "investigation"),
        ("Defendant ref", "defendant_id", "cps"),
    ],
)
def test_a_few_texts_again_and_again_identify_nobody(name: str, column: str, extract: str) -> None:
    texts = column_draft(name, ["Known", "Unknown", "Declined"] * 4, extract=extract)
    assert column not in feeds(texts)[extract]["columns"]
    for values in (["S1", "S2", "S3"] * 4, [f"Text {chr(97 + n)}" for n in range(12)]):
        assert feeds(column_draft(name, values, extract=extract))[extract]["columns"][column] == name


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
        ("hate_2025-03_part1.csv", "hate_*", "%Y-%m", True),
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


@pytest.mark.parametrize(
    ("file_name", "glob", "next_name"),
    [
        ("Hate Returns 4.3.25.csv", "Hate Returns *", "Hate Returns 14.11.25.csv"),
        ("hate_1-12-2025_final.csv", "hate_*_final*", "hate_31-1-2026_final.csv"),
        ("hate 3rd March 2025.xlsx", "hate *", "hate 22nd April 2025.xlsx"),
        ("hate 4 May 2025.csv", "hate *", "hate 14 December 2025.csv"),
        ("hate March 2025.csv", "hate *", "hate April 2025.csv"),
        ("hate_March 4, 2025.csv", "hate_*", "hate_April 14, 2025.csv"),
        ("hate_Mar-25.csv", "hate_*", "hate_Sept-25.csv"),
        ("hate_2025-2.csv", "hate_*", "hate_2025-11.csv"),
        ("hate_02-2025.csv", "hate_*", "hate_11-2025.csv"),
        ("hate 1.4.24 to 4.3.25.csv", "hate * to *", "hate 1.4.24 to 14.11.25.csv"),
        ("hate_20250331T0915.csv", "hate_*", "hate_20250430T1020.csv"),
        ("hate\u201328\u201302\u20132025.csv", "hate\u2013*", "hate\u201331\u201303\u20132025.csv"),
        ("\ufb02ag 4.3.25.csv", "\ufb02ag *", "\ufb02ag 14.3.25.csv"),
        ("hate 4.3.25 pt 1 of 2.csv", "hate *", "hate 14.3.25 pt 2 of 3.csv"),
        ("4.3.25.csv", "[0-9]*.[0-9]*.[0-9]*", "14.11.25.csv"),
        ("March 2025.csv", "???* [0-9][0-9][0-9][0-9]*", "September 2025.csv"),
    ],
)
def test_the_next_file_fits_whatever_form_of_day_the_name_has(
    file_name: str, glob: str, next_name: str, tmp_path: Path
) -> None:
    text = rms_draft(file_name=file_name)
    feed = loaded(text, tmp_path).feeds[0]
    assert feeds(text)["incident"]["files"] == [glob]
    assert feed.specificity(file_name) and feed.specificity(next_name) and not feed.specificity("hate.csv")


@pytest.mark.parametrize("name", ["hate_v1.2.25.csv", "hate_2025.csv", "hate_31-02-2025.csv", "hate_CR-2024-1234.csv"])
def test_figures_that_are_no_day_stay_in_the_name(name: str) -> None:
    assert feeds(rms_draft(file_name=name))["incident"]["files"] == [name.removesuffix(".csv") + "*"]


@pytest.mark.parametrize("name", ["hate 4.3.25.csv", "hate 4 May 2025.csv", "hate May 4, 2025.csv", "hate 3-2025.csv"])
def test_a_day_that_the_draft_cannot_write_as_a_format_says_nothing_of_how_far_the_data_reach(name: str) -> None:
    assert "covers_to" not in feeds(rms_draft(file_name=name))["incident"]


@pytest.mark.parametrize(
    ("names", "is_joined"),
    [
        (("hate_2025-03_part1.csv", "hate_2025-03_part2.csv"), True),
        (("hate_2025-03_part1.csv", "hate_2025-04_part1.csv"), False),
        (("hate crime 2025-03 pt 1 of 2.xlsx", "hate crime 2025-03 pt 2 of 2.xlsx"), True),
        (("hate_2025-03.csv", "hate_2025-03_b.csv"), False),
        (("department5.csv", "department6.csv"), False),
    ],
)
def test_parts_of_one_delivery_are_joined(names: tuple[str, str], is_joined: bool, tmp_path: Path) -> None:
    feed = loaded(rms_draft(file_name=names[0]), tmp_path).feeds[0]
    assert (delivery_of(Path(names[0]), feed) == delivery_of(Path(names[1]), feed)) == is_joined


@pytest.mark.parametrize("header", ["Motive", "Hate motive", "BIAS", "Motivation"])
def test_a_column_of_motives_is_known_by_many_names(header: str, tmp_path: Path) -> None:
    text = column_draft(header, ["Racist", "Homophobic", "Racist", "Faith"] * 5)
    found = zip(*(told(text, tmp_path, strand, header, ["Racist", "Faith"]) for strand in STRANDS), strict=True)
    assert ["".join(filter(None, row)) for row in found] == ["YNNNN", "NYNNN"]


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


CPS_COLUMNS = {
    "URN": "10AB1",
    "Defendant ID": "D1",
    "Charging decision": "Charged",
    "Date of decision": "21/03/2024",
    "Court result": "Guilty",
}


def flat(*lacking: str) -> str:
    """A police table with CPS columns beside, but for those named; every second row has none of it."""
    header, rows = rms_table()
    more = {name: value for name, value in CPS_COLUMNS.items() if name not in lacking}
    table = [[*row, *(value if n % 2 else "" for value in more.values())] for n, row in enumerate(rows)]
    return draft_mapping([*header, *more], table, source="rms", file_name="export.csv")


def test_cps_columns_in_a_police_file_make_a_third_feed(tmp_path: Path) -> None:
    text = flat()
    drafted = feeds(text)
    assert list(drafted) == ["incident", "investigation", "cps"]
    assert set(drafted["cps"]["columns"]) == {
        "urn",
        "defendant_id",
        "force",
        "police_crime_ref",
        "decision",
        "decision_date",
        "prosecution_outcome",
    }
    assert "# received_date = " in text
    assert drafted["cps"]["where"] == '"URN" is not null and "Defendant ID" is not null'
    assert drafted["investigation"]["columns"]["outcome_date"] == "Outcome Date"
    assert [feed.extract for feed in loaded(with_required(text), tmp_path).feeds] == list(drafted)


@pytest.mark.parametrize("lacking", ["URN", "Defendant ID"])
def test_no_cps_feed_without_its_reference_or_a_defendant(lacking: str) -> None:
    assert list(feeds(flat(lacking))) == ["incident", "investigation"]
    header = [name for name in CPS_COLUMNS if name != lacking]
    assert "cps" not in feeds(draft_mapping(header, [["x"] * len(header)] * 3, source="s", file_name="cps_export.csv"))


def test_a_urn_and_a_suspect_alone_are_no_cps_file() -> None:
    assert list(feeds(flat("Defendant ID", "Charging decision", "Date of decision", "Court result"))) == [
        "incident",
        "investigation",
    ]


def test_a_column_that_was_found_and_is_not_used_after_all_is_named() -> None:
    """A date of birth without a day of the report makes no age, and the day of the extract gives way to the file's name."""
    columns = {
        "Occurrence Ref": "R1",
        "Hate Motivation": "Racist",
        "Vic DOB": "01/02/1980",
        "Extract Date": "31/03/2025",
        "Race": "Y",
    }
    text = draft_mapping(
        list(columns), [list(columns.values())] * 3, source="s", file_name="hate_2025-03.csv", extract="incident"
    )
    unused = text.rpartition("nothing above uses")[2]
    assert all(f'"{name}"' in unused for name in ("Vic DOB", "Extract Date")) and "Hate Motivation" not in unused


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


KNOWN = ["incidentno", "datereported", "hatetype"]


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ([["Incident No", "Date reported", "Hate type"], ["A", "B", "C"]], 1),
        ([["sep=;"], ["Incident No", "Date reported", "Hate type"]], 2),
        (
            [
                ["Monthly return"],
                [],
                ["By", "somebody"],
                ["Incident No", "Date reported", "Hate type"],
                ["1", "2", "3"],
            ],
            4,
        ),
        ([["Our ref", "Day", "Kind"], ["Incident No", "Date reported", "x"]], 2),
        ([["Our ref", "Day", "Kind"], ["1", "2", "3"]], 1),
        ([["Incident No", "Day", "Kind"], ["Incident No", "Date reported", "Hate type"]], 1),
        ([[]], 1),
    ],
)
def test_the_header_is_the_first_wide_row_with_known_names(rows: list[list[str]], row: int) -> None:
    assert find_header(rows, KNOWN)[0] == row


def test_a_header_that_stands_lower_is_found_and_drafted(tmp_path: Path) -> None:
    path = tmp_path / "hate.csv"
    path.write_bytes(
        "Hate crime, monthly\r\n\r\nIncident No;Date reported;Force\r\nA1;1 May 2024;Durham\r\n".encode("utf-16")
    )
    place = find_place(path, None)
    assert place.lines == ["header_row = 3"]
    assert "".join(words_of("Incident No")) in header_names()


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["Read me"])
    data = book.create_sheet('Data "2024"')
    for row in (["Monthly return"], [], ["Incident No", "Date reported"], ["A1", "2024-05-01"]):
        data.append(row)
    book.create_sheet("More").append(["Incident No", "Date reported"])
    book.create_sheet("Lookup").sheet_state = "hidden"
    book.save(path)
    return path


def test_the_sheet_with_known_names_is_drafted_and_the_others_are_named(tmp_path: Path) -> None:
    place = find_place(workbook(tmp_path / "hate.xlsx"), None)
    assert tomllib.loads("\n".join(place.lines)) == {"sheet": 'Data "2024"', "header_row": 3}
    assert "Notes, More, Lookup (hidden)" in place.told[0] and "row 3" in place.told[1]
    assert find_place(tmp_path / "hate.xlsx", "More").lines == ['sheet = "More"']


def test_sheets_with_the_same_columns_are_drafted_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = workbook(tmp_path / "hate 2024.xlsx")
    book = openpyxl.load_workbook(path)
    book["More"].append(["A2", "2024-05-02"])
    book.save(path)
    place = find_place(path, None)
    assert tomllib.loads("\n".join(place.lines)) == {"sheet": "*"}
    assert place.told == [
        'Sheets with the same columns, drafted as one: Data "2024", More. '
        "Not drafted: Notes, Lookup (hidden); draft one with --sheet NAME."
    ]
    out = tmp_path / "rms.toml"
    assert main(["map", str(path), "--source", "rms", "--out", str(out)]) == 0
    out.write_text(with_required(out.read_text(encoding="utf-8")), encoding="utf-8")
    assert f'attrition check "{path}" --sources {tmp_path}' in capsys.readouterr().out
    assert main(["check", str(path), "--sources", str(tmp_path), "--now", "2024-06-01"]) == 0
    assert "2 rows read, 2 accepted" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "said"), [("hate.xlsx", "hidden: Lookup"), ("hate.csv", "has no sheets")])
def test_a_sheet_that_is_not_there_is_refused(name: str, said: str, tmp_path: Path) -> None:
    workbook(tmp_path / "hate.xlsx")
    (tmp_path / "hate.csv").write_text("Incident No\nA\n", encoding="utf-8")
    with pytest.raises(UsageFault, match=said):
        find_place(tmp_path / name, "Nope")


def test_map_says_what_is_left_to_do_and_its_draft_can_be_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = workbook(tmp_path / "hate.xlsx"), tmp_path / "rms.toml"
    assert main(["map", str(path), "--source", "rms", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "missing, without them no row counts: force, incident_class" in printed
    assert "no column tells the motive" in printed
    assert f"attrition check {path} --sources {tmp_path}" in printed
    out.write_text(with_required(out.read_text(encoding="utf-8")), encoding="utf-8")
    assert main(["check", str(path), "--sources", str(tmp_path), "--now", "2024-06-01"]) == 0
    assert "1 rows read, 1 accepted" in capsys.readouterr().out


def test_map_alone_prints_the_draft_and_nothing_else_on_the_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "incident_2025.csv"
    path.write_text("force,incident_id,incident_class,reported_date\ndurham,A,non_crime,2025-01-01\n", encoding="utf-8")
    assert main(["map", str(path)]) == 0
    printed = capsys.readouterr()
    assert feeds(printed.out)["incident"]["columns"]["force"] == "force"
    assert "The mapping contract reads this file as incident already" in printed.err


def test_what_is_to_decide_is_counted_from_the_draft() -> None:
    text = rms_draft()
    lines = "\n".join(summary(text))
    assert "business_type 1" in lines
    # Filed.
    assert "outcome_code 1" in lines
    doubtful = column_draft("Date reported", ["01/02/2024", "03/04/2024"])
    assert "day or month first (ask the supplier, else months and days are exchanged): reported_date" in "\n".join(
        summary(doubtful)
    )


def test_a_guess_is_named_beside_a_doubtful_order() -> None:
    lines = summary(column_draft("Hearing day", ["01/02/2024", "03/04/2024"]))
    assert any("day or month first" in line and line.endswith("reported_date") for line in lines)
    assert any(line.startswith("  to look at") and "reported_date" in line for line in lines)


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
    assert feed.one_row_per == ("force", "crime_ref", "suspect_id", "outcome_code", "outcome_date")
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
