"""Text files: where each record begins, which lines are none, and the careful reader of faulty files."""

import codecs
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attrition.ingest.second_header import Above, another_header, likely_headers

if TYPE_CHECKING:
    import numpy as np

    from attrition.ingest.reading import Opened

_CHUNK = 1 << 24
# White space, and signs that show nothing: zero-width ones, byte order mark, soft hyphen, the old sign for the end of a file.
NOTHING = " \t\r\n\v\f\xa0\u2007\u202f\u3000\ufeff\u200b\u200c\u200d\u2060\xad\x1a"
_BARE_BYTES = frozenset(NOTHING.encode()) | {ord('"')}
LONGEST_RECORD = 200  # physical lines that one quoted record may span before it counts as an unclosed quote
_FEW_COLUMNS = 6  # below, a line within a cell may well hold as many delimiters as a row


@dataclass
class Records:
    """Line numbers (from 1) at which the records below the header begin, counted on the bytes.

    `starts` are the positions of all physical lines; `longest` is the longest record in bytes. `swallows_rows`: a
    cell with line ends in it holds what look like whole rows, so a quote was probably never closed.
    """

    lines: "np.ndarray[Any, Any]"
    starts: "np.ndarray[Any, Any]"
    longest: int
    quoted_line_ends: bool
    ends_with_line_end: bool
    swallows_rows: bool = False


def is_utf8(content: bytes) -> bool:
    """Whether all of the bytes are UTF-8."""
    if content.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _CHUNK):
            decoder.decode(content[start : start + _CHUNK], start + _CHUNK >= len(content))
    except UnicodeDecodeError:
        return False
    return True


def is_blank(cells: Sequence[str | None]) -> bool:
    """Whether no cell shows anything: a row of the table that Excel or an export drew, none of the data."""
    return not any(cell and cell.strip(NOTHING) for cell in cells)


def record_lines(opened: "Opened") -> Records | None:
    """Where the records below the header begin, counted without a CSV reader; None if only care will do. Lines that are
    no rows (bare delimiters, the header again) are emptied first, and counted as blank.

    Care is needed for zero bytes, text that is not UTF-8, mixed line ends and quotes that do not close.
    """
    import numpy as np

    content = opened.content
    if opened.encoding != "utf-8" or b"\x00" in content or (not opened.altered and not is_utf8(content)):
        return None
    ends_with = content.endswith(b"\n")
    if b"\r" in content and (
        content.count(b"\r") != content.count(b"\r\n") or content.count(b"\r\n") != content.count(b"\n")
    ):
        return None
    array = np.frombuffer(content, dtype=np.uint8)
    line_ends = _positions(array, 10)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), line_ends + 1])
    ends = np.concatenate([line_ends, np.array([len(array)], dtype=np.int64)])
    if ends_with:
        starts, ends = starts[:-1], ends[:-1]
    width = ends - starts
    if b"\r" in content:
        width = width - 1 if ends_with else np.concatenate([width[:-1] - 1, width[-1:]])
    first = opened.header_line
    inside = np.zeros(len(starts), dtype=bool)
    if b'"' in content:
        quotes = _positions(array, 34)
        if len(quotes) % 2:
            return None
        inside = np.searchsorted(quotes, starts) % 2 == 1
    begins = ~inside & (width > 0)
    begins[:first] = False
    if _empty_lines(opened, starts, starts + width, begins):
        return record_lines(opened)
    lines = np.flatnonzero(begins) + 1
    below = width[first:]
    # Several physical lines may make one cell: a file with quoted line ends is judged by its longest stretch.
    quoted = bool(inside[first:].any())
    longest = int(below.max()) if len(below) else 0
    if quoted:
        bounds = np.append(starts[begins], len(array))
        longest = int(np.diff(bounds).max()) if len(bounds) > 1 else longest
    records = Records(lines.astype("int64"), starts, longest, quoted, ends_with)
    records.swallows_rows = quoted and _swallows_rows(opened, records, begins)
    return records


def _empty_lines(
    opened: "Opened",
    starts: "np.ndarray[Any, Any]",
    ends: "np.ndarray[Any, Any]",
    begins: "np.ndarray[Any, Any]",
) -> bool:
    """Empties the lines of bare delimiters and those that repeat the header, so that every line keeps its number. Whether
    there were any.
    """
    import numpy as np

    content = opened.content
    array = np.frombuffer(content, dtype=np.uint8)
    bare = np.zeros(256, dtype=bool)
    signs = bytes([*_BARE_BYTES, ord(opened.delimiter)])
    bare[list(signs)] = True
    # Three bytes of each line tell nearly every row from a line of nothing.
    likely = np.flatnonzero(begins)
    likely = likely[bare[array[starts[likely]]]]
    likely = likely[bare[array[ends[likely] - 1]]]
    likely = likely[bare[array[(starts[likely] + ends[likely]) // 2]]]
    # Such lines are mostly the same line over and over: each text is judged once.
    texts: dict[bytes, list[int]] = {}
    for index in likely:
        if not (line := content[starts[index] : ends[index]]).strip(signs):
            texts.setdefault(line, []).append(int(index))
    blank = [
        index
        for line, places in texts.items()
        if (cells := cells_of(line, opened)) and is_blank(cells)
        for index in places
    ]
    again = _headers_again(opened, starts, ends, begins)
    if not blank and not again:
        return False
    opened.blank += len(blank) + len(again)
    opened.repeated += len(again)
    parts, done = [], 0
    for index in sorted({*blank, *again}):
        parts.append(content[done : starts[index]])
        done = int(ends[index])
    opened.content, opened.altered = b"".join([*parts, content[done:]]), True
    return True


def _headers_again(
    opened: "Opened",
    starts: "np.ndarray[Any, Any]",
    ends: "np.ndarray[Any, Any]",
    begins: "np.ndarray[Any, Any]",
) -> list[int]:
    """The lines below the header that say the same once more, as files put one behind the other do."""
    import numpy as np

    at = opened.header_line - 1
    if at >= len(starts):
        return []
    header = opened.content[starts[at] : ends[at]]
    alike = np.flatnonzero(begins & (ends - starts == len(header)))
    return [int(index) for index in alike if opened.content[starts[index] : ends[index]] == header]


def refuse_another_header(opened: "Opened", names: Sequence[str]) -> None:
    """Raises InputRefused where a line below the header says nearly the same `names`, but otherwise. Asked when a file is opened:
    rows of other files are not to be loaded before.
    """
    content, width, above = opened.content, len(opened.header), Above(opened.header)
    known = [name.strip().encode(opened.encoding, "replace") for name in names]
    last = -1
    for at in likely_headers(content, known):
        start = max(content.rfind(sign, 0, at) for sign in (b"\n", b"\r")) + 1
        end = min((place for sign in (b"\n", b"\r") if (place := content.find(sign, at)) >= 0), default=-1)
        # A last line that nothing follows has no rows below it.
        if start == last or end < 0:
            continue
        last = start
        cells = cells_of(content[start:end], opened) or []
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) == width and (how := above.said_otherwise(cells)):
            line = 1 + content[:start].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")
            if line > opened.header_line:
                raise another_header(opened.path, f"line {line}", how)


def _swallows_rows(opened: "Opened", records: Records, begins: "np.ndarray[Any, Any]") -> bool:
    import numpy as np

    bounds = np.append(np.flatnonzero(begins), len(records.starts))
    several = np.flatnonzero(np.diff(bounds) > 1)
    content, offsets = opened.content, np.append(records.starts, len(opened.content))
    return any(
        _looks_like_rows(
            content[int(offsets[bounds[one]]) : int(offsets[bounds[one + 1]])],
            int(bounds[one + 1] - bounds[one]),
            opened,
        )
        for one in several
    )


def hides_columns(opened: "Opened", records: Records, all_fit: bool) -> bool:
    """Whether a record ends in empty columns beyond the header's, which DuckDB's reader lets pass; or, where rows end in
    one delimiter more, whether one does not.

    `all_fit`: the reader set no record aside, so that one count over the whole file may answer.
    """
    import numpy as np

    if opened.trailing and not (all_fit and _all_trail(opened, records)):
        return True

    content, width, sign = opened.content, opened.width, opened.delimiter.encode()
    starts, first = records.starts, opened.header_line
    if not len(records.lines):
        return False
    if all_fit and content.count(sign, int(starts[first])) == len(records.lines) * (width - 1):
        return False
    array = np.frombuffer(content, dtype=np.uint8)
    ends = np.append(starts[1:] - 1, len(content) - records.ends_with_line_end)
    ends = ends - ((array[np.maximum(ends - 1, 0)] == 13) & (ends > starts))
    for index in np.flatnonzero((array[np.maximum(ends - 1, 0)] == sign[0]) & (ends > starts)):
        if index < first:
            continue
        begin = int(records.lines[np.searchsorted(records.lines, index + 1, side="right") - 1])
        record = content[int(starts[begin - 1]) : int(ends[index])]
        if record.count(sign) < width:
            continue
        cells = records_in(record.decode(opened.encoding, errors="replace"), opened.delimiter, strict=True)
        if cells and len(cells[0]) > width:
            return True
    return False


def _all_trail(opened: "Opened", records: Records) -> bool:
    """Whether every record ends in a delimiter."""
    import numpy as np

    if records.quoted_line_ends:
        return False
    array = np.frombuffer(opened.content, dtype=np.uint8)
    after = np.append(records.starts[1:] - 1, len(array) - records.ends_with_line_end)[records.lines - 1]
    last = after - 1 - (array[after - 1] == 13)
    return bool((array[last] == ord(opened.delimiter)).all())


def _looks_like_rows(record: bytes, lines: int, opened: "Opened") -> bool:
    """Whether a record over several lines has delimiters enough for each of its lines to be a row."""
    width = len(opened.header)
    return width >= _FEW_COLUMNS and record.count(opened.delimiter.encode()) >= lines * (width - 1)


def holds_powers(content: bytes) -> bool:
    """Whether numbers in scientific notation (2.4E+15) may stand in a text file."""
    import numpy as np

    if b"+" not in content:
        return False
    array = np.frombuffer(content, dtype=np.uint8)
    signs = _positions(array, ord("+"))
    signs = signs[(signs > 1) & (signs < len(array) - 1)]
    signs = signs[np.isin(array[signs - 1], [ord("E"), ord("e")])]
    around = np.stack([array[signs - 2], array[signs + 1]])
    return bool(((around >= ord("0")) & (around <= ord("9"))).all(axis=0).any())


def _positions(array: "np.ndarray[Any, Any]", byte: int) -> "np.ndarray[Any, Any]":
    import numpy as np

    found = [np.flatnonzero(array[start : start + _CHUNK] == byte) + start for start in range(0, len(array), _CHUNK)]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def line_hash(opened: "Opened", records: Records, line: int) -> str:
    """SHA-256 of one physical line's text: names a line that cannot be split without keeping it."""
    start = int(records.starts[line - 1])
    end = opened.content.find(b"\n", start)
    return hashlib.sha256(opened.content[start : len(opened.content) if end < 0 else end].rstrip(b"\r")).hexdigest()


def cells_hash(cells: Sequence[str | None]) -> str:
    """SHA-256 of a row of cells: names a row that is not kept."""
    return hashlib.sha256("\x1f".join(cell or "" for cell in cells).encode("utf-8", "replace")).hexdigest()


def breaks_off(line: bytes) -> bool:
    """Whether a last line without a line end is a torn piece of a row; blanks or an end-of-file sign are not."""
    return bool(line.strip(b" \t\r\n\x1a"))


def careful_rows(opened: "Opened", longest_cell: int) -> Iterator[tuple[int, list[str | None]]]:
    """The records of a faulty file, line by line. What cannot be split into the header's columns goes to
    `opened.rejects`; a quote that never closes costs its own line only.
    """
    from attrition.ingest.reading import Reject

    content = opened.content
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    width, above = len(opened.header), Above(opened.header)
    opened.rejects = []

    def reject(index: int, taken: int, reason: str) -> None:
        text = b"\n".join(lines[index : index + taken])
        opened.rejects.append(Reject(index + 1, reason, hashlib.sha256(text).hexdigest()))

    index = opened.header_line
    while index < len(lines):
        raw = lines[index]
        if not raw:
            index += 1
            continue
        taken = _lines_taken(lines, index, opened) if raw.count(b'"') % 2 else 1
        cells = cells_of(raw if taken == 1 else b"\n".join(lines[index : index + taken]), opened)
        if cells and opened.trailing and len(cells) == width + 1 and is_blank(cells[-1:]):
            cells.pop()
        if cells is None:
            reject(index, taken, "unreadable_bytes")
        elif cells and is_blank(cells):
            opened.blank += 1
        elif above.is_again(cells):
            opened.blank += 1
            opened.repeated += 1
        elif len(cells) != width:
            reject(index, taken, "wrong_number_of_columns")
        elif any(len(cell) > longest_cell for cell in cells):
            reject(index, taken, "cell_too_long")
        else:
            yield index + 1, [cell or None for cell in cells]
        index += taken
    last = opened.rejects[-1] if opened.rejects else None
    opened.cut_short = (
        last is not None
        and last.line == len(lines)
        and last.reason != "cell_too_long"
        and not content.endswith((b"\n", b"\r"))
        and breaks_off(lines[-1])
    )


def _lines_taken(lines: list[bytes], index: int, opened: "Opened") -> int:
    """How many lines the record takes that begins at a line with an open quote.

    One, unless the lines up to the closing quote make exactly one record: a stray quote must not swallow the
    rows below it.
    """
    width = len(opened.header)
    parts = [lines[index]]
    for line in lines[index + 1 : index + LONGEST_RECORD]:
        parts.append(line)
        if line.count(b'"') % 2:
            break
    else:
        return 1
    raw = b"\n".join(parts)
    records = records_in(raw.decode(opened.encoding, errors="replace"), opened.delimiter, strict=True)
    if records is None or len(records) != 1 or _looks_like_rows(raw, len(parts), opened):
        return 1
    signs = raw.count(opened.delimiter.encode())
    return len(parts) if len(records[0]) == width or _FEW_COLUMNS <= width >= signs - 2 else 1


def cells_of(raw: bytes, opened: "Opened") -> list[str] | None:
    """The cells of a record; no cells where an open quote is never closed; None for unreadable bytes."""
    try:
        text = raw.decode(opened.encoding)
    except UnicodeDecodeError:
        return None
    if "\x00" in text:
        return None
    records = records_in(text, opened.delimiter, strict=True)
    if records is None and raw.count(b'"') % 2 == 0:
        # A quote within a quoted cell ("a "b" c") is text, as long as the quotes of the line pair off.
        records = records_in(text, opened.delimiter, strict=False)
    return records[0] if records is not None and len(records) == 1 else []


def records_in(text: str, delimiter: str, *, strict: bool) -> list[list[str]] | None:
    """The records in a text; None where its quotes do not fit."""
    csv.field_size_limit(1 << 30)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict))
    except csv.Error:
        return None


def repeated(header: list[str]) -> list[str]:
    """Header names that stand more than once, compared without regard to case."""
    counts = Counter(name.casefold() for name in header if name)
    return sorted(name for name, count in counts.items() if count > 1)
