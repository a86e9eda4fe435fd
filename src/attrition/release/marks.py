"""A figure of a protected table: a value, or the shorthand that stands in its place. Rates are made from what is shown alone."""

from typing import Any

from attrition.release.rounding import Rounding

CONFIDENTIAL, NOT_AVAILABLE, NOT_APPLICABLE, LOW = "c", "x", "z", "low"
Figure = tuple[float | None, str]
LIMITS = ("", "_lower", "_upper")


def put(row: dict[str, Any], name: str, figure: Figure) -> None:
    """Writes a figure as two columns: the value, and the mark in its place."""
    row[name], row[f"{name}_mark"] = figure


def hidden(mark: str) -> Figure:
    """A figure that is not shown."""
    return None, mark


def put_rate(
    row: dict[str, Any], name: str, parts: list[Figure], base: Figure, rounding: Rounding, known: bool = True
) -> None:
    """Writes a rate with its 95 % limits (Wilson), from shown counts: the sum of `parts` over `base`.

    known: whether the feeds behind it reach far enough
    """
    values: tuple[float | None, ...] = (None, None, None)
    mark = ""
    if not known:
        mark = NOT_AVAILABLE
    elif marks := [mark for _, mark in (*parts, base) if mark]:
        mark = CONFIDENTIAL if CONFIDENTIAL in marks else marks[0]
    elif not base[0]:
        mark = NOT_APPLICABLE
    elif base[0] < rounding.least_denominator:
        mark = LOW
    else:
        values = _wilson(min(sum(part or 0 for part, _ in parts), base[0]), base[0])
    for end, value in zip(LIMITS, values, strict=True):
        row[name + end] = value
    row[f"{name}_mark"] = mark


def _wilson(part: float, base: float) -> tuple[float, float, float]:
    from attrition.stats.proportion import wilson

    lower, upper = wilson(part, base)
    return part / base, float(lower), float(upper)
