"""An office that sends extracts, and what one run after another makes of them: loaded, counted, judged and told in one process, as
`attrition run` does it but for Great Expectations and what people open. Rows are made up; nothing is computed here.
"""

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from attrition import models, warehouse
from attrition.contract import load_contract
from attrition.errors import InputRefused
from attrition.ingest.deliveries import Outcome, ingest
from attrition.ingest.mapping import load_sources
from attrition.publish.tables import PUBLISHED
from attrition.quality import incidents, news
from attrition.quality.evaluation import MODELS, Failing, evaluate
from attrition.settings import Settings
from attrition.validate.rows import name_rows

AS_AT = dt.date(2025, 3, 31)
NOW = dt.date(2025, 4, 1)
STAGES = ("reported", "recorded", "suspect_identified", "referred", "charged", "prosecuted", "convicted", "uplifted")

Row = dict[str, str]
Published = list[dict[str, object]]


@dataclass
class Run:
    """What one run made of the files: why it refused or held them, what it noted, counted and told."""

    refused: str = ""
    held: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tables: dict[str, Published] = field(default_factory=dict)
    failing: dict[tuple[str, str, str, str], Failing] = field(default_factory=dict)
    news: tuple[str, ...] = ()

    def stages(self, breakdown: str = "all", group: str = "all", measure: str = "entered") -> list[object]:
        """A measure of each stage of a group, in the order of the stages."""
        rows = [r for r in self.tables["funnel"] if (r["breakdown"], r["group"]) == (breakdown, group)]
        return [row[measure] for row in sorted(rows, key=lambda row: STAGES.index(str(row["stage"])))]

    def groups(self, breakdown: str) -> dict[object, object]:
        """How many cases each group of a breakdown holds."""
        return {
            row["group"]: row["entered"]
            for row in self.tables["funnel"]
            if (row["breakdown"], row["stage"]) == (breakdown, "reported")
        }

    def fates(self, file: str) -> tuple[object, ...]:
        """Rows read, accepted, duplicate and quarantined of a file."""
        (row,) = [row for row in self.tables["load"] if row["file"] == file]
        return tuple(row[name] for name in ("rows_read", "accepted", "duplicate", "quarantined"))

    @property
    def amiss(self) -> set[str]:
        """The rules that fail, but for those that say how far the feeds of so small a set reach."""
        return {one.rule for one in self.failing.values()} - {
            "feed_missing",
            "feed_behind",
            "evidence_not_told",
            "missing_column",
        }

    def found(self, rule: str, column: str = "") -> list[tuple[str, int | None]]:
        """Extract and rows of a rule that fails (of one column of it)."""
        return [
            (one.extract, one.rows)
            for one in self.failing.values()
            if one.rule == rule and (not column or one.column == column)
        ]

    def told(self, severity: str, text: str) -> list[str]:
        """The lines at the end of the run that say this with this severity."""
        return [line for line in self.news if line.startswith(f"  {severity}") and text in line]


class Office:
    """A landing folder, a folder of mappings and a warehouse in memory."""

    def __init__(self, folder: Path) -> None:
        self.landing, self.sources, self.work = (folder / name for name in ("landing", "sources", "work"))
        for made in (self.landing, self.sources, self.work):
            made.mkdir()
        self._opened = ExitStack()
        self.connection = self._opened.enter_context(warehouse.connect(Path(":memory:"), Settings()))
        warehouse.prepare(self.connection)
        incidents.prepare(self.connection)

    def close(self) -> None:
        self._opened.close()

    def put(self, name: str, extract: str, rows: Sequence[Mapping[str, str]], without: Sequence[str] = ()) -> Path:
        """A CSV file in the contract's layout, all columns but those named."""
        path = self.landing / name
        write(path, extract, rows, without)
        return path

    def text(self, name: str, content: str | bytes) -> Path:
        """A file as it stands."""
        path = self.landing / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def mapping(self, name: str, content: str) -> None:
        """A mapping of the office's own."""
        (self.sources / f"{name}.toml").write_text(content, encoding="utf-8")

    def load(self, now: dt.date = NOW) -> Outcome:
        """What a run loads, without what it counts."""
        return ingest(self.connection, self.landing, load_sources(self.sources), b"k" * 40, Settings(), now)

    def run(self, as_at: dt.date = AS_AT, now: dt.date = NOW) -> Run:
        """What a run of the day does. A refused or held one counts nothing, as `attrition run` would."""
        try:
            loaded = self.load(now)
        except InputRefused as fault:
            return Run(refused=str(fault))
        if loaded.held:
            return Run(held=loaded.held, notes=loaded.notes)
        return self._counted(loaded.notes, as_at, now)

    def _counted(self, notes: tuple[str, ...], as_at: dt.date, now: dt.date) -> Run:
        connection = self.connection
        models.prepare(connection)
        models.set_context(connection, as_at, Settings())
        name_rows(connection)
        tables = [f"pub_{name}" for name in ("funnel", "load", "feeds", "findings")]
        assert {name.removeprefix("pub_") for name in tables} <= set(PUBLISHED)
        models.build(connection, (*MODELS, *tables))
        published: dict[str, Published] = {}
        for table in tables:
            cursor = connection.execute(f"SELECT * FROM {table}")
            names = [column[0] for column in cursor.description or ()]
            published[table.removeprefix("pub_")] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        judged = evaluate(connection, self.work, {}, [], now, self.sources)
        changes = incidents.update(connection, judged, now)
        return Run(
            notes=notes,
            tables=published,
            failing={one.key: one for one in judged.failing},
            news=tuple(news.since_last_run(connection, changes, now)),
        )


def write(path: Path, extract: str, rows: Sequence[Mapping[str, str]], without: Sequence[str] = ()) -> None:
    """Writes rows in the contract's layout, all columns but those named; what a row does not tell is empty."""
    columns = [column for column in load_contract(extract).columns if column not in without]
    with path.open("w", encoding="utf-8", newline="") as file:
        made = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        made.writeheader()
        made.writerows(rows)
