"""The landing folder: which files are there, which mapping each fits, which are parts of one delivery."""

import re
from dataclasses import dataclass
from pathlib import Path

from attrition.errors import InputRefused, UsageFault
from attrition.ingest.day_told import natural_order
from attrition.ingest.file_name import file_kind, how_to_mend, is_left_beside, is_unfinished, names_within, shown_name
from attrition.ingest.mapping import Feed, Source


@dataclass(frozen=True)
class Arrival:
    """One file of the landing folder with the feeds that it fills and the delivery that it is part of."""

    path: Path
    feeds: tuple[Feed, ...]
    delivery: str

    @property
    def name(self) -> str:
        """The file's name as it is shown and stored."""
        return shown_name(self.path)

    @property
    def order(self) -> tuple[tuple[tuple[str, int], ...], str]:
        """Files of one run arrive by name without extension, part 2 before part 10."""
        return (natural_order(self.path.stem), self.path.name)


def fitting_feeds(path: Path, sources: list[Source]) -> tuple[Feed, ...]:
    """The feeds that a file fills; where several patterns fit, the longest. Empty if none fits.

    Raises UsageFault if patterns of two sources, or of two feeds of one extract, fit equally well.
    """
    fits = [(feed.specificity(path.name), feed) for source in sources for feed in source.feeds]
    best = max((score for score, _ in fits), default=0)
    if best == 0:
        return ()
    feeds = tuple(feed for score, feed in fits if score == best)
    if len({feed.source for feed in feeds}) > 1:
        names = " and ".join(sorted({feed.source for feed in feeds}))
        raise UsageFault(
            f"{shown_name(path)}: the mappings {names} fit this file equally well. Make one pattern longer."
        )
    extracts = [feed.extract for feed in feeds]
    if twice := next((extract for extract in extracts if extracts.count(extract) > 1), None):
        raise UsageFault(
            f"{shown_name(path)}: two feeds of the mapping {feeds[0].source} fill {twice} from this file, and only one could be read. "
            'Sheets with the same columns are read by one feed (`sheet = "*"`); send others as files of their own, each with its feed.'
        )
    return feeds


def _may_be_meant(path: Path, sources: list[Source]) -> bool:
    """Whether a file of a kind that is not read would fit a mapping once it is unpacked or saved otherwise."""
    return any(feed.specificity(name) for name in names_within(path) for source in sources for feed in source.feeds)


def survey(folder: Path, sources: list[Source]) -> tuple[list[Arrival], list[str]]:
    """The files to load, in the order of one run, and a note for each file that is left alone.

    Raises InputRefused for a folder that is not there or cannot be read, or a file of a kind in which extracts are sent
    but not read, if its name fits.
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
        if path.is_dir():
            notes.append(f"{shown_name(path)}: left alone, it is a folder")
        elif is_left_beside(path):
            notes.append(f"{shown_name(path)}: left alone, a system left it beside a file")
        elif is_unfinished(path):
            if fitting_feeds(path, sources):
                notes.append(f"{shown_name(path)}: left alone, its name says that it is not finished")
        elif (mend := how_to_mend(path)) and _may_be_meant(path, sources):
            refused.append(f"{shown_name(path)}: this kind of file is not read. {mend} Nothing was published.")
        elif not (feeds := fitting_feeds(path, sources)):
            notes.append(f"{shown_name(path)}: left alone, no source mapping fits its name")
        elif file_kind(path) is None:
            notes.append(f"{shown_name(path)}: left alone, this kind of file is not read (CSV, XLSX and Parquet are)")
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
            return shown_name(f"{feed.source}/{found.group(1)}")
    return shown_name(path)
