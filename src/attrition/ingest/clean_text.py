"""Clean text: the one form in which a cell, a header and a text of a mapping are read and compared. In Unicode's composed
form (NFC), without invisible characters, every run of spaces one space, none at the ends; what is then left empty is no value.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

# Controls that part words as a space does; all other controls show nothing and go, as do format characters.
_PARTING = "\t\n\v\f\r"
_SPACES = re.compile("[ \t\n\v\f\r]+")
_CHUNK = 1 << 18  # bytes looked at in one go, few enough to stay in the cache of the processor
_MOST_CONTROLS = 3  # asked for one by one; where a file holds more, one pattern asks for all

# Letters and marks that Unicode says are not shown: joiners, fillers, variation selectors.
_UNSHOWN = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
_UNSHOWN_LETTER = re.compile(f"[{_UNSHOWN}]")
_INVISIBLE_SQL = rf"[\p{{Cf}}\x00-\x08\x0E-\x1F\x7F-\x9F{_UNSHOWN}]"
_SPACES_SQL = r"[\t\n\x0B\f\r\p{Z}]+"


def clean(text: str) -> str:
    """A text as clean text; "" where nothing is left of it."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")
    kept = (
        " " if character in _PARTING or kind.startswith("Z") else character
        for character in _UNSHOWN_LETTER.sub("", text)
        if (kind := unicodedata.category(character)) not in ("Cf", "Cc") or character in _PARTING
    )
    return unicodedata.normalize("NFC", _SPACES.sub(" ", "".join(kept)).strip(" "))


def folded(name: str) -> str:
    """A column's name as names are compared: clean, without regard to case."""
    return clean(name).casefold()


@dataclass(frozen=True)
class Signs:
    """What cells may hold that clean text does not have, told from the bytes of a whole file, so that clean cells of a clean
    file cost nothing. `controls` are the control characters that occur in cells.
    """

    beyond_ascii: bool
    runs: bool
    controls: str

    def __or__(self, other: "Signs") -> "Signs":
        """What either holds."""
        return Signs(
            self.beyond_ascii or other.beyond_ascii,
            self.runs or other.runs,
            "".join(sorted({*self.controls, *other.controls})),
        )


NONE = Signs(beyond_ascii=False, runs=False, controls="")


def signs_of(content: bytes, between_cells: bytes = b"") -> Signs:
    """What the cells in these bytes (UTF-8) may hold. `between_cells` are the controls that only part cells and rows."""
    import numpy as np

    array = np.frombuffer(content, dtype=np.uint8)
    starts = range(0, len(array), _CHUNK)
    # To count is far cheaper than to tell which: most files hold no controls but those between cells.
    low = sum(int(np.count_nonzero(array[at : at + _CHUNK] < 32)) for at in starts)
    expected = [byte for byte in between_cells if byte in content]
    low -= sum(int(np.count_nonzero(array[at : at + _CHUNK] == byte)) for byte in expected for at in starts)
    controls = ""
    if low or b"\x7f" in content:
        parts = (array[at : at + _CHUNK] for at in starts)
        found = {byte for part in parts for byte in np.unique(part[(part < 32) | (part == 127)]).tolist()}
        controls = "".join(chr(byte) for byte in sorted(found - set(between_cells)))
    blank = (array[at : at + _CHUNK + 1] == 32 for at in starts)
    return Signs(not content.isascii(), any((part[1:] & part[:-1]).any() for part in blank), controls)


def signs_of_rows(connection: "duckdb.DuckDBPyConnection", relation: str) -> Signs:
    """What the cells of a table of texts may hold."""
    signs = NONE
    for batch in connection.execute(f"SELECT * FROM {relation}").to_arrow_reader(100_000):
        for column in batch.columns:
            data = column.buffers()[-1]
            # A column without any text has no buffer of characters.
            if column.null_count < len(column) and data is not None:
                signs |= signs_of(data.to_pybytes())
    return signs


def arm(connection: "duckdb.DuckDBPyConnection", signs: Signs) -> None:
    """Gives the connection two macros: `clean_text(text)`, for a text of any origin, and `clean_cell(cell)`, which asks only
    for what the cells of a file with these signs may hold. Both are NULL where nothing is left.
    """
    careful = (
        f"nullif(trim(nfc_normalize(regexp_replace(regexp_replace(cell, '{_INVISIBLE_SQL}', '', 'g'), '{_SPACES_SQL}', ' ', "
        "'g')), ' '), '')"
    )
    # Telling that a cell is clean is far cheaper than cleaning it.
    for macro, dirt in (("clean_cell", _dirt(signs)), ("clean_text", [*_dirt(Signs(True, True, "")), _any_control()])):
        connection.execute(
            f"CREATE OR REPLACE TEMP MACRO {macro}(cell) AS CASE WHEN cell BETWEEN '!' AND '~~~~' "
            f"AND NOT ({' OR '.join(dirt)}) THEN cell ELSE {careful} END"
        )


def _dirt(signs: Signs) -> Iterable[str]:
    """Conditions of which one holds for every cell that is not clean, apart from one that begins with a blank."""
    tests = ["suffix(cell, ' ')"]
    if signs.beyond_ascii:
        tests.append("strlen(cell) <> length(cell)")
    if signs.runs:
        tests.append("contains(cell, '  ')")
    if len(signs.controls) > _MOST_CONTROLS or "\0" in signs.controls:
        return [*tests, _any_control()]
    return tests + [f"contains(cell, chr({ord(control)}))" for control in signs.controls]


def _any_control() -> str:
    return r"regexp_matches(cell, '[\x00-\x1F\x7F]')"
