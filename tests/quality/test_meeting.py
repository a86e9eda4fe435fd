"""References that do not meet: what is told, and that the line of the mapping that is printed does mend it."""

import datetime as dt
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from quality_desk import AS_AT, Desk, Row, cps, incident, investigation

from attrition import resources
from attrition.ingest.deliveries import ingest
from attrition.ingest.mapping import load_sources
from attrition.quality import handling, incidents
from attrition.quality.evaluation import Failing, evaluate
from attrition.settings import Settings
from share_of_cases import first

NUMBERS = range(101, 113)
CRIMES: tuple[str, str, str, str] = ("references_do_not_meet", "investigation", "northumbria", "crime_ref")
CASES: tuple[str, str, str, str] = ("references_do_not_meet", "cps", "north-east", "urn")
LINE = re.compile(r"^(\w+)\.toml, extract (\w+): (.+)$", re.MULTILINE)


def reference_of(number: int) -> str:
    return f"CR/00{number}/24"


def crimes() -> list[Row]:
    return [incident(n, crime_ref=reference_of(n)) for n in NUMBERS]


def rows(spell: Callable[[str], str] = str, **values: str) -> list[Row]:
    return [investigation(n, crime_ref=spell(reference_of(n)), **values) for n in NUMBERS]


class Runs(Desk):
    """A desk with a folder of mappings of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sources = folder / "sources"
        self.sources.mkdir()
        shutil.copy(resources.path("data/sources/contract.toml"), self.sources)

    def load(self, now: dt.date = AS_AT) -> None:
        ingest(self.connection, self.landing, load_sources(self.sources), b"k" * 32, Settings(), now)

    def failing(self) -> dict[tuple[str, str, str, str], Failing]:
        self.evaluate()
        return {one.key: one for one in evaluate(self.connection, self.work, {}, [], AS_AT, self.sources).failing}

    def mend(self, remedy: str) -> None:
        """Writes the lines that a remedy prints into the mapping of their source, as its words say."""
        for source, extract, line in LINE.findall(remedy):
            path = self.sources / f"{source}.toml"
            head, *feeds = path.read_text(encoding="utf-8").split("[[feed]]")
            made = []
            for feed in feeds:
                if f'extract = "{extract}"' in feed:
                    options = "[feed.column_options]" if '"same"' in feed else "[feed.columns]"
                    whole = feed if options in feed else f"{feed.rstrip()}\n\n{options}\n"
                    whole = re.sub(rf"^{line.split(' =')[0]} = .*\n", "", whole, flags=re.MULTILINE)
                    made.append(whole.replace(options, f"{options}\n{line}"))
                else:
                    made.append(feed)
            path.write_text("[[feed]]".join([head, *made]), encoding="utf-8", newline="\n")

    def met(self, what: str) -> tuple[int, int]:
        found = self.connection.execute(
            "SELECT sum(rows), sum(met) FROM check_meeting WHERE extract = ? AND column_name IN ('', 'crime_ref')",
            [what],
        ).fetchone()
        assert found is not None
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Runs]:
    made = Runs(tmp_path)
    yield made
    made.connection.close()


SPELLINGS: dict[str, Callable[[str], str]] = {
    "separators lost": lambda text: text.replace("/", ""),
    "other separators": lambda text: text.replace("/", "-"),
    "spaces for separators": lambda text: text.replace("/", " "),
    "zeros lost": lambda text: text.replace("/00", "/"),
    "separators and zeros lost": lambda text: text.replace("/00", ""),
    "prefix added": lambda text: "NP" + text,
    "prefix and separator added": lambda text: "NP/" + text,
    "prefix lost": lambda text: text.removeprefix("CR/"),
    "prefix and zeros lost": lambda text: text.removeprefix("CR/00"),
    "century added": lambda text: text.removesuffix("24") + "2024",
    "year lost": lambda text: text.removesuffix("/24"),
}


@pytest.mark.parametrize("spelling", first(1, SPELLINGS))
def test_the_printed_line_mends_another_spelling_of_investigations(spelling: str, desk: Runs) -> None:
    desk.put("incident", "incident", crimes())
    desk.put("investigation", "investigation", rows(SPELLINGS[spelling], urn=""))
    desk.load()
    found = desk.failing()
    assert (found[CRIMES].rows, found[CRIMES].records) == (12, 12)
    assert desk.met("incident") == (12, 0)
    assert "12 of 12 references (crime_ref) would meet without" in found[CRIMES].remedy
    assert not [n for n in NUMBERS if str(n) in found[CRIMES].remedy], "a message holds no reference"
    desk.mend(found[CRIMES].remedy)
    desk.load()
    found = desk.failing()
    assert desk.met("incident") == (12, 12)
    assert [key for key in found if key[0].startswith("references_")] == []


@pytest.mark.parametrize(
    "spelling",
    first(1, ("separators lost", "zeros lost", "prefix added")),
)
def test_the_printed_line_mends_another_spelling_of_incidents(spelling: str, desk: Runs) -> None:
    desk.put("incident", "incident", [row | {"crime_ref": SPELLINGS[spelling](row["crime_ref"])} for row in crimes()])
    desk.put("investigation", "investigation", rows(urn=""))
    desk.load()
    desk.mend(desk.failing()[CRIMES].remedy)
    desk.load()
    assert [key for key in desk.failing() if key[0].startswith("references_")] == []
    assert desk.met("incident") == (12, 12)


def test_only_the_side_that_the_spelling_changes_is_named(desk: Runs) -> None:
    desk.put("incident", "incident", [row | {"crime_ref": row["crime_ref"].replace("/", "")} for row in crimes()])
    desk.put("investigation", "investigation", rows(urn=""))
    desk.load()
    assert [place[:2] for place in LINE.findall(desk.failing()[CRIMES].remedy)] == [("contract", "investigation")]


def test_the_line_is_written_over_what_fills_the_column_now(desk: Runs) -> None:
    (desk.sources / "force.toml").write_text(
        'source = "force"\n[[feed]]\nextract = "investigation"\nfiles = ["police_*"]\ndelivery = "update"\n[feed.columns]\n'
        'force = { constant = "northumbria" }\ncrime_ref = { column = "CRIME NO" }\n',
        encoding="utf-8",
    )
    desk.put("incident", "incident", crimes())
    text = "\n".join(["CRIME NO", *(reference_of(n).replace("/", "") for n in NUMBERS)])
    (desk.landing / "police_1.csv").write_text(text + "\n", encoding="utf-8")
    desk.load()
    remedy = desk.failing()[CRIMES].remedy
    # The incidents are written with separators, the investigations without: only the former have any to lose.
    assert [place[:2] for place in LINE.findall(remedy)] == [("contract", "incident")]
    (desk.landing / "police_1.csv").write_text(text.replace("CR00", "CR-00-") + "\n", encoding="utf-8")
    desk.load()
    remedy = desk.failing()[CRIMES].remedy
    assert """crime_ref = { expression = '''regexp_replace("CRIME NO", '[^A-Za-z0-9]', '', 'g')''' }""" in remedy
    desk.mend(remedy)
    desk.load()
    assert CRIMES not in desk.failing()
    assert desk.met("incident") == (12, 12)


def test_the_printed_line_mends_a_urn(desk: Runs) -> None:
    desk.put("incident", "incident", crimes())
    desk.put("investigation", "investigation", rows())
    cases = [cps(n, police_crime_ref="", urn=f"10/AB/{n}/25") for n in NUMBERS]
    desk.put("cps", "cps", cases)
    desk.load()
    remedy = desk.failing()[CASES].remedy
    assert "12 of 12 references (urn) would meet without separators and leading zeros" in remedy
    desk.mend(remedy)
    desk.load()
    assert [key for key in desk.failing() if key[0].startswith("references_")] == []
    assert desk.met("cps") == (12, 12)


def test_the_printed_line_mends_a_crime_reference_beside_a_urn_that_meets(desk: Runs) -> None:
    desk.put("incident", "incident", crimes())
    desk.put("investigation", "investigation", rows())
    desk.put("cps", "cps", [cps(n, police_crime_ref="NP/" + reference_of(n)) for n in NUMBERS])
    desk.load()
    spelt = ("references_spelt_otherwise", "cps", "north-east", "police_crime_ref")
    found = desk.failing()
    assert "urn_of_another_crime" not in {key[0] for key in found}, "the same crime under another spelling"
    assert "12 of 12 references (police_crime_ref) would meet" in found[spelt].remedy
    desk.mend(found[spelt].remedy)
    desk.load()
    assert [key for key in desk.failing() if key[0].startswith("references_")] == []


def test_what_a_spreadsheet_cut_is_mended_by_no_mapping(desk: Runs) -> None:
    desk.put("incident", "incident", crimes())
    desk.put("investigation", "investigation", [investigation(n, crime_ref=f"2.4E+50{n}", urn="") for n in NUMBERS])
    desk.load()
    remedy = desk.failing()[CRIMES].remedy
    assert remedy.startswith("12 of the references (crime_ref) were cut by a spreadsheet")
    assert not LINE.findall(remedy)


def test_a_spelling_that_runs_references_together_is_no_remedy(desk: Runs) -> None:
    # The number begins anew in each station: without its letters one reference would stand for three crimes.
    stations = [(f"{letter}/00{n}", n * 3 + at) for n in NUMBERS for at, letter in enumerate("ABC")]
    desk.put("incident", "incident", [incident(i, crime_ref=text) for text, i in stations])
    desk.put("investigation", "investigation", [investigation(n, crime_ref=f"00{n}", urn="") for n in NUMBERS])
    desk.load()
    found = desk.failing()
    assert found[CRIMES].remedy == ""


def test_a_second_delivery_is_judged_by_itself(desk: Runs) -> None:
    earlier = [incident(n, incident_id=f"J{n}", crime_ref=f"CR/1{n}/24") for n in range(100, 400)]
    desk.put("incident_1", "incident", earlier)
    desk.put(
        "investigation_1", "investigation", [investigation(n, crime_ref=f"CR/1{n}/24", urn="") for n in range(100, 400)]
    )
    desk.load()
    assert not [key for key in desk.failing() if key[0].startswith("references_")]
    # 12 crimes among 312: less than a tenth of all, and none of this delivery meets.
    desk.put("incident_2", "incident", crimes())
    desk.put("investigation_2", "investigation", rows(SPELLINGS["separators lost"], urn=""))
    desk.load()
    found = desk.failing()
    assert (found[CRIMES].rows, found[CRIMES].records) == (12, 12)
    assert LINE.findall(found[CRIMES].remedy)
    desk.mend(found[CRIMES].remedy)
    desk.load()
    assert not [key for key in desk.failing() if key[0].startswith("references_")]
    assert desk.met("incident") == (312, 312)


def test_a_delivery_of_which_a_third_does_not_meet_is_a_warning(desk: Runs) -> None:
    numbers = range(100, 160)
    desk.put("incident_1", "incident", [incident(n, crime_ref=f"CR/1{n}/24") for n in numbers])
    desk.put("investigation_1", "investigation", [investigation(n, crime_ref=f"CR/1{n}/24", urn="") for n in numbers])
    desk.load()
    desk.put("incident_2", "incident", [incident(n, crime_ref=f"CR/2{n}/24", incident_id=f"J{n}") for n in numbers])
    # Not one of the damaged ones can be made out: what told them apart is lost.
    damaged = [f"LOST {n}" if n % 3 == 0 else f"CR/2{n}/24" for n in numbers]
    desk.put(
        "investigation_2",
        "investigation",
        [investigation(1, crime_ref=text, urn="", suspect_id=text) for text in damaged],
    )
    desk.load()
    found = {key: (one.rows, one.records) for key, one in desk.failing().items() if key[0].startswith("references_")}
    assert found == {
        ("references_meet_less", "incident", "northumbria", "crime_ref"): (20, 60),
        ("references_meet_less", "investigation", "northumbria", "crime_ref"): (20, 60),
        ("references_of_another_form", "investigation", "northumbria", "crime_ref"): (None, None),
    }


def test_an_extract_of_all_crimes_is_lawful(desk: Runs) -> None:
    desk.put("incident", "incident", crimes())
    other = [investigation(n, crime_ref=f"CR/9{n}/24", urn="") for n in range(100, 600)]
    desk.put("investigation", "investigation", rows(urn="") + other)
    desk.load()
    found = desk.failing()
    assert [key for key in found if key[0].startswith("references_")] == []
    assert found["investigation_unlinked", "investigation", "northumbria", ""].rows == 500


def test_four_crimes_are_too_few_and_another_force_is_none_of_it(desk: Runs) -> None:
    few = [incident(n, crime_ref=f"D{n}", force="durham") for n in range(1, 5)]
    desk.put("incident", "incident", crimes() + few)
    desk.put(
        "investigation",
        "investigation",
        rows(urn="") + [investigation(n, crime_ref=f"E{n}", force="durham", urn="") for n in range(1, 5)],
    )
    desk.load()
    assert [key for key in desk.failing() if key[0] == "references_do_not_meet"] == []
    desk.put("incident_2", "incident", [incident(5, crime_ref="D5", force="durham")])
    desk.load()
    assert [key for key in desk.failing() if key[0] == "references_do_not_meet"] == [
        ("references_do_not_meet", "investigation", "durham", "crime_ref")
    ]


def test_a_force_without_investigations_has_not_failed_to_meet(desk: Runs) -> None:
    desk.put("incident", "incident", crimes() + [incident(n, force="durham") for n in range(1, 9)])
    desk.put("investigation", "investigation", rows(urn=""))
    desk.load()
    assert [key for key in desk.failing() if key[0] == "references_do_not_meet"] == []


def test_cps_rows_without_a_force_are_judged_as_a_whole(desk: Runs) -> None:
    desk.put("incident", "incident", crimes())
    desk.put("investigation", "investigation", rows(urn=""))
    desk.put("cps", "cps", [cps(n, force="", police_crime_ref="") for n in NUMBERS])
    desk.load()
    found = desk.failing()
    assert (found["references_do_not_meet", "cps", "", "urn"].rows, CASES in found) == (12, False)


def test_the_line_stands_where_people_look(desk: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    from attrition.preview import check_files
    from attrition.quality.change import Kind

    desk.put("incident", "incident", crimes())
    desk.put("investigation", "investigation", rows(SPELLINGS["separators lost"], urn=""))
    desk.load()
    line = LINE.findall(desk.failing()[CRIMES].remedy)[0][2]
    desk.evaluate()
    found = evaluate(desk.connection, desk.work, {}, [], AS_AT, desk.sources)
    incidents.prepare(desk.connection)
    changes = incidents.update(desk.connection, found, AS_AT)
    change = next(one for one in changes if one.rule == "references_do_not_meet")
    assert change.kind is Kind.NEW and line in change.mend.splitlines()[-1]
    assert line in handling.show_text(desk.connection, change.incident_id)
    check_files([desk.landing / "incident.csv", desk.landing / "investigation.csv"], desk.sources, None, AS_AT)
    assert line in capsys.readouterr().out
