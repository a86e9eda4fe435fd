"""A desk for single files: puts them into a landing folder, loads them as a run does, and says what became of the rows."""

import datetime as dt
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attrition import warehouse
from attrition.errors import AttritionError
from attrition.ingest.deliveries import Outcome, ingest
from attrition.ingest.mapping import load_sources
from attrition.settings import Settings

NOW = dt.date(2025, 4, 1)
HEADER = ("force", "incident_id", "incident_class", "crime_ref", "reported_date", "hate_race", "area_command")
RMS = """
source = "rms"
[[feed]]
extract = "incident"
files = ["rms*"]
delivery = "update"
{options}
[feed.columns]
force = {{ constant = "durham" }}
incident_id = "Occurrence No"
incident_class = {{ constant = "crime" }}
crime_ref = "Occurrence No"
reported_date = "Reported"
hate_race = "Race"
"""


def row(number: int, **cells: Any) -> list[Any]:
    """A clean incident as cells in the order of HEADER."""
    plain = {
        "force": "durham", "incident_id": f"I{number}", "incident_class": "crime", "crime_ref": f"C{number}",
        "reported_date": f"2025-01-{number % 28 + 1:02}", "hate_race": "Y", "area_command": "North",
    }  # fmt: skip
    return list((plain | cells).values())


def rows(first: int, last: int) -> list[list[Any]]:
    """Clean incidents by their numbers."""
    return [row(number) for number in range(first, last + 1)]


def text(*lines: Sequence[str] | str, sign: str = ",", end: str = "\n") -> bytes:
    """Lines of a text file: those given as cells are joined."""
    return "".join((line if isinstance(line, str) else sign.join(line)) + end for line in lines).encode()


def workbook(path: Path, sheets: dict[str, Iterable[Iterable[Any]]], hidden: dict[str, str] | None = None) -> None:
    """A workbook of sheets by name; `hidden` says which are hidden or veryHidden."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, cells in sheets.items():
        page = book.create_sheet(title)
        for line in cells:
            page.append(list(line))
        page.sheet_state = (hidden or {}).get(title, "visible")
    book.save(path)


@dataclass
class Desk:
    """A landing folder and a warehouse in memory."""

    folder: Path
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.landing = self.folder / "landing"
        self.mappings = self.folder / "mappings"
        for made in (self.landing, self.mappings):
            made.mkdir()
        self.opened = ExitStack()
        self.connection = self.opened.enter_context(warehouse.connect(Path(":memory:"), Settings()))
        warehouse.prepare(self.connection)

    def map(self, toml: str, source: str = "rms") -> None:
        """States a source mapping, or another one in its place."""
        (self.mappings / f"{source}.toml").write_text(toml, encoding="utf-8")

    def put(self, name: str, content: bytes) -> Path:
        """A file in the landing folder."""
        path = self.landing / name
        path.write_bytes(content)
        return path

    def load(self, now: dt.date = NOW) -> Outcome:
        """One run's ingest."""
        return ingest(
            self.connection, self.landing, load_sources(self.mappings), b"k" * 32, Settings(), now, self.told.append
        )

    def refusal(self) -> str:
        """The message with which the files are refused."""
        try:
            self.load()
        except AttritionError as fault:
            return str(fault)
        raise AssertionError("the files were not refused")

    def loads(self) -> list[tuple[Any, ...]]:
        """Rows read, accepted, quarantined and blank of each load, which add up."""
        for read, *fates in self.query("SELECT rows_read, accepted, duplicate, out_of_scope, quarantined FROM load"):
            assert read == sum(fates)
        return self.query(
            "SELECT rows_read, accepted, quarantined, blank FROM load WHERE state = 'loaded' ORDER BY load_id"
        )

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """What the warehouse holds."""
        return self.connection.execute(statement).fetchall()

    def lines(self) -> list[int]:
        """The lines of the accepted incidents, in order of their numbers."""
        found = self.query("SELECT line FROM incident ORDER BY try_cast(substr(incident_id, 2) AS INTEGER)")
        return [line for (line,) in found]
