"""Drafts a source mapping from the header and some rows of a file, for an analyst to finish.

Guesses from names (data/reference/header_synonym.csv) and values. Reads no file. Writes values of the file
only into value maps of coded columns, never one that may be personal: no identifiers, names, free text or
rare values.
"""

import calendar
import datetime as dt
import re

from attrition import reference
from attrition.contract import Contract, load_contracts
from attrition.errors import UsageFault
from attrition.ingest.day_told import NO_LIMIT, day_in_name, places_in_name
from attrition.ingest.draft_columns import source_columns
from attrition.ingest.draft_dates import file_date, fits, formats_of
from attrition.ingest.draft_entries import Layout, entry
from attrition.ingest.draft_header import Place
from attrition.ingest.draft_matching import Match, match_extracts
from attrition.ingest.draft_motives import other_motives, stand_ins
from attrition.ingest.draft_scope import one_row_lines, scope_lines
from attrition.ingest.draft_vocabulary import LOOKS_PERSONAL, words_of
from attrition.ingest.draft_writing import comment_lines, quoted, sql_text, toml_text
from attrition.ingest.split_export import parts_line

# The number of a part: "_part1", " pt 2 of 3", "-file3".
_PART = re.compile(r"(?i)(?<=[-_. ])(part|pt|file)[-_. ]?\d+([-_. ]?of[-_. ]?\d+)?$")


def _stem(file_name: str) -> str:
    return file_name.rpartition(".")[0] or file_name


def _parts(file_name: str) -> list[str]:
    """The line that joins the parts of one delivery, where the name bears the number of one."""
    found = _PART.search(_stem(file_name))
    if not found:
        return []
    front = file_name[: found.start()]
    return [f"{parts_line(front + '1', front + '2')}  # check: files whose names begin alike are parts of one delivery"]


def _glob(file_name: str) -> str:
    stem = _PART.sub("*", _stem(file_name))
    open_stem = _without_days(stem, file_date(file_name))
    # A name that is a date and nothing else would fit every file.
    stem = re.sub(r"\*[-_. ]?\*", "*", open_stem) if open_stem.strip("*_-. ") else _of_days_only(stem)
    return stem if stem.endswith("*") else f"{stem}*"


def _without_days(stem: str, dated: tuple[str, str] | None) -> str:
    """The name with a * for every day and month in it, that the next file's name may differ in."""
    for start, end in reversed(places_in_name(stem)):
        stem = f"{stem[:start]}*{stem[end:]}"
    if dated:
        # A day that orders no delivery, such as one far ahead, may say how far the data reach all the same.
        shape = re.sub(r"^.*?\(|\).*$", "", dated[0].replace("(?<![0-9])", "").replace("(?![0-9])", ""))
        stem = re.sub(shape, "*", stem)
    return re.sub(r"[\[\]]", "?", stem)


def _of_days_only(stem: str) -> str:
    """A pattern for names that are a day or month and nothing else."""
    if re.fullmatch(r"(\d\d|\D)+", stem) and not re.search(r"[^\W\d_]", stem):
        return re.sub(r"\d", "?", stem)
    # Days of one figure and of two, months with short names and long ones.
    stem = re.sub(r"[^\W\d_]+", "???*", stem)
    return re.sub(r"\d+", lambda figures: "[0-9]" * len(figures[0]) if len(figures[0]) == 4 else "[0-9]*", stem)


def _covers_to(matches: dict[str, Match], file_name: str, dated_rows: bool) -> list[str]:
    dated = file_date(file_name)
    if dated and _agrees(dated, file_name):
        pattern, form = dated
        month = [] if "%d" in form else ["end_of_month = true"]
        said = "# check: the day that the data reach to, from the file's name"
        return [
            "",
            "[feed.covers_to]",
            said,
            f"file_name = {sql_text(pattern)}",
            f'format = "{form}"',
            *month,
        ]
    source = matches["covers_to"].sources[0] if "covers_to" in matches else None
    form = (source.dates.formats or ("%Y-%m-%d",))[0] if source and source.dates else ""
    # Unlike a contract column's, this format has to describe the whole text.
    if source and form and all(fits(value, form) for value in source.counts):
        said = "# check: the column that says to which day the data reach"
        return ["", "[feed.covers_to]", said, f"column = {toml_text(source.name)}", f'format = "{form}"']
    if not dated_rows:
        lead = "# check: the rows have no date: say to which day the data reach, else this stage is not covered"
    else:
        lead = "# check: say to which day the data reach; without it the latest date in the file is taken"
    return [
        "",
        lead,
        "# [feed.covers_to]",
        '# constant = "2025-03-31"  # or file_name = \'(\\d{4}-\\d{2}-\\d{2})\', or column = "Extracted on"',
    ]


def _agrees(dated: tuple[str, str], file_name: str) -> bool:
    """Whether what was found is the day that the run reads in the name: "4 May 2025" is not all of May."""
    pattern, form = dated
    found = re.search(pattern, file_name)
    if not found:
        return False
    day = dt.datetime.strptime(found[1], form).date()
    if "%d" not in form:
        day = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day_in_name(file_name, NO_LIMIT) in (None, day)


def _known_force(*names: str) -> str:
    words = {word for name in names for word in words_of(name)}
    found = [code for code in reference.codes("force") if set(words_of(code)) <= words]
    return max(found, key=len, default="")


def _kind(contract: Contract, name: str) -> str:
    return contract.columns[name].type if name in contract.columns else ""


def _feed(contract: Contract, matches: dict[str, Match], file_name: str, source: str, place: Place) -> list[str]:
    dates = [m.sources[0].dates for name, m in matches.items() if _kind(contract, name) == "date"]
    told = [d.formats or ("%Y-%m-%d",) for d in dates if d and not d.serial]
    shared = tuple(dict.fromkeys(form for formats in told for form in formats))
    # One list for the whole feed only where no two of its formats can read one text as two different days.
    if shared == ("%Y-%m-%d",) or len({re.sub("%[dm]", "%n", form).lower() for form in shared}) < len(shared):
        shared = ()
    by_name = [matches[name] for name in ("crime_ref", "incident_id") if name in matches]
    reference_column = by_name[0].sources[0] if by_name and contract.extract in ("incident", "investigation") else None
    layout = Layout(contract, matches, shared, _known_force(file_name, source), reference_column)
    blanks = {low: text for match in matches.values() for s in match.sources for low, text in s.blanks.items()}
    lines = [
        "",
        "",
        "[[feed]]",
        f"extract = {toml_text(contract.extract)}  # {contract.grain}",
        f"files = [{toml_text(_glob(file_name))}]  # check: the names of all files of this kind",
        *_parts(file_name),
        'delivery = "update"  # or "append" (only new rows are sent) or "snapshot" (each file is the whole)',
        *place.lines,
    ]
    if shared:
        lines.append(f"date_formats = [{', '.join(toml_text(form) for form in shared)}]")
    if blanks:
        texts = ", ".join(toml_text(blanks[low]) for low in sorted(blanks))
        lines.append(f"empty = [{texts}]  # check: texts for empty")
    lines += scope_lines(contract, matches)
    lines += one_row_lines(contract, matches)
    lines += [*_covers_to(matches, file_name, bool(told)), "", "[feed.columns]"]
    tables: list[str] = []
    missing = []
    for column in contract.columns.values():
        inline, table = entry(column, layout)
        lines += inline
        tables += table
        if not inline and not table:
            missing.append(column)
    if missing:
        lines += [
            "# Nothing was found for these; they may stay out.",
            *(f'# {c.name} = ""  # {c.description}' for c in missing),
        ]
    return [*lines, *tables]


def draft_mapping(
    header: list[str],
    rows: list[list[str]],
    *,
    source: str,
    file_name: str,
    extract: str | None = None,
    place: Place | None = None,
) -> str:
    """The text of a draft mapping (TOML) for a file with this header and these first rows.

    source: name of the mapping, the stem of its file; file_name: name of the file drafted from, no folders;
    extract: the extract to draft (else guessed; a flat table may yield several feeds); place: where in the file the
    table stands. The same input gives the same text. Raises UsageFault for an unknown extract, and where the header looks like data.
    """
    contracts = load_contracts()
    if extract is not None and extract not in contracts:
        raise UsageFault(f"There is no extract of that name. Give one of: {', '.join(contracts)}.")
    titles = [title.strip() for title in header if title.strip()]
    like_data = [t for t in titles if t.replace(".", "").isdigit() or LOOKS_PERSONAL.search(t) or formats_of(t.lower())]
    if not titles or len(like_data) * 3 > len(titles):
        raise UsageFault(
            f"The header of {file_name} looks like data: it should hold the names of the columns. "
            "Put the line of names at the top of the file (or drop the lines above it) and draft again."
        )
    sources = source_columns(header, rows)
    matched = match_extracts(sources, file_name, extract)
    lines = [
        "# Draft of a source mapping: finish it by hand (docs/map-your-extract.md), then  attrition check",
        "#   # check     a guess: look at it, correct it or delete the remark",
        "#   # choose    a text without a known code: write a code between the quotes, or leave it empty",
        "#   # required  rows cannot be counted without it: remove the first # and say where it comes from",
        "# Columns that no line names are not stored.",
        f"source = {toml_text(source)}",
        f"description = {toml_text(f'Drafted from the layout of {file_name}')}  # say whose extract this is",
    ]
    used: set[str] = set()
    for name, matches in matched.items():
        feed = _feed(contracts[name], matches, file_name, source, place or Place())
        lines += feed
        unneeded = stand_ins(contracts[name], matches)
        # What was found for a column and then stands in no line after all is not used.
        written = "\n".join(line for line in feed if not line.startswith("#"))
        used |= {
            s.name
            for about, match in matches.items()
            if about not in unneeded
            for s in match.sources
            if toml_text(s.name) in written or quoted(s) in written
        }
    unused = [s for s in sources if s.name not in used and not LOOKS_PERSONAL.search(s.name)]
    if unused:
        lines += ["", "", *other_motives(unused), "# Columns of the file that nothing above uses:"]
        lines += comment_lines([toml_text(s.name) for s in unused])
    return "\n".join(lines) + "\n"
