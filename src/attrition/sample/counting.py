"""Counts made-up cases by stage and state: the funnel that a made-up sample must give.

Holds counting only; how far each crime came is reckoned in `reckoning`.
"""

from collections.abc import Iterator

import numpy as np

from attrition.sample.draws import Flags, Whole
from attrition.sample.occurrences import CANCELLED, FLAG_REMOVED, LIVE, STATUSES, Occurrences, Victims
from attrition.sample.reckoning import RESOLVED, STAGES, STATES, Progress


def count_cases(
    cases: Occurrences,
    victims: Victims,
    crimes: Progress,
    strands: list[str],
    *,
    business: Whole,
    business_names: list[str],
) -> tuple[dict[str, int], dict[str, int]]:
    """The funnel and the reasons of exit, by `breakdown|group|stage|measure` and `...|reason`.

    `business` is each incident row's position in `business_names`, as the published table will group it.
    """
    occurrence = victims.occurrence
    crime = cases.crime[occurrence]
    status = cases.status[occurrence]
    exists = ~cases.comparison[occurrence] & (status != FLAG_REMOVED)
    reasons = [*crimes.reasons, "non_crime", *(f"record_{name}" for name in STATUSES)]
    non_crime = len(crimes.reasons)
    stopped = (crime < 0) | (status != LIVE)
    # A non-crime (position -1) looks up the entry added at the end.
    furthest = np.where(stopped, 1, np.append(crimes.furthest, 1)[crime])
    state = np.where(stopped, RESOLVED, np.append(crimes.state, RESOLVED)[crime])
    reason = np.append(crimes.reason, non_crime)[crime]
    reason = np.where(status >= CANCELLED, non_crime + 1 + status, reason)
    held = np.pad(crimes.held, ((0, 0), (0, 1)))[:, crime]
    funnel: dict[str, int] = {}
    exits: dict[str, int] = {}

    def put(table: dict[str, int], key: str, number: int) -> None:
        if number:
            table[key] = number

    for name, members in _groups(cases, victims, strands, business, business_names):
        group = members & exists
        for number, stage in enumerate(STAGES, start=1):
            entered = group & (furthest >= number)
            here = group & (furthest == number)
            key = f"{name}|{stage}"
            put(funnel, f"{key}|entered", int(entered.sum()))
            put(funnel, f"{key}|progressed", int((group & (furthest > number)).sum()))
            for code, label in enumerate(STATES):
                put(funnel, f"{key}|{label}", int((here & (state == code)).sum()))
            put(funnel, f"{key}|implied", int((entered & (number > 1) & ~held[number]).sum()))
            distinct = np.zeros(crimes.furthest.size, dtype=np.bool_)
            distinct[crime[entered & (crime >= 0)]] = True
            put(funnel, f"{key}|crimes", int(distinct.sum()))
            gone = reason[here & (reason >= 0)]
            for position, found in enumerate(np.bincount(gone, minlength=len(reasons))):
                put(exits, f"{key}|{reasons[position]}", int(found))
    return funnel, exits


def _groups(
    cases: Occurrences, victims: Victims, strands: list[str], business: Whole, business_names: list[str]
) -> Iterator[tuple[str, Flags]]:
    """Every group as `breakdown|group`, with the incident rows in it."""
    yield "all|all", np.ones(victims.occurrence.size, dtype=np.bool_)
    for position, name in enumerate(strands):
        yield f"strand|{name}", cases.strands[victims.occurrence, position]
    for position, name in enumerate(business_names):
        yield f"business_type|{name}", np.asarray(business == position, dtype=np.bool_)
