"""The made-up occurrences and their victims: what the incident extract describes.

Holds who, where, when and which strands, as arrays of positions and day numbers. What becomes of
the crimes is in `histories`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from attrition.sample.calibration import Calibration, Recipe
from attrition.sample.draws import FAR, Flags, Stream, Whole

LIVE, CANCELLED, TRANSFERRED, FLAG_REMOVED = range(4)
STATUSES = ("live", "cancelled", "transferred_out", "flag_removed")
FIRST_BUSINESS_KIND = 4
"""Position in the calibration's victim kinds from which on they are types of business."""


@dataclass
class Occurrences:
    """One entry per occurrence, in order of the day reported. Days count from 1970-01-01; FAR: never."""

    reported: Whole
    recorded: Whole
    flagged: Whole
    force: Whole
    is_crime: Flags
    comparison: Flags
    has_reference: Flags
    strand: Whole
    strands: Flags
    local: Whole
    religion: Whole
    offence_group: Whole
    offence_code: list[str]
    offence: Whole
    channel: Whole
    status: Whole
    status_day: Whole
    crime: Whole
    crime_occurrence: Whole

    @property
    def size(self) -> int:
        """The number of occurrences."""
        return int(self.reported.size)


@dataclass
class Victims:
    """One entry per row of the incident extract: an occurrence and one of its victims; -1: not known."""

    occurrence: Whole
    number: Whole
    person: Whole
    kind: Whole
    ethnicity: Whole
    sex: Whole
    age: Whole
    place: Whole


def draw_occurrences(recipe: Recipe, count: int) -> Occurrences:
    """Draw `count` occurrences reported in the period that ends on the as-at day."""
    figures, as_at = recipe.figures, recipe.as_at
    stream = Stream(recipe.seed, "occurrence")
    share = figures["incident"]
    reported = np.sort(stream.between(count, as_at - recipe.days + 1, as_at))
    is_crime = ~stream.chance(count, share["non_crime_share"])
    comparison = stream.chance(count, share["comparison_share"]) & is_crime
    delay = stream.between(count, 0, 9) * stream.chance(count, 0.1) + stream.chance(count, 0.2)
    strand = stream.pick(count, figures["strand"]["weights"])
    strands, local = _strands(stream, strand, comparison, figures)
    group = stream.pick_by(np.where(comparison, 5, strand), figures["offence"]["mix"])
    offence_code, offence = _offences(stream, strand, comparison, group, figures["offence_code"])
    status, status_day = _status(stream, reported, is_crime, as_at, share)
    late = stream.chance(count, share["late_flag_share"]) & ~comparison
    flagged = np.where(late, reported + stream.between(count, 3, 120), FAR)
    crime_occurrence = np.flatnonzero(is_crime)
    crime = np.full(count, -1, dtype=np.int64)
    crime[crime_occurrence] = np.arange(crime_occurrence.size)
    return Occurrences(
        reported=reported,
        recorded=np.minimum(reported + delay, as_at),
        flagged=np.where(flagged <= as_at, flagged, FAR),
        force=stream.pick(count, figures["force"]["weights"]),
        is_crime=is_crime,
        comparison=comparison,
        has_reference=is_crime | stream.chance(count, share["non_crime_with_reference_share"]),
        strand=strand,
        strands=strands,
        local=local,
        religion=np.where(strands[:, 1], stream.pick(count, figures["religion_targeted"]["weights"]), -1),
        offence_group=group,
        offence_code=offence_code,
        offence=offence,
        channel=stream.pick(count, figures["reporting_channel"]["weights"]),
        status=status,
        status_day=status_day,
        crime=crime,
        crime_occurrence=crime_occurrence,
    )


def _strands(stream: Stream, strand: Whole, comparison: Flags, figures: Calibration) -> tuple[Flags, Whole]:
    """Which of the five strands are flagged, and the local strand (-1: none)."""
    count = strand.size
    extra, weights = figures["strand_extra"], figures["strand"]["weights"]
    others = [[0 if place == own else w for place, w in enumerate(weights)] for own in range(len(weights))]
    second = stream.pick_by(strand, others)
    with_second = stream.chance(count, extra["second_share"])
    local_only = stream.chance(count, extra["local_only_share"])
    flags = np.zeros((count, len(weights)), dtype=np.bool_)
    flags[np.arange(count), strand] = True
    flags[np.flatnonzero(with_second), second[with_second]] = True
    flags[local_only | comparison] = False
    with_local = local_only | stream.chance(count, extra["local_also_share"])
    local = np.where(with_local & ~comparison, stream.pick(count, extra["local_weights"]), -1)
    return flags, local


def _offences(
    stream: Stream, strand: Whole, comparison: Flags, group: Whole, codes: dict[str, Any]
) -> tuple[list[str], Whole]:
    """The offence codes in use, and the position of each occurrence's code among them."""
    names = [code for code in codes["aggravated"] if code]
    offence = np.zeros(group.size, dtype=np.int64)
    # Aggravated offences exist for race and religion only, and not for every kind of offence.
    aggravated = stream.chance(group.size, codes["aggravated_share"]) & (strand < 2) & ~comparison
    for number, equivalent in enumerate(codes["equivalent"]):
        members = group == number
        offence[members] = len(names) + stream.pick(int(members.sum()), [1.0] * len(equivalent))
        names.extend(equivalent)
        if codes["aggravated"][number]:
            offence[members & aggravated] = names.index(codes["aggravated"][number])
    return names, offence


def _status(
    stream: Stream, reported: Whole, is_crime: Flags, as_at: int, share: dict[str, float]
) -> tuple[Whole, Whole]:
    """What became of the record itself, and on which day (FAR for a live record)."""
    ended = [share[f"{name}_share"] for name in STATUSES[1:]]
    status = stream.pick(reported.size, [1 - sum(ended), *ended])
    day = reported + stream.between(reported.size, 2, 120)
    status[(day > as_at) | ((status == CANCELLED) & ~is_crime)] = LIVE
    return status, np.where(status == LIVE, FAR, day)


def draw_victims(recipe: Recipe, cases: Occurrences) -> Victims:
    """Draw the victims of every occurrence; some first victims were the victim of an earlier one too."""
    figures = recipe.figures
    stream = Stream(recipe.seed, "victim")
    share, victim = figures["incident"], figures["victim"]
    third = stream.chance(cases.size, share["third_victim_share"])
    number_of = 1 + (stream.chance(cases.size, share["second_victim_share"]) | third) + third
    occurrence = np.repeat(np.arange(cases.size), number_of)
    first_row = np.cumsum(number_of) - number_of
    count = occurrence.size
    number = np.arange(count) - first_row[occurrence] + 1
    kind = stream.pick(cases.size, victim["weights"])[occurrence]
    strand, force = cases.strand[occurrence], cases.force[occurrence]
    again = stream.chance(count, np.asarray(victim["repeat_share"])[kind]) & (number == 1)
    group = (force * len(victim["kinds"]) + kind) * 5 + strand
    person = _persons(stream, group, again, recipe.days)
    ethnicity = stream.pick_by(strand, figures["victim_ethnicity"]["weights"])
    ethnicity[stream.chance(count, victim["missing_share"])] = -1
    other = victim["other_sex_share"]
    sex = stream.pick(count, [victim["female_share"], 1 - victim["female_share"] - other, other])
    sex[stream.chance(count, victim["missing_share"])] = -1
    age = stream.days(np.ones(count, dtype=np.int64), victim["age_quantile"], victim["age"])
    nobody = (kind == victim["kinds"].index("organisation")) | (kind == victim["kinds"].index("society"))
    years_on = (cases.reported[occurrence] - cases.reported[occurrence[person]]) // 365
    age_now = np.minimum(age[person] + years_on, 120)
    age_now = np.where(stream.chance(count, victim["missing_share"]), -1, age_now)
    place = np.zeros(count, dtype=np.int64)
    for code, name in enumerate(figures["force"]["names"]):
        members = np.flatnonzero(force == code)
        place[members] = stream.pick(members.size, [row[2] for row in figures["place"][name]])
    # A victim's own particulars follow the person; the place follows the first victim of the occurrence.
    place = place[person][first_row[occurrence]]
    place[stream.chance(cases.size, figures["place"]["missing_share"])[occurrence]] = -1
    return Victims(
        occurrence=occurrence,
        number=number,
        person=person,
        kind=kind,
        ethnicity=np.where(nobody, -1, ethnicity[person]),
        sex=np.where(nobody, -1, sex[person]),
        age=np.where(nobody, -1, age_now),
        place=place,
    )


def _persons(stream: Stream, group: Whole, again: Flags, days: int) -> Whole:
    """The row in which each row's victim appears first: itself, or, `again`, an earlier one of the group."""
    count = group.size
    order = np.argsort(group, kind="stable")
    in_order = group[order]
    start = np.searchsorted(in_order, in_order, side="left")
    members = np.searchsorted(in_order, in_order, side="right") - start
    place = np.arange(count) - start
    # Most repeats fall within the year before; the square favours the latest.
    reach = np.minimum(place, np.maximum(members * 300 // max(days, 300), 1))
    draw = stream.uniform(count)
    back = 1 + np.floor(draw * draw * reach).astype(np.int64)
    repeats = again[order] & (place > 0)
    earlier = np.where(repeats, np.maximum(place - back, 0) + start, np.arange(count))
    # Each step doubles the distance followed, so long chains take few rounds.
    while True:
        further = earlier[earlier]
        if np.array_equal(further, earlier):
            break
        earlier = further
    person = np.empty(count, dtype=np.int64)
    person[order] = order[earlier]
    return person
