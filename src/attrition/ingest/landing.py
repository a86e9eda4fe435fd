"""The landing folder: which files are there, which mapping each fits, which are parts of one delivery."""

import re
from dataclasses import dataclass
from pathlib import Path

from attrition.errors import InputRefused, UsageFault
from attrition.ingest.day_told import natural_order
from attrition.ingest.mapping import Feed, Source
from attrition.ingest.reading import UNFINISHED, file_kind


@dataclass(frozen=True)
class Arrival:
    """One file of the landing folder with the feeds that it fills and the delivery that it is part of."""

    path: Path
    feeds: tuple[Feed, ...]
    delivery: str

    @property
    def order(self) -> tuple[tuple[tuple[str, int], ...], str]:
        """Files of one run arrive by name without extension, part 2 before part 10."""
        return (natural_order(self.path.stem), self.path.name)


def fitting_feeds(path: Path, sources: list[Source]) -> tuple[Feed, ...]:
    """The feeds that a file fills; where several patterns fit, the longest. Empty if none fits.

    Raises UsageFault if patterns of two sources fit equally well.
    """
    fits = [(feed.specificity(path.name), feed) for source in sources for feed in source.feeds]
    best = max((score for score, _ in fits), default=0)
    if best == 0:
        return ()
    feeds = tuple(feed for score, feed in fits if score == best)
    if len({feed.source for feed in feeds}) > 1:
        names = " and ".join(sorted({feed.source for feed in feeds}))
        raise UsageFault(f"{path.name}: the mappings {names} fit this file equally well. Make one pattern longer.")
    return feeds


def _unfinished(path: Path) -> bool:
    return path.name.startswith(("~$", ".")) or path.suffix.lower() in UNFINISHED


def survey(folder: Path, sources: list[Source]) -> tuple[list[Arrival], list[str]]:
    """The files to load, in the order of one run, and a note for each file that is left alone.

    Raises InputRefused for a folder that is not there or cannot be read, or a fitting file of a kind that is
    not read.
    """
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        raise InputRefused(
            f"The landing folder {folder} is not there. Name the folder that holds the extracts."
        ) from None
    except NotADirectoryError:
        raise InputRefused(f"{folder} is a file; --landing names the folder that holds the extracts.") from None
    except PermissionError:
        raise InputRefused(f"The landing folder {folder} may not be read. Allow this account to read it.") from None
    arrivals, notes, refused = [], [], []
    for path in paths:
        feeds = fitting_feeds(path, sources)
        if _unfinished(path) or path.is_dir():
            if feeds and not path.is_dir():
                notes.append(f"{path.name}: left alone, its name says that it is not finished")
            elif feeds and path.is_dir():
                refused.append(
                    f"{path.name}: this is a folder, not a file. Put the extract itself there. Nothing was published."
                )
            continue
        if not feeds:
            notes.append(f"{path.name}: left alone, no source mapping fits its name")
        elif file_kind(path) is None:
            refused.append(
                f"{path.name}: this kind of file is not read. Send CSV, XLSX or Parquet. Nothing was published."
            )
        else:
            arrivals.append(Arrival(path, feeds, delivery_of(path, feeds[0])))
    if refused:
        raise InputRefused("\n".join(refused))
    return sorted(arrivals, key=lambda arrival: arrival.order), notes


def delivery_of(path: Path, feed: Feed) -> str:
    """The delivery that a file is part of: its own, unless the mapping says which files go together."""
    if feed.parts:
        found = re.search(feed.parts, path.name)
        if found:
            return f"{feed.source}/{found.group(1)}"
    return path.name
