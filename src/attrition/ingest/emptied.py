"""A column that vanishes or empties: what each column of a file fills, held against what its source filled before. Zeros
that only a lost column makes must not be published, so such a delivery is held.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from attrition.contract import Contract
from attrition.ingest.conform import name
from attrition.ingest.ledger import Staged
from attrition.ingest.mapping import Feed
from attrition.ingest.renamed import Renamed, find_renamed

if TYPE_CHECKING:
    import duckdb

_PART_LEFT = 5  # emptied: filled in less than one part in so many of the share before
_THINNED = 0.8  # thinned: filled in less than so much of the share before
_IMPROBABLE = 1e-4  # and no more likely than this if nothing had changed
_RARE = 0.05
"""A column that so few rows fill is not needed by every delivery (a cancellation, a flag set late): emptied, it is a
warning and never holds by itself."""
_FORCES_SHOWN = 3
_THIS = 2**31 - 1  # stands for the number of the load that is being staged


@dataclass(frozen=True)
class Emptied:
    """A column that the deliveries before filled in the share `before` of `rows_before`, and this one in `filled` of its `rows`,
    far fewer; of one force (empty: of rows without one, or of all rows)."""

    column: str
    force: str
    before: float
    filled: int
    rows: int
    rows_before: int

    @property
    def probability(self) -> float:
        """Of so few, if nothing had changed. That all of some rows filled a column makes the next no certainty: as if one more row
        had not."""
        at_most = self.rows_before / (self.rows_before + 1)
        return probability_of_so_few(self.filled, self.rows, min(self.before, at_most))

    @property
    def holds(self) -> bool:
        """Whether this holds the delivery: little is left of a column that was not filled rarely. Else it is a warning."""
        return self.before >= _RARE and self.is_emptied

    @property
    def is_emptied(self) -> bool:
        """Whether little is left; else the column has thinned."""
        return _PART_LEFT * self.filled < self.before * self.rows


def count_shares(connection: "duckdb.DuckDBPyConnection", contract: Contract, columns: Sequence[str]) -> None:
    """Fills `share`: by force, the accepted rows of `conformed` and those that fill each of the columns. What stands for an
    unlisted or unknown code, for a date that cannot be read or for an empty cell (victim_no 1) fills nothing.
    """
    places = {column: place for place, column in enumerate(contract.columns)}
    force = "force::VARCHAR" if "force" in contract.columns else "NULL::VARCHAR"
    counts = ", ".join(
        f"count(*) FILTER ({name(c)} IS NOT NULL"
        + (f" AND {name(c)}::VARCHAR <> 'unknown'" if contract.columns[c].code_list else "")
        + (f" AND faults & {1 << places[c]} = 0" if contract.columns[c].unreadable else "")
        + (f" AND {name(c)} <> '{contract.columns[c].empty}'" if contract.columns[c].empty else "")
        + f") AS {name(c)}"
        for c in columns
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE share AS SELECT of_force, column_name, of_rows, filled FROM (UNPIVOT "
        f"(SELECT {force} AS of_force, count(*) AS of_rows, {counts} FROM conformed ANTI JOIN fate USING (row_no) GROUP BY ALL) "
        f"ON {', '.join(name(c) for c in columns)} INTO NAME column_name VALUE filled)"
    )


# A file that lacks a column fills it in none of its rows. The force itself is held against all rows, since a row that lost
# it belongs to no force. An accepted delivery that emptied a column starts that column's history anew.
_AGAINST_BEFORE = f"""
WITH told AS (
    SELECT load.load_id, load.arrival, load.part, list_contains($made, load.load_id) AS is_now,
        load.sha256 IN (SELECT sha256 FROM release) AS is_accepted,
        coalesce(load_column.force, '') AS force, load_column.column_name, load_column.rows, load_column.filled
    FROM load_column INNER JOIN load ON load_column.load_id = load.load_id
    WHERE load.state = 'loaded' AND load.source = $source AND load.extract = $extract
        AND (load.day_told > $day) IS DISTINCT FROM TRUE
    UNION ALL
    SELECT {_THIS}, 0, '', true, false, coalesce(of_force, ''), column_name, of_rows, filled FROM share
),
cell AS (
    SELECT load_id, CASE WHEN column_name = 'force' THEN '' ELSE force END AS force, column_name,
        sum(rows) AS rows, sum(filled) AS filled
    FROM told WHERE list_contains($columns, column_name) GROUP BY ALL
),
lacking AS (
    SELECT size.load_id, size.force, named.column_name, size.rows, 0 AS filled
    FROM (SELECT load_id, force, max(rows) AS rows FROM told GROUP BY ALL) AS size
    CROSS JOIN (SELECT DISTINCT column_name FROM cell) AS named
    ANTI JOIN cell
        ON size.load_id = cell.load_id AND size.force = cell.force AND named.column_name = cell.column_name
),
delivered AS (
    SELECT delivery.is_now, delivery.arrival, delivery.part, counted.force, counted.column_name,
        max(delivery.load_id) AS last_load, bool_or(delivery.is_accepted) AS is_accepted,
        sum(counted.rows) AS rows, sum(counted.filled) AS filled
    FROM (FROM cell UNION ALL FROM lacking) AS counted
    INNER JOIN (
        SELECT DISTINCT load_id, is_now, is_accepted,
            CASE WHEN NOT is_now THEN arrival END AS arrival, CASE WHEN NOT is_now THEN part END AS part
        FROM told
    ) AS delivery ON counted.load_id = delivery.load_id
    GROUP BY ALL
),
earlier AS (
    SELECT *, sum(filled) OVER before / sum(rows) OVER before AS share_before
    FROM delivered WHERE NOT is_now
    WINDOW before AS (
        PARTITION BY force, column_name ORDER BY last_load ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
norm AS (
    SELECT earlier.force, earlier.column_name, sum(earlier.rows) AS rows, sum(earlier.filled) AS filled
    FROM earlier LEFT JOIN (
        SELECT force, column_name, max(last_load) AS since FROM earlier
        WHERE is_accepted AND {_PART_LEFT} * filled < share_before * rows GROUP BY ALL
    ) AS accepted ON earlier.force = accepted.force AND earlier.column_name = accepted.column_name
    WHERE earlier.last_load >= coalesce(accepted.since, 0)
    GROUP BY ALL
)
SELECT delivered.column_name, delivered.force, norm.filled / norm.rows, delivered.filled::BIGINT, delivered.rows::BIGINT,
    norm.rows::BIGINT
FROM delivered
INNER JOIN norm ON delivered.force = norm.force AND delivered.column_name = norm.column_name
WHERE delivered.is_now AND delivered.filled * norm.rows < {_THINNED} * norm.filled * delivered.rows
ORDER BY ALL
"""


def find_emptied(
    connection: "duckdb.DuckDBPyConnection", feed: Feed, made: Sequence[int], day: dt.date | None
) -> list[Emptied]:
    """The columns, by force, that the staged file (with the loads `made` of the same delivery) empties or thins. A column that
    the mapping no longer names has not emptied; what came first and tells a later day than the file's `day` is none before it."""
    found = connection.execute(
        _AGAINST_BEFORE,
        {
            "source": feed.source,
            "extract": feed.extract,
            "made": list(made),
            "columns": list(feed.columns),
            "day": day,
        },
    ).fetchall()
    emptied = [Emptied(*row) for row in found]
    return [one for one in emptied if one.probability < _IMPROBABLE]


def probability_of_so_few(filled: int, rows: int, share: float) -> float:
    """P(X <= filled) for X binomial of `rows` and `share`, where `filled` lies below rows * share."""
    if share >= 1:
        return 0.0 if filled < rows else 1.0
    if share <= 0:
        return 1.0
    term = math.exp(
        math.lgamma(rows + 1) - math.lgamma(filled + 1) - math.lgamma(rows - filled + 1)
        + filled * math.log(share) + (rows - filled) * math.log1p(-share)
    )  # fmt: skip
    total = 0.0
    # Below the mean each term is a fraction of the one above it: the sum ends soon, whatever the number of rows.
    for count in range(filled, -1, -1):
        total += term
        if term < total * 1e-17:
            break
        term *= count * (1 - share) / ((rows - count + 1) * share)
    return min(total, 1.0)


def _accepted_without(connection: "duckdb.DuckDBPyConnection", feed: Feed, column: str) -> bool:
    """Whether somebody released a delivery of this source and extract in which no row filled the column."""
    found = connection.execute(
        "SELECT 1 FROM load WHERE state = 'loaded' AND source = ? AND extract = ? AND sha256 IN (SELECT sha256 FROM release) "
        "AND load_id NOT IN (SELECT load_id FROM load_column WHERE column_name = ? AND filled > 0) LIMIT 1",
        [feed.source, feed.extract, column],
    ).fetchone()
    return found is not None


def judge(
    connection: "duckdb.DuckDBPyConnection",
    staged: Staged,
    feed: Feed,
    header: Sequence[str],
    feeds: Sequence[Feed],
    made: Sequence[int],
    day: dt.date | None,
) -> Staged:
    """The staged file (the last of a delivery whose other files are the loads `made`) with what the gate says of its columns;
    `feeds` are all that the file fills, `day` is the day that it tells.
    """
    emptied = find_emptied(connection, feed, made, day)
    renamed = [
        one
        for one in find_renamed(feed, staged.missing, header, feeds)
        if not _accepted_without(connection, feed, one.column)
    ]
    columns = tuple(dict.fromkeys(one.column for one in emptied))
    return replace(staged, gate=[*staged.gate, *_phrases(emptied, renamed)], emptied=columns)


def keep(connection: "duckdb.DuckDBPyConnection", load_id: int, columns: Sequence[str]) -> None:
    """Keeps a finding for each column that the load empties or thins."""
    connection.execute(
        "INSERT INTO finding SELECT ?, NULL, 'column_emptied', unnest(?::VARCHAR[])", [load_id, list(columns)]
    )


def _phrases(emptied: Sequence[Emptied], renamed: Sequence[Renamed]) -> list[str]:
    """What the gate says of emptied and renamed columns: one phrase for each rule with all its columns. Empty: it passes."""
    said = []
    if any(one.holds for one in emptied):
        columns: dict[str, list[Emptied]] = {}
        for one in [one for one in emptied if one.is_emptied]:
            columns.setdefault(one.column, []).append(one)
        said.append(
            f"rule column_emptied: {', '.join(_told(column, ones) for column, ones in columns.items())}. Put back into the export "
            "what is missing, correct the mapping if a column or its codes have changed, or accept that it is so from now on"
        )
    if renamed:
        said.append(
            f"rule column_renamed: {'; '.join(one.told for one in renamed)}. Rename the column back in the export, or write in "
            f"the mapping: {'; '.join(one.mend for one in renamed)}"
        )
    return said


def _told(column: str, ones: Sequence[Emptied]) -> str:
    shown = [
        f"{one.filled:,} of {one.rows:,} rows{f' of {one.force}' if one.force else ''} fill it, {one.before:.1%} did before"
        for one in sorted(ones, key=lambda one: -one.rows)[:_FORCES_SHOWN]
    ]
    more = len(ones) - len(shown)
    return f"{column} ({'; '.join(shown)}{f'; and {more} more forces' if more else ''})"
