"""Several source rows that make one contract row: which rows go together, whose value wins, and that no row gets lost."""

import csv
import datetime as dt
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from attrition import models, warehouse
from attrition.errors import UsageFault
from attrition.ingest.deliveries import ingest
from attrition.ingest.draft import draft_mapping
from attrition.ingest.mapping import load_source
from attrition.settings import Settings
from attrition.validate.rows import name_rows

AS_AT = dt.date(2025, 3, 31)

REGISTER = """
source = "register"
[[feed]]
extract = "incident"
files = ["register*"]
delivery = "{delivery}"
where = '''"Reported" is distinct from 'test' '''
one_row_per = ["incident_id"]
[feed.roll_up]
incident_class = ["crime", "non_crime"]
crime_ref = "first"
reported_date = "earliest"
hate_race = "any"
hate_religion = "any"
area_command = "last"
offence_code = "latest recorded_date"
recorded_date = "latest"
victim_age = "first"
record_status = "latest status_date"
status_date = "with record_status"
[feed.columns]
force = {{ constant = "northumbria" }}
incident_id = "Ref"
incident_class = "Class"
crime_ref = "Crime"
reported_date = "Reported"
recorded_date = "Recorded"
offence_code = "Offence"
hate_race = "Race"
hate_religion = "Religion"
area_command = "Area"
victim_age = "Age"
record_status = "Status"
status_date = "Changed"
"""
HEADER = "Ref,Class,Crime,Reported,Recorded,Offence,Race,Religion,Area,Age,Status,Changed"


class Desk:
    """A landing folder, a mapping and a warehouse in memory."""

    def __init__(self, folder: Path, mapping: str, name: str = "register") -> None:
        self.landing = folder / "landing"
        self.landing.mkdir()
        path = folder / f"{name}.toml"
        path.write_text(mapping, encoding="utf-8")
        self.source = load_source(path)
        self.opened = ExitStack()
        self.connection = self.opened.enter_context(warehouse.connect(Path(":memory:"), Settings()))
        warehouse.prepare(self.connection)

    def load(self, file: str, *lines: str) -> None:
        (self.landing / file).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        ingest(self.connection, self.landing, [self.source], b"k" * 32, Settings(), AS_AT)

    def rows(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def counts(self, extract: str = "incident") -> list[tuple]:
        return self.rows(
            "SELECT rows_read, accepted, duplicate, out_of_scope, quarantined FROM load "
            f"WHERE extract = '{extract}' AND state = 'loaded' ORDER BY load_id"
        )

    def findings(self) -> list[tuple]:
        """Rule, line, column and reference of every row that is named."""
        models.prepare(self.connection)
        models.set_context(self.connection, AS_AT, Settings())
        name_rows(self.connection)
        models.build(self.connection, ["check_row"])
        return self.rows(
            "SELECT rule, line, column_name, reference FROM check_row WHERE rule <> 'no_strand' ORDER BY ALL"
        )


@pytest.fixture
def register(tmp_path: Path) -> Desk:
    return Desk(tmp_path, REGISTER.format(delivery="update"))


def incident(desk: Desk, columns: str) -> list[tuple]:
    return desk.rows(f"SELECT {columns} FROM incident ORDER BY incident_id")


def test_each_value_comes_from_the_row_that_wins_it(register: Desk) -> None:
    register.load(
        "register.csv", HEADER,
        "A,non_crime,,2025-01-09,2025-01-10,8P,N,,North,,live,2025-01-01",
        "A,crime,C1,2025-01-05,2025-01-12,9B,Y,N,South,40,cancelled,2025-02-01",
        "A,crime,C2,2025-01-07,2025-01-11,105B,N,,,41,,",
    )  # fmt: skip
    assert register.counts() == [(3, 1, 2, 0, 0)]
    assert incident(
        register,
        "line, incident_class, crime_ref, reported_date::VARCHAR, recorded_date::VARCHAR, offence_code, hate_race, hate_religion, "
        "area_command, victim_age, record_status, status_date::VARCHAR",
    ) == [
        (2, "crime", "C1", "2025-01-05", "2025-01-12", "9B", "Y", "N", "South", 40, "cancelled", "2025-02-01"),
    ]  # fmt: skip


def test_every_row_has_a_fate_and_folded_ones_are_named_by_their_lines(register: Desk) -> None:
    register.load(
        "register.csv", HEADER,
        "A,crime,C1,2025-01-05,,8P,Y,,,,,",
        "B,crime,C2,2025-01-06,,8P,Y,,,,,",
        "A,crime,C1,2025-01-05,,9B,Y,,,,,",
        "A,crime,C1,2025-01-05,,8P,Y,,,,,",
        "B,crime,C2,2025-01-06,,8P,Y,,,,,",
        "A,crime,C1,test,,9B,Y,,,,,",
        "A,crime,,2025-01-01,,9B,Y,,,,,",
        "C,crime,C3,2025-01-07,,9B,Y,,,,,",
        "A,crime,C1,2025-01-05,,105B,Y,,,,,",
    )  # fmt: skip
    assert register.counts() == [(9, 3, 4, 1, 1)]
    # The row without a crime's reference is set apart, so its earlier day does not count.
    assert incident(register, "incident_id, line, reported_date::VARCHAR") == [
        ("A", 2, "2025-01-05"),
        # Alike to the last column: plain duplicates, of which the last stands.
        ("B", 6, "2025-01-06"),
        ("C", 9, "2025-01-07"),
    ]
    assert register.findings() == [
        ("quarantined_missing", 8, "crime_ref", "A"),
        ("rolled_up", 4, "", "A"),
        ("rolled_up", 10, "", "A"),
    ]


def test_what_is_amiss_with_a_folded_row_is_told_at_its_line(register: Desk) -> None:
    register.load(
        "register.csv", HEADER,
        "A,crime,C1,2025-01-05,,8P,Y,,,,,",
        "A,crime,C1,2025-01-05,soon,9B,Y,maybe,,,,",
    )  # fmt: skip
    assert register.findings() == [
        ("rolled_up", 3, "", "A"),
        ("unknown_code", 3, "hate_religion", "A"),
        ("unreadable_date", 3, "recorded_date", "A"),
    ]


def test_a_remark_goes_with_the_row_that_a_later_delivery_replaces(register: Desk) -> None:
    lines = (HEADER, "A,crime,C1,2025-01-05,,8P,Y,,,,,", "A,crime,C1,2025-01-05,,9B,Y,,,,,")
    register.load("register_1.csv", *lines)
    assert [row[:2] for row in register.findings()] == [("rolled_up", 3)]
    register.load("register_2.csv", HEADER, "A,crime,C1,2025-01-05,,8P,Y,,,,,")
    assert register.findings() == []
    assert register.counts() == [(2, 1, 1, 0, 0), (1, 1, 0, 0, 0)]


def test_an_appended_row_is_compared_after_it_was_made(tmp_path: Path) -> None:
    desk = Desk(tmp_path, REGISTER.format(delivery="append"))
    lines = ("A,crime,C1,2025-01-05,,8P,N,,,,,", "A,crime,C1,2025-01-06,,9B,Y,,,,,")
    desk.load("register_1.csv", HEADER, *lines)
    desk.load("register_2.csv", HEADER, *lines, "B,crime,C2,2025-02-06,,9B,Y,,,,,")
    assert desk.counts() == [(2, 1, 1, 0, 0), (3, 1, 2, 0, 0)]
    assert incident(desk, "incident_id, offence_code, hate_race") == [("A", "9B", "Y"), ("B", "9B", "Y")]


def test_without_the_keys_rows_of_one_record_contradict_each_other(tmp_path: Path) -> None:
    plain = REGISTER.format(delivery="update")
    start, end = plain.index("one_row_per"), plain.index("[feed.columns]")
    desk = Desk(tmp_path, plain[:start] + plain[end:])
    desk.load("register.csv", HEADER, "A,crime,C1,2025-01-05,,8P,Y,,,,,", "A,crime,C1,2025-01-05,,9B,Y,,,,,")
    assert desk.counts() == [(2, 1, 0, 0, 1)]


INVESTIGATION = """
source = "rms"
[[feed]]
extract = "incident"
files = ["rms*"]
delivery = "update"
one_row_per = ["force", "incident_id"]
roll_up = { others = "first" }
[feed.columns]
force = "Force"
incident_id = "Crime"
incident_class = { constant = "crime" }
crime_ref = "Crime"
reported_date = "Reported"
[[feed]]
extract = "investigation"
files = ["rms*"]
delivery = "update"
one_row_per = ["force", "crime_ref", "suspect_id"]
roll_up = { outcome_code = "latest outcome_date", outcome_date = "with outcome_code", word_on_word = "any", others = "last" }
[feed.columns]
force = "Force"
crime_ref = "Crime"
suspect_id = "Suspect"
suspect_identified_date = "Arrested"
word_on_word = "Word"
outcome_code = "Outcome"
outcome_date = "Closed"
"""


def test_an_investigation_of_several_rows_for_a_suspect(tmp_path: Path) -> None:
    """Both feeds stand in one delivery: the second is folded within a transaction that the first began."""
    desk = Desk(tmp_path, INVESTIGATION, "rms")
    desk.load(
        "rms.csv", "Force,Crime,Suspect,Arrested,Word,Outcome,Closed,Reported",
        "northumbria,C1,S1,2025-01-05,N,,2025-03-09,2025-01-01",
        "northumbria,C1,S1,2025-01-07,Y,16,2025-02-01,2025-01-01",
        "northumbria,C1,S1,,N,1,2025-02-03,2025-01-01",
        "northumbria,C1,,,N,,,2025-01-01",
        "northumbria,C1,,,N,18,2025-02-09,2025-01-01",
        "durham,C1,S1,2025-01-06,N,15,2025-02-02,2025-01-02",
    )  # fmt: skip
    assert desk.counts("incident") == [(6, 2, 4, 0, 0)]
    assert desk.counts("investigation") == [(6, 3, 3, 0, 0)]
    # A later day without a code takes nothing from the code and its own day.
    assert desk.rows(
        "SELECT force, line, suspect_id IS NOT NULL, suspect_identified_date::VARCHAR, word_on_word, outcome_code, "
        "outcome_date::VARCHAR FROM investigation ORDER BY line"
    ) == [
        ("northumbria", 2, True, "2025-01-07", "Y", "1", "2025-02-03"),
        ("northumbria", 5, False, None, "N", "18", "2025-02-09"),
        ("durham", 7, True, "2025-01-06", "N", "15", "2025-02-02"),
    ]


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "register.toml"
    mapping = REGISTER.format(delivery="update")
    for right, wrong in (
        ('one_row_per = ["incident_id"]', 'one_row_per = ["force", "victim_id"]'),
        ('crime_ref = "first"', ""),
        ('hate_race = "any"', 'hate_race = "some"'),
        ('area_command = "last"', 'area_command = "any"'),
        ('offence_code = "latest recorded_date"', 'offence_code = "latest crime_ref"'),
        ('status_date = "with record_status"', 'status_date = "latest"'),
        ('incident_class = ["crime", "non_crime"]', 'incident_class = ["crime", "other"]'),
        ('victim_age = "first"', 'victim_age = "first"\nvictim_sex = "first"'),
        ('reported_date = "earliest"', 'reported_date = "with offence_code"'),
    ):
        assert mapping.count(right) == 1
        mapping = mapping.replace(right, wrong)
    path.write_text(mapping, encoding="utf-8")
    with pytest.raises(UsageFault) as fault:
        load_source(path)
    told = [
        line.strip().removeprefix("register.toml: feed 1 (incident).") for line in str(fault.value).splitlines()[1:]
    ]
    assert sorted(line.split(":")[0] for line in told) == sorted([
        "one_row_per", "one_row_per", "roll_up", "roll_up.hate_race", "roll_up.area_command", "roll_up.offence_code",
        "roll_up.status_date", "roll_up.incident_class", "roll_up.victim_sex", "roll_up.reported_date",
    ])  # fmt: skip
    # Columns of which nothing is said are named in one sentence.
    assert [line for line in told if line.startswith("roll_up: says nothing of incident_id, crime_ref (")]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('roll_up = { others = "first" }', "goes only with one_row_per"),
        ('one_row_per = "incident_id"', "must be a list of contract columns"),
        ('one_row_per = ["incident_id"]\nroll_up = "first"', "must be a table"),
    ],
)
def test_keys_that_make_no_sense(keys: str, said: str, tmp_path: Path) -> None:
    mapping = REGISTER.format(delivery="update")
    start, end = mapping.index("one_row_per"), mapping.index("[feed.columns]")
    path = tmp_path / "register.toml"
    path.write_text(mapping[:start] + keys + "\n" + mapping[end:], encoding="utf-8")
    with pytest.raises(UsageFault, match=said):
        load_source(path)


def test_another_rule_is_another_mapping(tmp_path: Path) -> None:
    prints = set()
    for rule in ("first", "last"):
        path = tmp_path / "register.toml"
        path.write_text(
            REGISTER.format(delivery="update").replace('victim_age = "first"', f'victim_age = "{rule}"'),
            encoding="utf-8",
        )
        prints.add(load_source(path).feeds[0].fingerprint)
    assert len(prints) == 2


def worked_examples() -> list[list[tuple[str, str]]]:
    """The worked examples of the guide: of each its blocks, as (language, text)."""
    guide = (Path(__file__).parents[2] / "docs" / "map-your-extract.md").read_text(encoding="utf-8")
    section = guide.partition("\n## Several rows, one record\n")[2].partition("\n## ")[0]
    parts = section.split("\n### ")[1:]
    return [re.findall(r"^```(csv|toml)\n(.*?)^```", part, re.S | re.M) for part in parts]


@pytest.mark.parametrize(
    ("number", "fates"),
    [
        (0, {"incident": (4, 2, 2), "investigation": (4, 4, 0)}),
        (1, {"incident": (6, 2, 4), "investigation": (6, 6, 0)}),
        (2, {"cps": (4, 2, 2)}),
    ],
)
def test_the_worked_examples_of_the_guide_run_as_written(number: int, fates: dict[str, tuple], tmp_path: Path) -> None:
    desk, blocks = worked_desk(number, tmp_path)
    assert len(blocks) == len(fates)
    for extract, block in zip(fates, blocks, strict=True):
        assert desk.counts(extract) == [(*fates[extract], 0, 0)]
        header, *expected = csv.reader(block.splitlines())
        listed = ", ".join(f"coalesce({column}::VARCHAR, '')" for column in header)
        assert desk.rows(f"SELECT {listed} FROM {extract} ORDER BY line") == [tuple(row) for row in expected]


def worked_desk(number: int, folder: Path) -> tuple[Desk, list[str]]:
    """A desk that has loaded the table of a worked example with its mapping, and the blocks of what comes of it."""
    (_, table), (_, mapping), *expected = worked_examples()[number]
    name = re.search(r'source = "(\w+)"', mapping)[1]
    desk = Desk(folder, mapping, name)
    desk.load(f"{name}_2025-03.csv", *table.splitlines())
    return desk, [block for _, block in expected]


@pytest.mark.parametrize(
    ("number", "charged"),
    [(0, [("R-101", "2025-02-10"), ("R-102", None)]), (1, [("CR1", "2025-03-20"), ("CR2", None)])],
)
def test_no_charge_of_the_worked_examples_is_lost(number: int, charged: list[tuple], tmp_path: Path) -> None:
    """By hand: the first charge of any suspect, whatever else happened that day."""
    desk, _ = worked_desk(number, tmp_path)
    models.prepare(desk.connection)
    models.set_context(desk.connection, AS_AT, Settings())
    models.build(desk.connection, ["case_stage"])
    shown = "SELECT incident_id, charge_known_date::VARCHAR FROM case_stage ORDER BY incident_id"
    assert desk.rows(shown) == charged
    assert desk.rows("SELECT count(*) FROM case_stage WHERE stage_order = 5") == [(1,)]


@pytest.mark.parametrize("number", [0, 1])
def test_the_draft_of_a_worked_example_makes_one_incident_of_its_rows(number: int, tmp_path: Path) -> None:
    """With its proposals accepted and the required columns given, the draft makes the incidents that the guide's own mapping makes."""
    table, mapping = (text for _, text in worked_examples()[number][:2])
    header, *rows = csv.reader(table.splitlines())
    name = re.search(r'source = "(\w+)"', mapping)[1]
    draft = draft_mapping(header, rows, source=name, file_name=f"{name}_2025-03.csv")
    freed = re.sub(r"^# (?=(one_row_per|roll_up|force|incident_class) = )", "", draft, flags=re.M)
    desk = Desk(tmp_path, freed, name)
    desk.load(f"{name}_2025-03.csv", *table.splitlines())
    assert desk.counts("incident") == [(len(rows), 2, len(rows) - 2, 0, 0)]
