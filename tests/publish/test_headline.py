"""The headline: figures equal the tables, bounds stay together, ASCII only, what is not covered is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attrition.errors import AttritionError
from attrition.publish.headline import (
    headline_markdown,
    headline_rows,
    headline_text,
    published_rows,
    rate_text,
    uplift_row,
)

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


# What the headline of these counts says, worked out by hand: entered, went on, open, ended otherwise, lost, crimes.
BY_HAND = {
    "reported": (2000, 1600, 100, 300, 0, 1700),
    "recorded": (1600, 1000, 200, 40, 360, 1500),
    "suspect_identified": (1000, 300, 150, 50, 500, 900),
    "referred": (300, 200, 40, 10, 50, 290),
    "charged": (200, 160, 30, 0, 10, 195),
    "prosecuted": (160, 80, 60, 1, 19, 158),
    "convicted": (80, 60, 5, 15, 0, 79),
    "uplifted": (60, 0, 0, 0, 0, 59),
}
NUMBERS = {
    # reached, went on, open, ended otherwise, lost, so far, at most, of recorded, crimes, covered
    "Reported": "2,000 1,600 100 300 0 80.0% 85.0% [z] 1,700 yes",  # 1600 / 2000, 1700 / 2000
    "Recorded as a crime": "1,600 1,000 200 40 360 62.5% 75.0% 100.0% 1,500 yes",  # 1000 / 1600, 1200 / 1600
    "Suspect identified": "1,000 300 150 50 500 30.0% 45.0% 62.5% 900 yes",  # 300 / 1000, 450 / 1000, 1000 / 1600
    "Referred to the CPS": "300 200 40 10 50 66.7% 80.0% 18.8% 290 yes",  # 200 / 300, 240 / 300, 300 / 1600 = 18.75 %
    "Charged": "200 160 30 0 10 80.0% 95.0% 12.5% 195 yes",  # 160 / 200, 190 / 200, 200 / 1600
    "Prosecuted": "160 80 60 1 19 50.0% 87.5% 10.0% 158 yes",  # 80 / 160, 140 / 160, 160 / 1600
    "Convicted": "80 [z] [z] [z] [z] [z] [z] 5.0% 79 yes",  # 80 / 1600; what follows stands apart
}


@pytest.fixture
def by_hand(published_tables: Tables, make_tables: Callable[[Tables], Path]) -> Path:
    """A folder of tables whose funnel of all cases is BY_HAND."""
    funnel = []
    for order, (stage, counts) in enumerate(BY_HAND.items(), start=1):
        entered, progressed, still_open, resolved, lost, crimes = counts
        (row,) = (r for r in published_tables["funnel"] if r["breakdown"] == "all" and r["stage"] == stage)
        is_last = stage == "uplifted"
        funnel.append(
            row
            | {"stage_order": order, "entered": entered, "progressed": progressed, "open": still_open, "lost": lost}
            | {"resolved": resolved, "completed": entered if is_last else 0, "crimes": crimes}
            | {"step_rate": None if is_last else progressed / entered}
            | {"step_rate_max": None if is_last else (progressed + still_open) / entered}
            | {"rate_of_recorded": None if stage == "reported" else entered / 1600}
        )
    others = [row for row in published_tables["funnel"] if row["breakdown"] != "all"]
    return make_tables({**published_tables, "funnel": [*funnel, *others]})


def test_every_number_of_the_headline_stands_in_its_place(by_hand: Path) -> None:
    """In the terminal and in Markdown, each figure of each stage under its own heading."""
    text = headline_text(by_hand)
    table = text[: text.index("\n\n")].splitlines()
    (rule,) = (at for at, line in enumerate(table) if line.startswith("---"))
    shown = {label: line for label in NUMBERS for line in table[rule + 1 :] if line.startswith(f"{label}  ")}
    assert {label: line.removeprefix(label).split() for label, line in shown.items()} == {
        label: numbers.split() for label, numbers in NUMBERS.items()
    }
    assert len(table) == rule + 1 + len(NUMBERS)
    heading = [" ".join(part.split()) for part in table[:rule]]
    assert heading == [
        "Ended Went on Went on Reached, of",
        "Stage Reached Went on Open otherwise Lost so far at most recorded Crimes Covered",
    ]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in headline_markdown(by_hand).splitlines()
        if line.startswith("|")
    ]
    assert cells[0] == [
        "Stage", "Reached", "Went on", "Open", "Ended otherwise", "Lost", "Went on so far", "Went on at most",
        "Reached, of recorded", "Crimes", "Covered",
    ]  # fmt: skip
    assert cells[2:] == [[label, *numbers.split()] for label, numbers in NUMBERS.items()]


def test_the_uplift_stands_apart_with_both_its_rates(by_hand: Path) -> None:
    uplift = uplift_row(by_hand)
    assert (uplift.entered, uplift.progressed, uplift.open) == (80, 60, 5)
    said = " ".join(headline_text(by_hand).split())
    # 60 / 80 and 65 / 80 = 81.25 %
    assert "Standing apart: 60 of 80 convicted cases had their sentence uplifted (75.0% so far, 81.2% at most)." in said


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0.0, "0.0%"),
        (0.0001, "[low]"),
        (0.00049, "[low]"),
        (0.00051, "0.1%"),
        (0.001, "0.1%"),
        (0.0049, "0.5%"),
        (0.005, "0.5%"),
        (0.9996, "100.0%"),
        (1.0, "100.0%"),
        (None, "[z]"),
    ],
)
def test_a_rate_is_low_only_where_it_would_be_printed_as_nothing(rate: float | None, text: str) -> None:
    assert rate_text(rate) == text
    assert rate_text(rate, known=False) == "[x]"


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
