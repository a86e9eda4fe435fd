"""Keeps what is amiss with a file: quarantined rows with every reason, and a finding for each blanked field or column."""

from typing import TYPE_CHECKING

from attrition.contract import Contract, load_contract
from attrition.ingest.clean_text import folded
from attrition.ingest.conform import Conforming, name, text
from attrition.ingest.damage import damaged_references
from attrition.ingest.lines import numbered
from attrition.ingest.mapping import Feed
from attrition.ingest.reading import Opened
from attrition.ingest.rolling_up import keep_folded

if TYPE_CHECKING:
    import duckdb

# A row that was folded into another is kept in it: what is amiss with its cells is told too.
_KEPT = "conformed ANTI JOIN (SELECT row_no FROM fate WHERE reasons IS DISTINCT FROM ['rolled_up']) AS f USING (row_no)"


def keep_faults(connection: "duckdb.DuckDBPyConnection", feed: Feed, load_id: int, file: Opened) -> None:
    """Stores the quarantined rows with every reason, and a finding for every blanked field, column or encoding."""
    contract = load_contract(feed.extract)
    work = Conforming(feed, contract, set(file.header), file.iso_dates)
    key = contract.key or contract.replaced_by
    record = " || '|' || ".join(f"coalesce(c.{name(c)}::VARCHAR, '')" for c in key)
    told = " AND ".join(f"c.{name(k)} IS NOT NULL" for k in _told(contract))
    quarantined = (
        f"SELECT c.row_no, f.reasons, CASE WHEN {told} THEN {record} END AS record_key, "
        f"{work.fields_sql()} AS fields "
        "FROM conformed AS c JOIN fate AS f USING (row_no) WHERE f.fate = 'quarantined'"
    )
    connection.execute(
        f"INSERT INTO quarantine SELECT {load_id}, line, reasons, record_key, fields, NULL, NULL "
        f"FROM ({numbered(connection, quarantined)})"
    )
    connection.execute(
        f"INSERT INTO quarantine SELECT {load_id}, line, [reason], NULL, NULL, sha256, NULL FROM unsplit"
    )
    faulty = connection.execute(f"SELECT bit_or(faults) FROM {_KEPT}").fetchone()
    bits = faulty[0] if faulty and faulty[0] else 0
    for position, column in enumerate(contract.columns.values()):
        if bits >> position & 1:
            rule = text(_fault_rule(column.type))
            if column.needs_date:
                rule = f"CASE WHEN {name(column.needs_date)} IS NULL THEN 'code_without_date' ELSE {rule} END"
            rows = f"SELECT row_no, {rule} AS rule FROM {_KEPT} WHERE faults & {1 << position} > 0"
            connection.execute(
                f"INSERT INTO finding SELECT {load_id}, line, rule, {text(column.name)} FROM ({numbered(connection, rows)})"
            )
    if feed.one_row_per:
        keep_folded(connection, load_id)
    damaged = [(line, column) for column, hits in damaged_references(file, feed, contract).items() for line, _ in hits]
    if damaged:
        connection.execute(
            f"INSERT INTO finding SELECT DISTINCT {load_id}, unnest(?::BIGINT[]), 'reference_damaged', unnest(?::VARCHAR[])",
            [[line for line, _ in damaged], [column for _, column in damaged]],
        )
    mapped = {folded(c) for rule in feed.columns.values() for c in rule.source_columns}
    notes: list[tuple[str, str | None]] = [("missing_column", column) for column in work.missing]
    notes += [("extra_column", None) for column in file.header if folded(column) not in mapped]
    notes += [(note, None) for note in file.notes]
    connection.execute(
        f"INSERT INTO finding SELECT {load_id}, NULL, unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        [[rule for rule, _ in notes], [column for _, column in notes]],
    )


def _told(contract: Contract) -> list[str]:
    """The key's columns without which a record cannot be told apart: the required ones."""
    key = contract.key or contract.replaced_by
    return [column for column in key if contract.columns[column].required] or [key[0]]


def _fault_rule(kind: str) -> str:
    rules = {"date": "unreadable_date", "integer": "out_of_range"}
    return (rules | dict.fromkeys(("reference", "pseudonym", "label"), "placeholder")).get(kind, "unknown_code")
