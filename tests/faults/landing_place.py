"""A place for one run: landing folder, warehouse, publications, and the two ways to run."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from good_extracts import MARKED, PERSONAL, write_the_others

from attrition.cli import main
from attrition.errors import AttritionError
from attrition.pipeline import Request, ingest

AS_AT = date(2024, 12, 31)


@dataclass
class Place:
    """One landing folder, and what a run over it did."""

    folder: Path
    landing: Path
    capture: pytest.CaptureFixture[str]
    alone: bool = False  # whether a run finds no other extracts beside those of the test
    told: list[str] = field(default_factory=list)
    reader: Any = None

    @property
    def request(self) -> Request:
        """What a run is asked to do."""
        own = self.folder / "mappings"
        return Request(
            self.landing,
            AS_AT,
            self.folder / "out",
            self.folder / "data" / "warehouse.duckdb",
            own if own.exists() else None,
            now=date(2025, 1, 15),
        )

    def map(self, toml: str) -> None:
        """Adds a source mapping named own."""
        (self.folder / "mappings").mkdir()
        (self.folder / "mappings" / "own.toml").write_text(toml, encoding="utf-8")

    def command(self, *arguments: object) -> tuple[int, str, str]:
        """Runs the product's command: exit code, standard output, standard error."""
        self.close()
        self.capture.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = self.capture.readouterr()
        for text in (printed.out, printed.err):
            assert_tells_no_secret(text)
        return code, printed.out, printed.err

    def run(self) -> tuple[int, str]:
        """The whole run: exit code and the message on standard error, without the lines that tell its progress."""
        if not self.alone:
            write_the_others(self.landing)
        request = self.request
        code, _, error = self.command(
            *("run", "--direct", "--landing", request.landing, "--as-at", request.as_at, "--out", request.out),
            *("--warehouse", request.warehouse, "--now", request.now),
            *(("--sources", request.sources) if request.sources else ()),
        )
        self.told = error.split("attrition: ", 1)[0].splitlines()
        return code, error.split("attrition: ", 1)[1] if "attrition: " in error else ""

    def ingest(self) -> None:
        """Only the first stage of a run: reading, conforming, quarantine and ledger."""
        self.close()
        self.request.warehouse.parent.mkdir(exist_ok=True)
        try:
            ingest(self.request, self.told.append)
        except AttritionError as fault:
            self.told.append(str(fault))
            raise
        finally:
            assert_tells_no_secret("\n".join(self.told))

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the warehouse holds."""
        import duckdb

        if self.reader is None:
            self.reader = duckdb.connect(str(self.request.warehouse), read_only=True)
        return self.reader.execute(query, list(values)).fetchall()

    def close(self) -> None:
        """Lets go of the warehouse, since nothing may write to it while it is read."""
        if self.reader is not None:
            self.reader.close()
            self.reader = None

    def published(self) -> list[str]:
        """The names in the folder of publications."""
        out = self.request.out
        return sorted(path.name for path in out.iterdir()) if out.exists() else []


def assert_tells_no_secret(text: str) -> None:
    """A message never holds a value out of a file, nor a traceback."""
    assert PERSONAL not in text
    assert MARKED not in text
    assert "Traceback" not in text
    assert "unforeseen" not in text
