"""What an arriving row replaces: row versions are kept for ever, each with the load that brought it and the load that
replaced it. A row of an earlier arrival never takes the place of a later one's.
"""

from typing import TYPE_CHECKING

from attrition.contract import load_contract
from attrition.errors import AttritionError
from attrition.ingest.conform import name, same, text
from attrition.ingest.lines import numbered
from attrition.ingest.mapping import Feed

if TYPE_CHECKING:
    import duckdb

    from attrition.contract import Contract


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(name(column) for column in columns)


def withdraw(connection: "duckdb.DuckDBPyConnection", loads: tuple[int, ...]) -> None:
    """Takes loads out of force because they are about to be made anew; what they had replaced is in force again.

    What is undone is kept in `undone_replacement`, so that any earlier day can still be rebuilt.
    """
    listed = ", ".join(str(load) for load in loads)
    connection.execute("BEGIN")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS undone_replacement (extract VARCHAR, load_id INTEGER, line BIGINT, "
        "replaced_by INTEGER, undone_after INTEGER)"
    )
    found = connection.execute("SELECT max(load_id) FROM load").fetchone()
    last = found[0] if found else 0
    for (extract,) in connection.execute(f"SELECT DISTINCT extract FROM load WHERE load_id IN ({listed})").fetchall():
        table = f"{extract}_version"
        undone = f"replaced_by IN ({listed}) AND load_id NOT IN ({listed})"
        connection.execute(
            f"INSERT INTO undone_replacement SELECT '{extract}', load_id, line, replaced_by, {last} FROM {table} WHERE {undone}"
        )
        connection.execute(f"UPDATE {table} SET replaced_by = NULL WHERE {undone}")
        # The load that follows is the first of the new ones: from then on the old rows are history.
        connection.execute(
            f"UPDATE {table} SET replaced_by = {last + 1} WHERE replaced_by IS NULL AND load_id IN ({listed})"
        )
    connection.execute(f"UPDATE load SET state = 'reloaded' WHERE load_id IN ({listed})")
    connection.execute("COMMIT")


def insert(
    connection: "duckdb.DuckDBPyConnection", feed: Feed, delivery: str, arrival: int, load_id: int, accepted: int
) -> None:
    """Puts the accepted rows of `conformed` into the warehouse as load `load_id` and marks what they replace.

    Raises AttritionError if not every accepted row arrived there.
    """
    contract = load_contract(feed.extract)
    table = f"{contract.extract}_version"
    execute = connection.execute
    earlier = execute(f"SELECT 1 FROM {table} WHERE replaced_by IS NULL LIMIT 1").fetchone() is not None
    execute(
        f"INSERT INTO {table} SELECT {load_id}, line, {_listed(tuple(contract.columns))}, NULL FROM "
        f"({numbered(connection, 'SELECT * FROM conformed ANTI JOIN fate USING (row_no)')})"
    )
    stored = execute(f"SELECT count(*) FROM {table} WHERE load_id = {load_id}").fetchone()
    if stored is None or stored[0] != accepted:
        raise AttritionError(
            f"Of load {load_id} not every accepted row reached the warehouse; the delivery was rolled back. "
            "This is a fault of the program."
        )
    if not earlier:
        return
    if feed.delivery != "append":
        _protect(connection, contract, load_id)
    older = (
        f"v.replaced_by IS NULL AND v.load_id <> {load_id} AND v.load_id IN (SELECT load_id FROM load WHERE "
        f"state = 'loaded' AND arrival <= {arrival})"
    )
    # An update replaces whole sets; a record that moved to another set (a CPS row's force, say) leaves the old one too.
    replaced = [contract.key] if feed.delivery == "append" else [contract.replaced_by, contract.key]
    for by in dict.fromkeys(columns for columns in replaced if columns):
        execute(
            f"UPDATE {table} AS v SET replaced_by = {load_id} FROM (SELECT DISTINCT {_listed(by)} FROM {table} "
            f"WHERE load_id = {load_id} AND replaced_by IS NULL) AS n WHERE {older} AND {same(contract, 'v', 'n', by)}"
        )
        # A file loaded anew, or released late, keeps its place: rows of later arrivals stay in force.
        execute(
            f"UPDATE {table} AS v SET replaced_by = n.load_id FROM (SELECT {_listed(by)}, min(load_id) AS load_id "
            f"FROM {table} WHERE replaced_by IS NULL AND load_id IN (SELECT load_id FROM load WHERE state = 'loaded' "
            f"AND arrival > {arrival}) GROUP BY ALL) AS n WHERE v.load_id = {load_id} AND v.replaced_by IS NULL "
            f"AND {same(contract, 'v', 'n', by)}"
        )
    if feed.delivery == "snapshot":
        force = (
            f"AND EXISTS (SELECT 1 FROM load_force AS f WHERE f.load_id = {load_id} AND f.force IS NOT DISTINCT FROM v.force)"
            if "force" in contract.columns
            else ""
        )
        execute(
            f"UPDATE {table} AS v SET replaced_by = {load_id} WHERE {older} {force} AND v.load_id IN (SELECT load_id "
            f"FROM load WHERE source = {text(feed.source)} AND NOT (part = {text(delivery)} AND arrival = {arrival})) "
            f"AND NOT EXISTS (SELECT 1 FROM protected AS p WHERE {same(contract, 'v', 'p', contract.replaced_by)})"
        )


def _protect(connection: "duckdb.DuckDBPyConnection", contract: "Contract", load_id: int) -> None:
    """Sets of which a new row was quarantined, while a set is held: the held one stays in force and the new rows count
    as accepted and superseded. Where a set is one record, the quarantined row itself is missing and nothing is undone.
    """
    table = f"{contract.extract}_version"
    by = contract.replaced_by
    execute = connection.execute
    quarantined = (
        "SELECT c.* FROM conformed AS c JOIN fate AS f USING (row_no) WHERE f.fate = 'quarantined' "
        "AND f.reasons <> ['conflicting_duplicate']"
    )
    execute(
        f"CREATE OR REPLACE TEMP TABLE protected AS SELECT {_listed(by)}, min(line) AS line "
        f"FROM ({numbered(connection, quarantined)}) AS c WHERE EXISTS (SELECT 1 FROM {table} AS v "
        f"WHERE v.replaced_by IS NULL AND v.load_id <> {load_id} AND {same(contract, 'c', 'v', by)}) GROUP BY ALL"
    )
    if by == contract.key:
        return
    # One finding for a set, at its first quarantined row: that is the line to mend.
    execute(f"INSERT INTO finding SELECT {load_id}, line, 'set_incomplete', NULL FROM protected")
    execute(
        f"UPDATE {table} AS v SET replaced_by = {load_id} FROM protected AS p WHERE v.load_id = {load_id} "
        f"AND {same(contract, 'v', 'p', by)}"
    )
