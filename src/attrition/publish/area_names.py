"""What extracts and the areas of their owners are called in files and pages for people. Names only; counts nothing."""

from functools import cache

from attrition import reference
from attrition.contract import load_contracts

UNKNOWN_AREA = "Area not known"
_CPS_EXTRACTS = ("cps", "cps_event")


@cache
def extract_name(extract: str) -> str:
    """The title of an extract's contract; anything else keeps its code."""
    contracts = load_contracts()
    return contracts[extract].title if extract in contracts else extract


@cache
def area_name(extract: str, area: str) -> str:
    """The name of a force, or of a CPS Area where the extract is the CPS's: a slug may stand for both.

    >>> area_name("incident", "west-midlands"), area_name("cps", "west-midlands")
    ('West Midlands Police', 'CPS West Midlands')
    """
    if not area:
        return UNKNOWN_AREA
    if extract in _CPS_EXTRACTS:
        return "CPS " + _names("cps_area").get(area, area)
    return _names("force").get(area, area)


def _names(table: str) -> dict[str, str]:
    return {row["code"]: row["label"] for row in reference.rows(table)}
