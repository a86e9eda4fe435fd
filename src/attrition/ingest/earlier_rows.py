"""Rows that a warehouse of schema 1 holds, read anew as the rows of a file are: each load of the attached database `old` becomes the
same load in the warehouse in use, with its references, labels and days as they are read now, its faults and its counts.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrition import reference
from attrition.contract import Contract, load_contract, load_contracts
from attrition.errors import AttritionError
from attrition.ingest import clean_text, conform, emptied, ledger, no_value, pseudonym, replacing
from attrition.ingest.clean_text import Signs
from attrition.ingest.conform import Conforming, Readable, name, read_as, text
from attrition.ingest.coverage import reach_of
from attrition.ingest.day_told import day_in_name
from attrition.ingest.faults import keep_faults
from attrition.ingest.lines import number_lines
from attrition.ingest.mapping import ColumnRule, Feed
from attrition.ingest.order import Newcomer, take_place
from attrition.ingest.reading import Opened, RawTable
from attrition.ingest.unlike_before import find_unlike_before
from attrition.settings import Settings

if TYPE_CHECKING:
    import datetime as dt

    import duckdb

_ANY = Signs(beyond_ascii=True, runs=True, controls="\0")
_NO_PERSON = "N/A"  # stands for an identifier whose pseudonym is that of a text which is no value
_UNREAD = "not read"  # stands for a day that could not be read
_LONGEST = 12  # of the runs of one sign whose pseudonyms are known again
_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#DIV/0!", "#NULL!")


@dataclass(frozen=True)
class _Load:
    """What the ledger of `old` says of a load."""

    load_id: int
    file: str
    sha256: str
    source: str
    extract: str
    delivery: str
    part: str
    mapping: str
    arrival: int
    loaded_on: "dt.date"
    stated: "dt.date | None"

    @property
    def day(self) -> "dt.date | None":
        """The day that it tells."""
        return self.stated or day_in_name(self.file, self.loaded_on)


def read_anew(connection: "duckdb.DuckDBPyConnection", key: bytes, settings: Settings) -> list[str]:
    """Fills the loads, rows, quarantine and findings of the warehouse in use from `old`. Returns what is to be told of places.

    Raises AttritionError if rows would get lost.
    """
    pseudonym.arm(connection, key)
    conform.arm(connection)
    clean_text.arm(connection, _ANY)
    _know_no_persons(connection)
    notes = _enter_loads(connection)
    for load in _loads(connection):
        _read_load(connection, load, settings)
    loaded: dict[str, list[int]] = {}
    for load_id, extract in connection.execute(
        "SELECT load_id, extract FROM load WHERE state = 'loaded' ORDER BY place, load_id"
    ).fetchall():
        loaded.setdefault(extract, []).append(load_id)
    for (extract,) in connection.execute("SELECT DISTINCT extract FROM load ORDER BY 1").fetchall():
        _keep_aside(connection, load_contract(extract))
        replacing.settle_all(connection, extract)
        if extract in loaded:
            find_unlike_before(connection, extract, tuple(loaded[extract]))
        for load_id in loaded.get(extract, ()):
            ledger.mend(connection, extract, load_id)
    return notes


def _loads(connection: "duckdb.DuckDBPyConnection") -> list[_Load]:
    return [
        _Load(*row)
        for row in connection.execute(
            "SELECT load_id, file, sha256, source, extract, delivery, part, mapping_sha256, arrival, loaded_on, "
            "CASE WHEN NOT covers_inferred THEN covers_to END FROM old.load ORDER BY arrival, load_id"
        ).fetchall()
    ]


def _enter_loads(connection: "duckdb.DuckDBPyConnection") -> list[str]:
    """The ledger's entries, each delivery at the place that it takes now. What only rows can tell follows with them."""
    groups: dict[tuple[int, str, str, dt.date | None], list[_Load]] = {}
    for load in _loads(connection):
        groups.setdefault((load.arrival, load.extract, load.part, load.day), []).append(load)
    notes = []
    for (_, extract, part, day), loads in groups.items():
        files = tuple(dict.fromkeys((load.file, load.sha256) for load in loads))
        parted = any(part != load.file for load in loads)
        place = take_place(connection, Newcomer(extract, loads[0].source, part, parted, day, files))
        notes += [place.note] if place.note else []
        for load in loads:
            connection.execute(
                "INSERT INTO load BY NAME SELECT *, $place AS place, $day::DATE AS day_told, 0 AS blank FROM old.load "
                "WHERE load_id = $load_id",
                {"place": place.number, "day": day, "load_id": load.load_id},
            )
    connection.execute("INSERT INTO load_force FROM old.load_force")
    # Days of this kind are read anew, and told anew, with their rows.
    anew = [
        column
        for contract in load_contracts().values()
        for column in contract.columns
        if contract.columns[column].unreadable
    ]
    connection.execute(
        "INSERT INTO finding FROM old.finding WHERE rule <> 'unreadable_date' OR line IS NULL OR NOT list_contains(?, column_name)",
        [anew],
    )
    return notes


def _stored(contract: Contract) -> Contract:
    """The contract of rows whose personal identifiers are pseudonyms already."""
    return replace(
        contract,
        columns={
            column.name: replace(column, type="label", no_value=column.no_values, normalise=None, pseudonym=None)
            if column.pseudonym
            else column
            for column in contract.columns.values()
        },
    )


def _read_load(connection: "duckdb.DuckDBPyConnection", load: _Load, settings: Settings) -> None:
    """Reads the rows of one load anew, with the statements that read a file."""
    import numpy as np

    execute = connection.execute
    contract = _stored(load_contract(load.extract))
    table = f"{load.extract}_version"
    cells = ", ".join(f"{_cell(contract, load, column)} AS {name(column)}" for column in contract.columns)
    execute(
        f"CREATE OR REPLACE TEMP TABLE raw AS SELECT line, {cells} FROM old.{table} AS v WHERE load_id = {load.load_id} ORDER BY line"
    )
    lines = np.array(execute("SELECT line FROM raw").fetchall(), dtype=np.int64).ravel()
    count = len(lines)
    if not count:
        return
    columns = _mapped(connection, contract, load)
    rules = {column: ColumnRule(column=column, source_columns=(column,)) for column in columns}
    feed = Feed(load.source, load.extract, (), load.delivery, "", rules)
    file = Opened(Path(load.file), "csv", load.sha256, columns)
    Conforming(feed, contract, set(columns), iso_too=True).run(
        connection, _ANY, Readable(settings.first_day, load.loaded_on)
    )
    conform.give_fates(connection, contract, load.delivery)
    number_lines(connection, RawTable(count, lines, []))
    fates = dict(execute("SELECT fate, count(*) FROM fate GROUP BY fate").fetchall())
    accepted = count - sum(fates.values())
    keep_faults(connection, feed, load.load_id, file)
    emptied.count_shares(connection, contract, columns)
    execute(f"INSERT INTO load_column SELECT {load.load_id}, of_force, column_name, of_rows, filled FROM share")
    replacing.insert(connection, feed, load.load_id, accepted)
    execute(
        f"UPDATE {table} AS v SET replaced_by = o.replaced_by FROM old.{table} AS o WHERE v.load_id = {load.load_id} "
        "AND o.load_id = v.load_id AND o.line = v.line"
    )
    reach = reach_of(connection, feed, contract, file.path, load.loaded_on)
    told = execute(
        "UPDATE load SET covers_from = $first, covers_to = CASE WHEN covers_inferred THEN $last ELSE covers_to END, "
        "event_distance = $distance, accepted = $accepted, duplicate = duplicate + $duplicate, "
        "quarantined = quarantined + $quarantined WHERE load_id = $load_id AND accepted = $before "
        "RETURNING rows_read = accepted + duplicate + out_of_scope + quarantined",
        {
            "first": reach.first, "last": reach.last, "distance": reach.distance, "accepted": accepted,
            "duplicate": fates.get("duplicate", 0), "quarantined": fates.get("quarantined", 0),
            "load_id": load.load_id, "before": count,
        },
    ).fetchone()  # fmt: skip
    if told is None or not told[0]:
        raise AttritionError(
            f"{load.file}: what the warehouse holds of it ({load.extract}) and what its ledger counts differ, so it was not converted "
            "and stays as it was. Name a new one with --warehouse; the extracts in the landing folder build it anew."
        )


def _mapped(connection: "duckdb.DuckDBPyConnection", contract: Contract, load: _Load) -> list[str]:
    """The columns that the mapping of then filled from this file, as far as it can be told: some file read by the same mapping
    fills them, and this one did not lack them."""
    counts = connection.execute(
        f"SELECT {', '.join(f'count({name(c)})' for c in contract.columns)} FROM old.{load.extract}_version WHERE load_id IN "
        "(SELECT load_id FROM old.load WHERE mapping_sha256 = ?)",
        [load.mapping],
    ).fetchall()[0]
    lacked = connection.execute(
        "SELECT DISTINCT column_name FROM old.finding WHERE load_id = ? AND rule = 'missing_column'", [load.load_id]
    ).fetchall()
    filled = (column for column, count in zip(contract.columns, counts, strict=True) if count)
    return [column for column in filled if (column,) not in lacked or contract.columns[column].empty]


def _cell(contract: Contract, load: _Load, column: str) -> str:
    """The text that stands in a stored row `v` for what the file's cell held."""
    stored = f"v.{name(column)}::VARCHAR"
    if load_contract(load.extract).columns[column].pseudonym:
        return (
            f"CASE WHEN v.{name(column)} IN (SELECT identity FROM no_person) THEN {text(_NO_PERSON)} ELSE {stored} END"
        )
    if contract.columns[column].unreadable:
        unread = (
            f"SELECT line FROM old.finding WHERE load_id = {load.load_id} AND rule = 'unreadable_date' "
            f"AND column_name = {text(column)}"
        )
        return f"CASE WHEN v.line IN ({unread}) THEN {text(_UNREAD)} ELSE {stored} END"
    return stored


def _know_no_persons(connection: "duckdb.DuckDBPyConnection") -> None:
    """Fills `no_person` with the pseudonyms of the usual texts that are no value: they are no persons, and with the key they
    can be told."""
    words = [row["entry"] for row in reference.rows("no_value") if row["kind"] == "word"]
    spelt = {*words, *_ERRORS, *(sign * times for sign in "-.?/*_X09" for times in range(1, _LONGEST + 1))}
    for word in words:
        spelt |= {word.replace(" ", "_"), word.replace(" ", "-"), word.replace("/", "."), word.replace("/", "\\")}
        spelt |= {f"({word})", f"[{word}]", f"<{word}>", f"{word}.", f"*{word}*"}
    spelt |= {re.sub(r"\W|_", "", entry) for entry in spelt} - {""}
    connection.execute("CREATE OR REPLACE TEMP TABLE no_person (identity UUID)")
    for contract in load_contracts().values():
        for column in contract.columns.values():
            if column.pseudonym and column.no_values:
                fits = re.compile(no_value.pattern(column.no_values))
                connection.execute(
                    f"INSERT INTO no_person SELECT {pseudonym.sql('entry', column.pseudonym)} FROM (SELECT unnest(?::VARCHAR[]) AS entry) "
                    "CROSS JOIN (SELECT unnest(enum_range(NULL::code_force)) AS force UNION ALL SELECT NULL)",
                    [sorted(entry for entry in spelt if fits.fullmatch(entry))],
                )


def _keep_aside(connection: "duckdb.DuckDBPyConnection", contract: Contract) -> None:
    """Keeps the rows that were quarantined: of their texts what can be told to be a value of its kind, their record as records are
    compared now, and the sets that they left incomplete."""
    stored = _stored(contract)
    key = contract.key or contract.replaced_by
    # Of a record's parts only a reference as its owner writes it may hold a stroke itself.
    parts = [
        "(.*)" if contract.columns[c].type == "reference" and not contract.columns[c].normalise else "([^|]*)"
        for c in key
    ]
    whole = text("(?s)^" + r"\|".join(parts) + "$")
    told = {c.name: c for c in contract.columns.values() if c.is_judged and c.type != "label"}
    cells = {
        **{column: (column, f"json_extract_string(fields, {text(column)})") for column in told},
        **{f"key {c}": (c, f"nullif(regexp_extract(record_key, {whole}, {at}), '')") for at, c in enumerate(key, 1)},
    }
    # Step by step: an expression within an expression would be worked out as often as its text is asked for.
    steps = [
        [f"{cell} AS {name(at)}" for at, (_, cell) in cells.items()],
        [f"clean_text({name(at)}) AS {name(at)}" for at in cells],
        [
            f"lower(try_cast({name(at)} AS UUID)::VARCHAR) AS {name(at)}"
            if contract.columns[column].pseudonym
            else f"({read_as(stored.columns[column], name(at), ColumnRule(), True)})::VARCHAR AS {name(at)}"
            for at, (column, _) in cells.items()
        ],
    ]
    kept = "load_id, line, reasons, fields, record_key, line_sha256, mended_by, delivery"
    rows = f"old.quarantine JOIN (SELECT load_id, delivery FROM old.load WHERE extract = {text(contract.extract)}) USING (load_id)"
    for step in steps:
        rows = f"(SELECT {kept}, {', '.join(step)} FROM {rows})"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE aside AS FROM {rows}")
    known = " AND ".join(f"{name(f'key {c}')} IS NOT NULL" for c in key if contract.columns[c].required)
    record = " || '|' || ".join(f"coalesce({name(f'key {c}')}, '')" for c in key)
    members = " || chr(31) || ".join(
        f"coalesce({name(f'key {c}' if c in key else c)}, '')" for c in contract.replaced_by
    )
    connection.execute(
        f"INSERT INTO quarantine SELECT load_id, line, reasons, CASE WHEN {known} THEN {record} END, CASE WHEN fields IS NOT NULL "
        f"THEN json_object({', '.join(f'{text(c)}, {name(c)}' for c in told)}) END, line_sha256, mended_by FROM aside"
    )
    connection.execute(
        f"INSERT INTO incomplete_set SELECT load_id, min(line), sha256({members}) AS members FROM aside WHERE delivery <> 'append' "
        "AND record_key IS NOT NULL AND reasons <> ['conflicting_duplicate'] GROUP BY load_id, members"
    )
