"""The pattern of hidden cells on small random tables, against bounds that another solver finds for each cell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from attrition.release.rounding import Rounding
from attrition.stats.disclosure import Status, Table, protect

BOARD, PUBLIC = Rounding(5), Rounding(5, 5, 50)


def two_way(counts: np.ndarray, rounding: Rounding, held: np.ndarray | None = None) -> Table:
    """A table of rows by columns with its margins and total; every count is a cell."""
    rows, columns = counts.shape
    cells = [np.arange(counts.size) == at for at in range(counts.size)]
    cells += [(np.arange(counts.size) // columns) == row for row in range(rows)]
    cells += [(np.arange(counts.size) % columns) == column for column in range(columns)]
    cells += [np.ones(counts.size, dtype=bool)]
    sums = csr_matrix(np.array(cells, dtype=float))
    values = (sums @ counts.ravel()).astype(np.int64)
    small = (values > 0) & (values < rounding.threshold)
    return Table(
        sums=sums,
        links=csr_matrix((0, counts.size)),
        values=values,
        lower=np.where(small, values, rounding.lower(values)).astype(float),
        upper=np.where(small, values, rounding.upper(values)).astype(float),
        floor=np.where(values > 0, 1.0, 0.0),
        status=np.where(small, Status.PRIMARY, Status.SHOWN).astype(np.int64),
        may_hide=np.ones(values.size, dtype=bool) if held is None else held,
        cost=1.0 + values,
        truth=counts.ravel().astype(float),
    )


def bounds(table: Table, status: np.ndarray, cell: int, *, rules: bool) -> tuple[float, float]:
    """Least and greatest value of a cell over all tables that agree with what is shown."""
    sums = table.sums.toarray()
    above = [sums[at] for at in range(len(status)) if status[at] == Status.SHOWN]
    most = [table.upper[at] for at in range(len(status)) if status[at] == Status.SHOWN]
    below = [-sums[at] for at in range(len(status)) if status[at] == Status.SHOWN or rules]
    least = [
        -(table.lower[at] if status[at] == Status.SHOWN else table.floor[at])
        for at in range(len(status))
        if status[at] == Status.SHOWN or rules
    ]
    found = []
    for sign in (1, -1):
        solved = linprog(sign * sums[cell], A_ub=np.array(above + below), b_ub=np.array(most + least), bounds=(0, None))
        found.append(sign * solved.fun if solved.status == 0 else np.inf)
    return found[0], found[1]


@pytest.mark.parametrize("rounding", [BOARD, PUBLIC], ids=["board", "public"])
@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([0, 1, 2, 3, 4, 5, 6, 9, 14, 30]), min_size=3, max_size=4), min_size=3, max_size=4
    )
)
def test_no_hidden_cell_can_be_worked_out(rounding: Rounding, lists: list[list[int]]) -> None:
    width = min(len(one) for one in lists)
    table = two_way(np.array([one[:width] for one in lists]), rounding)
    outcome = protect(table, rounding.threshold)
    for cell in np.flatnonzero(outcome.status != Status.SHOWN):
        if cell in outcome.beyond:
            continue
        least, most = bounds(table, outcome.status, cell, rules=False)
        if 0 < table.values[cell] < rounding.threshold:
            assert least <= 1 + 1e-6
            assert most >= rounding.threshold - 1e-6
            assert bounds(table, outcome.status, cell, rules=True)[1] >= rounding.threshold - 1e-6
        else:
            assert most - least >= 1 - 1e-6
    # What cannot be protected is what even an empty sheet would give away: too few cases in all.
    assert not outcome.beyond or 0 < table.values[-1] < 30
    assert (outcome.status[table.values == 0] == Status.SHOWN).all()


def test_nothing_is_hidden_where_nothing_is_small() -> None:
    table = two_way(np.array([[5, 6], [7, 0]]), BOARD)
    assert (protect(table, 5).status == Status.SHOWN).all()


def test_what_is_out_already_is_not_hidden() -> None:
    """With the margins out, only inner cells are hidden; where all but one is out, nothing can be done, and that is said."""
    counts = np.array([[2, 9, 8], [7, 9, 9], [6, 8, 9]])
    inner = np.arange(16) < 9
    outcome = protect(two_way(counts, BOARD, inner), 5)
    assert (outcome.status[~inner] == Status.SHOWN).all()
    assert (outcome.status == Status.COMPLEMENTARY).sum() >= 3
    assert not outcome.beyond
    only = np.arange(16) == 0
    assert protect(two_way(counts, BOARD, only), 5).beyond == [0]
