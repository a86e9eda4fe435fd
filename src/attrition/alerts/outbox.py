"""The plain folder as a channel: one text file per alert, and the rows to mend beside it. Never overwrites anything, and
no reader ever sees half a file.
"""

import os
import re
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

_LONGEST_SLUG = 60


def file_stem(made_on: str, alert_id: int, owner: str) -> str:
    """What the files of one alert are called: day, number and owner, in letters that every file system takes."""
    slug = re.sub(r"[^a-z0-9]+", "-", owner.lower()).strip("-")[:_LONGEST_SLUG].strip("-")
    return f"{made_on}_{alert_id}_{slug or 'owner'}"


def put(folder: Path, stem: str, owner: str, subject: str, body: str, attachments: Sequence[Path] = ()) -> None:
    """Writes an alert into the folder, which is made if its parent is there. Raises OSError where that fails.

    The attachments come first, so that a text never speaks of a file that is not there yet.
    """
    # The parent is not made: where a share is not mounted, the alert would end on a disk that nobody looks at.
    folder.mkdir(exist_ok=True)
    lines = [f"To: {owner}", f"Subject: {subject}"]
    for file in attachments:
        placed = _place(folder, f"{stem}_{file.stem}", file.suffix, partial(_copy, file))
        lines.append(f"File: {placed.name}")
    _place(folder, stem, ".txt", partial(_write, "\n".join([*lines, "", body])))


def _copy(source: Path, part: Path) -> None:
    shutil.copyfile(source, part)


def _write(text: str, part: Path) -> None:
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _place(folder: Path, stem: str, suffix: str, write: Callable[[Path], None]) -> Path:
    """Writes a file beside its place and moves it there; takes the next free name where another one stands there."""
    part = folder / f".{stem}.{os.getpid()}.part"
    try:
        write(part)
        number = 1
        while True:
            place = folder / (f"{stem}{suffix}" if number == 1 else f"{stem}_{number}{suffix}")
            if place.exists():
                # The same alert, written by a run that died before it could say so.
                if place.read_bytes() == part.read_bytes():
                    return place
            elif _moved(part, place):
                return place
            number += 1
    finally:
        part.unlink(missing_ok=True)


def _moved(part: Path, place: Path) -> bool:
    """Moves a file to a free name; False if somebody took the name meanwhile."""
    try:
        os.link(part, place)
    except FileExistsError:
        return False
    except OSError:
        # Many shares know no hard links. Windows refuses to rename onto a file; elsewhere only this run writes here.
        try:
            part.rename(place)
        except FileExistsError:
            return False
    return True
