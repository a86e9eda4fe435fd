"""The workbook: sheets, figures, types, shorthand and safety of what it shows, read back with openpyxl."""

import copy
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from workbook_reading import restricted, table_of, texts_of, written

from attrition.publish.workbook import write_workbooks
from attrition.publish.workbook_notes import NOTES
from attrition.publish.workbook_sheets import plain_text

Tables = dict[str, list[dict[str, Any]]]
SHEETS = [
    "Cover",
    "Contents",
    "Notes",
    "Headline",
    "By strand",
    "By ethnicity",
    "By business",
    "By strand and business",
    "Steps by strand",
    "Steps by ethnicity",
    "Steps by business",
    "By year",
    "By quarter",
    "At the same age",
    "Same age by group",
    "Recorded over time",
    "Milestones over time",
    "Why cases stopped",
    "Reasons by strand",
    "Reasons by ethnicity",
    "Reasons by business",
    "Victim withdrawal",
    "Ways",
    "Days to next stage",
    "Handover",
    "Handover days",
    "Differences",
    "Areas and units",
    "Uplift",
    "Positive outcomes",
    "Both sides",
    "Reconciliation",
    "Published figures",
    "All figures",
    "Feeds",
    "Load",
    "Findings",
    "Validation",
]


@pytest.fixture(scope="module")
def workbook(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return written(tables, tmp_path_factory.mktemp("workbook"))


@pytest.fixture(scope="module")
def late_workbook(late_tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return written(late_tables, tmp_path_factory.mktemp("late"), demo=True)


def test_sheets_in_order_each_with_one_table(workbook: Any) -> None:
    assert workbook.sheetnames == SHEETS
    for sheet in workbook.worksheets[1:]:
        assert len(sheet.tables) == 1, sheet.title
        assert not sheet.merged_cells.ranges
        assert sheet.freeze_panes
        assert sheet["A1"].value
        assert "Unit: " in sheet["A2"].value
        assert sheet["A3"].value.startswith("Tier: restricted. OFFICIAL-SENSITIVE: ")
    assert not workbook["Cover"].merged_cells.ranges


def test_headline_equals_the_table(workbook: Any, published_tables: Tables) -> None:
    stated = sorted(
        (row for row in published_tables["funnel"] if row["breakdown"] == "all"),
        key=lambda row: row["stage_order"],
    )
    shown = table_of(workbook["Headline"])
    assert len(shown) == 7
    for row, want in zip(shown, stated, strict=False):
        assert row["Reached this stage"] == want["entered"]
        assert isinstance(row["Reached this stage"], int)
        assert row["Crimes"] == want["crimes"]
        assert row["Covered by the feeds"] == "Yes"
        if want["stage"] == "convicted":
            assert row["Went on: so far"] == row["Went on: at most"] == row["Still open here"] == "[z]"
            continue
        assert row["Went on to the next"] == want["progressed"]
        assert row["Still open here"] == want["open"]
        assert row["Ended another way"] == want["resolved"]
        assert row["Lost here"] == want["lost"]
        assert row["Went on: so far"] == pytest.approx(want["step_rate"])
        assert row["Went on: at most"] == pytest.approx(want["step_rate_max"])
    assert shown[0]["Reached, % of recorded"] == "[z]"


def test_numbers_carry_their_formats(workbook: Any) -> None:
    sheet = workbook["Headline"]
    (area,) = [table.ref for table in sheet.tables.values()]
    first = sheet[area][1]
    assert first[1].number_format == "#,##0"
    assert first[6].number_format == "0.0%"
    assert first[0].data_type == "s"


@pytest.mark.parametrize(
    ("sheet", "breakdown", "head"),
    [("By strand", "strand", "Hate strand"), ("By ethnicity", "victim_ethnicity", "Victim ethnicity")],
)
def test_groups_show_how_many_reached_each_stage(
    workbook: Any, published_tables: Tables, sheet: str, breakdown: str, head: str
) -> None:
    counts = {
        (row["group"], row["stage"]): row["entered"]
        for row in published_tables["funnel"]
        if row["breakdown"] == breakdown
    }
    everything, *rows = table_of(workbook[sheet])
    assert everything[head] == "All cases"
    assert len(rows) == len({group for group, _ in counts})
    for row in rows:
        group = {"Other ethnic group": "other"}.get(row[head], row[head].lower().replace(" ", "_"))
        assert row["Reported"] == counts[group, "reported"]
        assert row["Convicted"] == counts.get((group, "convicted"), 0)


def test_groups_stand_in_the_order_of_the_lists_not_of_size(workbook: Any) -> None:
    assert [row["Hate strand"] for row in table_of(workbook["By strand"])][1:] == [
        "Race",
        "Religion",
        "Sexual orientation",
        "Disability",
        "Transgender",
    ]
    assert [row["Victim ethnicity"] for row in table_of(workbook["By ethnicity"])][-2:] == [
        "Not stated",
        "Unknown",
    ]


def test_at_most_counts_every_open_case_as_if_it_went_on(workbook: Any, published_tables: Tables) -> None:
    funnel = {row["stage"]: row for row in published_tables["funnel"] if row["breakdown"] == "all"}
    row = table_of(workbook["By strand"])[0]
    still_open = sum(funnel[stage]["open"] for stage in ("recorded", "suspect_identified", "referred"))
    recorded = funnel["recorded"]["entered"]
    assert row["Charged, % of recorded: so far"] == pytest.approx(funnel["charged"]["entered"] / recorded)
    assert row["Charged, % of recorded: at most"] == pytest.approx(
        (funnel["charged"]["entered"] + still_open) / recorded
    )


def test_every_rate_so_far_has_at_most_beside_it(workbook: Any) -> None:
    for sheet in workbook.worksheets[3:]:
        headings = list(table_of(sheet)[0])
        for at, heading in enumerate(headings):
            if heading.endswith(": so far"):
                assert headings[at + 1] == heading.replace("so far", "at most"), sheet.title


def test_strand_sheets_say_that_rows_must_not_be_added_and_show_no_uplift(workbook: Any) -> None:
    for name in ("By strand", "By strand and business", "Steps by strand"):
        assert "do not add the rows" in texts_of(workbook[name])
        assert "uplift" not in texts_of(workbook[name]).lower()
    strands = [row for row in table_of(workbook["All figures"]) if "strand" in row["Breakdown"].lower()]
    assert strands
    assert "Sentence uplifted" not in {row["Stage"] for row in strands}
    assert {row["Went on: so far"] for row in strands if row["Stage"] == "Convicted"} == {"[z]"}


def test_a_period_that_lacks_months_of_incidents_is_marked(
    published_tables: Tables, make_tables: Callable[[Tables], Path], tmp_path: Path
) -> None:
    tables = copy.deepcopy(published_tables)
    quarters = sorted({row["period"] for row in tables["funnel_by_period"] if row["period_kind"] == "quarter"})
    missing, hidden_later = quarters[-1], quarters[-2]
    for row in tables["funnel_by_period"]:
        # A gap of investigations leaves the count of reports as it is.
        if row["period"] == missing or (row["period"] == hidden_later and row["stage_order"] >= 3):
            row |= {"covered": "N", "why": "gap"}
        if row["period"] == missing:
            row["partial"] = "Y"
    book = written(make_tables(tables), tmp_path)
    shown = [row["Quarter reported"] for row in table_of(book["By quarter"])]
    assert shown == [*quarters[:-1], f"{missing} (part) (months missing)"]
    assert "an incident extract lacks whole months" in texts_of(book["By quarter"])
    assert "months missing" not in texts_of(book["By year"])


@pytest.mark.slow
def test_small_bases_have_no_rate_beside_groups(tables: Path, workbook: Any, tmp_path: Path) -> None:
    rows = table_of(workbook["By strand and business"])
    for row in rows:
        assert (row["Convicted, % of recorded: so far"] == "[u]") == (0 < row["Recorded as a crime"] < 10)
    assert any(row["Convicted, % of recorded: so far"] == "[u]" for row in rows)
    every_rate = table_of(written(tables, tmp_path, smallest_base=0)["By strand and business"])
    assert not any(row["Convicted, % of recorded: so far"] == "[u]" for row in every_rate)


def test_all_figures_holds_every_other_row_of_the_funnel(workbook: Any, published_tables: Tables) -> None:
    want = [
        row
        for row in published_tables["funnel"]
        if not ("strand" in row["breakdown"].split("*") and row["stage"] == "uplifted")
    ]
    shown = table_of(workbook["All figures"])
    assert len(shown) == len(want)
    assert sum(row["Reached this stage"] for row in shown) == sum(row["entered"] for row in want)
    assert workbook["All figures"].tables["table_all_figures"].autoFilter is not None


@pytest.mark.slow
def test_breakdowns_of_very_many_groups_are_left_to_the_tables(
    published_tables: Tables, make_tables: Callable[[Tables], Path], tmp_path: Path
) -> None:
    template = next(row for row in published_tables["funnel"] if row["breakdown"] == "area_command")
    many = [
        {**template, "breakdown": "local_authority", "group": f"E{at:08d}", "stage": "reported"} for at in range(61)
    ]
    tables = make_tables({**published_tables, "funnel": published_tables["funnel"] + many})
    sheet = written(tables, tmp_path)["All figures"]
    assert "Left out for their length: Local authority. The file tables/funnel.csv has them." in texts_of(sheet)
    assert "Local authority" not in {row["Breakdown"] for row in table_of(sheet)}


def test_reasons_add_up_to_lost_and_resolved(workbook: Any, published_tables: Tables) -> None:
    funnel = {row["stage"]: row for row in published_tables["funnel"] if row["breakdown"] == "all"}
    shown = table_of(workbook["Why cases stopped"])
    before = ("reported", "recorded", "suspect_identified", "referred", "charged", "prosecuted")
    for how, state in (("Lost", "lost"), ("Ended another way", "resolved")):
        want = sum(funnel[stage][state] for stage in before)
        assert sum(row["Cases"] for row in shown if row["How it ended"] == how) == want
    by_ethnicity = table_of(workbook["Reasons by ethnicity"])
    for row in by_ethnicity:
        groups = [
            value for name, value in row.items() if name not in ("Furthest stage", "How it ended", "Kind of reason")
        ]
        assert groups[0] == sum(groups[1:])


def test_uplift_stands_apart_and_adds_up(workbook: Any) -> None:
    convicted, *parts = table_of(workbook["Uplift"])
    assert convicted["Cases"] == sum(row["Cases"] for row in parts)
    assert convicted["% of convicted cases"] == 1


def test_text_that_looks_like_a_formula_or_a_link_stays_text(workbook: Any, tables: Path, tmp_path: Path) -> None:
    files = {cell.value: cell for row in workbook["Load"].iter_rows() for cell in row}
    for text in ("=2+2.csv", "@cps.csv"):
        assert files[text].data_type == "s"
        assert files[text].style.startswith("Normal")
        assert files[text].quotePrefix
    assert "+URN shared by several crimes" in texts_of(workbook["Findings"])
    assert "northumbria/[a] (http://b.c)" in texts_of(workbook["All figures"])
    assert not any(cell.hyperlink for row in workbook["All figures"].iter_rows() for cell in row)
    target, _ = write_workbooks(restricted(tables), tmp_path)
    with zipfile.ZipFile(target) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert sheets
        assert not any(b"<f>" in parts.read(name) for name in sheets)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, "[x]"),
        ("  ", "[x]"),
        ("-", "text -"),
        ("[a](b)", "[a] (b)"),
        ("$$note$$", "$ $note$ $"),
        ("a\nb\tc", "a b c"),
        ("=1", "=1"),
        (7, "7"),
    ],
)
def test_plain_text(given: object, shown: str) -> None:
    assert plain_text(given) == shown


@pytest.mark.slow
def test_strange_group_names_do_not_stop_the_workbook(
    published_tables: Tables, make_tables: Callable[[Tables], Path], tmp_path: Path
) -> None:
    template = next(row for row in published_tables["funnel"] if row["breakdown"] == "area_command")
    strange = ["-", "$$x$$", "", "é", "{=1}", "a" * 500, "*", "new\x00\x1fgroup", "https://b.c"]
    added = [{**template, "group": group} for group in strange]
    tables = make_tables({**published_tables, "funnel": published_tables["funnel"] + added})
    shown = {row["Group"] for row in table_of(written(tables, tmp_path)["All figures"])}
    assert {
        "text -",
        "$ $x$ $",
        "[x]",
        "text é",
        "{=1}",
        "a" * 500,
        "text *",
        "new group",
        "https://b.c",
    } <= shown


@pytest.mark.slow
def test_stages_that_are_not_covered_are_named_and_have_no_rate(late_workbook: Any) -> None:
    wording = "Not covered: Referred to the CPS, Charged, Prosecuted, Convicted, Sentence uplifted (the extracts that show it stop too early"
    for name in ("Cover", "Headline", "By strand", "Steps by business", "Uplift"):
        assert wording in texts_of(late_workbook[name]), name
        assert "Missing data is not attrition" in texts_of(late_workbook[name])
    rows = {row["Stage"]: row for row in table_of(late_workbook["Headline"])}
    assert rows["Charged"]["Covered by the feeds"] == "No"
    assert rows["Charged"]["Why not covered"].startswith("The extracts that show it stop too early")
    assert rows["Recorded as a crime"]["Why not covered"] == "[z]"
    assert rows["Charged"]["Went on: so far"] == "[x]"
    assert rows["Charged"]["Reached, % of recorded"] == "[x]"
    assert isinstance(rows["Charged"]["Reached this stage"], int)
    assert isinstance(rows["Recorded as a crime"]["Went on: so far"], float)
    assert table_of(late_workbook["By strand"])[1]["Charged, % of recorded: so far"] == "[x]"
    feeds = {row["Extract"]: row for row in table_of(late_workbook["Feeds"])}
    assert feeds["CPS cases"]["Reaches far enough"] == "No"
    assert feeds["CPS cases"]["Days before the as-at date"] == 59
    assert "MADE-UP DATA" in texts_of(late_workbook["Cover"])
    assert "led to a conviction" not in texts_of(late_workbook["Cover"])


def test_cover_says_what_it_is(workbook: Any) -> None:
    cover = texts_of(workbook["Cover"])
    for part in (
        "OFFICIAL-SENSITIVE",
        "31 March 2025",
        "Tier: restricted",
        "Unit: the incident",
        "CPS cases: reaches",
    ):
        assert part in cover
    assert "MADE-UP" not in cover


def test_shorthand_and_notes_that_are_used_are_explained(workbook: Any) -> None:
    for sheet in workbook.worksheets[3:]:
        (area,) = [table.ref for table in sheet.tables.values()]
        used = {cell.value for row in sheet[area] for cell in row if cell.value in ("[x]", "[z]", "[u]", "[low]")}
        explained = {str(row[0].value).split(" ")[0] for row in sheet.iter_rows(max_row=sheet[area][0][0].row - 1)}
        assert used <= explained, sheet.title
    assert len(table_of(workbook["Notes"])) == len(NOTES)


def test_load_adds_up(workbook: Any) -> None:
    for row in table_of(workbook["Load"]):
        parts = ("Accepted", "Duplicate", "Out of scope", "Quarantined")
        assert row["Rows read"] == sum(row[name] for name in parts)


def test_what_could_not_run_comes_before_what_passed(workbook: Any) -> None:
    assert [row["Result"] for row in table_of(workbook["Validation"])] == ["Could not run", "Passed"]
    assert table_of(workbook["Validation"])[0]["Column"] == "[z]"


@pytest.mark.slow
def test_empty_tables_say_so(published_tables: Tables, make_tables: Callable[[Tables], Path], tmp_path: Path) -> None:
    empty = {name: published_tables[name] for name in published_tables}
    folder = make_tables(empty)
    import pyarrow
    from pyarrow import parquet

    for name in ("findings", "validation"):
        schema = pyarrow.Table.from_pylist(published_tables[name]).schema
        parquet.write_table(schema.empty_table(), folder / f"{name}.parquet")
    assert list(table_of(written(folder, tmp_path)["Findings"])[0].values()) == ["None", *["[z]"] * 5]


@pytest.mark.slow
def test_one_run_always_gives_the_same_files(tables: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first, second = (write_workbooks(restricted(tables), folder) for folder in (tmp_path, tmp_path / "again"))
    assert [file.suffix for file in first] == [".xlsx", ".ods"]
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]
