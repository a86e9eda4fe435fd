"""Invented rows of the published tables beside the funnel, as a run writes them: usable and not, small, covered and not.

Limits of intervals stand a fixed step around their rate; they only have to be told apart from it.
"""

import datetime as dt
from typing import Any

Row = dict[str, Any]

STEPS = (
    ("recorded", "suspect_identified", 90, 3),
    ("suspect_identified", "referred", 180, 4),
    ("referred", "charged", 270, 5),
    ("charged", "convicted", 540, 7),
)
GROUPS = (
    ("all", "all", 600),
    ("strand", "race", 400),
    ("strand", "transgender", 9),
    ("business_type", "takeaway", 40),
    ("business_type", "unknown", 0),
    ("strand*business_type", "race*takeaway", 30),
    ("area_command", "northumbria/northern", 80),
)


def _interval(name: str, part: int, base: int) -> Row:
    rate = part / base if base else None
    ends = (None, None) if rate is None else (max(rate - 0.01, 0), min(rate + 0.02, 1))
    return {name: rate, f"{name}_lower": ends[0], f"{name}_upper": ends[1]}


def _fixed_age() -> list[Row]:
    periods = (
        ("", "", True),
        ("financial_year", "2023/24", True),
        ("financial_year", "2024/25", False),
        ("quarter", "2024/25 Q4", False),
    )
    rows = []
    for breakdown, group, cases in GROUPS:
        for kind, period, usable in periods:
            for before, stage, days, order in STEPS:
                reached = cases // (order - 1)
                rows.append(
                    {
                        "breakdown": breakdown, "group": group, "period_kind": kind, "period": period, "stage": stage,
                        "stage_order": order, "window_days": days, "unit": "incident", "recorded": cases + 7,
                        "old_enough": cases, "reached": reached if usable else None,
                        **(_interval("rate", reached, cases) if usable else _interval("rate", 0, 0)),
                        "step_from": before, "small": "N", "untimed": cases // 50, "usable": "Y" if usable else "N",
                        "usable_from": None if usable else dt.date(2025, 6, 29) + dt.timedelta(days),
                    }
                )  # fmt: skip
    return rows


def _timing() -> list[Row]:
    rows = []
    for breakdown, group, cases in (*GROUPS[:5], ("force", "northumbria", 500), ("hate_status", "comparison", 25)):
        for at, (before, after) in enumerate(
            (
                ("recorded", "suspect_identified"),
                ("suspect_identified", "referred"),
                ("referred", "charged"),
                ("charged", "prosecuted"),
            )
        ):
            timed = cases // (at + 1)
            progressed = timed // 2
            rows.append(
                {
                    "breakdown": breakdown, "group": group, "from_stage": before, "to_stage": after, "unit": "incident",
                    "timed": timed, "progressed": progressed, "lost": timed // 4, "resolved": 0, "open": timed // 5,
                    "untimed": 11, "exit_first": 1, "not_seen": 2, "flag_late": 3, "at_once": 4, "late_entry": 5,
                    "followed_days": 100 + at if timed else None, "least_at_risk": 20 if timed else None,
                    **_interval("progressed_share", progressed, timed), **_interval("lost_share", timed // 4, timed),
                    **_interval("resolved_share", 1, 4000 if timed else 0),
                    "open_share": 0.05 if timed else None,
                    **{name: days + at if progressed else None
                       for name, days in (("median_days", 7), ("p75_days", 15), ("p90_days", 28))},
                    "small": "N",
                }
            )  # fmt: skip
    return rows


def _disparity() -> list[Row]:
    rows = []
    for dimension, group, against, cases, enough in (
        ("strand", "race", "all others", 300, "Y"),
        ("strand", "religion", "race", 80, "Y"),
        ("strand", "transgender", "all others", 9, "N"),
        ("emergency_worker", "emergency_worker", "all others", 60, "Y"),
        ("hate_status", "hate", "all others", 700, "Y"),
    ):
        for at, (before, after, days, _) in enumerate(STEPS):
            ratio = 0.8 + at / 10
            likened = ratio + 0.01 if at else None
            rows.append(
                {
                    "dimension": dimension, "group": group, "against": against, "from_stage": before, "to_stage": after,
                    "window_days": days, "unit": "incident",
                    "group_cases": cases, "group_progressed": cases // 3, "group_rate": cases // 3 / cases,
                    "others_cases": 900, "others_progressed": 450, "others_rate": 0.5,
                    "relative_rate": ratio, "relative_rate_lower": ratio - 0.1, "relative_rate_upper": ratio + 0.1,
                    "relative_rate_mh": likened,
                    "relative_rate_mh_lower": likened and likened - 0.2, "relative_rate_mh_upper": likened and likened + 0.2,
                    "share_covered": 0.25 * at, "enough_cases": enough, "flagged": "Y" if at == 1 else "N",
                    "wording": f"-Said of {group} at {after}.",
                }
            )  # fmt: skip
    return rows


def _handover() -> list[Row]:
    labels = (
        ("not_referred_ended", "Not referred: ended by the police"),
        ("referred_open", "Referred: no decision yet"),
        ("charged", "Charged"),
    )
    rows = []
    for breakdown, group, cases in (*GROUPS[:4], ("force", "durham", 70), ("victim_ethnicity", "asian", 90)):
        for at, (category, label) in enumerate(labels):
            part = cases // (at + 2)
            rows.append(
                {
                    "breakdown": breakdown, "group": group, "category": category, "label": label, "unit": "incident",
                    "cases": part, "with_suspect": cases, **_interval("share", part, cases), "small": "N",
                    "sent_back": None if at else 3, "overdue": None if at else 1,
                }
            )  # fmt: skip
    return rows


def _paths() -> list[Row]:
    ways = (
        ("commonest", "Recorded as a crime", "lost", "Investigation complete; no suspect identified", 300, 31.5),
        ("commonest", "Recorded as a crime", "open", "", 200, 0.0),
        ("commonest", "Recorded as a crime > (Suspect identified) > Convicted", "resolved", "No uplift", 60, 120.0),
        ("commonest", "Recorded as a crime > Suspect identified", "resolved", "Caution: adult", 39, 40.0),
        ("all others", "", "", "", 1, None),
        ("of all: order of days impossible", "", "", "", 12, None),
    )
    return [
        {
            "way_order": at, "kind": kind, "way": way, "state": state, "label": label, "unit": "incident",
            "cases": cases, "recorded": 600, **_interval("share", cases, 600), "median_days": days,
        }
        for at, (kind, way, state, label, cases, days) in enumerate(ways, start=1)
    ]  # fmt: skip


def _consistency() -> list[Row]:
    rows = []
    for at, (verdict, direction) in enumerate(
        (("within", ""), ("beyond 95 %", "below"), ("beyond 99.8 %", "above"), ("no cases", ""))
    ):
        cases = 0 if verdict == "no cases" else 8 + 50 * at
        for breakdown, group in (("area_command", f"durham/={at}"), ("investigating_unit", f"unit_{at}")):
            few = breakdown == "investigating_unit"
            limits = dict(zip(("low_95", "high_95", "low_99_8", "high_99_8"), (0.2, 0.4, 0.1, 0.5), strict=True))
            rows.append(
                {
                    "breakdown": breakdown, "group": group, "from_stage": "recorded", "to_stage": "suspect_identified",
                    "window_days": 90, "unit": "incident", "cases": cases, "progressed": cases // 3,
                    **_interval("rate", cases // 3, cases), "target": 0.3,
                    **{name: None if few else value for name, value in limits.items()},
                    "verdict": "too few units" if few else verdict, "direction": "" if few else direction, "small": "N",
                }
            )  # fmt: skip
    return rows


def _control_charts() -> list[Row]:
    rows = []
    for breakdown, group in (("all", "all"), ("strand", "race")):
        for at, month in enumerate(("2024-04", "2024-05", "2024-06")):
            shared = {
                "breakdown": breakdown,
                "group": group,
                "period_kind": "month",
                "period": month,
                "unit": "incident",
            }
            rules, event = ("", "shift", "beyond limits, two of three")[at], ("", "", "=Counting rules change")[at]
            rows.append(
                {
                    **shared, "measure": "recorded", "cases": None, "count": 60 + at, "value": 60.0 + at, "mean": 61.0,
                    "low": 50.5, "high": 71.5, "rules": rules, "reason": "", "events": event,
                }
            )  # fmt: skip
            for measure, base in (("convicted", 5), ("suspect_identified", 60 + at)):
                few = measure == "convicted"
                rows.append(
                    {
                        **shared, "measure": measure, "cases": base, "count": base // 2, "value": base // 2 / base,
                        "mean": 0.5, "low": None if few else 0.4, "high": None if few else 0.6,
                        "rules": "" if few else rules, "reason": "3 points with a value; limits need 15" if few else "",
                        "events": event,
                    }
                )  # fmt: skip
    return rows


def _why(covered: str) -> str:
    return "" if covered == "Y" else "feed_behind"


def _withdrawal(covered: str) -> list[Row]:
    stages = (("all", 0), ("recorded", 2), ("suspect_identified", 3), ("charged", 5), ("convicted", 7), ("uplifted", 8))
    rows = []
    for breakdown, group, cases in (*GROUPS[:4], ("victim_ethnicity", "asian", 90), ("area_command", "durham/x", 50)):
        for stage, order in stages:
            entered, lost = cases // (order + 1), cases // (order + 2)
            withdrew = lost // 2
            rows.append(
                {
                    "breakdown": breakdown, "group": group, "stage": stage, "stage_order": order, "unit": "incident",
                    "entered": entered, "lost": lost, "resolved": 0, "withdrew": withdrew, "withdrew_lost": withdrew // 2,
                    "share_of_lost": withdrew // 2 / lost if lost else None,
                    "share_of_entered": withdrew / entered if entered else None, "covered": covered, "why": _why(covered),
                }
            )  # fmt: skip
    return rows


def _positive_outcomes(covered: str) -> list[Row]:
    return [
        {
            "breakdown": breakdown, "group": group, "outcome_set": name, "version": "v1", "unit": "incident",
            "recorded": cases, "with_outcome": cases // 2, "positive": cases // 5,
            "positive_rate": cases // 5 / cases if cases else None,
            "positive_share_of_outcomes": cases // 5 / (cases // 2) if cases // 2 else None, "covered": covered,
            "why": _why(covered),
        }
        for breakdown, group, cases in GROUPS[:5]
        for name in ("positive_forces", "positive_home_office_dashboard")
    ]  # fmt: skip


def _volumes(covered: str) -> list[Row]:
    """Two years of both sides. In the first year nobody was finally dealt with in court; in the second the CPS feed may end."""
    counted = (
        ("police", "hate_cases", "outcomes_assigned", "", "crime", 200, None, None),
        ("police", "hate_cases", "outcomes_charged", "", "crime", 30, "charged_share_of_outcomes", "outcomes_assigned"),
        ("police", "hate_cases", "outcomes_lost", "", "crime", 150, None, None),
        ("police", "hate_cases", "outcomes_lost", "evidential", "crime", 150, None, None),
        ("cps", "flagged", "charged", "", "suspect", 6, "charge_rate", "legal_decisions"),
        ("cps", "flagged", "legal_decisions", "", "suspect", 8, None, None),
        ("cps", "flagged", "completed", "", "defendant", 40, None, None),
        ("cps", "flagged", "convicted", "", "defendant", 31, "conviction_rate", "completed"),
    )
    bases = {measure: number for _, _, measure, group, _, number, _, _ in counted if not group}
    rows = []
    for force in ("all", "durham", "unknown"):
        for kind, period in (("financial_year", "2023/24"), ("financial_year", "2024/25"), ("month", "2024-05")):
            for side, scope, measure, group, unit, number, rate, of in counted:
                if period == "2023/24" and measure in ("completed", "convicted"):
                    continue
                if force == "unknown" and (side == "police" or period == "2024/25"):
                    continue
                rows.append(
                    {
                        "force": force, "period_kind": kind, "period": period, "side": side, "scope": scope,
                        "measure": measure, "outcome_group": group, "unit": unit, "count": number, "rate_name": rate,
                        "of_measure": of, "of_count": of and bases[of], "rate": of and number / bases[of],
                        "covered": covered if side == "cps" and period == "2024/25" else "Y", "dated_by": "a day",
                    }
                )  # fmt: skip
    return rows


def _reconciliation(covered: str) -> list[Row]:
    counted = (
        ("incidents_accepted", "police", "incident", "Incident rows in force, comparison crimes included", 100),
        ("incidents_cases", "funnel", "incident", "Of these: cases of the funnel", 90),
        ("referrals_unlinked", "funnel", "suspect", "Of these: linked to no crime", 4),
        ("referrals", "cps", "suspect", "Suspects received from the police", 60),
    )
    return [
        {
            "force": "durham", "financial_year": year, "measure": measure, "source": source, "unit": unit,
            "count": number + at, "covered": covered if unit == "suspect" and at else "Y", "dated_by": "a day", "note": note,
        }
        for at, year in enumerate(("2023/24", "2024/25"))
        for measure, source, unit, note, number in counted
        if (measure, year) != ("referrals_unlinked", "2023/24")
    ]  # fmt: skip


def _benchmarks(covered: str) -> list[Row]:
    return [
        {
            "measure": measure, "unit": unit, "our_period": "all forces held, to 2025-03-31", "our_numerator": part,
            "our_denominator": base, "our_value": part / base if base else None, "covered": covered,
            "published_value": 0.874, "published_area": "England and Wales", "published_year": "2024",
            "source": "+Parliamentary answer", "caveat": caveat, "note": "A match is no proof.",
        }
        for measure, unit, part, base, caveat in (
            ("charge_rate", "suspect", 87, 100, "Rounded"),
            ("conviction_rate", "defendant", 4, 5, ""),
            ("uplift_rate", "defendant", 0, 0, None),
        )
    ]  # fmt: skip


def pilot_rows() -> list[Row]:
    """The rows of a configured pilot; without one the table is empty."""
    shared = {
        "breakdown": "area_command",
        "group": "durham/north",
        "start": "2024-07-01",
        "stage": "charged",
        "unit": "incident",
    }
    simple = {"method": "before and after", "before": 0.2, "after": 0.3, "others_before": None, "others_after": None}
    against = {
        "method": "difference in differences",
        "before": 0.2,
        "after": 0.3,
        "others_before": 0.25,
        "others_after": 0.2,
    }
    return [
        {**shared, **simple, "estimate": 0.1, "lower": -0.02, "upper": 0.22, "p_value": None, "placebos": None,
         "as_large": None, "wording": "Before and after alone cannot tell."},
        {**shared, **against, "estimate": 0.15, "lower": None, "upper": None, "p_value": None, "placebos": 12,
         "as_large": 0, "wording": "=No interval can be given."},
    ]  # fmt: skip


def statistics(late: frozenset[str]) -> dict[str, list[Row]]:
    """The tables beside the funnel; `late` names extracts whose feed stops too early."""
    covered = "N" if "cps" in late else "Y"
    return {
        "fixed_age": _fixed_age(),
        "time_to_next_stage": _timing(),
        "disparity": _disparity(),
        "handover": _handover(),
        "paths": _paths(),
        "consistency": _consistency(),
        "control_charts": _control_charts(),
        "withdrawal": _withdrawal(covered),
        "positive_outcomes": _positive_outcomes(covered),
        "volumes": _volumes(covered),
        "reconciliation": _reconciliation(covered),
        "benchmarks": _benchmarks(covered),
        "pilot": [],
    }
