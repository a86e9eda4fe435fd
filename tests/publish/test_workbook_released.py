"""The workbook of the board and public tiers: every figure is that of the protected tables, and nothing hidden shows."""

import csv
import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from protected_tables import made_up
from workbook_files import Files, cells_of_model, files_of, table_of_model, texts_of_model
from workbook_reading import table_of, texts_of

from attrition.publish.publication import Publication
from attrition.publish.workbook import workbook_of

REFERENCE = Path(__file__).resolve().parents[2] / "data" / "reference"
Row = dict[str, Any]
STAGES = {
    "reported": "Reported",
    "recorded": "Recorded as a crime",
    "suspect_identified": "Suspect identified",
    "referred": "Referred to the CPS",
    "charged": "Charged",
    "prosecuted": "Prosecuted",
    "convicted": "Convicted",
}
COUNTS = {
    "entered": "Reached this stage",
    "progressed": "Went on to the next",
    "open": "Still open here",
    "resolved": "Ended another way",
    "lost": "Lost here",
}


def rows_of(publication: Publication, table: str) -> list[Row]:
    from pyarrow import parquet

    rows: list[Row] = parquet.read_table(publication.tables / f"{table}.parquet").to_pylist()
    return rows


def rewritten(publication: Publication, table: str, change: Callable[[list[Row]], list[Row]]) -> None:
    """Changes a table where it stands."""
    import pyarrow as pa
    from pyarrow import parquet

    file = publication.tables / f"{table}.parquet"
    schema = parquet.read_table(file).schema
    parquet.write_table(pa.Table.from_pylist(change(rows_of(publication, table)), schema=schema), file)


def want(row: Row, name: str) -> Any:
    return f"[{row[f'{name}_mark']}]" if row[f"{name}_mark"] else row[name]


@pytest.fixture(params=("board", "public"))
def released(request: pytest.FixtureRequest, all_files: dict[str, Files]) -> Files:
    return all_files[request.param]


@pytest.fixture(scope="module")
def opened() -> dict[str, Any]:
    """Workbooks that openpyxl has read, by name."""
    return {}


@pytest.fixture
def book(released: Files, opened: dict[str, Any]) -> Any:
    if released.xlsx.name not in opened:
        opened[released.xlsx.name] = openpyxl.load_workbook(released.xlsx)
    return opened[released.xlsx.name]


def test_the_headline_is_of_all_cases_of_the_latest_year(released: Files, book: Any) -> None:
    assert "2024/25" in book["Headline"]["A1"].value
    stated = {
        row["stage"]: row
        for row in rows_of(released.publication, "funnel")
        if (row["breakdown"], row["period"]) == ("all", "2024/25")
    }
    shown = table_of(book["Headline"])
    assert [row["Stage"] for row in shown] == list(STAGES.values())
    for row, stage in zip(shown[:-1], STAGES, strict=False):
        for name, heading in COUNTS.items():
            assert row[heading] == want(stated[stage], name), (stage, name)
        for name, heading in (("rate_of_recorded", "Reached, % of recorded"), ("step_rate_max", "Went on: at most")):
            if stage != "reported":
                assert row[heading] == (
                    want(stated[stage], name) if isinstance(row[heading], str) else pytest.approx(stated[stage][name])
                )
    assert shown[-1]["Went on: so far"] == shown[-1]["Still open here"] == "[z]"


def test_a_rate_so_far_never_stands_without_the_most_it_can_become(book: Any) -> None:
    seen = 0
    for name in ("Headline", "All figures", "Uplift", "Steps by strand", "Steps by business"):
        for row in table_of(book[name]):
            for heading, cell in row.items():
                if heading.endswith(": so far") and isinstance(cell, float):
                    assert isinstance(row[heading.replace("so far", "at most")], float), (name, heading)
                    seen += 1
    assert seen > 100


def test_all_figures_are_those_of_the_table(released: Files, book: Any) -> None:
    funnel = rows_of(released.publication, "funnel")
    wanted = [row for row in funnel if not (row["breakdown"] == "strand" and row["stage"] == "uplifted")]
    shown = table_of(book["All figures"])
    assert len(shown) == len(wanted)
    found = {(row["Period"], row["Breakdown"], row["Group"], row["Stage"]): row for row in shown}
    assert len(found) == len(shown)
    labels = {"all": "All cases", "strand": "Hate strand", "business_type": "Business type"}
    with (REFERENCE / "code_list.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["code"]: row["label"] for row in csv.DictReader(file) if row["list"] == "business_type"}
    for row in wanted:
        group = {"all": "All cases", **listed}.get(row["group"], row["group"].replace("_", " ").capitalize())
        one = found[row["period"], labels[row["breakdown"]], group, STAGES.get(row["stage"], "Sentence uplifted")]
        assert one["Reached this stage"] == want(row, "entered")
        if row["stage"] not in ("uplifted", "convicted"):
            assert all(one[heading] == want(row, name) for name, heading in COUNTS.items())


def test_groups_show_the_counts_of_their_year(released: Files, book: Any) -> None:
    funnel = {(row["period"], row["group"], row["stage"]): row for row in rows_of(released.publication, "funnel")}
    for row in table_of(book["By strand"]):
        group = "all" if row["Hate strand"] == "All cases" else row["Hate strand"].lower().replace(" ", "_")
        for stage, heading in STAGES.items():
            assert row[heading] == want(funnel[row["Financial year"], group, stage], "entered")
    assert len(table_of(book["By strand"])) == 2 * 6
    assert len(table_of(book["By strand, quarters"])) == 8 * 6
    assert "do not add the rows" in texts_of(book["By strand"])


def test_at_most_is_worked_out_from_shown_counts_or_is_hidden(released: Files, book: Any) -> None:
    funnel = {(row["period"], row["group"], row["stage"]): row for row in rows_of(released.publication, "funnel")}
    numbers = hidden = 0
    for row in table_of(book["By business"]):
        group = "all" if row["Business type"] == "All cases" else ""
        if not group:
            continue
        cells = [
            want(funnel[row["Financial year"], group, stage], "open")
            for stage in ("recorded", "suspect_identified", "referred")
        ]
        cells += [want(funnel[row["Financial year"], group, "charged"], "entered")]
        if all(isinstance(cell, int) for cell in cells):
            recorded = want(funnel[row["Financial year"], group, "recorded"], "entered")
            assert row["Charged, % of recorded: at most"] == pytest.approx(sum(cells) / recorded)
            numbers += 1
        else:
            assert row["Charged, % of recorded: at most"] == "[c]"
            hidden += 1
    assert numbers + hidden == 2


def test_no_hidden_figure_shows(released: Files) -> None:
    """Tables whose hidden figures carry telling numbers behind their marks would betray a sheet that reads past a mark."""
    publication = released.publication
    marks = sum(1 for row in rows_of(publication, "funnel") for name in COUNTS if row[f"{name}_mark"] == "c")
    assert marks > 20
    cells = cells_of_model(released.workbook)["All figures"]
    uplift_of_strands = sum(
        1
        for row in rows_of(publication, "funnel")
        for name in COUNTS
        if row[f"{name}_mark"] == "c"
        and row["breakdown"] == "strand"
        and (row["stage"] == "uplifted" or (row["stage"] == "convicted" and name != "entered"))
    )
    uplifted = sum(
        1
        for row in rows_of(publication, "funnel")
        for name in COUNTS
        if row[f"{name}_mark"] == "c"
        and row["breakdown"] != "strand"
        and row["stage"] == "uplifted"
        and name != "entered"
    )
    first = next(at for at, row in enumerate(cells) if row[0].startswith("Kind of period")) + 1
    assert sum(cell == "[c]" for row in cells[first:] for cell in row[5:10]) == marks - uplift_of_strands - uplifted


def test_a_number_behind_a_mark_is_never_read(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")

    def betraying(rows: list[Row]) -> list[Row]:
        for row in rows:
            for name in [key.removesuffix("_mark") for key in row if key.endswith("_mark")]:
                if row[f"{name}_mark"] == "c":
                    is_rate = "rate" in name
                    row[name] = 0.987654 if is_rate else 987654
                    if is_rate and f"{name}_lower" in row:
                        row[f"{name}_lower"] = row[f"{name}_upper"] = 0.987654
        return rows

    for table in ("funnel", "reasons", "changes"):
        rewritten(publication, table, betraying)
    cells = cells_of_model(workbook_of(publication))
    assert not [cell for rows in cells.values() for row in rows for cell in row if cell in (987654, 0.987654)]
    assert not [
        cell
        for rows in cells.values()
        for row in rows
        for cell in row
        if isinstance(cell, float) and abs(cell) > 500000
    ]


def test_reasons_weeks_ages_changes_and_feeds_are_those_of_their_tables(released: Files, book: Any) -> None:
    publication = released.publication
    why = table_of(book["Why cases stopped"])
    of_all = [row for row in rows_of(publication, "reasons") if row["breakdown"] == "all"]
    assert sorted(map(str, (row["Cases"] for row in why))) == sorted(str(want(row, "count")) for row in of_all)
    race = [row["Race"] for row in table_of(book["Reasons by strand"])]
    stated = [want(row, "count") for row in rows_of(publication, "reasons") if row["group"] == "race"]
    assert sorted(map(str, race)) == sorted(map(str, stated))
    weeks = [tuple(row.values())[-3:] for row in table_of(book["Weeks to next stage"])]
    names = ("median_weeks", "p75_weeks", "p90_weeks")
    assert sorted(map(str, weeks)) == sorted(
        str(tuple(want(row, name) for name in names)) for row in rows_of(publication, "days")
    )
    assert "[low] low reliability: too few cases made the step." in texts_of(book["Weeks to next stage"])
    ages = table_of(book["At the same age"])
    assert [row for row in ages if row["Usable from"] != "Now" and row["Reached by that day"] != "[x]"] == []
    assert sum(row["Usable from"] == "2025-12-26" for row in ages) == 8
    assert len(ages) == len(rows_of(publication, "fixed_age"))
    assert len(table_of(book["By day"])) == len(rows_of(publication, "curves"))
    changes = {row["Stage"]: row for row in table_of(book["What changed"])}
    assert (changes["Charged"]["Before"], changes["Charged"]["Now"], changes["Charged"]["Difference"]) == (240, 262, 22)
    assert (changes["Sentence uplifted"]["Now"], changes["Sentence uplifted"]["Difference"]) == ("[c]", "[c]")
    feeds = {row["Extract"]: row for row in table_of(book["Feeds"])}
    assert (feeds["CPS cases"]["Reaches (day)"], feeds["CPS cases"]["Reaches far enough"]) == ("2025-02-28", "No")


def test_protection_is_explained(released: Files, book: Any) -> None:
    cover, notes = texts_of(book["Cover"]), texts_of(book["Notes"])
    for said in ("Small counts are hidden ([c])", "A 0 is shown", "Only quarters and financial years that have ended"):
        assert said in cover
    assert ("rounded to a multiple of 5" in cover) == (released.publication.tier == "public")
    for said in (
        "does not say which of the two",
        "Rates are divided from the counts as they are shown",
        "may be in several strands",
    ):
        assert said in notes
    for sheet in book.worksheets[3:]:
        assert "complementary" not in texts_of(sheet).lower()
        assert "primary" not in texts_of(sheet).lower()


def test_uplift_is_not_told_by_strand(book: Any) -> None:
    strands = [row for row in table_of(book["All figures"]) if row["Breakdown"] == "Hate strand"]
    assert strands
    assert "Sentence uplifted" not in {row["Stage"] for row in strands}
    assert {row["Went on to the next"] for row in strands if row["Stage"] == "Convicted"} == {"[z]"}
    for name in ("By strand", "Steps by strand", "By strand, quarters"):
        assert "uplift" not in " ".join(table_of(book[name])[0]).lower()


def test_stages_that_are_not_covered_have_no_rate(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    late = {"charged", "prosecuted", "convicted", "uplifted"}
    rewritten(
        publication,
        "funnel",
        lambda rows: [{**row, "covered": "N", "why": "no_feed"} if row["stage"] in late else row for row in rows],
    )
    book = workbook_of(publication)
    rows = {row["Stage"]: row for row in table_of_model(book, "Headline")}
    assert rows["Charged"]["Reached, % of recorded"] == rows["Referred to the CPS"]["Went on: so far"] == "[x]"
    assert isinstance(rows["Suspect identified"]["Went on: so far"], float)
    assert {row["Charged, % of recorded: so far"] for row in table_of_model(book, "By strand")} == {"[x]"}
    for name in ("Cover", "Headline", "By quarter"):
        assert (
            "Not covered: Charged, Prosecuted, Convicted, Sentence uplifted (no extract that could show it has come)."
            in texts_of_model(book, name)
        )


def test_a_period_that_lacks_months_of_incidents_is_marked(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    rewritten(
        publication,
        "funnel",
        lambda rows: [{**row, "covered": "N", "why": "gap"} if row["period"] == "2024/25 Q4" else row for row in rows],
    )
    book = workbook_of(publication)
    marked = [row["Quarter reported"] for row in table_of_model(book, "By quarter")]
    assert [label for label in marked if "months missing" in label] == ["2024/25 Q4 (months missing)"]
    assert "an incident extract lacks whole months" in texts_of_model(book, "By quarter")


def test_days_of_counting_stand_in_a_column_where_they_differ(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    earlier = dt.date(2024, 12, 31)
    rewritten(
        publication,
        "funnel",
        lambda rows: [{**row, "as_at": earlier} if row["period"].startswith("2023") else row for row in rows],
    )
    book = workbook_of(publication)
    counted = {row["Financial year reported"]: row["Counted as at"] for row in table_of_model(book, "By year")}
    assert counted == {"2023/24": "2024-12-31", "2024/25": "2025-03-31"}
    assert {
        row["Counted as at"] for row in table_of_model(book, "By strand") if row["Financial year"] == "2023/24"
    } == {"2024-12-31"}
    # Of the headline there is one year, so one day.
    assert "Counted as at 31 March 2025." in texts_of_model(book, "Headline")
    assert "Counted as at" not in table_of_model(book, "Headline")[0]


def test_neither_a_row_that_is_left_out_nor_a_cell_without_a_reason_counts_0(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    rewritten(
        publication,
        "funnel",
        lambda rows: [row for row in rows if row["group"] != "transgender" or row["stage"] in ("reported", "recorded")],
    )

    def without_reason(rows: list[Row]) -> list[Row]:
        return [{**row, "entered": None, "entered_mark": ""} if row["group"] == "religion" else row for row in rows]

    rewritten(publication, "funnel", without_reason)
    rows = table_of_model(workbook_of(publication), "By strand")
    transgender = [row for row in rows if row["Hate strand"] == "Transgender"]
    assert {(row["Charged"], row["Convicted"]) for row in transgender} == {("[x]", "[x]")}
    assert all(row["Reported"] == 135 for row in transgender)
    assert {row["Charged"] for row in rows if row["Hate strand"] == "Religion"} == {"[x]"}


def test_the_cross_of_strand_and_business_shows_what_is_there(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    draw = random.Random(3)

    def crossed(rows: list[Row]) -> list[Row]:
        more = []
        for row in rows:
            if row["group"] == "race" and row["period_kind"] == "financial_year":
                states = dict.fromkeys(("progressed", "open", "resolved", "lost", "completed"))
                marks = {f"{name}_mark": "x" for name in states}
                rates = {name: None for name in row if "rate" in name and not name.endswith("_mark")}
                no_rates = {name: "x" for name in row if "rate" in name and name.endswith("_mark")}
                entered = draw.randint(10, 90)
                more.append(
                    {
                        **row,
                        "breakdown": "strand*business_type",
                        "group": "race*takeaway",
                        **states,
                        **marks,
                        **rates,
                        **no_rates,
                        "entered": entered,
                        "entered_mark": "",
                    }
                )
                hidden = {**more[-1], "group": "race*licensed_premises", "entered": None, "entered_mark": "c"}
                more.append(hidden)
        return rows + more

    rewritten(publication, "funnel", crossed)
    book = workbook_of(publication)
    rows = table_of_model(book, "By strand and business")
    assert "By strand and business, quarters" not in [page.name for page in book.pages]
    takeaways = [row for row in rows if row["Business type"] == "Take-away"]
    assert len(takeaways) == 2
    assert all(isinstance(row["Charged"], int) for row in takeaways)
    assert {row["Charged, % of recorded: so far"] for row in takeaways} == {"[x]"}
    assert {row["Charged, % of recorded: at most"] for row in takeaways} == {"[x]"}
    hidden = [row for row in rows if row["Business type"] == "Licensed premises"]
    assert {row["Reported"] for row in hidden} == {"[c]"}


def test_tables_without_rows_give_sheets_that_say_so(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    for table in ("funnel", "reasons", "fixed_age", "days", "curves", "changes"):
        rewritten(publication, table, lambda _: [])
    written = files_of(publication, tmp_path)
    book = written.workbook
    for name in (
        "Headline",
        "By year",
        "Uplift",
        "Why cases stopped",
        "At the same age",
        "Weeks to next stage",
        "By day",
        "What changed",
        "All figures",
    ):
        first, *others = table_of_model(book, name)[0].values()
        assert (first, set(others)) == ("None", {"[z]"}), name
    assert "By strand" not in [page.name for page in book.pages]
    assert written.ods.stat().st_size > 5000
