"""The small dirty inputs that were handed over with the task's examples (../cases beside ATTRITION_EXAMPLES), each with what is right."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from office import Office, Run

CASES = Path(os.environ.get("ATTRITION_EXAMPLES", "nowhere")).parent / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="ATTRITION_EXAMPLES names no folder with ../cases beside it")


def counts(*first: int) -> Callable[[Run], bool]:
    """The first stages hold so many cases, and nothing is told."""
    return lambda run: run.stages()[: len(first)] == list(first) and not run.amiss


RIGHT: dict[str, Callable[[Run], bool]] = {
    "year_0024_iso": lambda run: (
        run.fates("incident.csv") == (2, 1, 0, 1)
        and run.stages()[:2] == [1, 1]
        and bool(run.told("critical", "(reported date)"))
    ),
    "key_spelled_otherwise": counts(2, 2),
    "placeholder_urn": lambda run: (
        run.stages() == [3, 3, 0, 0, 0, 0, 0, 0]
        and bool(run.told("warning", "(urn); investigation northumbria: 3 rows"))
        and bool(run.told("critical", "(urn); cps north-east: 1 row"))
    ),
    "placeholder_suspect": lambda run: (
        run.stages() == [2, 2, 0, 0, 0, 0, 0, 0]
        and bool(run.told("warning", "(suspect id); investigation durham, northumbria: 2 rows"))
    ),
    "references_do_not_meet": lambda run: run.stages() == [9, 9, 4, 2, 2, 1, 1, 1] and not run.amiss,
    "references_run_together": lambda run: (
        any("crime_ref" in text for text in run.held)
        or bool(run.told("warning", "(crime ref); incident durham: 3 rows"))
    ),
    # "North" in four spellings, "North Command" in two: clean text makes one name of each, not one of both.
    "area_spellings": lambda run: run.groups("area_command") == {"durham/North": 4, "durham/North Command": 2},
    "dates_swapped_by_excel": lambda run: (
        "dates_mixed: the column Reported (reported_date) holds 2 date cells" in run.held[0]
    ),
    "time_zone": lambda run: run.groups("quarter") == {"2024/25 Q2": 2},
    "second_sheet_left_out": lambda run: '"Export (2)" (3 rows)' in run.held[0] and 'sheet = "*"' in run.held[0],
    "formulas_without_results": lambda run: (
        "C (suspect_id): 4" in run.refused and "M (outcome_code): 7" in run.refused and "save it" in run.refused
    ),
    "months_missing": lambda run: (
        "No investigation row of crimes reported from 2024-06 to 2024-08" in "\n".join(run.news)
        and run.stages(measure="why")[2] == "gap"
        and run.stages("quarter", "2024/25 Q2", "covered")[2] == "N"
    ),
    "one_late_date_covers": lambda run: (
        [str(row["covers_to"])[:4] for row in run.tables["load"] if row["file"] == "investigation.csv"] == ["2024"]
        and set(run.stages(measure="why")[2:]) == {"feed_behind"}
    ),
    "files_of_one_export_replace": lambda run: (
        len(run.held) == 2 and all("parts = '^(investigation)_'" in text for text in run.held)
    ),
    # The later file has two outcomes 1, a file for each, and suspects of four crimes.
    "older_file_wins": lambda run: run.stages()[:5] == [9, 9, 4, 2, 2] and "takes its place behind" in run.notes[0],
    "blank_lines_of_commas": lambda run: run.fates("incident.csv") == (60, 60, 0, 0) and run.stages()[0] == 60,
    "one_trailing_comma": lambda run: run.fates("incident.csv") == (3, 3, 0, 0) and run.stages()[0] == 3,
    "header_not_in_line_1": lambda run: run.stages()[:2] == [2, 2] and "the header stands in line 4" in run.notes[0],
}


def test_every_case_has_its_right_value() -> None:
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == set(RIGHT)


@pytest.mark.parametrize("case", RIGHT)
def test_a_shared_case_is_right(case: str, office: Office) -> None:
    shutil.copytree(CASES / case / "in", office.landing, dirs_exist_ok=True)
    if (CASES / case / "mappings").is_dir():
        shutil.copytree(CASES / case / "mappings", office.sources, dirs_exist_ok=True)
    run = office.run()
    assert RIGHT[case](run), run
