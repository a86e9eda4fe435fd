"""What a delivery replaces: row versions are kept for ever, each with the load that brought it and the load that replaced
it. Deliveries count in the order of their places; one that comes late is put into the order by applying all of its extract
in turn.
"""

from typing import TYPE_CHECKING

from attrition.contract import load_contract
from attrition.errors import AttritionError
from attrition.ingest.conform import name, same
from attrition.ingest.day_told import natural_order
from attrition.ingest.lines import numbered
from attrition.ingest.mapping import Feed

if TYPE_CHECKING:
    import duckdb

    from attrition.contract import Contract

_NOT_YET = -1  # stands in replaced_by while deliveries are applied anew, for rows whose turn has not come


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(name(column) for column in columns)


def _numbers(loads: tuple[int, ...]) -> str:
    return ", ".join(str(load) for load in loads)


def _members(contract: "Contract", row: str) -> str:
    """The set that a row belongs to, as a hash: a quarantined row's key may hold a text that strayed there."""
    key = " || chr(31) || ".join(f"coalesce({row}.{name(c)}::VARCHAR, '')" for c in contract.replaced_by)
    return f"sha256({key})"


def withdraw(
    connection: "duckdb.DuckDBPyConnection",
    loads: tuple[int, ...],
    state: str,
    gate: str | None = None,
    *,
    published: bool = True,
) -> None:
    """Takes loads out of force; what they had replaced is in force again where nothing else replaces it. `state` and `gate`
    are what the ledger says of them from then on.

    What is undone is kept in `undone_replacement`, so that any earlier day can still be rebuilt; rows that can be part of no
    publication (`published` is false) go.
    """
    listed = _numbers(loads)
    connection.execute("BEGIN")
    found = connection.execute("SELECT max(load_id) FROM load").fetchone()
    # The load that follows is the first of the new ones: from then on the old rows are history.
    following = (found[0] if found else 0) + 1
    extracts = connection.execute(f"SELECT DISTINCT extract FROM load WHERE load_id IN ({listed})").fetchall()
    connection.execute(
        f"UPDATE load SET state = ?, gate = coalesce(?, gate) WHERE load_id IN ({listed})", [state, gate]
    )
    for (extract,) in extracts:
        connection.execute(
            f"UPDATE {extract}_version SET replaced_by = {following} WHERE replaced_by IS NULL AND load_id IN ({listed})"
        )
        if not published:
            for table, owner in (
                (f"{extract}_version", "load_id"),
                ("incomplete_set", "load_id"),
                ("repeated_row", "load_id"),
            ):
                connection.execute(f"DELETE FROM {table} WHERE {owner} IN ({listed})")
        _apply_anew(connection, load_contract(extract), (), following)
    connection.execute("COMMIT")


def insert(connection: "duckdb.DuckDBPyConnection", feed: Feed, load_id: int, accepted: int) -> None:
    """Puts the accepted rows of `conformed` into the warehouse as load `load_id`, and what `settle` needs to know of the
    others: sets of which a row was quarantined, and rows of an `append` that are held already (they stand where those that they
    repeat no longer do).

    Raises AttritionError if not every accepted row arrived there.
    """
    contract = load_contract(feed.extract)
    table = f"{contract.extract}_version"
    execute = connection.execute
    kept = "SELECT * FROM conformed ANTI JOIN fate USING (row_no)"
    if feed.delivery == "append":
        repeated = "SELECT * FROM conformed SEMI JOIN told_again USING (row_no)"
        execute(f"INSERT INTO repeated_row SELECT {load_id}, line FROM ({numbered(connection, repeated)})")
        kept += f" UNION ALL {repeated}"
    execute(
        f"INSERT INTO {table} SELECT {load_id}, line, {_listed(tuple(contract.columns))}, NULL FROM ({numbered(connection, kept)})"
    )
    stored = execute(
        f"SELECT count(*) FROM {table} ANTI JOIN repeated_row USING (load_id, line) WHERE load_id = {load_id}"
    ).fetchone()
    if stored is None or stored[0] != accepted:
        raise AttritionError(
            f"Of load {load_id} not every accepted row reached the warehouse; the delivery was rolled back. "
            "This is a fault of the program."
        )
    if feed.delivery == "append":
        return
    quarantined = (
        "SELECT c.* FROM conformed AS c JOIN fate AS f USING (row_no) WHERE f.fate = 'quarantined' "
        "AND f.reasons <> ['conflicting_duplicate']"
    )
    execute(
        f"INSERT INTO incomplete_set SELECT {load_id}, min(line), {_members(contract, 'c')} AS members "
        f"FROM ({numbered(connection, quarantined)}) AS c GROUP BY members"
    )


def settle(connection: "duckdb.DuckDBPyConnection", extract: str, loads: tuple[int, ...]) -> None:
    """Marks what the loads of one delivery replace, and what of them later deliveries replace that had come before."""
    contract = load_contract(extract)
    late = connection.execute(
        "SELECT 1 FROM load WHERE state = 'loaded' AND extract = ? AND place > (SELECT max(place) FROM load WHERE load_id = ?)",
        [extract, loads[0]],
    ).fetchone()
    # A part that comes in a later run is applied together with those that came before.
    together = connection.execute(
        "SELECT list(load_id) FROM load WHERE state = 'loaded' AND extract = ? AND place = (SELECT place FROM load WHERE load_id = ?)",
        [extract, loads[0]],
    ).fetchone()
    if late or (together and set(together[0]) > set(loads)):
        _apply_anew(connection, contract, loads, loads[0])
    else:
        _apply(connection, contract, loads)


def settle_all(connection: "duckdb.DuckDBPyConnection", extract: str) -> None:
    """Marks what every load of an extract replaces, as if they came now, one after the other, in their order."""
    loads = connection.execute(
        "SELECT load_id FROM load WHERE state = 'loaded' AND extract = ? ORDER BY load_id", [extract]
    ).fetchall()
    found = connection.execute("SELECT coalesce(max(load_id), 0) + 1 FROM load").fetchone()
    _apply_anew(connection, load_contract(extract), tuple(load for (load,) in loads), found[0] if found else 1)


def _apply(connection: "duckdb.DuckDBPyConnection", contract: "Contract", loads: tuple[int, ...]) -> None:
    """Applies the loads of one delivery to the rows in force, among which its own stand already."""
    table = f"{contract.extract}_version"
    execute = connection.execute
    new = _numbers(loads)
    kind = execute(f"SELECT min(delivery), min(source) FROM load WHERE load_id IN ({new})").fetchone()
    delivery, source = kind or ("update", "")
    standing = f"v.replaced_by IS NULL AND v.load_id NOT IN ({new})"
    if execute(f"SELECT 1 FROM {table} AS v WHERE {standing} LIMIT 1").fetchone():
        if delivery == "append":
            # A row that is held already stands as it came first; a record without a key would stand twice.
            execute(
                f"UPDATE {table} AS n SET replaced_by = n.load_id FROM (SELECT * FROM {table} AS v WHERE {standing}) AS v "
                f"WHERE n.load_id IN ({new}) AND n.replaced_by IS NULL AND {same(contract, 'v', 'n')}"
            )
        else:
            _protect(connection, contract, loads, standing)
        # An update replaces whole sets; a record that moved to another set (a CPS row's force, say) leaves the old one too.
        replaced = [contract.key] if delivery == "append" else [contract.replaced_by, contract.key]
        for by in dict.fromkeys(columns for columns in replaced if columns):
            execute(
                f"UPDATE {table} AS v SET replaced_by = n.load_id FROM (SELECT {_listed(by)}, min(load_id) AS load_id "
                f"FROM {table} WHERE load_id IN ({new}) AND replaced_by IS NULL GROUP BY {_listed(by)}) AS n "
                f"WHERE {standing} AND {same(contract, 'v', 'n', by)}"
            )
        if delivery == "snapshot":
            force = (
                f"AND EXISTS (SELECT 1 FROM load_force AS f WHERE f.load_id IN ({new}) AND f.force IS NOT DISTINCT FROM v.force)"
                if "force" in contract.columns
                else ""
            )
            execute(
                f"UPDATE {table} AS v SET replaced_by = {loads[0]} WHERE {standing} {force} AND v.load_id IN "
                f"(SELECT load_id FROM load WHERE source = $source) "
                f"AND NOT EXISTS (SELECT 1 FROM protected AS p WHERE p.members = {_members(contract, 'v')})",
                {"source": source},
            )
    if len(loads) > 1:
        _join_parts(connection, contract, loads)


def _join_parts(connection: "duckdb.DuckDBPyConnection", contract: "Contract", loads: tuple[int, ...]) -> None:
    """Within a delivery a record stands once, as the last part by name tells it; sets add up, except that a corrected file
    replaces the sets of the file whose name it bears."""
    table = f"{contract.extract}_version"
    files = connection.execute(f"SELECT load_id, lower(file) FROM load WHERE load_id IN ({_numbers(loads)})").fetchall()
    files.sort(key=lambda one: (natural_order(one[1]), one[0]))
    for at, (load_id, file) in enumerate(files):
        for earlier, other in files[:at]:
            ways = [contract.key or tuple(contract.columns)]
            ways += [contract.replaced_by] if other == file else []
            for by in ways:
                connection.execute(
                    f"UPDATE {table} AS v SET replaced_by = {load_id} FROM (SELECT DISTINCT {_listed(by)} FROM {table} "
                    f"WHERE load_id = {load_id} AND replaced_by IS NULL) AS n WHERE v.load_id = {earlier} "
                    f"AND v.replaced_by IS NULL AND {same(contract, 'v', 'n', by)}"
                )


def _apply_anew(
    connection: "duckdb.DuckDBPyConnection", contract: "Contract", new: tuple[int, ...], cause: int
) -> None:
    """Applies all deliveries of an extract in their order. `new`: the loads for which it is done; `cause`: the load from which
    on the outcome counts. What was replaced before stays so by the load that did it first.
    """
    table = f"{contract.extract}_version"
    execute = connection.execute
    groups = execute(
        "SELECT list(load_id ORDER BY load_id) FROM load WHERE state = 'loaded' AND extract = ? GROUP BY place ORDER BY place",
        [contract.extract],
    ).fetchall()
    every = _numbers(tuple(load for (group,) in groups for load in group)) or "NULL"
    execute(f"DELETE FROM finding WHERE rule = 'set_incomplete' AND load_id IN ({every})")
    execute(
        f"CREATE OR REPLACE TEMP TABLE replaced_before AS SELECT rowid AS row, load_id, line, replaced_by FROM {table} "
        f"WHERE load_id IN ({every})"
    )
    execute(f"UPDATE {table} SET replaced_by = {_NOT_YET} WHERE load_id IN ({every})")
    for (group,) in groups:
        listed = _numbers(tuple(group))
        execute(f"UPDATE {table} SET replaced_by = NULL WHERE load_id IN ({listed})")
        _apply(connection, contract, tuple(group))
    execute(
        f"INSERT INTO undone_replacement SELECT '{contract.extract}', b.load_id, b.line, b.replaced_by, {cause - 1} "
        f"FROM replaced_before AS b JOIN {table} AS v ON b.row = v.rowid WHERE b.replaced_by IS NOT NULL AND v.replaced_by IS NULL"
    )
    listed = _numbers(new) or str(_NOT_YET)
    execute(
        f"UPDATE {table} AS v SET replaced_by = coalesce(b.replaced_by, CASE WHEN v.replaced_by IN ({listed}) "
        f"THEN v.replaced_by ELSE {cause} END) FROM replaced_before AS b WHERE b.row = v.rowid AND v.replaced_by IS NOT NULL "
        f"AND v.load_id NOT IN ({listed})"
    )
    execute("DROP TABLE replaced_before")


def _protect(
    connection: "duckdb.DuckDBPyConnection", contract: "Contract", loads: tuple[int, ...], standing: str
) -> None:
    """Sets of which a new row was quarantined, while a set is held: the held one stays in force and the new rows count
    as accepted and superseded. Where a set is one record, the quarantined row itself is missing and nothing is undone.
    """
    table = f"{contract.extract}_version"
    execute = connection.execute
    incomplete = f"SELECT * FROM incomplete_set WHERE load_id IN ({_numbers(loads)})"
    held = f"SELECT 1 FROM {table} AS v WHERE {standing} AND {_members(contract, 'v')} = s.members"
    if not execute(f"{incomplete} LIMIT 1").fetchone():
        held = "SELECT 1 WHERE false"
    execute(
        f"CREATE OR REPLACE TEMP TABLE protected AS SELECT s.* FROM ({incomplete}) AS s WHERE EXISTS ({held}) "
        "QUALIFY row_number() OVER (PARTITION BY s.members ORDER BY s.load_id, s.line) = 1"
    )
    if contract.replaced_by == contract.key or not execute("SELECT 1 FROM protected LIMIT 1").fetchone():
        return
    # One finding for a set, at its first quarantined row: that is the line to mend.
    execute("INSERT INTO finding SELECT load_id, line, 'set_incomplete', NULL FROM protected")
    execute(
        f"UPDATE {table} AS v SET replaced_by = v.load_id FROM protected AS p WHERE v.load_id IN ({_numbers(loads)}) "
        f"AND p.members = {_members(contract, 'v')}"
    )
