"""Text files: encoding, delimiter, header, where each record begins, and the careful reader of faulty files."""

import codecs
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition.errors import InputRefused
from attrition.ingest.clean_text import folded

if TYPE_CHECKING:
    import numpy as np

    from attrition.ingest.reading import Opened

_CHUNK = 1 << 24
_LONGEST_RECORD = 200  # physical lines that one quoted record may span before it counts as an unclosed quote
_LONGEST_NAME = 500  # characters of a column name
_FEW_COLUMNS = 6  # below, a line within a cell may well hold as many delimiters as a row
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


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


def _refuse(path: Path, what: str, mend: str) -> InputRefused:
    return InputRefused(f"{path.name}: {what}. {mend} Nothing was published.")


def _is_utf8(content: bytes) -> bool:
    if content.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _CHUNK):
            decoder.decode(content[start : start + _CHUNK], start + _CHUNK >= len(content))
    except UnicodeDecodeError:
        return False
    return True


def _guess(content: bytes) -> str:
    for bom, name in _BOMS:
        if content.startswith(bom):
            return name
    head = content[:4096]
    half = len(head) // 2
    # Latin text as UTF-16 has a zero at every other byte; a run of zeros is damage, not an encoding.
    if half >= 2:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if max(even, odd) > half * 2 // 3 and min(even, odd) < half // 8 + 1:
            return "utf-16-le" if odd > even else "utf-16-be"
    if _is_utf8(content):
        return "utf-8"
    # Lines of good multi-byte text say UTF-8 with damaged lines; none at all says the Windows code page.
    for line in content.split(b"\n"):
        if not line.isascii() and _is_utf8(line):
            return "utf-8"
    return "cp1252"


def open_text(
    path: Path,
    content: bytes,
    sha256: str,
    encoding: str,
    delimiter: str,
    header_row: int,
    expected: tuple[str, ...],
) -> "Opened":
    """Decodes a text file as far as needed to feed the reader, and reads its header.

    Raises InputRefused for a file without a usable header, or not in the encoding that the mapping states.
    """
    from attrition.ingest.reading import Opened

    stated = encoding
    encoding = _guess(content) if encoding == "auto" or content.startswith(codecs.BOM_UTF8) else encoding
    notes = ["encoding_guessed"] if stated == "auto" and encoding == "cp1252" else []
    altered = False
    if encoding.startswith("utf-16"):
        try:
            content = content.decode(encoding).removeprefix("\ufeff").encode("utf-8")
        except UnicodeError:
            raise _refuse(
                path, "the file is not readable as UTF-16, or is cut short", "Export it again, or as UTF-8."
            ) from None
        altered, encoding = True, "utf-8"
    elif encoding == "cp1252":
        try:
            content = content.decode("cp1252").encode("utf-8")
            altered, encoding = True, "utf-8"
        except UnicodeDecodeError:
            pass  # the careful reader takes each line by itself and sets the unreadable ones apart
    elif encoding == "utf-8-sig":
        content, encoding = content.removeprefix(codecs.BOM_UTF8), "utf-8"
        altered = True
    if b"\r" in content and b"\n" not in content:
        content, altered = content.replace(b"\r", b"\n"), True
    header_bytes, header_line = _header_record(content, header_row)
    text = header_bytes.decode(encoding, errors="replace")
    delimiter = _delimiter(text, expected) if delimiter == "auto" else delimiter
    header = _names(path, text, delimiter, header_row)
    return Opened(path, "csv", sha256, header, header_line, delimiter, encoding, content, altered=altered, notes=notes)


def _names(path: Path, text: str, delimiter: str, header_row: int) -> list[str]:
    """The column names in the header's text. Raises InputRefused where it cannot be a header."""
    where = f"line {header_row}"
    # Over several lines every quote must fit, else rows would count as part of a name.
    records = _records(text, delimiter, strict="\n" in text) or []
    if text.strip() and len(records) != 1:
        raise _refuse(
            path, f"{where} is not a header: its quotes do not match", "Correct it, or export the file again."
        )
    header = [name.strip().strip("\ufeff") for name in (records[0] if records else [])]
    if not any(header):
        raise _refuse(path, f"there is no header in {where}", "Name the header's line in the mapping.")
    if any(len(name) > _LONGEST_NAME for name in header):
        raise _refuse(
            path,
            f"{where} is not a header: it has a name of more than {_LONGEST_NAME} characters",
            "Name the header's line in the mapping, or shorten the name.",
        )
    return header


def _header_record(content: bytes, header_row: int) -> tuple[bytes, int]:
    """The header's bytes and the line at which it ends: a quoted header may hold a line end."""
    start = 0
    for _ in range(header_row - 1):
        start = content.find(b"\n", start) + 1
        if start == 0:
            return b"", header_row
    end, line = start, header_row
    while True:
        found = content.find(b"\n", end)
        stop = len(content) if found < 0 else found
        record = content[start:stop]
        if record.count(b'"') % 2 == 0 or found < 0 or line - header_row > _LONGEST_RECORD:
            return record.rstrip(b"\r"), line
        end, line = stop + 1, line + 1


def _delimiter(header: str, expected: tuple[str, ...]) -> str:
    """The delimiter under which most expected columns are found; among equals the one with most columns."""
    wanted = {folded(name) for name in expected}

    def score(sign: str) -> tuple[int, int]:
        try:
            names = next(csv.reader(io.StringIO(header), delimiter=sign), [])
        except csv.Error:
            return (0, 0)
        return (len(wanted & {folded(name) for name in names}), len(names))

    return max((",", ";", "\t", "|"), key=score)


def record_lines(opened: "Opened") -> Records | None:
    """Where the records below the header begin, counted without a CSV reader; None if only care will do.

    Care is needed for zero bytes, text that is not UTF-8, mixed line ends and quotes that do not close.
    """
    import numpy as np

    content = opened.content
    if opened.encoding != "utf-8" or b"\x00" in content or (not opened.altered and not _is_utf8(content)):
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
    """Whether a record ends in empty columns beyond the header's, which DuckDB's reader lets pass.

    `all_fit`: the reader set no record aside, so that one count over the whole file may answer.
    """
    import numpy as np

    content, width, sign = opened.content, len(opened.header), opened.delimiter.encode()
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
        cells = _records(record.decode(opened.encoding, errors="replace"), opened.delimiter, strict=True)
        if cells and len(cells[0]) > width:
            return True
    return False


def _looks_like_rows(record: bytes, lines: int, opened: "Opened") -> bool:
    """Whether a record over several lines has delimiters enough for each of its lines to be a row."""
    width = len(opened.header)
    return width >= _FEW_COLUMNS and record.count(opened.delimiter.encode()) >= lines * (width - 1)


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
    width = len(opened.header)
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
        cells = _split(raw if taken == 1 else b"\n".join(lines[index : index + taken]), opened)
        if cells is None:
            reject(index, taken, "unreadable_bytes")
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
    for line in lines[index + 1 : index + _LONGEST_RECORD]:
        parts.append(line)
        if line.count(b'"') % 2:
            break
    else:
        return 1
    raw = b"\n".join(parts)
    records = _records(raw.decode(opened.encoding, errors="replace"), opened.delimiter, strict=True)
    if records is None or len(records) != 1 or _looks_like_rows(raw, len(parts), opened):
        return 1
    signs = raw.count(opened.delimiter.encode())
    return len(parts) if len(records[0]) == width or _FEW_COLUMNS <= width >= signs - 2 else 1


def _split(raw: bytes, opened: "Opened") -> list[str] | None:
    """The cells of a record; no cells where an open quote is never closed; None for unreadable bytes."""
    try:
        text = raw.decode(opened.encoding)
    except UnicodeDecodeError:
        return None
    if "\x00" in text:
        return None
    records = _records(text, opened.delimiter, strict=True)
    if records is None and raw.count(b'"') % 2 == 0:
        # A quote within a quoted cell ("a "b" c") is text, as long as the quotes of the line pair off.
        records = _records(text, opened.delimiter, strict=False)
    return records[0] if records is not None and len(records) == 1 else []


def _records(text: str, delimiter: str, *, strict: bool) -> list[list[str]] | None:
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
