"""Formulas of a sheet whose results are not stored: their cells look empty to everyone but Excel."""

import re
from typing import IO

_CHUNK = 1 << 24
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*[^>/])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_RESULT = re.compile(rb"<(?:\w+:)?(?:v(?:\s[^>]*)?>[^<]|is>)")
_EMPTY_RESULT = re.compile(rb"<(?:\w+:)?v[\s/>]")
_PLACE = re.compile(rb'\br="([A-Z]+)(\d+)"')
_TEXT = re.compile(rb'\bt="str"')


def without_results(sheet: IO[bytes]) -> set[tuple[str, int]]:
    """The cells (column letters, row) of a sheet's XML that hold a formula and no stored result."""
    found: set[tuple[str, int]] = set()
    rest = b""
    while chunk := sheet.read(_CHUNK):
        part = rest + chunk
        end = part.rfind(b"row>") + 4
        end = end if end > 3 else 0
        rest = part[end:]
        found |= _in_part(part[:end])
    return found | _in_part(rest)


def _in_part(part: bytes) -> set[tuple[str, int]]:
    if _FORMULA.search(part) is None:
        return set()
    found: set[tuple[str, int]] = set()
    for cell in _CELL.finditer(part):
        said, inside = cell.groups()
        if _FORMULA.search(inside) is None or _RESULT.search(inside):
            continue
        # A formula whose result is the empty text is stored as an empty result of that type.
        if _TEXT.search(said) and _EMPTY_RESULT.search(inside):
            continue
        place = _PLACE.search(said)
        found.add((place[1].decode(), int(place[2])) if place else ("", 0))
    return found
