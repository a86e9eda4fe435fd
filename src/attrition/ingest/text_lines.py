"""Text files: encoding, delimiter, header, where each record begins, and the careful reader for faulty files."""

import codecs
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrition.errors import InputRefused

if TYPE_CHECKING:
    import numpy as np

    from attrition.ingest.reading import Opened

_CHUNK = 1 << 24
_LONGEST_RECORD = 200  # physical lines that one quoted record may span before it counts as an unclosed quote
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass
class Records:
    """Line numbers (from 1) at which the records below the header begin, counted on the bytes."""

    lines: "np.ndarray[Any, Any]"
    starts: "np.ndarray[Any, Any]"
    longest: int
    quoted_line_ends: bool
    ends_with_line_end: bool


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
    if len(head) >= 4 and head.count(0) >= len(head) // 3:
        return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"
    if _is_utf8(content):
        return "utf-8"
    # Lines of good multi-byte text say UTF-8 with damaged lines; none at all says the Windows code page.
    for line in content.split(b"\n"):
        if not line.isascii() and _is_utf8(line):
            return "utf-8"
    return "cp1252"


def open_text(
    path: Path, content: bytes, sha256: str, encoding: str, delimiter: str, header_row: int, expected: tuple[str, ...]
) -> "Opened":
    """Decodes a text file as far as needed to feed the reader, and reads its header.

    Raises InputRefused for a file without a usable header, or that is not in the encoding that the mapping states.
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
            raise _refuse(path, "the file is not readable as UTF-16", "Export it again, or as UTF-8.") from None
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
    try:
        header = [name.strip().strip("\ufeff") for name in next(csv.reader(io.StringIO(text), delimiter=delimiter), [])]
    except csv.Error:
        header = []
    if not any(header):
        raise _refuse(path, f"there is no header in line {header_row}", "Name the header's line in the mapping.")
    if any(len(name) > 500 for name in header):
        raise _refuse(path, f"line {header_row} is not a header", "Name the header's line in the mapping.")
    return Opened(
        path, "csv", sha256, header, header_line, delimiter, encoding, content, altered=altered, notes=notes
    )


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
        if record.count(b'"') % 2 == 0 or found < 0 or line - header_row > 20:
            return record.rstrip(b"\r"), line
        end, line = stop + 1, line + 1


def _delimiter(header: str, expected: tuple[str, ...]) -> str:
    """The delimiter under which most expected columns are found; among equals the one with most columns."""
    wanted = {name.casefold() for name in expected}

    def score(sign: str) -> tuple[int, int]:
        try:
            names = next(csv.reader(io.StringIO(header), delimiter=sign), [])
        except csv.Error:
            return (0, 0)
        return (len(wanted & {name.strip().casefold() for name in names}), len(names))

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
    # Several physical lines may make one cell, so a file with quoted line ends is judged by its longest stretch.
    quoted = bool(inside[first:].any())
    longest = int(below.max()) if len(below) else 0
    if quoted:
        bounds = np.append(starts[begins], len(array))
        longest = int(np.diff(bounds).max()) if len(bounds) > 1 else longest
    return Records(lines.astype("int64"), starts, longest, quoted, ends_with)


def _positions(array: "np.ndarray[Any, Any]", byte: int) -> "np.ndarray[Any, Any]":
    import numpy as np

    found = [
        np.flatnonzero(array[start : start + _CHUNK] == byte) + start for start in range(0, len(array), _CHUNK)
    ]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def line_hash(opened: "Opened", records: Records, line: int) -> str:
    """SHA-256 of one physical line's text: names a line that cannot be split without keeping it."""
    start = int(records.starts[line - 1])
    end = opened.content.find(b"\n", start)
    return hashlib.sha256(opened.content[start : len(opened.content) if end < 0 else end].rstrip(b"\r")).hexdigest()


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

    def reject(index: int, reason: str) -> None:
        opened.rejects.append(Reject(index + 1, reason, hashlib.sha256(lines[index]).hexdigest()))

    index = opened.header_line
    while index < len(lines):
        raw = lines[index]
        if not raw:
            index += 1
            continue
        taken = 1
        # A record goes on while a quote is open; a stray quote would swallow the file, so there is a limit.
        while raw.count(b'"') % 2 and taken < _LONGEST_RECORD and index + taken < len(lines):
            raw = raw + b"\n" + lines[index + taken]
            taken += 1
        cells = _split(raw, opened)
        if taken > 1 and (raw.count(b'"') % 2 or cells is None or len(cells) != width):
            raw, taken = lines[index], 1
            cells = _split(raw, opened)
        if b"\x00" in raw or cells is None:
            reject(index, "unreadable_bytes")
        elif len(cells) != width or raw.count(b'"') % 2 and _opens_quote(raw, opened.delimiter):
            reject(index, "wrong_number_of_columns")
        elif any(len(cell) > longest_cell for cell in cells):
            reject(index, "cell_too_long")
        else:
            yield index + 1, [cell or None for cell in cells]
        index += taken
    last = opened.rejects[-1].line if opened.rejects else 0
    opened.cut_short = last == len(lines) and not content.endswith((b"\n", b"\r")) and (
        opened.rejects[-1].reason == "wrong_number_of_columns"
    )


def _opens_quote(raw: bytes, delimiter: str) -> bool:
    """Whether a field begins with a quote: elsewhere a quote is text (a 5" pipe)."""
    sign = delimiter.encode()
    return raw.startswith(b'"') or sign + b'"' in raw


def _split(raw: bytes, opened: "Opened") -> list[str] | None:
    try:
        text = raw.decode(opened.encoding)
    except UnicodeDecodeError:
        return None
    try:
        csv.field_size_limit(1 << 30)
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=opened.delimiter), [])
    except csv.Error:
        return None


def repeated(header: list[str]) -> list[str]:
    """Header names that stand more than once, compared without regard to case."""
    counts = Counter(name.casefold() for name in header if name)
    return sorted(name for name, count in counts.items() if count > 1)
