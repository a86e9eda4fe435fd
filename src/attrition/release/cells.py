"""The cells of one financial year that a tier shows, as an attacker sees them: each as a sum of finest counts that nobody outside knows.

Finest counts, which are exact for what is published (counts that no table tells apart are one):
  quarter x strand combination x business type x (stage, state), with which the tables by quarter, strand and business type are made;
  strand combination x business type x (stage, state, reason group) of the year, for the reasons;
  victim ethnicity x (stage, state) of the year.
The last two are linked to the first: summed over reasons, and over the rest, they agree. Given any numbers that agree so, there are cases
that have them all; so nothing is lost by not asking for the full cross table.

A period that is counted again at a later day has new finest counts. What was said of it before stands beside (`table_of`).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from attrition import reference
from attrition.release.rounding import Rounding
from attrition.stats.disclosure import Status, Table

if TYPE_CHECKING:
    from attrition.release.register import Told

Row = Mapping[str, Any]
YEAR, QUARTER = "financial_year", "quarter"
STATES = ("open", "resolved", "lost", "completed")
ENTERED = "entered"
ANYWHERE = 0  # the stage of a reason that is counted at any stage
# Where fewer cases entered, all states and reasons are hidden.
ROW_LIMIT = 10
STRANDS = ("race", "religion", "sexual_orientation", "disability", "transgender")


@dataclass(frozen=True)
class Cell:
    """One published count.

    as_at: the day as at which its period was counted
    column: entered or a state; for reasons the exit (resolved, lost), with the reason group
    """

    as_at: dt.date
    period_kind: str
    period: str
    table: str
    breakdown: str
    group: str
    stage_order: int
    column: str
    reason_group: str = ""


@dataclass(frozen=True)
class Counted:
    """A quarter as it was counted at a day: rows of quarter, strands, business_type, victim_ethnicity, stage_order, state,
    reason_group, cases.
    """

    as_at: dt.date
    quarter: str
    rows: tuple[Row, ...]


def year_of(quarter: str) -> str:
    """2024/25 of 2024/25 Q1."""
    return quarter[:7]


@cache
def layout(tier: str) -> tuple[Row, ...]:
    """What a tier shows: rows of release_table.csv."""
    return tuple(row for row in reference.rows("release_table") if tier in row["tiers"].split())


class Year:
    """One financial year, or some of its quarters, as a tier shows them."""

    def __init__(self, tier: str, counted: Iterable[Counted]) -> None:
        self._tier = tier
        self._counted = sorted(counted, key=lambda one: (one.as_at, one.quarter))
        rows = [row for one in self._counted for row in one.rows]
        self._quarters = sorted({one.quarter for one in self._counted})
        self._combinations = _combinations(rows)
        self._businesses = sorted({row["business_type"] for row in rows})
        self._ethnicities = sorted({row["victim_ethnicity"] for row in rows})
        self._leaves = _leaves()
        self._reasons = sorted(
            {(row["stage_order"], row["state"], row["reason_group"]) for row in rows if row["reason_group"]}
        )
        self._truth: list[float] = []
        self._places: dict[str, dict[Any, NDArray[np.int64]]] = {"quarter": {}, "reason": {}, "ethnicity": {}}
        self._number()

    def _number(self) -> None:
        """Gives every finest count its column."""
        for one in self._counted:
            self._places["quarter"][one.as_at, one.quarter] = self._columns(self._by_leaf(one.rows))
        for as_at in self.whole_years():
            rows = [row for one in self._counted if one.as_at == as_at for row in one.rows]
            self._places["reason"][as_at] = self._columns(self._by_reason(rows))
            self._places["ethnicity"][as_at] = self._columns(self._by_ethnicity(rows))

    def whole_years(self) -> list[dt.date]:
        """The days at which all four quarters were counted, so that the year is shown too."""
        days: dict[dt.date, int] = {}
        for one in self._counted:
            days[one.as_at] = days.get(one.as_at, 0) + 1
        return sorted(day for day, quarters in days.items() if quarters == 4)

    def _columns(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        columns = np.arange(len(self._truth), len(self._truth) + counts.size).reshape(counts.shape)
        self._truth += counts.ravel().tolist()
        return columns

    def _by_leaf(self, rows: Iterable[Row]) -> NDArray[np.int64]:
        counts = np.zeros((len(self._combinations), len(self._businesses), len(self._leaves)), dtype=np.int64)
        for row in rows:
            counts[
                self._combinations.index(row["strands"]),
                self._businesses.index(row["business_type"]),
                self._leaves.index((row["stage_order"], row["state"])),
            ] += row["cases"]
        return counts

    def _by_reason(self, rows: Iterable[Row]) -> NDArray[np.int64]:
        counts = np.zeros((len(self._combinations), len(self._businesses), len(self._reasons)), dtype=np.int64)
        for row in rows:
            if row["reason_group"]:
                counts[
                    self._combinations.index(row["strands"]),
                    self._businesses.index(row["business_type"]),
                    self._reasons.index((row["stage_order"], row["state"], row["reason_group"])),
                ] += row["cases"]
        return counts

    def _by_ethnicity(self, rows: Iterable[Row]) -> NDArray[np.int64]:
        counts = np.zeros((len(self._ethnicities), len(self._leaves)), dtype=np.int64)
        for row in rows:
            counts[
                self._ethnicities.index(row["victim_ethnicity"]), self._leaves.index((row["stage_order"], row["state"]))
            ] += row["cases"]
        return counts

    def cells(self) -> list[tuple[Cell, NDArray[np.int64], float]]:
        """Every cell: what it is, the columns that it sums, its worth."""
        found: list[tuple[Cell, NDArray[np.int64], float]] = []
        whole = self.whole_years()
        for row in layout(self._tier):
            kind, worth = row["period_kind"], float(row["worth"])
            if kind == QUARTER:
                periods = [(one.as_at, one.quarter, [(one.as_at, one.quarter)]) for one in self._counted]
            else:
                periods = [
                    (day, year_of(self._quarters[0]), [(day, quarter) for quarter in self._quarters]) for day in whole
                ]
            for as_at, period, parts in periods:
                for group, chosen in self._groups(row["breakdown"]):
                    if row["table"] == "reasons":
                        for cell, columns in self._reasons_of(row, as_at, group, chosen):
                            found.append((cell, columns, worth))
                        continue
                    elif row["breakdown"] == "victim_ethnicity":
                        columns = self._places["ethnicity"][as_at][chosen]
                        wanted = self._funnel_cells(row["detail"])
                    else:
                        columns = np.concatenate([self._places["quarter"][part][chosen] for part in parts])
                        wanted = self._funnel_cells(row["detail"])
                    for (stage, column, reason_group), mask in wanted:
                        cell = Cell(
                            as_at, kind, period, row["table"], row["breakdown"], group, stage, column, reason_group
                        )
                        found.append((cell, np.ravel(columns[..., mask]), worth))
        return found

    def _groups(self, breakdown: str) -> list[tuple[str, Any]]:
        """The groups of a breakdown, with what picks them out of the finest counts."""
        every_business = np.ones(len(self._businesses), dtype=bool)
        every_combination = np.ones(len(self._combinations), dtype=bool)
        by_strand = {
            strand: np.array([strand in strands.split() for strands in self._combinations]) for strand in STRANDS
        }
        by_business = {
            business: np.array([business == one for one in self._businesses]) for business in self._businesses
        }
        match breakdown:
            case "all":
                return [("all", np.ix_(every_combination, every_business))]
            case "strand":
                return [(strand, np.ix_(mask, every_business)) for strand, mask in by_strand.items()]
            case "business_type":
                return [(business, np.ix_(every_combination, mask)) for business, mask in by_business.items()]
            case "strand*business_type":
                return [
                    (f"{strand}*{business}", np.ix_(by_strand[strand], by_business[business]))
                    for strand in STRANDS
                    for business in self._businesses
                ]
            case "victim_ethnicity":
                return [(one, np.array([at])) for at, one in enumerate(self._ethnicities)]
        raise ValueError(f"release_table.csv: no finest counts tell the groups of {breakdown}")

    def _funnel_cells(self, detail: str) -> list[tuple[tuple[int, str, str], NDArray[np.bool_]]]:
        """The counts of one group and period: the stages that cases entered, and the states in which they stand there."""
        orders = [order for order, _ in self._leaves]
        cells = [
            ((stage, ENTERED, ""), np.array([order >= stage for order in orders])) for stage in sorted(set(orders))
        ]
        if detail == "states":
            # Who entered the last stage completed: one count, told once.
            cells += [
                ((order, state, ""), np.array([leaf == (order, state) for leaf in self._leaves]))
                for order, state in self._leaves[:-1]
            ]
        return cells

    def _reasons_of(
        self, row: Row, as_at: dt.date, group: str, chosen: Any
    ) -> Iterable[tuple[Cell, NDArray[np.int64]]]:
        """The reasons of one group in the year, at each stage or at any. Where a stage and state has one reason only, the state's
        own finest counts stand for it: they are the same cases.
        """
        columns_of: dict[tuple[int, str, str], list[NDArray[np.int64]]] = {}
        for number, (stage, state, reason_group) in enumerate(self._reasons):
            if self._is_only(stage, state):
                leaf = self._leaves.index((stage, state))
                columns = [self._places["quarter"][as_at, quarter][chosen][..., leaf] for quarter in self._quarters]
            else:
                columns = [self._places["reason"][as_at][chosen][..., number]]
            key = (stage if row["detail"] == "by_stage" else ANYWHERE, state, reason_group)
            columns_of.setdefault(key, []).extend(np.ravel(some) for some in columns)
        period = year_of(self._quarters[0])
        for (stage, state, reason_group), columns in sorted(columns_of.items()):
            cell = Cell(as_at, YEAR, period, "reasons", row["breakdown"], group, stage, state, reason_group)
            yield cell, np.concatenate(columns)

    def _is_only(self, stage: int, state: str) -> bool:
        return sum((at, how) == (stage, state) for at, how, _ in self._reasons) == 1

    def links(self) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Pairs of sums that are equal for everybody to know: counts by reason and by ethnicity against those by quarter."""
        pairs = []
        for as_at in self.whole_years():
            quarters = np.stack([self._places["quarter"][as_at, quarter] for quarter in self._quarters])
            reasons = self._places["reason"][as_at]
            ethnicities = self._places["ethnicity"][as_at]
            for at, (order, state) in enumerate(self._leaves):
                pairs.append((ethnicities[:, at], np.ravel(quarters[..., at])))
                of_leaf = [number for number, (of, how, _) in enumerate(self._reasons) if (of, how) == (order, state)]
                if state not in ("resolved", "lost") or self._is_only(order, state):
                    continue
                for combination in range(len(self._combinations)):
                    for business in range(len(self._businesses)):
                        pairs.append((reasons[combination, business, of_leaf], quarters[:, combination, business, at]))
        return pairs

    def rare(self) -> list[NDArray[np.int64]]:
        """Finest counts of several strands (or none) with a business type with which they never occur: granted to be known as 0."""
        together: dict[tuple[int, int], int] = {}
        for one in self._counted:
            for row in one.rows:
                pair = (
                    self._combinations.index(row["strands"]),
                    self._businesses.index(row["business_type"]),
                )
                together[pair] = together.get(pair, 0) + row["cases"]
        found = []
        for combination, strands in enumerate(self._combinations):
            for business in range(len(self._businesses)):
                if len(strands.split()) != 1 and (combination, business) not in together:
                    for places in (self._places["quarter"], self._places["reason"]):
                        found += [columns[combination, business] for columns in places.values()]
        return found

    @property
    def truth(self) -> NDArray[np.float64]:
        """The finest counts."""
        return np.array(self._truth, dtype=np.float64)


@cache
def _leaves() -> list[tuple[int, str]]:
    """Every stage and state in which a case can stand."""
    orders = [int(row["stage_order"]) for row in reference.rows("stage")]
    return [(order, state) for order in orders[:-1] for state in STATES[:-1]] + [(orders[-1], STATES[-1])]


def _combinations(rows: Iterable[Row]) -> list[str]:
    """Strand combinations that may occur: none, one, two, and any larger one that does."""
    known = [" ".join(some) for size in (0, 1, 2) for some in combinations(STRANDS, size)]
    return known + sorted({row["strands"] for row in rows} - set(known))


def table_of(
    year: Year,
    rounding: Rounding,
    before: "Mapping[Cell, Told] | None" = None,
) -> "Board":
    """The year as the attacker's table.

    rounding: what a shown count says
    before: what became of the cells when their periods were last counted: where the count is still the same, what was hidden stays
        hidden, and what was shown cannot be hidden any more
    """
    from scipy.sparse import csr_matrix

    cells = year.cells()
    truth = year.truth
    values = np.array([truth[columns].sum() for _, columns, _ in cells]).astype(np.int64)
    keys = [cell for cell, _, _ in cells]
    entered = {
        (key.as_at, key.period, key.breakdown, key.group, key.stage_order): value
        for key, value in zip(keys, values, strict=True)
        if key.column == ENTERED
    }
    in_small_row = np.array(
        [
            key.column != ENTERED
            and entered[key.as_at, key.period, key.breakdown, key.group, max(key.stage_order, 1)] < ROW_LIMIT
            and entered[key.as_at, key.period, key.breakdown, key.group, max(key.stage_order, 1)] > 0
            for key in keys
        ]
    )
    small = (values > 0) & (values < rounding.threshold)
    status = np.where(small, Status.PRIMARY, np.where(in_small_row, Status.ROW, Status.SHOWN)).astype(np.int64)
    told = [(before or {}).get(key) for key in keys]
    same = np.array([one is not None and one.value == now for one, now in zip(told, values, strict=True)])
    was_hidden = np.array([one is not None and one.status != Status.SHOWN for one in told])
    status[same & was_hidden & (values > 0) & (status == Status.SHOWN)] = Status.COMPLEMENTARY
    may_hide = ~(same & ~was_hidden)
    # A finest count within a shown 0 is 0: it needs no unknown.
    gone = np.zeros(truth.size, dtype=bool)
    for (_, columns, _), value, state in zip(cells, values, status, strict=True):
        if value == 0 and state == Status.SHOWN:
            gone[columns] = True
    for columns in year.rare():
        gone[columns] = True
    place = np.cumsum(~gone) - 1
    sums = [place[columns[~gone[columns]]] for _, columns, _ in cells]
    number_of, numbers = _one_number(sums, status, may_hide)

    def matrix(rows: list[list[tuple[NDArray[np.int64], float]]]) -> csr_matrix:
        """Rows of finest counts, each with its sign."""
        ends = np.cumsum([0, *(sum(columns.size for columns, _ in terms) for terms in rows)])
        indices = np.concatenate([columns for terms in rows for columns, _ in terms] or [np.zeros(0, dtype=np.int64)])
        data = np.concatenate(
            [np.full(columns.size, sign) for terms in rows for columns, sign in terms] or [np.zeros(0)]
        )
        return csr_matrix((data, indices, ends), shape=(len(rows), int((~gone).sum())))

    first = np.array([one.members[0] for one in numbers])
    linked = [
        [(place[some[~gone[some]]], sign) for some, sign in ((one, 1.0), (other, -1.0))] for one, other in year.links()
    ]
    floor = _floor(numbers, keys, values, in_small_row)
    worth = np.array([max(cells[member][2] for member in one.members) for one in numbers])
    return Board(
        keys,
        number_of,
        values,
        Table(
            sums=matrix([[(sums[at], 1.0)] for at in first]),
            links=matrix([terms for terms in linked if any(columns.size for columns, _ in terms)]),
            values=values[first],
            # What the rules tell of a hidden count they tell of a rounded one, too.
            lower=np.where(small[first], values[first], np.maximum(rounding.lower(values[first]), floor)),
            upper=np.where(small[first], values[first], rounding.upper(values[first])),
            floor=floor,
            status=np.array([one.status for one in numbers]),
            may_hide=np.array([one.may_hide for one in numbers]),
            cost=worth
            * np.where([keys[at].column == ENTERED for at in first], 5.0, 1.0)
            * (1 + np.log1p(values[first])),
            truth=truth[~gone],
        ),
    )


def _floor(
    numbers: "list[_Number]", keys: list[Cell], values: NDArray[np.int64], in_small_row: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """What the rules alone tell of each number if it is hidden: a 0 would have been shown, but for the rows that few cases entered; and
    where a state of a row is shown, 10 or more entered it.
    """
    with_states = {(key.period_kind, key.breakdown) for key in keys if key.table == "funnel" and key.column != ENTERED}

    def least(at: int) -> float:
        if in_small_row[at] or values[at] == 0:
            return 0.0
        told = keys[at].column == ENTERED and (keys[at].period_kind, keys[at].breakdown) in with_states
        return float(ROW_LIMIT) if told and values[at] >= ROW_LIMIT else 1.0

    return np.array([max(least(member) for member in one.members) for one in numbers])


@dataclass
class _Number:
    """Cells that sum the same finest counts: one number under several names, hidden or shown together."""

    members: list[int]
    status: int
    may_hide: bool


@dataclass(frozen=True)
class Board:
    """The cells of a year with the attacker's table of their numbers: `number_of` says which number each cell tells."""

    cells: list[Cell]
    number_of: NDArray[np.int64]
    values: NDArray[np.int64]
    table: Table


def _one_number(
    sums: list[NDArray[np.int64]], status: NDArray[np.int64], may_hide: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], list[_Number]]:
    """Brings cells of the same finest counts together. One that is out already and shown is shown; else one hidden hides all."""
    at: dict[bytes, int] = {}
    numbers: list[_Number] = []
    number_of = np.zeros(len(sums), dtype=np.int64)
    for cell, columns in enumerate(sums):
        # A cell of nothing unknown stays by itself: a hidden 0 and a shown 0 are told differently.
        key = np.sort(columns).tobytes() or str(cell).encode()
        if key not in at:
            at[key] = len(numbers)
            numbers.append(_Number([], Status.SHOWN, True))
        number_of[cell] = at[key]
        numbers[at[key]].members.append(cell)
    for one in numbers:
        states = [int(status[member]) for member in one.members]
        out = [member for member in one.members if not may_hide[member]]
        one.may_hide = not out
        if not any(status[member] == Status.SHOWN for member in out):
            # Primary before row before complementary: the reason that stands by itself.
            one.status = min((state for state in states if state != Status.SHOWN), default=Status.SHOWN)
    return number_of, numbers
