"""Drafts a source mapping from the header and some rows of a file, for an analyst to finish.

Guesses from names (data/reference/header_synonym.csv) and values. Reads no file. Writes values of the file
only into value maps of coded columns, never one that may be personal: no identifiers, names, free text or
rare values.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from attrition import reference
from attrition.contract import EXTRACTS, Column, Contract, load_contracts
from attrition.errors import UsageFault
from attrition.ingest.reading import column_names

_BLANKS = {"na", "n/a", "#n/a", "-", "--", ".", "null", "none", "nil", "(blank)", "not applicable"}
_YES, _NO = {"y", "yes", "true", "t", "1"}, {"n", "no", "false", "f", "0"}
# A coded column has few texts; one that is seen once or twice may be a remark typed into it.
_MOST_LISTED, _LISTED_FROM = 40, 3
_SAMPLED = 1_000
# One word for the words that systems use for the same thing, so that headers and synonyms meet.
_SAME = {
    "number": "no", "num": "no", "nr": "no", "reference": "ref", "identifier": "id", "dt": "date",
    "datetime": "date", "offender": "suspect", "accused": "suspect", "complainant": "victim",
    "aggrieved": "victim",
}  # fmt: skip
_IDLE = {"of", "the", "a", "an", "is", "was", "to", "for", "in", "on", "by", "or", "and", "any"}
_ROLES = {"victim", "suspect", "defendant", "witness", "officer", "oic", "cps"}
_PERSONAL = {
    "name", "surname", "forename", "firstname", "lastname", "address", "postcode", "dob", "birth", "phone",
    "mobile", "telephone", "email", "nino", "pnc", "cro", "narrative", "note", "notes", "comment", "comments",
    "summary", "mo", "circumstances", "statement", "alias", "officer",
}  # fmt: skip
_LOOKS_PERSONAL = re.compile(
    r"@|\d{5}|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b", re.I
)
_STRANDS = {
    "race": r"\brac|ethnic|nationalit",
    "religion": r"relig|faith|islam|muslim|jew|semit|sikh|hindu",
    "sexual_orientation": r"\bsexual|homosex|bisex|homoph|biph|gay|lesb|orientation",
    "disability": r"disab",
    "transgender": r"\btrans",
}
# Columns that make a file worth a second feed: a flat incident table with the investigation beside it.
_OWN = {
    "incident": {"incident_id", "reported_date"},
    "investigation": {
        "suspect_id", "suspect_known", "suspect_identified_date", "investigating_unit", "victim_support",
        "file_submitted_date", "outcome_code", "outcome_date",
    },
    "cps": {"urn", "defendant_id", "received_date"},
    "cps_event": {"urn", "defendant_id", "event", "date"},
}  # fmt: skip
_DATE_SHAPES: list[tuple[str, tuple[str, ...]]] = [
    (r"\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",)),
    (r"\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",)),
    (r"\d{8}", ("%Y%m%d",)),
    (r"\d{4}-\d{2}", ("%Y-%m",)),
    (r"\d{1,2}/\d{4}", ("%m/%Y",)),
    (r"[a-z]{3} \d{4}", ("%b %Y",)),
    (r"[a-z]{3}-\d{2}", ("%b-%y",)),
    (r"[a-z]{3,9} \d{1,2}, \d{4}", ("%b %d, %Y", "%B %d, %Y")),
]
for _sign in "/-.":
    _DATE_SHAPES += [
        (
            rf"\d{{1,2}}\{_sign}\d{{1,2}}\{_sign}\d{{{size}}}",
            (f"%d{_sign}%m{_sign}{year}", f"%m{_sign}%d{_sign}{year}"),
        )
        for size, year in ((4, "%Y"), (2, "%y"))
    ]
for _sign in "- ":
    _DATE_SHAPES += [
        (
            rf"\d{{1,2}}{_sign}[a-z]{{3,9}}{_sign}\d{{{size}}}",
            (f"%d{_sign}%b{_sign}{year}", f"%d{_sign}%B{_sign}{year}"),
        )
        for size, year in ((4, "%Y"), (2, "%y"))
    ]
_TIMES = (
    "%H:%M",
    "%H:%M:%S",
    "%H:%M:%S.%f",
    "%I:%M:%S %p",
    "%I:%M %p",
    "%H:%MZ",
    "%H:%M:%SZ",
    "%H:%M:%S.%fZ",
)


def _words(text: str) -> tuple[str, ...]:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    words = [_SAME.get(word, word) for word in re.findall(r"[^\W_]+", parted.lower())]
    if "date" in words:
        words = [word for word in words if word != "time"]
    return tuple(word for word in words if word not in _IDLE)


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in _words(text))


@cache
def _names(column: str) -> tuple[tuple[str, ...], ...]:
    """The names of a contract column, as words, the contract's own first."""
    known = [
        row["synonym"]
        for row in reference.rows("header_synonym")
        if row["column"] == column and not row["code"]
    ]
    return tuple(dict.fromkeys(_words(name) for name in [column, *known]))


@cache
def _phrases(column: str, code_list: str) -> tuple[tuple[frozenset[str], str], ...]:
    """Texts that stand for a code: the code, its label, synonyms; as sets of words, longest first."""
    table = reference.rows(code_list if code_list in reference.TABLES else "code_list")
    found = []
    for row in table:
        if row.get("list", code_list) == code_list:
            group = row.get("ethnic_group", "")
            texts = [
                row["code"],
                row["label"],
                *([f"{group} {row['label']}", f"{group} or {group} british {row['label']}"] if group else []),
            ]
            found += [(_stems(text), row["code"]) for text in texts]
    synonyms = reference.rows("header_synonym")
    found += [
        (_stems(row["synonym"]), row["code"]) for row in synonyms if row["column"] == column and row["code"]
    ]
    return tuple(sorted(((words, code) for words, code in found if words), key=lambda pair: -len(pair[0])))


def _guess_code(column: Column, value: str) -> tuple[str, bool]:
    """The code that a text probably stands for ("" if none), and whether that is certain."""
    if column.type == "yes_no":
        plain = value.strip().lower()
        return ("Y" if plain in _YES else "N" if plain in _NO else ""), True
    code_list = "force" if column.type == "force" else column.codes or ""
    codes = {code.lower(): code for code in reference.codes(code_list)}
    if value.strip().lower() in codes:
        return codes[value.strip().lower()], True
    words = _stems(value)
    for phrase, code in _phrases(column.name, code_list):
        if phrase == words:
            return code, True
    # "16 - Victim does not support", "Outcome 16", "A1: Indian"
    led = re.match(r"(?:outcome |type )?0*([a-z]?\d{1,3}[a-z]?|[fmx])(?:\W|$)", value.strip().lower())
    if led and led[1] in codes:
        return codes[led[1]], False
    for phrase, code in _phrases(column.name, code_list):
        if phrase < words and max(map(len, phrase)) > 2:
            return code, False
    return "", False


@dataclass
class _Dates:
    """How a column writes dates: strptime formats (none for the default YYYY-MM-DD) and what is doubtful."""

    formats: tuple[str, ...] = ()
    doubts: list[str] = field(default_factory=list)
    open_order: bool = False
    serial: bool = False


@dataclass
class _Source:
    """One column of the file: its name and what its values look like (counted without regard to case)."""

    name: str
    words: tuple[str, ...]
    counts: Counter[str]
    spelling: dict[str, str]
    blanks: dict[str, str]
    dates: _Dates | None = None

    @property
    def filled(self) -> int:
        return sum(self.counts.values())

    @property
    def is_yes_no(self) -> bool:
        return bool(self.counts) and sum(value in _YES | _NO for value in self.counts) * 2 >= len(self.counts)

    @property
    def is_number(self) -> bool:
        whole = sum(count for value, count in self.counts.items() if re.fullmatch(r"\d{1,4}", value))
        return whole * 5 >= self.filled * 4

    def listable(self, column: Column) -> bool:
        """Whether the column is a short list of codes, so that its values may stand in a draft."""
        if not self.counts or len(self.counts) > _MOST_LISTED or _PERSONAL & set(self.words) or self.dates:
            return False
        if any(len(value) > 100 or _LOOKS_PERSONAL.search(value) for value in self.counts):
            return False
        known = sum(bool(_guess_code(column, value)[0]) for value in self.counts)
        return self.filled >= 3 * len(self.counts) or known * 5 >= len(self.counts) * 4


def _fits(value: str, pattern: str) -> bool:
    try:
        return 1900 <= datetime.strptime(value, pattern).year <= 2100
    except ValueError:
        return False


def _formats_of(value: str) -> tuple[str, ...]:
    """All formats in which a text is a date; two of them where day and month may be exchanged."""
    day, mark, time = value, "", ""
    if timed := re.fullmatch(r"(.*?)([ t])(\d{1,2}:\d{2}.*)", value):
        day, mark, time = timed[1], timed[2].upper(), timed[3].upper()
    suffix = next((mark + form for form in _TIMES if _fits(f"2000 {time}", f"%Y {form}")), "") if time else ""
    if time and not suffix:
        return ()
    forms = [
        form
        for shape, known in _DATE_SHAPES
        if re.fullmatch(shape, day)
        for form in known
        if _fits(day, form)
    ]
    # Reading drops a time that follows the figures of a date; after the name of a month it is spelt out.
    return tuple(form + suffix if " " in form or "%b" in form.lower() else form for form in forms)


def _read_dates(words: tuple[str, ...], values: list[str]) -> _Dates | None:
    """How a column's values write dates, or None where they are not dates."""
    if (
        "date" in words
        and sum(bool(re.fullmatch(r"[2-5]\d{4}(\.\d+)?", v)) for v in values) * 5 > len(values) * 4
    ):
        return _Dates(serial=True, doubts=["the values look like Excel's day numbers"])
    if not ("date" in words or "dob" in words) and all(value.isdigit() for value in values):
        return None
    found = Counter(formats for value in values if (formats := _formats_of(value)))
    if not found or sum(found.values()) * 5 < len(values) * 4:
        return None
    if all(form.startswith("%Y-%m-%d") for formats in found for form in formats):
        return _Dates()
    result = _Dates()
    chosen: list[str] = []
    month_only = {form for formats in found for form in formats if "%d" not in form}
    pairs = {formats[:2] for formats in found if len(formats) > 1 and "%m" in formats[0]}
    day_first = sum(n for formats, n in found.items() if _order(formats) == "day")
    month_first = sum(n for formats, n in found.items() if _order(formats) == "month")
    if day_first and month_first:
        result.doubts.append(
            f"{day_first} values fit only day first, {month_first} only month first; what fits both ways "
            "cannot be told apart: ask the supplier"
        )
    elif pairs and not day_first and not month_first:
        result.open_order = True
    for formats, _ in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        pick = formats[0]
        if _order(formats) == "both" and month_first > day_first:
            pick = formats[1]
        if not (day_first and month_first) or _order(formats) != (
            "month" if day_first >= month_first else "day"
        ):
            chosen.append(pick)
    if month_only:
        result.doubts.append("a month without a day is read as its first day")
    unread = len(values) - sum(found.values())
    if unread:
        result.doubts.append(f"{unread} of {len(values)} values looked at are not dates in any known format")
    result.formats = tuple(dict.fromkeys(chosen))
    return result


def _order(formats: tuple[str, ...]) -> str:
    numeric = [form for form in formats if re.match(r"%[dm][/.-]%[dm]", form)]
    if not numeric:
        return ""
    return "both" if len(numeric) > 1 else "day" if numeric[0].startswith("%d") else "month"


def _sources(header: list[str], rows: list[list[str]]) -> list[_Source]:
    found = []
    for index, name in enumerate(column_names([title.strip() for title in header])):
        written = Counter(row[index].strip() for row in rows if index < len(row))
        del written[""]
        counts: Counter[str] = Counter()
        spelling: dict[str, str] = {}
        for value, count in sorted(written.items(), key=lambda item: (-item[1], item[0])):
            counts[value.lower()] += count
            spelling.setdefault(value.lower(), value)
        blanks = {value: spelling[value] for value in counts.keys() & _BLANKS}
        for value in blanks:
            del counts[value]
        source = _Source(name, _words(name), counts, spelling, blanks)
        source.dates = _read_dates(source.words, sorted(counts)[:: len(counts) // _SAMPLED + 1])
        found.append(source)
    orders = {
        _order(s.dates.formats[:1]) for s in found if s.dates and s.dates.formats and not s.dates.open_order
    }
    for source in found:
        if source.dates and source.dates.open_order:
            if orders & {"day", "month"} == {"month"}:
                source.dates.formats = tuple(_month_first(form) for form in source.dates.formats)
                source.dates.doubts.append(
                    "every value fits day first and month first: month first is taken, as in other columns"
                )
            else:
                source.dates.doubts.append(
                    "every value fits day first and month first (American): day first is assumed"
                )
    return found


def _month_first(form: str) -> str:
    return re.sub(r"^%d([/.-])%m", r"%m\1%d", form)


@dataclass
class _Match:
    """What fills a contract column: source columns, and how sure that is."""

    sources: list[_Source]
    exact: bool
    doubts: list[str] = field(default_factory=list)


def _suits(kind: str, name: str, source: _Source, exact: bool) -> bool:
    """Whether the values may be those of the contract column."""
    if not source.counts:
        suits = True
    elif kind == "date":
        suits = source.dates is not None or (exact and "date" in source.words)
    elif name.endswith("birth_year"):
        suits = source.is_number or source.dates is not None
    elif source.dates is not None:
        suits = exact and kind in ("text", "pseudonym")
    elif kind == "yes_no" and not (exact and name.startswith(("hate_", "flag_"))):
        suits = source.is_yes_no
    else:
        suits = exact or kind != "integer" or source.is_number
    return suits


def _match(contract: Contract, sources: list[_Source]) -> dict[str, _Match]:
    """The source columns that fit each contract column (and suspect_known, strands, covers_to) best."""
    kinds = {name: column.type for name, column in contract.columns.items()} | {"covers_to": "date"}
    if contract.extract == "investigation":
        # A Yes/No that says only that there is a suspect; an incident's reference stands in for a crime's.
        kinds |= {"suspect_known": "yes_no", "incident_id": "text"}
    if contract.extract in ("incident", "cps"):
        kinds["strands"] = "text"
    ranked = []
    for order, (name, kind) in enumerate(kinds.items()):
        for place, source in enumerate(sources):
            score = _score(name, source.words)
            if score and _suits(kind, name, source, score >= 100):
                ranked.append((-score, order, place, name))
    matches: dict[str, _Match] = {}
    taken: set[int] = set()
    for score, _, place, name in sorted(ranked):
        exact = score <= -100
        if name in matches and not (exact and matches[name].exact and name.startswith("hate_")):
            continue
        if place not in taken:
            taken.add(place)
            matches.setdefault(name, _Match([], exact)).sources.append(sources[place])
    _match_by_values(contract, [s for place, s in enumerate(sources) if place not in taken], matches)
    return matches


def _score(name: str, words: tuple[str, ...]) -> int:
    """How well a header fits a contract column's names: 100 and more for the same words, 0 for none."""
    best = 0
    for rank, known in enumerate(_names(name)):
        if words and (sorted(words) == sorted(known) or "".join(words) == "".join(known)):
            best = max(best, 101 if rank == 0 else 100)
        elif known and set(known) < set(words) and not (set(words) - set(known)) & (_ROLES | _PERSONAL):
            best = max(best, 60 + 10 * len(known) - 5 * (len(words) - len(known)))
    return best


def _match_by_values(contract: Contract, free: list[_Source], matches: dict[str, _Match]) -> None:
    for column in contract.columns.values():
        if column.name in matches or not (column.codes or column.type == "force"):
            continue
        for source in [source for source in free if source.listable(column)]:
            # Small numbers and Yes/No stand in any list: they prove nothing.
            values = [value for value in source.counts if not value.isdigit() and value not in _YES | _NO]
            guesses = [_guess_code(column, value) for value in values]
            known = {code for code, certain in guesses if code and certain}
            wrong_role = _ROLES & set(source.words) - set(_words(column.name))
            enough = len(known) > (0 if column.type == "force" else 1) and len(known) * 5 >= len(values) * 4
            if enough and not wrong_role:
                matches[column.name] = _Match([source], False, ["chosen for its values"])
                free.remove(source)
                break
    dated = [source for source in free if source.dates]
    main = {"incident": "reported_date", "investigation": "outcome_date", "cps": "received_date"}.get(
        contract.extract
    )
    if main and main not in matches and len(dated) == 1:
        matches[main] = _Match(dated, False, ["the only column of dates that is left"])


def _chosen_extracts(matched: dict[str, dict[str, _Match]], file_name: str) -> list[str]:
    """The extract that fits best, and those that the same file can feed too."""
    words = set(_words(file_name))

    def rank(extract: str) -> tuple[int, int]:
        kept = {name: m for name, m in matched[extract].items() if name not in ("covers_to", "force")}
        points = sum(3 if match.exact else 1 for match in kept.values())
        points += sum(4 if name in kept else -2 for name in load_contracts()[extract].required)
        points += 3 if set(_words(extract)) <= words else 0
        return points, -EXTRACTS.index(extract)

    main = max(EXTRACTS, key=rank)
    if main in ("cps", "cps_event"):
        return [main]
    chosen = [main]
    for other in ("incident", "investigation", "cps"):
        strong = {name for name, match in matched[other].items() if match.exact}
        own = strong & _OWN[other]
        if other != main and (own if other == "investigation" else own == _OWN[other]):
            chosen.append(other)
    return sorted(chosen, key=EXTRACTS.index)


def _text(text: str) -> str:
    """A TOML text on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _sql_text(text: str) -> str:
    """A TOML text for an expression or a pattern: literal where possible, so that it stays readable."""
    return _text(text) if "'''" in text or not text.isprintable() else f"'''{text}'''"


def _quoted(source: _Source) -> str:
    return '"' + source.name.replace('"', '""') + '"'


def _listed(names: Iterable[str]) -> list[str]:
    """Names in comment lines of at most 110 characters."""
    lines, line = [], "#"
    for name in names:
        if len(line) + len(name) > 105 and line != "#":
            lines.append(line)
            line = "#"
        line += f" {name}"
    return [*lines, line] if line != "#" else lines


@dataclass
class _Layout:
    """What the entries of one feed share."""

    contract: Contract
    matches: dict[str, _Match]
    date_formats: tuple[str, ...]
    known_force: str
    reference_column: _Source | None


def _doubts(match: _Match, *more: str) -> list[str]:
    doubts = [*match.doubts, *more]
    for source in match.sources:
        doubts += source.dates.doubts if source.dates else []
        doubts += [] if source.counts else ["no row looked at has a value here"]
    if not match.exact and not match.doubts:
        doubts.append("guessed from a part of the column's name")
    return [f"# check: {doubt}" for doubt in doubts]


def _entry(column: Column, layout: _Layout) -> tuple[list[str], list[str]]:
    """The lines of one contract column: those among [feed.columns], and a table of its own after them."""
    match = layout.matches.get(column.name)
    if match is None:
        return _without_match(column, layout), []
    source, name = match.sources[0], _text(match.sources[0].name)
    if column.name.startswith(("hate_", "flag_")) and column.type == "yes_no":
        gender = (
            "gender" in source.words
            and "identity" not in source.words
            and column.name.endswith("transgender")
        )
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
    return f"{{ expression = {_sql_text(sql)} }}"


def _strand(sources: list[_Source], gender: bool) -> str:
    if gender:
        tests = [
            f"regexp_matches(lower({_quoted(source)}), '{_STRANDS['transgender']}')" for source in sources
        ]
    else:
        seen = {
            word for source in sources for word in (*source.counts, *source.blanks) if word in _NO | _BLANKS
        }
        no = ", ".join(f"'{word}'" for word in sorted({"", "no", "none", "na", "n/a"} | seen))
        tests = [f"lower(coalesce({_quoted(source)}, '')) not in ({no})" for source in sources]
    expression = f"case when {' or '.join(tests)} then 'Y' else 'N' end"
    return _expression(expression)


def _without_match(column: Column, layout: _Layout) -> list[str]:
    """Lines for a contract column that no source column has the name of: derived, required, or none."""
    matches, name, key = layout.matches, column.name, layout.reference_column
    strand = name.removeprefix("hate_").removeprefix("flag_")
    faith = matches["hate_religion"].sources[0] if "hate_religion" in matches else None
    doubt = line = ""
    if name == "force" and layout.known_force:
        doubt, line = "taken from the file's or the source's name", f'{{ constant = "{layout.known_force}" }}'
    elif "strands" in matches and strand in _STRANDS and strand != name:
        test = f"regexp_matches(lower({_quoted(matches['strands'].sources[0])}), '{_STRANDS[strand]}')"
        doubt, line = (
            "the words that stand for this strand",
            _expression(f"case when {test} then 'Y' else 'N' end"),
        )
    elif name == "suspect_id" and "suspect_known" in matches and key:
        yes = ", ".join(f"'{word}'" for word in sorted(_YES))
        test = f"lower({_quoted(matches['suspect_known'].sources[0])}) in ({yes})"
        doubt = "a stand-in: the file says only that there is a suspect, not who"
        line = _expression(f"case when {test} then {_quoted(key)} || ' suspect' end")
    elif name == "religion_targeted" and faith and faith.counts and not faith.is_yes_no:
        doubt, line = "the same column as hate_religion", _text(faith.name)
    elif name in ("incident_id", "crime_ref") and key:
        doubt, line = "the file's only reference serves as incident_id and crime_ref", _text(key.name)
    elif column.required:
        constant = {"force": "northumbria", "incident_class": "crime"}.get(name)
        example = f'{{ constant = "{constant}" }}' if constant else '""'
        return [f"# {name} = {example}  # required: {column.description}"]
    return [f"# check: {doubt}", f"{name} = {line}"] if line else []


def _date_entry(column: Column, match: _Match, layout: _Layout) -> list[str]:
    source = match.sources[0]
    dates = source.dates
    name = _text(source.name)
    if column.type == "date" and source.counts and dates is None:
        match.doubts.append("the values are not dates in any known format: give date_formats")
    if dates is None or (
        column.type == "date" and not dates.serial and (layout.date_formats or not dates.formats)
    ):
        return [*_doubts(match), f"{column.name} = {name}"]
    wanted = "'%Y'" if column.type == "integer" else "'%Y-%m-%d'"
    if dates.serial:
        day = f"DATE '1899-12-30' + CAST(floor(TRY_CAST({_quoted(source)} AS DOUBLE)) AS INTEGER)"
        # The feed's formats would not read the expression's own YYYY-MM-DD.
        own = ', date_formats = ["%Y-%m-%d"]' if column.type == "date" and layout.date_formats else ""
        expression = _sql_text(f"strftime({day}, {wanted})")
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
    listed = ", ".join(_text(form) for form in formats)
    return [*_doubts(match), f"{column.name} = {{ column = {name}, date_formats = [{listed}] }}"]


def _coded(column: Column, match: _Match) -> tuple[list[str], list[str]]:
    """A column with a code list: as it is where the values are codes, else with a value map."""
    source = match.sources[0]
    plain = [*_doubts(match), f"{column.name} = {_text(source.name)}"]
    code_list = "force" if column.type == "force" else column.codes or ""
    codes = ("Y", "N") if column.type == "yes_no" else reference.codes(code_list)
    if set(source.counts) <= {code.lower() for code in codes}:
        return plain, []
    if column.type == "force" and set(source.counts) <= {
        row["label"].lower() for row in reference.rows("force")
    }:
        mapped = '{ file = "force.csv", from = "label", to = "code" }'
        return [*_doubts(match), f"force = {{ column = {_text(source.name)}, map = {mapped} }}"], []
    if not source.listable(column):
        many = f"{len(source.counts)} different texts, not listed here; map those that are not codes"
        return [*_doubts(match, many), plain[-1]], []
    lines, left_out = [], 0
    for value, count in sorted(source.counts.items(), key=lambda item: (-item[1], item[0])):
        code, certain = _guess_code(column, value)
        if count < _LISTED_FROM and not (code and certain):
            left_out += 1
            continue
        note = "  # choose" if not code else "" if certain else "  # check"
        lines.append(f"{_text(source.spelling[value])} = {_text(code)}{note}")
    if left_out:
        lines.append(f"# check: not listed, as they may be personal: {left_out} rare texts (see the file)")
    if len(lines) <= 3 and not any("#" in line for line in lines):
        pairs = f"{{ {', '.join(lines)} }}"
        return [*_doubts(match), f"{column.name} = {{ column = {_text(source.name)}, map = {pairs} }}"], []
    block = ["", *_doubts(match), f"[feed.columns.{column.name}]", f"column = {_text(source.name)}"]
    block.append(
        '# otherwise = "empty"  # for a text that the map does not list; without this line it is kept'
    )
    if column.name == "business_type":
        block.append(
            '# empty_means = "not_business"  # if an empty value says that the victim was no business'
        )
    block += ["", f"[feed.columns.{column.name}.map]"]
    if column.type != "force":
        block += _listed(["codes:", *codes, '(or "" for none)'])
    return [], [*block, *lines]


_FILE_DATES = [
    (shape.replace(" ", sign), form.replace(" ", sign))
    for shape, form in (
        (r"\d{4} \d{2} \d{2}", "%Y %m %d"),
        (r"\d{2} \d{2} \d{4}", "%d %m %Y"),
        (r"\d{4} \d{2}", "%Y %m"),
        (r"[A-Za-z]{3} \d{4}", "%b %Y"),
    )
    for sign in ("-", "_", ".", " ", "")
]


def _file_date(file_name: str) -> tuple[str, str] | None:
    """A pattern with one group that finds the (last) date in a file name, and the date's format."""
    for shape, form in _FILE_DATES:
        alone = rf"(?<![0-9])({shape})(?![0-9])"
        texts = re.findall(alone, file_name)
        if texts and all(_fits(text, form) for text in texts):
            simple = re.search(f"({shape})", file_name)
            if len(texts) > 1:
                return f".*{alone}", form
            return f"({shape})" if simple and simple[1] == texts[0] else alone, form
    return None


def _glob(file_name: str) -> str:
    stem = file_name.rpartition(".")[0] or file_name
    if dated := _file_date(file_name):
        shape = re.sub(r"^.*?\(|\).*$", "", dated[0].replace("(?<![0-9])", "").replace("(?![0-9])", ""))
        open_stem = re.sub(shape, "*", stem)
        # A name that is a date and nothing else would fit every file.
        stem = open_stem if open_stem.strip("*_-. ") else re.sub(r"\d", "?", stem)
    stem = re.sub(r"[\[\]]", "?", stem)
    return stem if stem.endswith("*") else f"{stem}*"


def _covers_to(matches: dict[str, _Match], file_name: str, dated_rows: bool) -> list[str]:
    if dated := _file_date(file_name):
        pattern, form = dated
        month = [] if "%d" in form else ["end_of_month = true"]
        said = "# check: the day that the data reach to, from the file's name"
        return [
            "",
            "[feed.covers_to]",
            said,
            f"file_name = {_sql_text(pattern)}",
            f'format = "{form}"',
            *month,
        ]
    source = matches["covers_to"].sources[0] if "covers_to" in matches else None
    form = (source.dates.formats or ("%Y-%m-%d",))[0] if source and source.dates else ""
    # Unlike a contract column's, this format has to describe the whole text.
    if source and form and all(_fits(value, form) for value in source.counts):
        said = "# check: the column that says to which day the data reach"
        return ["", "[feed.covers_to]", said, f"column = {_text(source.name)}", f'format = "{form}"']
    if not dated_rows:
        lead = (
            "# check: the rows have no date: say to which day the data reach, else this stage is not covered"
        )
    else:
        lead = "# check: say to which day the data reach; without it the latest date in the file is taken"
    return [
        "",
        lead,
        "# [feed.covers_to]",
        '# constant = "2025-03-31"  # or file_name = \'(\\d{4}-\\d{2}-\\d{2})\', or column = "Extracted on"',
    ]


def _known_force(*names: str) -> str:
    words = {word for name in names for word in _words(name)}
    found = [code for code in reference.codes("force") if set(_words(code)) <= words]
    return max(found, key=len, default="")


def _kind(contract: Contract, name: str) -> str:
    return contract.columns[name].type if name in contract.columns else ""


def _feed(contract: Contract, matches: dict[str, _Match], file_name: str, source: str) -> list[str]:
    dates = [m.sources[0].dates for name, m in matches.items() if _kind(contract, name) == "date"]
    told = [d.formats or ("%Y-%m-%d",) for d in dates if d and not d.serial]
    shared = tuple(dict.fromkeys(form for formats in told for form in formats))
    # One list for the whole feed only where no two of its formats can read one text as two different days.
    if shared == ("%Y-%m-%d",) or len({re.sub("%[dm]", "%n", form).lower() for form in shared}) < len(shared):
        shared = ()
    by_name = [matches[name] for name in ("crime_ref", "incident_id") if name in matches]
    reference_column = (
        by_name[0].sources[0] if by_name and contract.extract in ("incident", "investigation") else None
    )
    layout = _Layout(contract, matches, shared, _known_force(file_name, source), reference_column)
    blanks = {
        low: text for match in matches.values() for s in match.sources for low, text in s.blanks.items()
    }
    lines = [
        "",
        "",
        "[[feed]]",
        f"extract = {_text(contract.extract)}  # {contract.grain}",
        f"files = [{_text(_glob(file_name))}]  # check: the names of all files of this kind",
        'delivery = "update"  # or "append" (only new rows are sent) or "snapshot" (each file is the whole)',
    ]
    if shared:
        lines.append(f"date_formats = [{', '.join(_text(form) for form in shared)}]")
    if blanks:
        lines.append(
            f"empty = [{', '.join(_text(blanks[low]) for low in sorted(blanks))}]  # check: texts for empty"
        )
    lines.append("# where = '\"Column\" is not null'  # only rows for which this is true are counted")
    lines += [*_covers_to(matches, file_name, bool(told)), "", "[feed.columns]"]
    tables: list[str] = []
    missing = []
    for column in contract.columns.values():
        inline, table = _entry(column, layout)
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
    header: list[str], rows: list[list[str]], *, source: str, file_name: str, extract: str | None = None
) -> str:
    """The text of a draft mapping (TOML) for a file with this header and these first rows.

    source: name of the mapping, the stem of its file; file_name: name of the file drafted from, no folders;
    extract: the extract to draft (else guessed; a flat table may yield several feeds). The same input gives
    the same text. Raises UsageFault for an unknown extract, and where the header looks like data.
    """
    contracts = load_contracts()
    if extract is not None and extract not in contracts:
        raise UsageFault(f"There is no extract of that name. Give one of: {', '.join(contracts)}.")
    titles = [title.strip() for title in header if title.strip()]
    like_data = [
        t
        for t in titles
        if t.replace(".", "").isdigit() or _LOOKS_PERSONAL.search(t) or _formats_of(t.lower())
    ]
    if not titles or len(like_data) * 3 > len(titles):
        raise UsageFault(
            f"The header of {file_name} looks like data: it should hold the names of the columns. "
            "Put the line of names at the top of the file (or drop the lines above it) and draft again."
        )
    sources = _sources(header, rows)
    matched = {name: _match(contract, sources) for name, contract in contracts.items()}
    extracts = [extract] if extract else _chosen_extracts(matched, file_name)
    lines = [
        "# Draft of a source mapping: finish it by hand (docs/map-your-extract.md), then  attrition check",
        "#   # check     a guess: look at it, correct it or delete the remark",
        "#   # choose    a text without a known code: write a code between the quotes, or leave it empty",
        "#   # required  rows cannot be counted without it: remove the first # and say where it comes from",
        "# Columns that no line names are not stored.",
        f"source = {_text(source)}",
        f"description = {_text(f'Drafted from the layout of {file_name}')}  # say whose extract this is",
    ]
    used: set[str] = set()
    for name in extracts:
        lines += _feed(contracts[name], matched[name], file_name, source)
        used |= {s.name for match in matched[name].values() for s in match.sources}
    unused = [s.name for s in sources if s.name not in used]
    if unused:
        shown = [_text(name) for name in unused if not _LOOKS_PERSONAL.search(name)]
        lines += ["", "", "# Columns of the file that nothing above uses:", *_listed(shown)]
    return "\n".join(lines) + "\n"
