"""Words of headers and values: which mean the same, which may be personal, which code a text stands for.

What is known comes from the code lists and from data/reference/header_synonym.csv. Holds no value of a file.
"""

import re
from functools import cache

from attrition import reference
from attrition.contract import Column

BLANKS = {"na", "n/a", "#n/a", "-", "--", ".", "null", "none", "nil", "(blank)", "not applicable"}
YES, NO = {"y", "yes", "true", "t", "1"}, {"n", "no", "false", "f", "0"}
# One word for the words that systems use for the same thing, so that headers and synonyms meet.
_SAME = {
    "number": "no", "num": "no", "nr": "no", "reference": "ref", "identifier": "id", "dt": "date",
    "datetime": "date", "offender": "suspect", "accused": "suspect", "complainant": "victim",
    "aggrieved": "victim",
}  # fmt: skip
_IDLE = {"of", "the", "a", "an", "is", "was", "to", "for", "in", "on", "by", "or", "and", "any"}
ROLES = {"victim", "suspect", "defendant", "witness", "officer", "oic", "cps"}
PERSONAL = {
    "name", "surname", "forename", "firstname", "lastname", "address", "postcode", "dob", "birth", "phone",
    "mobile", "telephone", "email", "nino", "pnc", "cro", "narrative", "note", "notes", "comment", "comments",
    "summary", "mo", "circumstances", "statement", "alias", "officer",
}  # fmt: skip
LOOKS_PERSONAL = re.compile(r"@|\d{5}|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b", re.I)
# Only a header with one of these speaks of the motive: a race or a religion alone is the victim's own.
MOTIVE = {
    "hate", "bias", "motive", "motivation", "motivated", "strand", "strands", "flag", "marker", "prejudice", "aggravated",
    "racist", "racial", "racially", "homophobic", "biphobic", "transphobic", "disablist", "antisemitic", "islamophobic",
}  # fmt: skip
STRANDS = {
    "race": r"\brac|ethnic|nationalit",
    "religion": r"relig|faith|islam|muslim|jew|semit|sikh|hindu",
    "sexual_orientation": r"\bsexual|homosex|bisex|homoph|biph|gay|lesb|orientation",
    "disability": r"disab",
    "transgender": r"\btrans",
}


@cache
def words_of(text: str) -> tuple[str, ...]:
    """The words of a header or name in lower case, each in the form that stands for all of its kind."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    words = [_SAME.get(word, word) for word in re.findall(r"[^\W_]+", parted.lower())]
    if "date" in words:
        words = [word for word in words if word != "time"]
    return tuple(word for word in words if word not in _IDLE)


def stems_of(text: str) -> frozenset[str]:
    """The words of a text without regard to order and plural."""
    return frozenset(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words_of(text))


@cache
def known_names(column: str) -> tuple[tuple[str, ...], ...]:
    """The names of a contract column, as words, the contract's own first."""
    known = [row["synonym"] for row in reference.rows("header_synonym") if row["column"] == column and not row["code"]]
    return tuple(dict.fromkeys(words_of(name) for name in [column, *known]))


def same_name(words: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Whether two names are one, in whatever order the words stand and wherever they are parted."""
    return sorted(words) == sorted(known) or "".join(words) == "".join(known)


def is_name_of(words: tuple[str, ...], column: str) -> bool:
    """Whether a header is one of a contract column's names."""
    return any(same_name(words, known) for known in known_names(column))


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
            found += [(stems_of(text), row["code"]) for text in texts]
    synonyms = reference.rows("header_synonym")
    found += [(stems_of(row["synonym"]), row["code"]) for row in synonyms if row["column"] == column and row["code"]]
    return tuple(sorted(((words, code) for words, code in found if words), key=lambda pair: -len(pair[0])))


def guess_code(column: Column, value: str) -> tuple[str, bool]:
    """The code that a text probably stands for ("" if none), and whether that is certain."""
    if column.type == "yes_no":
        plain = value.strip().lower()
        return ("Y" if plain in YES else "N" if plain in NO else ""), True
    code_list = "force" if column.type == "force" else column.codes or ""
    codes = {code.lower(): code for code in reference.codes(code_list)}
    if value.strip().lower() in codes:
        return codes[value.strip().lower()], True
    words = stems_of(value)
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
