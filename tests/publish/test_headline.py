"""The headline: figures equal the tables, bounds stay together, ASCII only, what is not covered is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attrition.errors import AttritionError
from attrition.publish.headline import headline_markdown, headline_rows, headline_text, published_rows

Tables = dict[str, list[dict[str, Any]]]


def test_rows_equal_the_funnel_of_all_cases(tables: Path, published_tables: Tables) -> None:
    stated = {row["stage"]: row for row in published_tables["funnel"] if row["breakdown"] == "all"}
    rows = headline_rows(tables)
    assert [row.stage for row in rows] == [stage for stage in stated_order(stated) if stage != "uplifted"]
    for row in rows:
        for name in (
            "entered",
            "progressed",
            "open",
            "resolved",
            "lost",
            "crimes",
            "step_rate",
            "step_rate_max",
        ):
            assert getattr(row, name) == stated[row.stage][name]
        assert row.entered == row.progressed + row.open + row.resolved + row.lost


def stated_order(stated: dict[str, dict[str, Any]]) -> list[str]:
    return sorted(stated, key=lambda stage: stated[stage]["stage_order"])


def test_text_is_aligned_ascii_and_ends_at_convicted(tables: Path) -> None:
    text = headline_text(tables, None)
    assert text.isascii()
    lines = text.splitlines()
    table = lines[: lines.index("")]
    assert table[-1].startswith("Convicted")
    assert {len(line) for line in table[2:]} == {len(table[2])}
    assert "Sentence uplifted" not in text
    assert "Standing apart" in text
    assert "Not covered" not in text


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_a_narrow_terminal_never_parts_so_far_from_at_most(tables: Path, width: int) -> None:
    text = headline_text(tables, width)
    lines = text.splitlines()
    table = lines[: lines.index("")]
    assert ("so far" in text.split("---")[0]) == ("at most" in text.split("---")[0])
    assert table[0]
    for heading in ("Reached", "Open", "Lost"):
        assert heading in text.split("---")[0]
    assert max(map(len, table)) <= max(width, 45)
    assert all(len(line) <= max(width, 45) for line in lines)


def test_a_stage_that_is_not_covered_is_named_and_has_no_rate(late_tables: Path) -> None:
    text = headline_text(late_tables)
    assert (
        "Not covered: Referred to the CPS, Charged, Prosecuted, Convicted, Sentence uplifted (the extracts that show it stop"
        in (text.replace("\n", " "))
    )
    assert "Missing data is not attrition" in text.replace("\n", " ")
    charged = next(line for line in text.splitlines() if line.startswith("Charged"))
    assert "%" not in charged
    assert "[x]" in charged
    assert charged.endswith("NO")
    # The step into the first stage that is not covered cannot be judged either.
    suspect = next(line for line in text.splitlines() if line.startswith("Suspect identified"))
    assert suspect.count("[x]") == 2


def test_markdown_is_one_table_with_remarks(tables: Path) -> None:
    lines = headline_markdown(tables).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert len(table) == 2 + 7
    assert any("at most" in line for line in lines if line.startswith("* "))


def test_a_stage_nobody_reached_counts_nothing(published_tables: Tables, make_tables: Callable[[Tables], Path]) -> None:
    none = dict.fromkeys(("entered", "progressed", "open", "resolved", "lost", "completed", "crimes"), 0)
    none |= dict.fromkeys(("step_rate", "step_rate_max", "rate_of_recorded"), None)
    funnel = [{**row, **(none if row["stage_order"] > 2 else {})} for row in published_tables["funnel"]]
    rows = headline_rows(make_tables({**published_tables, "funnel": funnel}))
    assert [row.entered for row in rows[2:]] == [0] * 5
    assert rows[-1].rate_of_recorded is None
    assert all(row.covered for row in rows)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(AttritionError, match="funnel"):
        published_rows(tmp_path, "funnel")
