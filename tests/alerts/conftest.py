"""A warehouse with a table of alerts, an owners file per test, and messages to queue."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from alert_desk import SECRET, WriteOwners

from attrition.alerts import delivery
from attrition.alerts.digest import Digest
from attrition.alerts.owners import Owners, load_owners


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        delivery.prepare(opened)
        yield opened


@pytest.fixture
def write_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteOwners:
    """Writes an owners file with one owner, Northumbria, and reads it back."""
    monkeypatch.setenv("MAIL_SECRET", SECRET)

    def write(
        *channels: str, people: str = "jo", deputies: str = "", escalate_to: str = "", top: str = "", more: str = ""
    ) -> Owners:
        def persons(names: str) -> str:
            return ", ".join(
                f'{{ name = "{name.title()} Sample", address = "{name}@example.org" }}' for name in names.split()
            )

        path = tmp_path / "data_owners.toml"
        path.write_text(
            f"""{top}
[operator]
name = "Desk"
channels = ["outbox:desk"]
[board_lead]
name = "Lead"
channels = ["outbox:lead"]
[[owner]]
name = "Northumbria"
force = "northumbria"
extracts = ["incident"]
people = [{persons(people)}]
deputies = [{persons(deputies)}]
channels = [{", ".join(f'"{channel}"' for channel in channels)}]
escalate_to = [{escalate_to}]
{more}
""",
            encoding="utf-8",
        )
        return load_owners(path)

    return write


@pytest.fixture
def message() -> Digest:
    return Digest("Hate crime extracts, northumbria: 1 new", "To Northumbria\n\nNew (1)\n  40 rows, café\n", False)
