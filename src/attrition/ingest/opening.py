"""Opens a file for all the feeds that it fills, each with the sheet and layout that its mapping states, and checks its header."""

from collections.abc import Callable

from attrition.contract import load_contract
from attrition.errors import InputRefused
from attrition.ingest.clean_text import folded
from attrition.ingest.file_name import file_kind
from attrition.ingest.header_place import ROWS_SEARCHED
from attrition.ingest.landing import Arrival
from attrition.ingest.mapping import Feed
from attrition.ingest.reading import Layout, Opened, open_file
from attrition.ingest.text_lines import repeated


def open_checked(arrival: Arrival) -> Opened:
    """Opens a file and checks its header against every feed that it fills. Raises InputRefused."""
    # Only a workbook has several tables: every other file is one, whatever sheet a mapping names beside.
    is_workbook = file_kind(arrival.path) == "xlsx"
    tables: dict[str, list[Feed]] = {}
    for feed in arrival.feeds:
        tables.setdefault(folded(feed.sheet) if is_workbook and feed.sheet else "", []).append(feed)
    parts = {}
    for table, feeds in tables.items():
        others = tuple(name for name in tables if name not in ("", table))
        layout = _layout(arrival, feeds, is_workbook, others)
        part = open_file(arrival.path, layout)
        for feed in feeds:
            _check_header(arrival, part, feed)
            parts[feed.sheet, feed.header_row] = part
    opened = next(iter(parts.values()))
    opened.parts = parts
    # The content of large files is read again when its turn comes, so that only one stands in memory.
    if len(opened.content) > 1 << 26 and not opened.altered:
        opened.content = b""
    return opened


def _needed(feed: Feed) -> list[str]:
    """The source columns without which the feed cannot be read."""
    required = load_contract(feed.extract).required
    needed = [c for column in required if column in feed.columns for c in feed.columns[column].source_columns]
    needed += feed.where_columns
    return needed + ([feed.covers_to.column] if feed.covers_to and feed.covers_to.column else [])


def _layout(arrival: Arrival, feeds: list[Feed], is_workbook: bool, others: tuple[str, ...]) -> Layout:
    """What the feeds of one table say of it together. Raises InputRefused where they contradict each other."""

    def stated(key: str, of: Callable[[Feed], object], unstated: object) -> object:
        found = list(dict.fromkeys(of(feed) for feed in feeds if of(feed) != unstated))
        if len(found) > 1:
            extracts = " and ".join(dict.fromkeys(feed.extract for feed in feeds if of(feed) != unstated))
            where = f'the sheet "{feeds[0].sheet}"' if is_workbook and feeds[0].sheet else "one table"
            raise InputRefused(
                f"{arrival.name}: the feeds {extracts} of the mapping {feeds[0].source} contradict each other: `{key}` is "
                f"{' and '.join(repr(value) for value in found)} for {where}. Correct the mapping so that they say the same"
                + (", or name a `sheet` for each. " if is_workbook else ". ")
                + "Nothing was published."
            )
        return found[0] if found else unstated

    text = not is_workbook
    return Layout(
        encoding=str(stated("encoding", lambda feed: feed.encoding, "auto")) if text else "auto",
        delimiter=str(stated("delimiter", lambda feed: feed.delimiter, "auto")) if text else "auto",
        sheet=feeds[0].sheet if is_workbook else None,
        header_row=stated("header_row", lambda feed: feed.header_row, None),  # type: ignore[arg-type]
        required=tuple(dict.fromkeys(name for feed in feeds for name in _needed(feed))),
        expected=tuple(
            dict.fromkeys(
                name
                for feed in feeds
                for name in (*(c for rule in feed.columns.values() for c in rule.source_columns), *_needed(feed))
            )
        ),
        other_sheets=others,
    )


def _check_header(arrival: Arrival, opened: Opened, feed: Feed) -> None:
    here = {folded(column) for column in opened.header}
    missing = sorted({column for column in _needed(feed) if folded(column) not in here})
    if missing:
        if opened.header_elsewhere:
            hint = (
                f"A row with such columns stands in line {opened.header_elsewhere}: write `header_row = "
                f"{opened.header_elsewhere}` into the mapping, or leave the key out. "
            )
        elif feed.header_row is None:
            hint = f"The first {ROWS_SEARCHED} lines were searched; a header further down needs `header_row`. "
        else:
            hint = ""
        raise InputRefused(
            f"{arrival.name}: {opened.place} lacks the required columns {', '.join(missing)} "
            f"(mapping {feed.source}, {feed.extract}). {hint}{opened.beside}Was a header renamed? Export the file with these "
            "columns, or correct the mapping. Nothing was published."
        )
    used = {folded(c) for rule in feed.columns.values() for c in rule.source_columns}
    if doubled := sorted(name for name in repeated(opened.header) if folded(name) in used):
        raise InputRefused(
            f"{arrival.name}: {opened.place} names the columns {', '.join(doubled)} more than once, so it "
            "cannot be told which one counts. Remove or rename one. Nothing was published."
        )
