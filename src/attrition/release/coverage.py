"""Which stages of a released period were covered when it was counted, group by group, and why not. Kept in the register: a period
stays as it was counted.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from attrition.release.register import Carried

Row = Mapping[str, Any]
_KEPT = "coverage"


@dataclass(frozen=True)
class Seen:
    """Whether a stage was covered, why not (empty where it was), and whether its period was in the data in part only."""

    covered: bool
    why: str = ""
    partial: bool = False


NOT_SEEN = Seen(False)
# A strand that no case of any period has: no source tells it.
_UNTOLD = Seen(False, "not_told")
_Place = tuple[dt.date, str, str, str, str]


class Coverage:
    """Coverage by day of the count, period, breakdown, group and stage."""

    def __init__(self, seen: Mapping[_Place, Seen]) -> None:
        self._seen = dict(seen)
        self._groups = {(breakdown, group) for _, _, breakdown, group, _ in seen}

    def of(self, as_at: dt.date, period: str, breakdown: str, group: str, stage: str) -> Seen:
        """Coverage of a stage. A group without a case in a period takes that of all cases; one without a case in any is not told.

        Registers of releases made before groups were told hold a stage for all periods at once.
        """
        own = self._seen.get((as_at, period, breakdown, group, stage))
        if own is not None:
            return own
        of_all = self._seen.get((as_at, period, "all", "all", stage))
        if of_all is None:
            return self._seen.get((as_at, "", "all", "all", stage), NOT_SEEN)
        strand = group.partition("*")[0]
        if breakdown.startswith("strand") and ("strand", strand) not in self._groups:
            return Seen(_UNTOLD.covered, _UNTOLD.why, of_all.partial)
        return of_all


def read_coverage(published: Iterable[Row], as_at: dt.date, carried: Iterable[Carried]) -> Coverage:
    """The coverage of this day's counts and of all before. published: rows of the restricted table funnel_by_period"""
    seen: dict[_Place, Seen] = {}
    for one in carried:
        if one.table == _KEPT:
            kept = {**one.content}
            place = (one.as_at, one.period, kept.pop("breakdown", "all"), kept.pop("group", "all"), kept.pop("stage"))
            seen[place] = Seen(**kept)
    for row in published:
        place = (as_at, row["period"], row["breakdown"], row["group"], row["stage"])
        seen[place] = Seen(row["covered"] == "Y", row["why"], row["partial"] == "Y")
    return Coverage(seen)


def kept_coverage(published: Iterable[Row], as_at: dt.date) -> list[Carried]:
    """This day's coverage as the register keeps it."""
    return [
        Carried(
            _KEPT, as_at, row["period_kind"], row["period"],
            {
                **{name: row[name] for name in ("breakdown", "group", "stage")},
                **asdict(Seen(row["covered"] == "Y", row["why"], row["partial"] == "Y")),
            },
        )
        for row in published
    ]  # fmt: skip
