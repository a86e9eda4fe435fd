"""File names of the landing folder: how they are shown to people, and what their endings say about the file."""

import re
from pathlib import Path

KINDS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx", ".parquet": "parquet"}
UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload")
# What Windows, macOS and browsers leave beside files.
_BESIDE = re.compile(r"(?i)(zone\.identifier|thumbs\.db|desktop\.ini|smartscreen)$")
# An extract may well be sent as one of these, though it is not read so.
_UNREAD = {
    "Save it as .xlsx or .csv.": ".xls .xlsb .xlt .xltx .xltm .ods .fods .numbers .wk1 .dif .slk",
    "Unpack it first and put the extract itself there.": (
        ".zip .gz .gzip .tgz .tar .7z .rar .bz2 .xz .zst .lz4 .lzma .cab .z .gpg .pgp .p7m .aes"
    ),
    "Send CSV, XLSX or Parquet.": (
        ".doc .docx .docm .odt .rtf .pdf .html .htm .mht .json .jsonl .ndjson .xml .yaml .mdb .accdb .db .sqlite .duckdb "
        ".sav .dta .sas7bdat .rds .rdata .feather .arrow .avro .orc .dbf .tab .dat .ppt .pptx .msg .eml .ps .xps"
    ),
}
_MEND = {ending: mend for mend, endings in _UNREAD.items() for ending in endings.split()}


def shown_name(name: str | Path) -> str:
    """A file's name (without folders) or a sheet's as it is shown and stored: bytes that are no text, control characters
    and whatever else does not print stand as escapes, so that a name can neither stop a run nor steer a terminal.
    """
    text = name.name if isinstance(name, Path) else name
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    code = ord(sign)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not text in the file system's encoding
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def file_kind(path: Path) -> str | None:
    """csv, xlsx or parquet by the file's ending; None for a file that is not an extract."""
    return None if is_left_beside(path) else KINDS.get(path.suffix.lower())


def is_left_beside(path: Path) -> bool:
    """Whether the file is none of the sender's, but what a system left beside it."""
    return _BESIDE.search(path.name) is not None


def is_unfinished(path: Path) -> bool:
    """Whether the name says that the file is still being written or open in a program."""
    return path.name.startswith(("~$", ".")) or path.suffix.lower() in UNFINISHED


def how_to_mend(path: Path) -> str | None:
    """What to do with a file of a kind in which extracts are sent but not read; None for any other."""
    return _MEND.get(path.suffix.lower())


def names_within(path: Path) -> list[str]:
    """Names that the extract in a file that is not read may have: the stem of a packed or differently saved file."""
    stem = path.name
    while (suffix := Path(stem).suffix.lower()) in _MEND:
        stem = stem[: -len(suffix)]
    return [path.name, stem, *(stem + ending for ending in KINDS)]
