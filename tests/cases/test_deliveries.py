"""Deliveries in the wrong order, in parts, with months left out, with a column renamed, or without one extract: what counts, what
is covered, and what the run tells.
"""

import datetime as dt
import re

import openpyxl
import pytest
from office import Office, Row
from quality_desk import cps, incident, investigation

from attrition import resources
from share_of_cases import first

NAMES = (
    ("investigation_28-02-2025", "investigation_31-01-2025"),
    ("investigation_2025-02-28", "investigation_2025-01-31"),
    ("investigation_20250228", "investigation_20250131"),
    ("investigation 28.02.25", "investigation 31.1.25"),
    ("investigation_28_Feb_2025", "investigation_31_Jan_2025"),
    ("investigation 28th February 2025", "investigation 31st January 2025"),
    ("investigation_2025-2-28", "investigation_2025-1-31"),
    ("investigation_Feb 2025", "investigation_Jan 2025"),
    ("investigation_202502", "investigation_202501"),
    ("investigation_10-2-2025", "investigation_9-2-2025"),
)
OLD = [investigation(1, suspect_id="", suspect_identified_date="", outcome_code="18", outcome_date="2025-01-20", urn="", file_submitted_date="")]  # fmt: skip
NEW = [investigation(1, outcome_code="16", outcome_date="2025-02-20", urn="", file_submitted_date="")]


@pytest.mark.parametrize("names", first(3, [(names,) for names in NAMES]))
@pytest.mark.parametrize("runs", first(1, [2, 1]))
def test_the_later_day_stands_in_whatever_form_names_tell_it(names: tuple[str, str], runs: int, office: Office) -> None:
    later, earlier = (f"{name}.csv" for name in names)
    office.put(later, "investigation", NEW)
    if runs == 2:
        office.load()
    office.put(earlier, "investigation", OLD)
    outcome = office.load()
    found = office.connection.execute(
        "SELECT outcome_code::VARCHAR, suspect_id IS NOT NULL FROM investigation"
    ).fetchall()
    assert found == [("16", True)]
    if runs == 2:
        (note,) = [note for note in outcome.notes if note.startswith(earlier)]
        assert "takes its place behind" in note and later in note


def test_an_older_file_moves_no_figure(office: Office) -> None:
    office.put("incident.csv", "incident", [incident(1)])
    office.put("investigation_28-02-2025.csv", "investigation", NEW)
    before = office.run().tables["funnel"]
    office.put("investigation_31-01-2025.csv", "investigation", OLD)
    run = office.run()
    assert run.tables["funnel"] == before
    (note,) = [note for note in run.notes if note.startswith("investigation_31-01-2025.csv")]
    assert "takes its place behind investigation_28-02-2025.csv" in note


def test_files_of_one_export_are_held_until_the_printed_line_joins_them(office: Office) -> None:
    office.put("incident.csv", "incident", [incident(n) for n in range(1, 10)])
    told = [investigation(n, urn="", file_submitted_date="", outcome_code="16") for n in range(1, 10)]
    suspects = [row | {"outcome_code": "", "outcome_date": ""} for row in told]
    outcomes = [row | {"suspect_id": "", "suspect_identified_date": ""} for row in told]
    office.put("investigation_outcomes.csv", "investigation", outcomes)
    office.put("investigation_suspects.csv", "investigation", suspects)
    run = office.run()
    assert [message.split()[0] for message in run.held] == ["investigation_suspects.csv", "investigation_outcomes.csv"]
    assert all("look like parts of one investigation export" in message for message in run.held)
    line = re.search(r"parts = '[^']+'", run.held[0])
    assert line
    mapping = resources.path("data/sources/contract.toml").read_text(encoding="utf-8")
    head = 'extract = "investigation"\n'
    office.mapping("contract", mapping.replace(head, f"{head}{line[0]}\n"))
    run = office.run()
    assert (run.held, run.stages()[:3]) == ((), [9, 9, 9])
    assert run.stages(measure="lost")[2] == 9


@pytest.mark.parametrize("column", first(1, ["suspect_id", "outcome_code", "file_submitted_date"]))
def test_a_column_renamed_in_a_second_delivery_is_held_with_both_names(column: str, office: Office) -> None:
    office.put("incident.csv", "incident", [incident(n) for n in range(1, 41)])
    office.put("investigation_1.csv", "investigation", [investigation(n, urn="") for n in range(1, 21)])
    assert office.run().held == ()
    path = office.put("investigation_2.csv", "investigation", [investigation(n, urn="") for n in range(21, 41)])
    path.write_text(path.read_text(encoding="utf-8").replace(column, f"{column}_new", 1), encoding="utf-8")
    run = office.run()
    (message,) = run.held
    assert message.startswith("investigation_2.csv is held")
    assert column in message and f"{column}_new" in message and "20 rows" in message


def test_no_victim_number_is_no_emptied_column(office: Office) -> None:
    office.put("incident_1.csv", "incident", [incident(n) for n in range(1, 31)])
    office.put("incident_2.csv", "incident", [incident(n) for n in range(31, 61)], without=["victim_no"])
    run = office.run()
    assert (run.held, run.stages()[0]) == ((), 60)


def test_without_a_cps_extract_what_only_it_shows_is_not_covered(office: Office) -> None:
    days = ["2024-09-02", "2024-12-02", "2025-03-30", "2025-03-31"]
    office.put("incident.csv", "incident", [incident(n, reported_date=day) for n, day in enumerate(days)])
    office.put(
        "investigation.csv",
        "investigation",
        [
            investigation(n, suspect_identified_date=d, file_submitted_date=d, outcome_date=d)
            for n, d in enumerate(days)
        ],
    )
    run = office.run()
    assert run.stages() == [4, 4, 4, 4, 4, 0, 0, 0]
    assert run.stages(measure="covered")[5:] == ["N", "N", "N"]
    assert run.stages(measure="why")[5:] == ["no_feed", "no_feed", "no_feed"]


def test_a_police_extract_alone_says_nothing_of_suspects(office: Office) -> None:
    office.put(
        "incident.csv", "incident", [incident(1, reported_date="2025-03-30"), incident(2, reported_date="2025-03-31")]
    )
    run = office.run()
    assert run.stages() == [2, 2, 0, 0, 0, 0, 0, 0]
    assert run.stages(measure="covered") == ["Y", "Y", *"NNNNNN"]
    assert set(run.stages(measure="why")[2:]) == {"no_feed"}


def months(first: str, number: int) -> list[str]:
    year, month = (int(part) for part in first.split("-"))
    return [f"{year + (month - 1 + n) // 12}-{(month - 1 + n) % 12 + 1:02}" for n in range(number)]


def year_of(per_month: int) -> list[Row]:
    """Crimes on so many days of each month from April 2024 to March 2025."""
    return [
        incident(100 * at + n, reported_date=f"{month}-{n:02}", recorded_date=f"{month}-{n:02}")
        for at, month in enumerate(months("2024-04", 12))
        for n in range(31 - per_month, 31)
        if not (month.endswith("-02") and n > 28)
    ]


def of_crimes(rows: list[Row], left_out: tuple[str, ...] = ()) -> list[Row]:
    found = []
    for row in rows:
        day = row["reported_date"]
        if day[:7] not in left_out:
            number = row["crime_ref"].removeprefix("C")
            found.append(
                investigation(
                    int(number),
                    suspect_identified_date=day,
                    outcome_code="16",
                    outcome_date=day,
                    urn="",
                    file_submitted_date="",
                )
            )
    return found


@pytest.mark.parametrize(
    ("per_month", "left_out", "said"),
    first(
        1,
        [
            (6, ("2024-06", "2024-07", "2024-08"), "from 2024-06 to 2024-08; about 18 are"),
            (12, ("2024-09",), "in 2024-09; about 12 are"),
            (6, ("2024-11", "2024-12"), "from 2024-11 to 2024-12; about 11 are"),
        ],
    ),
)
def test_months_without_investigations_are_told_and_not_covered(
    per_month: int, left_out: tuple[str, ...], said: str, office: Office
) -> None:
    crimes = year_of(per_month)
    office.put("incident.csv", "incident", crimes)
    office.put("investigation.csv", "investigation", of_crimes(crimes, left_out))
    run = office.run()
    (line,) = run.told(
        "critical", "Months without a single row between months that have rows; investigation northumbria"
    )
    assert said in run.news[run.news.index(line) + 1]
    gone = sum(row["reported_date"][:7] in left_out for row in crimes)
    assert run.stages()[:3] == [len(crimes), len(crimes), len(crimes) - gone]
    assert run.stages(measure="why")[2] == "gap"
    quarter = {"06": "2024/25 Q1", "09": "2024/25 Q2", "11": "2024/25 Q3"}[left_out[0][5:]]
    assert run.stages("quarter", quarter, "why")[2] == "gap"
    assert run.stages("quarter", "2024/25 Q4", "covered")[2] == "Y"


def test_months_that_chance_may_leave_empty_are_no_gap(office: Office) -> None:
    crimes = year_of(4)
    office.put("incident.csv", "incident", crimes)
    office.put("investigation.csv", "investigation", of_crimes(crimes, ("2024-06", "2024-07")))
    run = office.run()
    assert not run.told("critical", "Months without")
    assert run.stages(measure="covered")[2] == "Y"


def test_months_without_incidents_or_cps_rows_are_told(office: Office) -> None:
    crimes = [row for row in year_of(12) if row["reported_date"][:7] != "2024-08"]
    office.put("incident.csv", "incident", crimes)
    office.put("cps.csv", "cps", [
        cps(n, received_date=row["reported_date"], police_crime_ref=row["crime_ref"])
        for n, row in enumerate(crimes) if row["reported_date"][:7] != "2025-01"
    ])  # fmt: skip
    run = office.run()
    text = "\n".join(run.news)
    assert "No incident reported in 2024-08; about 12 are expected" in text
    # Neither month has a CPS row: one lost its own, the other its crimes.
    assert (
        "No CPS row received in 2024-08; about 12 are" in text
        and "No CPS row received in 2025-01; about 12 are" in text
    )


def test_months_without_incidents_are_no_gap_of_investigations(office: Office) -> None:
    """Investigations of all months are sent. Groups that are a period are not covered where it lacks months."""
    crimes = year_of(12)
    office.put(
        "incident.csv", "incident", [row for row in crimes if row["reported_date"][:7] not in ("2024-08", "2024-10")]
    )
    office.put("investigation.csv", "investigation", of_crimes(crimes))
    run = office.run()
    missing = "Months without a single row between months that have rows; {} northumbria"
    assert run.told("critical", missing.format("incident"))
    assert not run.told("critical", missing.format("investigation"))
    assert run.stages(measure="why")[:3] == ["", "", ""]
    for breakdown, group, why in (
        ("quarter", "2024/25 Q1", ""), ("quarter", "2024/25 Q2", "gap"), ("quarter", "2024/25 Q3", "gap"),
        ("quarter", "2024/25 Q4", ""), ("financial_year", "2024/25", "gap"),
    ):  # fmt: skip
        assert run.stages(breakdown, group, "why")[:3] == [why] * 3


@pytest.mark.parametrize("late", first(1, ["2025-03-31", "2025-03-30", "2025-02-28"]))
def test_one_late_date_does_not_carry_a_feed_to_its_day(late: str, office: Office) -> None:
    crimes = year_of(5)
    ended = [row for row in crimes if row["reported_date"] < "2024-12-01"]
    rows = of_crimes(ended)
    rows[0] |= {"outcome_date": late}
    office.put("incident.csv", "incident", crimes)
    office.put("investigation.csv", "investigation", rows)
    run = office.run()
    (reach,) = [row["covers_to"] for row in run.tables["load"] if row["file"] == "investigation.csv"]
    assert reach == dt.date(2024, 11, 30)
    assert run.stages(measure="why")[2] == "feed_behind"
    assert run.stages(measure="covered")[:2] == ["Y", "Y"]


def test_a_feed_that_goes_on_to_the_day_is_covered(office: Office) -> None:
    crimes = year_of(5)
    office.put("incident.csv", "incident", crimes)
    office.put("investigation.csv", "investigation", of_crimes(crimes))
    assert office.run().stages(measure="covered")[:3] == ["Y", "Y", "Y"]


def test_two_feeds_of_one_file_may_read_different_sheets(office: Office) -> None:
    book = openpyxl.Workbook()
    for title, rows in (("Crimes", [incident(n) for n in (1, 2)]), ("Suspects", [investigation(n) for n in (1, 2)])):
        page = book.create_sheet(title)
        page.append(list(rows[0]))
        for row in rows:
            page.append(list(row.values()))
    book.remove(book.worksheets[0])
    book.save(office.landing / "register.xlsx")
    feed = '[[feed]]\nextract = "{}"\nfiles = ["register*"]\ndelivery = "update"\ncolumns = "same"\nsheet = "{}"\n'
    office.mapping(
        "register",
        'source = "register"\n' + feed.format("incident", "Crimes") + feed.format("investigation", "Suspects"),
    )
    assert office.run().stages()[:3] == [2, 2, 2]
