"""The record of what a made-up sample holds: rows, planted faults, and how far its cases really came.

Holds the record and its file form; the reckoning itself is in `reckoning`. Imports nothing slow.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

TRUTH_NAME = "truth_MADE_UP.json"


@dataclass(frozen=True)
class Truth:
    """What is true of one set of made-up extracts.

    `fates`: per extract the rows read, accepted, duplicate, out_of_scope and quarantined to expect.
    `planted`: per extract and kind of fault, how many were planted.
    `funnel`: counts of cases under ``breakdown|group|stage|measure`` for the breakdowns all, strand and
    business_type, the measures being entered, progressed, open, resolved, lost, completed, implied (cases)
    and crimes (distinct crimes among the entered cases); `reasons`: cases under
    ``breakdown|group|stage|reason``. A figure that is 0 is left out.
    """

    made_up: str
    seed: int
    incidents: int
    as_at: str
    years: float
    faults: bool
    files: dict[str, str]
    fates: dict[str, dict[str, int]]
    planted: dict[str, dict[str, int]]
    funnel: dict[str, int]
    reasons: dict[str, int]

    def entered(self, stage: str, breakdown: str = "all", group: str = "all") -> int:
        """How many cases of the group reached `stage` (0 where none did)."""
        return self.funnel.get(f"{breakdown}|{group}|{stage}|entered", 0)

    def write(self, folder: Path) -> Path:
        """Write the record into `folder` as JSON and return the file."""
        target = folder / TRUTH_NAME
        target.write_bytes((json.dumps(asdict(self), indent=1, sort_keys=True) + "\n").encode("utf-8"))
        return target
