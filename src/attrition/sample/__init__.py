"""Made-up sample extracts in the contract's layout, calibrated to published figures, with known answers.

Holds the public face only: what `make_extracts` needs is imported when it is called, so that importing this
package stays quick. Nothing here describes a real person, business or case.
"""

from datetime import date
from pathlib import Path

from attrition.sample.truth import Truth

__all__ = ["Truth", "make_extracts"]


def make_extracts(
    folder: Path, incidents: int, seed: int, as_at: date, *, faults: bool = True, years: float = 3.0
) -> Truth:
    """Write made-up incident, investigation and CPS extracts into `folder` and return what is true of them.

    `incidents` is the number of occurrences (an occurrence with two victims makes two rows and two cases),
    `years` the length of the reporting period that ends on `as_at`. The same arguments give the same bytes
    on every platform. Nothing dated after `as_at` is written. With `faults`, small counted shares of bad rows
    are planted. Beside the extracts stand README_MADE_UP.txt and truth_MADE_UP.json.
    Raises ValueError for fewer than one incident, a negative seed, or a period that is not positive.
    """
    if incidents < 1:
        raise ValueError("the number of incidents must be 1 or more")
    if seed < 0:
        raise ValueError("the seed must be 0 or more")
    if not years > 0:
        raise ValueError("the number of years must be above 0")
    from attrition.sample.extracts import write_extracts

    return write_extracts(folder, incidents, seed, as_at, faults=faults, years=years)
