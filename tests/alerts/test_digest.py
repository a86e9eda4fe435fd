"""The digest: what an owner is told, in which order, in how many words; silence where nothing changed; and the sample of
docs/tell-the-owners.md is what the program writes.
"""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import pytest

from attrition.alerts.digest import compose
from attrition.quality.change import Change, Kind

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tell-the-owners.md"
NOW = dt.date(2026, 5, 4)
AS_AT = dt.date(2026, 3, 31)

BASE = Change(
    kind=Kind.NEW,
    incident_id=12,
    rule="unreadable_date",
    severity="warning",
    rule_group="format",
    message="Date that cannot be read; taken as empty",
    why="The stage that hangs on this date is missed or dated wrongly.",
    mend="Write the date as YYYY-MM-DD, and check that the day exists.",
    extract="incident",
    area="northumbria",
    column="recorded_date",
    rows=40,
    rows_at_worst=40,
    rows_fixed=0,
    files=("northumbria_incident_2026-04.csv",),
    opened_on=dt.date(2026, 5, 4),
    times_opened=1,
)


def change(kind: Kind, number: int = 1, **fields: object) -> Change:
    return replace(BASE, kind=kind, incident_id=number, **fields)  # type: ignore[arg-type]


SAMPLE = [
    change(
        Kind.NEW,
        31,
        price="Could move the step recorded as a crime to suspect identified of northumbria from 61.2 % to between 59.8 % and 61.5 %.",
    ),
    change(
        Kind.NEW,
        32,
        rule="quarantined_missing",
        severity="critical",
        message="Row without a required field; it is not counted",
        why="The row is kept aside: its case is missing from every figure.",
        mend="Fill the field and send the row again.",
        column="reported_date",
        rows=3,
        rows_at_worst=3,
        price="Could move the step recorded as a crime to suspect identified of northumbria from 61.2 % to between 61.0 % and 61.4 %.",
    ),
    change(
        Kind.WORSE,
        17,
        rule="no_strand",
        rule_group="completeness",
        message="No monitored strand is set",
        why="The case is in the total but in no victim group.",
        mend="Set at least one of the five strands, or remove the hate flag.",
        column="",
        rows=1204,
        rows_at_worst=1204,
        rows_fixed=6,
        files=("northumbria_incident_2026-02.csv", "northumbria_incident_2026-03.csv", "a.csv", "b.csv", "c.csv"),
        opened_on=dt.date(2026, 4, 6),
    ),
    change(
        Kind.MENDED,
        9,
        rule="unknown_code",
        message="Code that is not on its list; taken as unknown or empty",
        column="victim_sex",
        rows=0,
        rows_at_worst=18,
        rows_fixed=18,
        opened_on=dt.date(2026, 4, 20),
    ),
    change(
        Kind.PARTLY_MENDED,
        11,
        rule="outcome_without_suspect",
        message="Outcome that needs a suspect, and no suspect on record for the crime",
        mend="Record the suspect, or correct the outcome code.",
        extract="investigation",
        column="",
        rows=3,
        rows_at_worst=40,
        rows_fixed=37,
        opened_on=dt.date(2026, 4, 13),
    ),
    change(
        Kind.UNCHANGED,
        4,
        rule="incomplete_victim_ethnicity",
        message="Victim ethnicity is told for too few victims",
        column="victim_ethnicity",
        rows=None,
        rows_at_worst=None,
        files=(),
        opened_on=dt.date(2026, 3, 2),
        acknowledged_by="Sam Sample",
    ),
    *(change(Kind.UNCHANGED, 40 + number, severity="info", rule_group="linkage") for number in range(3)),
]


def body(*changes: Change) -> str:
    made = compose("Northumbria crime data", changes, AS_AT, NOW)
    assert made is not None
    return made.body


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_the_sample_of_the_page_is_fresh() -> None:
    made = compose("Northumbria crime data", SAMPLE, AS_AT, NOW)
    assert made is not None
    sample = f"```text\nSubject: {made.subject}\n\n{made.body}```"
    assert sample in PAGE.read_text(encoding="utf-8"), f"put this into the page:\n{sample}"


def test_the_subject_counts_what_changed() -> None:
    made = compose("Northumbria crime data", SAMPLE, AS_AT, NOW)
    assert made is not None
    assert made.subject == "Hate crime extracts, northumbria: 2 new, 1 worse, 1 mended, 1 partly mended"
    assert not made.escalated


def test_sections_stand_in_order_and_the_worst_first() -> None:
    kinds = [Kind.UNCHANGED, Kind.PARTLY_MENDED, Kind.MENDED, Kind.ESCALATED, Kind.WORSE, Kind.REOPENED, Kind.NEW]
    changes = [change(kind, number, times_opened=2) for number, kind in enumerate(kinds, 1)]
    text = body(*changes)
    headings = re.findall(r"^(.+) \(1\)\n-+$", text, re.MULTILINE)
    assert headings == ["New", "Back again", "Worse", "Open too long", "Mended", "Partly mended", "Still open"]
    mixed = body(change(Kind.NEW, 1, rows=900), change(Kind.NEW, 2, severity="critical", rows=1), change(Kind.NEW, 3))
    assert re.findall(r"show (\d+)", mixed) == ["2", "1", "3"]


def test_a_new_item_says_all_that_is_needed_to_mend_it() -> None:
    text = words(body(change(Kind.NEW, 12, price="Up to 1.4 points.", files=("a.csv", "b.csv"))))
    for part in (
        "Warning: Date that cannot be read; taken as empty.",
        "extract incident, northumbria, column recorded_date, 40 rows, in a.csv, b.csv",
        "Why The stage that hangs on this date is missed or dated wrongly.",
        "Mend Write the date as YYYY-MM-DD, and check that the day exists.",
        "Worth Up to 1.4 points.",
        "attrition incidents show 12",
        "The figures are as at 31 March 2026",
    ):
        assert part in text
    assert "Worth" not in body(change(Kind.NEW))
    assert "1 row, in" in words(body(change(Kind.NEW, rows=1)))


def test_many_files_are_counted_not_listed() -> None:
    text = words(body(change(Kind.NEW, files=tuple(f"f{number}.csv" for number in range(9)))))
    assert "in f0.csv, f1.csv, f2.csv and 6 more files" in text and "f3.csv" not in text
    assert "f3.csv and" not in words(body(change(Kind.NEW, files=("f0.csv", "f1.csv", "f2.csv"))))


def test_ages_and_returns_are_told() -> None:
    text = words(body(change(Kind.ESCALATED, opened_on=dt.date(2026, 4, 20))))
    assert "Since 20 April 2026, 14 days ago" in text
    assert "Since 4 May 2026, 0 days ago, for the 3rd time" in words(body(change(Kind.REOPENED, times_opened=3)))
    assert "for the 11th time" in words(body(change(Kind.REOPENED, times_opened=11)))
    assert "closed after 1 day." in words(body(change(Kind.MENDED, opened_on=dt.date(2026, 5, 3))))


@pytest.mark.parametrize(
    ("left", "worst", "fixed", "told"),
    [
        (3, 40, 37, "37 of 40 fixed, 3 left."),
        # Eight fail now although 37 of 40 were mended: five others have joined.
        (8, 40, 37, "37 of 45 fixed, 8 left."),
        (1500, 4000, 2500, "2,500 of 4,000 fixed, 1,500 left."),
    ],
)
def test_partly_mended_adds_up(left: int, worst: int, fixed: int, told: str) -> None:
    assert told in words(body(change(Kind.PARTLY_MENDED, rows=left, rows_at_worst=worst, rows_fixed=fixed)))


def test_a_mended_check_without_rows_counts_none() -> None:
    text = words(body(change(Kind.MENDED, rows=None, rows_at_worst=None, opened_on=dt.date(2026, 5, 1))))
    assert "closed after 3 days. Thank you." in text and "fixed" not in text


def test_nothing_is_sent_where_nothing_changed() -> None:
    assert compose("Owner", [], AS_AT, NOW) is None
    assert compose("Owner", [change(Kind.UNCHANGED), change(Kind.UNCHANGED, 2)], AS_AT, NOW) is None
    assert compose("Owner", [change(Kind.NEW, severity="info"), change(Kind.UNCHANGED, 2)], AS_AT, NOW) is None
    assert compose("Owner", [change(Kind.MENDED, severity="info")], AS_AT, NOW) is None


def test_remarks_are_only_counted() -> None:
    text = words(body(change(Kind.NEW, 1), change(Kind.NEW, 2, severity="info", message="Quiet remark")))
    assert "1 remark without need to act is on the quality page." in text
    assert "Quiet remark" not in text and "New (1)" in text
    assert "remark" not in body(change(Kind.NEW, 1), change(Kind.MENDED, 2, severity="info"))


@pytest.mark.parametrize("rule", ["feed_late", "delivery_held"])
def test_a_missing_file_silences_its_columns_and_no_others(rule: str) -> None:
    feed = change(Kind.NEW, 1, rule=rule, rule_group="feed", severity="critical", message="The feed")
    column = change(Kind.MENDED, 2, message="Column check")
    other_area = change(Kind.NEW, 3, area="durham", message="Elsewhere")
    other_extract = change(Kind.NEW, 4, extract="investigation", message="Another extract")
    reaches = change(Kind.NEW, 5, rule="feed_reaches_less", rule_group="feed", message="Reach")
    text = body(feed, column, other_area, other_extract, reaches)
    assert "Column check" not in text
    for told in ("The feed", "Elsewhere", "Another extract", "Reach"):
        assert told in text
    # A feed that is still missing goes on silencing, and alone it is no news.
    still = replace(feed, kind=Kind.UNCHANGED)
    assert compose("Owner", [still, column], AS_AT, NOW) is None
    arrived = replace(feed, kind=Kind.MENDED)
    assert "Column check" in body(arrived, column)


def test_an_escalated_item_reaches_the_deputies() -> None:
    made = compose("Owner", [change(Kind.ESCALATED, opened_on=dt.date(2026, 4, 1))], AS_AT, NOW)
    assert made is not None and made.escalated
    assert made.subject == "Hate crime extracts, northumbria: 1 open too long"


@pytest.mark.parametrize(
    ("areas", "told"),
    [
        (("",), "Hate crime extracts: 1 new"),
        (("durham", "kent"), "Hate crime extracts, durham, kent: 2 new"),
        (("durham", "kent", "essex"), "Hate crime extracts, 3 areas: 3 new"),
    ],
)
def test_the_subject_names_few_areas(areas: tuple[str, ...], told: str) -> None:
    made = compose("Owner", [change(Kind.NEW, number, area=area) for number, area in enumerate(areas)], AS_AT, NOW)
    assert made is not None and made.subject == told


def test_lines_fit_and_no_person_is_named() -> None:
    long = "Very long words about what is wrong with this column of the extract " * 4
    text = body(
        *SAMPLE, *(change(kind, 50, message=long, why=long, acknowledged_by="Sam Sample", assigned_to="Sam Sample") for kind in Kind)
    )  # fmt: skip
    assert max(map(len, text.splitlines())) <= 72
    assert "Sam" not in text and "acknowledged" in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def test_a_long_file_name_is_never_broken() -> None:
    name = "x" * 90 + "-northumbria.csv"
    assert name in body(change(Kind.NEW, files=(name,)))
