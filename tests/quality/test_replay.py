"""Thirty days through the pipeline with `now`: daily files, faults that appear, worsen, are mended and come back, a feed that
is late, a delivery that is held, a mail server that is down. Every message that anybody gets is asserted, day by day.
"""

import datetime as dt
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from mail_server import MailServer
from quality_desk import Row, cps, incident, investigation, write

from attrition import pipeline, warehouse
from attrition.errors import AlertUndelivered, GateStopped
from attrition.pipeline import Request
from attrition.quality import handling
from attrition.settings import Settings

pytestmark = pytest.mark.slow

MONDAY = dt.date(2025, 3, 3)
N, D, C, BOARD, OPERATOR, FURTHER = "northumbria", "durham", "cps", "board", "operator", "further"
OWNERS = """
[operator]
name = "Operator"
channels = ["outbox:told/operator"]
[board_lead]
name = "Board lead"
channels = ["outbox:told/board"]
[[owner]]
name = "Northumbria records"
force = "northumbria"
extracts = ["incident", "investigation"]
channels = ["outbox:told/northumbria"]
escalate_after_days = 14
escalate_to = ["outbox:told/further"]
[[owner]]
name = "Durham records"
force = "durham"
extracts = ["incident", "investigation"]
people = [{ name = "Jo Sample", address = "jo@example.org" }]
channels = ["mailto://127.0.0.1:PORT/?from=board@example.org"]
escalate_after_days = 60
[owner.due.incident]
every = "week"
weekday = "monday"
[[owner]]
name = "CPS North East"
cps_area = "north-east"
extracts = ["cps"]
channels = ["outbox:told/cps"]
escalate_after_days = 60
"""


class Replay:
    """The landing folder, the owners and the messages of thirty days."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.landing = folder / "landing"
        self.landing.mkdir()
        (folder / "told").mkdir()
        self.mail = MailServer()
        self.owners = folder / "data_owners.toml"
        self.owners.write_text(OWNERS.replace("PORT", str(self.mail.port)), encoding="utf-8")
        self.warehouse = folder / "warehouse" / "warehouse.duckdb"
        self.number = 0

    def day(self, number: int) -> dt.date:
        return MONDAY + dt.timedelta(days=number - 1)

    def request(self, number: int) -> Request:
        return Request(
            self.landing,
            self.day(number),
            self.folder / "out",
            self.warehouse,
            now=self.day(number),
            owners=self.owners,
        )

    def put(self, number: int, name: str, extract: str, rows: list[Row]) -> Path:
        """A day's file."""
        path = self.landing / f"{extract}_{name}_{number:02d}.csv"
        write(path, extract, rows)
        return path

    def report(self, number: int, force: str, **values: str) -> Row:
        """A clean incident that was reported on the day, so that each delivery reaches further than the one before."""
        self.number += 1
        day = str(self.day(number))
        return incident(1000 + self.number, force=force, reported_date=day, recorded_date=day, **values)

    def told(self) -> dict[tuple[str, str], str]:
        """Every message that lies in an outbox or was taken by the mail server: owner and subject with the body."""
        found = {}
        for path in sorted((self.folder / "told").glob("*/*.txt")):
            text = path.read_text(encoding="utf-8")
            subject = re.search(r"^Subject: (.*)$", text, re.MULTILINE)
            assert subject is not None
            found[path.parent.name, path.name] = f"{subject[1]}\n{text}"
        for at, (_, _, message) in enumerate(self.mail.taken):
            body = message.get_body(("plain",))
            assert body is not None
            found[D, str(at)] = f"{message['Subject']}\n{body.get_content()}"
        return found


def bad(number: int, **values: str) -> Row:
    """A northumbria incident whose ethnicity is on no list."""
    return incident(number, victim_ethnicity="Z9", **values)


@pytest.fixture
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replay:
    monkeypatch.setenv("ATTRITION_PSEUDONYM_KEY", "a key for made-up extracts only: 0123456789")
    return Replay(tmp_path)


Prepare = Callable[[Replay, int], None]


def first(r: Replay, day: int) -> None:
    r.put(day, "n", "incident", [*(incident(n) for n in range(1, 20)), r.report(day, N)])
    r.put(day, "n", "investigation", [investigation(n) for n in range(1, 6)])
    r.put(day, "d", "incident", [*(incident(n, force=D) for n in range(101, 111)), r.report(day, D)])
    r.put(day, "a", "cps", [cps(n) for n in range(1, 6)])


def northumbria(*rows: Row) -> Prepare:
    return lambda r, day: r.put(day, "n", "incident", [*rows, r.report(day, N)]) and None


def durham(*rows: Row) -> Prepare:
    return lambda r, day: r.put(day, "d", "incident", [*rows, r.report(day, D)]) and None


def both(*steps: Prepare) -> Prepare:
    def prepare(r: Replay, day: int) -> None:
        for step in steps:
            step(r, day)

    return prepare


def a_case_without_urn(r: Replay, day: int) -> None:
    r.put(day, "a", "cps", [cps(1, finalised_date=str(r.day(day))), cps(7, received_date="soon", finalised_date="")])


def that_case_again(r: Replay, day: int) -> None:
    r.put(day, "a", "incident", [incident(7, reported_date=str(r.day(day)), recorded_date=str(r.day(day)))])
    r.put(day, "a", "investigation", [investigation(7, **dict.fromkeys(LATER, str(r.day(day))))])
    r.put(day, "a", "cps", [cps(7, received_date=str(r.day(day)), **dict.fromkeys(DECIDED, str(r.day(day))))])


LATER = ("suspect_identified_date", "file_submitted_date", "outcome_date")
DECIDED = ("decision_date", "first_hearing_date", "finalised_date")


def cut_short(r: Replay, day: int) -> None:
    path = r.put(day, "n", "incident", [*(r.report(day, N) for _ in range(30))])
    text = path.read_text(encoding="utf-8")
    path.write_text(text[:-70], encoding="utf-8", newline="")


def whole_again(r: Replay, day: int) -> None:
    path = r.landing / "incident_n_20.csv"
    write(path, "incident", [*(r.report(day, N) for _ in range(30))])


DAYS: dict[int, tuple[Prepare | None, list[tuple[str, str]]]] = {
    1: (first, []),
    3: (northumbria(bad(6), bad(7), bad(8)), [(N, "Hate crime extracts, northumbria: 1 new")]),
    4: (northumbria(), []),
    5: (northumbria(bad(9), bad(10)), [(N, "Hate crime extracts, northumbria: 1 worse")]),
    8: (
        both(durham(), northumbria(*(incident(n) for n in (6, 7, 8, 9)))),
        [(N, "Hate crime extracts, northumbria: 1 partly mended")],
    ),
    9: (northumbria(incident(10)), [(N, "Hate crime extracts, northumbria: 1 mended")]),
    12: (northumbria(bad(6)), [(N, "Hate crime extracts, northumbria: 1 back again")]),
    14: (northumbria(bad(11)), [(N, "Hate crime extracts, northumbria: 1 back again")]),
    15: (
        northumbria(),
        [(D, "Hate crime extracts, durham: 1 new"), (BOARD, "Hate crime extracts, durham: 1 new")],
    ),
    16: (a_case_without_urn, [(C, "Hate crime extracts, north-east: 1 new")]),
    17: (
        durham(incident(102, force=D, victim_age="old")),
        [
            (D, "Hate crime extracts, durham: 1 new, 1 mended"),
            (BOARD, "Hate crime extracts, durham: 1 mended"),
        ],
    ),
    20: (cut_short, [(N, "Hate crime extracts, northumbria: 1 new")]),
    # Told by mail, which is down on days 22 and 23: it arrives on day 24.
    22: (
        both(whole_again, durham(incident(102, force=D))),
        [(N, "Hate crime extracts, northumbria: 1 mended")],
    ),
    24: (None, [(D, "Hate crime extracts, durham: 1 mended")]),
    26: (that_case_again, [(C, "Hate crime extracts, north-east: 1 mended")]),
    28: (
        None,
        [
            (N, "Hate crime extracts, northumbria: 1 open too long"),
            (FURTHER, "Hate crime extracts, northumbria: 1 open too long"),
        ],
    ),
    29: (durham(), []),
}
HELD = (20, 21)
MAIL_DOWN = (22, 23)


def test_thirty_days(replay: Replay) -> None:
    seen: set[tuple[str, str]] = set()
    story: dict[int, list[tuple[str, str]]] = {}
    for number in range(1, 31):
        prepare, _ = DAYS.get(number, (None, []))
        if prepare:
            prepare(replay, number)
        if number == 13:
            with warehouse.connect(replay.warehouse, Settings()) as connection:
                handling.resolve(connection, 1, "one record, known to the owner", "analyst", replay.day(13))
        with ExitStack() as stack:
            if number not in MAIL_DOWN:
                stack.enter_context(replay.mail.running())
            if number in HELD:
                with pytest.raises(GateStopped):
                    pipeline.run(replay.request(number))
            elif number in MAIL_DOWN:
                with pytest.raises(AlertUndelivered, match="Durham records could not be told"):
                    pipeline.run(replay.request(number))
            elif number == 9:
                from attrition.orchestration import run_flow

                run_flow(replay.request(number), lambda message: None)
            else:
                pipeline.run(replay.request(number))
        told = replay.told()
        fresh = {key: text.splitlines()[0] for key, text in told.items() if key not in seen}
        seen |= set(told)
        story[number] = sorted((owner, subject) for (owner, _), subject in fresh.items())
    assert story == {number: sorted(DAYS.get(number, (None, []))[1]) for number in range(1, 31)}
    everything = "\n".join(replay.told().values())
    assert "4 of 5 fixed" in everything
    assert "5 of 5 fixed" in everything
    assert "Delivery that has not arrived by its due day" in everything
    assert "Z9" not in everything
    # A publication for every day but those on which the gate held a delivery; the mail server's days publish too.
    published = sorted(path.name for path in (replay.folder / "out").iterdir() if path.is_dir())
    assert published == [str(replay.day(n)) for n in range(1, 31) if n not in HELD]
    with warehouse.connect(replay.warehouse, Settings(), read_only=True) as connection:
        states = connection.execute("SELECT rule, state, times_opened FROM dq_incident ORDER BY incident_id").fetchall()
        waiting = connection.execute("SELECT count(*) FROM alert WHERE state = 'waiting'").fetchone()
    assert states == [
        ("unknown_code", "open", 3), ("feed_late", "closed", 1), ("quarantined_unreadable", "closed", 1),
        ("out_of_range", "closed", 1), ("delivery_held", "closed", 1),
    ]  # fmt: skip
    assert waiting == (0,)
