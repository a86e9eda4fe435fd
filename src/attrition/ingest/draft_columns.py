"""Profiles of a file's columns: the words of the header, the values with their counts, how dates are written.

Keeps values in memory only; whether they may stand in a draft is for `listable` to say.
"""

import re
from collections import Counter
from dataclasses import dataclass

from attrition.contract import Column
from attrition.ingest.draft_dates import DateLayout, order_of, read_dates, with_month_first
from attrition.ingest.draft_vocabulary import (
    BLANKS,
    LOOKS_PERSONAL,
    MOTIVE,
    NO,
    PERSONAL,
    STRANDS,
    YES,
    guess_code,
    words_of,
)
from attrition.ingest.reading import column_names

# A coded column has few texts.
_MOST_LISTED = 40
_SAMPLED = 1_000


@dataclass
class SourceColumn:
    """One column of the file: its name and what its values look like (counted without regard to case)."""

    name: str
    words: tuple[str, ...]
    counts: Counter[str]
    spelling: dict[str, str]
    blanks: dict[str, str]
    empty: int = 0
    dates: DateLayout | None = None

    @property
    def filled(self) -> int:
        return sum(self.counts.values())

    @property
    def is_yes_no(self) -> bool:
        return bool(self.counts) and sum(value in YES | NO for value in self.counts) * 2 >= len(self.counts)

    @property
    def is_number(self) -> bool:
        whole = sum(count for value, count in self.counts.items() if re.fullmatch(r"\d{1,4}", value))
        return whole * 5 >= self.filled * 4

    @property
    def is_reference(self) -> bool:
        """Whether most of the different values hold a figure, as references do and the texts of a list do not."""
        return sum(any(sign.isdigit() for sign in value) for value in self.counts) * 2 >= len(self.counts)

    @property
    def is_list(self) -> bool:
        """Whether the column is a short list of texts that come again and again: no identifier."""
        repeated = self.filled >= 3 * len(self.counts) and len(self.counts) <= _MOST_LISTED
        return bool(self.counts) and not self.is_reference and (repeated or self.counts.keys() <= YES | NO)

    @property
    def is_motive(self) -> bool:
        """Whether the header says that the column tells why, not who the victim is."""
        return bool(MOTIVE & set(self.words))

    @property
    def of_strands(self) -> int:
        """How many of the different texts speak of a monitored strand."""
        return sum(any(re.search(pattern, text) for pattern in STRANDS.values()) for text in self.counts)

    @property
    def motives(self) -> list[tuple[str, int]] | None:
        """Every text of a column of motives with its count, commonest first, rare ones too; None where they are no short codes
        but free text, names or references.
        """
        ordered = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        codes = [(text, count) for text, count in ordered if self._is_short(text)]
        is_short = len(codes) * 5 >= len(ordered) * 4
        is_repeated = self.filled >= 2 * len(ordered) or self.of_strands * 2 >= len(ordered)
        usable = is_short and is_repeated and not (PERSONAL & set(self.words) or self.dates)
        return codes if usable and codes else None

    @staticmethod
    def _is_short(text: str) -> bool:
        return len(text) <= 80 and len(text.split()) <= 10 and not LOOKS_PERSONAL.search(text)

    def listable(self, column: Column) -> bool:
        """Whether the column is a short list of codes, so that its values may stand in a draft."""
        if not self.counts or len(self.counts) > _MOST_LISTED or PERSONAL & set(self.words) or self.dates:
            return False
        if any(len(value) > 100 or LOOKS_PERSONAL.search(value) for value in self.counts):
            return False
        known = sum(bool(guess_code(column, value)[0]) for value in self.counts)
        return self.filled >= 3 * len(self.counts) or known * 5 >= len(self.counts) * 4


def source_columns(header: list[str], rows: list[list[str]]) -> list[SourceColumn]:
    """The profile of each column; a doubtful order of day and month is settled by the other columns."""
    found = []
    for index, name in enumerate(column_names([title.strip() for title in header])):
        written = Counter(row[index].strip() for row in rows if index < len(row))
        del written[""]
        counts: Counter[str] = Counter()
        spelling: dict[str, str] = {}
        for value, count in sorted(written.items(), key=lambda item: (-item[1], item[0])):
            counts[value.lower()] += count
            spelling.setdefault(value.lower(), value)
        blanks = {value: spelling[value] for value in counts.keys() & BLANKS}
        for value in blanks:
            del counts[value]
        source = SourceColumn(name, words_of(name), counts, spelling, blanks, len(rows) - sum(counts.values()))
        source.dates = read_dates(source.words, sorted(counts)[:: len(counts) // _SAMPLED + 1])
        found.append(source)
    orders = {order_of(s.dates.formats[:1]) for s in found if s.dates and s.dates.formats and not s.dates.open_order}
    for source in found:
        if source.dates and source.dates.open_order:
            if orders & {"day", "month"} == {"month"}:
                source.dates.formats = tuple(with_month_first(form) for form in source.dates.formats)
                source.dates.doubts.append(
                    "every value fits day first and month first: month first is taken, as in other columns"
                )
            elif orders & {"day", "month"} == {"day"}:
                source.dates.doubts.append(
                    "every value fits day first and month first: day first is taken, as in other columns"
                )
            else:
                source.dates.doubts.append(
                    "every value fits day first and month first (American): day first is assumed"
                )
    return found
