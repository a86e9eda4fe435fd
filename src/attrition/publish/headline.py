"""The funnel of all cases as rows, as plain text for a terminal and as Markdown.

Reads the published tables only. A step rate so far never stands without the most it can become, a stage
whose feed stops too early shows [x] in place of its rates, and the sentence uplift stands apart.
"""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from attrition import reference
from attrition.errors import AttritionError
from attrition.publish.told import holds_counted, not_covered, of_nobody, told_of_none, without_untold

NOT_AVAILABLE = "[x]"
NOT_APPLICABLE = "[z]"
LOW = "[low]"
# A proportion below this would be printed as 0.0% although it is not nothing.
LOW_BELOW = 0.0005

LAST_STAGE = "convicted"
UPLIFT_STAGE = "uplifted"

Row = dict[str, Any]


def published_rows(tables: Path, name: str) -> list[Row]:
    """The rows of one published table, in its order. Raises AttritionError where it is absent."""
    file = tables / f"{name}.parquet"
    try:
        now = file.stat()
    except FileNotFoundError:
        raise AttritionError(
            f"The table {name} was not published: {file.name} is missing from {tables}. Run the pipeline again."
        ) from None
    return [dict(row) for row in _rows_of(file, now.st_ino, now.st_mtime_ns, now.st_size)]


@lru_cache(maxsize=64)
def _rows_of(file: Path, *_as_it_stands: int) -> tuple[Row, ...]:
    """The rows of a table's file. Report, paper, workbook and terminal all ask for most of them."""
    from pyarrow import parquet

    table = parquet.read_table(file)
    rows: list[Row] = table.to_pylist()
    if file.stem == "funnel" and not rows and "why" in table.column_names and "period" not in table.column_names:
        return tuple(of_nobody(table.column_names))
    return tuple(without_untold(rows) if holds_counted(file.stem, rows[0] if rows else ()) else rows)


@dataclass(frozen=True)
class HeadlineRow:
    """One stage of the funnel of all cases; every count is a number of incidents, `crimes` of crimes.

    The rates are proportions between 0 and 1; None where there is nothing to divide by or the question does
    not apply. A count is None where it is not told. `covered` and `next_covered` say whether this stage and the next one can be
    seen, `why` why this one cannot.
    """

    stage: str
    label: str
    entered: int | None
    progressed: int | None
    open: int | None
    resolved: int | None
    lost: int | None
    completed: int | None
    crimes: int | None
    covered: bool
    why: str
    next_covered: bool
    step_rate: float | None
    step_rate_max: float | None
    rate_of_recorded: float | None

    @property
    def steps_known(self) -> bool:
        """Whether the way to the next stage can be judged: the feeds of both stages reach far enough."""
        return self.covered and self.next_covered


def funnel_of_all(tables: Path) -> list[HeadlineRow]:
    """Every stage of breakdown `all`, the sentence uplift last. Empty where there is no case."""
    found = {row["stage"]: row for row in published_rows(tables, "funnel") if row["breakdown"] == "all"}
    stages = [stage for stage in reference.rows("stage") if stage["stage"] in found]
    following = {a["stage"]: b["stage"] for a, b in pairwise(stages)}
    rows = []
    for stage in stages:
        row = found[stage["stage"]]
        rows.append(
            HeadlineRow(
                stage=stage["stage"],
                label=stage["label"],
                covered=row["covered"] == "Y",
                why=row["why"],
                next_covered=found[following.get(stage["stage"], stage["stage"])]["covered"] == "Y",
                **{
                    name: row[name]
                    for name in (
                        "entered", "progressed", "open", "resolved", "lost", "completed", "crimes", "step_rate", "step_rate_max",
                        "rate_of_recorded",
                    )
                },
            )
        )  # fmt: skip
    return rows


def headline_rows(tables: Path) -> list[HeadlineRow]:
    """The headline: the stages from reported to convicted of all cases. The uplift stands apart
    (`uplift_row`).
    """
    return [row for row in funnel_of_all(tables) if row.stage != UPLIFT_STAGE]


def uplift_row(tables: Path) -> HeadlineRow:
    """The row of the convicted cases: `progressed` counts those with a recorded sentence uplift."""
    return next(row for row in funnel_of_all(tables) if row.stage == LAST_STAGE)


def coverage_caveat(tables: Path) -> str:
    """What is not told: the stages that are not covered, and why, and the breakdowns that are told of no case; empty where all is."""
    stages = not_covered((row.label, row.why) for row in funnel_of_all(tables) if not row.covered)
    return " ".join(filter(None, (stages, told_of_none(published_rows(tables, "funnel")))))


def rate_text(rate: float | None, known: bool = True) -> str:
    """A proportion as a percentage with one decimal, or the shorthand that says why there is none."""
    if not known:
        return NOT_AVAILABLE
    if rate is None:
        return NOT_APPLICABLE
    if 0 < rate < LOW_BELOW:
        return LOW
    return f"{rate:.1%}"


def count_text(count: int | None) -> str:
    """A count, or the shorthand where it is not told."""
    return NOT_AVAILABLE if count is None else f"{count:,}"


def _step_count(row: HeadlineRow, count: int | None) -> str:
    return NOT_APPLICABLE if row.stage == LAST_STAGE else count_text(count)


def _step_rate(row: HeadlineRow, rate: float | None) -> str:
    return NOT_APPLICABLE if row.stage == LAST_STAGE else rate_text(rate, row.steps_known)


@dataclass(frozen=True)
class _Column:
    heading: tuple[str, str]
    show: Callable[[HeadlineRow], str]
    # Columns of one rank leave a narrow table together, the highest rank first; rank 0 always stays.
    rank: int = 0


_COLUMNS = (
    _Column(("", "Stage"), lambda row: row.label),
    _Column(("", "Reached"), lambda row: count_text(row.entered)),
    _Column(("", "Went on"), lambda row: _step_count(row, row.progressed), 3),
    _Column(("", "Open"), lambda row: _step_count(row, row.open)),
    _Column(("Ended", "otherwise"), lambda row: _step_count(row, row.resolved), 2),
    _Column(("", "Lost"), lambda row: _step_count(row, row.lost)),
    # So far and at most share a rank: neither is ever shown without the other.
    _Column(("Went on", "so far"), lambda row: _step_rate(row, row.step_rate), 1),
    _Column(("Went on", "at most"), lambda row: _step_rate(row, row.step_rate_max), 1),
    _Column(("Reached, of", "recorded"), lambda row: rate_text(row.rate_of_recorded, row.covered), 4),
    _Column(("", "Crimes"), lambda row: count_text(row.crimes), 5),
    _Column(("", "Covered"), lambda row: "yes" if row.covered else "NO", 6),
)
_GAP = "  "


def _laid_out(rows: list[HeadlineRow], columns: list[_Column]) -> list[str]:
    cells = [[*column.heading, *(column.show(row) for row in rows)] for column in columns]
    widths = [max(len(text) for text in column) for column in cells]
    lines = []
    for texts in zip(*cells, strict=True):
        first, *others = (
            text.ljust(width) if at == 0 else text.rjust(width)
            for at, (text, width) in enumerate(zip(texts, widths, strict=True))
        )
        lines.append(_GAP.join([first, *others]).rstrip())
    lines.insert(2, "-" * (sum(widths) + len(_GAP) * (len(widths) - 1)))
    # Where no heading left takes two lines, the first is empty.
    return lines if lines[0] else lines[1:]


def _width(lines: list[str]) -> int:
    return max(len(line) for line in lines)


def _remarks(tables: Path) -> list[str]:
    uplift = uplift_row(tables)
    remarks = [
        "Counted in incidents. Open cases are not lost: once they close, a rate ends between 'so far' and 'at most'."
    ]
    if uplift.entered and uplift.steps_known:
        remarks.append(
            f"Standing apart: {uplift.progressed:,} of {uplift.entered:,} convicted cases had their "
            f"sentence uplifted "
            f"({rate_text(uplift.step_rate)} so far, {rate_text(uplift.step_rate_max)} at most)."
        )
    caveat = coverage_caveat(tables)
    if caveat:
        remarks.append(caveat)
    return remarks


_MEANINGS = {NOT_APPLICABLE: "not applicable", NOT_AVAILABLE: "not available", LOW: "above 0 but below 0.05%"}


def _shorthand(lines: list[str]) -> list[str]:
    """What the shorthand in these lines means; nothing where they use none."""
    used = [f"{short} {meaning}" for short, meaning in _MEANINGS.items() if any(short in line for line in lines)]
    return [", ".join(used) + "."] if used else []


def headline_text(tables: Path, width: int | None = None) -> str:
    """The funnel of all cases as aligned ASCII text, remarks below.

    `width` is the terminal's width in characters: columns that do not fit leave in a fixed order, so far
    and at most only together. None shows every column.
    """
    rows = headline_rows(tables)
    columns = list(_COLUMNS)
    lines = _laid_out(rows, columns)
    while width is not None and _width(lines) > width and any(column.rank for column in columns):
        highest = max(column.rank for column in columns)
        columns = [column for column in columns if column.rank < highest]
        lines = _laid_out(rows, columns)
    room = max(_width(lines), 80 if width is None else min(width, 80))
    wrapped = [line for remark in (*_remarks(tables), *_shorthand(lines)) for line in textwrap.wrap(remark, room)]
    text = "\n".join([*lines, "", *wrapped]) + "\n"
    return text.encode("ascii", "replace").decode("ascii")


def headline_markdown(tables: Path) -> str:
    """The funnel of all cases as a Markdown table, remarks below."""
    headings = [" ".join(part for part in column.heading if part) for column in _COLUMNS]
    lines = ["| " + " | ".join(headings) + " |", "|:--|" + "--:|" * (len(headings) - 1)]
    for row in headline_rows(tables):
        lines.append("| " + " | ".join(column.show(row).replace("|", "\\|") for column in _COLUMNS) + " |")
    return "\n".join([*lines, "", *(f"* {remark}" for remark in (*_remarks(tables), *_shorthand(lines)))]) + "\n"
