"""The lines of a draft for one contract column: name, value map or expression, with the doubts about it.

Values of the file stand here only in value maps and where `SourceColumn.listable` allows it; rare ones never.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from attrition import reference
from attrition.contract import Column, Contract
from attrition.ingest.draft_columns import SourceColumn
from attrition.ingest.draft_matching import Match
from attrition.ingest.draft_vocabulary import BLANKS, NO, STRANDS, YES, guess_code

# A text that is seen once or twice may be a remark typed into a coded column.
_LISTED_FROM = 3


def toml_text(text: str) -> str:
    """A TOML text on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def sql_text(text: str) -> str:
    """A TOML text for an expression or a pattern: literal where possible, so that it stays readable."""
    return toml_text(text) if "'''" in text or not text.isprintable() else f"'''{text}'''"


def _quoted(source: SourceColumn) -> str:
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


@dataclass
class Layout:
    """What the entries of one feed share."""

    contract: Contract
    matches: dict[str, Match]
    date_formats: tuple[str, ...]
    known_force: str
    reference_column: SourceColumn | None


def _doubts(match: Match, *more: str) -> list[str]:
    doubts = [*match.doubts, *more]
    for source in match.sources:
        doubts += source.dates.doubts if source.dates else []
        doubts += [] if source.counts else ["no row looked at has a value here"]
    if not match.exact and not match.doubts:
        doubts.append("guessed from a part of the column's name")
    return [f"# check: {doubt}" for doubt in doubts]


def entry(column: Column, layout: Layout) -> tuple[list[str], list[str]]:
    """The lines of one contract column: those among [feed.columns], and a table of its own after them."""
    match = layout.matches.get(column.name)
    if match is None:
        return _without_match(column, layout), []
    source, name = match.sources[0], toml_text(match.sources[0].name)
    if column.name.startswith(("hate_", "flag_")) and column.type == "yes_no":
        gender = "gender" in source.words and "identity" not in source.words and column.name.endswith("transgender")
        if gender or len(match.sources) > 1 or (source.counts and not source.is_yes_no):
            return [
                *_doubts(match, "Y where a text is given"),
                f"{column.name} = {_strand(match.sources, gender)}",
            ], []
    if column.type == "date" or column.name.endswith("birth_year"):
        return _date_entry(column, match, layout), []
    if column.type == "integer" and source.counts and not source.is_number:
        match.doubts.append("the values are not whole numbers; what is not one comes out empty")
    if column.type == "yes_no" and set(source.counts) <= {"y", "n"}:
        return [*_doubts(match), f"{column.name} = {name}"], []
    if column.codes or column.type in ("force", "yes_no"):
        return _coded(column, match)
    if column.name == "offence_code" and any(" " in value for value in source.counts):
        match.doubts.append("Home Office codes (8P, 105B) are wanted; texts are kept as they stand")
    return [*_doubts(match), f"{column.name} = {name}"], []


def _expression(sql: str) -> str:
    return f"{{ expression = {sql_text(sql)} }}"


def _strand(sources: list[SourceColumn], gender: bool) -> str:
    if gender:
        tests = [f"regexp_matches(lower({_quoted(source)}), '{STRANDS['transgender']}')" for source in sources]
    else:
        seen = {word for source in sources for word in (*source.counts, *source.blanks) if word in NO | BLANKS}
        no = ", ".join(f"'{word}'" for word in sorted({"", "no", "none", "na", "n/a"} | seen))
        tests = [f"lower(coalesce({_quoted(source)}, '')) not in ({no})" for source in sources]
    expression = f"case when {' or '.join(tests)} then 'Y' else 'N' end"
    return _expression(expression)


def _without_match(column: Column, layout: Layout) -> list[str]:
    """Lines for a contract column that no source column has the name of: derived, required, or none."""
    matches, name, key = layout.matches, column.name, layout.reference_column
    strand = name.removeprefix("hate_").removeprefix("flag_")
    faith = matches["hate_religion"].sources[0] if "hate_religion" in matches else None
    doubt = line = ""
    if name == "force" and layout.known_force:
        doubt, line = "taken from the file's or the source's name", f'{{ constant = "{layout.known_force}" }}'
    elif "strands" in matches and strand in STRANDS and strand != name:
        test = f"regexp_matches(lower({_quoted(matches['strands'].sources[0])}), '{STRANDS[strand]}')"
        doubt, line = (
            "the words that stand for this strand",
            _expression(f"case when {test} then 'Y' else 'N' end"),
        )
    elif name == "suspect_id" and "suspect_known" in matches and key:
        yes = ", ".join(f"'{word}'" for word in sorted(YES))
        test = f"lower({_quoted(matches['suspect_known'].sources[0])}) in ({yes})"
        doubt = "a stand-in: the file says only that there is a suspect, not who"
        line = _expression(f"case when {test} then {_quoted(key)} || ' suspect' end")
    elif name == "religion_targeted" and faith and faith.counts and not faith.is_yes_no:
        doubt, line = "the same column as hate_religion", toml_text(faith.name)
    elif name in ("incident_id", "crime_ref") and key:
        doubt, line = "the file's only reference serves as incident_id and crime_ref", toml_text(key.name)
    elif column.required:
        constant = {"force": "northumbria", "incident_class": "crime"}.get(name)
        example = f'{{ constant = "{constant}" }}' if constant else '""'
        return [f"# {name} = {example}  # required: {column.description}"]
    return [f"# check: {doubt}", f"{name} = {line}"] if line else []


def _date_entry(column: Column, match: Match, layout: Layout) -> list[str]:
    source = match.sources[0]
    dates = source.dates
    name = toml_text(source.name)
    if column.type == "date" and source.counts and dates is None:
        match.doubts.append("the values are not dates in any known format: give date_formats")
    if dates is None or (column.type == "date" and not dates.serial and (layout.date_formats or not dates.formats)):
        return [*_doubts(match), f"{column.name} = {name}"]
    wanted = "'%Y'" if column.type == "integer" else "'%Y-%m-%d'"
    if dates.serial:
        day = f"DATE '1899-12-30' + CAST(floor(TRY_CAST({_quoted(source)} AS DOUBLE)) AS INTEGER)"
        # The feed's formats would not read the expression's own YYYY-MM-DD.
        own = ', date_formats = ["%Y-%m-%d"]' if column.type == "date" and layout.date_formats else ""
        expression = sql_text(f"strftime({day}, {wanted})")
        return [*_doubts(match), f"{column.name} = {{ expression = {expression}{own} }}"]
    formats = dates.formats or ("%Y-%m-%d",)
    if column.type == "integer":
        if any(form.endswith("%y") for form in formats):
            match.doubts.append("a year of two figures may be read as 20..")
        listed = ", ".join(f"'{form}'" for form in formats)
        spaced = any(" " in form for form in formats)
        day = _quoted(source) if spaced else f"regexp_extract({_quoted(source)}, '^[^ T]+')"
        year = _expression(f"strftime(try_strptime({day}, [{listed}]), {wanted})")
        return [*_doubts(match), f"{column.name} = {year}"]
    listed = ", ".join(toml_text(form) for form in formats)
    return [*_doubts(match), f"{column.name} = {{ column = {name}, date_formats = [{listed}] }}"]


def _coded(column: Column, match: Match) -> tuple[list[str], list[str]]:
    """A column with a code list: as it is where the values are codes, else with a value map."""
    source = match.sources[0]
    plain = [*_doubts(match), f"{column.name} = {toml_text(source.name)}"]
    code_list = "force" if column.type == "force" else column.codes or ""
    codes = ("Y", "N") if column.type == "yes_no" else reference.codes(code_list)
    if set(source.counts) <= {code.lower() for code in codes}:
        return plain, []
    if column.type == "force" and set(source.counts) <= {row["label"].lower() for row in reference.rows("force")}:
        mapped = '{ file = "force.csv", from = "label", to = "code" }'
        return [*_doubts(match), f"force = {{ column = {toml_text(source.name)}, map = {mapped} }}"], []
    if not source.listable(column):
        many = f"{len(source.counts)} different texts, not listed here; map those that are not codes"
        return [*_doubts(match, many), plain[-1]], []
    lines, left_out = [], 0
    for value, count in sorted(source.counts.items(), key=lambda item: (-item[1], item[0])):
        code, certain = guess_code(column, value)
        if count < _LISTED_FROM and not (code and certain):
            left_out += 1
            continue
        note = "  # choose" if not code else "" if certain else "  # check"
        lines.append(f"{toml_text(source.spelling[value])} = {toml_text(code)}{note}")
    if left_out:
        lines.append(f"# check: not listed, as they may be personal: {left_out} rare texts (see the file)")
    if len(lines) <= 3 and not any("#" in line for line in lines):
        pairs = f"{{ {', '.join(lines)} }}"
        return [
            *_doubts(match),
            f"{column.name} = {{ column = {toml_text(source.name)}, map = {pairs} }}",
        ], []
    block = ["", *_doubts(match), f"[feed.columns.{column.name}]", f"column = {toml_text(source.name)}"]
    block.append('# otherwise = "empty"  # for a text that the map does not list; without this line it is kept')
    if column.name == "business_type":
        block.append('# empty_means = "not_business"  # if an empty value says that the victim was no business')
    block += ["", f"[feed.columns.{column.name}.map]"]
    if column.type != "force":
        block += comment_lines(["codes:", *codes, '(or "" for none)'])
    return [], [*block, *lines]
