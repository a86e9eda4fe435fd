"""How far each made-up case really came by the as-at day, reckoned from its own history.

Works on the generator's arrays alone, by the rules of the funnel; reads no extract and uses no SQL, so that
it can stand as an answer to hold the pipeline against.
"""

from dataclasses import dataclass

import numpy as np

from attrition import reference
from attrition.sample.calibration import Recipe
from attrition.sample.draws import FAR, Flags, Whole
from attrition.sample.evidence import Investigation
from attrition.sample.prosecutions import DECISIONS, Prosecutions

STAGES = tuple(row["stage"] for row in reference.rows("stage"))
OPEN, RESOLVED, LOST, COMPLETED = range(4)
STATES = ("open", "resolved", "lost", "completed")
UPLIFT_WAIT = 60
"""Days after the last conviction from which a missing uplift counts as not stated."""
NEVER = -FAR


@dataclass
class Progress:
    """Per crime: the furthest stage (1 to 8), the state there, its reason, and which stages hold alone."""

    furthest: Whole
    state: Whole
    reason: Whole
    held: Flags
    reasons: list[str]


def latest(crime: Whole, day: Whole, rank: Whole, count: int) -> tuple[Whole, Whole]:
    """The day and rank of each crime's entry that is greatest by (day, rank); NEVER and -1 for none."""
    key = np.full(count, NEVER, dtype=np.int64)
    np.maximum.at(key, crime, day * 1000 + rank)
    found = key > NEVER
    return np.where(found, key // 1000, NEVER), np.where(found, key % 1000, -1)


def at_latest(crime: Whole, day: Whole, count: int) -> Whole:
    """The latest day of each crime, NEVER for none."""
    result = np.full(count, NEVER, dtype=np.int64)
    np.maximum.at(result, crime, day)
    return result


def any_of(crime: Whole, members: Flags, count: int) -> Flags:
    """Whether any of the crime's entries is a member."""
    result = np.zeros(count, dtype=np.bool_)
    result[crime[members]] = True
    return result


def _state(name: str) -> int:
    return RESOLVED if name == "resolved" else LOST


def _police_order() -> list[dict[str, str]]:
    """The outcome codes from the weakest to the strongest of one day."""
    return sorted(
        reference.rows("outcome"),
        key=lambda row: (
            row["exit"] == "resolved",
            row["implies_suspect"] == "Y",
            int(row["number"]),
            row["code"].encode(),
        ),
    )


class _Facts:
    """The evidence of all crimes, gathered per crime."""

    def __init__(self, recipe: Recipe, count: int, police: Investigation, cps: Prosecutions, link_crime: Whole) -> None:
        self.count, self.as_at, self.police, self.cps, self.link = (
            count,
            recipe.as_at,
            police,
            cps,
            link_crime,
        )
        outcomes = reference.rows("outcome")
        self.court = {row["code"]: row for row in reference.rows("court_outcome")}
        self.results: list[str] = recipe.figures["court"]["outcomes"]
        conviction = np.asarray([self.court[name]["conviction"] == "Y" for name in self.results])
        dated = police.outcome >= 0
        self.crime_o, self.code_o, self.day_o = (
            values[dated] for values in (police.crime, police.outcome, police.outcome_day)
        )
        self.is_charge = np.asarray([row["charge"] == "Y" for row in outcomes])[self.code_o]
        self.implies = np.asarray([row["implies_suspect"] == "Y" for row in outcomes])[self.code_o]
        self.charged_row = cps.decision == DECISIONS.index("charge")
        self.ended, self.heard = cps.result >= 0, cps.heard < FAR
        self.convicted = self.ended & conviction[cps.result]
        submitted = np.where(police.submitted < FAR, police.submitted, NEVER)
        self.last_file = np.maximum(
            at_latest(police.crime, submitted, count), at_latest(link_crime, cps.received, count)
        )
        self.running = self.any_row((self.charged_row | self.heard) & ~self.ended)
        self.order = _police_order()
        self.reasons = [f"police_{row['code']}" for row in self.order]
        self.police_state = np.asarray([_state(row["exit"]) for row in self.order])
        rank_of = {row["code"]: number for number, row in enumerate(self.order)}
        self.rank_o = np.asarray([rank_of[row["code"]] for row in outcomes])[self.code_o]

    def any_row(self, members: Flags) -> Flags:
        """Whether any CPS row of the crime is a member."""
        return any_of(self.link, members, self.count)

    def any_outcome(self, members: Flags) -> Flags:
        """Whether any police outcome of the crime is a member."""
        return any_of(self.crime_o, members, self.count)

    def held(self) -> Flags:
        """Per stage (row 1 to 8) and crime: whether the stage's own condition holds."""
        held = np.zeros((9, self.count), dtype=np.bool_)
        held[1:3] = True
        held[3] = any_of(self.police.crime, self.police.suspect >= 0, self.count)
        held[3] |= self.any_outcome(self.implies)
        held[4] = self.last_file > NEVER
        held[5] = self.any_outcome(self.is_charge) | self.any_row(self.charged_row)
        held[6] = self.any_row(self.heard | self.ended)
        held[7] = self.any_row(self.convicted)
        held[8] = self.any_row(self.convicted & (self.cps.uplift == 1))
        return held


def progress(recipe: Recipe, count: int, police: Investigation, cps: Prosecutions, link_crime: Whole) -> Progress:
    """How far each of `count` crimes came.

    `cps` holds one entry per link of a CPS row to a crime (`link_crime`), with only what is known on the
    as-at day.
    """
    facts = _Facts(recipe, count, police, cps, link_crime)
    held = facts.held()
    furthest = (held * np.arange(9)[:, None]).max(axis=0)
    state = np.where(furthest == 8, COMPLETED, OPEN).astype(np.int64)
    made = Progress(furthest, state, np.full(count, -1, dtype=np.int64), held, facts.reasons)
    _settle_by_police(made, facts)
    _settle_by_cps(made, facts)
    _settle_by_court(made, facts)
    return made


def _settle(made: Progress, members: Flags, states: Whole, reasons: Whole) -> None:
    made.state[members], made.reason[members] = states[members], reasons[members]


def _settle_by_police(made: Progress, facts: _Facts) -> None:
    """Recorded and suspect identified: the latest police outcome. Charged: one later than the last charge."""
    _, last = latest(facts.crime_o, facts.day_o, facts.rank_o, facts.count)
    _settle(made, (made.furthest <= 3) & (last >= 0), facts.police_state[last], last)
    charge, row = facts.is_charge, facts.charged_row
    day, other = latest(facts.crime_o[~charge], facts.day_o[~charge], facts.rank_o[~charge], facts.count)
    last_charge = np.maximum(
        at_latest(facts.crime_o[charge], facts.day_o[charge], facts.count),
        at_latest(facts.link[row], facts.cps.decided[row], facts.count),
    )
    reversed_ = (made.furthest == 5) & (other >= 0) & (day > last_charge)
    _settle(made, reversed_, facts.police_state[other], other)


def _settle_by_cps(made: Progress, facts: _Facts) -> None:
    """Referred: the CPS where every row is decided, else a police outcome from the last referral on."""
    cps = facts.cps
    names = sorted(DECISIONS, key=str.encode)
    exits = {row["code"]: row["exit"] for row in reference.rows("cps_decision")}
    position = np.asarray([names.index(name) for name in DECISIONS])
    deciding = (cps.decision >= 0) & (cps.decision != DECISIONS.index("further_information"))
    _, decision = latest(facts.link[deciding], cps.decided[deciding], position[cps.decision[deciding]], facts.count)
    by_cps = (made.furthest == 4) & (decision >= 0) & ~facts.any_row(~deciding)
    states = np.asarray([_state(exits[name]) for name in names])
    _settle(made, by_cps, states[decision], decision + len(made.reasons))
    made.reasons += [f"cps_{name}" for name in names]
    day, last = latest(facts.crime_o, facts.day_o, facts.rank_o, facts.count)
    by_police = (made.furthest == 4) & ~by_cps & (last >= 0) & (day >= facts.last_file)
    _settle(made, by_police, facts.police_state[last], last)


def _settle_by_court(made: Progress, facts: _Facts) -> None:
    """Prosecuted: the latest result once none is awaited. Convicted: awaits the others, then the uplift."""
    cps, ended = facts.cps, facts.ended
    names = sorted(facts.results, key=str.encode)
    position = np.asarray([names.index(name) for name in facts.results])
    _, result = latest(facts.link[ended], cps.finalised[ended], position[cps.result[ended]], facts.count)
    states = np.asarray([_state(facts.court[name]["exit"]) for name in names])
    over = (made.furthest == 6) & ~facts.running & (result >= 0)
    _settle(made, over, states[result], result + len(made.reasons))
    made.reasons += [f"court_{name}" for name in names]
    doubtful = facts.any_row(facts.convicted & (cps.uplift != 0))
    last = at_latest(facts.link[facts.convicted], cps.finalised[facts.convicted], facts.count)
    ready = (made.furthest == 7) & ~facts.running
    waited = facts.as_at - last >= UPLIFT_WAIT
    resolved = np.full(facts.count, RESOLVED)
    _settle(made, ready & ~doubtful, resolved, np.full(facts.count, len(made.reasons)))
    _settle(made, ready & doubtful & waited, resolved, np.full(facts.count, len(made.reasons) + 1))
    made.reasons += ["uplift_not_recorded", "uplift_unknown"]
