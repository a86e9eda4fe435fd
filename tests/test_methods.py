"""The pages of docs/methods: their worked examples run, and every published statistical table has its page."""

import doctest
import warnings
from pathlib import Path

import pytest

from attrition.analysis import statistics
from attrition.publish.tables import PUBLISHED

PAGES = sorted((Path(__file__).parents[1] / "docs" / "methods").glob("*.md"))
# What the funnel, its loads and the state of the data say is described with the interface, not here.
ELSEWHERE = {"funnel", "funnel_by_period", "reasons", "counts_for_release", "load", "feeds", "findings", "meeting"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_worked_examples_hold(page: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outcome = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert outcome.failed == 0
    assert outcome.attempted > 0 or page.stem == "README", "a page without a worked example"


def test_every_statistical_table_has_its_page() -> None:
    index = (PAGES[0].parent / "README.md").read_text(encoding="utf-8")
    missing = [table for table in (*PUBLISHED, *statistics.TABLES) if f"`{table}.csv`" not in index]
    assert set(missing) == ELSEWHERE


def test_every_page_is_listed() -> None:
    index = (PAGES[0].parent / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if page.stem != "README" and f"({page.name})" not in index] == []
