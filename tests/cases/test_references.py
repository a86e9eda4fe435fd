"""References that do not meet, that many records share, or that are used again: what counts, and what the run tells."""

import re
import shutil
from collections.abc import Callable

import openpyxl
import pytest
from office import Office, Row
from quality_desk import cps, incident, investigation

from attrition import resources
from share_of_cases import first

NUMBERS = range(101, 111)


def reference(number: int) -> str:
    return f"CR/00{number}/24"


def crimes(spell: Callable[[str], str] = str) -> list[Row]:
    return [incident(n, crime_ref=spell(reference(n))) for n in NUMBERS]


def investigated(spell: Callable[[str], str] = str, **values: str) -> list[Row]:
    return [investigation(n, crime_ref=spell(reference(n)), **values) for n in NUMBERS]


CLEAN: tuple[Callable[[str], str], ...] = (
    str.lower, str.title, lambda text: f" {text} ", lambda text: f"\u00a0{text}", lambda text: text.replace("/", "\u200b/"),
    lambda text: f"\ufeff{text}", lambda text: text.replace("R", "\u00adR"), lambda text: f"{text}\t",
    lambda text: text.lower() + "\u200d", str.swapcase,
)  # fmt: skip


def test_references_meet_whatever_their_case_and_what_nobody_sees(office: Office) -> None:
    office.put("incident.csv", "incident", crimes())
    rows = [
        investigation(n, crime_ref=spell(reference(n)), urn=spell(f"10AB00{n}25"))
        for n, spell in zip(NUMBERS, CLEAN, strict=True)
    ]
    office.put("investigation.csv", "investigation", rows)
    office.put("cps.csv", "cps", [cps(n, urn=f"10/ab/00{n}/25", police_crime_ref="") for n in NUMBERS])
    run = office.run()
    assert run.stages() == [10] * 8
    assert run.amiss == set()


@pytest.mark.parametrize(
    ("police", "reports"),
    first(
        1,
        [
            (lambda text: text.replace("/", "-00"), str),
            (str, lambda text: text.replace("/", "")),
            (lambda text: text.replace("/00", "/"), str),
            (str, lambda text: "NP" + text.replace("/", " ")),
        ],
    ),
    ids=["separators and zeros added", "separators lost", "zeros lost", "a prefix and spaces"],
)
def test_references_written_otherwise_are_critical_with_the_line_that_mends_them(
    police: Callable[[str], str], reports: Callable[[str], str], office: Office
) -> None:
    office.put("incident.csv", "incident", crimes(reports))
    office.put("investigation.csv", "investigation", investigated(police, urn=""))
    run = office.run()
    assert run.stages()[:3] == [10, 10, 0]
    (line,) = run.told(
        "critical", "the references are not written alike (crime ref); investigation northumbria: 10 rows"
    )
    below = run.news[run.news.index(line) + 1 :][:4]
    assert below[0].strip().startswith("10 of 10 references (crime_ref) would meet without")
    lines = [
        found for told in below if (found := re.match(r" +contract\.toml, extract (\w+): (crime_ref = .+)$", told))
    ]
    assert lines
    assert not [n for n in NUMBERS if str(n) in "".join(run.news)], "no reference is told"
    _mend(office, {found[1]: found[2] for found in lines})
    mended = office.run()
    assert mended.stages()[:3] == [10, 10, 10]
    assert not mended.found("references_do_not_meet")


def _mend(office: Office, lines: dict[str, str]) -> None:
    """Does as the message says: the line goes below [feed.columns] or [feed.column_options] of its extract."""
    place = office.sources / "contract.toml"
    shutil.copy(resources.path("data/sources/contract.toml"), place)
    feeds = place.read_text(encoding="utf-8").split("[[feed]]")
    for at, feed in enumerate(feeds):
        for extract, line in lines.items():
            if f'extract = "{extract}"' in feed:
                head = "[feed.column_options]"
                assert '"same"' in feed
                feeds[at] = (
                    feed.replace(head, f"{head}\n{line}") if head in feed else f"{feed.rstrip()}\n\n{head}\n{line}\n\n"
                )
    place.write_text("[[feed]]".join(feeds), encoding="utf-8", newline="\n")


def test_urns_written_otherwise_are_critical_with_the_line_that_mends_them(office: Office) -> None:
    office.put("incident.csv", "incident", crimes())
    office.put("investigation.csv", "investigation", investigated(urn="") and [
        investigation(n, crime_ref=reference(n), urn=f"10AB0000{n}25") for n in NUMBERS
    ])  # fmt: skip
    office.put("cps.csv", "cps", [cps(n, urn=f"10/AB/{n}/25", police_crime_ref="") for n in NUMBERS])
    run = office.run()
    assert run.stages()[6] == 0
    assert len(run.told("critical", "the references are not written alike (urn); cps north-east: 10 rows")) == 1
    assert [told for told in run.news if re.match(r" +contract\.toml, extract (cps|investigation): urn = ", told)]


@pytest.mark.parametrize("damage", ["2.4E+15", "2,4E+15", "2.40001E+15", "1E+10"])
def test_a_reference_that_a_spreadsheet_cut_and_records_share_is_held_or_told(damage: str, office: Office) -> None:
    office.put("incident.csv", "incident", [incident(n, crime_ref=damage) for n in range(1, 7)])
    office.put("investigation.csv", "investigation", [investigation(n, crime_ref=damage) for n in range(1, 7)])
    run = office.run()
    assert any("incident.csv is held" in text for text in run.held) or run.told("warning", "(crime ref)"), run


def test_references_of_nineteen_figures_in_number_cells_are_held_or_told(office: Office) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    rows = [incident(n) | {"crime_ref": 2400000000000000000 + n} for n in range(1, 7)]
    page.append(list(rows[0]))
    for row in rows:
        page.append(list(row.values()))
    book.save(office.landing / "incident.xlsx")
    run = office.run()
    told = [*run.held, *run.told("warning", ""), *run.told("critical", "")]
    assert told and "figures" in "".join(told), run


@pytest.mark.parametrize(
    ("extract", "column", "value", "number"),
    first(
        2,
        [
            ("incident", "crime_ref", "C1", 12),
            ("incident", "victim_id", "V1", 60),
            ("investigation", "suspect_id", "S1", 60),
            ("investigation", "urn", "10AB0000125", 60),
        ],
    ),
)
def test_one_reference_on_improbably_many_records_is_told(
    extract: str, column: str, value: str, number: int, office: Office
) -> None:
    made = {"incident": incident, "investigation": investigation}
    for name, make in made.items():
        rows = [make(n, **({column: value} if name == extract else {})) for n in range(1, number + 1)]
        office.put(f"{name}.csv", name, rows)
    run = office.run()
    (line,) = run.told("warning", f"Reference that stands on improbably many records ({column.replace('_', ' ')})")
    assert f"{extract} northumbria: {number} rows" in line


def test_an_incident_number_used_again_next_year_is_told(office: Office) -> None:
    office.put("incident_1.csv", "incident", [incident(n, reported_date="2023-03-05") for n in range(1, 4)])
    office.put("incident_2.csv", "incident", [incident(n, reported_date="2024-04-05") for n in range(1, 3)])
    run = office.run()
    assert run.stages()[0] == 3
    assert len(run.told("warning", "reported a year or more apart; incident northumbria: 2 rows")) == 1


def test_a_crime_number_used_again_next_year_with_fewer_rows_is_told(office: Office) -> None:
    office.put("incident_1.csv", "incident", [incident(1, reported_date="2023-03-05"), incident(2, crime_ref="C1")])
    two = [investigation(1), investigation(1, suspect_id="S9")]
    office.put("investigation_1.csv", "investigation", two)
    office.put("investigation_2.csv", "investigation", two[:1])
    run = office.run()
    assert run.stages()[:3] == [2, 2, 2]
    assert len(run.told("warning", "Crime told with fewer investigation rows than in the delivery before")) == 1
