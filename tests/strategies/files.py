"""Made-up files on disk, and which of them a run would skip as known."""

import csv
from collections.abc import Sequence
from pathlib import Path

from oracle import BrokenLine, Delivery, RawRow
from oracle.codes import COLUMNS


def write_csv(path: Path, extract: str, rows: Sequence[RawRow]) -> None:
    """Writes the rows under the contract's header; BrokenLine rows as the text they carry."""
    columns = list(COLUMNS[extract])
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
        lines = csv.writer(stream, lineterminator="\n")
        lines.writerow(columns)
        for row in rows:
            if isinstance(row, BrokenLine):
                stream.write(row.text + "\n")
            else:
                lines.writerow([row.get(column, "") for column in columns])


def write_deliveries(folder: Path, deliveries: Sequence[Delivery]) -> list[Path]:
    """Writes every delivery into the folder under its own name; the paths in the order given."""
    paths = []
    for delivery in deliveries:
        path = folder / delivery.file
        write_csv(path, delivery.extract, delivery.rows)
        paths.append(path)
    return paths


def told_once(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Without the files whose bytes an earlier one has: known files are skipped."""
    seen: list[tuple[str, Sequence[RawRow]]] = []
    new = []
    for delivery in deliveries:
        content = (delivery.extract, [_told(delivery.extract, row) for row in delivery.rows])
        if content not in seen:
            new.append(delivery)
        seen.append(content)
    return new


def _told(extract: str, row: RawRow) -> RawRow:
    if isinstance(row, BrokenLine):
        return row
    return {column: row.get(column, "") for column in COLUMNS[extract]}
