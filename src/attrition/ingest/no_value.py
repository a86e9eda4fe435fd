"""Texts that stand where there is no value (TBC, N/A, -, XXXX): which, and for which kinds of column, says
data/reference/no_value.csv. A word counts whatever signs stand between or around its letters; in a pattern SIGN is any of them.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from attrition import reference

if TYPE_CHECKING:
    import duckdb

KINDS = ("reference", "record_id", "label")
_SIGN = r"[ -/:-@\[-`{-~¡-¿‐-‧‹›]"


@cache
def pattern(kind: str) -> str:
    """The regular expression that fits, whole and without regard to case, the clean texts that are no value in a kind of column."""
    words, patterns = [], []
    for row in reference.rows("no_value"):
        if row[kind] != "Y":
            continue
        if row["kind"] == "word":
            words.append(f"{_SIGN}*".join(re.findall(r"\w", row["entry"])))
        else:
            patterns.append(row["entry"].replace("SIGN", _SIGN))
    return f"(?i){_SIGN}*(?:{'|'.join(words)}){_SIGN}*|{_SIGN}*(?:{'|'.join(patterns)})"


def arm(connection: "duckdb.DuckDBPyConnection") -> None:
    """Gives the connection, for each kind of column, the macro `told_<kind>(cell)`: the clean cell, NULL where it is no value."""
    for kind in KINDS:
        fits = "'" + pattern(kind).replace("'", "''") + "'"
        told = f"CASE WHEN regexp_full_match(cell, {fits}) THEN NULL ELSE cell END"
        if kind != "label":
            # Nearly every reference ends in one of these figures, which no entry does; to ask for that costs next to nothing.
            figures = " OR ".join(f"suffix(cell, '{figure}')" for figure in range(1, 9))
            told = f"CASE WHEN {figures} THEN cell WHEN cell IS NOT NULL THEN {told} END"
        connection.execute(f"CREATE OR REPLACE TEMP MACRO told_{kind}(cell) AS {told}")
