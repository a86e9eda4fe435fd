"""Keyed pseudonyms (HMAC-SHA256, first 128 bits) made inside DuckDB, so that no personal identifier reaches the disk."""

import hashlib
import uuid
from typing import TYPE_CHECKING

from attrition.contract import Pseudonym
from attrition.ingest.clean_text import clean

if TYPE_CHECKING:
    import duckdb

_BLOCK = 64
_SEPARATOR = "\x1f"  # cannot stand in clean text, so two parts never run together


def _pads(key: bytes) -> tuple[bytes, bytes]:
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    key = key.ljust(_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)


def arm(connection: "duckdb.DuckDBPyConnection", key: bytes) -> None:
    """Gives the connection the macro `pseudonym(text)`. The key stays in the session, never in a statement's text."""
    inner, outer = _pads(key)
    connection.execute("SET VARIABLE inner_pad = $pad", {"pad": inner})
    connection.execute("SET VARIABLE outer_pad = $pad", {"pad": outer})
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO pseudonym(identity) AS left(sha256(getvariable('outer_pad')::BLOB || "
        "unhex(sha256(getvariable('inner_pad')::BLOB || encode(identity)))), 32)::UUID"
    )


def sql(value: str, rule: Pseudonym) -> str:
    """The expression that replaces a clean upper-case text by its pseudonym; `force` must be in scope where it matters."""
    force = f"coalesce(force::VARCHAR, '') || chr({ord(_SEPARATOR)}) || " if rule.within_force else ""
    return f"pseudonym('{rule.kind}' || chr({ord(_SEPARATOR)}) || {force}{value})"


def pseudonym(key: bytes, kind: str, force: str | None, value: str) -> uuid.UUID:
    """The same pseudonym in Python, for one identifier (`attrition case` asks for none; tests compare the two)."""
    import hmac

    parts = [kind, *([force] if force is not None else []), clean(value).upper()]
    digest = hmac.new(key, _SEPARATOR.join(parts).encode("utf-8"), hashlib.sha256).hexdigest()
    return uuid.UUID(digest[:32])
