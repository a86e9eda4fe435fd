"""What the covers of all tiers have in common: for whom, as at which day, and how far the feeds reach. Text only."""

from attrition.publish.publication import Publication
from attrition.publish.workbook_model import Line, Look, marked
from attrition.publish.workbook_sheets import Basis

TITLE = "Where hate crime cases fall away"
MADE_UP = "MADE-UP DATA: a demonstration; no real person or case stands behind it."


def cover_top(publication: Publication, basis: Basis) -> tuple[Line, ...]:
    """What every cover begins with: for whom, as at which day, of what."""
    made_up = (Line(MADE_UP, Look.BOLD),) if publication.made_up else ()
    return (
        Line(marked(publication), Look.BOLD),
        *made_up,
        Line(
            f"{TITLE}: hate crime case attrition for the Local Criminal Justice Board. Cases as they stood at the end of {basis.day}."
        ),
        *((Line(f"Made by {publication.program}."),) if publication.program else ()),
        Line("Unit: the incident (one hate-flagged occurrence and victim), followed from report to court."),
    )


def feed_lines(reach: dict[str, str], caveat: str) -> tuple[Line, ...]:
    """How far each feed reaches, and what that leaves in the dark."""
    return (
        Line("How far the feeds reach", Look.BOLD),
        *(Line(f"{extract}.") for extract in reach.values()),
        Line(f"Caution. {caveat}", Look.BOLD) if caveat else Line("Every stage is covered by its feeds."),
    )
