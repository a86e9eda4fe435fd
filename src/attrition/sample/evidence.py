"""What the records show on the as-at day: the histories without everything that lies beyond it.

Holds the rows of the investigation extract and the dates on CPS rows that are visible. From here on FAR
stands for an empty field.
"""

from dataclasses import dataclass

import numpy as np

from attrition.sample.calibration import Recipe
from attrition.sample.draws import FAR, Stream, Whole
from attrition.sample.histories import Crimes, Suspects
from attrition.sample.prosecutions import PENDING, Prosecutions


@dataclass
class Investigation:
    """One entry per row of the investigation extract; `suspect` and `outcome` are -1 where it has none."""

    crime: Whole
    suspect: Whole
    outcome: Whole
    outcome_day: Whole
    submitted: Whole

    @property
    def size(self) -> int:
        """The number of rows."""
        return int(self.crime.size)


def investigation_rows(
    recipe: Recipe, crimes: Crimes, suspects: Suspects, contradiction: tuple[Whole, Whole]
) -> Investigation:
    """The investigation rows known on the as-at day, in order of the crimes.

    A crime has a row for each suspect identified by then, else one row without a suspect, and a further row
    for a contradicting outcome. Some crimes without suspect and outcome have no row yet.
    """
    figures, as_at = recipe.figures, recipe.as_at
    stream = Stream(recipe.seed, "evidence")
    count = crimes.recorded.size
    seen = np.flatnonzero(suspects.identified <= as_at)
    with_suspect = np.zeros(count, dtype=np.bool_)
    with_suspect[suspects.crime[seen]] = True
    none_yet = stream.chance(count, figures["suspect"]["no_row_share"]) & (crimes.outcome_day > as_at)
    bare = np.flatnonzero(~with_suspect & ~none_yet)
    second, second_day = contradiction
    extra = np.flatnonzero(second_day <= as_at)
    file_known = stream.chance(count, figures["referral"]["file_date_known_share"])
    crime = np.concatenate([suspects.crime[seen], bare, extra])
    outcome = np.concatenate([suspects.outcome[seen], crimes.outcome[bare], second[extra]])
    day = np.concatenate([suspects.outcome_day[seen], crimes.outcome_day[bare], second_day[extra]])
    suspect = np.concatenate([seen, np.full(bare.size + extra.size, -1, dtype=np.int64)])
    submitted = np.where((suspect >= 0) & file_known[crime], crimes.submitted[crime], FAR)
    shown = day <= as_at
    order = np.argsort(crime, kind="stable")
    return Investigation(
        crime=crime[order],
        suspect=suspect[order],
        outcome=np.where(shown, outcome, -1)[order],
        outcome_day=np.where(shown, day, FAR)[order],
        submitted=np.where(submitted <= as_at, submitted, FAR)[order],
    )


def known_prosecutions(recipe: Recipe, cps: Prosecutions) -> tuple[Prosecutions, Whole]:
    """The CPS rows with events after the as-at day blanked, and the positions of those received by then.

    A decision still to come may show as a dated request for further information; a blanked decision is -1,
    and so are a result and a reason that are not known yet.
    """
    as_at = recipe.as_at
    stream = Stream(recipe.seed, "known")
    asked = stream.chance(cps.suspect.size, 0.3)
    asked_day = cps.received + stream.between(cps.suspect.size, 2, 30)
    to_come = cps.decided > as_at
    decision = np.where(to_come, np.where(asked & (asked_day <= as_at), PENDING, -1), cps.decision)
    decided = np.where(to_come, np.where(decision == PENDING, asked_day, FAR), cps.decided)
    heard = np.where(cps.heard <= as_at, cps.heard, FAR)
    ended = cps.finalised <= as_at
    rows = np.flatnonzero(cps.received <= as_at)
    result = np.where(ended, cps.result, -1)
    known = Prosecutions(
        suspect=cps.suspect,
        crime=cps.crime,
        received=cps.received,
        decision=decision,
        decided=decided,
        heard=heard,
        result=result,
        finalised=np.where(ended, cps.finalised, FAR),
        uplift=np.where(ended, cps.uplift, -1),
        reason=np.where(ended, cps.reason, -1),
        aggravated=cps.aggravated & (decision == 0),
        flags=cps.flags,
    )
    return known, rows
