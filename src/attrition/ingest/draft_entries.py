"""The lines of a draft for one contract column: name, value map or expression, with the doubts about it.

Values of the file stand here only in value maps and where `SourceColumn.listable` allows it; rare ones never.
"""

from dataclasses import dataclass

from attrition import reference
from attrition.contract import Column, Contract
from attrition.ingest.draft_columns import SourceColumn
from attrition.ingest.draft_matching import Match
from attrition.ingest.draft_motives import motive_entry
from attrition.ingest.draft_vocabulary import YES, guess_code
from attrition.ingest.draft_writing import comment_lines, doubts, expression, quoted, sql_text, toml_text

# A text that is seen once or twice may be a remark typed into a coded column.
_LISTED_FROM = 3


@dataclass
class Layout:
    """What the entries of one feed share."""

    contract: Contract
    matches: dict[str, Match]
    date_formats: tuple[str, ...]
    known_force: str
    reference_column: SourceColumn | None


def entry(column: Column, layout: Layout) -> tuple[list[str], list[str]]:
    """The lines of one contract column: those among [feed.columns], and a table of its own after them."""
    motive = motive_entry(column, layout.matches)
    if motive is not None:
        return motive
    match = layout.matches.get(column.name)
    if match is None:
        return _without_match(column, layout), []
    source, name = match.sources[0], toml_text(match.sources[0].name)
    if column.type == "date" or column.name.endswith("birth_year"):
        return _date_entry(column, match, layout), []
    if column.type == "integer" and source.counts and not source.is_number:
        match.doubts.append("the values are not whole numbers; what is not one comes out empty")
    if column.type == "yes_no" and set(source.counts) <= {"y", "n"}:
        return [*doubts(match), f"{column.name} = {name}"], []
    if column.codes or column.type in ("force", "yes_no"):
        return _coded(column, match)
    if column.name == "offence_code" and any(" " in value for value in source.counts):
        match.doubts.append("Home Office codes (8P, 105B) are wanted; texts are kept as they stand")
    return [*doubts(match), f"{column.name} = {name}"], []


def _without_match(column: Column, layout: Layout) -> list[str]:
    """Lines for a contract column that no source column has the name of: derived, required, or none."""
    matches, name, key = layout.matches, column.name, layout.reference_column
    faith = matches["hate_religion"].sources[0] if "hate_religion" in matches else None
    doubt = line = ""
    if name == "force" and layout.known_force:
        doubt, line = "taken from the file's or the source's name", f'{{ constant = "{layout.known_force}" }}'
    elif name == "victim_age" and {"victim_dob", "reported_date"} <= set(matches):
        born, reported = matches["victim_dob"].sources[0], matches["reported_date"].sources[0]
        doubt = "the age on the day of the report, from the date of birth" + "".join(
            f"; {d}" for d in (born.dates.doubts if born.dates else [])
        )
        line = expression(f"date_sub('year', {_moment(born)}, {_moment(reported)})")
    elif name == "suspect_id" and "suspect_known" in matches and key:
        yes = ", ".join(f"'{word}'" for word in sorted(YES))
        test = f"lower({quoted(matches['suspect_known'].sources[0])}) in ({yes})"
        doubt = "a stand-in: the file says only that there is a suspect, not who"
        line = expression(f"case when {test} then {quoted(key)} || ' suspect' end")
    elif name == "religion_targeted" and faith and faith.counts and not faith.is_yes_no:
        doubt, line = "the same column as hate_religion", toml_text(faith.name)
    elif name in ("incident_id", "crime_ref") and key:
        doubt, line = (
            "this reference serves as incident_id and crime_ref: is another column the one or the other?",
            toml_text(key.name),
        )
    elif column.required:
        constant = {"force": "northumbria", "incident_class": "crime"}.get(name)
        example = f'{{ constant = "{constant}" }}' if constant else '""'
        return [f"# {name} = {example}  # required: {column.description}"]
    return [f"# check: {doubt}", f"{name} = {line}"] if line else []


def _moment(source: SourceColumn) -> str:
    """The expression that reads a column of dates; nothing where a value cannot be read."""
    dates = source.dates
    if dates and dates.serial:
        return f"DATE '1899-12-30' + CAST(floor(TRY_CAST({quoted(source)} AS DOUBLE)) AS INTEGER)"
    formats = (dates.formats if dates else ()) or ("%Y-%m-%d",)
    listed = ", ".join(f"'{form}'" for form in formats)
    day = quoted(source) if any(" " in form for form in formats) else f"regexp_extract({quoted(source)}, '^[^ T]+')"
    return f"try_strptime({day}, [{listed}])"


def _date_entry(column: Column, match: Match, layout: Layout) -> list[str]:
    source = match.sources[0]
    dates = source.dates
    name = toml_text(source.name)
    if column.type == "date" and source.counts and dates is None:
        match.doubts.append("the values are not dates in any known format: give date_formats")
    if dates is None or (column.type == "date" and not dates.serial and (layout.date_formats or not dates.formats)):
        return [*doubts(match), f"{column.name} = {name}"]
    wanted = "'%Y'" if column.type == "integer" else "'%Y-%m-%d'"
    if dates.serial:
        # The feed's formats would not read the expression's own YYYY-MM-DD.
        own = ', date_formats = ["%Y-%m-%d"]' if column.type == "date" and layout.date_formats else ""
        stated = sql_text(f"strftime({_moment(source)}, {wanted})")
        return [*doubts(match), f"{column.name} = {{ expression = {stated}{own} }}"]
    formats = dates.formats or ("%Y-%m-%d",)
    if column.type == "integer":
        if any(form.endswith("%y") for form in formats):
            match.doubts.append("a year of two figures may be read as 20..")
        return [*doubts(match), f"{column.name} = {expression(f'strftime({_moment(source)}, {wanted})')}"]
    listed = ", ".join(toml_text(form) for form in formats)
    return [*doubts(match), f"{column.name} = {{ column = {name}, date_formats = [{listed}] }}"]


def _coded(column: Column, match: Match) -> tuple[list[str], list[str]]:
    """A column with a code list: as it is where the values are codes, else with a value map."""
    source = match.sources[0]
    plain = [*doubts(match), f"{column.name} = {toml_text(source.name)}"]
    code_list = "force" if column.type == "force" else column.codes or ""
    codes = ("Y", "N") if column.type == "yes_no" else reference.codes(code_list)
    if set(source.counts) <= {code.lower() for code in codes}:
        return plain, []
    if column.type == "force" and set(source.counts) <= {row["label"].lower() for row in reference.rows("force")}:
        mapped = '{ file = "force.csv", from = "label", to = "code" }'
        return [*doubts(match), f"force = {{ column = {toml_text(source.name)}, map = {mapped} }}"], []
    if not source.listable(column):
        many = f"{len(source.counts)} different texts, not listed here; map those that are not codes"
        return [*doubts(match, many), plain[-1]], []
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
            *doubts(match),
            f"{column.name} = {{ column = {toml_text(source.name)}, map = {pairs} }}",
        ], []
    block = ["", *doubts(match), f"[feed.columns.{column.name}]", f"column = {toml_text(source.name)}"]
    block.append('# otherwise = "empty"  # for a text that the map does not list; without this line it is kept')
    if column.name == "business_type":
        block.append('# empty_means = "not_business"  # if an empty value says that the victim was no business')
    block += ["", f"[feed.columns.{column.name}.map]"]
    if column.type != "force":
        block += comment_lines(["codes:", *codes, '(or "" for none)'])
    return [], [*block, *lines]
