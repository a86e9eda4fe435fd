"""The attacker finds what bad protection leaves, and no more than is there: worked examples, and the slow way on tiny boards."""

import datetime as dt
import random
import time
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from attacker import Attacker, Findings, attack, bounds
from boards import end_of, made_up_board, quarters, release_days, write_counts
from enumeration import Finest
from naive import publish, small, with_shown
from published import STAGES, Cell, Release, Row, read, seen, true_values
from pyarrow import parquet

from share_of_cases import first

Q1, Q2, Q3, Q4 = quarters(2022, 4)
YEAR = "2022/23"
DAY = end_of(Q4)
LATER = dt.date(2024, 3, 31)
BARE = Attacker(knows_rules=False)


def cases(
    number: int, business: str = "not_business", *, strands: str = "race", ethnicity: str = "white", stage: int = 1,
    state: str = "open", reason: str = "", quarter: str = Q1,
) -> Row:  # fmt: skip
    return {
        "quarter": quarter, "strands": strands, "business_type": business, "victim_ethnicity": ethnicity,
        "stage": STAGES[stage - 1], "stage_order": stage, "state": state, "reason_group": reason, "cases": number,
    }  # fmt: skip


def at(breakdown: str, group: str, figure: str = "entered", *, stage: int = 1, period: str = Q1, day: dt.date = DAY, reason: str = "") -> Cell:  # fmt: skip
    return Cell(day, period, breakdown, group, stage, figure, reason)


def hidden(*cells: Cell, truth: list[Row], periods: tuple[str, ...] = (Q1,), breakdowns: tuple[str, ...] = ("all",), rounding: int = 1, day: dt.date = DAY, few: int = 0) -> Release:  # fmt: skip
    """A release that hides these figures alone; with an `entered`, the open cases of a stage at which no case ended."""
    both = {*cells, *(cell._replace(figure="open") for cell in cells if cell.figure == "entered" and cell.stage == 1)}
    return publish(
        {day: truth}, dict.fromkeys(periods, day), lambda cell, _: cell in both, rounding=rounding, breakdowns=breakdowns, few=few
    )  # fmt: skip


def outcomes(findings: Findings) -> dict[Cell, str]:
    return {verdict.cell: verdict.outcome for verdict in findings.verdicts}


# Three kinds of premises, all of one strand, all still open at reported.
KINDS = [cases(20), cases(12, "takeaway"), cases(3, "unknown")]
UNKNOWN, TAKEAWAY, OTHER = (at("business_type", group) for group in ("unknown", "takeaway", "not_business"))
BY_KIND = ("all", "business_type")


def test_one_hidden_figure_of_a_column_is_the_rest_of_the_total() -> None:
    alone = hidden(UNKNOWN, truth=KINDS, breakdowns=BY_KIND)
    assert bounds(BARE, [alone], {DAY: KINDS}, [UNKNOWN]) == {UNKNOWN: (3, 3)}
    assert outcomes(attack(BARE, [alone], {DAY: KINDS}))[UNKNOWN] == "falls high"

    with_another = hidden(UNKNOWN, TAKEAWAY, truth=KINDS, breakdowns=BY_KIND)
    found = bounds(BARE, [with_another], {DAY: KINDS}, [UNKNOWN, TAKEAWAY])
    assert found == {UNKNOWN: (0, 15), TAKEAWAY: (0, 15)}
    assert set(outcomes(attack(BARE, [with_another], {DAY: KINDS})).values()) == {"safe"}


def test_a_small_figure_that_is_shown_has_fallen() -> None:
    assert outcomes(attack(BARE, [hidden(truth=KINDS, breakdowns=BY_KIND)], {DAY: KINDS})) == {
        UNKNOWN: "shown", UNKNOWN._replace(figure="open"): "shown",
    }  # fmt: skip
    assert not attack(Attacker(threshold=3), [hidden(truth=KINDS, breakdowns=BY_KIND)], {DAY: KINDS}).verdicts


def test_a_hidden_quarter_is_the_year_less_the_other_three() -> None:
    truth = [cases(12), cases(11, quarter=Q2), cases(10, quarter=Q3), cases(3, quarter=Q4)]
    last, year = at("all", "all", period=Q4), at("all", "all", period=YEAR)
    every = (Q1, Q2, Q3, Q4, YEAR)
    assert bounds(BARE, [hidden(last, truth=truth, periods=every)], {DAY: truth}, [last]) == {last: (3, 3)}
    third = at("all", "all", period=Q3)
    two = hidden(last, third, truth=truth, periods=every)
    assert bounds(BARE, [two], {DAY: truth}, [last, third]) == {last: (0, 13), third: (0, 13)}
    assert bounds(BARE, [hidden(last, year, truth=truth, periods=every)], {DAY: truth}, [last])[last] == (0, np.inf)
    # Without the year, or without the link between the two, nothing is said of the last quarter.
    assert bounds(BARE, [hidden(last, truth=truth, periods=(Q1, Q2, Q3, Q4))], {DAY: truth}, [last])[last] == (
        0,
        np.inf,
    )


def test_two_releases_that_hide_different_figures_give_both_away() -> None:
    first = hidden(UNKNOWN, TAKEAWAY, truth=KINDS, breakdowns=BY_KIND)
    second = hidden(UNKNOWN, OTHER, truth=KINDS, breakdowns=BY_KIND)
    for alone in (first, second):
        assert not attack(BARE, [alone], {DAY: KINDS}).fallen
    assert outcomes(attack(BARE, [first, second], {DAY: KINDS}))[UNKNOWN] == "falls high"


def test_of_two_counts_of_one_quarter_only_what_did_not_change_is_one_number() -> None:
    def both(after: list[Row], *, follows_recounts: bool) -> dict[Cell, tuple[float, float]]:
        second = [cell._replace(as_at=LATER) for cell in (UNKNOWN, OTHER)]
        releases = [
            hidden(UNKNOWN, TAKEAWAY, truth=KINDS, breakdowns=BY_KIND),
            hidden(*second, truth=after, breakdowns=BY_KIND, day=LATER),
        ]
        attacker = Attacker(knows_rules=False, follows_recounts=follows_recounts)
        return bounds(attacker, releases, {DAY: KINDS, LATER: after}, [UNKNOWN, second[0]])

    later = UNKNOWN._replace(as_at=LATER)
    assert both(KINDS, follows_recounts=False) == {UNKNOWN: (0, 15), later: (0, 23)}
    assert both(KINDS, follows_recounts=True) == {UNKNOWN: (3, 3), later: (3, 3)}
    # Takeaways 12 and then 13, unknown 3 and then 4: only the 20 is shared, which leaves 24 - 20 of the later count.
    changed = [cases(20), cases(13, "takeaway"), cases(4, "unknown")]
    assert both(changed, follows_recounts=True) == {UNKNOWN: (0, 15), later: (4, 4)}


def test_strands_and_business_types_meet_in_the_total() -> None:
    truth = [
        cases(8), cases(6, strands="religion"),
        cases(6, "takeaway", state="resolved", reason="not recorded"),
    ]  # fmt: skip
    hide = [at(*group, state) for state in ("open", "resolved") for group in (("all", "all"), ("strand", "religion"), ("business_type", "takeaway"))]  # fmt: skip
    release = hidden(*hide, truth=truth, breakdowns=("all", "strand", "business_type"))
    resolved = at("all", "all", "resolved")
    # Of 20, the strand race shows 6 resolved and 8 open; not_business shows 14 open.
    alone = {name: release.only(breakdowns=[name]) for name in ("strand", "business_type")}
    assert bounds(BARE, [alone["strand"]], {DAY: truth}, [resolved]) == {resolved: (6, 12)}
    assert bounds(BARE, [alone["business_type"]], {DAY: truth}, [resolved]) == {resolved: (0, 6)}
    assert bounds(BARE, [release], {DAY: truth}, [resolved]) == {resolved: (6, 6)}
    assert all(not attack(BARE, [part], {DAY: truth}).fallen for part in alone.values())
    found = outcomes(attack(BARE, [release], {DAY: truth}))
    takeaway, religion = ([at(*group, state) for state in ("open", "resolved")] for group in (("business_type", "takeaway"), ("strand", "religion")))  # fmt: skip
    assert [found[cell] for cell in takeaway] == ["known zero", "determined"]
    assert found[resolved] == found[at("all", "all", "open")] == "determined"
    # A case of religion may be one of race as well, so that of religion nothing is known.
    assert [found[cell] for cell in religion] == ["safe", "safe"]


def test_a_case_of_two_strands_counts_in_both() -> None:
    truth = [cases(9), cases(7, strands="religion"), cases(2, strands="race religion")]
    religion = at("strand", "religion")
    release = hidden(religion, truth=truth, breakdowns=("all", "strand"))
    # 18 in all, 11 of race: the other 7 may be of religion or of none, and any of the 11 may be of religion too.
    assert bounds(BARE, [release], {DAY: truth}, [religion]) == {religion: (0, 18)}
    disability = [*truth, cases(3, strands="disability")]
    single = hidden(at("strand", "disability"), truth=disability, breakdowns=("all", "strand"))
    assert bounds(BARE, [single], {DAY: disability}, [at("strand", "disability")]) == {
        at("strand", "disability"): (0, 21)
    }


def test_the_rules_of_publication_narrow_what_is_hidden() -> None:
    truth = [
        cases(7, stage=2), cases(2, stage=2, state="resolved", reason="other agency"),
        cases(3, stage=2, state="lost", reason="no suspect"),
    ]  # fmt: skip
    resolved, lost = (at("all", "all", state, stage=2) for state in ("resolved", "lost"))
    release = hidden(resolved, lost, truth=truth)
    assert bounds(BARE, [release], {DAY: truth}, [resolved, lost]) == {resolved: (0, 5), lost: (0, 5)}
    assert not attack(BARE, [release], {DAY: truth}).fallen
    # Twelve entered, so a 0 would have been shown.
    assert bounds(Attacker(), [release], {DAY: truth}, [resolved, lost]) == {resolved: (1, 4), lost: (1, 4)}
    assert set(outcomes(attack(Attacker(), [release], {DAY: truth})).values()) == {"falls high"}

    kinds = [cases(20), cases(2, "takeaway"), cases(3, "unknown")]
    two = hidden(UNKNOWN, TAKEAWAY, truth=kinds, breakdowns=BY_KIND, few=10)
    assert bounds(BARE, [two], {DAY: kinds}, [UNKNOWN]) == {UNKNOWN: (0, 5)}
    assert bounds(Attacker(), [two], {DAY: kinds}, [UNKNOWN]) == {UNKNOWN: (1, 4)}


def test_two_hidden_quarters_make_a_year_of_two_or_more() -> None:
    truth = [
        cases(20), cases(1, "takeaway"), cases(20, quarter=Q2), cases(2, "takeaway", quarter=Q2),
        cases(20, quarter=Q3), cases(20, quarter=Q4),
    ]  # fmt: skip
    hide = [
        at("business_type", group, period=period) for group in ("not_business", "takeaway") for period in (Q1, Q2, YEAR)
    ]
    release = hidden(*hide, truth=truth, periods=(Q1, Q2, Q3, Q4, YEAR), breakdowns=BY_KIND)
    year = at("business_type", "takeaway", period=YEAR)
    assert bounds(BARE, [release], {DAY: truth}, [year]) == {year: (0, 43)}
    assert outcomes(attack(BARE, [release], {DAY: truth}))[year] == "safe"
    # A quarter without a case would have shown a 0, or no row; states of fewer than ten are hidden for another reason.
    for row in release.funnel:
        if row["group"] == "takeaway":
            row.update(resolved=None, resolved_mark="c")
    assert bounds(Attacker(), [release], {DAY: truth}, [year])[year][0] == 2
    found = outcomes(attack(Attacker(), [release], {DAY: truth}))
    assert found[year] == "falls low" and found[year._replace(period=Q1)] == "safe"


def test_a_state_that_is_shown_says_that_ten_or_more_entered() -> None:
    truth = [cases(11), cases(6, "takeaway"), cases(1, "takeaway", state="resolved", reason="not recorded")]
    hide = [
        at("business_type", "not_business"),
        at("business_type", "takeaway"),
        at("business_type", "takeaway", "resolved"),
    ]
    release = hidden(*hide, truth=truth, breakdowns=BY_KIND)
    assert bounds(BARE, [release], {DAY: truth}, [OTHER]) == {OTHER: (0, 17)}
    # Takeaways show neither state; not_business shows that none was resolved, so ten or more entered.
    assert bounds(Attacker(), [release], {DAY: truth}, [OTHER, TAKEAWAY]) == {OTHER: (10, 17), TAKEAWAY: (1, 8)}


def test_progressed_is_what_entered_the_next_stage() -> None:
    truth = [cases(12), cases(3, stage=2)]
    recorded = at("all", "all", stage=2)
    release = hidden(recorded, truth=truth)
    assert [row["progressed_mark"] for row in release.funnel] == ["c", ""]
    release.funnel[0].update(progressed=3, progressed_mark="")
    assert outcomes(attack(BARE, [release], {DAY: truth}))[recorded] == "shown"


def test_a_row_that_is_left_out_is_a_zero_where_its_table_is_published() -> None:
    known = seen([hidden(truth=KINDS, breakdowns=BY_KIND)])
    assert known.value_of(at("business_type", "licensed_premises")) == 0
    assert known.value_of(at("all", "all", stage=2)) == 0
    assert known.value_of(at("strand", "race")) is None
    assert known.value_of(at("all", "all", period=Q2)) is None
    assert known.value_of(TAKEAWAY) == 12


def test_a_rounded_figure_stands_for_five() -> None:
    def of(*numbers: int) -> tuple[float, float]:
        truth = [cases(n, kind) for n, kind in zip(numbers, ("unknown", "not_business", "takeaway"), strict=False)]
        release = hidden(UNKNOWN, truth=truth, breakdowns=BY_KIND, rounding=5)
        attacker = Attacker(rounding=5, knows_rules=False)
        return bounds(attacker, [release], {DAY: truth}, [UNKNOWN])[UNKNOWN]

    # 25, of which 10 and 10: 23 to 27, less twice 8 to 12.
    assert of(3, 10, 12) == (0, 11)
    # 10, of which 10: 8 to 12, less 8 to 12.
    assert of(3, 8) == (0, 4)
    # 25 (of 26), of which 20 (of 22): 23 to 27, less 18 to 22.
    assert of(4, 22) == (1, 9)


def test_the_reasons_of_a_stage_are_what_it_lost() -> None:
    truth = [
        cases(30, stage=2), cases(6, stage=2, state="lost", reason="evidential"),
        cases(3, stage=2, state="lost", reason="no suspect"), *(cases(1, quarter=quarter) for quarter in (Q2, Q3, Q4)),
    ]  # fmt: skip
    few, more = (
        at("all", "all", "lost", stage=2, period=YEAR, reason=reason) for reason in ("no suspect", "evidential")
    )
    race = at("strand", "race", "lost", stage=0, period=YEAR, reason="no suspect")
    lost = at("all", "all", "lost", stage=2, period=YEAR)

    def of(*cells: Cell, periods: tuple[str, ...] = (YEAR,)) -> tuple[float, float]:
        release = hidden(*cells, truth=truth, periods=periods, breakdowns=("all", "strand"))
        return bounds(BARE, [release], {DAY: truth}, [few])[few]

    assert of(few, race) == (3, 3)
    assert of(few, race, lost) == (3, 3), "the state is what entered less the others, its reasons the same"
    # Nothing of what is lost: the quarter still tells it, unless it is not published.
    every = [
        at("strand" if group == "race" else "all", group, "lost", stage=2, period=YEAR) for group in ("race", "all")
    ]
    opened = [
        at("strand" if group == "race" else "all", group, "open", stage=2, period=YEAR) for group in ("race", "all")
    ]
    assert of(few, race, *every, *opened) == (0, 33)
    assert of(few, race, *every, *opened, periods=(YEAR, Q1)) == (3, 3)
    assert of(few, more, race, race._replace(reason="evidential")) == (0, 9)


def test_ethnic_groups_add_up_to_all() -> None:
    truth = [cases(20), cases(3, ethnicity="asian"), cases(11, ethnicity="black")]
    asian, black = (at("victim_ethnicity", group, period=YEAR) for group in ("asian", "black"))

    def of(*cells: Cell) -> dict[Cell, tuple[float, float]]:
        release = hidden(*cells, truth=truth, periods=(YEAR,), breakdowns=("all", "victim_ethnicity"))
        return bounds(BARE, [release], {DAY: truth}, cells)

    assert of(asian) == {asian: (3, 3)}
    assert of(asian, black) == {asian: (0, 14), black: (0, 14)}


def test_strand_by_business_type_adds_up_both_ways() -> None:
    truth = [cases(20), cases(12, "takeaway"), cases(8, strands="religion"), cases(3, "takeaway", strands="religion")]
    crossed = at("strand*business_type", "religion*takeaway", period=YEAR)
    breakdowns = ("all", "strand", "business_type", "strand*business_type")
    release = hidden(crossed, truth=truth, periods=(YEAR,), breakdowns=breakdowns)
    assert bounds(BARE, [release], {DAY: truth}, [crossed]) == {crossed: (3, 3)}
    assert release.funnel[-1]["open_mark"] == "x", "its states are not published"


def test_tables_that_contradict_the_true_counts_are_refused() -> None:
    release = with_shown(hidden(TAKEAWAY, truth=KINDS, breakdowns=BY_KIND), {TAKEAWAY: 13})
    with pytest.raises(ValueError, match="takeaway"):
        attack(BARE, [release], {DAY: KINDS})
    again = hidden(truth=KINDS, breakdowns=BY_KIND)
    with pytest.raises(ValueError, match="two values"):
        attack(BARE, [again, release], {DAY: KINDS})
    with pytest.raises(ValueError, match="area_command"):
        attack(BARE, [Release([again.funnel[0] | {"breakdown": "area_command"}], [])], {DAY: KINDS})


def test_tables_are_read_from_parquet_and_may_be_empty(tmp_path) -> None:
    release = hidden(UNKNOWN, truth=KINDS, breakdowns=BY_KIND)
    table = pa.Table.from_pylist(list(release.funnel))
    empty = pa.table(
        {"as_at": [], "period": [], "breakdown": [], "group": [], "stage": [], "exit": [], "reason_group": []}
    )
    parquet.write_table(table, tmp_path / "funnel.parquet")
    parquet.write_table(empty, tmp_path / "reasons.parquet")
    assert read(tmp_path) == Release(release.funnel, [])
    assert bounds(BARE, [read(tmp_path)], {DAY: KINDS}, [UNKNOWN]) == {UNKNOWN: (3, 3)}
    parquet.write_table(table.slice(0, 0), tmp_path / "funnel.parquet")
    assert attack(BARE, [read(tmp_path)], {DAY: KINDS}).verdicts == ()


def tiny_board(seed: int) -> tuple[list[Row], tuple[list[str], list[str], list[tuple[int, str, str]]]]:
    draw = random.Random(seed)
    business, ethnicity = ["takeaway", "unknown"], ["white", "asian"][: 1 + seed % 2]
    ends = [(1, "open", ""), (2, "lost", "evidential"), (2, "lost", "no suspect")][: 2 + seed % 2]
    counts: Counter[tuple] = Counter()
    for quarter in (Q1, Q2, Q3, Q4):
        for _ in range(draw.randint(1, 3)):
            strands = draw.choice(["race", "race", "religion", "race religion", ""])
            counts[(quarter, strands, draw.choice(business), draw.choice(ethnicity), *draw.choice(ends))] += 1
    rows = [
        cases(n, kind, strands=strands, ethnicity=group, stage=stage, state=state, reason=reason, quarter=quarter)
        for (quarter, strands, kind, group, stage, state, reason), n in counts.items()
    ]
    return rows, (business, ethnicity, [end for end in ends if end[2]])


@pytest.mark.parametrize("seed", first(3, range(10)))
def test_on_tiny_boards_the_bounds_are_those_of_the_finest_counts(seed: int) -> None:
    """Against one linear program over cases of every attribute at once (which shows that the coarser unknowns lose nothing), and, where
    they can be listed, against all tables of whole numbers."""
    truth, universe = tiny_board(seed)
    draw, chosen, rounding = random.Random(seed), {}, 3 if seed % 5 == 4 else 1

    def hide(cell: Cell, value: int) -> bool:
        if rounding == 1 and cell.group == "all" and cell.figure == "entered" and cell.stage == 1:
            return False
        pick = chosen.setdefault(cell, draw.random() < (0.25, 0.5, 0.75)[seed % 3])
        return value > 0 and (pick or (rounding > 1 and value == 1))

    release = publish({DAY: truth}, dict.fromkeys((Q1, Q2, Q3, Q4, YEAR), DAY), hide, rounding=rounding, few=0)
    attacker = Attacker(threshold=3, rounding=rounding, knows_rules=False)
    known = seen([release], rounding)
    exact = true_values(truth, DAY)
    limits = {cell: attacker.limits(cell, known) for cell in exact}
    finest = Finest(known, limits, DAY, (Q1, Q2, Q3, Q4), *universe)
    asked = sorted(known.hidden)
    found, slowly = bounds(attacker, [release], {DAY: truth}, asked), finest.linear(asked)
    assert asked
    for cell in asked:
        assert found[cell] == pytest.approx(slowly[cell], abs=1e-5), cell
    judged = outcomes(attack(attacker, [release], {DAY: truth}))
    for cell in asked:
        low, high = slowly[cell]
        true = exact[cell]
        stays = low <= 1 + 1e-5 and high >= 3 - 1e-5 if 1 <= true < 3 else high - low > 1e-3
        assert (judged[cell] == "safe") == stays, (cell, true, slowly[cell], judged[cell])
    if len(finest.kinds) <= 35:
        whole = finest.whole_numbers()
        for cell in asked:
            low, high = whole[cell]
            assert found[cell][0] <= low + 1e-5 and found[cell][1] >= high - 1e-5, cell


def test_moving_many_figures_at_once_judges_as_moving_each_alone_does() -> None:
    board = made_up_board(3, number=1, incidents_a_year=1600)
    truth = {end_of(Q1): board.counts(end_of(Q1))}
    draw = random.Random(1)
    release = publish(
        truth, {Q1: end_of(Q1)}, lambda cell, value: 1 <= value < 5 or (0 < value < 60 and draw.random() < 0.3)
    )
    judged = {verdict.cell: verdict for verdict in attack(Attacker(), [release], truth).verdicts}
    apart = bounds(Attacker(), [release], truth, judged)
    assert len(judged) > 100
    for cell, verdict in judged.items():
        low, high = apart[cell]
        if 1 <= verdict.value < 5:
            assert (verdict.outcome == "safe") == (low <= 1 + 1e-4 and high >= 5 - 1e-4), (verdict, low, high)
        else:
            assert (verdict.outcome == "safe") == (high - low > 1e-3), (verdict, low, high)


@pytest.mark.slow
def test_a_board_protected_by_hiding_small_counts_alone_falls() -> None:
    board = made_up_board(1, number=4)
    truth = {DAY: board.counts(DAY)}
    days = dict.fromkeys((Q1, Q2, Q3, Q4, YEAR), DAY)
    found = attack(Attacker(), [publish(truth, days, small())], truth)
    few = [verdict for verdict in found.verdicts if 1 <= verdict.value < 5]
    assert len(few) > 400
    assert sum(verdict.outcome != "safe" for verdict in few) > 0.8 * len(few)


def test_nothing_falls_where_only_the_total_is_shown() -> None:
    board = made_up_board(1, number=4)
    truth = {DAY: board.counts(DAY)}
    days = dict.fromkeys((Q1, Q2, Q3, Q4, YEAR), DAY)
    total = publish(truth, days, lambda cell, value: value > 0 and (cell.group != "all" or cell.figure != "entered" or cell.stage > 2))  # fmt: skip
    found = attack(BARE, [total], truth)
    assert not found.fallen, found
    assert found.counts["safe"] > 1000


def test_made_up_boards_are_what_they_say() -> None:
    board = made_up_board(11, number=8)
    assert board == made_up_board(11, number=8)
    day = end_of("2023/24 Q4")
    values = true_values(board.counts(day), day)
    every = values[at("all", "all", period="2023/24", day=day)]
    assert 2500 < every < 2900
    recorded, charged = (values[at("all", "all", period=YEAR, day=day, stage=stage)] for stage in (2, 5))
    assert 0.08 < charged / recorded < 0.12
    assert 0.6 < values[at("strand", "race", period="2023/24", day=day)] / every < 0.75
    for cell in [cell for cell in values if cell.figure == "entered"]:
        states = sum(values[cell._replace(figure=state)] for state in ("open", "resolved", "lost", "completed"))
        rest = values[cell._replace(stage=cell.stage + 1)]
        assert values[cell] == states + rest + (values[cell] if cell.stage == len(STAGES) else 0), cell


def test_cases_move_on_from_one_release_to_the_next(tmp_path) -> None:
    board, four = made_up_board(2, number=5, incidents_a_year=400), quarters(2022, 5)
    days = release_days(four)
    assert [len(periods) for periods in days] == [1, 2, 3, 5, 6]
    assert set(days[3].values()) == {DAY} and days[2][Q1] == end_of(Q1) and days[4][YEAR] == DAY
    first, later = (true_values(board.counts(day), day) for day in (end_of(Q1), DAY))
    opened = [values[at("all", "all", "open", stage=stage, day=day)] for values, day in ((first, end_of(Q1)), (later, DAY)) for stage in (2,)]  # fmt: skip
    assert opened[0] > opened[1] > 0
    assert {row["quarter"] for row in board.counts(end_of(Q2))} == {Q1, Q2}, "a quarter that is not over is not counted"
    folder = write_counts(board.counts(DAY), tmp_path / "counts")
    assert parquet.read_table(folder / "counts_for_release.parquet").to_pylist() == board.counts(DAY)


@pytest.mark.slow
def test_two_years_and_their_quarters_are_attacked_in_under_a_minute() -> None:
    eight = quarters(2022, 8)
    board, day = made_up_board(1, number=8), end_of(eight[-1])
    truth = {day: board.counts(day)}
    draw = random.Random(5)

    def hide(cell: Cell, value: int) -> bool:
        more = 0.6 if value < 12 else 0.35 if value < 60 else 0.15
        return 1 <= value < 5 or (cell.group != "all" and value > 0 and draw.random() < more)

    release = publish(truth, dict.fromkeys([*eight, YEAR, "2023/24"], day), hide)
    start = time.process_time()
    found = attack(Attacker(), [release], truth)
    assert time.process_time() - start < 60
    assert found.counts["safe"] > 500 and found.fallen
