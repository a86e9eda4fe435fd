"""The findings of the board paper: what is chosen, what is not told, and that hidden, small and uncovered figures carry nothing."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from attrition.publish.compared_findings import change_at_same_age, difference_that_remains
from attrition.publish.finding import LOSING, PaperRows
from attrition.publish.main_findings import in_short, largest_loss, main_findings, withdrawal

Row = dict[str, Any]
DAY = date(2025, 3, 31)
# Reached, went on, open, ended another way, lost: consistent from stage to stage.
COUNTS = {
    "reported": (2000, 1600, 0, 400, 0),
    "recorded": (1600, 1000, 40, 60, 500),
    "suspect_identified": (1000, 280, 20, 100, 600),
    "referred": (280, 200, 10, 0, 70),
    "charged": (200, 190, 10, 0, 0),
    "prosecuted": (190, 100, 40, 0, 50),
    "convicted": (100, 80, 5, 15, 0),
    "uplifted": (80, 0, 0, 0, 0),
}
NAMES = ("entered", "progressed", "open", "resolved", "lost")
REASONS = (
    ("recorded", "no suspect", 380),
    ("recorded", "victim does not support", 120),
    ("suspect_identified", "victim does not support", 350),
    ("suspect_identified", "evidential", 250),
    ("prosecuted", "court", 50),
)


def stages(**changes: Row) -> dict[str, Row]:
    found = {
        stage: {"covered": True, "why": "", **dict(zip(NAMES, counts, strict=True))} for stage, counts in COUNTS.items()
    }
    for stage, change in changes.items():
        found[stage] |= change
    return found


def reasons(*listed: tuple[str, str, Any]) -> list[Row]:
    return [{"stage": s, "exit": "lost", "reason_group": group, "count": count} for s, group, count in listed]


def paper(**changes: Row) -> PaperRows:
    return PaperRows("2024/25", DAY, stages(**changes), reasons(*REASONS), [])


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?%?", text)


def test_the_largest_loss_is_by_count_with_open_cases_beside_it() -> None:
    finding = largest_loss(paper())
    # Referred loses a quarter, prosecuted more than a quarter; neither has the most cases.
    assert finding.heading == "The largest loss: between identification of a suspect and referral to the CPS"
    # Wilson's limits of 600 in 1,000, worked by hand: (0.6 + 0.00192 -+ 0.03040) / 1.00384.
    assert numbers(finding.sentence) == ["600", "1,000", "60.0%", "95%", "56.9%", "63.0%", "20", "350", "600"]
    assert "the victim did not support action (350 of the 600)" in finding.sentence
    assert "may yet change" not in finding.sentence


def test_open_cases_are_not_lost_and_may_change_the_order() -> None:
    # 560 more are open at recorded: with them it would have lost most, so the rate is no guide.
    open_case = {"progressed": 440, "open": 600, "lost": 500}
    rows = paper(recorded=open_case)
    assert largest_loss(rows).heading.startswith("The largest loss: between identification")
    assert "may yet change which step loses most" in largest_loss(rows).sentence


def test_cases_open_at_an_earlier_stage_may_be_lost_later() -> None:
    # Prosecuted: 50 lost, 59 + 459 + 10 + 10 + 40 open at it or before make 628; those at it alone 90.
    rows = paper(recorded={"open": 59}, suspect_identified={"open": 459})
    assert "may yet change" in largest_loss(rows).sentence
    # With 401 in place of 459 it is 570, and recorded (500 + 59) is no more than that.
    rows = paper(recorded={"open": 59}, suspect_identified={"open": 401})
    assert "may yet change" not in largest_loss(rows).sentence


@pytest.mark.parametrize(
    "changes",
    [
        {"recorded": {"lost": 600}},
        {"recorded": {"lost": "c"}},
        {"recorded": {"lost": "c", "progressed": "c"}},
        {"prosecuted": {"lost": "c", "entered": "c"}},
        {"suspect_identified": {"lost": "c"}},
        {"suspect_identified": {"entered": "c"}},
    ],
)
def test_a_tie_or_a_hidden_count_that_could_be_the_largest_is_not_told(changes: dict[str, Row]) -> None:
    finding = largest_loss(paper(**changes))
    assert not finding.is_told
    assert numbers(finding.sentence) == []


def test_a_hidden_count_too_small_to_matter_does_not_stop_the_finding() -> None:
    # 90 of the prosecuted did not go on, less than half of 600, so no more can be lost there.
    assert largest_loss(paper(prosecuted={"lost": "c"})).is_told


@pytest.mark.parametrize("late", LOSING)
def test_a_step_that_is_not_covered_is_named_and_nothing_told(late: str) -> None:
    rows = paper(**{late: {"covered": False, "why": "no_feed"}})
    for finding in (largest_loss(rows), withdrawal(rows)):
        assert (
            not finding.is_told
            and "(no extract that could show it has come). Missing data is not attrition" in finding.sentence
        )
        assert numbers(finding.sentence) == []
    assert "cannot be told" in in_short(rows)


def test_few_cases_tell_nothing() -> None:
    few = {stage: dict(zip(NAMES, (49, 40, 0, 0, 9), strict=True)) for stage in LOSING}
    assert not largest_loss(paper(**few)).is_told
    small_base = {stage: dict(zip(NAMES, (49, 10, 0, 0, 9), strict=True)) for stage in LOSING}
    small_base["recorded"] = dict(zip(NAMES, (49, 9, 0, 0, 40), strict=True))
    assert not largest_loss(paper(**small_base)).is_told


@pytest.mark.parametrize(
    "listed",
    [
        # 250 of a hidden reason, or of several: more than half of 350.
        [("suspect_identified", "victim does not support", 350), ("suspect_identified", "evidential", "c")],
        [("suspect_identified", "victim does not support", 300), ("suspect_identified", "evidential", 300)],
        [("suspect_identified", "victim does not support", 9)],
        [("recorded", "no suspect", 600)],
        [("suspect_identified", "victim does not support", 700)],
        [],
    ],
)
def test_the_commonest_reason_is_not_guessed(listed: list[tuple[str, str, Any]]) -> None:
    finding = largest_loss(replace(paper(), reasons=reasons(*listed)))
    assert finding.is_told
    assert finding.sentence.endswith("Which reason is the commonest cannot be told.")


def test_reasons_of_one_group_are_added() -> None:
    listed = [
        ("suspect_identified", "evidential", 190),
        ("suspect_identified", "evidential", 190),
        ("suspect_identified", "victim does not support", 220),
    ]
    assert (
        "evidential difficulties (380 of the 600)" in largest_loss(replace(paper(), reasons=reasons(*listed))).sentence
    )


def age(
    period: str, stage: str, rate: Any, low: float = 0, high: float = 0, base: Any = 800, usable: Any = None
) -> Row:
    days = {"suspect_identified": 90, "referred": 180, "charged": 270, "convicted": 540}[stage]
    return {
        "period": period, "stage": stage, "window_days": days, "old_enough": base, "reached": rate, "rate": rate, "rate_lower": low,
        "rate_upper": high, "usable_from": usable,
    }  # fmt: skip


def test_a_change_is_told_where_the_intervals_lie_apart() -> None:
    ages = [
        age("2022/23", "referred", 0.30, 0.27, 0.33), age("2023/24", "referred", 0.20, 0.17, 0.23),
        age("2022/23", "charged", 0.09, 0.07, 0.11), age("2023/24", "charged", 0.16, 0.13, 0.19),
        age("2023/24", "suspect_identified", 0.62, 0.59, 0.65), age("2024/25", "suspect_identified", 0.70, 0.66, 0.74),
    ]  # fmt: skip
    finding = change_at_same_age(ages)
    # Nearer limits: 0.13 / 0.11 = 1.18 (charged), 0.27 / 0.23 = 1.17 (referred), 0.66 / 0.65 = 1.02.
    assert finding.heading == "At the same age, more cases were charged"
    assert numbers(finding.sentence)[:9] == [
        "2023", "24", "16.0%", "95%", "13.0%", "19.0%", "270", "2022", "23",
    ]  # fmt: skip
    assert (
        "Likewise fewer cases were referred to the CPS (2023/24); more cases had a suspect identified (2024/25)."
        in finding.sentence
    )


def test_no_change_is_told_where_the_intervals_overlap_or_touch() -> None:
    ages = [age("2022/23", "charged", 0.09, 0.07, 0.12), age("2023/24", "charged", 0.14, 0.12, 0.17)]
    finding = change_at_same_age(ages)
    assert finding.heading == "No change over time beyond what chance can bring"
    assert "2023/24, 14.0%" in finding.sentence and "2022/23, 9.0%" in finding.sentence


@pytest.mark.parametrize(
    "second",
    [
        age("2023/24", "charged", "c", 0.3, 0.4),
        age("2023/24", "charged", "x", usable=date(2025, 9, 1)),
        age("2023/24", "charged", 0.5, 0.4, 0.6, base=49),
        age("2023/24", "charged", 0.5, 0.4, 0.6, base="c"),
        age("2023/24", "referred", 0.5, 0.4, 0.6),
        age("2024/25", "charged", 0.5, 0.4, 0.6),
    ],
)
def test_years_that_cannot_be_compared_are_not(second: Row) -> None:
    finding = change_at_same_age([age("2022/23", "charged", 0.09, 0.07, 0.12), second])
    assert not finding.is_told
    assert "%" not in finding.sentence
    assert ("1 September 2025" in finding.sentence) == (second["usable_from"] is not None)


def test_the_latest_two_years_running_are_compared() -> None:
    rates = {"1998/99": 0.9, "1999/00": 0.5, "2000/01": 0.1}
    finding = change_at_same_age([age(year, "charged", rate, rate - 0.02, rate + 0.02) for year, rate in rates.items()])
    assert "2000/01, 10.0%" in finding.sentence and "1999/00, 50.0%" in finding.sentence
    assert "1998/99" not in finding.sentence


def test_withdrawal_is_the_sum_over_the_steps_of_all_lost() -> None:
    finding = withdrawal(paper())
    # 120 + 350 of 500 + 600 + 70 + 0 + 50.
    assert finding.sentence.startswith("470 of the 1,220 cases lost (38.5%; ")
    assert "120 between recording" in finding.sentence and "350 between identification" in finding.sentence


def test_a_hidden_count_makes_withdrawal_a_lower_bound_without_a_share() -> None:
    listed = [*REASONS[2:], ("recorded", "victim does not support", "c")]
    finding = withdrawal(replace(paper(), reasons=reasons(*listed)))
    assert finding.sentence.startswith("At least 350 cases stopped")
    assert "%" not in finding.sentence and "counts that are not shown come on top" in finding.sentence


def test_withdrawal_without_all_the_lost_has_no_share() -> None:
    finding = withdrawal(paper(prosecuted={"lost": "c"}))
    assert finding.sentence.startswith("470 cases stopped") and "%" not in finding.sentence


def test_few_withdrawals_are_not_told() -> None:
    for count in (9, "c"):
        rows = replace(paper(), reasons=reasons(("recorded", "victim does not support", count)))
        assert not withdrawal(rows).is_told and numbers(withdrawal(rows).sentence) == []


def comparison(group: str, difference: float, p: float, **changes: Any) -> Row:
    from attrition.stats.disparity_wording import REMAINS

    return {
        "dimension": "strand", "group": group, "against": "all others", "from_stage": "suspect_identified", "to_stage": "referred",
        "window_days": 180, "group_cases": 100, "others_cases": 1000, "difference": difference, "p_adjusted": p, "enough_cases": "Y",
        "flagged": "Y", "wording": f"Progressed in 8.4 % of cases. {REMAINS} (0.33 times).", **changes,
    }  # fmt: skip


def test_of_differences_that_remain_the_group_that_goes_on_less_often_comes_first() -> None:
    found = [comparison("race", 0.2, 0.0001), comparison("religion", -0.1, 0.03), comparison("disability", -0.1, 0.002)]
    finding = difference_that_remains(found)
    assert finding is not None
    assert finding.heading.startswith("Disability: cases go on less often")
    assert "100 cases of the group and 1,000 others: progressed in 8.4% of cases." in finding.sentence
    assert main_findings(replace(paper(), comparisons=found))[2] == finding


@pytest.mark.parametrize(
    "change",
    [
        {"flagged": "N"},
        {"enough_cases": "N"},
        {"group_cases": 49},
        {"against": "race"},
        {"dimension": "hate_status"},
        {"wording": "The difference is no longer clear when like is compared with like (0.9 times, 0.8 to 1.1)."},
    ],
)
def test_other_differences_give_way_to_withdrawal(change: Row) -> None:
    rows = replace(paper(), comparisons=[comparison("disability", -0.1, 0.001, **change)])
    assert difference_that_remains(rows.comparisons) is None
    assert main_findings(rows)[2] == withdrawal(rows)


def test_the_mark_of_a_difference_that_remains_is_in_its_sentence_alone() -> None:
    import numpy as np

    from attrition.stats.adjustment import mantel_haenszel
    from attrition.stats.disparity import Patterns, compare
    from attrition.stats.disparity_wording import REMAINS, wording

    # One stratum: like with like is the plain comparison, so the difference remains.
    patterns = Patterns(
        stratum=np.array([1, 1, 1, 1]), n1=np.array([1, 1, 0, 0]), x1=np.array([1, 0, 0, 0]), n0=np.array([0, 0, 1, 1]),
        x0=np.array([0, 0, 1, 0]), crimes=np.array([50, 250, 400, 400]),
    )  # fmt: skip
    compared, adjusted = compare(patterns), mantel_haenszel(patterns)
    assert REMAINS in wording(compared, adjusted, None, flagged=True)
    assert REMAINS not in wording(compared, adjusted, None, flagged=False)
    assert REMAINS not in wording(compared, None, None, flagged=True)


def test_in_short_accounts_for_every_recorded_case() -> None:
    said = in_short(paper())
    # 1,600 = 100 convicted + 1,220 lost + 160 ended another way + 120 open.
    assert said.startswith("By 31 March 2025, 100 of the 1,600 cases reported in 2024/25 and recorded as crimes (6.2%;")
    assert "1,220 were lost, 160 ended another way and 120 were still open." in said
    # (100 + 120) / 1,600.
    assert said.endswith("the share would be 13.8%.")
    assert 100 + 1220 + 160 + 120 == 1600


def test_in_short_says_what_is_hidden() -> None:
    said = in_short(paper(referred={"open": "c"}))
    assert "at least 110 were still open." in said and "the share would be" not in said
    assert "is not shown" in in_short(paper(convicted={"entered": "c"}))


def test_nothing_published_tells_nothing() -> None:
    rows = PaperRows("", DAY, {}, [], [])
    assert not any(finding.is_told for finding in main_findings(rows))
    assert "cannot be told yet" in in_short(rows)
