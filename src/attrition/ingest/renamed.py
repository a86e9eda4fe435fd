"""Which unnamed column of a file is a mapped one under another name: told by the words of the headers alone, never by what
stands below them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

from attrition.contract import load_contracts
from attrition.ingest.draft_vocabulary import PERSONAL, ROLES, known_names, words_of
from attrition.ingest.mapping import Feed

_CLOSE = (
    0.85  # of SequenceMatcher: one letter in seven missing, wrong or added; not reported_date for recorded_date (0.83)
)
_REFERENCE = {"ref": "id", "no": "id"}  # headers exchange these freely


@dataclass(frozen=True)
class Renamed:
    """A mapped column that the file lacks, and the header that resembles it."""

    column: str
    source_column: str
    header: str
    is_expression: bool

    @property
    def told(self) -> str:
        """Both headers, as a phrase."""
        return f"the file lacks {shown(self.source_column)}, and {shown(self.header)}, which the mapping does not name, resembles it"

    @property
    def mend(self) -> str:
        """The entry of the mapping that reads the column under its new name."""
        if self.is_expression:
            return f"in the expression of {self.column}, {shown(self.header)} for {shown(self.source_column)}"
        return f"{self.column} = {{ column = {json.dumps(self.header, ensure_ascii=False)} }}"


def shown(header: str) -> str:
    """A header as a message may show it: without control characters."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in header)


def find_renamed(feed: Feed, missing: Iterable[str], header: Iterable[str], feeds: Iterable[Feed]) -> list[Renamed]:
    """Of the contract columns that the file lacks, those that an unnamed header resembles; `feeds` are all that the file
    fills, since what another one reads is named.
    """
    columns = list(header)
    here = {column.casefold() for column in columns}
    named = {column.casefold() for one in feeds for column in _read_by(one)}
    free = [column for column in columns if column.strip() and column.casefold() not in named]
    ranked = []
    for column in missing:
        rule = feed.columns[column]
        for lost in (source for source in rule.source_columns if source.casefold() not in here):
            for place, candidate in enumerate(free):
                score = _resemblance(feed.extract, column, lost, candidate, is_plain=rule.column is not None)
                if score:
                    ranked.append((-score, place, column, lost))
    found: list[Renamed] = []
    for _, place, column, lost in sorted(ranked):
        if not any(one.header == free[place] or (one.column, one.source_column) == (column, lost) for one in found):
            found.append(Renamed(column, lost, free[place], feed.columns[column].column is None))
    return found


def _read_by(feed: Feed) -> list[str]:
    covers = [feed.covers_to.column] if feed.covers_to and feed.covers_to.column else []
    return [c for rule in feed.columns.values() for c in rule.source_columns] + [*feed.where_columns, *covers]


def _resemblance(extract: str, column: str, lost: str, header: str, *, is_plain: bool) -> int:
    """How well a header fits the lost one: 3 for the same words, 2 for another name of the contract's column, 1 for nearly
    the same letters or one word more; 0 for none.
    """
    words = _folded(words_of(header))
    if not words:
        return 0
    if words == _folded(words_of(lost)):
        return 3
    if words in _names_of_others(extract, column):
        return 0
    if is_plain and words in _names_of(column):
        return 2
    wanted = _folded(words_of(lost))
    further = set(words) - set(wanted)
    if further & _telling_words():
        return 0
    longer = bool(wanted) and set(wanted) < set(words) and len(further) == 1
    return int(longer or _is_close("".join(words_of(lost)), "".join(words_of(header))))


def _is_close(left: str, right: str) -> bool:
    letters = SequenceMatcher(None, left, right, autojunk=False)
    # Lengths alone, then the letters whatever their order, tell at once of nearly all pairs that they are not.
    return all(ratio() >= _CLOSE for ratio in (letters.real_quick_ratio, letters.quick_ratio, letters.ratio))


def _folded(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(_REFERENCE.get(word, word) for word in words))


@cache
def _names_of(column: str) -> frozenset[tuple[str, ...]]:
    return frozenset(_folded(known) for known in known_names(column))


@cache
def _names_of_others(extract: str, column: str) -> frozenset[tuple[str, ...]]:
    """The names under which the other columns of the contract are known."""
    others = load_contracts()[extract].columns.keys() - {column}
    return frozenset(name for other in others for name in _names_of(other))


@cache
def _telling_words() -> frozenset[str]:
    """Words that make another column of it: those of the contracts' own names, of persons and of roles."""
    names = [words_of(column) for contract in load_contracts().values() for column in contract.columns]
    return frozenset(word for words in names for word in _folded(words)) | PERSONAL | ROLES
