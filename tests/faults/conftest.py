"""A fresh place for each run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from landing_place import Place

from attrition.settings import KEY_FILE_VARIABLE, KEY_VARIABLE


@pytest.fixture(autouse=True)
def without_people_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workbook, report and the like take seconds a run, and nothing here looks at them."""
    monkeypatch.setattr("attrition.publish.people_files.write_people_files", lambda publication, folder: None)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Place]:
    """A fresh place. Files made unreadable by a test are made readable again, so that they can be deleted."""
    monkeypatch.setenv(KEY_VARIABLE, "a key for tests alone, of 32 characters or more")
    monkeypatch.delenv(KEY_FILE_VARIABLE, raising=False)
    made = Place(tmp_path, tmp_path / "landing", capsys)
    made.landing.mkdir()
    yield made
    made.close()
    for path in made.landing.iterdir():
        if not path.is_symlink() and path.is_file() and os.name != "nt":
            path.chmod(0o600)
