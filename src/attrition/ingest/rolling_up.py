"""Makes one contract row of several source rows where the mapping says so (`one_row_per`), in SQL, among the rows that are
in scope and not set apart. The row stands at the line of the first of them and takes each value from the row that wins it.
"""

from typing import TYPE_CHECKING

from attrition.contract import Contract
from attrition.ingest.conform import name, same, text
from attrition.ingest.lines import numbered
from attrition.ingest.mapping import Feed
from attrition.ingest.winning import Win

if TYPE_CHECKING:
    import duckdb


def _order(column: str, win: Win) -> str:
    """The order in which the rows' values of a column win, the winner first."""
    if win.kind == "last":
        return "row_no DESC"
    if win.kind == "earliest":
        return f"{name(str(win.by))} NULLS LAST, row_no"
    if win.kind == "latest":
        return f"{name(str(win.by))} DESC NULLS LAST, row_no DESC"
    if win.kind == "listed":
        listed = ", ".join(text(code) for code in win.order)
        return f"list_position([{listed}], lower({name(column)}::VARCHAR)) NULLS LAST, row_no"
    return "row_no"


def _winner(column: str, wins: dict[str, Win]) -> str:
    """The expression that picks a column's value from the rows of one group; an empty one wins only beside another's."""
    win = wins[column]
    if win.kind == "beside":
        leads = str(win.by)
        return f"first({name(column)} ORDER BY {name(leads)} IS NULL, {_order(leads, wins[leads])}) AS {name(column)}"
    return f"first({name(column)} ORDER BY {_order(column, win)}) FILTER (WHERE {name(column)} IS NOT NULL) AS {name(column)}"


def statements(contract: Contract, feed: Feed) -> tuple[str, ...]:
    """The statements that fold the rows of `conformed` that have no fate yet; none where the feed does not roll up.

    They make `folded` (row_no and into_no, one for each row that went into another), enter those rows into `fate` as duplicates
    and bring the values of the row that stays up to date. Rows that are alike to the last column are plain duplicates.
    """
    if not feed.one_row_per:
        return ()
    per = ", ".join(name(c) for c in feed.one_row_per)
    every = ", ".join(name(c) for c in contract.columns)
    picked = "".join(f", {_winner(column, feed.roll_up)}" for column in feed.roll_up)
    set_values = ", ".join(f"{name(column)} = rolled.{name(column)}" for column in feed.roll_up)
    return (
        f"CREATE OR REPLACE TEMP TABLE rolling AS WITH standing AS (SELECT row_no, {every} FROM conformed ANTI JOIN fate "
        f"USING (row_no)), several AS (SELECT {per} FROM standing GROUP BY ALL HAVING count(*) > 1) "
        f"SELECT standing.* FROM standing SEMI JOIN several ON {same(contract, 'standing', 'several', feed.one_row_per)}",
        f"CREATE OR REPLACE TEMP TABLE rolled AS SELECT {per}, min(row_no) AS row_no{picked} FROM rolling "
        f"GROUP BY {per} HAVING min(hash({every})) <> max(hash({every}))",
        "CREATE OR REPLACE TEMP TABLE folded AS SELECT rolling.row_no, rolled.row_no AS into_no, "
        f"row_number() OVER (PARTITION BY {', '.join(f'rolling.{name(c)}' for c in contract.columns)} "
        "ORDER BY rolling.row_no) > 1 AS is_copy "
        f"FROM rolling JOIN rolled ON {same(contract, 'rolling', 'rolled', feed.one_row_per)}",
        "DELETE FROM folded WHERE row_no = into_no",
        "INSERT INTO fate SELECT row_no, 'duplicate', CASE WHEN NOT is_copy THEN ['rolled_up'] END FROM folded",
        *(
            [
                # The first row's rowid is added before the join: within its condition the join would compare every pair.
                f"UPDATE temp.conformed_row SET {set_values} FROM (SELECT rolled.*, rolled.row_no + least.row_id AS row_id "
                "FROM rolled CROSS JOIN (SELECT min(rowid) AS row_id FROM temp.conformed_row) AS least) AS rolled "
                "WHERE conformed_row.rowid = rolled.row_id"
            ]
            if set_values
            else []
        ),
    )


def keep_folded(connection: "duckdb.DuckDBPyConnection", load_id: int) -> None:
    """Stores the lines of the rows that were folded, each with the line of the row that it went into."""
    into = numbered(connection, "SELECT into_no AS row_no, row_no AS folded_no FROM folded WHERE NOT is_copy")
    lines = numbered(connection, f"SELECT folded_no AS row_no, line AS into_line FROM ({into})")
    connection.execute(f"INSERT INTO folded_row SELECT {load_id}, line, into_line FROM ({lines})")
