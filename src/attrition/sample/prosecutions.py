"""What the CPS and the courts made of each referred suspect, and how police and CPS records name each other.

Holds decisions, hearings and results, and the references (URN, crime reference, arrest summons number) by
which a CPS row can be linked to its crime.
"""

from dataclasses import dataclass

import numpy as np

from attrition.sample.calibration import Recipe
from attrition.sample.draws import FAR, Flags, Stream, Whole
from attrition.sample.histories import Crimes, Suspects
from attrition.sample.occurrences import Occurrences

DECISIONS = (
    "charge", "nfa_evidential", "nfa_public_interest", "out_of_court_disposal", "admin_finalised",
    "further_information",
)  # fmt: skip
CHARGE, ADMIN, PENDING = 0, 4, 5


@dataclass
class Prosecutions:
    """One entry per suspect whom the CPS received; days as elsewhere, -1: none."""

    suspect: Whole
    crime: Whole
    received: Whole
    decision: Whole
    decided: Whole
    heard: Whole
    result: Whole
    finalised: Whole
    uplift: Whole
    reason: Whole
    aggravated: Flags
    flags: Flags


def draw_prosecutions(recipe: Recipe, cases: Occurrences, crimes: Crimes, suspects: Suspects) -> Prosecutions:
    """Draw the CPS's decision on each referred suspect and how the prosecution of those charged ended."""
    figures = recipe.figures
    stream = Stream(recipe.seed, "prosecution")
    referral, lags = figures["referral"], figures["referral_duration"]
    sent = crimes.referred[suspects.crime]
    sent &= (suspects.ordinal == 0) | stream.chance(suspects.crime.size, referral["sent_share"])
    suspect = np.flatnonzero(sent)
    count, crime = suspect.size, suspects.crime[sent]
    received = crimes.received[crime]
    decision = _decisions(stream, suspect, suspects, referral)
    shape = figures["duration"]["quantile"], figures["duration"]["multiple_of_median"]
    lag = 1 + stream.days(np.full(count, lags["decision_median"]), *shape)
    lag = np.where(decision == ADMIN, stream.between(count, *lags["admin_days"]), lag)
    lag = np.where(decision == PENDING, stream.between(count, *lags["pending_days"]), lag)
    decided = received + lag
    issued = (decision == CHARGE) & ~stream.chance(count, referral["not_issued_share"])
    heard = np.where(issued, decided + stream.between(count, *lags["hearing_days"]), FAR)
    court = figures["court"]
    result = stream.pick(count, court["weights"])
    span = np.asarray(court["days"])[result]
    finalised = np.where(issued, heard + stream.between(count, span[:, 0], span[:, 1]), FAR)
    draw, table = stream.uniform(count), figures["uplift"]
    uplift = np.where(draw < table["yes_share"], 1, 0)
    uplift[draw >= 1 - table["unknown_share"]] = -1
    of_crime = crimes.occurrence[crime]
    kept = cases.strands[of_crime] & _grid(stream, count, figures["cps_row"]["flag_kept_share"])
    added = _grid(stream, count, figures["cps_row"]["flag_added_share"])
    added &= ~cases.comparison[of_crime][:, None]
    aggravatable = np.asarray([code in figures["offence_code"]["aggravated"] for code in cases.offence_code])
    aggravated = aggravatable[cases.offence[of_crime]]
    return Prosecutions(
        suspect=suspect,
        crime=crime,
        received=received,
        decision=decision,
        decided=decided,
        heard=heard,
        result=result,
        finalised=finalised,
        uplift=uplift,
        reason=stream.pick(count, figures["outcome_reason"]["weights"]),
        aggravated=aggravated & stream.chance(count, table["aggravated_charged_share"]),
        flags=kept | added,
    )


def _grid(stream: Stream, count: int, share: float) -> Flags:
    """Chances for each of the five strands."""
    return stream.chance(count * 5, share).reshape(count, 5)


def _decisions(stream: Stream, suspect: Whole, suspects: Suspects, share: dict[str, float]) -> Whole:
    """The decision on each suspect; on most co-suspects the same as on the first."""
    legal = 1 - share["admin_finalised_share"] - share["pending_share"]
    weights = [
        legal * share["charge_of_legal_share"],
        legal * share["nfa_evidential_of_legal_share"],
        legal * share["nfa_public_interest_of_legal_share"],
        legal * share["out_of_court_of_legal_share"],
        share["admin_finalised_share"],
        share["pending_share"],
    ]
    decision = stream.pick(suspect.size, weights)
    is_first = suspects.ordinal[suspect] == 0
    first = np.maximum.accumulate(np.where(is_first, np.arange(suspect.size), 0))
    same = stream.chance(suspect.size, share["same_decision_share"])
    return np.where(is_first | ~same, decision, decision[first])


def settle_outcomes(recipe: Recipe, crimes: Crimes, suspects: Suspects, cps: Prosecutions) -> None:
    """Give each referred suspect the police outcome that follows from the CPS's decision, in place."""
    figures, codes = recipe.figures, recipe.codes
    stream = Stream(recipe.seed, "settlement")
    lags, after = figures["referral_duration"], figures["after_decision"]
    referred = np.flatnonzero(crimes.referred[suspects.crime])
    evidential = np.asarray([codes.index(code) for code in ("15", "16", "21")])
    # Suspects of a referred crime who were not sent to the CPS: the police finish with them.
    suspects.outcome[referred] = evidential[stream.pick(referred.size, [5, 4, 1])]
    suspects.outcome_day[referred] = crimes.submitted[suspects.crime[referred]] + 5
    outcome = np.full(cps.suspect.size, -1, dtype=np.int64)
    day = cps.decided + stream.between(cps.suspect.size, *lags["outcome_days"])
    alternate = stream.chance(cps.suspect.size, figures["referral"]["alternate_offence_share"])
    issued = (cps.decision == CHARGE) & (cps.heard < FAR)
    outcome[issued] = np.where(alternate, codes.index("1A"), codes.index("1"))[issued]
    day[issued] = (cps.decided + stream.between(cps.suspect.size, *lags["issue_days"]))[issued]
    for number, name in enumerate(DECISIONS):
        if name in after:
            choice = np.asarray([codes.index(code) if code else -1 for code in after[name]])
            members = np.flatnonzero(cps.decision == number)
            outcome[members] = choice[stream.pick(members.size, [1.0] * choice.size)]
    suspects.outcome[cps.suspect] = outcome
    suspects.outcome_day[cps.suspect] = np.where(outcome >= 0, day, FAR)


def flag_at_charge(recipe: Recipe, cases: Occurrences, crimes: Crimes, cps: Prosecutions) -> None:
    """Set the hate flag of some charged crimes on the day of the charge only, in place."""
    stream = Stream(recipe.seed, "flag at charge")
    chosen = stream.chance(crimes.recorded.size, recipe.figures["incident"]["flag_at_charge_share"])
    chosen &= ~cases.comparison[crimes.occurrence]
    late = np.flatnonzero((cps.decision == CHARGE) & (cps.decided <= recipe.as_at) & chosen[cps.crime])
    # In reverse, so that of several defendants the first one's charge stands.
    cases.flagged[crimes.occurrence[cps.crime[late[::-1]]]] = cps.decided[late[::-1]]


@dataclass
class References:
    """How police and CPS records name each other, and which crimes each CPS row is therefore linked to."""

    urn_crime: Whole
    police_urn: Flags
    names_force: Flags
    names_crime: Flags
    shared: Flags
    link_row: Whole
    link_crime: Whole


def draw_references(recipe: Recipe, cases: Occurrences, crimes: Crimes, cps: Prosecutions) -> References:
    """Draw the references by which CPS rows can be linked.

    A crime's URN is its own (`urn_crime` is the crime after whose number the URN is made) or shared with one
    other crime. Of a shared URN either every CPS row names its crime, or none does and each belongs to both.
    """
    figures = recipe.figures
    stream = Stream(recipe.seed, "reference")
    share = figures["cps_row"]
    count = crimes.recorded.size
    force = cases.force[crimes.occurrence]
    police_urn = ~stream.chance(count, share["police_urn_missing_share"])
    by_reference = stream.chance(count, share["link_by_reference_share"])
    usable = np.flatnonzero((crimes.received <= recipe.as_at) & police_urn)
    urn_crime = np.arange(count)
    mate = np.full(count, -1, dtype=np.int64)
    for number in range(len(figures["force"]["names"])):
        members = usable[force[usable] == number]
        sharer = stream.chance(members.size, share["shared_urn_share"])
        # A sharer joins the crime before it, which must not be a sharer itself: pairs stay pairs.
        sharer[1:] &= ~sharer[:-1]
        sharer[:1] = False
        later, earlier = members[sharer], members[np.flatnonzero(sharer) - 1]
        urn_crime[later] = earlier
        mate[later], mate[earlier] = earlier, later
    unnamed = stream.chance(count, share["shared_urn_unnamed_share"])[urn_crime]
    shared = mate[cps.crime] >= 0
    names_crime = stream.chance(cps.crime.size, share["crime_reference_share"])
    names_crime = np.where(police_urn[cps.crime], names_crime, by_reference[cps.crime])
    names_crime = np.where(shared, ~unnamed[cps.crime], names_crime)
    both = np.flatnonzero(shared & ~names_crime)
    return References(
        urn_crime=urn_crime,
        police_urn=police_urn,
        names_force=~stream.chance(cps.crime.size, share["force_missing_share"]),
        names_crime=names_crime,
        shared=shared,
        link_row=np.concatenate([np.arange(cps.crime.size), both]),
        link_crime=np.concatenate([cps.crime, mate[cps.crime[both]]]),
    )
