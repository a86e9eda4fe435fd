"""How far an open incident could move its area's headline step rates, as a sentence. Bounds, never estimates; prices of
several incidents overlap and are never added up.
"""

from collections.abc import Sequence

Step = tuple[str, str, float, float, float]
"""From stage, to stage, the rate now, its least and its greatest value (proportions)."""


def price_sentence(area: str, steps: Sequence[Step]) -> str:
    """The step that could move most, with its bounds in per cent; says so where none could move by 0.05 points.

    >>> price_sentence("durham", [("recorded", "suspect identified", 0.5, 0.48, 0.505)])
    'Could move the step recorded to suspect identified of durham from 50.0 % to between 48.0 % and 50.5 %.'
    >>> price_sentence("durham", [("recorded", "suspect identified", 0.5, 0.4999, 0.5)])
    'Moves no step rate of durham by as much as 0.05 points.'
    """
    if not steps:
        return ""
    start, end, rate, least, greatest = max(
        steps, key=lambda step: (max(step[2] - step[3], step[4] - step[2]), step[0])
    )
    if max(rate - least, greatest - rate) < 0.0005:
        return f"Moves no step rate of {area or 'the area'} by as much as 0.05 points."
    return (
        f"Could move the step {start.lower()} to {end.lower()} of {area or 'the area'} from {rate:.1%} to between {least:.1%} and "
        f"{greatest:.1%}."
    ).replace("%", " %")
