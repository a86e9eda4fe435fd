"""How a draft writes TOML: texts, the names of columns, expressions, remarks."""

import json
from collections.abc import Iterable

from attrition.ingest.draft_columns import SourceColumn
from attrition.ingest.draft_matching import Match


def toml_text(text: str) -> str:
    """A TOML text on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def sql_text(text: str) -> str:
    """A TOML text for an expression or a pattern: literal where possible, so that it stays readable."""
    return toml_text(text) if "'''" in text or not text.isprintable() else f"'''{text}'''"


def quoted(source: SourceColumn) -> str:
    """A column's name as an expression writes it."""
    return '"' + source.name.replace('"', '""') + '"'


def comment_lines(names: Iterable[str]) -> list[str]:
    """Names in comment lines of at most 110 characters."""
    lines, line = [], "#"
    for name in names:
        if len(line) + len(name) > 105 and line != "#":
            lines.append(line)
            line = "#"
        line += f" {name}"
    return [*lines, line] if line != "#" else lines


def expression(sql: str) -> str:
    return f"{{ expression = {sql_text(sql)} }}"


def doubts(match: Match, *more: str) -> list[str]:
    doubts = [*match.doubts, *more]
    for source in match.sources:
        doubts += source.dates.doubts if source.dates else []
        doubts += [] if source.counts else ["no row looked at has a value here"]
    if not match.exact and not match.doubts:
        doubts.append("guessed from a part of the column's name")
    return [f"# check: {doubt}" for doubt in doubts]
