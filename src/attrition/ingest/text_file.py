"""Opens a text file: its encoding, its delimiter and where its header stands."""

import codecs
import csv
import io
import re
from collections import Counter
from pathlib import Path

from attrition.ingest.clean_text import folded
from attrition.ingest.header_place import ROWS_SEARCHED, find_header, holds, spelled
from attrition.ingest.reading import Layout, Opened, refuse
from attrition.ingest.text_lines import LONGEST_RECORD, is_blank, is_utf8, records_in, refuse_another_header

_LONGEST_NAME = 500  # characters of a column name
_SAMPLE = 1 << 16  # bytes below the header that tell how rows end
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = (",", ";", "\t", "|")
# Excel's own first line, which names the delimiter; saved again it is quoted, or ends in delimiters itself.
_SEP = re.compile(rb'"?sep=(\\t|[!#-/:-@\[-`{-~]|\t)"?[,;|\t ]*\r?\n', re.IGNORECASE)


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
    if is_utf8(content):
        return "utf-8"
    # Lines of good multi-byte text say UTF-8 with damaged lines; none at all says the Windows code page.
    for line in content.split(b"\n"):
        if not line.isascii() and is_utf8(line):
            return "utf-8"
    return "cp1252"


def encoding_of(path: Path, content: bytes, stated: str) -> str:
    """The encoding to read with. Raises InputRefused where the bytes contradict the mapping."""
    guessed = _guess(content)
    # A byte order mark says what the file is, whatever the mapping thinks.
    if stated == "auto" or guessed in ("utf-8-sig", "utf-16"):
        return guessed
    fits = {
        "utf-8": guessed == "utf-8",
        "utf-16": guessed.startswith("utf-16"),
        # Text with letters outside English that is UTF-8 to its last byte is not in the Windows code page.
        "cp1252": guessed == "cp1252" or (guessed == "utf-8" and (content.isascii() or not is_utf8(content))),
    }
    if not fits[stated]:
        found = "utf-16" if guessed.startswith("utf-16") else guessed
        raise refuse(
            path,
            f'the mapping says `encoding = "{stated}"`, the file\'s bytes are {found}',
            f'Write `encoding = "{found}"` or leave the key out, or export the file as {stated}.',
        )
    return guessed if stated == "utf-16" else stated


def _as_utf8(path: Path, content: bytes, encoding: str) -> tuple[bytes, str, bool]:
    """The content brought to UTF-8 with line feeds, its encoding, and whether it differs from the file's bytes."""
    altered = False
    if encoding.startswith("utf-16"):
        try:
            content = content.decode(encoding).removeprefix("\ufeff").encode("utf-8")
        except UnicodeError:
            raise refuse(
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
    # Files put one behind the other leave their byte order marks at the beginning of lines.
    if encoding == "utf-8" and not content.isascii() and b"\n" + codecs.BOM_UTF8 in content:
        content, altered = content.replace(b"\n" + codecs.BOM_UTF8, b"\n"), True
    return content, encoding, altered


def open_text(path: Path, content: bytes, sha256: str, layout: Layout) -> Opened:
    """Decodes a text file as far as needed to feed the reader, and finds its header.

    Raises InputRefused for a file without a usable header, or not in the encoding that the mapping states.
    """
    encoding = encoding_of(path, content, layout.encoding)
    notes = ["encoding_guessed"] if layout.encoding == "auto" and encoding == "cp1252" else []
    content, encoding, altered = _as_utf8(path, content, encoding)
    said = _SEP.match(content[:64])
    delimiter = layout.delimiter
    if said and delimiter == "auto":
        delimiter = said[1].decode().replace("\\t", "\t")
    above = 1 if said else 0
    signs = _DELIMITERS if delimiter == "auto" else (delimiter,)
    row = layout.header_row or above + 1
    if said and row == 1:
        row = 2
    if layout.header_row is None:
        row = _header_row(content, encoding, row, signs, layout)
    header_bytes, header_line = _header_record(content, row)
    text = header_bytes.decode(encoding, errors="replace")
    delimiter = delimiter_of(text, layout.expected) if delimiter == "auto" else delimiter
    names = _names(path, text, delimiter, row)
    header = spelled(names, layout.expected)
    opened = Opened(
        path, "csv", sha256, header, header_line, delimiter, encoding, content, altered=altered, notes=notes
    )
    if layout.header_row is None and row > above + 1:
        opened.told.append(f"the header stands in line {row}; the lines above it are not read")
    if holds(header, layout.required) < len({folded(name) for name in layout.required}):
        elsewhere = _header_row(content, encoding, row, _DELIMITERS, layout)
        opened.header_elsewhere = elsewhere if elsewhere != row else None
    _fit_to_rows(opened)
    refuse_another_header(opened, names)
    return opened


def _header_row(content: bytes, encoding: str, first: int, signs: tuple[str, ...], layout: Layout) -> int:
    """The line at which the header begins, searched for in the first lines unless it stands in line `first`."""
    texts = [_header_record(content, first)[0].decode(encoding, errors="replace")]
    for sign in signs if layout.required else ():
        if find_header([_cells(texts[0], sign)], layout.required, ()) == 0:
            return first
    texts = [_header_record(content, row)[0].decode(encoding, errors="replace") for row in range(1, ROWS_SEARCHED + 1)]
    best, best_score = first, 0
    for sign in signs:
        rows = [_cells(text, sign) for text in texts]
        found = find_header(rows, layout.required, layout.expected)
        if found is None:
            continue
        wanted = (*layout.required, *layout.expected)
        score = holds(rows[found], wanted) if wanted else sum(bool(name.strip()) for name in rows[found])
        if score > best_score:
            best, best_score = found + 1, score
    return best


def _cells(text: str, sign: str) -> list[str]:
    found = records_in(text, sign, strict="\n" in text)
    return found[0] if found and len(found) == 1 else []


def _names(path: Path, text: str, delimiter: str, header_row: int) -> list[str]:
    """The column names in the header's text. Raises InputRefused where it cannot be a header."""
    where = f"line {header_row}"
    # Over several lines every quote must fit, else rows would count as part of a name.
    records = records_in(text, delimiter, strict="\n" in text) or []
    if text.strip() and len(records) != 1:
        raise refuse(path, f"{where} is not a header: its quotes do not match", "Correct it, or export the file again.")
    header = records[0] if records else []
    if not any(name.strip() for name in header):
        raise refuse(path, f"there is no header in {where}", "Name the header's line in the mapping (`header_row`).")
    if any(len(name) > _LONGEST_NAME for name in header):
        raise refuse(
            path,
            f"{where} is not a header: it has a name of more than {_LONGEST_NAME} characters",
            "Name the header's line in the mapping (`header_row`), or shorten the name.",
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
        if record.count(b'"') % 2 == 0 or found < 0 or line - header_row > LONGEST_RECORD:
            return record.rstrip(b"\r"), line
        end, line = stop + 1, line + 1


def delimiter_of(header: str, expected: tuple[str, ...]) -> str:
    """The delimiter under which most expected columns are found; among equals the one with most columns."""

    def score(sign: str) -> tuple[int, int]:
        try:
            names = next(csv.reader(io.StringIO(header), delimiter=sign), [])
        except csv.Error:
            return (0, 0)
        return (holds(names, expected), len(names))

    return max(_DELIMITERS, key=score)


def _fit_to_rows(opened: Opened) -> None:
    """Tells from the first rows whether each ends in one delimiter more than the header, or the header in some more than
    the rows have: either way the last, empty column is none.
    """
    start = 0
    for _ in range(opened.header_line):
        start = opened.content.find(b"\n", start) + 1
        if start == 0:
            return
    lines = opened.content[start : start + _SAMPLE].split(b"\n")[:-1]
    rows = []
    for line in lines:
        text = line.rstrip(b"\r").decode(opened.encoding, errors="replace")
        cells = _cells(text, opened.delimiter) if text and text.count('"') % 2 == 0 else []
        if not is_blank(cells):
            rows.append(cells)
    if not rows:
        return
    width = len(opened.header)
    more = sum(len(cells) == width + 1 and is_blank(cells[-1:]) for cells in rows)
    # Where only a few rows are wider, a delimiter within a cell has moved the others on: those are no harmless ones.
    opened.trailing = more * 2 > len(rows)
    common = Counter(len(cells) for cells in rows).most_common(1)[0][0]
    if common < width and not any(opened.header[common:]):
        del opened.header[common:]
