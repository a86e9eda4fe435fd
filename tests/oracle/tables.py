"""The funnel tables (SPEC section 3): the groups a case belongs to, and the counts of each cell."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from oracle.cases import Case, exists, position
from oracle.codes import AGE_GROUPS, ETHNIC_GROUPS, STAGES, STRANDS
from oracle.coverage import Coverage, Told
from oracle.deliveries import Held
from oracle.linkage import link
from oracle.reading import Row

MEASURES = ("entered", "progressed", "open", "resolved", "lost", "completed", "implied", "crimes")
PERIOD_BREAKDOWNS = ("all", "strand", "victim_ethnicity", "business_type", "strand*business_type")
YEAR = timedelta(days=365)

# breakdown, group, stage; the period tables put the kind of period and the period in front.
Cell = tuple[str, ...]


@dataclass
class Funnel:
    """Counts by cell, exits by cell and reason, and what can be seen of each cell.

    A group has a cell for every stage, also for one that no case entered: it is in `told` and may be absent from `counts`.
    """

    counts: dict[Cell, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    reasons: Counter[tuple[str, ...]] = field(default_factory=Counter)
    told: dict[Cell, Told] = field(default_factory=dict)


def financial_year(day: date) -> str:
    """April to March, written 2024/25."""
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


def period_of(kind: str, day: date) -> tuple[date, date]:
    """First and last day of the financial year or quarter that a day is in."""
    first_year = day.year if day.month >= 4 else day.year - 1
    if kind == "financial_year":
        return date(first_year, 4, 1), date(first_year + 1, 3, 31)
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return first, (first + timedelta(days=93)).replace(day=1) - timedelta(days=1)


def quarter(day: date) -> str:
    """Quarter of the financial year, written 2024/25 Q1 (April to June)."""
    return f"{financial_year(day)} Q{(day.month - 4) % 12 // 3 + 1}"


def _from_investigation(case: Case, column: str, as_at: date) -> str:
    """The latest non-empty value told by the as-at date; an undated row is older than any dated one."""
    told = [
        (row["outcome_date"] or date.min, row[column].encode(), row[column])
        for row in case.investigation
        if row[column] is not None and (row["outcome_date"] is None or row["outcome_date"] <= as_at)
    ]
    return max(told)[2] if told else "unknown"


def _word_on_word(case: Case, as_at: date) -> str:
    said = {
        row["word_on_word"] for row in case.investigation if row["outcome_date"] is None or row["outcome_date"] <= as_at
    }
    return "Y" if "Y" in said else "N" if "N" in said else "unknown"


def _age_group(age: int | None) -> str:
    for lowest, highest, group in AGE_GROUPS:
        if age is not None and lowest <= age <= highest:
            return group
    return "unknown"


class _Groups:
    """The groups of a case; knows the whole of the incident rows in force, as repeat victims need them."""

    def __init__(self, held: Held, as_at: date, empty_means_not_business: bool) -> None:
        self.as_at = as_at
        # An empty field says "no business" only where the source does fill the field in.
        fills_in = empty_means_not_business and held.states_business_type
        self.empty_business = "not_business" if fills_in else "unknown"
        self.first_day: dict[str, date] = {}
        self.reports: dict[Any, list[tuple[date, str]]] = defaultdict(list)
        for row in held.rows["incident"]:
            force, day = row["force"], row["reported_date"]
            self.first_day[force] = min(day, self.first_day.get(force, day))
            if row["victim_id"] is not None and row["comparison"] != "Y":
                self.reports[row["victim_id"]].append((day, row["incident_id"]))

    def repeat_victim(self, row: Row) -> str:
        """repeat, first, or unknown where a year's look back is not possible."""
        day = row["reported_date"]
        if row["victim_id"] is None or day < self.first_day[row["force"]] + YEAR:
            return "unknown"
        for earlier, incident_id in self.reports[row["victim_id"]]:
            if incident_id != row["incident_id"] and timedelta(days=1) <= day - earlier <= YEAR:
                return "repeat"
        return "first"

    def of(self, case: Case) -> Iterator[tuple[str, str]]:
        """Every (breakdown, group) that counts the case."""
        row = case.incident
        if row["comparison"] == "Y":
            yield "hate_status", "comparison"
            return
        ethnicity = ETHNIC_GROUPS.get(row["victim_ethnicity"], "unknown")
        business = row["business_type"] or self.empty_business
        strands = [strand for strand in STRANDS if row[f"hate_{strand}"] == "Y"]
        yield "all", "all"
        for strand in strands:
            yield "strand", strand
            yield "strand*business_type", f"{strand}*{business}"
        yield "victim_ethnicity", ethnicity
        yield "business_type", business
        yield "victim_ethnicity*business_type", f"{ethnicity}*{business}"
        yield "area_command", f"{row['force']}/{row['area_command'] or 'unknown'}"
        for column in (
            "local_authority",
            "offence_code",
            "reporting_channel",
            "victim_type",
            "victim_sex",
            "religion_targeted",
        ):
            yield column, row[column] or "unknown"
        yield "investigating_unit", _from_investigation(case, "investigating_unit", self.as_at)
        yield "victim_support", _from_investigation(case, "victim_support", self.as_at)
        yield "word_on_word", _word_on_word(case, self.as_at)
        yield "repeat_victim", self.repeat_victim(row)
        yield "victim_age_group", _age_group(row["victim_age"])
        yield "hate_status", "hate"
        yield "financial_year", financial_year(row["reported_date"])
        yield "quarter", quarter(row["reported_date"])
        yield "force", row["force"]


def cases(held: Held, as_at: date) -> list[Case]:
    """Every case that exists at the as-at date, comparison rows included."""
    links = link(held.rows)
    return [position(row, links, as_at) for row in held.rows["incident"] if exists(row, as_at)]


def _count(placed: list[tuple[Case, list[tuple[str, ...]]]], coverage: Coverage) -> Funnel:
    """Counts each case in each of its groups, at every stage it has entered."""
    funnel = Funnel()
    crimes: dict[Cell, set[tuple[str, str]]] = defaultdict(set)
    members: dict[tuple[str, ...], list[tuple[str, date]]] = defaultdict(list)
    for case, groups in placed:
        furthest = STAGES.index(case.furthest)
        for group in groups:
            members[group].append((case.incident["force"], case.incident["reported_date"]))
            for number, stage in enumerate(STAGES[: furthest + 1]):
                cell = (*group, stage)
                counts = funnel.counts[cell]
                counts["entered"] += 1
                counts["progressed" if number < furthest else case.state] += 1
                if stage in case.implied:
                    counts["implied"] += 1
                if case.incident["incident_class"] == "crime":
                    crimes[cell].add((case.incident["force"], case.incident["crime_ref"]))
            if case.reason is not None:
                funnel.reasons[(*group, case.furthest, case.reason)] += 1
    for cell, distinct in crimes.items():
        funnel.counts[cell]["crimes"] = len(distinct)
    for group, cases_of_group in members.items():
        # A period table has the kind of period and the period in front; groups of two breakdowns are periods themselves.
        is_period = group[0] in ("financial_year", "quarter")
        period = period_of(group[0], cases_of_group[0][1]) if is_period else None
        told = coverage.cell(cases_of_group, period, is_all=group[-2] == "all")
        funnel.told |= {(*group, stage): seen for stage, seen in told.items()}
    return funnel


def funnel(held: Held, as_at: date, empty_means_not_business: bool = True) -> Funnel:
    """The funnel of all breakdowns: cells are (breakdown, group, stage)."""
    groups = _Groups(held, as_at, empty_means_not_business)
    return _count([(case, list(groups.of(case))) for case in cases(held, as_at)], Coverage(held, as_at))


def funnel_by_period(held: Held, as_at: date, empty_means_not_business: bool = True) -> Funnel:
    """The first five breakdowns by period: cells are (kind of period, period, breakdown, group, stage)."""
    groups = _Groups(held, as_at, empty_means_not_business)
    placed = []
    for case in cases(held, as_at):
        day = case.incident["reported_date"]
        periods = (("financial_year", financial_year(day)), ("quarter", quarter(day)))
        chosen: list[tuple[str, ...]] = [group for group in groups.of(case) if group[0] in PERIOD_BREAKDOWNS]
        placed.append((case, [(*period, *group) for period in periods for group in chosen]))
    return _count(placed, Coverage(held, as_at))


def rates(table: Funnel, cell: Cell) -> dict[str, Fraction | None]:
    """step_rate, step_rate_max and rate_of_recorded of a cell; None where the table leaves the rate empty."""
    counts = table.counts.get(cell, Counter())
    entered = counts["entered"]
    recorded = table.counts.get((*cell[:-1], "recorded"), Counter())["entered"]
    number = STAGES.index(cell[-1])

    def is_shown(stage: str) -> bool:
        """A stage that no source tells is empty, never 0; one that cases passed on their way has a count."""
        place = (*cell[:-1], stage)
        return table.told[place].is_told or place in table.counts

    steps = entered and cell[-1] != STAGES[-1] and is_shown(cell[-1]) and is_shown(STAGES[number + 1])
    has_share = number and recorded and is_shown(cell[-1])
    return {
        "step_rate": Fraction(counts["progressed"], entered) if steps else None,
        "step_rate_max": Fraction(counts["progressed"] + counts["open"], entered) if steps else None,
        "rate_of_recorded": Fraction(entered, recorded) if has_share else None,
    }


def flat_counts(table: Funnel) -> dict[str, int]:
    """The counts under keys such as `strand|race|charged|entered`; figures that are 0 are left out."""
    return {
        "|".join((*cell, measure)): counts[measure]
        for cell, counts in table.counts.items()
        for measure in MEASURES
        if counts[measure]
    }


def flat_reasons(table: Funnel) -> dict[str, int]:
    """The exits under keys such as `strand|race|charged|police_16`."""
    return {"|".join(cell): count for cell, count in table.reasons.items() if count}
