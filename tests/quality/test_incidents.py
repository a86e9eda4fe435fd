"""The life of a data-quality incident: what opens, worsens, mends, closes and reopens it, and what people do to it."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from attrition.errors import UsageFault
from attrition.publish.quality_facts import Score
from attrition.quality import handling, incidents
from attrition.quality.change import Change, Kind
from attrition.quality.evaluation import Evaluation, Failing

KEY = ("unknown_code", "incident", "durham", "victim_ethnicity")
FIRST = dt.date(2025, 3, 3)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number - 1)


class Warehouse:
    """A warehouse of incidents in memory, and evaluations as a run would hand them over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connection = duckdb.connect()
        incidents.prepare(self.connection)

    def run(self, number: int, records: dict[tuple[str, str, str, str], str], *others: Failing) -> dict[str, Change]:
        """One day's run: failing records by check (a letter each). Returns the changes by rule and column."""
        file = self.folder / f"{number}.parquet"
        rows = [(*key, record) for key, letters in records.items() for record in letters]
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE given (rule VARCHAR, extract VARCHAR, area VARCHAR, column_name VARCHAR, record VARCHAR)"
        )
        if rows:
            self.connection.executemany("INSERT INTO given VALUES (?, ?, ?, ?, ?)", rows)
        self.connection.execute(f"COPY given TO '{file.as_posix()}' (FORMAT parquet)")
        failing = [Failing(*key, rows=len(letters), files=("a.csv",)) for key, letters in records.items()]
        changes = incidents.update(self.connection, Evaluation((*failing, *others), (), file), day(number))
        return {f"{change.rule} {change.column}".strip(): change for change in changes}

    def one(self, number: int, letters: str) -> Change | None:
        """A day on which one check fails for the given records."""
        return self.run(number, {KEY: letters} if letters else {}).get("unknown_code victim_ethnicity")

    def events(self) -> list[tuple[str, int | None]]:
        return self.connection.execute("SELECT event, rows FROM dq_incident_event ORDER BY rowid").fetchall()


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    made = Warehouse(tmp_path)
    yield made
    made.connection.close()


def seen(change: Change | None) -> tuple[Kind, int | None, int | None, int]:
    assert change is not None
    return change.kind, change.rows, change.rows_at_worst, change.rows_fixed


def test_opens_once_and_then_says_nothing_new(warehouse: Warehouse) -> None:
    first = warehouse.one(1, "abc")
    assert seen(first) == (Kind.NEW, 3, 3, 0)
    assert first is not None and (first.severity, first.area, first.files) == ("warning", "durham", ("a.csv",))
    assert seen(warehouse.one(2, "abc")) == (Kind.UNCHANGED, 3, 3, 0)
    assert warehouse.events() == [("new", 3)]


def test_worse_mended_in_part_mended_and_back(warehouse: Warehouse) -> None:
    warehouse.one(1, "abc")
    assert seen(warehouse.one(2, "abcde")) == (Kind.WORSE, 5, 5, 0)
    assert seen(warehouse.one(3, "ab")) == (Kind.PARTLY_MENDED, 2, 5, 3)
    assert seen(warehouse.one(4, "abf")) == (Kind.WORSE, 3, 5, 3)
    assert seen(warehouse.one(5, "")) == (Kind.MENDED, 0, 5, 6)
    assert warehouse.one(6, "") is None
    again = warehouse.one(7, "a")
    assert seen(again) == (Kind.REOPENED, 1, 1, 0)
    assert again is not None and (again.incident_id, again.times_opened, again.opened_on) == (1, 2, day(7))
    assert [event for event, _ in warehouse.events()] == [
        "new", "worse", "partly mended", "worse", "mended", "back again",
    ]  # fmt: skip


def test_a_record_that_fails_again_is_new_and_no_longer_mended(warehouse: Warehouse) -> None:
    warehouse.one(1, "ab")
    warehouse.one(2, "a")
    assert seen(warehouse.one(3, "ab")) == (Kind.WORSE, 2, 2, 0)


def test_another_column_area_or_extract_is_another_incident(warehouse: Warehouse) -> None:
    other = ("unknown_code", "incident", "northumbria", "victim_ethnicity")
    third = ("unknown_code", "incident", "durham", "business_type")
    warehouse.run(1, {KEY: "a", other: "a", third: "a"})
    assert warehouse.connection.execute("SELECT count(*) FROM dq_incident").fetchone() == (3,)
    changes = incidents.update(warehouse.connection, Evaluation((), (), warehouse.folder / "1.parquet"), day(2))
    assert [change.kind for change in changes] == [Kind.MENDED] * 3


def test_a_missing_feed_freezes_the_other_checks_of_its_extract_and_area(warehouse: Warehouse) -> None:
    late = Failing("feed_late", "incident", "durham", "", None)
    other = ("no_strand", "incident", "northumbria", "")
    fresh = ("no_strand", "incident", "durham", "")
    warehouse.run(1, {KEY: "ab"})
    changes = warehouse.run(2, {KEY: "abc", other: "x", fresh: "y"}, late)
    assert {name: change.kind for name, change in changes.items()} == {
        "unknown_code victim_ethnicity": Kind.UNCHANGED, "no_strand": Kind.NEW, "feed_late": Kind.NEW,
    }  # fmt: skip
    assert changes["no_strand"].area == "northumbria"
    assert changes["unknown_code victim_ethnicity"].rows == 2
    after = warehouse.run(3, {KEY: "abc", other: "x"})
    assert after["feed_late"].kind is Kind.MENDED
    assert after["unknown_code victim_ethnicity"].kind is Kind.WORSE


def test_a_mended_check_stays_open_while_its_feed_is_missing(warehouse: Warehouse) -> None:
    warehouse.run(1, {KEY: "ab"})
    late = Failing("feed_late", "incident", "durham", "", None)
    assert warehouse.run(2, {}, late)["unknown_code victim_ethnicity"].kind is Kind.UNCHANGED


def measure(lacking: int, records: int = 100) -> Failing:
    return Failing("incomplete_local_authority", "incident", "durham", "local_authority", lacking, records)


def test_a_measure_is_told_again_only_when_its_share_moves(warehouse: Warehouse) -> None:
    name = "incomplete_local_authority local_authority"
    assert warehouse.run(1, {}, measure(20))[name].kind is Kind.NEW
    assert warehouse.run(2, {}, measure(24))[name].kind is Kind.UNCHANGED
    assert warehouse.run(3, {}, measure(25))[name].kind is Kind.WORSE
    assert warehouse.run(4, {}, measure(22))[name].kind is Kind.UNCHANGED
    assert warehouse.run(5, {}, measure(20))[name].kind is Kind.PARTLY_MENDED
    assert warehouse.run(6, {})[name].kind is Kind.MENDED


def test_silence_holds_back_and_then_tells(warehouse: Warehouse) -> None:
    warehouse.one(1, "ab")
    handling.silence(warehouse.connection, 1, day(3), "analyst", day(1))
    assert seen(warehouse.one(2, "abc")) == (Kind.UNCHANGED, 2, 2, 0)
    assert seen(warehouse.one(3, "abcd")) == (Kind.UNCHANGED, 2, 2, 0)
    assert seen(warehouse.one(4, "abcd")) == (Kind.WORSE, 4, 4, 0)


def test_a_silenced_incident_still_closes_when_it_is_mended(warehouse: Warehouse) -> None:
    warehouse.one(1, "ab")
    handling.silence(warehouse.connection, 1, day(9), "analyst", day(1))
    assert seen(warehouse.one(2, "")) == (Kind.MENDED, 0, 2, 2)


def test_resolved_with_a_reason_stays_quiet_until_it_gets_worse(warehouse: Warehouse) -> None:
    warehouse.one(1, "abc")
    handling.resolve(warehouse.connection, 1, "the unit is new", "analyst", day(1))
    assert warehouse.one(2, "abc") is None
    assert warehouse.one(3, "ab") is None
    back = warehouse.one(4, "abx")
    assert back is not None and (back.kind, back.times_opened) == (Kind.REOPENED, 2)


def test_a_resolved_incident_closes_without_a_word_when_the_check_passes(warehouse: Warehouse) -> None:
    warehouse.one(1, "a")
    handling.resolve(warehouse.connection, 1, "known", "analyst", day(1))
    assert warehouse.one(2, "") is None
    assert warehouse.one(3, "a") is not None


def test_people_s_words_are_kept_with_day_and_name(warehouse: Warehouse) -> None:
    warehouse.one(1, "a")
    handling.acknowledge(warehouse.connection, 1, "Pat", day(2))
    handling.assign(warehouse.connection, 1, "records team", "Pat", day(2))
    handling.resolve(warehouse.connection, 1, "a one-off", "Sam", day(3))
    told = handling.show_text(warehouse.connection, 1)
    for line in (f"{day(2)}  acknowledged, 1 rows, by Pat", f"{day(3)}  resolved, 1 rows, by Sam: a one-off"):
        assert line in told
    assert "assigned to records team" in told


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda c: handling.acknowledge(c, 9, "Pat", FIRST), "There is no incident 9"),
        (lambda c: handling.resolve(c, 1, " ", "Pat", FIRST), "is resolved with a reason"),
        (lambda c: handling.silence(c, 1, dt.date(2020, 1, 1), "Pat", FIRST), "has passed"),
    ],
)
def test_what_cannot_be_done_is_said(warehouse: Warehouse, act: object, why: str) -> None:
    warehouse.one(1, "a")
    with pytest.raises(UsageFault, match=why):
        act(warehouse.connection)  # type: ignore[operator]


def test_only_open_incidents_can_be_handled(warehouse: Warehouse) -> None:
    warehouse.one(1, "a")
    warehouse.one(2, "")
    with pytest.raises(UsageFault, match="closed"):
        handling.acknowledge(warehouse.connection, 1, "Pat", day(2))


def test_the_list_puts_critical_ones_first(warehouse: Warehouse) -> None:
    warehouse.run(1, {KEY: "ab", ("quarantined_missing", "cps", "north-east", "urn"): "c"})
    lines = handling.list_text(warehouse.connection, all_states=False).splitlines()
    assert [line.split()[1] for line in lines[2:]] == ["critical", "warning"]
    warehouse.run(2, {})
    assert handling.list_text(warehouse.connection, all_states=False) == "No incident is open."
    assert "closed" in handling.list_text(warehouse.connection, all_states=True)


def test_held_deliveries_alone_touch_no_other_incident(warehouse: Warehouse) -> None:
    warehouse.one(1, "ab")
    held = Failing("delivery_held", "cps", "north-east", "", None, files=("cps.csv",))
    changes = incidents.update(warehouse.connection, Evaluation((held,), only="delivery_held"), day(2))
    assert {change.rule: change.kind for change in changes} == {
        "unknown_code": Kind.UNCHANGED, "delivery_held": Kind.NEW,
    }  # fmt: skip


def test_a_run_for_a_past_day_is_told_apart(warehouse: Warehouse) -> None:
    connection = warehouse.connection
    assert incidents.is_newest(connection, FIRST)
    incidents.keep_scores(connection, Evaluation(()), day(5), day(6))
    assert incidents.is_newest(connection, day(5))
    assert not incidents.is_newest(connection, day(4))


def test_the_day_s_score_counts_rows_of_all_months_and_incidents_that_are_open(warehouse: Warehouse) -> None:
    """Of four incidents of durham one is mended and one resolved; another force's and another extract's are their own."""
    column = {name: ("unknown_code", "incident", "durham", name) for name in ("a", "b", "c", "d")}
    elsewhere = {("unknown_code", "incident", "kent", "a"): "x", ("unknown_code", "investigation", "durham", "a"): "x"}
    warehouse.run(1, {**dict.fromkeys(column.values(), "x"), **elsewhere})
    found = warehouse.connection.execute(
        "SELECT incident_id FROM dq_incident WHERE extract = 'incident' AND area = 'durham' AND column_name = 'b'"
    ).fetchall()
    handling.resolve(warehouse.connection, found[0][0], "known", "analyst", day(1))
    warehouse.run(2, {column["b"]: "x", column["c"]: "x", column["d"]: "x", **elsewhere})
    scores = (
        Score("durham", "incident", "2025-02", 200, 3),
        Score("durham", "incident", "2025-03", 100, 4),
        Score("kent", "incident", "2025-03", 50, 1),
        Score("durham", "cps", "2025-03", 9, 0),
    )
    for _ in range(2):  # a second run of the day takes the place of the first
        incidents.keep_scores(warehouse.connection, Evaluation((), scores), day(2), day(2))
    assert warehouse.connection.execute("FROM dq_score ORDER BY ALL").fetchall() == [
        (day(2), "durham", "cps", 9, 0, 0),
        (day(2), "durham", "incident", 300, 7, 2),
        (day(2), "kent", "incident", 50, 1, 1),
    ]
