"""A header further down in a file, as exports put one below the other have it: told from the rows of data, and whether it says
the same as the first. Rows below one that says otherwise would be read under the wrong columns.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrition.errors import InputRefused
from attrition.ingest.clean_text import clean, folded
from attrition.ingest.file_name import shown_name
from attrition.ingest.header_place import holds, spelled

NEARLY = 0.8
"""The share of a header's names from which other names are the header of the same export, changed."""
_MOST_NAMES, _LONGEST_NAME = 8, 60  # names of columns that a message lists, and the characters of each


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


def likely_headers(content: bytes, names: Sequence[bytes]) -> Iterator[int]:
    """Places in a file, in order, at which one of a few of these names stands: no line can hold nearly all names without one of
    them. The longest are looked for, since they are the least likely among the rows.
    """
    known = {name.lower() for name in names if name}
    few = sorted(known, key=lambda name: (-len(name), name))[: len(known) - math.ceil(NEARLY * len(known)) + 1]
    lowered = content.lower()
    places = []
    for name in few:
        at = lowered.find(name)
        while at >= 0:
            places.append(at)
            at = lowered.find(name, at + 1)
    yield from sorted(places)
