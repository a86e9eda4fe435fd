"""Source mappings (data/sources/*.toml): how a supplier's layout becomes the contract. Checks a mapping and reports
every mistake at once; reads no extract.
"""

import csv
import fnmatch
import hashlib
import json
import re
import tomllib
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from attrition import resources
from attrition.contract import EXTRACTS, load_contract
from attrition.errors import UsageFault
from attrition.ingest.clean_text import clean
from attrition.ingest.winning import Win, read_roll_up

DELIVERIES = ("update", "append", "snapshot")
ENCODINGS = ("auto", "utf-8", "utf-16", "cp1252")
DELIMITERS = ("auto", ",", ";", "\t", "|")
_COLUMN_KEYS = {"column", "constant", "expression", "map", "otherwise", "date_formats", "empty", "empty_means"}
_FEED_KEYS = {
    "extract", "files", "delivery", "parts", "where", "encoding", "delimiter", "sheet", "header_row",
    "date_formats", "empty", "covers_to", "columns", "column_options", "one_row_per", "roll_up",
}  # fmt: skip


@dataclass(frozen=True)
class ColumnRule:
    """How one contract column is filled: from a source column, a constant or an expression."""

    column: str | None = None
    constant: str | None = None
    expression: str | None = None
    source_columns: tuple[str, ...] = ()
    values: dict[str, str] | None = None
    otherwise: str | None = None  # None: keep; "": empty; else a constant
    date_formats: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    empty_means: str | None = None


@dataclass(frozen=True)
class CoversTo:
    """Where a delivery says how far it reaches."""

    constant: str | None = None
    column: str | None = None
    file_name: str | None = None
    format: str = "%Y-%m-%d"
    end_of_month: bool = False


@dataclass(frozen=True)
class Feed:
    """One extract that a source feeds from a set of files."""

    source: str
    extract: str
    files: tuple[str, ...]
    delivery: str
    fingerprint: str
    columns: dict[str, ColumnRule]
    parts: str | None = None
    where: str | None = None
    where_columns: tuple[str, ...] = ()
    encoding: str = "auto"
    delimiter: str = "auto"
    sheet: str | None = None
    header_row: int | None = None  # None: found by its required columns
    covers_to: CoversTo | None = None
    one_row_per: tuple[str, ...] = ()
    roll_up: dict[str, Win] = field(default_factory=dict)

    def specificity(self, file_name: str) -> int:
        """Length of the longest glob that fits the file name; 0 where none does."""
        name = file_name.casefold()
        return max((len(glob) for glob in self.files if fnmatch.fnmatchcase(name, glob.casefold())), default=0)


@dataclass(frozen=True)
class Source:
    """One mapping file: a supplier's layout."""

    name: str
    description: str
    feeds: tuple[Feed, ...]
    path: Path


@dataclass
class _Mistakes:
    file: Path
    found: list[str] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        self.found.append(f"{self.file.name}: {where}: {what}")


@cache
def expression_columns(expression: str) -> tuple[str, ...]:
    """The source columns that a DuckDB scalar expression reads.

    Raises ValueError, saying what is wrong, for anything that is not one scalar expression.
    """
    import duckdb

    statement = f"SELECT {expression} FROM source_row"
    with duckdb.connect() as connection:
        row = connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchone()
    parsed: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if parsed.get("error"):
        raise ValueError("is not a DuckDB expression")
    node: dict[str, Any] = parsed["statements"][0]["node"] if len(parsed["statements"]) == 1 else {}
    if node.get("type") != "SELECT_NODE" or len(node["select_list"]) != 1:
        raise ValueError("must be one expression")
    names: dict[str, None] = {}

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("class") in {"SUBQUERY", "WINDOW", "STAR"} or part.get("function_name") in {
                "getvariable",
                "getenv",
            }:
                raise ValueError("may not hold a sub-query, a window, a star or a variable")
            if part.get("class") == "COLUMN_REF":
                names.setdefault(part["column_names"][-1])
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(node["select_list"])
    walk({key: node.get(key) for key in ("where_clause", "group_expressions", "having", "qualify")})
    if node.get("where_clause") or node.get("having") or node.get("qualify") or node.get("group_expressions"):
        raise ValueError("must be one expression")
    return tuple(names)


def _value_map(stated: Any, folder: Path, where: str, mistakes: _Mistakes) -> dict[str, str] | None:
    if stated is None:
        return None
    if not isinstance(stated, dict):
        mistakes.add(where, "map must be a table of source text = code")
        return None
    if set(stated) == {"file", "from", "to"}:
        name = str(stated["file"])
        beside = folder / name
        try:
            path = beside if beside.exists() else resources.path(f"data/reference/{name}")
            with path.open(encoding="utf-8-sig", newline="") as file:
                pairs = {row[stated["from"]]: row[stated["to"]] for row in csv.DictReader(file)}
        except (FileNotFoundError, KeyError):
            mistakes.add(where, f"map file {name} with the columns {stated['from']} and {stated['to']} is not there")
            return None
    else:
        pairs = {}
        for key, value in stated.items():
            if isinstance(value, (dict, list)):
                mistakes.add(where, "map must give one text per source text")
                return None
            pairs[str(key)] = _text(value)
    folded: dict[str, str] = {}
    for key, value in pairs.items():
        plain = clean(key).lower()
        if folded.get(plain, value) != value:
            mistakes.add(where, "map gives two codes for one text (texts are compared without regard to case)")
        folded[plain] = clean(value)
    return folded


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value)


def _texts(stated: Any, where: str, key: str, mistakes: _Mistakes) -> tuple[str, ...]:
    if stated is None:
        return ()
    if isinstance(stated, str) or not isinstance(stated, list) or not all(isinstance(s, str) for s in stated):
        mistakes.add(where, f"{key} must be a list of texts")
        return ()
    return tuple(stated)


def _checked_formats(formats: tuple[str, ...], where: str, mistakes: _Mistakes) -> tuple[str, ...]:
    for text in formats:
        if "%" not in text:
            mistakes.add(where, "date_formats must be strptime formats such as %d/%m/%Y")
    return formats


def _expression(text: Any, where: str, mistakes: _Mistakes) -> tuple[str, ...]:
    if not isinstance(text, str):
        mistakes.add(where, "must be a text")
        return ()
    try:
        return expression_columns(text)
    except ValueError as fault:
        mistakes.add(where, str(fault))
        return ()


def _column_rule(
    name: str, stated: Any, feed: dict[str, Any], folder: Path, where: str, mistakes: _Mistakes
) -> ColumnRule:
    if isinstance(stated, str):
        stated = {"column": stated}
    if not isinstance(stated, dict):
        mistakes.add(where, "must be a column name or a table")
        return ColumnRule()
    for key in sorted(set(stated) - _COLUMN_KEYS):
        mistakes.add(where, f"unknown key {key}")
    origin = [key for key in ("column", "constant", "expression") if key in stated]
    if len(origin) != 1:
        mistakes.add(where, "give exactly one of column, constant, expression")
    source_columns: tuple[str, ...] = ()
    if "expression" in stated:
        source_columns = _expression(stated["expression"], f"{where}.expression", mistakes)
    elif "column" in stated:
        if not isinstance(stated["column"], str) or not clean(stated["column"]):
            mistakes.add(f"{where}.column", "must be the name of a source column")
        else:
            source_columns = (clean(stated["column"]),)
    otherwise = stated.get("otherwise", "keep")
    kept: str | None = None
    if isinstance(otherwise, dict) and set(otherwise) == {"constant"}:
        kept = _text(otherwise["constant"])
    elif otherwise in ("keep", "empty"):
        kept = None if otherwise == "keep" else ""
    else:
        mistakes.add(f"{where}.otherwise", 'must be "keep", "empty" or { constant = "..." }')
    if "otherwise" in stated and "map" not in stated:
        mistakes.add(f"{where}.otherwise", "has no meaning without map")
    empty_means = stated.get("empty_means")
    if empty_means is not None and (name, empty_means) != ("business_type", "not_business"):
        mistakes.add(f"{where}.empty_means", 'only business_type has it, and only "not_business"')
    formats = stated.get("date_formats", feed.get("date_formats"))
    empty = [*(feed.get("empty") or []), *(stated.get("empty") or [])]
    return ColumnRule(
        column=source_columns[0] if "column" in stated and source_columns else None,
        constant=_text(stated["constant"]) if "constant" in stated else None,
        expression=stated.get("expression"),
        source_columns=source_columns,
        values=_value_map(stated.get("map"), folder, f"{where}.map", mistakes),
        otherwise=kept,
        date_formats=_checked_formats(_texts(formats, where, "date_formats", mistakes), where, mistakes),
        empty=tuple(clean(entry).lower() for entry in _texts(empty, where, "empty", mistakes)),
        empty_means=empty_means,
    )


def _covers_to(stated: Any, where: str, mistakes: _Mistakes) -> CoversTo | None:
    if stated is None:
        return None
    if not isinstance(stated, dict):
        mistakes.add(where, "must be a table")
        return None
    for key in sorted(set(stated) - {"constant", "column", "file_name", "format", "end_of_month"}):
        mistakes.add(where, f"unknown key {key}")
    if sum(key in stated for key in ("constant", "column", "file_name")) != 1:
        mistakes.add(where, "give exactly one of constant, column, file_name")
    if "file_name" in stated:
        _one_group(stated["file_name"], f"{where}.file_name", mistakes)
    return CoversTo(
        constant=_text(stated["constant"]) if "constant" in stated else None,
        column=stated.get("column"),
        file_name=stated.get("file_name"),
        format=str(stated.get("format", "%Y-%m-%d")),
        end_of_month=bool(stated.get("end_of_month", False)),
    )


def _one_group(pattern: Any, where: str, mistakes: _Mistakes) -> None:
    try:
        groups = re.compile(pattern).groups
    except (re.error, TypeError):
        mistakes.add(where, "is not a regular expression")
        return
    if groups != 1:
        mistakes.add(where, "must have exactly one group in brackets")


def _feed(stated: dict[str, Any], source: str, number: int, folder: Path, mistakes: _Mistakes) -> Feed | None:
    where = f"feed {number}"
    for key in sorted(set(stated) - _FEED_KEYS):
        mistakes.add(where, f"unknown key {key}")
    extract = stated.get("extract")
    if extract not in EXTRACTS:
        mistakes.add(f"{where}.extract", f"must be one of {', '.join(EXTRACTS)}")
        return None
    contract = load_contract(extract)
    where = f"feed {number} ({extract})"
    files = _texts(stated.get("files"), where, "files", mistakes)
    if not files:
        mistakes.add(f"{where}.files", "name at least one file pattern")
    for key, allowed in (("delivery", DELIVERIES), ("encoding", ENCODINGS), ("delimiter", DELIMITERS)):
        if stated.get(key, allowed[0] if key != "delivery" else None) not in allowed:
            mistakes.add(f"{where}.{key}", f"must be one of {', '.join(repr(a) for a in allowed)}")
    header_row = stated.get("header_row")
    if header_row is not None and (not isinstance(header_row, int) or isinstance(header_row, bool) or header_row < 1):
        mistakes.add(f"{where}.header_row", "must be a whole number from 1")
        header_row = None
    sheet = stated.get("sheet")
    if sheet is not None and (not isinstance(sheet, str) or not sheet.strip()):
        mistakes.add(f"{where}.sheet", 'must be the name of a sheet, or "*" for all visible ones with the header')
        sheet = None
    if "parts" in stated:
        _one_group(stated["parts"], f"{where}.parts", mistakes)
    columns = stated.get("columns")
    if columns == "same":
        options = stated.get("column_options", {})
        columns = {
            name: ({} if {"constant", "expression"} & set(options.get(name, {})) else {"column": name})
            | options.get(name, {})
            for name in contract.columns
        }
        columns |= {name: option for name, option in options.items() if name not in columns}
    elif "column_options" in stated:
        mistakes.add(f"{where}.column_options", 'goes only with columns = "same"')
    if not isinstance(columns, dict):
        mistakes.add(f"{where}.columns", 'must be a table of contract columns, or "same"')
        columns = {}
    rules: dict[str, ColumnRule] = {}
    for name, column in columns.items():
        if name not in contract.columns:
            mistakes.add(f"{where}.columns.{name}", "is not a column of the contract")
        else:
            rules[name] = _column_rule(name, column, stated, folder, f"{where}.columns.{name}", mistakes)
    for name in contract.required:
        if name not in columns:
            mistakes.add(f"{where}.columns.{name}", "is required and not mapped")
    one_row_per, roll_up, wrong = read_roll_up(
        stated.get("one_row_per"),
        stated.get("roll_up"),
        contract,
        varying=tuple(name for name in contract.columns if name in rules and rules[name].constant is None),
        mapped=tuple(name for name in contract.columns if name in rules),
    )
    for key, what in wrong:
        mistakes.add(f"{where}.{key}", what)
    where_columns = _expression(stated["where"], f"{where}.where", mistakes) if "where" in stated else ()
    return Feed(
        source=source,
        extract=extract,
        files=files,
        delivery=str(stated.get("delivery")),
        fingerprint="",
        columns={name: rules[name] for name in contract.columns if name in rules},
        parts=stated.get("parts"),
        where=stated.get("where"),
        where_columns=where_columns,
        encoding=str(stated.get("encoding", "auto")),
        delimiter=str(stated.get("delimiter", "auto")),
        sheet=sheet,
        header_row=header_row,
        covers_to=_covers_to(stated.get("covers_to"), f"{where}.covers_to", mistakes),
        one_row_per=one_row_per,
        roll_up=roll_up,
    )


def _fingerprint(feed: Feed) -> str:
    """What of a mapping decides how a file is read: two spellings of one mapping are one mapping."""
    text = json.dumps(asdict(replace(feed, fingerprint="")), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def load_source(path: Path) -> Source:
    """One mapping, checked. Raises UsageFault with every mistake: file, key, column."""
    mistakes = _Mistakes(path)
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise UsageFault(f"The source mapping {path.name} cannot be read: {fault}.") from None
    for key in sorted(set(stated) - {"source", "description", "feed"}):
        mistakes.add(key, "unknown key")
    if stated.get("source") != path.stem:
        mistakes.add("source", f"must be the file's name, {path.stem}")
    blocks = stated.get("feed")
    if not isinstance(blocks, list) or not blocks:
        mistakes.add("feed", "there must be at least one [[feed]]")
        blocks = []
    feeds = [_feed(block, path.stem, number, path.parent, mistakes) for number, block in enumerate(blocks, 1)]
    if mistakes.found:
        raise UsageFault(
            f"The source mapping {path} has {len(mistakes.found)} mistakes, nothing was loaded:\n  "
            + "\n  ".join(mistakes.found)
        )
    return Source(
        name=path.stem,
        description=str(stated.get("description", "")),
        feeds=tuple(replace(feed, fingerprint=_fingerprint(feed)) for feed in feeds if feed),
        path=path,
    )


def load_sources(folder: Path | None = None) -> list[Source]:
    """The shipped mappings and those of the user's folder; one of the same name there takes the shipped one's place.

    Raises UsageFault with the mistakes of all mappings together.
    """
    if folder is not None and not folder.is_dir():
        raise UsageFault(f"The folder of source mappings {folder} is not there.")
    paths = {path.stem: path for path in sorted(resources.path("data/sources").glob("[!_]*.toml"))}
    if folder is not None:
        paths |= {path.stem: path for path in sorted(folder.glob("[!_]*.toml"))}
    sources, faults = [], []
    for _, path in sorted(paths.items()):
        try:
            sources.append(load_source(path))
        except UsageFault as fault:
            faults.append(str(fault))
    if faults:
        raise UsageFault("\n".join(faults))
    return sources
