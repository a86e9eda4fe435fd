"""Turns the raw text table into typed contract columns by one generated SELECT, and gives every row its fate.

Out of scope, quarantined, duplicate, conflicting duplicate, accepted: tried in this order, each among the rows that
still stand. Makes the temporary tables `conformed` (typed rows) and `fate` (rows that are not accepted).
"""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attrition import reference
from attrition.contract import Column, Contract
from attrition.ingest import clean_text, days, no_value, pseudonym
from attrition.ingest.clean_text import Signs, clean, folded
from attrition.ingest.mapping import ColumnRule, Feed

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Readable:
    """The days between which a date of a file can be read: what lies outside was mistyped. `last` is the day on which the
    file was first loaded, so that loading it anew reads the same.
    """

    first: dt.date
    last: dt.date


def text(value: str) -> str:
    """A text as a literal of SQL."""
    return "'" + value.replace("'", "''") + "'"


def name(column: str) -> str:
    """A column's name as an identifier of SQL."""
    return '"' + column.replace('"', '""') + '"'


def arm(connection: "duckdb.DuckDBPyConnection") -> None:
    """Gives the connection the macros that the generated statements read days and no-value texts with."""
    days.arm(connection)
    no_value.arm(connection)
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO whole_number(cell) AS CASE WHEN contains(cell, '.') "
        r"AND regexp_full_match(cell, '[0-9]+\.0+') THEN split_part(cell, '.', 1) ELSE cell END"
    )


def read_as(column: Column, cell: str, rule: ColumnRule, iso_too: bool) -> str:
    """The expression that reads a clean text cell as the column's type; NULL where it cannot be read."""
    if column.type == "date":
        return days.sql(cell, rule.date_formats, iso_too)
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
    told = f"told_{column.no_values}({cell})" if column.no_values else cell
    if column.type in ("reference", "pseudonym"):
        told = f"upper({told})"
    plain = f"nullif(regexp_replace({told}, '[^A-Z0-9]', '', 'g'), '')" if column.normalise else told
    return f"coalesce({plain}, {text(column.empty)})" if column.empty else plain


def _mapped(column: Column, rule: ColumnRule) -> str:
    """The expression that yields a contract column's clean text from the clean source columns and expressions."""
    if rule.constant is not None:
        return text(clean(rule.constant))
    cell = name(rule.column) if rule.column is not None else f"clean_text({name('told by ' + column.name)})"
    if column.type == "integer" or column.whole_number:
        cell = f"whole_number({cell})"
    if rule.empty:
        listed = ", ".join(text(entry) for entry in rule.empty)
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
        here = {folded(column) for column in available}
        self.rules = {
            column: rule
            for column, rule in feed.columns.items()
            if all(folded(source) in here for source in rule.source_columns)
        }
        self.missing = [column for column in feed.columns if column not in self.rules]

    def _named(self) -> list[str]:
        """The source columns as the mapping writes them, each spelling once."""
        told = self.feed.covers_to
        every = [source for rule in self.rules.values() for source in rule.source_columns] + [*self.feed.where_columns]
        every += [told.column] if told and told.column else []
        return list({source.casefold(): source for source in every}.values())

    def source_columns(self) -> list[str]:
        """The source columns that the statements read, each once."""
        return list({folded(source): clean(source) for source in self._named()}.values())

    def _mapped_sql(self) -> str:
        """Common table expressions, last of them `mapped`: clean texts under the contract's names, in the file's order."""
        sources = ", ".join(f"clean_cell({name(clean(c))}) AS {name(c)}" for c in self._named()) or "NULL AS nothing"
        scope = f"coalesce(({self.feed.where}), false)" if self.feed.where else "true"
        expressions = "".join(
            f", ({rule.expression})::VARCHAR AS {name('told by ' + column)}"
            for column, rule in self.rules.items()
            if rule.expression is not None
        )
        columns = self.contract.columns
        cells = "".join(f", {_mapped(columns[column], rule)} AS {name(column)}" for column, rule in self.rules.items())
        told = self.feed.covers_to
        covers = (
            f"try_strptime({name(told.column)}, {text(told.format)})::DATE" if told and told.column else "NULL::DATE"
        )
        return (
            f"source_row AS (SELECT {sources} FROM raw), "
            # An expression is worked out once, however often its text is asked for.
            f'worked_out AS (SELECT *, {scope} AS "told by where", {covers} AS "told by covers_to"{expressions} FROM source_row), '
            f'mapped AS (SELECT "told by where" AS in_scope, "told by covers_to" AS covers_to_told{cells} FROM worked_out)'
        )

    def _plausible(self, column: Column, days_of_file: Readable) -> str:
        """The expression that keeps of a date only what can have been meant."""
        last = days_of_file.last + dt.timedelta(column.ahead)
        read = name(column.name)
        return f"CASE WHEN {read} BETWEEN DATE '{days_of_file.first}' AND DATE '{last}' THEN {read} END"

    def conformed_sql(self, days_of_file: Readable) -> str:
        """The statement that fills `conformed_row`, one row per row of `raw` in its order: in_scope, the contract's columns,
        and two sets of bits, `faults` (a text that cannot be read) and `lacks` (a required field without a value).
        """
        typed, dated, columns, faults, lacks = [], [], [], [], []
        for position, column in enumerate(self.contract.columns.values()):
            rule = self.rules.get(column.name)
            if rule is None:
                blank = text(column.empty) if column.empty else "NULL"
                columns.append(f"{blank}::{column.sql_type} AS {name(column.name)}")
                if column.required:
                    lacks.append(str(1 << position))
                continue
            cell, read, told = f"m.{name(column.name)}", name(column.name), name("told " + column.name)
            typed += [f"{read_as(column, cell, rule, self.iso_too)} AS {read}", f"{cell} AS {told}"]
            if column.type == "date":
                dated.append(f"{self._plausible(column, days_of_file)} AS {read}")
            plain = unread = read
            if column.needs_date:
                dated_by = name(column.needs_date) if column.needs_date in self.rules else "NULL"
                plain = unread = f"CASE WHEN {dated_by} IS NOT NULL THEN {read} END"
            if column.pseudonym:
                plain = f"CASE WHEN {read} IS NOT NULL THEN {pseudonym.sql(read, column.pseudonym)} END"
            if column.unreadable:
                others = ", ".join(name(other) for other in column.unreadable if other in self.rules) or "NULL::DATE"
                plain = (
                    f"CASE WHEN {read} IS NULL AND {told} IS NOT NULL "
                    f"THEN coalesce(least({others}), DATE '{days_of_file.last}') ELSE {read} END"
                )
            columns.append(f"{plain} AS {read}")
            if column.is_judged:
                lost = f"{read} = {text(column.unlisted)}" if column.unlisted else f"{unread} IS NULL"
                faults.append(f"CASE WHEN {told} IS NOT NULL AND {lost} THEN {1 << position} ELSE 0 END")
            if column.required:
                lacks.append(f"CASE WHEN {read} IS NULL THEN {1 << position} ELSE 0 END")
            elif column.required_when:
                other, value = column.required_when
                lacks.append(
                    f"CASE WHEN {read} IS NULL AND {name(other)} = {text(value)} THEN {1 << position} ELSE 0 END"
                )
        plausible = f"* REPLACE ({', '.join(dated)})" if dated else "*"
        return (
            f"CREATE TEMP TABLE conformed_row AS WITH {self._mapped_sql()}, "
            f"typed AS (SELECT in_scope, covers_to_told, {', '.join(typed)} FROM mapped AS m), "
            f"plausible AS (SELECT {plausible} FROM typed) "
            f"SELECT in_scope, covers_to_told, {', '.join(columns)}, "
            f"({' + '.join(faults) or '0'})::BIGINT AS faults, ({' + '.join(lacks) or '0'})::BIGINT AS lacks FROM plausible"
        )

    def run(self, connection: "duckdb.DuckDBPyConnection", signs: Signs, days_of_file: Readable) -> int:
        """Conforms the relation `raw`, whose cells may hold these signs: makes `conformed` (with row_no, from 0) and returns
        the number of its rows.
        """
        clean_text.arm(connection, signs)
        connection.execute("DROP VIEW IF EXISTS temp.conformed")
        connection.execute("DROP TABLE IF EXISTS temp.conformed_row")
        connection.execute(self.conformed_sql(days_of_file))
        # Rows of an unfinished transaction are numbered from far above; the order is the file's.
        found = connection.execute("SELECT coalesce(min(rowid), 0), count(*) FROM conformed_row").fetchone()
        first, count = found or (0, 0)
        connection.execute(f"CREATE TEMP VIEW conformed AS SELECT rowid - {first} AS row_no, * FROM temp.conformed_row")
        return int(count)

    def fields_sql(self) -> str:
        """JSON of what was read of a quarantined row `c` of `conformed`: values of a kind that can be told (a day, a whole
        number, a code of a list, a reference), personal ones as pseudonyms. A cell that was not read, or free text, may
        hold a name that strayed there, and is not kept.
        """
        kept = [
            f"{text(column.name)}, CASE WHEN c.faults & {1 << position} = 0 THEN c.{name(column.name)}::VARCHAR END"
            for position, column in enumerate(self.contract.columns.values())
            if column.name in self.rules and column.is_judged and column.type != "label"
        ]
        return f"json_object({', '.join(kept)})"


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
        f"SELECT * FROM conformed WHERE {standing} AND hash({shared}) IN (SELECT sign FROM signs)"
    )
    execute(
        f"INSERT INTO fate SELECT row_no, 'duplicate', NULL FROM rival "
        f"QUALIFY row_number() OVER (PARTITION BY {every} ORDER BY row_no DESC) > 1"
    )
    if contract.key:
        keys = ", ".join(name(c) for c in contract.key)
        execute(
            "INSERT INTO fate SELECT row_no, 'quarantined', ['conflicting_duplicate'] FROM rival ANTI JOIN fate "
            f"USING (row_no) QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY row_no DESC) > 1"
        )
    execute("CREATE OR REPLACE TEMP TABLE told_again (row_no BIGINT)")
    if delivery == "append":
        execute(
            "INSERT INTO told_again SELECT row_no FROM conformed AS c ANTI JOIN fate USING (row_no) "
            f"SEMI JOIN {contract.extract} AS v ON {same(contract, 'c', 'v')}"
        )
        execute("INSERT INTO fate SELECT row_no, 'duplicate', NULL::VARCHAR[] FROM told_again")
