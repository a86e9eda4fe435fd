"""Cells as offices write them: mistyped years, keys spelled otherwise, texts that stand for no value, labels in several spellings,
moments with an offset. Each kind as a whole, its figures and what the run tells worked out by hand.
"""

import datetime as dt
import time
from collections.abc import Iterator

import openpyxl
import pyarrow as pa
import pytest
from office import NOW, Office
from pyarrow import parquet
from quality_desk import cps, incident, investigation

from share_of_cases import first

YEARS = ("0024-03-05", "0000-03-05", "1925-03-05", "1989-12-31", "2204-03-05", "20204-03-05", "24-03-05", "2025-04-02")
"""The last: the day after the loading."""
DATES = (
    ("incident", "recorded_date"), ("incident", "hate_flagged_date"), ("investigation", "suspect_identified_date"),
    ("investigation", "file_submitted_date"), ("investigation", "outcome_date"), ("cps", "decision_date"),
    ("cps", "first_hearing_date"), ("cps", "finalised_date"), ("cps", "received_date"),
)  # fmt: skip
NO_VALUE = (
    "NULL", "N/A", "#N/A", "NONE", "TBC", "TBA", "UNKNOWN", "NOT KNOWN", "NOT RECORDED", "-", ".", "?", "--", "...", "XX", "XXXXX", "0",
    "00000", "9999", "999999", "n/a", "Tbc", "Not  Known", "\u00a0N/A\u00a0", "un\u200bknown", " - ", "t.b.c.", "nil", "not stated",
)  # fmt: skip


def test_a_mistyped_year_of_the_report_sets_its_row_aside_and_the_rest_counts(office: Office) -> None:
    rows = [incident(n, reported_date=day) for n, day in enumerate(YEARS, 2)]
    office.put("incident.csv", "incident", [incident(1), *rows])
    run = office.run()
    assert run.fates("incident.csv") == (9, 1, 0, 8)
    assert run.stages()[:2] == [1, 1]
    (line,) = run.told("critical", "Row with a required field that cannot be read")
    assert (
        "(reported date); incident northumbria: 8 rows" in line and "Correct the field and send the row again." in line
    )


@pytest.mark.parametrize("year", first(1, ["2204", "0024", "24"]))
def test_a_mistyped_year_of_any_other_date_leaves_its_row_without_it(year: str, office: Office) -> None:
    whole = {"incident": incident, "investigation": investigation, "cps": cps}
    bad = {(extract, column, n): f"{year}-02-20" for n, (extract, column) in enumerate(DATES)}
    for extract, made in whole.items():
        office.put(
            f"{extract}.csv",
            extract,
            [
                made(n, **{c: day for (e, c, at), day in bad.items() if (e, at) == (extract, n)})
                for n in range(len(DATES))
            ],
        )
    run = office.run()
    # Nine cases, convicted all. Without its day a conviction does not count; without its receipt a CPS row stands aside, and the
    # police's own outcome says that the case was charged.
    assert run.stages() == [9, 9, 9, 9, 9, 8, 7, 7]
    assert run.fates("incident.csv") == run.fates("investigation.csv") == (9, 9, 0, 0)
    assert run.fates("cps.csv") == (9, 8, 0, 1)
    unread = {(key[1], key[3]): one.rows for key, one in run.failing.items() if key[0] == "unreadable_date"}
    assert unread == {place: 1 for place in DATES if place != ("cps", "received_date")}
    assert run.found("quarantined_unreadable") == [("cps", 1)]


def test_a_hearing_may_lie_a_thousand_days_ahead_and_no_more(office: Office) -> None:
    days = [str(NOW + dt.timedelta(days=ahead)) for ahead in (999, 1000, 1001, 3650)]
    office.put("incident.csv", "incident", [incident(n) for n in range(4)])
    office.put("cps.csv", "cps", [cps(n, first_hearing_date=day) for n, day in enumerate(days)])
    run = office.run()
    assert run.found("unreadable_date", "first_hearing_date") == [("cps", 2)]
    (line,) = run.told("warning", "(first hearing date)")
    assert "cps north-east: 2 rows" in line


def test_keys_spelled_otherwise_are_the_same_keys(office: Office) -> None:
    spelled = (
        ("IN1", "1"), ("IN1", "1.0"), ("in1", "1"), ("IN1\u200b", "1"), ("\u00a0IN1 ", "01.0"[1:]), ("I\u00adN1", ""),
        ("In1\ufeff", " 1 "), ("iN1\t", "1.00"),
    )  # fmt: skip
    for at, (reference, number) in enumerate(spelled):
        rows = [
            incident(1, incident_id=reference, victim_no=number),
            incident(2, incident_id=reference.replace("1", "2")),
        ]
        office.put(f"incident_{at}.csv", "incident", rows)
    run = office.run()
    assert run.stages()[:2] == [2, 2]
    assert {run.fates(f"incident_{at}.csv") for at in range(len(spelled))} == {(2, 2, 0, 0)}
    assert run.amiss == set()


def test_one_victim_in_number_and_in_text_cells_is_one(office: Office) -> None:
    for name, number in (("incident_0", "1"), ("incident_1", 1), ("incident_2", 1.0)):
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        row = incident(1) | {"victim_no": number}
        page.append(list(row))
        page.append(list(row.values()))
        book.save(office.landing / f"{name}.xlsx")
    assert office.run().stages()[:2] == [1, 1]


def test_a_urn_spelled_otherwise_is_the_same_urn(office: Office) -> None:
    office.put("incident.csv", "incident", [incident(1)])
    office.put("investigation.csv", "investigation", [investigation(1, urn="10/AB/00001/25")])
    for at, urn in enumerate(
        ("10AB0000125", "10 ab 00001 25", "10-AB-00001-25", "10/Ab/00001/25\u200b", "10.AB.00001.25 ")
    ):
        office.put(f"cps_{at}.csv", "cps", [cps(1, urn=urn, police_crime_ref="")])
    run = office.run()
    assert run.stages() == [1] * 8
    assert office.connection.execute("SELECT count(*) FROM cps").fetchone() == (1,)


def test_a_text_that_stands_for_no_value_links_nothing_and_names_nobody(office: Office) -> None:
    crimes = range(len(NO_VALUE))
    # Twenty rows set aside would hold the file.
    words = NO_VALUE[:15]
    office.put("incident.csv", "incident", [incident(n) for n in crimes])
    rows = [
        {"force": "northumbria", "crime_ref": f"C{n}", "suspect_id": text, "urn": text, "asn": text}
        for n, text in enumerate(NO_VALUE)
    ]
    office.put("investigation.csv", "investigation", rows)
    office.put(
        "cps.csv",
        "cps",
        [cps(n, urn=text, police_crime_ref=text, asn=text) for n, text in enumerate(words)]
        + [cps(90, urn="10ZZ9990125", police_crime_ref="TBC", asn="n/a")],
    )
    run = office.run()
    number = len(NO_VALUE)
    assert run.stages() == [number, number, 0, 0, 0, 0, 0, 0]
    for column in ("suspect_id", "urn", "asn"):
        assert ("investigation", number) in run.found("placeholder", column), column
    assert run.fates("cps.csv") == (16, 1, 0, 15)
    assert len(run.told("warning", f"(suspect id); investigation northumbria: {number} rows")) == 1
    assert "Fill in the reference or the name, or leave the cell empty" in "\n".join(run.news)


def test_a_crime_reference_that_is_no_value_sets_its_row_aside(office: Office) -> None:
    words = ("TBC", "n/a", "Unknown", "-", "XXXX", "0000")
    office.put("incident.csv", "incident", [incident(0), *(incident(n, crime_ref=w) for n, w in enumerate(words, 1))])
    office.put(
        "investigation.csv", "investigation", [investigation(0), *(investigation(0, crime_ref=w) for w in words)]
    )
    run = office.run()
    assert run.fates("incident.csv") == run.fates("investigation.csv") == (7, 1, 0, 6)
    assert run.stages()[:3] == [1, 1, 1]
    assert len(run.told("critical", "(crime ref); incident northumbria: 6 rows")) == 1
    assert len(run.told("critical", "(crime ref); investigation northumbria: 6 rows")) == 1


def test_figures_are_numbers_of_incidents_and_words_are_not(office: Office) -> None:
    numbers = ("0", "9999", "XX", "12")
    words = ("TBC", "N/A", "?", "unknown")
    office.put("incident.csv", "incident", [incident(n, incident_id=t) for n, t in enumerate(numbers + words)])
    assert office.run().fates("incident.csv") == (8, 4, 0, 4)


def test_a_label_without_a_value_is_unknown_but_none_may_be_one(office: Office) -> None:
    words = ("TBC", "n/a", "Not Known", "-", "#N/A", "")
    office.put(
        "incident.csv", "incident", [incident(n, area_command=w) for n, w in enumerate((*words, "None", "North"))]
    )
    run = office.run()
    assert run.groups("area_command") == {"northumbria/unknown": 6, "northumbria/None": 1, "northumbria/North": 1}
    assert len(run.told("warning", "(area command); incident northumbria: 5 rows")) == 1


def test_one_area_in_many_spellings_is_one_group_of_its_force(office: Office) -> None:
    spelled = ("North", "North", "NORTH", "north ", "\u00a0North", "No\u200brth", "norTH\ufeff", "North\t")
    rows = [incident(n, area_command=text) for n, text in enumerate(spelled)]
    rows.append(incident(90, force="durham", area_command="NORTH"))
    rows += [
        incident(91 + n, area_command=text) for n, text in enumerate(("North East", "North\u00a0East", "North  east"))
    ]
    office.put("incident.csv", "incident", rows)
    run = office.run()
    assert run.groups("area_command") == {
        "northumbria/North": 8, "durham/NORTH": 1, "northumbria/North East": 3,
    }  # fmt: skip
    assert run.amiss == set()


@pytest.fixture(params=first(1, ["Pacific/Auckland", "America/Los_Angeles", "Europe/London"]))
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


MOMENTS = (
    ("2024-06-30T23:30Z", "2024-07-01"), ("2024-06-30T22:59:59Z", "2024-06-30"), ("2024-06-30T23:30:00+01:00", "2024-06-30"),
    ("2024-07-01 00:15:00+01:00", "2024-07-01"), ("2024-12-31T23:30:00Z", "2024-12-31"), ("2025-01-01T00:30+01:00", "2024-12-31"),
    ("2024-03-30T23:30Z", "2024-03-30"), ("2024-03-31T23:30Z", "2024-04-01"), ("2024-10-26T23:30Z", "2024-10-27"),
    ("2024-10-27T23:30Z", "2024-10-27"), ("2024-06-30T23:30:00", "2024-06-30"), ("2024-06-30 00:00:00.000", "2024-06-30"),
)  # fmt: skip


@pytest.mark.usefixtures("zone")
def test_a_moment_is_a_day_in_london_whatever_zone_the_machine_has(office: Office) -> None:
    texts = [incident(n, reported_date=moment) for n, (moment, _) in enumerate(MOMENTS)]
    office.put("incident_1.csv", "incident", texts)
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(list(texts[0]))
    for n, row in enumerate(texts):
        page.append(list((row | {"incident_id": f"X{n}"}).values()))
    book.save(office.landing / "incident_2.xlsx")
    aware = [(m, day) for m, day in MOMENTS if m.endswith("Z")]
    stamps = pa.array([dt.datetime.fromisoformat(m) for m, _ in aware], pa.timestamp("us", tz="UTC"))
    made = [incident(n, incident_id=f"P{n}") for n in range(len(aware))]
    table = pa.Table.from_pylist([{k: v for k, v in row.items() if k != "reported_date"} for row in made])
    parquet.write_table(table.append_column("reported_date", stamps), office.landing / "incident_3.parquet")
    run = office.run()
    assert (run.refused, run.held) == ("", ())
    days = {
        str(name): str(day)
        for name, day in office.connection.execute("SELECT incident_id, reported_date FROM incident").fetchall()
    }
    assert days == {
        **{f"I{n}": day for n, (_, day) in enumerate(MOMENTS)},
        **{f"X{n}": day for n, (_, day) in enumerate(MOMENTS)},
        **{f"P{n}": day for n, (_, day) in enumerate(aware)},
    }
    july = sum(day == "2024-07-01" for day in days.values())
    assert july == 5 and run.groups("quarter")["2024/25 Q2"] == july
