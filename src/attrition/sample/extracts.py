"""Makes a whole set of sample extracts: draws the histories, writes the files, reckons what is true of them.

Holds the order of the steps only.
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from attrition import reference
from attrition.contract import load_contract
from attrition.sample import columns as text
from attrition.sample.calibration import Calibration, Recipe, calibration
from attrition.sample.counting import count_cases
from attrition.sample.draws import Whole
from attrition.sample.evidence import investigation_rows, known_prosecutions
from attrition.sample.faults import ALWAYS_FROM, Planted, plant
from attrition.sample.histories import draw_contradictions, draw_crimes, draw_suspects
from attrition.sample.occurrences import FIRST_BUSINESS_KIND, draw_occurrences, draw_victims
from attrition.sample.prosecutions import (
    Prosecutions,
    draw_prosecutions,
    draw_references,
    flag_at_charge,
    settle_outcomes,
)
from attrition.sample.reckoning import progress
from attrition.sample.truth import TRUTH_NAME, Truth
from attrition.sample.writing import write_rows

MADE_UP = "Made up by a program. No person, business or case in these files is real."
README_NAME = "README_MADE_UP.txt"
FILES = {name: f"{name}_MADE_UP.csv" for name in ("incident", "investigation", "cps")}
DAYS_IN_YEAR = 365.25


def write_extracts(folder: Path, incidents: int, seed: int, as_at: date, *, faults: bool, years: float) -> Truth:
    """As `attrition.sample.make_extracts`, for arguments already checked."""
    codes = tuple(row["code"] for row in reference.rows("outcome"))
    as_at_day = (as_at - date(1970, 1, 1)).days
    recipe = Recipe(seed, as_at_day, as_at.year, max(int(years * DAYS_IN_YEAR), 1), codes, calibration())
    cases = draw_occurrences(recipe, incidents)
    victims = draw_victims(recipe, cases)
    crimes = draw_crimes(recipe, cases)
    suspects = draw_suspects(recipe, crimes)
    decided = draw_prosecutions(recipe, cases, crimes, suspects)
    settle_outcomes(recipe, crimes, suspects, decided)
    flag_at_charge(recipe, cases, crimes, decided)
    contradiction = draw_contradictions(recipe, crimes, suspects)
    links = draw_references(recipe, cases, crimes, decided)
    police = investigation_rows(recipe, crimes, suspects, contradiction)
    known, received = known_prosecutions(recipe, decided)

    extracts = {
        "incident": text.incident_columns(recipe, cases, victims),
        "investigation": text.investigation_columns(recipe, cases, crimes, suspects=suspects, rows=police, links=links),
        "cps": text.cps_columns(recipe, cases, crimes, suspects=suspects, known=known, rows=received, links=links),
    }
    folder.mkdir(parents=True, exist_ok=True)
    planted: dict[str, Planted] = {}
    fates: dict[str, dict[str, int]] = {}
    for name, columns in extracts.items():
        ordered = {column: columns[column] for column in load_contract(name).columns}
        clean = len(ordered["force"])
        shares = recipe.figures["fault"][name] if faults else {}
        planted[name] = plant(name, ordered, shares, seed=seed, at_least=int(incidents >= ALWAYS_FROM))
        read = write_rows(folder / FILES[name], ordered, planted[name].lines, planted[name].before)
        fates[name] = _fates(read, clean, planted[name])

    visible = np.zeros(decided.suspect.size, dtype=np.bool_)
    visible[received] = True
    pairs = visible[links.link_row]
    reached = progress(
        recipe,
        crimes.recorded.size,
        police,
        _by_link(known, links.link_row[pairs]),
        links.link_crime[pairs],
    )
    spoilt = planted["incident"].spoilt_rows.get("unknown_business_type")
    business, business_names = _business(victims.kind, spoilt, recipe.figures)
    funnel, reasons = count_cases(
        cases,
        victims,
        reached,
        recipe.figures["strand"]["names"],
        business=business,
        business_names=business_names,
    )
    truth = Truth(
        made_up=MADE_UP,
        seed=seed,
        incidents=incidents,
        as_at=as_at.isoformat(),
        years=years,
        faults=faults,
        files=FILES,
        fates=fates,
        planted={name: entry.counts for name, entry in planted.items()},
        funnel=funnel,
        reasons=reasons,
    )
    truth.write(folder)
    _write_readme(folder, truth, as_at - timedelta(days=recipe.days - 1))
    return truth


def _fates(read: int, clean: int, planted: Planted) -> dict[str, int]:
    """What is to become of the rows of one file."""
    return {
        "read": read,
        "accepted": clean + planted.fates.get("accepted", 0),
        "duplicate": planted.fates.get("duplicate", 0),
        "out_of_scope": 0,
        "quarantined": planted.fates.get("quarantined", 0),
    }


def _by_link(known: Prosecutions, row: Whole) -> Prosecutions:
    """One entry per link of a CPS row to a crime."""
    return Prosecutions(**{name: values[row] for name, values in vars(known).items()})


def _business(kind: Whole, spoilt: Whole | None, figures: Calibration) -> tuple[Whole, list[str]]:
    """Each incident row's business type as the published tables group it, and the names of the groups."""
    names = [*figures["victim"]["kinds"][FIRST_BUSINESS_KIND:], "not_business", "unknown"]
    business = np.where(kind >= FIRST_BUSINESS_KIND, kind - FIRST_BUSINESS_KIND, names.index("not_business"))
    if spoilt is not None:
        business[spoilt] = names.index("unknown")
    if not (kind >= FIRST_BUSINESS_KIND).any():
        # An empty field means "not a business" only in a source that fills the field at all.
        business[:] = names.index("unknown")
    return business, names


def _write_readme(folder: Path, truth: Truth, first_day: date) -> None:
    lines = [
        MADE_UP,
        "",
        "The files have the layout of the extract contract and are for trying out and testing only.",
        f"Incidents reported from {first_day.isoformat()} to {truth.as_at}; seed {truth.seed}; "
        f"{truth.incidents} incidents; faults planted on purpose: {'yes' if truth.faults else 'no'}.",
        f"{TRUTH_NAME} says which faults were planted and how many cases reached each stage.",
        "Volumes and rates follow published figures. They are no evidence on any force, court or area.",
        "Every row bears a reference that begins with MADEUP-. The unit 99MU exists in no force.",
    ]
    (folder / README_NAME).write_bytes(("\n".join(lines) + "\n").encode("utf-8"))
