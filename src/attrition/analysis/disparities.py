"""Disparity at each step: every group of a dimension against all others and against a comparator, on outcomes at a fixed age.

Which cases stand in which arm is settled here; the estimators and the words are those of attrition.stats. One dimension with all
its groups and steps, against all others, is one family of comparisons; those against the comparator are another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from attrition.analysis.tables import write
from attrition.reference import rows as reference_rows
from attrition.settings import Settings
from attrition.stats.adjustment import Standardised, mantel_haenszel, standardised
from attrition.stats.disparity import Comparison, Patterns, compare, enough, flag_family
from attrition.stats.disparity_wording import wording
from attrition.stats.two_rates import Difference, Ratio

if TYPE_CHECKING:
    import duckdb

MODELS = ("disparity_cell",)
TABLES = ("disparity",)

OTHERS = "all others"

_COLUMNS = (
    dict.fromkeys(("dimension", "group", "against", "from_stage", "to_stage"), "VARCHAR")
    | {"window_days": "BIGINT", "unit": "VARCHAR"}
    | {f"{arm}_{what}": kind for arm in ("group", "others") for what, kind in
       (("cases", "BIGINT"), ("progressed", "BIGINT"), ("rate", "DOUBLE"))}
    | {f"{measure}{end}": "DOUBLE" for measure in ("relative_rate", "difference", "relative_rate_mh", "relative_rate_standardised")
       for end in ("", "_lower", "_upper")}
    | {"share_covered": "DOUBLE", "strata_used": "BIGINT", "p_value": "DOUBLE", "p_adjusted": "DOUBLE",
       "enough_cases": "VARCHAR", "flagged": "VARCHAR", "wording": "VARCHAR"}
)  # fmt: skip


@dataclass(frozen=True)
class _Step:
    """The cases of one dimension in one step; arrays by row, but `strata`.

    sets, which: the sets of groups that there are, and which of them each row has
    stratum, progressed, cases: where the cases of a row lie, whether they made the step by the age, and how many they are
    is_alone: their crimes have no other case
    strata, place: of the crimes with several cases the stratum of each, and which of them each row that is not alone belongs to
    """

    sets: list[frozenset[str]]
    which: Any
    stratum: Any
    progressed: Any
    cases: Any
    is_alone: Any
    strata: Any
    place: Any

    def belongs(self, group: str) -> Any:
        """Which rows stand in a group: a row may stand in several."""
        return np.array([group in names for names in self.sets], dtype=bool)[self.which]


@dataclass(frozen=True)
class _Compared:
    """One comparison with what stands beside it."""

    where: tuple[Any, ...]
    against: str
    comparison: Comparison
    likened: Ratio | None
    standardised: Standardised


def build(connection: "duckdb.DuckDBPyConnection", settings: Settings) -> None:
    """Makes the table `pub_disparity` from the model disparity_cell."""
    rows: list[tuple[Any, ...]] = []
    for dimension in ("strand", "victim_ethnicity", "business_type", "emergency_worker", "hate_status"):
        steps = {int(one["milestone_no"]): _read(connection, dimension, one) for one in reference_rows("milestone")}
        groups = sorted({group for step in steps.values() for names in step.sets for group in names})
        comparator = getattr(settings, f"comparator_{dimension}", "")
        for against in filter(None, (OTHERS, comparator)):
            if against == OTHERS or against in groups:
                rows += _family(list(_comparisons(dimension, groups, steps, against, settings)))
    write(connection, "pub_disparity", _COLUMNS, rows)


def _read(connection: "duckdb.DuckDBPyConnection", dimension: str, milestone: dict[str, str]) -> _Step:
    read = connection.execute(
        "SELECT groups, stratum, shared_crime_no, progressed, cases FROM disparity_cell "
        "WHERE dimension = ? AND milestone_no = ? ORDER BY groups, stratum, shared_crime_no, progressed",
        [dimension, int(milestone["milestone_no"])],
    ).fetchnumpy()
    stratum, crime, cases = (
        np.asarray(read[name]).astype(np.int64) for name in ("stratum", "shared_crime_no", "cases")
    )
    sets, which = np.unique(np.asarray(read["groups"]).astype(str), return_inverse=True)
    # Crimes are numbered from 1: one number names a crime in a stratum.
    numbers = 1 + stratum.max(initial=0)
    several, place = np.unique((crime * numbers + stratum)[crime > 0], return_inverse=True)
    return _Step(
        [frozenset(names.split()) for names in sets], which, stratum, np.asarray(read["progressed"]).astype(bool), cases,
        crime == 0, several % numbers, place,
    )  # fmt: skip


def _comparisons(
    dimension: str, groups: list[str], steps: dict[int, _Step], against: str, settings: Settings
) -> Iterator[_Compared]:
    """Every group at every step: the members of one family."""
    for group in groups:
        if group == against or (dimension in ("emergency_worker", "hate_status") and group in ("others", "comparison")):
            continue  # of two groups one comparison says it all
        for milestone in reference_rows("milestone"):
            step = steps[int(milestone["milestone_no"])]
            ours = step.belongs(group)
            theirs = ~ours if against == OTHERS else step.belongs(against) & ~ours
            patterns = _patterns(step, ours, theirs)
            yield _Compared(
                (dimension, group, against, milestone["from_stage"], milestone["stage"], getattr(settings, milestone["setting"])),
                against, compare(patterns), mantel_haenszel(patterns), standardised(patterns),
            )  # fmt: skip


def _patterns(step: _Step, ours: Any, theirs: Any) -> Patterns:
    """Cases gathered by crime: crimes of one case as they are counted, those of several cases one by one."""
    one = (ours & step.is_alone, theirs & step.is_alone)
    crimes = [step.cases[arm] for arm in one]
    made = [step.progressed[arm].astype(np.int64) for arm in one]
    ones = [np.ones_like(count) for count in crimes]
    none = [np.zeros_like(count) for count in crimes]
    columns = [
        np.concatenate([step.stratum[arm] for arm in one]),
        np.concatenate([ones[0], none[1]]),
        np.concatenate([made[0], none[1]]),
        np.concatenate([none[0], ones[1]]),
        np.concatenate([none[0], made[1]]),
        np.concatenate(crimes),
    ]
    if len(step.strata):

        def summed(which: Any) -> Any:
            weights = (step.cases * which)[~step.is_alone]
            return np.bincount(step.place, weights=weights, minlength=len(step.strata)).astype(np.int64)

        counted = (summed(ours), summed(ours & step.progressed), summed(theirs), summed(theirs & step.progressed))
        several = (step.strata, *counted, np.ones(len(step.strata), dtype=np.int64))
        columns = [np.concatenate(pair) for pair in zip(columns, several, strict=True)]
    return Patterns(*columns)


def _family(family: list[_Compared]) -> list[tuple[Any, ...]]:
    """The rows of one family, with the flags that it as a whole allows."""
    sufficient = [enough(one.comparison) for one in family]
    verdict = flag_family(np.array([one.comparison.p_value for one in family], dtype=np.float64), sufficient)
    rows = []
    for one, is_enough, flagged, adjusted in zip(family, sufficient, verdict.flagged, verdict.adjusted, strict=True):
        comparison, weighted = one.comparison, one.standardised
        rows.append(
            (
                *one.where, "incident",
                *(value for arm in (comparison.group, comparison.others) for value in (arm.cases, arm.progressed, arm.rate)),
                *_limits(comparison.relative), *_limits(comparison.difference), *_limits(one.likened),
                *_limits(weighted.relative), weighted.share_covered, weighted.strata_used, comparison.p_value,
                float(adjusted) if comparison.p_value is not None else None,
                "Y" if is_enough else "N", "Y" if flagged else "N",
                wording(comparison, one.likened, weighted, bool(flagged), one.against),
            )
        )  # fmt: skip
    return rows


def _limits(measure: Ratio | Difference | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if measure is None else (measure.value, measure.low, measure.high)
