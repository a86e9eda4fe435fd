"""The intervals that SQL knows are those of the estimators, also where there is nothing to tell."""

from collections.abc import Iterator

import duckdb
import pytest
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from attrition import models


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        models.prepare(opened)
        models.prepare(opened)  # twice does no harm
        yield opened


@pytest.mark.parametrize(("made", "of"), [(0, 10), (10, 10), (3, 17), (5981, 24158)])
def test_wilson(connection: duckdb.DuckDBPyConnection, made: int, of: int) -> None:
    found = connection.execute("SELECT wilson_lower(?, ?), wilson_upper(?, ?)", [made, of, made, of]).fetchone()
    assert found == pytest.approx(proportion_confint(made, of, method="wilson"), abs=1e-12)


def test_byar_is_its_closed_form(connection: duckdb.DuckDBPyConnection) -> None:
    z, count = norm.ppf(0.975), 40
    lower = count * (1 - 1 / (9 * count) - z / (3 * count**0.5)) ** 3
    upper = (count + 1) * (1 - 1 / (9 * (count + 1)) + z / (3 * (count + 1) ** 0.5)) ** 3
    assert connection.execute("SELECT byar_lower(40), byar_upper(40)").fetchone() == pytest.approx((lower, upper))


def test_what_cannot_be_told_is_empty(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        "SELECT wilson_lower(n, d), wilson_upper(n, d) FROM (VALUES (0, 0), (NULL, 5), (3, NULL), (6, 5), (2, 5)) AS t (n, d)"
    ).fetchall()
    assert found[:4] == [(None, None)] * 4
    assert None not in found[4]
    assert connection.execute("SELECT byar_lower(NULL::BIGINT)").fetchone() == (None,)
