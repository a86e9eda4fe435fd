"""The folder of publications: built beside, renamed whole, never overwritten. A killed run leaves nothing that looks
like a publication.
"""

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from attrition.errors import AttritionError, UsageFault

_LATEST = "latest.txt"


def _prefix(warehouse: Path) -> str:
    return ".building-" + hashlib.sha256(str(warehouse).encode()).hexdigest()[:8]


def workshop(out: Path, warehouse: Path) -> Path:
    """An empty folder beside the publications to build the next one in; what a killed run left there goes.

    Call it while the warehouse is held. Raises UsageFault if OUT cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        for left in out.glob(_prefix(warehouse) + "*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = out / f"{_prefix(warehouse)}-{os.getpid()}"
        folder.mkdir()
    except OSError:
        raise UsageFault(f"The folder {out} cannot be written. Name another with --out.") from None
    return folder


def put_out(folder: Path, out: Path, as_at: dt.date, finish: Callable[[str], None] = lambda name: None) -> Path:
    """Gives a finished folder its name: the day, else `_r2`, `_r3`, ... Returns the publication's path.

    finish: called with the name before the folder gets it, for what carries the name inside; called again with the next
    one where another run takes the name in between
    """
    number = 1
    while True:
        target = out / (as_at.isoformat() + (f"_r{number}" if number > 1 else ""))
        number += 1
        if target.exists():
            continue
        finish(target.name)
        _settle(folder)
        try:
            folder.rename(target)
        except OSError:
            if target.exists():
                continue  # another run took the name in between
            raise AttritionError(
                f"The finished publication could not be moved to {target}. Close what looks into {out}, then run again."
            ) from None
        break
    name_latest(out, target.name)
    return target


def _settle(folder: Path) -> None:
    """Waits until every file of a folder is on the disk."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno()) if os.name != "nt" else None


def newest(out: Path) -> Path | None:
    """The publication that `latest.txt` names; None where there is none."""
    try:
        name = (out / _LATEST).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    # A name and no path: nothing outside the folder is ever taken for a publication.
    known = name not in ("", ".", "..") and "/" not in name and "\\" not in name
    return out / name if known and (out / name).is_dir() else None


def name_latest(out: Path, name: str) -> None:
    """Lets `latest.txt` name the newest publication."""
    beside = out / f".{_LATEST}.{os.getpid()}"
    try:
        beside.write_text(name + "\n", encoding="utf-8", newline="\n")
        beside.replace(out / _LATEST)
    except OSError:
        beside.unlink(missing_ok=True)
        raise AttritionError(
            f"The publication {name} is complete, but {out / _LATEST} could not be written: close it in other programs."
        ) from None
