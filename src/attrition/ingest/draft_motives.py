"""The lines of a draft for one strand: every text that speaks of a motive is listed, to be looked at one by one."""

import re
from collections.abc import Callable

from attrition.contract import Column, Contract
from attrition.ingest.draft_columns import SourceColumn
from attrition.ingest.draft_matching import Match
from attrition.ingest.draft_vocabulary import BLANKS, NO, STRANDS, YES
from attrition.ingest.draft_writing import comment_lines, doubts, expression, quoted, sql_text, toml_text

# Rare texts too, since each decides about a strand; beyond so many it is no list of codes.
_MOST_LISTED = 60
_SPEAKS = {"hate", "bias", "motive", "motivation", "strand", "prejudice"}


def motive_entry(column: Column, matches: dict[str, Match]) -> tuple[list[str], list[str]] | None:
    """The lines of a strand or flag that texts tell: those among [feed.columns], and a table of its own after them.

    None for other columns, and where Yes and No tell the strand.
    """
    strand = STRANDS.get(re.sub("^(hate|flag)_", "", column.name)) if column.type == "yes_no" else None
    match = matches.get(column.name) or (matches.get("strands") if strand else None)
    if strand is None or match is None:
        return None
    source = match.sources[0]
    gender = "gender" in source.words and "identity" not in source.words and column.name.endswith("transgender")
    if column.name not in matches:
        found: list[str] = _table(column, source, _strand_of(strand))
    elif len(match.sources) > 1:
        return [*_several(match), f"{column.name} = {_any_text(match.sources)}"], []
    elif gender:
        found = _table(column, source, lambda text: "Y" if re.search(strand, text) else "N")
    elif not source.counts or _is_mostly_yes_no(source):
        return None
    elif source.motives is None:
        many = f"Y where a text is given: {len(source.counts)} different texts that are no short codes"
        return [*doubts(match, many), f"{column.name} = {_any_text([source])}"], []
    else:
        found = _table(column, source, lambda text: "N" if text in NO else "Y")
    return [], found


def _is_mostly_yes_no(source: SourceColumn) -> bool:
    """Whether a column says Yes and No: what else stands in a few of its rows strayed there, and may be a name."""
    told = sum(count for text, count in source.counts.items() if text in YES | NO)
    return 2 * told >= sum(source.counts.values())


def stand_ins(contract: Contract, matches: dict[str, Match]) -> set[str]:
    """What was found to fill columns that have one of their own: the draft does not use it."""
    strands = {
        name for name in contract.columns if re.sub("^(hate|flag)_", "", name) in STRANDS and name not in matches
    }
    return ({"victim_dob"} if "victim_age" in matches else set()) | (set() if strands else {"strands"})


def other_motives(sources: list[SourceColumn]) -> list[str]:
    """A remark on columns of motives that no strand has been found for, with their texts."""
    lines = []
    for source in sources:
        if _SPEAKS & set(source.words) and source.counts:
            # A column about a flag may say who set it.
            is_safe = source.is_yes_no or source.of_strands or {"bias", "motive", "motivation"} & set(source.words)
            listed = (source.motives or [])[:_MOST_LISTED] if is_safe else []
            shown = [f"{toml_text(source.spelling[text])} {count}," for text, count in listed]
            lines += comment_lines([f" {toml_text(source.name)}:", *shown, *_left_out(source, len(listed))])
    return ["# check: these tell a motive too: map them to hate_local, or to a strand", *lines] if lines else []


def _any_text(sources: list[SourceColumn]) -> str:
    seen = {word for source in sources for word in (*source.counts, *source.blanks) if word in NO | BLANKS}
    no = ", ".join(f"'{word}'" for word in sorted({"", "no", "none", "na", "n/a"} | seen))
    tests = [f"lower(coalesce({quoted(source)}, '')) not in ({no})" for source in sources]
    return expression(f"case when {' or '.join(tests)} then 'Y' else 'N' end")


def _several(match: Match) -> list[str]:
    """The remarks on a strand that several columns tell: every text that would count."""
    lines = doubts(match, "Y where one of these columns has a text; the texts, with the number of rows:")
    for source in match.sources:
        texts = source.motives
        if texts is None:
            lines.append(f"#   {toml_text(source.name)}: {len(source.counts)} different texts, no short codes")
            continue
        shown = [f"{toml_text(source.spelling[text])} {count}," for text, count in texts[:_MOST_LISTED]]
        lines += comment_lines([f"  {toml_text(source.name)}:", *shown, *_left_out(source, len(shown))])
    return lines


def _left_out(source: SourceColumn, shown: int) -> list[str]:
    more = len(source.counts) - shown
    return [f"and {more} more: see the file"] if more else []


def _table(column: Column, source: SourceColumn, code_of: Callable[[str], str]) -> list[str]:
    """The value map of one strand over a column of motives: every text, and N where there is none.

    code_of: Y, N or nothing for a text in lower case.
    """
    cell = f"lower({quoted(source)})" if source.blanks else quoted(source)
    for blank in sorted(source.blanks):
        cell = f"nullif({cell}, '{blank}')"
    stated = sql_text(f"coalesce({cell}, 'no text')")
    texts = source.motives
    lines = ["", *(f"# check: {doubt}" for doubt in ([] if source.counts else ["no row looked at has a value here"]))]
    if texts is None and source.counts:
        lines.append(
            f"# check: {len(source.counts)} different texts that are no short codes, so none is listed; add those that count"
        )
    lines += [f"[feed.columns.{column.name}]", f"expression = {stated}", ""]
    lines += [
        f"[feed.columns.{column.name}.map]",
        "# Y: of this strand, N: not; after # the number of rows",
        '"no text" = "N"',
    ]
    listed = (texts or [])[:_MOST_LISTED]
    for text, count in listed:
        code = code_of(text)
        lines.append(
            f"{toml_text(source.spelling[text])} = {toml_text(code)}  # {count}" + ("" if code else ", choose")
        )
    return [*lines, *(f"# check: {left}" for left in _left_out(source, len(listed)) if texts)]


def _strand_of(pattern: str) -> Callable[[str], str]:
    """Which code a text of a column for all strands has for one of them; none where no strand is known for it."""

    def code(text: str) -> str:
        if re.search(pattern, text):
            return "Y"
        return "N" if text in NO or any(re.search(other, text) for other in STRANDS.values()) else ""

    return code
