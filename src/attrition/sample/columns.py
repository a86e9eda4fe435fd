"""Turns the made-up arrays into the text columns of the three extracts.

Holds the written shapes of dates, codes and references. Every row carries a reference that begins with
MADEUP-, so that a row out of its context still says what it is; URNs and arrest summons numbers bear the unit
99MU, which no force has.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from attrition import reference
from attrition.sample.calibration import Calibration, Recipe
from attrition.sample.draws import FAR, Flags, Stream, Whole
from attrition.sample.evidence import Investigation
from attrition.sample.histories import Crimes, Suspects
from attrition.sample.occurrences import FIRST_BUSINESS_KIND, LIVE, STATUSES, Occurrences, Victims
from attrition.sample.prosecutions import CHARGE, DECISIONS, Prosecutions, References

Columns = dict[str, Any]
"""Column name to pyarrow string array."""

YES_NO = ("N", "Y")
AREAS = ("northern", "central", "southern")


def words(position: Whole | Flags, names: Sequence[str]) -> Any:
    """The names at the positions; empty where the position is negative."""
    where = np.asarray(position, dtype=np.int64)
    return pa.array([*names, ""]).take(pa.array(np.where(where < 0, len(names), where)))


def dates(day: Whole) -> Any:
    """Days since 1970-01-01 as YYYY-MM-DD; FAR as empty."""
    absent = day >= FAR
    text = pa.array(np.where(absent, 0, day).astype("int32")).cast(pa.date32()).cast(pa.string())
    return pc.if_else(pa.array(absent), "", text)


def digits(number: Whole, width: int = 7) -> Any:
    """Whole numbers as text, filled with zeros to `width`."""
    return pc.utf8_lpad(pa.array(number).cast(pa.string()), width, "0")


def join(*parts: Any) -> Any:
    """The parts one after the other."""
    return pc.binary_join_element_wise(*parts, "")


def blank(text: Any, where: Flags) -> Any:
    """The text, emptied where `where` holds."""
    return pc.if_else(pa.array(where), "", text)


def short_year(day: Whole) -> Whole:
    """The last two digits of the year of each day (0 for FAR)."""
    known = np.where(day < FAR, day, 0).astype("datetime64[D]")
    return (known.astype("datetime64[Y]").astype(np.int64) + 1970) % 100


def crime_reference(cases: Occurrences, occurrence: Whole) -> Any:
    """The crime reference of an occurrence: MADEUP-, the force's letter, its number and the year."""
    letter = words(cases.force[occurrence], ("N", "D", "C"))
    year = digits(short_year(cases.recorded[occurrence]), 2)
    return join("MADEUP-", letter, digits(occurrence + 1), "/", year)


def unique_reference(cases: Occurrences, crimes: Crimes, crime: Whole, style: Whole) -> Any:
    """The URN made after the number of `crime`, in one of three ways of writing it."""
    serial = digits(crimes.occurrence[crime] + 1)
    year = digits(short_year(crimes.recorded[crime]), 2)
    plain = join("99MU", serial, year)
    slashed = join("99/MU/", serial, "/", year)
    spaced = join("99mu ", serial, " ", year)
    return pc.choose(pa.array(style), plain, slashed, spaced)


def summons_number(crimes: Crimes, suspects: Suspects, suspect: Whole, style: Whole) -> Any:
    """The arrest summons number of a suspect, in one of two ways of writing it."""
    year = digits(short_year(crimes.recorded[suspects.crime[suspect]]), 2)
    serial = digits(suspect + 1)
    return pc.choose(pa.array(style), join(year, "/99MU/01/", serial), join(year, "99MU01", serial))


def incident_columns(recipe: Recipe, cases: Occurrences, victims: Victims) -> Columns:
    """The columns of the incident extract, one value per victim of an occurrence."""
    figures = recipe.figures
    stream = Stream(recipe.seed, "incident text")
    at = victims.occurrence
    count = at.size
    kinds = figures["victim"]["kinds"]
    business = victims.kind >= FIRST_BUSINESS_KIND
    numbered = (victims.number > 1) | stream.chance(count, 0.7)
    says_live = stream.chance(cases.size, 0.1) & (cases.status == LIVE)
    status = np.where((cases.status == LIVE) & ~says_live, -1, cases.status)
    recorded = np.where(stream.chance(cases.size, 0.9), cases.recorded, FAR)
    # A recorded date is left empty only where it says what the reported date says.
    recorded = np.where(cases.recorded == cases.reported, recorded, cases.recorded)
    has_premises = business & ((victims.kind != FIRST_BUSINESS_KIND) | stream.chance(count, 0.3))
    authority, area = _places(cases, victims, figures)
    ages = digits(np.maximum(victims.age, 0), 1)
    columns: Columns = {
        "force": words(cases.force[at], figures["force"]["names"]),
        "incident_id": join("MADEUP-I", digits(at + 1)),
        "victim_no": blank(digits(victims.number, 1), ~numbered),
        "incident_class": words(cases.is_crime[at], ("non_crime", "crime")),
        "crime_ref": blank(crime_reference(cases, at), ~cases.has_reference[at]),
        "reported_date": dates(cases.reported[at]),
        "recorded_date": blank(dates(recorded[at]), ~cases.is_crime[at]),
        "hate_flagged_date": dates(cases.flagged[at]),
        "record_status": words(status[at], STATUSES),
        "status_date": dates(cases.status_day[at]),
        "comparison": blank(words(cases.comparison[at], YES_NO), ~cases.comparison[at]),
        "offence_code": blank(words(cases.offence[at], cases.offence_code), ~cases.is_crime[at]),
        "hate_local": words(cases.local[at], figures["strand_extra"]["local_names"]),
        "religion_targeted": words(cases.religion[at], figures["religion_targeted"]["names"]),
        "victim_id": join("MADEUP-V", digits(victims.person + 1)),
        "premises_id": blank(join("MADEUP-P", digits(victims.person + 1)), ~has_premises),
        "victim_type": words(np.minimum(victims.kind, FIRST_BUSINESS_KIND), [*kinds[:FIRST_BUSINESS_KIND], "business"]),
        "victim_ethnicity": words(victims.ethnicity, figures["victim_ethnicity"]["codes"]),
        "victim_sex": words(victims.sex, ("F", "M", "X")),
        "victim_age": blank(ages, victims.age < 0),
        "business_type": words(np.where(business, victims.kind, -1), kinds),
        "local_authority": authority,
        "area_command": area,
        "reporting_channel": words(cases.channel[at], figures["reporting_channel"]["names"]),
    }
    for position, name in enumerate(figures["strand"]["names"]):
        columns[f"hate_{name}"] = words(cases.strands[at, position], YES_NO)
    return columns


def _places(cases: Occurrences, victims: Victims, figures: Calibration) -> tuple[Any, Any]:
    """Local authority and area command of each incident row."""
    rows: list[list[Any]] = []
    start = []
    for name in figures["force"]["names"]:
        start.append(len(rows))
        rows.extend(figures["place"][name])
    first = np.asarray(start)[cases.force[victims.occurrence]]
    place = np.where(victims.place < 0, -1, first + victims.place)
    return words(place, [row[0] for row in rows]), words(place, [row[1] for row in rows])


def investigation_columns(
    recipe: Recipe,
    cases: Occurrences,
    crimes: Crimes,
    *,
    suspects: Suspects,
    rows: Investigation,
    links: References,
) -> Columns:
    """The columns of the investigation extract, one value per crime, suspect and outcome."""
    figures, codes = recipe.figures, recipe.codes
    stream = Stream(recipe.seed, "investigation text")
    crime, suspect = rows.crime, rows.suspect
    occurrence = crimes.occurrence[crime]
    count = crime.size
    named = suspect >= 0
    person = np.where(named, suspect, 0)
    if not suspects.crime.size:
        suspects = _nobody()
    identified = np.where(named & suspects.date_known[person], suspects.identified[person], FAR)
    with_urn = named & (crimes.received[crime] <= recipe.as_at) & links.police_urn[crime]
    # Where the police lack the URN the arrest summons number must be there, for it may be the only link.
    arrested = named & crimes.referred[crime] & (~links.police_urn[crime] | stream.chance(count, 0.8))
    style = stream.pick(crimes.recorded.size, [60, 32, 8])
    unit = stream.pick_by(crimes.group, figures["investigating_unit"]["weights"])
    evidential = (rows.outcome >= 0) & (rows.outcome == codes.index("15"))
    spoken = figures["word_on_word"]
    share = np.where(evidential, float(spoken["evidential_share"]), float(spoken["other_share"]))
    word = stream.chance(count, share).astype(np.int64)
    word[stream.chance(count, spoken["missing_share"])] = -1
    return {
        "force": words(cases.force[occurrence], figures["force"]["names"]),
        "crime_ref": crime_reference(cases, occurrence),
        "suspect_id": blank(join("MADEUP-S", digits(suspects.person[person] + 1)), ~named),
        "suspect_identified_date": dates(identified),
        "suspect_birth_year": blank(digits(suspects.birth_year[person], 4), ~named),
        "suspect_sex": blank(words(suspects.female[person], ("M", "F")), ~named),
        "asn": blank(summons_number(crimes, suspects, person, stream.pick(count, [7, 3])), ~arrested),
        "investigating_unit": words(unit[crime], figures["investigating_unit"]["names"]),
        "victim_support": words(_support(stream, rows, recipe), figures["victim_support"]["names"]),
        "word_on_word": words(word, YES_NO),
        "urn": blank(unique_reference(cases, crimes, links.urn_crime[crime], style[crime]), ~with_urn),
        "file_submitted_date": dates(rows.submitted),
        "outcome_code": words(rows.outcome, codes),
        "outcome_date": dates(rows.outcome_day),
    }


def _nobody() -> Suspects:
    """A stand-in for a sample without any suspect, so that look-ups have something to look at."""
    zero, no = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.bool_)
    return Suspects(zero, zero, zero, zero, zero, zero, zero, no, no)


def _support(stream: Stream, rows: Investigation, recipe: Recipe) -> Whole:
    """Whether the victim supports action, in agreement with the outcome of the row."""
    codes = recipe.codes
    group = np.full(len(codes) + 1, 2, dtype=np.int64)
    group[[codes.index("14"), codes.index("16")]] = 0
    group[codes.index("15")] = 1
    group[-1] = 3  # position -1: no outcome yet
    table = recipe.figures["victim_support"]
    order = [table["declined"], table["supported"], table["finished"], table["running"]]
    return stream.pick_by(group[rows.outcome], order)


def cps_columns(
    recipe: Recipe,
    cases: Occurrences,
    crimes: Crimes,
    *,
    suspects: Suspects,
    known: Prosecutions,
    rows: Whole,
    links: References,
) -> Columns:
    """The columns of the CPS extract; `rows` are the entries of `known` that the CPS has received."""
    figures = recipe.figures
    stream = Stream(recipe.seed, "cps text")
    crime, suspect, result = known.crime[rows], known.suspect[rows], known.result[rows]
    count = rows.size
    occurrence = crimes.occurrence[crime]
    outcomes = figures["court"]["outcomes"]
    convictions = {row["code"] for row in reference.rows("court_outcome") if row["conviction"] == "Y"}
    convicted = np.asarray([name in convictions for name in outcomes])
    won = (result >= 0) & convicted[result]
    names_crime = links.names_crime[rows]
    with_asn = ~names_crime & ~links.police_urn[crime] | stream.chance(count, 0.75)
    lists_hearing = (result < 0) | ~stream.chance(count, figures["court"]["hearing_missing_share"])
    charged = known.decision[rows] == CHARGE
    columns: Columns = {
        "urn": unique_reference(cases, crimes, links.urn_crime[crime], stream.pick(count, [75, 20, 5])),
        "defendant_id": join("MADEUP-D", digits(suspect + 1)),
        "force": blank(words(cases.force[occurrence], figures["force"]["names"]), ~links.names_force[rows]),
        "police_crime_ref": blank(crime_reference(cases, occurrence), ~names_crime),
        "asn": blank(summons_number(crimes, suspects, suspect, stream.pick(count, [5, 5])), ~with_asn),
        "defendant_birth_year": blank(digits(suspects.birth_year[suspect], 4), stream.chance(count, 0.05)),
        "defendant_sex": words(suspects.female[suspect], ("M", "F")),
        "received_date": dates(known.received[rows]),
        "decision": words(known.decision[rows], DECISIONS),
        "decision_date": dates(known.decided[rows]),
        "first_hearing_date": dates(np.where(lists_hearing, known.heard[rows], FAR)),
        "prosecution_outcome": words(result, outcomes),
        "finalised_date": dates(known.finalised[rows]),
        "outcome_reason": words(
            np.where((result >= 0) & ~won, known.reason[rows], -1), figures["outcome_reason"]["names"]
        ),
        "uplift": words(np.where(won, known.uplift[rows], -1), YES_NO),
        "aggravated_offence": blank(words(known.aggravated[rows], YES_NO), ~charged),
    }
    for position, name in enumerate(figures["strand"]["names"]):
        columns[f"flag_{name}"] = words(known.flags[rows, position], YES_NO)
    return columns
