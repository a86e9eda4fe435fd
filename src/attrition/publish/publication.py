"""What is published and for whom: the three tiers, their protective markings, and the names and titles of their files.

Reads and writes no file.
"""

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from attrition.settings import Settings

Tier = Literal["restricted", "board", "public"]
RELEASED: tuple[Tier, ...] = ("board", "public")
SUBJECT = "Hate crime attrition"
_STEM = "hate-crime-attrition"
# What stands beside the marking, so that whoever finds one file alone knows what may be done with it.
HANDLING = {
    "restricted": "contains small counts; not for publication",
    "board": "for the Local Criminal Justice Board; small counts are protected",
    "public": "for anyone; small counts are protected and counts are rounded",
}


@dataclass(frozen=True)
class Publication:
    """One tier of one publication: what every file of it says of itself.

    tier: who it is for: restricted (analysts, exact counts), board or public (protected counts)
    marking: the protective marking, as OFFICIAL-SENSITIVE
    as_at: only what had happened by the end of this day counts
    made_up: made of sample extracts
    tables: the folder of its tables as Parquet: exact for restricted, protected for the others
    program, made_on: what made it and when
    previous: the name of the publication before it; empty for the first
    """

    tier: Tier
    marking: str
    as_at: dt.date
    made_up: bool
    tables: Path = field(repr=False)
    program: str = ""
    made_on: dt.date | None = None
    previous: str = ""

    @property
    def is_protected(self) -> bool:
        """Whether its counts are protected: those of the restricted tier are exact."""
        return self.tier != "restricted"

    @property
    def marked(self) -> str:
        """The marking with what it asks for, as one line."""
        return f"{self.marking}: {HANDLING[self.tier]}"

    @property
    def title(self) -> str:
        """The title of a file: subject, day, tier and marking."""
        made_up = " (MADE-UP DATA)" if self.made_up else ""
        return f"{SUBJECT}{made_up}, as at {self.as_at}, {self.tier}, {self.marking}"

    def file_name(self, what: str, suffix: str, run: str = "") -> str:
        """hate-crime-attrition_2025-03-31_board_OFFICIAL_tables.xlsx; `run` stands in place of the day where a name must tell
        two runs of one day apart.
        """
        marking = re.sub(r"[^A-Za-z0-9]+", "-", self.marking).strip("-")
        return f"{_STEM}_{run or self.as_at.isoformat()}_{self.tier}_{marking}_{what}.{suffix}"


def marking_of(tier: Tier, settings: Settings) -> str:
    """The protective marking that the configuration gives to a tier."""
    return {
        "restricted": settings.marking_restricted,
        "board": settings.marking_board,
        "public": settings.marking_public,
    }[tier]
