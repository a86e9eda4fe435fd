"""Nobody reads 0 where nothing is told: every file of every tier of small publications, by a rule written down here for each set.

Each set is made of the same 40 crimes and 8 incidents that are none. What its extracts cannot tell follows from their columns and
stands beside it, by hand; the product's own `covered` and `why` are held against it.
"""

import contextlib
import csv
import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import python_calamine
from docx import Document

from attrition.cli import main
from attrition.publish.told import without_untold
from share_of_cases import first

AS_AT = dt.date(2025, 3, 31)
FIRST = dt.date(2024, 4, 1)
LABELS = {
    "suspect_identified": "Suspect identified", "referred": "Referred to the CPS", "charged": "Charged", "prosecuted": "Prosecuted",
    "convicted": "Convicted", "uplifted": "Sentence uplifted",
}  # fmt: skip
LATER = ("referred", "charged", "prosecuted", "convicted", "uplifted")
# Of 40 crimes: what the police's last outcome is, in an order that mixes them over the year.
LISTED = ["1"] * 4 + ["16"] * 8 + ["15"] * 6 + ["8"] * 4 + ["18"] * 10 + [""] * 8
OUTCOMES = [LISTED[7 * at % 40] for at in range(40)]
CHARGED = [at for at, outcome in enumerate(OUTCOMES) if outcome == "1"]
STRANDS = {
    "race": "Race", "religion": "Religion", "sexual_orientation": "Sexual orientation", "disability": "Disability",
    "transgender": "Transgender identity",
}  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What a set cannot tell: stages with the reason, strands, and groups of victims that no column tells."""

    stages: dict[str, str]
    strands: tuple[str, ...] = ("religion",)
    groups: tuple[str, ...] = ("Victim ethnicity", "Business type")

    @property
    def names(self) -> set[str]:
        return {LABELS[stage] for stage in self.stages}


SETS = {
    # No CPS extract, no column of files submitted, but outcome 1: charges are told.
    "police": Told(dict.fromkeys(("referred", "prosecuted", "convicted", "uplifted"), "no_feed")),
    "cps": Told({"uplifted": "not_told"}),
    "incidents": Told(dict.fromkeys(("suspect_identified", *LATER), "no_feed")),
    # The public files of data.police.uk: outcomes of courts among those of the police, no flag, no victim, a place for some.
    "police_uk": Told({"uplifted": "not_told"}, tuple(STRANDS), ("Hate strand", "Victim ethnicity")),
}


def _day(at: int) -> dt.date:
    """The day of report of each of 48 incidents: the first day of the year to the last."""
    return FIRST + dt.timedelta(days=at * 364 // 47)


def _incidents() -> Iterator[Row]:
    for at in range(48):
        day = _day(at)
        crime = at < 40
        yield {
            "force": "durham", "incident_id": f"I{at}", "incident_class": "crime" if crime else "non_crime", "crime_ref": f"C{at}" if crime else "",
            "reported_date": day, "recorded_date": day if crime else "", "offence_code": "8P", "hate_race": "N" if at % 5 == 0 else "Y",
            "hate_sexual_orientation": "Y" if at % 5 == 0 else "N", "hate_disability": "N", "area_command": "North" if at % 2 else "South",
        }  # fmt: skip


def _investigations() -> Iterator[Row]:
    for at, outcome in enumerate(OUTCOMES):
        day = _day(at)
        suspect = outcome not in ("18", "")
        yield {
            "force": "durham", "crime_ref": f"C{at}", "suspect_id": f"S{at}" if suspect else "",
            "suspect_identified_date": day + dt.timedelta(days=10) if suspect else "", "urn": f"10AB{at:07}" if outcome == "1" else "",
            "outcome_code": outcome, "outcome_date": min(day + dt.timedelta(days=70), AS_AT) if outcome else "",
        }  # fmt: skip


def _cases_of_the_cps() -> Iterator[Row]:
    for number, at in enumerate(CHARGED):
        day = _day(at) + dt.timedelta(days=30)
        yield {
            "urn": f"10AB{at:07}", "defendant_id": f"D{at}", "force": "durham", "received_date": day, "decision": "charge", "decision_date": day,
            "first_hearing_date": day + dt.timedelta(days=30), "prosecution_outcome": "guilty_plea" if number else "",
            "finalised_date": AS_AT - dt.timedelta(days=7 * number) if number else "",
        }  # fmt: skip


PUBLIC_OUTCOMES = {
    "1": "Suspect charged", "16": "Unable to prosecute suspect", "15": "Unable to prosecute suspect", "8": "Local resolution",
    "18": "Investigation complete; no suspect identified",
}  # fmt: skip


def _public_files() -> dict[str, list[Row]]:
    """The same crimes as data.police.uk would show them: by month, without days; what is no crime has no Crime ID."""

    def seen(at: int, day: dt.date) -> Row:
        known = hashlib.sha256(str(at).encode()).hexdigest() if at < 40 else ""
        place = "Supermarket" if at % 4 == 0 else "Mill Lane"
        return {
            "Crime ID": known,
            "Month": f"{day:%Y-%m}",
            "Falls within": "Durham Constabulary",
            "Location": f"On or near {place}",
        }

    days = [FIRST + dt.timedelta(days=(at % 40) * 364 // 39) for at in range(48)]
    street = [
        {**seen(at, day), "LSOA name": "County Durham 001A", "Crime type": "Public order"}
        for at, day in enumerate(days)
    ]
    told = [(at, 70, PUBLIC_OUTCOMES[outcome]) for at, outcome in enumerate(OUTCOMES) if outcome]
    told += [(at, 170, "Offender fined") for at in CHARGED]
    outcomes = [
        {**seen(at, min(days[at] + dt.timedelta(days=later), AS_AT)), "Outcome type": words}
        for at, later, words in told
    ]
    return {"2025-03-durham-street.csv": street, "2025-03-durham-outcomes.csv": outcomes}


def _files(name: str) -> dict[str, Iterable[Row]]:
    """The files of a set."""
    if name == "police_uk":
        return dict(_public_files())
    files = {"incident.csv": _incidents(), "investigation.csv": _investigations(), "cps.csv": _cases_of_the_cps()}
    return dict(list(files.items())[: {"incidents": 1, "police": 2, "cps": 3}[name]])


def _write(file: Path, rows: Iterable[Row]) -> None:
    found = list(rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(found[0]))
        writer.writeheader()
        writer.writerows(found)


@dataclass(frozen=True)
class Publication:
    """A folder that people are given, and what the terminal said while it was made."""

    name: str
    tier: str
    folder: Path
    terminal: str

    @property
    def told(self) -> Told:
        return SETS[self.name]

    def file(self, end: str) -> Path:
        (found,) = self.folder.glob(f"*{end}")
        return found


def _said(*arguments: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        code = main([*arguments])
    assert code == 0, said.getvalue()
    return said.getvalue()


@pytest.fixture(scope="module", params=first(1, SETS))
def publications(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Publication]:
    """The publications of a set, by tier."""
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    landing, out = folder / "landing", folder / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTRITION_PSEUDONYM_KEY", "a key for tests, of no use elsewhere at all")
        for file, rows in _files(name).items():
            _write(landing / file, rows)
        terminal = _said(
            "run", "--direct", "--landing", str(landing), "--as-at", str(AS_AT), "--now", "2025-04-01", "--out", str(out),
            "--warehouse", str(folder / "warehouse.duckdb"),
        )  # fmt: skip
        exact = out / str(AS_AT)
        made = {"restricted": Publication(name, "restricted", exact, terminal)}
        for tier in ("board", "public"):
            _said("release", str(exact), "--tier", tier, "--first", "--out", str(out), "--now", "2025-04-01")
            made[tier] = Publication(name, tier, out / tier / str(AS_AT), "")
    return made


@pytest.fixture(params=["restricted", "board", "public"])
def publication(request: pytest.FixtureRequest, publications: dict[str, Publication]) -> Publication:
    found: Publication = publications[request.param]
    return found


def _is_none(cell: Any) -> bool:
    """Whether a cell says none: 0, 0.0 or 0.0%."""
    return (
        not isinstance(cell, bool) and cell is not None and re.fullmatch(r"0(\.0+)?%?", str(cell).strip()) is not None
    )


# Columns that place a row or count something else than what its stage tells.
PLACES = {"stage_order", "window_days", "day", "way_order", "recorded", "with_suspect", "period", "group", "month"}
HANGS_ON = ("stage", "from_stage", "to_stage", "measure")


def _untold_zeros(told: Told, table: str, rows: Iterable[Row]) -> list[tuple[str, Row]]:
    """The cells that say none of a stage, a step into or out of one, or a group that is not told."""
    found = []
    for row in rows:
        stages = {row.get(name) for name in HANGS_ON if row.get(name)}
        strand = (
            set(told.strands) & set(str(row.get("group", "")).split("*"))
            and row.get("breakdown") != "religion_targeted"
        )
        if not (stages & set(told.stages) or strand or (table == "handover" and "referred" in told.stages)):
            continue
        found += [(name, row) for name, cell in row.items() if name not in PLACES and _is_none(cell)]
    return found


def _csv(file: Path) -> list[Row]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _table_name(file: Path) -> str:
    return (
        file.stem.rpartition("_")[2]
        if "OFFICIAL" not in file.stem
        else re.sub(r".*OFFICIAL(-SENSITIVE)?_", "", file.stem)
    )


def test_the_tables_say_of_each_stage_whether_it_is_covered_and_why_not(publications: dict[str, Publication]) -> None:
    publication = publications["restricted"]
    for name in ("funnel", "funnel_by_period"):
        for row in _csv(publication.folder / "tables" / f"{name}.csv"):
            assert row["why"] == publication.told.stages.get(row["stage"], ""), (name, row)
            assert row["covered"] == ("N" if row["why"] else "Y")
    funnel = _csv(publication.folder / "tables" / "funnel.csv")
    assert [row["stage"] for row in funnel if row["breakdown"] == "force"] == [
        "reported",
        "recorded",
        "suspect_identified",
        *LATER,
    ]
    assert {row["stage"] for row in funnel if row["breakdown"] == "strand"} == (
        set() if publication.name == "police_uk" else {"reported", "recorded", "suspect_identified", *LATER}
    )
    for file in sorted((publication.folder / "tables").glob("*.csv")):
        if file.stem not in ("funnel", "funnel_by_period"):
            assert _untold_zeros(publication.told, file.stem, _csv(file)) == [], file.name


def test_a_case_is_not_open_where_nothing_tells_its_next_stage(publications: dict[str, Publication]) -> None:
    publication = publications["restricted"]
    if publication.name == "police_uk":
        pytest.skip("its references are made up of bytes")
    reference = f"C{CHARGED[0]}"
    said = _said("case", reference, "--warehouse", str(publication.folder.parent.parent / "warehouse.duckdb"))
    for stage, why in publication.told.stages.items():
        reached = {"police": ("suspect_identified", "referred", "charged"), "cps": LATER[:3]}.get(publication.name, ())
        assert stage in reached or re.search(rf"- {LABELS[stage]} +not told: no ", said), (stage, why, said)
    last = {"police": "Charged", "cps": "Prosecuted", "incidents": "Recorded as a crime"}[publication.name]
    state = "open" if publication.name == "cps" else "open as far as is told"
    assert f"Stands at: {last}, {state}\n" in said


@pytest.mark.parametrize("why", ["", "feed_behind"])
def test_nobody_is_open_at_a_stage_whose_next_is_not_covered(why: str) -> None:
    """Whether the stage itself is covered or its feed is behind: if nobody was seen further on, nobody knows who stayed."""

    def row(stage: str, order: int, entered: int, why: str) -> Row:
        told = {
            "breakdown": "all",
            "group": "all",
            "stage": stage,
            "stage_order": order,
            "covered": "N" if why else "Y",
            "why": why,
        }
        counts = dict.fromkeys(("progressed", "resolved", "lost", "completed", "implied"), 0)
        return {
            **told,
            "entered": entered,
            "crimes": entered,
            "open": entered,
            "step_rate": 0.0,
            "step_rate_max": 1.0,
            **counts,
        }

    charged, prosecuted = without_untold([row("charged", 5, 22, why), row("prosecuted", 6, 0, "no_feed")])
    assert (charged["entered"], charged["open"], charged["progressed"], charged["lost"]) == (22, None, None, None)
    assert (charged["step_rate"], prosecuted["entered"], prosecuted["open"]) == (None, None, None)


def test_the_csv_files_say_no_0(publication: Publication) -> None:
    files = sorted((publication.folder / "csv").glob("*.csv"))
    assert len(files) >= 7
    for file in files:
        assert _untold_zeros(publication.told, _table_name(file), _csv(file)) == [], file.name
    (funnel,) = (file for file in files if _table_name(file) == "funnel")
    untold = [row for row in _csv(funnel) if row["stage"] == "uplifted" and row["breakdown"] == "all"]
    assert untold and all((row["entered"], row["covered"]) == ("[x]", "N") for row in untold)
    assert {row["why"] for row in untold} == {publication.told.stages["uplifted"]}


def test_the_database_says_no_0(publication: Publication) -> None:
    with duckdb.connect(str(publication.file("data.duckdb")), read_only=True) as connection:
        tables = [row[0] for row in connection.execute("SHOW TABLES").fetchall()]
        assert "headline" in tables
        for table in tables:
            read = connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in read.description]
            rows = [dict(zip(names, row, strict=True)) for row in read.fetchall()]
            assert table == "stage" or _untold_zeros(publication.told, table, rows) == [], table
        headline = connection.execute("SELECT stage, covered, why FROM headline").fetchall()
    assert headline
    for stage, covered, why in headline:
        assert (covered, why) == (
            ("N", publication.told.stages[stage]) if stage in publication.told.stages else ("Y", "")
        )


def _sheets(file: Path) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    """Each sheet's name, the headings of its table, and the rows below."""
    book = python_calamine.CalamineWorkbook.from_path(str(file))
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python()
        at = max((at for at, row in enumerate(rows[:40]) if sum(cell != "" for cell in row) > 1 and rows[at - 1][1:] == [""] * (len(row) - 1)), default=0)  # fmt: skip
        headings = [re.sub(r"\s*\[note \d+\]", "", str(cell)).replace("\n", " ") for cell in rows[at]]
        yield name, headings, rows[at + 1 :]


# Columns that place a row or are of another base than the stage named in it.
SHEET_PLACES = {"By day after recording", "Recorded", "Version", "Year"}


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_the_workbook_says_no_0(publication: Publication, kind: str) -> None:
    told = publication.told
    briefs = {name.split(" to ")[0] for name in told.names} | told.names
    seen = 0
    for sheet, headings, rows in _sheets(publication.file(f"tables.{kind}")):
        for row in rows:
            words = {cell for cell in row if isinstance(cell, str)}
            steps = {part for word in words for part in word.split(" to ") if " to " in word}
            steps |= {step.capitalize() for step in steps}
            hangs = (
                bool(words & told.names) or bool(steps & briefs) or bool(words & {STRANDS[one] for one in told.strands})
            )
            if sheet in ("Feeds", "Contents", "Notes", "Cover"):
                continue
            for heading, cell in zip(headings, row, strict=True):
                of_stage = any(heading.startswith((f"{name},", f"{name} ")) or heading == name for name in told.names)
                if heading not in SHEET_PLACES and (hangs or of_stage):
                    seen += 1
                    assert not (isinstance(cell, int | float) and cell == 0), (sheet, heading, row)
        if sheet == "Uplift":
            uplift = [cell for row in rows for cell in row[1:]]
            assert 0 not in uplift and "[x]" in uplift
        if sheet == "Headline":
            why = headings.index("Why not covered")
            for row in rows:
                assert (row[why] == "[z]") == (row[0] not in told.names), row
    assert seen > 20


def _report(publication: Publication) -> Row:
    page = publication.file("report.html").read_text(encoding="utf-8")
    found = re.search(r'<script[^>]*id="report-data"[^>]*>(.*?)</script>', page, re.S)
    assert found is not None
    data: Row = json.loads(found.group(1))
    return data


def test_the_report_says_no_0(publication: Publication) -> None:
    data = _report(publication)
    untold = {at for at, stage in enumerate(data["stages"]) if stage["key"] in publication.told.stages}
    breakdowns = [one["key"] for one in data["breakdowns"]]
    seen = 0
    for name, rows in data["rows"].items():
        columns = data["columns"][name]
        for cells in rows:
            row = dict(zip(columns, cells, strict=True))
            group = data["breakdowns"][row["breakdown"]]["groups"][row["group"]]["key"]
            strand = (
                breakdowns[row["breakdown"]].startswith("strand") and group.split("*")[0] in publication.told.strands
            )
            label = data["texts"][row["label"]] if name == "handover" else ""
            if not (
                {row.get("stage"), row.get("next_stage")} & untold
                or strand
                or label.removesuffix(": lost") in publication.told.names
            ):
                continue
            for column, cell in row.items():
                if column not in (
                    "period",
                    "breakdown",
                    "group",
                    "stage",
                    "next_stage",
                    "covered",
                    "why",
                    "small",
                    "window_days",
                    "day",
                    "at_least",
                ) and column not in ("exit", "reason_group", "label", "source", "unit", "column"):
                    seen += 1
                    assert cell != 0 or isinstance(cell, str), (name, column, row)
    assert seen > 10
    sentences = {data["texts"][cells[-1]] for cells in data["rows"]["coverage"]}
    assert sentences and all(name in sentence for sentence in sentences for name in publication.told.names)
    assert data["toldOfNone"] == f"Not told of any case: {', '.join(publication.told.groups)}."


def test_the_board_paper_says_no_0(publication: Publication) -> None:
    document = Document(str(publication.file("board-paper.docx")))
    texts = [paragraph.text for paragraph in document.paragraphs]
    (table, *_) = document.tables
    for line in table.rows:
        cells = [cell.text for cell in line.cells]
        if cells[0] in publication.told.names:
            assert "0" not in cells, cells
            assert not any(_is_none(cell) for cell in cells)
    assert any("Not covered" in text and all(name in text for name in publication.told.names) for text in texts)
    assert not any(re.search(r"(?<![\d,.])0 (of|cases|were|was)\b", text) for text in texts)


def test_the_terminal_says_no_0(publications: dict[str, Publication]) -> None:
    text, told = publications["restricted"].terminal, publications["restricted"].told
    for line in text.splitlines():
        if any(line.startswith(label) for label in told.names):
            assert not any(_is_none(word) for word in line.split()), line
            assert line.endswith("NO")
    said = " ".join(text.split())
    assert "Not covered: " in said and "Missing data is not attrition." in said
    assert all(label in said for label in told.names)
    assert f"Not told of any case: {', '.join(told.groups)}." in said
