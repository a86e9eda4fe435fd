"""Turns the raw text table into typed contract columns by one generated SELECT, and gives every row its fate.

Out of scope, quarantined, duplicate, conflicting duplicate, accepted: tried in this order, each among the rows that
still stand. Makes the temporary tables `conformed` (typed rows) and `fate` (rows that are not accepted).
"""

from typing import TYPE_CHECKING

from attrition import reference
from attrition.contract import Column, Contract
from attrition.ingest import pseudonym
from attrition.ingest.mapping import ColumnRule, Feed

if TYPE_CHECKING:
    import duckdb

_ISO = "%Y-%m-%d"
_WHITE = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"


def text(value: str) -> str:
    """A text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def name(column: str) -> str:
    """A column's name as an identifier of SQL."""
    return '"' + column.replace('"', '""') + '"'


def arm(connection: "duckdb.DuckDBPyConnection") -> None:
    """Gives the connection the macro that the generated statements read dates with."""
    # The shape is told first: a cast would also take dates that are not written as YYYY-MM-DD.
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO iso_date(cell) AS CASE WHEN cell >= '0' THEN "
        "CASE WHEN cell LIKE '____-__-__' THEN try_cast(cell AS DATE) "
        "WHEN cell LIKE '____-__-__ %' OR cell LIKE '____-__-__T%' THEN try_cast(left(cell, 10) AS DATE) END END"
    )


def arm_trimming(connection: "duckdb.DuckDBPyConnection", *, line_ends: bool) -> None:
    """Gives the connection `trimmed(cell)`. Nearly every cell is clean, and telling so is cheaper than trimming it; only
    where cells may hold line ends is it worth asking for one at their end.
    """
    white = (" ", "\t", "\xa0", *(("\n", "\r") if line_ends else ()))
    ends = " OR ".join(f"suffix(cell, chr({ord(sign)}))" for sign in white)
    connection.execute(
        f"CREATE OR REPLACE TEMP MACRO trimmed(cell) AS CASE WHEN cell BETWEEN '!' AND '~~~~' AND NOT ({ends}) THEN cell "
        f"ELSE nullif(trim(cell, {_WHITE}), '') END"
    )


def _date(cell: str, formats: tuple[str, ...], iso_too: bool) -> str:
    if not formats or formats == (_ISO,):
        return f"iso_date({cell})"
    listed = "[" + ", ".join(text(f) for f in formats) + "]"
    # A time after the date is dropped, whatever stands between the two.
    day = f"regexp_extract({cell}, '^[^ T]+')"
    tries = [f"try_strptime({cell}, {listed})::DATE", f"try_strptime({day}, {listed})::DATE"]
    return f"coalesce({', '.join([*tries, *([f'iso_date({cell})'] if iso_too else [])])})"


def _typed(column: Column, cell: str, rule: ColumnRule, iso_too: bool) -> str:
    """The expression that reads a text cell as the column's type; NULL where it cannot be read."""
    if column.type == "date":
        return _date(cell, rule.date_formats, iso_too)
    if column.type == "integer":
        whole = f"try_cast(CASE WHEN regexp_full_match({cell}, '[0-9]{{1,4}}') THEN {cell} END AS SMALLINT)"
        return f"CASE WHEN {whole} BETWEEN {column.minimum} AND {column.maximum} THEN {whole} END"
    if column.code_list:
        upper = column.type == "yes_no" or reference.in_upper_case(column.code_list)
        listed = f"try_cast({'upper' if upper else 'lower'}({cell}) AS {column.sql_type})"
        if column.unlisted:
            listed = (
                f"coalesce({listed}, CASE WHEN {cell} IS NOT NULL THEN {text(column.unlisted)}::{column.sql_type} END)"
            )
        return listed
    if column.type == "code":
        return f"upper({cell})" if column.upper else f"lower({cell})"
    plain = f"nullif(regexp_replace(upper({cell}), '[^A-Z0-9]', '', 'g'), '')" if column.normalise else cell
    return f"coalesce({plain}, {text(column.empty)})" if column.empty else plain


def _mapped(rule: ColumnRule) -> str:
    """The expression that yields a contract column's text from the (trimmed) source columns."""
    if rule.constant is not None:
        return text(rule.constant)
    cell = name(rule.column) if rule.column is not None else f"trimmed(({rule.expression})::VARCHAR)"
    if rule.empty:
        listed = ", ".join(text(entry.strip().lower()) for entry in rule.empty)
        cell = f"CASE WHEN lower({cell}) IN ({listed}) THEN NULL ELSE {cell} END"
    if rule.values is not None:
        pairs = " ".join(f"WHEN {text(key)} THEN {text(value)}" for key, value in rule.values.items())
        other = cell if rule.otherwise is None else f"CASE WHEN {cell} IS NOT NULL THEN {text(rule.otherwise)} END"
        cell = f"nullif(CASE lower({cell}) {pairs} ELSE {other} END, '')" if pairs else cell
    return cell


class Conforming:
    """The generated statements for one feed and the source columns that a file has."""

    def __init__(self, feed: Feed, contract: Contract, available: set[str], iso_too: bool) -> None:
        self.feed, self.contract, self.iso_too = feed, contract, iso_too
        folded = {column.casefold() for column in available}
        self.rules = {
            column: rule
            for column, rule in feed.columns.items()
            if all(source.casefold() in folded for source in rule.source_columns)
        }
        self.missing = [column for column in feed.columns if column not in self.rules]

    def source_columns(self) -> list[str]:
        """The source columns that the statements read, each once."""
        wanted: dict[str, str] = {}
        for rule in self.rules.values():
            wanted |= {source.casefold(): source for source in rule.source_columns}
        wanted |= {source.casefold(): source for source in self.feed.where_columns}
        if self.feed.covers_to and self.feed.covers_to.column:
            wanted |= {self.feed.covers_to.column.casefold(): self.feed.covers_to.column}
        return list(wanted.values())

    def _mapped_sql(self) -> str:
        """Common table expressions `source_row` and `mapped`: texts under the contract's names, in the file's order."""
        sources = ", ".join(f"trimmed({name(c)}) AS {name(c)}" for c in self.source_columns()) or "NULL AS nothing"
        scope = f"coalesce(({self.feed.where}), false)" if self.feed.where else "true"
        cells = "".join(f", {_mapped(rule)} AS {name(column)}" for column, rule in self.rules.items())
        told = self.feed.covers_to
        covers = (
            f"try_strptime({name(told.column)}, {text(told.format)})::DATE" if told and told.column else "NULL::DATE"
        )
        return (
            f"source_row AS (SELECT {sources} FROM raw), "
            f"mapped AS (SELECT {scope} AS in_scope, {covers} AS covers_to_told{cells} FROM source_row)"
        )

    def conformed_sql(self) -> str:
        """The statement that fills `conformed_row`, one row per row of `raw` in its order: in_scope, the contract's columns,
        and two sets of bits, `faults` (a text that cannot be read) and `lacks` (a required field without a value). Rows with
        a fault keep their texts as JSON in `fields`, personal columns as pseudonyms.
        """
        typed, columns, faults, lacks, fields = [], [], [], [], []
        for position, column in enumerate(self.contract.columns.values()):
            rule = self.rules.get(column.name)
            if rule is None:
                blank = text(column.empty) if column.empty else "NULL"
                columns.append(f"{blank}::{column.sql_type} AS {name(column.name)}")
                if column.required:
                    lacks.append(str(1 << position))
                continue
            cell, read, told = f"m.{name(column.name)}", name(column.name), name("told " + column.name)
            typed += [f"{_typed(column, cell, rule, self.iso_too)} AS {read}", f"{cell} AS {told}"]
            plain = read
            if column.needs_date:
                plain = f"CASE WHEN {name(column.needs_date)} IS NOT NULL THEN {read} END"
            if column.pseudonym:
                plain = f"CASE WHEN {read} IS NOT NULL THEN {pseudonym.sql(read, column.pseudonym)} END"
            columns += [f"{plain} AS {read}", f"{told}"]
            fields.append(f"{text(column.name)}, " + (f"{read}::VARCHAR" if column.pseudonym else told))
            if column.type in ("date", "integer") or column.code_list:
                unread = f"{read} = {text(column.unlisted)}" if column.unlisted else f"{plain} IS NULL"
                faults.append(f"CASE WHEN {told} IS NOT NULL AND {unread} THEN {1 << position} ELSE 0 END")
            if column.required:
                lacks.append(f"CASE WHEN {read} IS NULL THEN {1 << position} ELSE 0 END")
            elif column.required_when:
                other, value = column.required_when
                lacks.append(
                    f"CASE WHEN {read} IS NULL AND {name(other)} = {text(value)} THEN {1 << position} ELSE 0 END"
                )
        kept = ", ".join(name(column) for column in self.contract.columns)
        return (
            f"CREATE TEMP TABLE conformed_row AS WITH {self._mapped_sql()}, "
            f"typed AS (SELECT in_scope, covers_to_told, {', '.join(typed)} FROM mapped AS m), "
            f"judged AS (SELECT in_scope, covers_to_told, {', '.join(columns)}, "
            f"({' + '.join(faults) or '0'})::BIGINT AS faults, ({' + '.join(lacks) or '0'})::BIGINT AS lacks FROM typed) "
            f"SELECT in_scope, covers_to_told, {kept}, faults, lacks, "
            f"CASE WHEN in_scope AND (faults > 0 OR lacks > 0) THEN json_object({', '.join(fields)}) END AS fields FROM judged"
        )

    def run(self, connection: "duckdb.DuckDBPyConnection", line_ends_in_cells: bool) -> int:
        """Conforms the relation `raw`: makes `conformed` (with row_no, from 0) and returns the number of its rows."""
        arm_trimming(connection, line_ends=line_ends_in_cells)
        connection.execute("DROP VIEW IF EXISTS temp.conformed")
        connection.execute("DROP TABLE IF EXISTS temp.conformed_row")
        connection.execute(self.conformed_sql())
        # Rows of an unfinished transaction are numbered from far above; the order is the file's.
        found = connection.execute("SELECT coalesce(min(rowid), 0), count(*) FROM conformed_row").fetchone()
        first, count = found or (0, 0)
        connection.execute(f"CREATE TEMP VIEW conformed AS SELECT rowid - {first} AS row_no, * FROM temp.conformed_row")
        return int(count)

    def fields_of_typed_sql(self) -> str:
        """JSON of a row's typed values, for a quarantined row without a fault of its own (a conflicting duplicate)."""
        return f"json_object({', '.join(f'{text(c)}, c.{name(c)}::VARCHAR' for c in self.rules)})"


def reasons_sql(contract: Contract) -> str:
    """The list of reasons that the bits `lacks` and `faults` spell, as an expression."""
    cases = []
    for position, column in enumerate(contract.columns.values()):
        if column.required or column.required_when:
            bit = 1 << position
            cases.append(
                f"CASE WHEN lacks & {bit} > 0 THEN CASE WHEN faults & {bit} > 0 THEN 'unreadable_{column.name}' "
                f"ELSE 'missing_{column.name}' END END"
            )
    return f"list_filter([{', '.join(cases)}], reason -> reason IS NOT NULL)"


def same(contract: Contract, left: str, right: str, columns: tuple[str, ...] | None = None) -> str:
    """The condition that two rows agree in the given columns (all of the contract's by default)."""
    wanted = contract.columns if columns is None else columns
    return " AND ".join(f"{left}.{name(c)} IS NOT DISTINCT FROM {right}.{name(c)}" for c in wanted)


def give_fates(
    connection: "duckdb.DuckDBPyConnection", contract: Contract, delivery: str, folding: tuple[str, ...] = ()
) -> None:
    """Fills `fate` (row_no, fate, reasons) with the rows of `conformed` that are not accepted.

    For an `append` a row identical to one held is a duplicate too. `folding` are the statements that make one row of several.
    """
    execute = connection.execute
    execute("DROP TABLE IF EXISTS fate")
    execute(
        "CREATE TEMP TABLE fate AS SELECT row_no, CASE WHEN NOT in_scope THEN 'out_of_scope' ELSE 'quarantined' END "
        f"AS fate, CASE WHEN in_scope THEN {reasons_sql(contract)} END AS reasons "
        "FROM conformed WHERE NOT in_scope OR lacks > 0"
    )
    for statement in folding:
        execute(statement)
    every = ", ".join(name(c) for c in contract.columns)
    # Only rows that share a key (or, without a key, a hash) can be duplicates; windows run on those few alone.
    shared = ", ".join(name(c) for c in contract.key) or f"hash({every})"
    standing = "in_scope AND lacks = 0" + (" AND row_no NOT IN (SELECT row_no FROM fate)" if folding else "")
    execute(
        f"CREATE OR REPLACE TEMP TABLE rival AS WITH signs AS (SELECT hash({shared}) AS sign FROM conformed WHERE {standing} "
        "GROUP BY sign HAVING count(*) > 1) "
        f"SELECT * EXCLUDE (fields) FROM conformed WHERE {standing} AND hash({shared}) IN (SELECT sign FROM signs)"
    )
    execute(
        f"INSERT INTO fate SELECT row_no, 'duplicate', NULL FROM rival "
        f"QUALIFY row_number() OVER (PARTITION BY {every} ORDER BY row_no DESC) > 1"
    )
    if delivery == "append":
        execute(
            "INSERT INTO fate SELECT DISTINCT c.row_no, 'duplicate', NULL::VARCHAR[] FROM conformed AS c ANTI JOIN fate "
            f"USING (row_no) JOIN {contract.extract}_version AS v ON {same(contract, 'c', 'v')} WHERE v.replaced_by IS NULL"
        )
    if contract.key:
        keys = ", ".join(name(c) for c in contract.key)
        execute(
            "INSERT INTO fate SELECT row_no, 'quarantined', ['conflicting_duplicate'] FROM rival ANTI JOIN fate "
            f"USING (row_no) QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY row_no DESC) > 1"
        )
