"""Strategies for whole extracts and for successive files of them, as hypothesis draws them."""

from collections.abc import Sequence

from hypothesis import strategies as st

from oracle import BrokenLine, Delivery, RawRow
from oracle.codes import COLUMNS
from strategies.pools import BLEMISHES, CHANGES, EXTRACTS, STYLES, Change, changed, restyle
from strategies.rows import (
    CPS_DRAW,
    INCIDENT_DRAW,
    INVESTIGATION_DRAW,
    incident_rows,
    investigation_rows,
    prosecution_rows,
)

Extracts = dict[str, list[RawRow]]


def _copies() -> st.SearchStrategy[list[tuple[str, int, str | Change | None]]]:
    """Rows told again: as they were, written another way, or different under the same key."""
    return st.lists(
        st.sampled_from(EXTRACTS).flatmap(
            lambda extract: st.tuples(
                st.just(extract),
                st.integers(0, 40),
                st.sampled_from([None, *STYLES, *CHANGES[extract], *BLEMISHES[extract]]),
            )
        ),
        max_size=8,
    )


def _copy(extract: str, row: RawRow, how: str | Change | None) -> RawRow:
    if isinstance(row, BrokenLine):
        return row
    if isinstance(how, str):
        return restyle(extract, row, how)
    return changed(row, how)


def broken_line(extract: str, what: str) -> BrokenLine:
    """A line of a CSV file with too few or too many columns, or with a byte that neither UTF-8 nor Windows has."""
    width = len(COLUMNS[extract])
    fields = {"short": ["northumbria", "I1"], "long": ["northumbria"] * (width + 1)}.get(what)
    if fields is not None:
        return BrokenLine("column_count", ",".join(fields))
    return BrokenLine("encoding", ",".join(["northumbria", "I\udc81", *[""] * (width - 2)]))


@st.composite
def extract_sets(
    draw: st.DrawFn, min_incidents: int = 1, max_incidents: int = 40, broken_lines: bool = False
) -> Extracts:
    """One file of each extract, as rows of text by column. Absent columns are empty.

    With `broken_lines`, lines that cannot be split or read may stand at the end of a file.
    """
    drawn = draw(st.lists(INCIDENT_DRAW, min_size=min_incidents, max_size=max_incidents))
    size = len(drawn)
    incidents = incident_rows(drawn)
    told = draw(st.lists(INVESTIGATION_DRAW, min_size=size // 2, max_size=size + size // 2 + 2))
    investigation = investigation_rows(told, incidents)
    heard = draw(st.lists(CPS_DRAW, min_size=size // 3, max_size=size + 2))
    extracts: Extracts = {
        "incident": incidents,
        "investigation": investigation,
        "cps": prosecution_rows(heard, investigation),
    }
    for extract, index, how in draw(_copies()):
        rows = extracts[extract]
        if rows:
            rows.append(_copy(extract, rows[index % len(rows)], how))
    if broken_lines:
        for extract, what in draw(
            st.lists(st.tuples(st.sampled_from(EXTRACTS), st.sampled_from(["short", "long", "bytes"])), max_size=3)
        ):
            extracts[extract].append(broken_line(extract, what))
    return extracts


@st.composite
def delivery_sequences(
    draw: st.DrawFn,
    kinds: Sequence[str] = ("update",),
    max_incidents: int = 12,
    files: int = 3,
    mixed: bool = False,
) -> list[Delivery]:
    """Successive files of each extract, in order of arrival; later files tell rows of earlier ones anew.

    `kinds`: the delivery kinds to draw from, one for each extract. `mixed`: one for each file; each kind is a
    source of its own then, and stands in the file's name. A file without rows is left out.
    """
    extracts = draw(extract_sets(max_incidents=max_incidents))
    deliveries = []
    for extract in EXTRACTS:
        rows = extracts[extract]
        kind = draw(st.sampled_from(list(kinds)))
        numbers = draw(st.lists(st.integers(0, files - 1), min_size=len(rows), max_size=len(rows)))
        parts: list[list[RawRow]] = [[] for _ in range(files)]
        for row, number in zip(rows, numbers, strict=True):
            parts[number].append(row)
        again = st.tuples(
            st.integers(0, 60),
            st.integers(1, files - 1),
            st.sampled_from([None, *STYLES, *CHANGES[extract], *BLEMISHES[extract]]),
        )
        for index, number, how in draw(st.lists(again, max_size=6)):
            if rows:
                parts[number].append(_copy(extract, rows[index % len(rows)], how))
        for number, part in enumerate(parts, start=1):
            if mixed:
                kind = draw(st.sampled_from(list(kinds)))
            # Each file tells a month: of two files of one day or run, one may look like a part of the other.
            name = f"{extract}_2025-0{number}_{kind}.csv" if mixed else f"{extract}_2025-0{number}.csv"
            if part:
                deliveries.append(Delivery(extract, name, part, kind, kind if mixed else "contract"))
    return deliveries


@st.composite
def stacked_extract_sets(draw: st.DrawFn, parts: int = 3, broken_lines: bool = False) -> Extracts:
    """Several extract sets in one, each with incidents, crimes and defendants of its own; URNs meet."""
    extracts: Extracts = {extract: [] for extract in EXTRACTS}
    for part in range(1, draw(st.integers(1, parts)) + 1):
        broken = broken_lines and part == parts
        drawn = draw(extract_sets(min_incidents=5 if part > 1 else 1, broken_lines=broken))
        for extract, rows in drawn.items():
            extracts[extract] += [_of_part(row, part) for row in rows]
    return extracts


_OWN = ("incident_id", "crime_ref", "police_crime_ref", "defendant_id")


def _of_part(row: RawRow, part: int) -> RawRow:
    if isinstance(row, BrokenLine) or part == 1:
        return row
    return {column: f"{text}-{part}" if column in _OWN and text else text for column, text in row.items()}


def as_deliveries(extracts: Extracts) -> list[Delivery]:
    """One file for each extract that has rows, delivered as `update`."""
    return [Delivery(extract, f"{extract}.csv", rows) for extract, rows in extracts.items() if rows]
