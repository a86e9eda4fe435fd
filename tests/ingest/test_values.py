"""How the values of cells are read: clean text, references, labels, texts that are no value, days and moments. Real files of
every kind through the ingest of a run into a warehouse in memory; every expected value is worked out by hand.
"""

import csv
import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet

from attrition import clock, models, warehouse
from attrition.errors import UsageFault
from attrition.ingest.clean_text import clean
from attrition.ingest.deliveries import ingest
from attrition.ingest.mapping import load_sources
from attrition.ingest.pseudonym import pseudonym
from attrition.settings import Settings, load_settings

KEY = b"k" * 40
NOW = dt.date(2025, 4, 1)
Row = dict[str, Any]

INCIDENT = {
    "force": "northumbria", "incident_id": "IN1", "victim_no": "", "incident_class": "crime", "crime_ref": "CR/1/24",
    "reported_date": "2024-03-05", "hate_race": "Y",
}  # fmt: skip
INVESTIGATION = {"force": "northumbria", "crime_ref": "CR/1/24"}
CPS = {"urn": "10AB0000124", "defendant_id": "D1", "received_date": "2024-05-01", "force": "northumbria"}


def write_csv(path: Path, rows: list[Row]) -> None:
    with path.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
        made = csv.DictWriter(file, list(rows[0]))
        made.writeheader()
        made.writerows(rows)


def write_xlsx(path: Path, rows: list[Row]) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(list(rows[0]))
    for row in rows:
        page.append([cell or None for cell in row.values()])
    book.save(path.with_suffix(".xlsx"))


def write_parquet(path: Path, rows: list[Row]) -> None:
    parquet.write_table(pa.Table.from_pylist(rows), path.with_suffix(".parquet"))


WRITERS = pytest.mark.parametrize("write", [write_csv, write_xlsx, write_parquet])
Write = Callable[[Path, list[Row]], None]


class Office:
    """A landing folder, a folder of mappings and a warehouse in memory."""

    def __init__(self, folder: Path) -> None:
        self.landing, self.sources = folder / "landing", folder / "sources"
        self.landing.mkdir()
        self.sources.mkdir()
        self.opened = ExitStack()
        self.connection = self.opened.enter_context(warehouse.connect(Path(":memory:"), Settings()))
        warehouse.prepare(self.connection)

    def load(self, now: dt.date = NOW, settings: Settings | None = None) -> None:
        """What a run loads of the folder."""
        ingest(self.connection, self.landing, load_sources(self.sources), KEY, settings or Settings(), now)

    def send(self, name: str, rows: list[Row], write: Write = write_csv, now: dt.date = NOW) -> None:
        """A new file, loaded."""
        write(self.landing / name, rows)
        self.load(now)

    def column(self, extract: str, name: str) -> list[Any]:
        """A column of the rows in force, in the order of their lines."""
        found = self.connection.execute(f'SELECT "{name}" FROM {extract} ORDER BY load_id, line').fetchall()
        return [value for (value,) in found]

    def findings(self) -> dict[tuple[str, str], int]:
        """How many rows each rule has found, by column."""
        found = self.connection.execute(
            "SELECT rule, column_name, count(*) FROM finding WHERE line IS NOT NULL GROUP BY ALL"
        ).fetchall()
        return {(rule, column): count for rule, column, count in found}

    def reasons(self) -> list[list[str]]:
        """Why rows are kept aside, in the order of their lines."""
        return [
            reasons for (reasons,) in self.connection.execute("SELECT reasons FROM quarantine ORDER BY ALL").fetchall()
        ]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.connection.close()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("North  Tyne", "North Tyne"),
        ("\u00a0North\u2003 Tyne\t", "North Tyne"),
        ("No\u00adrth\u200b Tyne\ufeff", "North Tyne"),
        ("No\u034frth\ufe0f T\u3164yne\U000e0101", "North Tyne"),
        ("North\r\nTyne", "North Tyne"),
        ("North\x0bTyne\x07\x1f", "North Tyne"),
        ("Cafe\u0301 \u202aQuarter\u202c", "Caf\u00e9 Quarter"),
        (" \u00a0\u200d ", ""),
        ("", ""),
    ],
)
def test_clean_text_of_a_text(written: str, read: str) -> None:
    assert clean(written) == read


@WRITERS
def test_cells_are_clean_text_in_files_of_every_kind(office: Office, write: Write) -> None:
    dirty = {
        "force": "\ufeffNorthumbria ", "incident_id": "in\u200b1", "victim_no": "1.0", "incident_class": "\u00a0Crime",
        "crime_ref": " cr/1/24\u00ad", "reported_date": "2024-03-05\u00a0", "hate_race": "y\u200d",
        "area_command": "North\u00a0 Tyne\u0301",
    }  # fmt: skip
    office.send("incident", [dirty], write)
    kept = "force::VARCHAR, incident_id, victim_no, crime_ref, reported_date, hate_race::VARCHAR, area_command"
    assert office.connection.execute(f"SELECT {kept} FROM incident").fetchall() == [
        ("northumbria", "IN1", "1", "CR/1/24", dt.date(2024, 3, 5), "Y", "North Tyn\u00e9")
    ]
    assert office.findings() == {}


@pytest.mark.parametrize("sign", ["\u00a0", "\u200b", "\t", "\n", "  ", "\x07", "\ufe0f"])
def test_one_dirty_cell_far_down_is_seen(office: Office, sign: str) -> None:
    rows = [INCIDENT | {"incident_id": f"IN{n}", "area_command": "North Tyne"} for n in range(300)]
    rows[290]["area_command"] = f"North{sign} Tyne"
    office.send("incident", rows)
    assert set(office.column("incident", "area_command")) == {"North Tyne"}


@WRITERS
def test_a_header_loses_no_column_by_what_nobody_sees(office: Office, write: Write) -> None:
    names = {"incident_id": "incident_id\u00a0", "crime_ref": "\u200bCrime_Ref", "hate_race": " hate_\u00adrace"}
    office.send("incident", [{names.get(name, name): cell for name, cell in INCIDENT.items()}], write)
    assert office.column("incident", "crime_ref") == ["CR/1/24"]
    assert office.column("incident", "hate_race") == ["Y"]


def test_what_a_mapping_yields_is_clean_text(office: Office) -> None:
    (office.sources / "north.toml").write_text(
        'source = "north"\n[[feed]]\nextract = "incident"\nfiles = ["north*"]\ndelivery = "update"\nempty = ["not\u00a0 asked"]\n'
        '[feed.columns]\nforce = { constant = "northumbria\u00a0" }\n'
        'incident_id = { expression = "\\"Ref\u00a0No\\" || chr(160) || \' \'" }\n'
        'incident_class = { constant = "crime" }\ncrime_ref = "Ref\u2003No"\nreported_date = "Reported"\n'
        'hate_race = { column = "Race", map = { "Hate\u00a0 RACE" = "Y" } }\narea_command = "Area"\n',
        encoding="utf-8",
    )
    row = {"Ref No": "a  7", "Reported": "2024-03-05", "Race": "hate race\u200b", "Area": "Not asked"}
    office.send("north", [row])
    assert office.column("incident", "incident_id") == ["A 7"]
    assert office.column("incident", "crime_ref") == ["A 7"]
    assert office.column("incident", "hate_race") == ["Y"]
    assert office.column("incident", "area_command") == [None]
    assert office.findings() == {}


def test_references_meet_without_regard_to_case(office: Office) -> None:
    office.send("incident_1", [INCIDENT | {"victim_id": "v1"}])
    office.send("incident_2", [INCIDENT | {"incident_id": "in1", "crime_ref": "cr/1/24", "victim_id": "V\u200b1"}])
    assert office.column("incident", "incident_id") == ["IN1"]
    same = pseudonym(KEY, "victim", "northumbria", "v1")
    assert office.column("incident", "victim_id") == [same]
    office.send(
        "investigation", [INVESTIGATION | {"crime_ref": "Cr/1/24", "urn": "10 ab 00001/24", "suspect_id": "s1"}]
    )
    office.send("cps", [CPS | {"urn": "10-ab-0000124", "police_crime_ref": "cR/1/24"}])
    assert office.column("investigation", "crime_ref") == office.column("incident", "crime_ref")
    assert office.column("cps", "urn") == ["10AB0000124"]
    assert office.column("cps", "police_crime_ref") == ["CR/1/24"]


def test_a_quarantined_row_is_mended_by_its_reference_in_any_case(office: Office) -> None:
    office.send("incident_1", [INCIDENT | {"incident_id": "in1", "reported_date": "soon"}])
    office.send("incident_2", [INCIDENT])
    assert office.connection.execute("SELECT record_key, mended_by FROM quarantine").fetchall() == [
        ("northumbria|IN1|1", 2)
    ]


@WRITERS
def test_a_whole_number_may_be_written_with_a_nought_behind_the_point(office: Office, write: Write) -> None:
    office.send("incident", [INCIDENT | {"victim_no": "2.0", "victim_age": "34.00"}], write)
    office.send(
        "investigation",
        [INVESTIGATION | {"suspect_birth_year": "1990.0", "outcome_code": "16.0", "outcome_date": "2024-04-01"}],
        write,
    )
    assert office.column("incident", "victim_no") == ["2"]
    assert office.column("incident", "victim_age") == [34]
    assert office.column("investigation", "suspect_birth_year") == [1990]
    assert office.column("investigation", "outcome_code") == ["16"]
    assert office.findings() == {}


def test_a_number_that_is_not_whole_stays_a_finding(office: Office) -> None:
    office.send("incident", [INCIDENT | {"victim_no": "1.5", "victim_age": "34.5"}])
    assert office.column("incident", "victim_no") == ["1.5"]
    assert office.findings() == {("out_of_range", "victim_age"): 1}


NO_VALUE = [
    "NULL", "n/a", "#N/A", "None", "tbc", "T.B.C.", "TBA", "Unknown", "NOT KNOWN", "not_known", "Not recorded", "-", "--", ".", "..",
    "?", "???", "XX", "xxxxxx", "X/X", "0", "000", "00/00", "9999", "99999999", "Not applicable", "nil", "N/K", "(blank)", "<NA>",
    "NaN", "Pending", "To be confirmed", "#REF!", "#VALUE!", "#NAME?", "No suspect",
]  # fmt: skip
VALUES = ["X", "X1", "99", "999", "9991", "10", "0001", "NA1", "TBC-1", "N", "UNKNOWN-17", "XXL", "NULLAH", "TB", "A.B"]


@WRITERS
def test_a_text_that_is_no_value_is_no_reference(office: Office, write: Write) -> None:
    rows = [
        INVESTIGATION | {"crime_ref": f"C{n}", "suspect_id": cell, "urn": cell, "asn": cell}
        for n, cell in enumerate(NO_VALUE)
    ]
    office.send("investigation", rows, write)
    for column in ("suspect_id", "urn", "asn"):
        assert office.column("investigation", column) == [None] * len(NO_VALUE)
        assert office.findings()["placeholder", column] == len(NO_VALUE)


def test_a_text_that_may_be_a_value_is_one(office: Office) -> None:
    office.send(
        "investigation", [INVESTIGATION | {"crime_ref": f"C{n}", "suspect_id": v} for n, v in enumerate(VALUES)]
    )
    wanted = [pseudonym(KEY, "suspect", "northumbria", value) for value in VALUES]
    assert office.column("investigation", "suspect_id") == wanted
    assert office.findings() == {}


def test_a_required_reference_that_is_no_value_sets_its_row_aside(office: Office) -> None:
    office.send("cps", [CPS | {"urn": "TBC"}, CPS | {"defendant_id": "n/a"}, CPS | {"urn": ""}, CPS])
    assert office.reasons() == [["missing_urn"], ["unreadable_defendant_id"], ["unreadable_urn"]]
    office.send(
        "incident", [INCIDENT | {"crime_ref": "XXXX"}, INCIDENT | {"incident_class": "non_crime", "crime_ref": "-"}]
    )
    assert ["unreadable_crime_ref"] in office.reasons()
    assert office.column("incident", "crime_ref") == [None]


def test_only_words_and_signs_are_no_number_of_an_incident_or_defendant(office: Office) -> None:
    ids = ["0", "000", "9999", "XX", "None", "?"]
    office.send("incident", [INCIDENT | {"incident_id": one} for one in ids])
    assert office.column("incident", "incident_id") == ["0", "000", "9999", "XX"]
    assert office.reasons() == [["unreadable_incident_id"]] * 2
    office.send("cps", [CPS | {"defendant_id": one} for one in ids])
    assert len(office.column("cps", "defendant_id")) == 4


def test_a_label_may_be_none_and_a_victim_s_number_anything(office: Office) -> None:
    cells = ["None", "Unknown", "n/a", "XX", "0", "9999", "No religion"]
    office.send("incident", [INCIDENT | {"victim_no": f"{n}", "religion_targeted": c} for n, c in enumerate(cells)])
    assert office.column("incident", "religion_targeted") == ["None", None, None, None, None, None, "No religion"]
    assert office.findings() == {("placeholder", "religion_targeted"): 5}
    assert office.column("incident", "victim_no")[0] == "0"


def test_labels_are_grouped_without_regard_to_case(office: Office) -> None:
    areas = ["Central", "CENTRAL", "central\u200b", " Central", "Cent\u00adral", "central"]
    rows = [INCIDENT | {"incident_id": f"IN{n}", "crime_ref": f"C{n}", "area_command": a} for n, a in enumerate(areas)]
    rows.append(INCIDENT | {"force": "durham", "area_command": "CENTRAL"})
    office.send("incident", rows)
    office.send(
        "investigation",
        [
            INVESTIGATION | {"crime_ref": "C1", "investigating_unit": unit, "outcome_date": day, "outcome_code": "16"}
            for unit, day in [
                ("response", "2024-03-06"),
                ("cid", "2024-05-01"),
                ("CID", "2024-04-01"),
                ("CID", "2024-04-02"),
            ]
        ],
    )
    models.prepare(office.connection)
    models.set_context(office.connection, dt.date(2025, 3, 31), Settings())
    models.build(office.connection, ["stg_incident", "case_police"])
    shown = office.connection.execute(
        "SELECT force::VARCHAR, area_command, count(*) FROM stg_incident GROUP BY ALL"
    ).fetchall()
    assert sorted(shown) == [("durham", "CENTRAL", 1), ("northumbria", "Central", 6)]
    # The latest unit is written `cid`; most rows write CID.
    assert office.connection.execute("SELECT investigating_unit FROM case_police").fetchall() == [("CID",)]


@WRITERS
@pytest.mark.parametrize("year", ["0024", "1989", "2204", "9999", "20204", "2026"])
def test_a_mistyped_year_ends_no_run(office: Office, write: Write, year: str) -> None:
    rows = [INCIDENT, INCIDENT | {"incident_id": "IN2", "reported_date": f"{year}-03-05"}]
    rows.append(INCIDENT | {"incident_id": "IN3", "reported_date": f"{year}-03-05T10:00Z"})
    rows.append(INCIDENT | {"incident_id": "IN4"})
    for row in rows:
        row["recorded_date"] = f"{year}-03-05 10:00" if row["incident_id"] == "IN4" else ""
    office.send("incident", rows, write)
    assert office.column("incident", "incident_id") == ["IN1", "IN4"]
    assert office.column("incident", "recorded_date") == [None, None]
    assert office.reasons() == [["unreadable_reported_date"]] * 2
    assert office.findings() == {("unreadable_date", "recorded_date"): 1}


def test_from_which_day_dates_are_read_can_be_set(office: Office, tmp_path: Path) -> None:
    config = tmp_path / "attrition.toml"
    config.write_text("[thresholds]\ndates_from = 2024-03-05\n", encoding="utf-8")
    write_csv(office.landing / "incident", [INCIDENT, INCIDENT | {"incident_id": "IN2", "reported_date": "2024-03-04"}])
    office.load(settings=load_settings(config))
    assert office.column("incident", "incident_id") == ["IN1"]
    config.write_text('[thresholds]\ndates_from = "spring"\n', encoding="utf-8")
    with pytest.raises(UsageFault, match=r"dates_from in .thresholds. must be a day"):
        load_settings(config)


def test_only_a_hearing_may_lie_ahead_and_a_thousand_days_at_most(office: Office) -> None:
    # 1 April 2025 and 1,000 days: 27 December 2027.
    days = ["2025-04-01", "2025-04-02", "2027-12-27", "2027-12-28"]
    office.send(
        "cps",
        [
            CPS | {"defendant_id": f"D{n}", "decision_date": day, "first_hearing_date": day}
            for n, day in enumerate(days)
        ],
    )
    assert office.column("cps", "decision_date") == [NOW, None, None, None]
    assert office.column("cps", "first_hearing_date") == [*map(dt.date.fromisoformat, days[:3]), None]
    assert office.findings() == {("unreadable_date", "decision_date"): 3, ("unreadable_date", "first_hearing_date"): 1}


def test_a_file_loaded_anew_reads_as_on_its_first_day(office: Office) -> None:
    rows = [
        INVESTIGATION | {"suspect_id": "S1", "suspect_identified_date": "soon", "file_submitted_date": "2025-06-01"}
    ]
    office.send("investigation", rows)
    office.connection.execute("UPDATE load SET contract_sha256 = 'older'")
    office.load(now=dt.date(2025, 8, 1))
    assert office.connection.execute("SELECT count(*) FROM load").fetchall() == [(2,)]
    assert office.column("investigation", "file_submitted_date") == [None]
    assert office.column("investigation", "suspect_identified_date") == [NOW]


def test_codes_without_the_column_of_their_date_are_blank_and_found(office: Office) -> None:
    office.send("investigation", [INVESTIGATION | {"crime_ref": f"C{n}", "outcome_code": "16"} for n in range(3)])
    assert office.column("investigation", "outcome_code") == [None] * 3
    assert office.findings()["code_without_date", "outcome_code"] == 3
    assert office.reasons() == []


def test_a_suspect_whose_day_cannot_be_read_counts_from_the_row_s_other_dates(office: Office) -> None:
    office.send(
        "investigation",
        [
            INVESTIGATION | {"crime_ref": f"C{n}", "suspect_id": "S1", "suspect_identified_date": identified}
            | {"file_submitted_date": submitted, "outcome_code": "1", "outcome_date": outcome}
            for n, (identified, submitted, outcome) in enumerate(
                [("0024-01-01", "2024-06-01", "2024-05-01"), ("soon", "2024-06-01", ""), ("soon", "", "never"), ("", "2024-06-01", "")]
            )
        ],
    )  # fmt: skip
    assert office.column("investigation", "suspect_identified_date") == [
        dt.date(2024, 5, 1), dt.date(2024, 6, 1), NOW, None,
    ]  # fmt: skip
    assert office.findings()["unreadable_date", "suspect_identified_date"] == 3


@pytest.mark.parametrize(
    "written", ["2024-06-30T23:00:00+00:00[UTC]", "2024-06-30T18:00:00\N{MINUS SIGN}05:00", "2024-06-30 23:00:00+0:0"]
)
def test_a_time_with_an_offset_that_is_not_understood_is_no_day(office: Office, written: str) -> None:
    office.send("investigation", [INVESTIGATION | {"crime_ref": "C1", "file_submitted_date": written}])
    assert office.column("investigation", "file_submitted_date") == [None]
    assert office.findings()["unreadable_date", "file_submitted_date"] == 1


MOMENTS = [
    ("2024-06-30T23:30Z", dt.date(2024, 7, 1)),
    ("2024-06-30T23:30:00Z", dt.date(2024, 7, 1)),
    ("2024-06-30t23:30:00z", dt.date(2024, 7, 1)),
    ("2024-06-30t23:30", dt.date(2024, 6, 30)),
    ("2024-06-30 22:59:59.999 Z", dt.date(2024, 6, 30)),
    ("2024-06-30T23:00:00.000Z", dt.date(2024, 7, 1)),
    ("2024-06-30T23:30:00+01:00", dt.date(2024, 6, 30)),
    ("2024-07-01 00:30:00 +0200", dt.date(2024, 6, 30)),
    ("2024-06-30 23:30+00", dt.date(2024, 7, 1)),
    ("2024-12-31T23:59:00-01", dt.date(2025, 1, 1)),
    ("2024-12-31T23:59Z", dt.date(2024, 12, 31)),
    ("2024-06-30 23:30", dt.date(2024, 6, 30)),
]


@pytest.fixture(params=["Pacific/Auckland", "America/Los_Angeles"])
def elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock shows another time than London's."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@WRITERS
@pytest.mark.usefixtures("elsewhere")
def test_a_moment_with_an_offset_is_a_day_in_london(tmp_path: Path, write: Write) -> None:
    office = Office(tmp_path)
    office.send(
        "incident",
        [INCIDENT | {"incident_id": f"IN{n}", "reported_date": m} for n, (m, _) in enumerate(MOMENTS)],
        write,
    )
    assert office.column("incident", "reported_date") == [day for _, day in MOMENTS]


@pytest.mark.usefixtures("elsewhere")
def test_a_moment_of_a_parquet_file_is_a_day_in_london(tmp_path: Path) -> None:
    office = Office(tmp_path)
    moment = dt.datetime(2024, 6, 30, 23, 30)
    office.send("incident_1", [INCIDENT | {"reported_date": moment.replace(tzinfo=dt.UTC)}], write_parquet)
    office.send("incident_2", [INCIDENT | {"incident_id": "IN2", "reported_date": moment}], write_parquet)
    assert office.column("incident", "reported_date") == [dt.date(2024, 7, 1), dt.date(2024, 6, 30)]


@pytest.mark.parametrize(
    ("formats", "written", "read"),
    [
        ("%d/%m/%Y", "30/06/2024 23:30Z", dt.date(2024, 7, 1)),
        ("%d/%m/%Y", "30/06/2024t23:30z", dt.date(2024, 7, 1)),
        ("%d/%m/%Y", "30/06/2024t23:30", dt.date(2024, 6, 30)),
        ("%d/%m/%Y", "30/06/2024 11:30 PM +00:00", dt.date(2024, 7, 1)),
        ("%d/%m/%Y", "01/07/2024 00:30:00+02:00", dt.date(2024, 6, 30)),
        ("%d/%m/%Y", "30/06/2024 23:30", dt.date(2024, 6, 30)),
        ("%d %b %Y %H:%M:%SZ", "30 Jun 2024 23:30:00Z", dt.date(2024, 7, 1)),
        ("%d/%m/%Y %H:%M:%S %z", "30/06/2024 23:30:00 +0000", dt.date(2024, 7, 1)),
        ("%Y%m%d", "20240630T233000Z", dt.date(2024, 7, 1)),
        ("%d/%m/%Y", "05/03/24", None),
        ("%d/%m/%Y", "05/03/0024", None),
    ],
)
def test_moments_and_years_under_the_formats_of_a_mapping(
    office: Office, formats: str, written: str, read: dt.date | None
) -> None:
    (office.sources / "north.toml").write_text(
        'source = "north"\n[[feed]]\nextract = "incident"\nfiles = ["north*"]\ndelivery = "update"\n'
        f'date_formats = ["{formats}"]\ncolumns = "same"\n'
        '[feed.column_options]\nreported_date = { date_formats = ["%Y-%m-%d"] }\n',
        encoding="utf-8",
    )  # fmt: skip
    office.send("north", [INCIDENT | {"recorded_date": written}])
    assert office.column("incident", "recorded_date") == [read]


def test_today_is_the_day_in_london(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watch(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Watch":  # type: ignore[override]
            return cls(2024, 6, 30, 23, 30, tzinfo=dt.UTC).astimezone(tz)  # type: ignore[return-value]

    monkeypatch.setattr(clock.dt, "datetime", Watch)
    assert clock.today() == dt.date(2024, 7, 1)


def test_nothing_that_was_not_read_is_kept_of_a_quarantined_row(office: Office) -> None:
    planted = "Jane Roe 07700900123"
    strayed = dict.fromkeys(
        ("reported_date", "recorded_date", "victim_age", "victim_sex", "reporting_channel", "area_command", "religion_targeted",
         "offence_code", "local_authority", "business_type", "hate_local"), planted,
    )  # fmt: skip
    office.send("incident", [INCIDENT | strayed | {"victim_id": "V7"}])
    assert office.reasons() == [["unreadable_reported_date"]]
    kept = office.connection.execute("SELECT fields, record_key FROM quarantine").fetchall()
    assert "jane" not in f"{kept}".lower()
    assert "V7" not in f"{kept}"
    fields = duckdb.execute(
        "SELECT json_extract_string(?, ['$.force', '$.crime_ref', '$.hate_race'])", [kept[0][0]]
    ).fetchall()
    assert fields == [(["northumbria", "CR/1/24", "Y"],)]
