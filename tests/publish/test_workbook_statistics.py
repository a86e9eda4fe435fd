"""The sheets beside the funnel: every figure is that of the published table, small rates are marked, nothing is left unexplained."""

import copy
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from published_statistics import pilot_rows
from workbook_reading import table_of, texts_of, written

from attrition import reference

Row = dict[str, Any]
Tables = dict[str, list[Row]]

STAGE = {row["stage"]: row["label"] for row in reference.rows("stage")}
BRIEF = {
    "recorded": "Recorded",
    "suspect_identified": "Suspect identified",
    "referred": "Referred",
    "charged": "Charged",
    "prosecuted": "Prosecuted",
    "convicted": "Convicted",
}
BREAKDOWN = {row["breakdown"]: row["label"] for row in reference.rows("breakdown")} | {
    "emergency_worker": "Emergency workers"
}
LABEL = {(row["list"], row["code"]): row["label"] for row in reference.rows("code_list")} | {
    ("all", "all"): "All cases",
    ("hate_status", "hate"): "Hate crime cases",
    ("hate_status", "comparison"): "Ordinary crimes, for comparison",
    ("victim_ethnicity", "other"): "Other ethnic group",
}
FORCE = {row["code"]: row["label"] for row in reference.rows("force")} | {"all": "All forces", "unknown": "Unknown"}
MEANING = {(row["table_name"], row["measure"]): row["meaning"] for row in reference.rows("count_definition")}
RATE_MEANING = {row["measure"]: row["meaning"] for row in reference.rows("measure")}


def shown(rate: float | None, base: int, known: bool = True) -> Any:
    """What a cell shows of a rate on so many cases, told anew."""
    if not known:
        return "[x]"
    if 0 < base < 10:
        return "[u]"
    if rate is None:
        return "[z]"
    return "[low]" if 0 < rate < 0.0005 else pytest.approx(rate)


def or_short(value: Any, short: str = "[z]") -> Any:
    return short if value is None else pytest.approx(value) if isinstance(value, float) else value


def group_of(breakdown: str, group: str) -> str:
    if breakdown == "force":
        return FORCE[group]
    if breakdown == "area_command":
        return group
    return LABEL.get((breakdown, group)) or (group[:1].upper() + group[1:]).replace("_", " ")


def where(row: Row) -> tuple[str, str]:
    breakdown = row.get("breakdown") or row["dimension"]
    return BREAKDOWN[breakdown], group_of(breakdown, row["group"])


def step(row: Row) -> str:
    return f"{BRIEF[row['from_stage']]} to {BRIEF[row['to_stage']].lower()}"


def interval(row: Row, name: str, heading: str, base: int, known: bool = True) -> Row:
    ends = {"": "", "_lower": ": from", "_upper": ": to"}
    return {heading + end: shown(row[name + column], base, known) for column, end in ends.items()}


def ages(row: Row) -> Row:
    usable = row["usable"] == "Y"
    return {
        "By day after recording": row["window_days"],
        "Recorded": row["recorded"],
        "Old enough": row["old_enough"],
        "Reached by that day": or_short(row["reached"], "[x]"),
        **interval(row, "rate", "Reached, % of old enough", row["old_enough"], usable),
        "Day of the suspect not known": row["untimed"],
        "Usable from": "Now" if usable else row["usable_from"].isoformat(),
    }


def days(row: Row, side: str = "") -> Row:
    half = f"{side}half" if side else "Half"
    headings = (f"{half} within (days)", f"{side}75% within (days)", f"{side}90% within (days)")
    few = 0 < row["progressed"] < 10
    return {
        heading: "[u]" if few else or_short(row[name])
        for heading, name in zip(headings, ("median_days", "p75_days", "p90_days"), strict=True)
    }


def timing(row: Row) -> Row:
    timed = row["timed"]
    return {
        "Cases timed": timed,
        "Could not be timed": row["untimed"] + row["exit_first"] + row["not_seen"] + row["flag_late"],
        "Followed to day": or_short(row["followed_days"]),
        **interval(row, "progressed_share", "Went on by then", timed),
        "Lost by then": shown(row["lost_share"], timed),
        "Ended another way by then": shown(row["resolved_share"], timed),
        "Still open then": shown(row["open_share"], timed),
        **days(row),
        "Fewest cases watched on a day": or_short(row["least_at_risk"]),
    }


def difference(row: Row) -> Row:
    enough = row["enough_cases"] == "Y"
    ratios = {
        heading + end: or_short(row[name + column]) if enough else "[u]"
        for heading, name in (("Ratio", "relative_rate"), ("Ratio, like with like", "relative_rate_mh"))
        for column, end in (("", ""), ("_lower", ": from"), ("_upper", ": to"))
    }
    covered = row["share_covered"]
    return {
        "Cases of the group": row["group_cases"],
        "Group: went on": shown(row["group_rate"], row["group_cases"]),
        "Cases of all others": row["others_cases"],
        "All others: went on": shown(row["others_rate"], row["others_cases"]),
        **ratios,
        "Comparable cases": "[z]" if covered is None else "[low]" if 0 < covered < 0.0005 else pytest.approx(covered),
        "Stands out": {"Y": "Yes", "N": "No"}[row["flagged"]] if enough else "[u]",
        "What it says": row["wording"],
    }


def unit(row: Row) -> Row:
    limits = {
        "All together": "target",
        "95% limit: lower": "low_95",
        "95% limit: upper": "high_95",
        "99.8% limit: lower": "low_99_8",
        "99.8% limit: upper": "high_99_8",
    }
    return {
        "Cases": row["cases"],
        "Went on": row["progressed"],
        **interval(row, "rate", "Went on, %", row["cases"]),
        **{heading: or_short(row[name]) for heading, name in limits.items()},
        "Verdict": f"{row['verdict']} {row['direction']}".strip().capitalize(),
    }


def chart(row: Row) -> Row:
    return {
        "Signal": f"No limits: {row['reason']}" if row["reason"] else row["rules"].capitalize() or "None",
        "What happened then": row["events"] or "None",
    }


def withdrawal(row: Row) -> Row:
    covered = row["covered"] == "Y"
    return {
        "Reached this stage": row["entered"],
        "Ended by withdrawal": row["withdrew"],
        "% of cases that reached the stage": shown(row["share_of_entered"], row["entered"], covered),
        "Lost here": row["lost"],
        "Lost by withdrawal": row["withdrew_lost"],
        "% of lost cases": shown(row["share_of_lost"], row["lost"], covered),
        "Covered by the feeds": "Yes" if covered else "No",
    }


def positive(row: Row) -> Row:
    covered = row["covered"] == "Y"
    return {
        "Version": row["version"],
        "Recorded": row["recorded"],
        "With an outcome": row["with_outcome"],
        "Positive": row["positive"],
        "Positive, % of recorded": shown(row["positive_rate"], row["recorded"], covered),
        "Positive, % of with outcome": shown(row["positive_share_of_outcomes"], row["with_outcome"], covered),
    }


SETS = {"positive_forces": "As many forces count them", "positive_home_office_dashboard": "Home Office dashboard"}
STATES = {"lost": "Lost", "resolved": "Ended another way", "open": "Still open", "completed": "Sentence uplifted"}


@dataclass(frozen=True)
class Shown:
    """What a sheet should show: rows of a table, the cells that tell them apart, and the figures of each."""

    sheet: str
    table: str
    which: Callable[[Row], bool]
    labels: Callable[[Row], Row]
    figures: Callable[[Row], Row]


def of(*breakdowns: str) -> Callable[[Row], bool]:
    return lambda row: row["breakdown"] in breakdowns


def labelled(row: Row, heading: str = "Breakdown") -> Row:
    breakdown, group = where(row)
    return {heading: breakdown, "Group": group}


EXPECTED = (
    Shown(
        "At the same age", "fixed_age", of("all"),
        lambda row: {"Milestone": STAGE[row["stage"]], "Recorded in": row["period"] or "All periods"}, ages,
    ),
    Shown(
        "Same age by group", "fixed_age",
        lambda row: row["breakdown"] in ("all", "strand", "business_type") and not row["period"],
        lambda row: {**labelled(row), "Milestone": STAGE[row["stage"]]}, ages,
    ),
    Shown(
        "Recorded over time", "control_charts", lambda row: row["breakdown"] == "all" and row["measure"] == "recorded",
        lambda row: {"Recorded in": row["period"]},
        lambda row: {
            "Cases recorded": row["count"], "Mean": or_short(row["mean"]), "Lower limit": or_short(row["low"]),
            "Upper limit": or_short(row["high"]), **chart(row),
        },
    ),
    Shown(
        "Milestones over time", "control_charts", lambda row: row["breakdown"] == "all" and row["measure"] in STAGE.keys() - {"recorded"},
        lambda row: {"Milestone": STAGE[row["measure"]], "Recorded in": row["period"]},
        lambda row: {
            "Cases recorded": row["cases"], "Reached by that day": row["count"],
            "Reached, % of recorded": shown(row["value"], row["cases"]), "Mean": or_short(row["mean"]),
            "Lower limit": or_short(row["low"]), "Upper limit": or_short(row["high"]), **chart(row),
        },
    ),
    Shown(
        "Days to next stage", "time_to_next_stage", of("all", "strand", "business_type", "hate_status"),
        lambda row: {**labelled(row), "Step": step(row)}, timing,
    ),
    Shown(
        "Handover", "handover", of("all", "strand", "business_type", "force"),
        lambda row: {**labelled(row), "Where the case stands": row["label"]},
        lambda row: {
            "Cases": row["cases"], **interval(row, "share", "% of cases with a suspect", row["with_suspect"]),
            "Sent back by the CPS": or_short(row["sent_back"], "[x]"), "Answer overdue": or_short(row["overdue"], "[x]"),
        },
    ),
    Shown(
        "Differences", "disparity", lambda row: row["against"] == "all others",
        lambda row: {**labelled(row, "Compared by"), "Step": step(row), "By day after recording": row["window_days"]},
        difference,
    ),
    Shown(
        "Areas and units", "consistency", lambda row: True,
        lambda row: {"Breakdown": where(row)[0], "Area or unit": where(row)[1], "Step": step(row)}, unit,
    ),
    Shown(
        "Ways", "paths", lambda row: True,
        lambda row: {
            "Way": f"Way {row['way_order']}" if row["kind"] == "commonest" else row["kind"].capitalize(),
            "Stages passed": row["way"] or "[z]", "Reason": row["label"] or "[z]",
            "How it stands": "Convicted" if row["way"].endswith("Convicted") and row["state"] == "resolved"
            else STATES.get(row["state"], "[z]"),
        },
        lambda row: {
            "Cases": row["cases"], **interval(row, "share", "% of recorded", 1000),
            "Half within (days)": or_short(row["median_days"]),
        },
    ),
    Shown(
        "Victim withdrawal", "withdrawal",
        lambda row: (row["breakdown"] == "all" and row["stage"] not in ("convicted", "uplifted"))
        or (row["breakdown"] in ("strand", "victim_ethnicity", "business_type", "force") and row["stage"] == "all"),
        lambda row: {**labelled(row), "Furthest stage": STAGE.get(row["stage"], "Any stage")}, withdrawal,
    ),
    Shown(
        "Positive outcomes", "positive_outcomes", lambda row: True,
        lambda row: {**labelled(row), "Set of outcomes": SETS[row["outcome_set"]]}, positive,
    ),
    Shown(
        "Published figures", "benchmarks", lambda row: True,
        lambda row: {
            "Measure": RATE_MEANING[row["measure"]], "Published area": row["published_area"],
            "Published year": row["published_year"], "Source": row["source"],
        },
        lambda row: {
            "Ours: part": row["our_numerator"], "Ours: of": row["our_denominator"],
            "Ours": shown(row["our_value"], row["our_denominator"], row["covered"] == "Y"),
            "Published": pytest.approx(row["published_value"]), "Caveat": row["caveat"] or "[z]", "Unit": row["unit"],
        },
    ),
)  # fmt: skip
NEW_SHEETS = (*(one.sheet for one in EXPECTED), "Handover days", "Both sides", "Reconciliation")


def check_sheets(workbook: Any, tables: Tables) -> None:
    """Every row of each table that belongs on a sheet stands there once, with its figures, and no other row does."""
    for expected in EXPECTED:
        rows = table_of(workbook[expected.sheet])
        wanted = [row for row in tables[expected.table] if expected.which(row)]
        assert len(rows) == len(wanted), expected.sheet
        for row in wanted:
            labels = expected.labels(row)
            (found,) = [one for one in rows if labels.items() <= one.items()]
            figures = expected.figures(row)
            assert {heading: found[heading] for heading in figures} == figures, (expected.sheet, labels)


def check_handover_days(workbook: Any, tables: Tables) -> None:
    """The days of each side are those of its step."""
    sides = {"Police: ": ("suspect_identified", "referred"), "CPS: ": ("referred", "charged")}
    rows = {(row["Breakdown"], row["Group"]): row for row in table_of(workbook["Handover days"])}
    for row in tables["time_to_next_stage"]:
        for side, steps in sides.items():
            if row["breakdown"] in ("all", "strand", "business_type", "force") and steps == (
                row["from_stage"],
                row["to_stage"],
            ):
                made = {"Police: ": "Police: referred", "CPS: ": "CPS: charged"}[side]
                figures = {f"{side}cases timed": row["timed"], made: row["progressed"], **days(row, side)}
                found = rows[where(row)]
                assert {heading: found[heading] for heading in figures} == figures


def check_years(workbook: Any, tables: Tables) -> None:
    """Every count of a financial year stands under its year; no count stands there that the table has not."""
    for sheet, table, kind in (
        ("Both sides", "volumes", "period"),
        ("Reconciliation", "reconciliation", "financial_year"),
    ):
        rows = table_of(workbook[sheet])
        wanted = [row for row in tables[table] if row.get("period_kind", "financial_year") == "financial_year"]
        years = sorted({row[kind] for row in wanted})
        seen = 0
        for row in wanted:
            labels = {
                "Force": FORCE[row["force"]],
                "What is counted": row.get("note") or MEANING[table, row["measure"]],
                "Unit": row["unit"],
            }
            if sheet == "Both sides":
                which = {"hate_cases": "Hate crime cases", "flagged": "Flagged as hate crime by the CPS"}
                labels["Which"] = which.get(row["scope"], "All received")
                labels["Kind of reason"] = (row["outcome_group"] or "all").capitalize()
            else:
                labels["In the year of"] = row["dated_by"]
            matches = [one for one in rows if labels.items() <= one.items()]
            if len(matches) > 1:  # the note of a part is the same under several totals
                matches = [one for one in matches if one[row[kind]] == row["count"]]
                assert matches
            found = matches[0]
            assert found[row[kind]] == row["count"]
            assert (row["covered"] == "Y") == (row[kind] not in found["Years not covered"])
            if sheet == "Both sides":
                rate = shown(row["rate"], row["of_count"] or 0, row["covered"] == "Y") if row["rate_name"] else "[z]"
                assert found[f"Rate {row[kind]}"] == rate
                seen_base = MEANING[table, row["of_measure"]] if row["of_measure"] else "[z]"
                assert found["The rate is of"] == seen_base
            seen += 1
        filled = sum(isinstance(row[year], int) and row[year] > 0 for row in rows for year in years)
        assert filled == sum(row["count"] > 0 for row in wanted) <= seen


@pytest.fixture(scope="module")
def workbook(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return written(tables, tmp_path_factory.mktemp("statistics"))


def test_every_figure_is_that_of_its_table(workbook: Any, published_tables: Tables) -> None:
    check_sheets(workbook, published_tables)
    check_handover_days(workbook, published_tables)
    check_years(workbook, published_tables)


def test_every_sheet_is_listed_in_the_contents_with_unit_and_marking(workbook: Any) -> None:
    listed = [row["Sheet"].split("]")[0].lstrip("[") for row in table_of(workbook["Contents"])]
    for name in NEW_SHEETS:
        assert name in listed
        assert workbook[name]["A2"].value.startswith("Unit: ")
        assert workbook[name].freeze_panes
        # The contents give each title one line.
        assert len(workbook[name]["A1"].value) <= 90


def test_no_text_of_the_new_sheets_becomes_a_formula(workbook: Any) -> None:
    quoted = 0
    for name in NEW_SHEETS:
        for row in workbook[name].iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@")):
                    assert cell.data_type == "s"
                    assert cell.quotePrefix, (name, cell.coordinate)
                    quoted += 1
    assert quoted > 10


def test_small_rates_are_marked_and_shown_where_asked(tables: Path, workbook: Any, tmp_path: Path) -> None:
    rows = [row for row in table_of(workbook["Same age by group"]) if row["Group"] == "Transgender"]
    assert {row["Reached, % of old enough"] for row in rows} == {"[u]"}
    assert {row["Reached, % of old enough: to"] for row in rows} == {"[u]"}
    every = written(tables, tmp_path, smallest_base=0)
    for name in ("Same age by group", "Handover", "Handover days", "Victim withdrawal", "Published figures"):
        assert not any("[u]" in row.values() for row in table_of(every[name])), name


def test_a_month_of_a_gap_is_not_told_in_the_charts(
    published_tables: Tables, make_tables: Callable[[Tables], Path], tmp_path: Path
) -> None:
    tables = copy.deepcopy(published_tables)
    for row in tables["control_charts"]:
        if row["period"] == "2024-05":
            row |= {"cases": None, "count": None, "value": None, "rules": ""}
    book = written(make_tables(tables), tmp_path)
    for name, counted in (
        ("Recorded over time", ("Cases recorded",)),
        ("Milestones over time", ("Cases recorded", "Reached by that day", "Reached, % of recorded")),
    ):
        for row in table_of(book[name]):
            told = row["Recorded in"] != "2024-05"
            assert all((row[heading] != "[x]") == told for heading in (*counted, "Signal"))
        assert "left out of mean and limits" in texts_of(book[name])
        assert "[x] not available" in texts_of(book[name])


def test_groups_with_too_few_cases_have_no_ratio(workbook: Any) -> None:
    (row, *_) = [row for row in table_of(workbook["Differences"]) if row["Group"] == "Transgender"]
    assert {row[name] for name in ("Ratio", "Ratio: from", "Ratio, like with like", "Stands out")} == {"[u]"}
    assert row["Group: went on"] == "[u]"


def test_periods_not_old_enough_show_from_when_they_can_be_used(workbook: Any) -> None:
    rows = table_of(workbook["At the same age"])
    (unripe,) = [row for row in rows if row["Recorded in"] == "2024/25 Q4" and row["Milestone"] == "Suspect identified"]
    assert unripe["Reached by that day"] == unripe["Reached, % of old enough"] == "[x]"
    assert unripe["Usable from"] == (dt.date(2025, 6, 29) + dt.timedelta(90)).isoformat()
    assert [row["Recorded in"] for row in rows[:4]] == ["All periods", "2023/24", "2024/25", "2024/25 Q4"]


def test_a_count_of_none_is_told_from_a_year_that_no_feed_reaches(
    workbook: Any, late_tables: Path, tmp_path: Path
) -> None:
    rows = {(row["Force"], row["What is counted"]): row for row in table_of(workbook["Both sides"])}
    completed = MEANING["volumes", "completed"]
    # Nobody was completed in a year in which the CPS feed tells of charges.
    assert rows["All forces", completed]["2023/24"] == 0
    assert rows["All forces", MEANING["volumes", "convicted"]]["Rate 2023/24"] == "[z]"
    # No count of unknown force at all tells that the feed reaches over the second year.
    unknown = rows["Unknown", MEANING["volumes", "charged"]]
    assert unknown["2024/25"] == unknown["Rate 2024/25"] == "[x]"
    assert unknown["Years not covered"] == "2024/25"
    late = written(late_tables, tmp_path)
    for row in table_of(late["Both sides"]):
        assert row["Years not covered"] == ("2024/25" if row["Side"] == "CPS" else "None")
        assert row["Rate 2024/25"] in ("[x]", "[z]") or row["Side"] == "Police"
    assert {row["Ours"] for row in table_of(late["Published figures"])} == {"[x]"}
    assert {row["% of lost cases"] for row in table_of(late["Victim withdrawal"])} == {"[x]"}


@pytest.mark.slow
def test_shares_of_the_handover_and_of_ways_wait_for_the_feeds(late_tables: Path, tmp_path: Path) -> None:
    late = written(late_tables, tmp_path)
    for name, heading in (("Handover", "% of cases with a suspect"), ("Ways", "% of recorded")):
        rows = table_of(late[name])
        assert {row[heading] for row in rows} == {"[x]"}
        assert all(isinstance(row["Cases"], int) for row in rows)
        assert "Not covered: " in texts_of(late[name])


def test_parts_stand_under_their_total(workbook: Any) -> None:
    counted = [row["What is counted"] for row in table_of(workbook["Reconciliation"])]
    assert counted == [
        "Incident rows in force, comparison crimes included",
        "Of these: cases of the funnel",
        "Suspects received from the police",
        "Of these: linked to no crime",
    ]


def test_what_the_board_must_know_stands_on_the_sheet(workbook: Any) -> None:
    differences = texts_of(workbook["Differences"])
    assert "no proof of bias" in differences
    assert "Victim support is not compared" in differences
    assert "Emergency workers are in their own comparison only" in differences
    assert "it is not lost" in texts_of(workbook["Days to next stage"])
    assert "no league table" in texts_of(workbook["Areas and units"])
    for name in ("Same age by group", "Days to next stage", "Handover", "Handover days", "Victim withdrawal"):
        assert "do not add the rows" in texts_of(workbook[name])
        assert "uplift" not in texts_of(workbook[name]).lower()
    assert "Home Office dashboard (v1): outcomes 1, 1A, 2, 2A, 3, 3A, 6, 7, 8, 22." in texts_of(
        workbook["Positive outcomes"]
    )


def test_the_pilot_has_a_sheet_only_where_there_is_one(
    workbook: Any, published_tables: Tables, make_tables: Callable[[Tables], Path], tmp_path: Path
) -> None:
    assert "Pilot" not in workbook.sheetnames
    tables = make_tables({**published_tables, "pilot": pilot_rows()})
    sheet = written(tables, tmp_path)["Pilot"]
    simple, against = table_of(sheet)
    assert (simple["Pilot in"], simple["Start"], simple["Stage"]) == ("durham/north", "2024-07-01", "Charged")
    assert [simple[name] for name in ("Pilot: before", "Pilot: after", "Others: before")] == [0.2, 0.3, "[z]"]
    assert [simple[name] for name in ("Change", "Change: from", "Change: to")] == [0.1, -0.02, 0.22]
    assert [against[name] for name in ("Change", "Change: from", "Placebo pilots", "As large")] == [0.15, "[z]", 12, 0]
    assert simple["Placebo pilots"] == "[z]"
    assert against["What it says"] == "=No interval can be given."


def test_tables_without_rows_give_sheets_that_say_so(
    published_tables: Tables, make_tables: Callable[[Tables], Path], tmp_path: Path
) -> None:
    from pyarrow import Table, parquet

    folder = make_tables(published_tables)
    for name in sorted({one.table for one in EXPECTED} | {"volumes", "reconciliation"}):
        schema = Table.from_pylist(published_tables[name]).schema
        parquet.write_table(schema.empty_table(), folder / f"{name}.parquet")
    empty = written(folder, tmp_path)
    for name in NEW_SHEETS:
        first, *others = table_of(empty[name])[0].values()
        assert first in ("None", "None told")
        assert set(others) == {"[z]"}


@pytest.mark.slow
def test_every_figure_of_a_run_on_sample_extracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import openpyxl
    from pyarrow import parquet

    from attrition import pipeline
    from attrition.sample import make_extracts

    monkeypatch.setenv("ATTRITION_PSEUDONYM_KEY", "a key for tests that nobody keeps, long enough")
    landing, as_at = tmp_path / "landing", dt.date(2025, 3, 31)
    landing.mkdir()
    make_extracts(landing, 3000, 7, as_at)
    target = pipeline.run(pipeline.Request(landing, as_at, tmp_path / "out", tmp_path / "warehouse.duckdb"))
    workbook = openpyxl.load_workbook(next(target.glob("*_tables.xlsx")))
    names = {one.table for one in EXPECTED} | {"volumes", "reconciliation"}
    tables = {name: parquet.read_table(target / "tables" / f"{name}.parquet").to_pylist() for name in sorted(names)}
    check_sheets(workbook, tables)
    check_handover_days(workbook, tables)
    check_years(workbook, tables)
