"""Files of one export that replace each other's rows in part: one lists the suspects of the same crimes, another their
outcomes. Where the mapping does not say that they are parts of one delivery, the last alone would count.
"""

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from attrition.contract import load_contract
from attrition.ingest.conform import name, same
from attrition.ingest.mapping import Feed

if TYPE_CHECKING:
    import duckdb

_LEAST = 5  # replaced rows; below, nothing can be said
_SHARE = 0.5  # of the rows that fill a column beside their key, so many that lose one


@dataclass(frozen=True)
class Split:
    """Two files that replace each other. `loads`: those of the file that had come before."""

    file: str
    sha256: str
    loads: tuple[int, ...]
    rule: str


def find_split(
    connection: "duckdb.DuckDBPyConnection", feed: Feed, loads: tuple[int, ...], this_run: int
) -> Split | None:
    """Another file with the day told of these loads (without one: of this run, whose first load is `this_run`) of whose
    replaced rows at least half lose what a column held. Files that are loaded anew are not looked at.
    """
    listed = ", ".join(str(load) for load in loads)
    execute = connection.execute
    others = execute(
        "SELECT DISTINCT other.load_id FROM load AS new JOIN load AS other ON other.extract = new.extract "
        "AND other.place <> new.place AND other.state = 'loaded' AND lower(other.file) <> lower(new.file) "
        "AND (other.day_told = new.day_told OR other.day_told IS NULL AND new.day_told IS NULL AND other.load_id >= $this_run) "
        f"WHERE new.load_id IN ({listed}) AND NOT EXISTS (SELECT 1 FROM load AS earlier WHERE earlier.state = 'reloaded' "
        "AND earlier.sha256 IN (new.sha256, other.sha256))",
        {"this_run": this_run},
    ).fetchall()
    if not others or feed.delivery == "append":
        return None
    contract = load_contract(feed.extract)
    table = f"{feed.extract}_version"
    columns = [c for c in contract.columns if c not in {*contract.replaced_by, *contract.key}]
    by = ", ".join(name(c) for c in contract.replaced_by)

    def filled(column: str) -> str:
        unknown = f" AND {name(column)}::VARCHAR <> 'unknown'" if contract.columns[column].code_list else ""
        return f"({name(column)} IS NOT NULL{unknown})"

    fills = ", ".join(f"{filled(c)} AS {name(c)}" for c in columns)
    holds = ", ".join(f"bool_or({filled(c)}) AS {name(c)}" for c in columns)
    loses = [f"(old.{name(c)} AND NOT now.{name(c)})" for c in columns]
    row = execute(
        f"WITH old AS (SELECT load_id, {by}, {fills} FROM {table} WHERE replaced_by IN ({listed}) "
        f"AND load_id IN ({', '.join(str(load) for (load,) in others)})), "
        f"now AS (SELECT {by}, {holds} FROM {table} WHERE load_id IN ({listed}) GROUP BY {by}) "
        f"SELECT load_id, count(*) AS replaced, count(*) FILTER ({' OR '.join(f'old.{name(c)}' for c in columns)}) AS full_rows, "
        f"count(*) FILTER ({' OR '.join(loses)}) AS losing, {', '.join(f'count(*) FILTER ({one})' for one in loses)} "
        f"FROM old JOIN now ON {same(contract, 'old', 'now', contract.replaced_by)} GROUP BY load_id "
        f"HAVING replaced >= {_LEAST} AND 2 * losing > {_LEAST} AND losing >= {_SHARE} * full_rows ORDER BY losing DESC, load_id"
    ).fetchone()
    if row is None:
        return None
    lost = [column for column, count in zip(columns, row[4:], strict=True) if count]
    return _split(connection, feed, loads[0], int(row[0]), f"{row[3]:,} of {row[1]:,}", lost)


def _split(
    connection: "duckdb.DuckDBPyConnection", feed: Feed, new: int, other: int, share: str, lost: list[str]
) -> Split:
    mine, theirs = (
        connection.execute("SELECT file, sha256, part, arrival FROM load WHERE load_id = ?", [load]).fetchone()
        or ("", "", "", 0)
        for load in (new, other)
    )
    whole = connection.execute(
        "SELECT list(load_id ORDER BY load_id) FROM load WHERE state = 'loaded' AND part = ? AND arrival = ?",
        theirs[2:],
    ).fetchone()
    rule = (
        f"rule files_of_one_export: {mine[0]} takes the place of rows of {theirs[0]}, and {share} rows replaced lose what they "
        f"held ({', '.join(lost)}), so these look like parts of one {feed.extract} export. If they are, copy the mapping "
        f'{feed.source}.toml to a folder of your own, put this line below extract = "{feed.extract}", and name the folder '
        f"with --sources: {parts_line(str(theirs[0]), str(mine[0]))}"
    )
    return Split(str(theirs[0]), str(theirs[1]), tuple(whole[0]) if whole and whole[0] else (other,), rule)


def parts_line(first: str, second: str) -> str:
    """The line of a mapping that makes parts of one delivery of two files: what their names have in common in front, up to
    where a word ends."""
    pairs = takewhile(lambda pair: pair[0] == pair[1] != "'", zip(Path(first).stem, Path(second).stem, strict=False))
    common = "".join(letter for letter, _ in pairs)
    word = re.match(r"(.*[^\W_])([-_. ])", common)
    group, behind = word.groups() if word else (common, "")
    # Figures in front are a day or a number that the next export writes otherwise.
    return f"parts = '^({re.sub(r'[0-9]+', lambda _: chr(92) + 'd+', _plain(group))}){_plain(behind)}'"


def _plain(text: str) -> str:
    return re.sub(r"([.^$*+?{}\[\]\\|()])", r"\\\1", text)
