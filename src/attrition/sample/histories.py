"""What the police made of each made-up crime: suspects, referral and outcomes, day by day.

Holds the investigation side. The decisions of the CPS and the courts are in `prosecutions`; what of
all this is known on the as-at day is in `evidence`.
"""

from dataclasses import dataclass

import numpy as np

from attrition.sample.calibration import Recipe
from attrition.sample.draws import FAR, Flags, Stream, Whole
from attrition.sample.occurrences import Occurrences


@dataclass
class Crimes:
    """One entry per crime. Days count from 1970-01-01; FAR: never."""

    occurrence: Whole
    recorded: Whole
    referred: Flags
    submitted: Whole
    received: Whole
    outcome: Whole
    outcome_day: Whole
    group: Whole


@dataclass
class Suspects:
    """One entry per suspect of a crime, in order of the crimes.

    `person` is the entry in which the suspect stands first; `ordinal` counts the suspects of a crime from 0.
    """

    crime: Whole
    ordinal: Whole
    identified: Whole
    outcome: Whole
    outcome_day: Whole
    person: Whole
    birth_year: Whole
    female: Flags
    date_known: Flags


def draw_crimes(recipe: Recipe, cases: Occurrences) -> Crimes:
    """Draw how each crime goes until the police finish with it or send it to the CPS.

    The outcome is -1 where the CPS decides first.
    """
    figures, codes = recipe.figures, recipe.codes
    stream = Stream(recipe.seed, "crime")
    occurrence = cases.crime_occurrence
    count = occurrence.size
    recorded = cases.recorded[occurrence]
    comparison = cases.comparison[occurrence]
    row = np.where(comparison, 5, cases.strand[occurrence])
    group = np.asarray(figures["offence"]["charge_group"])[cases.offence_group[occurrence]]
    referral = figures["referral"]
    legal = 1 - referral["admin_finalised_share"] - referral["pending_share"]
    charged_of_referred = legal * referral["charge_of_legal_share"]
    rate = np.asarray(figures["charge"]["rate"])[row, group] / 100
    referred = stream.chance(count, rate / charged_of_referred)
    duration = figures["duration"]
    median = np.where(
        comparison,
        np.asarray(duration["comparison_median"])[group],
        np.asarray(duration["hate_median"])[group],
    )
    shape = duration["quantile"], duration["multiple_of_median"]
    lasted = stream.days(median, *shape)
    police = figures["police_outcome"]
    position = np.asarray([codes.index(code) for code in police["codes"]])
    outcome = np.where(referred, -1, position[stream.pick(count, police["weights"])])
    shorter = np.floor(median * figures["referral_duration"]["submit_of_median"]).astype(np.int64)
    submitted = np.where(referred, recorded + stream.days(np.maximum(shorter, 1), *shape), FAR)
    received = submitted + stream.between(count, *figures["referral_duration"]["received_days"])
    return Crimes(
        occurrence=occurrence,
        recorded=recorded,
        referred=referred,
        submitted=submitted,
        received=np.where(referred, received, FAR),
        outcome=outcome,
        outcome_day=np.where(referred, FAR, recorded + lasted),
        group=group,
    )


def draw_suspects(recipe: Recipe, crimes: Crimes) -> Suspects:
    """Draw the suspects; those of a crime that is not referred carry its outcome, the others none as yet."""
    figures, codes = recipe.figures, recipe.codes
    stream = Stream(recipe.seed, "suspect")
    suspect, police = figures["suspect"], figures["police_outcome"]
    share = np.zeros(len(codes) + 1)
    share[[codes.index(code) for code in police["codes"]]] = police["suspect_share"]
    share[-1] = 1.0  # position -1: referred, so somebody is suspected
    count = crimes.recorded.size
    number = np.where(stream.chance(count, share[crimes.outcome]), 1 + stream.pick(count, suspect["number_weights"]), 0)
    crime = np.repeat(np.arange(count), number)
    ordinal = np.arange(crime.size) - np.repeat(np.cumsum(number) - number, number)
    latest = np.minimum(crimes.submitted, crimes.outcome_day)
    # Only a crime's first suspect may be known from an earlier crime: no crime then names one person twice.
    again = stream.chance(crime.size, suspect["repeat_share"]) & (ordinal == 0)
    earlier = np.arange(crime.size) - stream.between(crime.size, 10, 400)
    person = np.where(again & (earlier >= 0), earlier, np.arange(crime.size))
    birth_year = recipe.year - stream.between(crime.size, 14, 66)
    female = stream.chance(crime.size, suspect["female_share"])
    return Suspects(
        crime=crime,
        ordinal=ordinal,
        identified=stream.between(crime.size, crimes.recorded[crime], latest[crime]),
        outcome=crimes.outcome[crime],
        outcome_day=crimes.outcome_day[crime],
        person=person,
        birth_year=birth_year[person],
        female=female[person],
        date_known=~stream.chance(crime.size, suspect["date_missing_share"]),
    )


def draw_contradictions(recipe: Recipe, crimes: Crimes, suspects: Suspects) -> tuple[Whole, Whole]:
    """A second outcome that contradicts the first, for a few crimes: its code (-1: none) and day.

    Of a referred crime the first suspect's outcome is the one contradicted.
    """
    stream, codes = Stream(recipe.seed, "contradiction"), recipe.codes
    table = recipe.figures["contradiction"]
    count = crimes.recorded.size
    first_outcome, first_day = crimes.outcome.copy(), crimes.outcome_day.copy()
    of_first = np.flatnonzero(crimes.referred[suspects.crime] & (suspects.ordinal == 0))
    first_outcome[suspects.crime[of_first]] = suspects.outcome[of_first]
    first_day[suspects.crime[of_first]] = suspects.outcome_day[of_first]
    second = np.asarray([codes.index(code) for code in table["codes"]])[stream.pick(count, table["weights"])]
    chosen = stream.chance(count, table["share"]) & (first_outcome >= 0) & (second != first_outcome)
    draw = stream.uniform(count)
    before = stream.between(count, crimes.recorded, first_day - 1)
    after = first_day + stream.between(count, 1, 60)
    day = np.where(draw < table["earlier_share"], np.minimum(before, first_day), after)
    day = np.where(draw >= 1 - table["same_day_share"], first_day, day)
    return np.where(chosen, second, -1), np.where(chosen, day, FAR)
