"""Writes made-up extracts as CSV: UTF-8, comma, LF, nothing quoted (no value holds a comma or a quote).

Holds no content. Lines are put together and written in blocks, so that the size of a file sets no bound.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BLOCK = 100_000


def write_rows(target: Path, columns: dict[str, Any], extra: Sequence[str] = (), before: Sequence[int] = ()) -> int:
    """Write the columns with each `extra` line before its row, and return the number of rows written."""
    names = list(columns)
    size = len(columns[names[0]])
    # Extra lines are taken in order of their rows; of one row, in the order given.
    order = np.argsort(np.asarray(before, dtype=np.int64), kind="stable")
    sorted_before = np.asarray(before, dtype=np.int64)[order]
    with target.open("wb") as out:
        out.write((",".join(names) + "\n").encode("utf-8"))
        for start in range(0, size, BLOCK):
            stop = min(start + BLOCK, size)
            lines = pc.binary_join_element_wise(*(columns[name].slice(start, stop - start) for name in names), ",")
            low, high = np.searchsorted(sorted_before, [start, stop])
            if high > low:
                added = pa.array([extra[place] for place in order[low:high]], pa.string())
                keys = np.concatenate([sorted_before[low:high] - start, np.arange(stop - start)])
                # Stable, and the extra lines come first: each stands before the row of its key.
                lines = pa.concat_arrays([added, lines]).take(pa.array(np.argsort(keys, kind="stable")))
            out.write(_bytes(lines))
    return size + len(extra)


def _bytes(lines: Any) -> memoryview:
    """The lines with their line ends, as they stand in memory."""
    ended = pc.binary_join_element_wise(lines, "\n", "")
    _, offsets, data = ended.buffers()
    first, last = np.frombuffer(offsets, dtype=np.int32)[[ended.offset, ended.offset + len(ended)]]
    return memoryview(data)[int(first) : int(last)]
