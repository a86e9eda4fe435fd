"""Each fault that the sample generator plants is found, with the right extract, area, column and count, and nothing else is.

The same sample is made twice, with and without faults. Both hold the contradictions that real extracts hold too; what the
faulty one has more must be what was planted. What was planted is read from the files with plain Python, by the marks that
the generator leaves, and compared with its own account; the program is asked for its findings only.
"""

import csv
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from quality_desk import AS_AT, Desk, Row

from attrition import reference
from attrition.sample import Truth, make_extracts
from attrition.sample.faults import FINDINGS, SPOILT

EXTRACTS = ("incident", "investigation", "cps")
# With this seed a spoilt CPS row names no force, and a copied row contradicts itself: both need a line of their own below.
INCIDENTS, SEED = 2500, 3
IMPOSSIBLE_DAY = "31/02/2024"
Key = tuple[str, str, str, str]


class Line(NamedTuple):
    """A line of an extract: its number in the file, its cells by column, and how many cells it has too many."""

    number: int
    row: Row
    surplus: int


Mark = Callable[[Row], bool]


def cells(**values: str) -> Mark:
    """A row in which these cells stand as they are here."""
    return lambda row: all(row[column] == value for column, value in values.items())


def _any(_: Row) -> bool:
    return True


@dataclass(frozen=True)
class Fault:
    """The rule that finds a kind of fault, the column that it names, and the mark by which a line of the kind is known.
    `surplus` is -1 for a line with too few cells, 1 for one with too many.
    """

    rule: str
    column: str = ""
    mark: Mark = _any
    surplus: int = 0


NO_FINDING = ("exact_duplicate", "same_after_normalising")
"""A row that says the same twice is read once: no figure moves, and there is nothing to mend."""
TORN = {
    "too_few_columns": Fault("quarantined_wrong_number_of_columns", surplus=-1),
    "too_many_columns": Fault("quarantined_wrong_number_of_columns", surplus=1),
}
FAULTS: dict[str, dict[str, Fault]] = {
    "incident": TORN
    | {
        "unreadable_date": Fault("unreadable_date", "recorded_date", cells(recorded_date=IMPOSSIBLE_DAY)),
        "unknown_code": Fault("unknown_code", "reporting_channel", cells(reporting_channel="social_media")),
        "unknown_business_type": Fault("unknown_code", "business_type", cells(business_type="newsagent")),
        "age_not_a_number": Fault("out_of_range", "victim_age", cells(victim_age="n/k")),
        "unknown_ethnicity": Fault("unknown_code", "victim_ethnicity", cells(victim_ethnicity="Z9")),
        "status_without_date": Fault("status_without_date", "", cells(record_status="cancelled", status_date="")),
        "conflicting_duplicate": Fault("quarantined_conflicting_duplicate", "", cells(area_command="unallocated")),
        "missing_required": Fault("quarantined_missing", "reported_date", cells(reported_date="")),
        "unreadable_required_date": Fault(
            "quarantined_unreadable", "reported_date", cells(reported_date=IMPOSSIBLE_DAY)
        ),
        "crime_without_reference": Fault(
            "quarantined_missing", "crime_ref", cells(incident_class="crime", crime_ref="")
        ),
        "unknown_class": Fault("quarantined_unreadable", "incident_class", cells(incident_class="mischief")),
        "unknown_force": Fault("quarantined_unreadable", "force", cells(force="atlantis")),
    },
    "investigation": TORN
    | {
        "unreadable_date": Fault(
            "unreadable_date", "suspect_identified_date", cells(suspect_identified_date=IMPOSSIBLE_DAY)
        ),
        "unknown_code": Fault("unknown_code", "victim_support", cells(victim_support="perhaps")),
        "outcome_without_date": Fault("code_without_date", "outcome_code", cells(outcome_code="18", outcome_date="")),
        "missing_required": Fault("quarantined_missing", "crime_ref", cells(crime_ref="")),
        "unknown_force": Fault("quarantined_unreadable", "force", cells(force="atlantis")),
        "without_incident": Fault(
            "investigation_unlinked",
            "",
            lambda row: row["crime_ref"].startswith("MADEUP-Y") and row["force"] != "atlantis",
        ),
    },
    "cps": TORN
    | {
        "unreadable_date": Fault("unreadable_date", "first_hearing_date", cells(first_hearing_date=IMPOSSIBLE_DAY)),
        "unknown_code": Fault("unknown_code", "outcome_reason", cells(outcome_reason="weather")),
        "unknown_force": Fault("unknown_code", "force", cells(force="atlantis")),
        "conflicting_duplicate": Fault("quarantined_conflicting_duplicate", "", cells(defendant_birth_year="1899")),
        "missing_required": Fault("quarantined_missing", "urn", cells(urn="")),
        "unreadable_required_date": Fault(
            "quarantined_unreadable", "received_date", cells(received_date=IMPOSSIBLE_DAY)
        ),
        "without_incident": Fault(
            "cps_unlinked", "", lambda row: row["urn"].startswith("99MX") and row["received_date"] != IMPOSSIBLE_DAY
        ),
    },
}


def lines_of(path: Path) -> list[Line]:
    """The lines below the header, torn ones too. No cell of the sample holds a line end."""
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    return [
        Line(number, dict(zip(header, fields, strict=False)), len(fields) - len(header))
        for number, fields in enumerate(rows, start=2)
    ]


def normalised(text: str) -> str:
    return re.sub("[^A-Z0-9]", "", text.upper())


class Sample:
    """One sample as files, and what the program finds in it."""

    def __init__(self, folder: Path, *, faults: bool) -> None:
        folder.mkdir()
        self.truth: Truth = make_extracts(folder / "made", INCIDENTS, SEED, AS_AT, faults=faults)
        self.lines = {extract: lines_of(folder / "made" / self.truth.files[extract]) for extract in EXTRACTS}
        desk = Desk(folder)
        for name in self.truth.files.values():
            shutil.copy(folder / "made" / name, desk.landing / name)
        desk.load()
        self.failing = {one.key: one.rows for one in desk.evaluate().failing}
        self.named = Counter(
            desk.connection.execute("SELECT rule, extract, area, column_name, line FROM check_row").fetchall()
        )
        self.duplicates = dict(desk.connection.execute("SELECT extract, duplicate FROM load").fetchall())
        desk.opened.close()


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("samples") / "clean", faults=False)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("samples") / "faulty", faults=True)


class Owners:
    """Whose a planted line is. Police rows are the force's, CPS rows the CPS Area's."""

    def __init__(self, clean: Sample) -> None:
        self.areas = {row["code"]: row["cps_area"] for row in reference.rows("force")}
        self.force_of = {
            (column, normalised(line.row[column])): line.row["force"]
            for line in clean.lines["investigation"]
            for column in ("urn", "asn", "crime_ref")
        }

    def area(self, extract: str, line: Line, *, is_kept_aside: bool) -> str:
        """The force that the row states; for a CPS row that counts and states none that exists, that of its crime. Of a
        torn line no cell can be trusted. Each delivery holds several forces, so such a police line is nobody's; a CPS
        line is that Area's to which all forces of its delivery belong.
        """
        force = "" if line.surplus else line.row["force"].lower()
        if extract == "cps":
            if force not in self.areas and not is_kept_aside:
                force = self._of_its_crime(line.row)
            return self.areas.get(force, "north-east")
        return force if force in self.areas else ""

    def _of_its_crime(self, row: Row) -> str:
        names = {"urn": row["urn"], "asn": row["asn"], "crime_ref": row["police_crime_ref"]}
        found = {
            self.force_of[column, normalised(name)]
            for column, name in names.items()
            if name and (column, normalised(name)) in self.force_of
        }
        assert len(found) <= 1, "references of one row that lead to crimes of two forces"
        return found.pop() if found else ""


def planted_lines(sample: Sample) -> Iterator[tuple[str, str, Fault, Line]]:
    """Every line that bears the mark of a kind of fault, with the kind."""
    for extract, faults in FAULTS.items():
        for kind, fault in faults.items():
            for line in sample.lines[extract]:
                if (line.surplus > 0) - (line.surplus < 0) == fault.surplus and fault.mark(line.row):
                    yield extract, kind, fault, line


def besides(line: Line) -> list[str]:
    """What else is amiss with a copied investigation row. It stands alone under a reference of its own: where the suspect
    of its original is named on another row of the crime, the copy says that there must be one, and names none.
    """
    told = {row["code"]: row for row in reference.rows("outcome")}.get(line.row["outcome_code"])
    if told is None or not line.row["outcome_date"]:
        return []
    if not line.row["suspect_id"] and told["implies_suspect"] == "Y":
        return ["outcome_without_suspect"]
    return ["suspect_without_outcome"] if line.row["suspect_id"] and told["denies_suspect"] == "Y" else []


@pytest.fixture(scope="module")
def expected(clean: Sample, faulty: Sample) -> Counter[tuple[str, str, str, str, int]]:
    """What is to be found because of what was planted: rule, extract, area, column and line.

    No planted fault removes a finding. A cell that is spoilt agreed with the rest of its row before, so its row was in no
    finding because of it; an outcome is spoilt only where none was told; rows kept aside and duplicates are copies, and
    leave their originals as they were.
    """
    owners = Owners(clean)
    found: Counter[tuple[str, str, str, str, int]] = Counter()
    for extract, kind, fault, line in planted_lines(faulty):
        area = owners.area(extract, line, is_kept_aside=fault.rule.startswith("quarantined_"))
        found[fault.rule, extract, area, fault.column, line.number] += 1
        if extract == "investigation" and kind == "without_incident":
            found.update((rule, extract, area, "", line.number) for rule in besides(line))
    return found


def test_no_kind_of_fault_is_left_out(faulty: Sample) -> None:
    for extract in EXTRACTS:
        kinds = FINDINGS[extract].keys() | SPOILT[extract].keys()
        assert FAULTS[extract].keys() | set(NO_FINDING) == kinds
        assert faulty.truth.planted[extract].keys() == kinds
    rules = {row["rule"] for row in reference.rows("rule")}
    assert {fault.rule for faults in FAULTS.values() for fault in faults.values()} <= rules


def test_the_marks_find_what_the_generator_says_that_it_planted(clean: Sample, faulty: Sample) -> None:
    marked = Counter((extract, kind) for extract, kind, _, _ in planted_lines(faulty))
    stated = {
        (extract, kind): number
        for extract, kinds in faulty.truth.planted.items()
        for kind, number in kinds.items()
        if kind not in NO_FINDING
    }
    assert marked == stated
    lines = [(extract, line.number) for extract, _, _, line in planted_lines(faulty)]
    assert len(lines) == len(set(lines)), "a line bears the marks of two faults"
    assert list(planted_lines(clean)) == []


def test_what_is_found_more_is_what_was_planted(
    clean: Sample, faulty: Sample, expected: Counter[tuple[str, str, str, str, int]]
) -> None:
    wanted: Counter[Key] = Counter()
    for (rule, extract, area, column, _), number in expected.items():
        wanted[rule, extract, area, column] += number
    # What is not about rows (a delivery, a week) counts as one.
    before, after = (
        Counter({key: 1 if rows is None else rows for key, rows in sample.failing.items()})
        for sample in (clean, faulty)
    )
    assert {key: after[key] - before[key] for key in before | after if after[key] != before[key]} == dict(wanted)
    assert "outcome_without_suspect" in {key[0] for key in wanted}


def test_the_very_lines_are_named(
    clean: Sample, faulty: Sample, expected: Counter[tuple[str, str, str, str, int]]
) -> None:
    assert expected - faulty.named == Counter()
    others = [Counter(key[:4] for key in found.elements()) for found in (faulty.named - expected, clean.named)]
    assert others[0] == others[1]


def test_rows_that_say_the_same_twice_are_read_once(clean: Sample, faulty: Sample) -> None:
    assert clean.duplicates == dict.fromkeys(EXTRACTS, 0)
    assert faulty.duplicates == {
        extract: sum(faulty.truth.planted[extract][kind] for kind in NO_FINDING) for extract in EXTRACTS
    }
