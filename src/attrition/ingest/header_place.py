"""Finds the header among the first rows of a file, where titles stand above it, and spells its names as the mapping does."""

from collections.abc import Sequence

from attrition.ingest.clean_text import clean, folded

ROWS_SEARCHED = 30


def spelled(names: Sequence[str], expected: Sequence[str]) -> list[str]:
    """The names of a header, clean; one that the mapping names in its mapping's spelling."""
    known = {folded(name): name for name in expected}
    return [known.get(folded(name), clean(name)) for name in names]


def holds(names: Sequence[str], wanted: Sequence[str]) -> int:
    """How many of the wanted names stand among these."""
    return len({folded(name) for name in wanted} & {folded(name) for name in names})


def find_header(rows: Sequence[Sequence[str]], required: Sequence[str], expected: Sequence[str]) -> int | None:
    """The index of the row that is the header: the first with every required name, else the one with the most expected
    names. Where nothing is expected, the first that fills at least half as many cells as the fullest row. None if no row
    is like a header.
    """
    if required:
        all_of = len({folded(name) for name in required})
        for index, names in enumerate(rows):
            if holds(names, required) == all_of:
                return index
    wanted = (*required, *expected)
    scores = [holds(names, wanted) if wanted else sum(bool(name.strip()) for name in names) for names in rows]
    most = max(scores, default=0)
    if most == 0:
        return None
    least = most if wanted else max(most / 2, min(most, 2))
    return next(index for index, score in enumerate(scores) if score >= least)
