"""A header further down in a file, as exports put one below the other have it: told from the rows of data, and whether it says
the same as the first. Rows below one that says otherwise would be read under the wrong columns.
"""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition.errors import InputRefused
from attrition.ingest.clean_text import clean, folded
from attrition.ingest.file_name import shown_name
from attrition.ingest.header_place import holds, spelled

if TYPE_CHECKING:
    import numpy as np

NEARLY = 0.8
"""The share of a header's names from which other names are the header of the same export, changed."""
_MOST_NAMES, _LONGEST_NAME = 8, 60  # names of columns that a message lists, and the characters of each
_MOST_LIKELY = 10_000  # lines that begin or end like a column's name, looked at one by one
_WORD, _LOWER = (
    8,
    0x2020202020202020,
)  # bytes compared at once, and the bits in which capitals differ from small letters


class Above:
    """The header above a file's rows, as it is held against each row: tables put one below the other say it again."""

    def __init__(self, header: Sequence[str]) -> None:
        self.header = list(header)
        self._ends = frozenset(name.casefold() for name in header if name)

    def is_again(self, cells: Sequence[str | None]) -> bool:
        """Whether a row says the header once more."""
        if not cells or (cells[0] or "").strip().casefold() != self.header[0].casefold():
            return False
        return spelled([cell or "" for cell in cells], self.header) == self.header

    def said_otherwise(self, cells: Sequence[str | None]) -> str | None:
        """How a row that holds nearly all of the header's names says it otherwise, as a clause for a message; None for any other
        row. Only one that begins or ends with a name is looked at closer, so that a row of data costs next to nothing.
        """
        if not cells or not any((cells[at] or "").strip().casefold() in self._ends for at in (0, -1)):
            return None
        if not is_nearly(names := [cell for cell in cells if cell], self.header) or self.is_again(cells):
            return None
        return f"but {differences(names, self.header) or 'in another order'}"


def is_nearly(names: Sequence[str], header: Sequence[str]) -> bool:
    """Whether these are nearly all names of a header, in any order. One name alone says nothing."""
    known = {folded(name) for name in header if name}
    return len(known) > 1 and holds(names, tuple(known)) >= NEARLY * len(known)


def differences(names: Sequence[str], header: Sequence[str]) -> str:
    """Without which names of the header these are, and with which others; empty where they are the same."""
    here, known = ({folded(name): clean(name) for name in some if clean(name)} for some in (names, header))
    missing = [name for key, name in known.items() if key not in here]
    others = [name for key, name in here.items() if key not in known]
    said = [f"without {_listed(missing)}"] if missing else []
    said += [f"with {_listed(others)} {'instead' if missing else 'beside'}"] if others else []
    return " and ".join(said)


def _listed(names: Sequence[str]) -> str:
    listed = ", ".join(f'"{shown_name(name[:_LONGEST_NAME])}"' for name in names[:_MOST_NAMES])
    return listed + (f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else "")


def another_header(path: Path, where: str, how: str) -> InputRefused:
    """The refusal of a file in which a second header says otherwise than the first."""
    from attrition.ingest.reading import refuse

    return refuse(
        path,
        f"{where} holds the names of the columns again, {how}, so the rows below it stand under other columns than those above",
        "Put the rows above and those below it into files of their own, each with its header, or bring both into one order under "
        "the same names.",
    )


def likely_headers(
    content: bytes,
    starts: "np.ndarray[Any, Any]",
    ends: "np.ndarray[Any, Any]",
    names: Sequence[bytes],
    delimiter: bytes,
) -> "np.ndarray[Any, Any]":
    """For each line of a file, whether it may hold nearly all of these names: whether it begins or ends with one. Millions of
    lines are looked at in a fraction of a second; a header of which the first and the last name were changed is missed.
    """
    first = _named(content, starts, names, delimiter, is_end=False)
    last = _named(content, ends, names, delimiter, is_end=True)
    either: np.ndarray[Any, Any] = first | last
    # Where a column's cells are like the name of one, the other end of the lines has to tell too.
    return either if either.sum() <= _MOST_LIKELY else first & last


def _named(
    content: bytes, places: "np.ndarray[Any, Any]", names: Sequence[bytes], delimiter: bytes, *, is_end: bool
) -> "np.ndarray[Any, Any]":
    """For each beginning of a line (or end), whether the cell there may be one of these names: told by eight bytes, of a shorter
    name by all of them and the sign that parts it from the next cell, without regard to case.
    """
    import numpy as np

    found = np.zeros(len(places), dtype=bool)
    array = np.frombuffer(content, dtype=np.uint8)
    if len(array) < _WORD or not any(names):
        return found
    places = np.clip(places - _WORD * is_end, 0, len(array) - _WORD)
    words = np.ndarray(len(array) - _WORD + 1, dtype="<u8", buffer=content, strides=(1,))[places] | np.uint64(_LOWER)
    wanted: dict[int, set[int]] = {}
    # A cell may stand in quotes or beside a blank, and ends where the next begins.
    for around, name, sign in product((b"", b'"', b" "), filter(None, names), (b'"', b" ", delimiter)):
        part = (sign + name + around)[-_WORD:] if is_end else (around + name + sign)[:_WORD]
        moved = 8 * (_WORD - len(part)) * is_end
        mask = ((1 << 8 * len(part)) - 1) << moved
        wanted.setdefault(mask, set()).add(int.from_bytes(part, "little") << moved | _LOWER & mask)
    # Two bytes tell nearly every line of data from one that begins, or ends, with a name.
    outer = 8 * (_WORD - 2) * is_end
    two = np.zeros(1 << 16, dtype=bool)
    two[[word >> outer & 0xFFFF for some in wanted.values() for word in some]] = True
    likely = np.flatnonzero(two[words >> np.uint64(outer) & np.uint64(0xFFFF)])
    for mask, some in wanted.items():
        found[likely] |= np.isin(words[likely] & np.uint64(mask), np.array(sorted(some), dtype="<u8"))
    return found
