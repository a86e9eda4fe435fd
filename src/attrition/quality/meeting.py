"""How references that do not meet are to be mended: how many would meet if they were spelt alike, and the lines of the mappings
that spell them so. Counts, column names and expressions only; never a reference.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrition import reference
from attrition.contract import load_contract

if TYPE_CHECKING:
    import duckdb

    from attrition.ingest.mapping import ColumnRule, Feed

Key = tuple[str, str, str, str]
"""Rule, extract, area and column of a check that fails."""
_NORMALISED = "regexp_replace({cell}, '[^A-Za-z0-9]', '', 'g')"
_ABOUT_SPELLING = (
    "references_do_not_meet",
    "references_meet_less",
    "references_spelt_otherwise",
    "low_investigation_rate",
)
_WHERE = (
    'under [feed.columns], or under [feed.column_options] where it says columns = "same". A mapping that comes with the program '
    "is first copied into the folder of --sources. The files are then read anew."
)
_ONE_LINE = f"This line in the mapping mends it, {_WHERE}"
_LINES = f"These lines in the mappings mend it, {_WHERE}"
_OF_A_CRIME = "investigation", "crime_ref"


def remedies_of(connection: "duckdb.DuckDBPyConnection", sources: Path | None) -> dict[Key, str]:
    """For each failing check of references the way to mend it, with the line of the mapping below it; none where the rule's own
    words say all. Reads check_measure, check_spelling and check_spelling_line.
    """
    listed = ", ".join(f"'{rule}'" for rule in _ABOUT_SPELLING)
    failing = connection.execute(
        f"SELECT rule, extract, area, column_name FROM check_measure WHERE is_failing AND rule IN ({listed}) ORDER BY ALL"
    ).fetchall()
    if not failing:
        return {}
    told = connection.execute(
        "SELECT extract, column_name, area, spelling, would_meet, records, scientific FROM check_spelling ORDER BY ALL"
    ).fetchall()
    lines = connection.execute(
        "SELECT extract, column_name, area, source, line_extract, line_column FROM check_spelling_line ORDER BY ALL"
    ).fetchall()
    feeds = _feeds(sources) if lines else {}
    remedies: dict[Key, str] = {}
    for rule, extract, area, column in failing:
        said = []
        for spelt_extract, spelt_column, spelt_area, spelling, would_meet, records, scientific in told:
            if not _is_about((rule, extract, column), (spelt_extract, spelt_column)) or area not in ("", spelt_area):
                continue
            if would_meet:
                places = [line[3:] for line in lines if line[:3] == (spelt_extract, spelt_column, spelt_area)]
                said.append(_would_meet(spelling, would_meet, records, spelt_column, places, feeds))
            if scientific:
                said.append(
                    f"{scientific:,} of the references ({spelt_column}) were cut by a spreadsheet (scientific notation): no mapping "
                    "mends these. Export them again as text, straight from the system."
                )
        if said:
            remedies[rule, extract, area, column] = "\n".join(dict.fromkeys(said))
    return remedies


def _is_about(failing: tuple[str, str, str], spelt: tuple[str, str]) -> bool:
    """Whether what is known of one reference's spelling mends a check: that of the CPS as a whole rests on both of its
    references, that of crimes on the reference of the investigation.
    """
    rule, extract, column = failing
    if extract != "cps":
        return spelt == _OF_A_CRIME
    return spelt[0] == "cps" and (rule == "references_do_not_meet" or spelt[1] == column)


def _would_meet(
    spelling: str,
    would_meet: int,
    records: int,
    column: str,
    places: Sequence[tuple[str, str, str]],
    feeds: "Mapping[tuple[str, str], Sequence[Feed]]",
) -> str:
    way = {row["spelling"]: row for row in reference.rows("reference_spelling")}[spelling]
    text = f"{would_meet:,} of {records:,} references ({column}) would meet without {way['label']}."
    lines: dict[str, None] = {}
    for source, extract, target in places:
        rules = [feed.columns.get(target) for feed in feeds.get((source, extract), ())] or [None]
        for rule in rules:
            lines[f"{source}.toml, extract {extract}: {mapping_line(extract, target, way['expression'], rule)}"] = None
    if not lines:
        return text
    return "\n".join([text + " " + (_ONE_LINE if len(lines) == 1 else _LINES), *lines])


def mapping_line(extract: str, column: str, expression: str, rule: "ColumnRule | None") -> str:
    """The line of a mapping that fills `column` by `expression`, over whatever fills it now (`rule`; the contract's own name
    where the mapping is not at hand).

    >>> mapping_line("investigation", "crime_ref", "trim({cell})", None)
    "crime_ref = { expression = '''trim(\\"crime_ref\\")''' }"
    """
    cell = '"' + column + '"'
    if rule is not None and rule.expression is not None:
        cell = f"({rule.expression})::VARCHAR"
    elif rule is not None and rule.column is not None:
        cell = '"' + rule.column.replace('"', '""') + '"'
    # Loading drops the signs of such a reference anyway: what the expression then does to it must not hang on them.
    if load_contract(extract).columns[column].normalise:
        cell = _NORMALISED.format(cell=cell)
    whole = expression.format(cell=cell)
    return f"{column} = {{ expression = {_toml(whole)} }}"


def _toml(text: str) -> str:
    """A text as a literal of TOML, as it stands where that can be."""
    return json.dumps(text, ensure_ascii=False) if "'''" in text or text.endswith("'") else f"'''{text}'''"


def _feeds(sources: Path | None) -> "dict[tuple[str, str], list[Feed]]":
    from attrition.ingest.mapping import load_sources

    found: dict[tuple[str, str], list[Feed]] = {}
    for source in load_sources(sources):
        for feed in source.feeds:
            found.setdefault((feed.source, feed.extract), []).append(feed)
    return found
