"""The product's releases under attack: made-up boards, quarter after quarter, by an attacker who sees the tables alone; and what
weaker protection would have given away.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from attacker import FALLEN, Attacker, Findings, attack
from boards import Board, end_of, made_up_board, quarters
from naive import with_shown
from product import Sequel, yearly_cells
from published import Cell, Release, Row, seen, true_values

from attrition.publish.publication import Tier

ROUNDING = {"board": 1, "public": 5}
# Against one who knows the rules: several hidden parts of which none is 0 make a whole of more than 1, whatever else is hidden.
UNAVOIDABLE = {"falls low"}


def attackers(tier: Tier) -> list[Attacker]:
    """One who knows the tables alone; one who knows the rules, too."""
    return [
        Attacker(rounding=ROUNDING[tier], knows_rules=False),
        Attacker(rounding=ROUNDING[tier], knows_rules=True),
    ]


def check_safe(sequel: Sequel) -> list[Findings]:
    """Nothing falls to either attacker."""
    found = []
    for attacker in attackers(sequel.tier):
        findings = attack(attacker, sequel.releases, sequel.truth)
        fallen = [one for one in findings.fallen if not (attacker.knows_rules and one.outcome in UNAVOIDABLE)]
        assert not fallen, f"{attacker}: {findings}"
        assert findings.counts["safe"] > 50
        found.append(findings)
    return found


# What of the yearly tables by strand and business type must be shown. More than a third of these figures are small or stand in a row
# that fewer than ten cases entered, and in a row with one small figure a second has to be hidden: rounding hides that, exact figures
# cannot.
VISIBLE = {"board": 0.4, "public": 0.55}


def check_visible(sequel: Sequel) -> dict[str, tuple[int, int]]:
    cells = yearly_cells(sequel.releases[-1])
    shown, every = cells["funnel"]
    assert every > 300
    assert shown / every >= VISIBLE[sequel.tier], cells
    return cells


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Sequel:
    """Four quarters of a public tier, the fourth with the year."""
    return Sequel(made_up_board(1, number=4), "public", tmp_path_factory.mktemp("year")).release_all(4)


@pytest.mark.slow
def test_a_year_of_public_releases_is_safe_and_useful(year: Sequel) -> None:
    check_safe(year)
    check_visible(year)


@pytest.mark.slow
@pytest.mark.parametrize(("tier", "seed"), [("board", 1), ("public", 2)])
def test_twelve_quarters_in_sequence(tier: Tier, seed: int, tmp_path: Path) -> None:
    sequel = Sequel(made_up_board(seed, number=12), tier, tmp_path).release_all(12)
    cells = check_visible(sequel)
    found = check_safe(sequel)
    print(tier, seed, cells, *(dict(one.counts) for one in found))


def hidden_values(sequel: Sequel, wanted: Callable[[Cell, int], bool]) -> dict[Cell, int]:
    """Hidden cells of the last release, with their true values, of which something is true."""
    findings = attack(replace(attackers(sequel.tier)[0], follows_recounts=False), sequel.releases[-1:], sequel.truth)
    return {one.cell: one.value for one in findings.verdicts if wanted(one.cell, one.value)}


def falls(sequel: Sequel, last: Release) -> bool:
    """Whether the attacker wins where `last` had been released in place of the last release."""
    attacker = Attacker(rounding=ROUNDING[sequel.tier], knows_rules=False)
    return any(one.outcome in FALLEN for one in attack(attacker, [*sequel.releases[:-1], last], sequel.truth).verdicts)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Sequel:
    """A board's first release: a year and its quarters."""
    sequel = Sequel(made_up_board(4, number=4), "board", tmp_path_factory.mktemp("board"))
    sequel.release(end_of(quarters(2022, 4)[-1]))
    return sequel


@pytest.mark.slow
def test_the_pattern_as_it_is_does_not_fall(board: Sequel) -> None:
    assert not falls(board, board.releases[-1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "shown_too"),
    [
        ("small ones alone are hidden", lambda cell, value, few: value >= 5),
        ("a threshold one lower", lambda cell, value, few: value == 4),
        ("states shown where few entered", lambda cell, value, few: few and cell.figure != "entered"),
        (
            "strands and business types protected each by itself, not linked through all cases",
            lambda cell, value, few: value >= 5 and cell.breakdown in ("all", "victim_ethnicity"),
        ),
        ("years protected apart from their quarters", lambda cell, value, few: value >= 5 and " Q" in cell.period),
    ],
    ids=lambda given: given.replace(" ", "_") if isinstance(given, str) else "",
)
def test_weaker_protection_falls(board: Sequel, way: str, shown_too: Callable[[Cell, int, bool], bool]) -> None:
    """Each way shows cells that the product hides; each makes the attacker win."""
    as_at = max(board.truth)
    true = true_values(board.truth[as_at], as_at)
    entered = {cell._replace(figure="entered", reason=""): value for cell, value in true.items()}

    def wanted(cell: Cell, value: int) -> bool:
        few = 0 < true[cell._replace(figure="entered", reason="", stage=max(cell.stage, 1))] < 10
        return shown_too(cell, value, few)

    assert entered
    weak = hidden_values(board, wanted)
    assert weak, way
    assert falls(board, with_shown(board.releases[-1], weak)), way


class Settled(Board):
    """A board of which nothing changes once a quarter is over."""

    def counts(self, as_at: dt.date) -> list[Row]:
        quarters = sorted({case.quarter for case in self.cases if end_of(case.quarter) <= as_at})
        return [
            row
            for quarter in quarters
            for row in super(Settled, self).counts(end_of(quarter))
            if row["quarter"] == quarter
        ]


@pytest.mark.slow
def test_what_is_the_same_when_counted_again_gives_nothing_more_away(tmp_path: Path) -> None:
    """Three quarters, then the year with all of them counted again, of which nothing has changed: to one who knows that, both tables
    together tell no more than they may. A release that forgets the earlier ones does.
    """
    board = Settled(made_up_board(5, number=4).cases)
    careful = Sequel(board, "board", tmp_path / "careful").release_all(3)
    forgetful = Sequel(board, "board", tmp_path / "forgetful", list(careful.releases), dict(careful.truth))
    day = end_of(quarters(2022, 4)[-1])
    forgetful.release(day, forgetful=True)
    careful.release(day)
    attacker = Attacker(knows_rules=False, follows_recounts=True)

    def fallen(sequel: Sequel) -> list[Cell]:
        """Without the figures that another release shows as they are: those were never secret."""
        shown = {cell._replace(as_at=day) for cell in seen(sequel.releases, 1).shown}
        found = attack(attacker, sequel.releases, sequel.truth).fallen
        return [one.cell for one in found if one.cell._replace(as_at=day) not in shown]

    assert fallen(careful) == []
    assert fallen(forgetful)
