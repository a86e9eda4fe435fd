"""The quality page: every figure, nothing from outside, hostile text, a sound and accessible structure, colours that can be read."""

import csv
import re
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from attrition.errors import AttritionError
from attrition.publish.quality_facts import Mended, OpenIncident, QualityFacts, Score, TrendPoint
from attrition.publish.quality_incidents import is_unbounded, swing
from attrition.publish.quality_markup import per_cent
from attrition.publish.quality_page import write_quality_page
from attrition.publish.quality_style import COLOURS
from attrition.quality.evaluation import UNBOUNDED
from attrition.quality.price import price_sentence
from attrition.resources import path as resource

DAY = date(2025, 3, 31)
MARKING = "OFFICIAL-SENSITIVE: contains small counts; not for publication"
VOID = {"meta", "link", "br", "rect", "line", "polyline", "circle"}


@dataclass
class Element:
    """An element of the page with what stands in it."""

    tag: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    def all(self, tag: str = "", **wanted: str) -> list["Element"]:
        found: list[Element] = []
        for child in self.children:
            if isinstance(child, Element):
                if tag in ("", child.tag) and all(
                    child.attributes.get(name) == value for name, value in wanted.items()
                ):
                    found.append(child)
                found += child.all(tag, **wanted)
        return found

    @property
    def text(self) -> str:
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join(" ".join(parts).replace("\u00a0", " ").split())


class Tree(HTMLParser):
    """Parses strictly: every element that is not void is closed, in the order of nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = Element("root", {})
        self.stack = [self.root]
        self.feed(text)
        self.close()
        assert [element.tag for element in self.stack] == ["root"], "not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute of {tag} stands twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.stack[-1].children.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.stack[-1].children.append(data)


def page_of(facts: QualityFacts, folder: Path) -> Element:
    write_quality_page(folder / "quality.html", facts)
    return Tree((folder / "quality.html").read_text(encoding="utf-8")).root


def part(page: Element, name: str) -> Element:
    (found,) = page.all("section", id=name)
    return found


def table_of(page: Element, name: str) -> list[list[str]]:
    """The rows of the table with this caption's id, headings first."""
    (found,) = [table for table in page.all("table") if table.all(id=name)]
    return [[cell.text for cell in row.children if isinstance(cell, Element)] for row in found.all("tr")]


def incident(number: int, **fields: Any) -> OpenIncident:
    plain: dict[str, Any] = {
        "incident_id": number, "rule": "unreadable_date", "severity": "warning", "label": "Date that cannot be read",
        "why": "The stage is missed.", "mend": "Write the date as YYYY-MM-DD.", "extract": "incident", "area": "durham",
        "column": "reported_date", "rows": 40, "rows_at_worst": 52, "rows_fixed": 12, "opened_on": DAY - timedelta(days=28),
        "times_opened": 1,
    }  # fmt: skip
    return OpenIncident(**{**plain, **fields})


def ended(number: int, days: int, **fields: Any) -> Mended:
    opened = DAY - timedelta(days=100)
    plain: dict[str, Any] = {
        "incident_id": number, "rule": "unknown_code", "label": "Code that is not on its list", "extract": "incident",
        "area": "kent", "column": "victim_ethnicity", "opened_on": opened, "closed_on": opened + timedelta(days=days),
        "days": days, "rows": 7, "how": "mended",
    }  # fmt: skip
    return Mended(**{**plain, **fields})


LATE = {"rule": "feed_late", "severity": "critical", "label": "Delivery that has not arrived", "extract": "cps", "area": "north-east", "column": "", "rows": None, "rows_at_worst": None, "rows_fixed": 0}  # fmt: skip
NOT_RUN = {"rule": "check_could_not_run", "severity": "critical", "label": "Check that could not run", "area": "", "column": "", "rows": None, "rows_at_worst": None, "rows_fixed": 0}  # fmt: skip
SMALL = price_sentence("durham", [("Recorded", "Suspect identified", 0.5, 0.48, 0.505)])
LARGE = price_sentence("durham", [("Referred", "Charged", 0.612, 0.401, 0.66)])
NONE = price_sentence("cleveland", [("Referred", "Charged", 0.5, 0.4999, 0.5)])
FACTS = QualityFacts(
    as_at=DAY,
    made_on=DAY,
    made_up=False,
    marking=MARKING,
    scores=[
        Score("durham", "incident", "2025-02", 200, 3),
        Score("durham", "incident", "2025-03", 1000, 0),
        Score("durham", "incident", "", 4, 1),
        Score("cleveland", "incident", "2025-03", 30, 10),
        Score("north-east", "cps", "2025-03", 2500, 1),
        Score("", "cps", "2025-03", 8, 0),
    ],
    trend=[
        TrendPoint(DAY - timedelta(days=2), "durham", "incident", 1000, 50, 1),
        TrendPoint(DAY - timedelta(days=1), "durham", "incident", 1100, 44, 5),
        TrendPoint(DAY, "durham", "incident", 1204, 4, 3),
        TrendPoint(DAY, "north-east", "cps", 2500, 1, 1),
    ],
    incidents=[
        incident(11, price=SMALL, assigned_to="B. Owner", acknowledged_by="A. Analyst", silenced_until=date(2025, 4, 14), times_opened=2),
        incident(12, area="cleveland", rows=1, rows_at_worst=1, rows_fixed=0, opened_on=DAY, price=NONE),
        incident(13, extract="investigation", label="Outcome code without a date", rule="code_without_date", price=LARGE, opened_on=DAY - timedelta(days=34)),
        incident(14, **LATE, price=UNBOUNDED, opened_on=DAY - timedelta(days=1)),
        incident(15, rule="cps_unlinked", severity="info", label="CPS row without an incident", extract="cps", area="", column="", opened_on=DAY - timedelta(days=90)),
    ],
    mended=[ended(1, 3), ended(2, 10), ended(3, 4), ended(4, 0, extract="cps", area="north-east", rows=None, how="resolved by a person")],
)  # fmt: skip
EMPTY = QualityFacts(DAY, DAY, False, MARKING)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Element:
    return page_of(FACTS, tmp_path_factory.mktemp("page"))


def test_the_summary_tells_how_many_how_old_and_how_far(page: Element) -> None:
    said = part(page, "summary")
    assert said.all("p", **{"class": "lead"})[0].text.startswith("1 critical incident makes figures wrong")
    tiles = [[one.text for one in tile.all() if one.tag in ("dt", "b", "span")] for tile in said.all("div")]
    assert tiles == [
        ["Open incidents", "4", "1 critical, 3 warnings; and 1 remark"],
        ["Oldest", "34 days", "Outcome code without a date (Durham Constabulary), since 25 February 2025"],
        ["Rows without a finding", "99.5 %", "of 3,742 rows in force"],
        ["Ended so far", "4", "median 3.5 days, longest 10 days"],
    ]
    assert [item.text for item in said.all("li")] == [
        f"Outcome code without a date , Police investigations, Durham Constabulary. {LARGE}",
        f"Date that cannot be read , Hate incidents, Durham Constabulary. {SMALL}",
        "1 incident has no bound: something is missing, and nobody knows how much.",
    ]
    assert "must not be added up" in said.text


def test_prices_are_read_as_they_are_written() -> None:
    assert swing(SMALL) == pytest.approx(2.0)
    assert swing(LARGE) == pytest.approx(21.1)
    assert swing(NONE) == swing(UNBOUNDED) == swing("") == 0
    assert [is_unbounded(price) for price in (SMALL, NONE, UNBOUNDED, "")] == [False, False, True, False]


def test_only_the_largest_prices_stand_in_the_summary(tmp_path: Path) -> None:
    prices = [price_sentence("durham", [("A", "B", 0.5, 0.5 - low / 100, 0.5)]) for low in (1, 5, 3, 4, 2)]
    incidents = [incident(number, price=price) for number, price in enumerate(prices)]
    said = part(page_of(replace(EMPTY, incidents=incidents), tmp_path), "summary")
    told = [item.text for item in said.all("li")]
    assert [text[-7:-1] for text in told[:3]] == ["50.0 %"] * 3
    assert [re.findall(r"between ([\d.]+)", text) for text in told[:3]] == [["45.0"], ["46.0"], ["47.0"]]
    assert told[3:] == ["2 other incidents could move a rate by less."]


def test_open_incidents_stand_by_severity_and_rule(page: Element) -> None:
    said = part(page, "open")
    assert [heading.text for heading in said.all("h3")] == ["Critical: 1", "Warnings: 3", "Remarks: 1"]
    blocks = said.all("article")
    assert [block.all("h4")[0].text for block in blocks] == [
        "Delivery that has not arrived",
        "Date that cannot be read",
        "Outcome code without a date",
        "CPS row without an incident",
    ]
    assert [one.text for one in blocks[1].all("dd")] == ["The stage is missed.", "Write the date as YYYY-MM-DD."]
    assert table_of(page, "incident-11") == [
        ["Where", "Rows", "Open for", "What it could move", "In hand"],
        [
            "Durham Constabulary Hate incidents, column reported_date; no. 11",
            "40 rows 52 at worst; 12 mended",
            "28 days since 3 March 2025; opened 2 times",
            SMALL,
            "Assigned to B. Owner Acknowledged by A. Analyst Silenced until 14 April 2025",
        ],
        [
            "Cleveland Police Hate incidents, column reported_date; no. 12",
            "1 row",
            "today since 31 March 2025",
            NONE,
            "Nobody yet",
        ],
    ]
    assert table_of(page, "incident-14")[1] == [
        "CPS North East CPS cases; no. 14", "Not about rows", "1 day since 30 March 2025", UNBOUNDED, "Nobody yet"
    ]  # fmt: skip
    assert table_of(page, "incident-15")[1][0] == "Area not known CPS cases; no. 15"
    assert table_of(page, "incident-15")[1][3] == "Not known to move a headline rate."


def test_every_score_is_a_figure_in_its_cell(page: Element) -> None:
    assert table_of(page, "score-incident") == [
        ["Area", "All months", "Mar 2025", "Feb 2025", "No date"],
        ["All areas", "98.8 % of 1,234", "99.0 % of 1,030", "98.5 % of 200", "75.0 % of 4"],
        ["Cleveland Police", "66.6 % of 30", "66.6 % of 30", "no rows", "no rows"],
        ["Durham Constabulary", "99.6 % of 1,204", "100.0 % of 1,000", "98.5 % of 200", "75.0 % of 4"],
    ]
    # One row with a finding is never rounded away, and what is not known comes last.
    assert table_of(page, "score-cps") == [
        ["Area", "All months", "Mar 2025"],
        ["All areas", "99.9 % of 2,508", "99.9 % of 2,508"],
        ["CPS North East", "99.9 % of 2,500", "99.9 % of 2,500"],
        ["Area not known", "100.0 % of 8", "100.0 % of 8"],
    ]


@pytest.mark.parametrize(
    ("with_finding", "shade"),
    [(0, "heat-1"), (10, "heat-1"), (11, "heat-2"), (30, "heat-2"), (31, "heat-3"), (50, "heat-3"), (51, "heat-4"), (100, "heat-4"), (101, "heat-5"), (1000, "heat-5")],
)  # fmt: skip
def test_shades_follow_the_legend(with_finding: int, shade: str, tmp_path: Path) -> None:
    page = page_of(replace(EMPTY, scores=[Score("durham", "incident", "2025-03", 1000, with_finding)]), tmp_path)
    assert {cell.attributes["class"] for cell in part(page, "score").all("td")} == {shade}
    assert len(part(page, "score").all("li")) == 5


@pytest.mark.parametrize(
    ("share", "shown"),
    [(1.0, "100.0 %"), (0.99999, "99.9 %"), (0.29, "29.0 %"), (2 / 3, "66.6 %"), (0.0, "0.0 %"), (None, "no rows")],
)
def test_shares_are_rounded_down(share: float | None, shown: str) -> None:
    assert per_cent(share).replace("\u00a0", " ") == shown


def test_months_long_ago_are_put_together(tmp_path: Path) -> None:
    months = [f"{year}-{month:02}" for year in (2022, 2023, 2024) for month in range(1, 13)][:27]
    page = page_of(replace(EMPTY, scores=[Score("durham", "incident", month, 10, 1) for month in months]), tmp_path)
    headings, cells = table_of(page, "score-incident")
    assert headings[:3] == ["Area", "All months", "Mar 2024"]
    assert headings[-2:] == ["Apr 2022", "Before Apr 2022"]
    assert (cells[1], cells[2], cells[-1]) == ("90.0 % of 270", "90.0 % of 10", "90.0 % of 30")


def test_each_trend_has_words_a_drawing_and_its_table(page: Element) -> None:
    cps, incidents = part(page, "trend").all("figure")
    assert incidents.all("h4")[0].text == "Durham Constabulary"
    assert incidents.all("p")[0].text == (
        "99.6 % of 1,204 rows without a finding; 3 incidents open. Up 4.7 points since 29 March 2025, when 1 incident was open."
    )
    assert cps.all("p")[0].text.endswith("1 incident open. First run: the line begins with the next.")
    assert table_of(page, "trend-incident-1") == [
        ["Run of", "Without a finding", "Rows", "With a finding", "Open incidents"],
        ["31 Mar 2025", "99.6 %", "1,204", "4", "3"],
        ["30 Mar 2025", "96.0 %", "1,100", "44", "5"],
        ["29 Mar 2025", "95.0 %", "1,000", "50", "1"],
    ]
    (drawing,) = incidents.all("svg")
    assert drawing.attributes["role"] == "img"
    assert "Durham Constabulary" in drawing.attributes["aria-label"]
    points = [tuple(map(float, pair.split(","))) for pair in drawing.all("polyline")[0].attributes["points"].split()]
    across, down = zip(*points, strict=True)
    assert list(across) == sorted(across)
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.11)
    # The scale ends at 95 %, so 95 % lies on its lower line and 99.6 % close to the upper one.
    low, high = (float(line.attributes["y1"]) for line in (drawing.all("line")[1], drawing.all("line")[0]))
    assert down[0] == pytest.approx(low, abs=0.1)
    assert down[2] == pytest.approx(high + (low - high) * (4 / 1204) / 0.05, abs=0.1)
    tall = [float(bar.attributes["height"]) for bar in drawing.all("rect")]
    assert tall[0] / tall[1] == pytest.approx(1 / 5, abs=0.01)
    assert tall[2] / tall[1] == pytest.approx(3 / 5, abs=0.01)
    assert [text.text for text in drawing.all("text")] == ["100 %", "95 %", "5", "0", "29 Mar 2025", "31 Mar 2025"]
    for shape in drawing.all("rect"):
        assert float(shape.attributes["x"]) >= 44
        assert float(shape.attributes["x"]) + float(shape.attributes["width"]) <= 312.05


def test_a_long_trend_shows_its_latest_runs_and_says_so(tmp_path: Path) -> None:
    points = [
        TrendPoint(DAY - timedelta(days=day), "durham", "incident", 0 if day == 3 else 100, 0, 0) for day in range(70)
    ]
    page = page_of(replace(EMPTY, trend=points), tmp_path)
    rows = table_of(page, "trend-incident-1")
    assert (len(rows), rows[1][0], rows[-1][0]) == (61, "31 Mar 2025", "31 Jan 2025")
    assert rows[4] == ["28 Mar 2025", "no rows", "0", "0", "0"]
    assert "the latest 60 of 70" in part(page, "trend").all("caption")[0].text
    assert part(page, "trend").all("p")[1].text.endswith("Unchanged since 31 January 2025, when 0 incidents were open.")
    assert not part(page, "trend").all("rect")


def test_how_long_each_took_to_mend(page: Element) -> None:
    assert part(page, "mended").all("p")[0].text == "4 incidents have ended: median 3.5 days, longest 10 days."
    assert table_of(page, "mended-by-extract") == [
        ["Extract", "Ended", "Time open"],
        ["CPS cases", "1", "median 0 days, longest 0 days"],
        ["Hate incidents", "3", "median 4 days, longest 10 days"],
    ]
    headings, *rows = table_of(page, "mended-list")
    assert headings == ["What was wrong", "Where", "Time open", "Opened", "Ended", "Rows at worst", "How"]
    assert rows[0] == [
        "Code that is not on its list unknown_code", "Kent Police Hate incidents, column victim_ethnicity; no. 2", "10 days",
        "21 December 2024", "31 December 2024", "7", "mended",
    ]  # fmt: skip
    assert [row[2] for row in rows] == ["10 days", "4 days", "3 days", "0 days"]
    assert rows[3][5:] == ["not about rows", "resolved by a person"]


def test_a_long_history_is_cut_and_says_so(tmp_path: Path) -> None:
    page = page_of(replace(EMPTY, mended=[ended(number, number) for number in range(1, 206)]), tmp_path)
    assert len(table_of(page, "mended-list")) == 201
    assert "205 incidents have ended: median 103 days, longest 205 days." in part(page, "mended").text
    assert "5 older ones are left out here" in part(page, "mended").text


def test_a_check_that_could_not_run_is_no_fault_of_the_data(tmp_path: Path) -> None:
    page = page_of(replace(EMPTY, incidents=[incident(1, **NOT_RUN)], checks_not_run=["incident.volume"]), tmp_path)
    assert part(page, "summary").all("b")[0].text == "0"
    assert part(page, "summary").all("p")[0].text == "The checks that ran found nothing wrong; some could not run."
    assert "1 check could not run. This says nothing about the data" in part(page, "summary").text
    assert not part(page, "open").all("article")
    assert [item.text for item in part(page, "checks").all("li")] == ["incident.volume"]


def test_rules_of_the_operator_are_known_by_the_reference_table() -> None:
    with resource("data/reference/rule.csv").open(encoding="utf-8", newline="") as file:
        groups = {row["rule"]: row["rule_group"] for row in csv.DictReader(file)}
    assert groups[NOT_RUN["rule"]] == "operator"


def test_nothing_wrong_yet_reads_well(tmp_path: Path) -> None:
    page = page_of(EMPTY, tmp_path)
    assert part(page, "summary").all("p")[0].text == "Nothing is wrong as far as the checks can tell."
    told = {name: part(page, name).all("p")[0].text for name in ("open", "score", "trend", "mended", "checks")}
    assert told == {
        "open": "Nothing is open: every check that ran has passed.",
        "score": "There are no rows to score yet.",
        "trend": "The trend begins with the next run.",
        "mended": "No incident has ended yet.",
        "checks": "Every check ran.",
    }
    assert not page.all("table")
    assert not re.search(r"\b(None None|nan|inf)\b", page.text)


def test_warnings_alone_are_not_called_critical(tmp_path: Path) -> None:
    said = part(page_of(replace(EMPTY, incidents=[incident(1)]), tmp_path), "summary")
    assert said.all("p")[0].text.startswith("Nothing critical is open.")
    assert "No open incident is known to move a headline rate." in said.text


@pytest.mark.parametrize("facts", [FACTS, EMPTY, replace(FACTS, made_up=True)])
def test_marked_at_top_and_bottom_and_in_the_title(facts: QualityFacts, tmp_path: Path) -> None:
    page = page_of(facts, tmp_path)
    (title,) = page.all("title")
    assert title.text == f"{MARKING} | Data quality of the hate crime extracts, as at 31 March 2025"
    assert page.all("meta", name="classification")[0].attributes["content"] == MARKING
    for place in ("header", "footer"):
        assert page.all(place)[0].all("p", **{"class": "marking"})[0].text == MARKING
    (style,) = page.all("style")[0].children
    printed = re.findall(r'@(?:top|bottom)-center \{ content: "([^"]*)"', str(style))
    assert [re.sub(r"\\([0-9a-f]+) ", lambda found: chr(int(found[1], 16)), text) for text in printed] == [MARKING] * 2
    assert ("MADE-UP DATA" in page.text) is facts.made_up


def test_nothing_comes_from_outside(tmp_path: Path) -> None:
    page = page_of(FACTS, tmp_path)
    text = (tmp_path / "quality.html").read_text(encoding="utf-8")
    for reference in (
        "http:",
        "https:",
        "//",
        "url(",
        "@import",
        "<script",
        "<iframe",
        "<form",
        "<img",
        "srcset",
        "javascript:",
    ):
        assert reference not in text.lower(), reference
    for element in page.all():
        assert "src" not in element.attributes
        assert not any(name.startswith("on") for name in element.attributes)
        address = element.attributes.get("href", "#")
        assert address.startswith("#") or address == "data:,"
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0].attributes["content"]
    assert policy.startswith("default-src 'none';")


HOSTILE = "</style></title><script>alert(1)</script>\"'&{marking}$marking\u202e\x00\n\\"


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    hostile = replace(
        FACTS,
        marking=HOSTILE,
        scores=[Score(HOSTILE, HOSTILE, "2025-03", 10, 1)],
        trend=[TrendPoint(DAY, HOSTILE, HOSTILE, 10, 1, 1)],
        incidents=[
            OpenIncident(1, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, 1, 0, DAY, 1, HOSTILE, HOSTILE, None, HOSTILE),
            incident(2, price=SMALL, label=HOSTILE),
        ],
        mended=[Mended(3, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, DAY, DAY, 0, 1, HOSTILE)],
        checks_not_run=[HOSTILE],
    )  # fmt: skip
    page = page_of(hostile, tmp_path)
    text = (tmp_path / "quality.html").read_text(encoding="utf-8")
    assert not page.all("script")
    assert "<script" not in text
    assert "\x00" not in text
    assert "\u202e" not in text
    assert text.count("</style>") == text.count("</title>") == 1
    clean = "</style></title><script>alert(1)</script>\"'&{marking}$marking \\"
    assert page.all("footer")[0].text == clean
    assert " ".join(page.all("meta", name="classification")[0].attributes["content"].split()) == clean
    assert clean in " ".join(part(page, "trend").all("svg")[0].attributes["aria-label"].split())
    assert page.all("code")[0].text == clean
    for name in ("open", "score", "trend", "mended", "checks", "summary"):
        assert clean in part(page, name).text, name


@pytest.mark.parametrize("facts", [FACTS, EMPTY])
def test_the_structure_can_be_heard_and_reached_by_keyboard(facts: QualityFacts, tmp_path: Path) -> None:
    page = page_of(facts, tmp_path)
    assert page.all("html")[0].attributes["lang"] == "en-GB"
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(page.all(landmark)) == 1, landmark
    ids = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", one) for one in ids)
    for element in page.all():
        if "aria-labelledby" in element.attributes:
            assert element.attributes["aria-labelledby"] in ids
        if element.attributes.get("href", "").startswith("#"):
            assert element.attributes["href"][1:] in ids
    levels = [int(element.tag[1]) for element in page.all() if re.fullmatch("h[1-6]", element.tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for table in page.all("table"):
        assert table.all("caption")[0].text
        assert all(heading.attributes["scope"] in ("col", "row") for heading in table.all("th"))
        for row in table.all("tbody")[0].all("tr"):
            assert [cell.attributes["scope"] for cell in row.all("th")] == ["row"]
        # Tables laid out as blocks keep their meaning by their roles, and each cell says its heading.
        if "stacks" in table.attributes["class"]:
            assert table.attributes["role"] == "table"
            assert all(cell.attributes["role"] == "cell" and cell.attributes["data-label"] for cell in table.all("td"))
    for region in page.all("div", role="region"):
        assert region.attributes["tabindex"] == "0"
    unscrolled = [table for table in page.all("table") if "stacks" not in table.attributes["class"]]
    assert len(unscrolled) == len(page.all("div", role="region"))


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_text_has_the_contrast_of_aa(mode: str) -> None:
    colours = COLOURS[mode]
    on_grounds = [
        (ink, ground)
        for ink in ("ink", "quiet", "link", "critical", "warning", "info")
        for ground in ("ground", "panel")
    ]
    on_heat = [("heat-ink", f"heat-{step}") for step in range(1, 6)]
    for ink, ground in [*on_grounds, *on_heat, ("marking-ink", "marking-ground"), ("demo-ink", "demo-ground")]:
        assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for drawn in ("line", "bars", "edge"):
        assert _contrast(colours[drawn], colours["ground"]) >= 3, drawn
    assert set(colours) == set(COLOURS["light"])


def test_contrast_is_computed_as_defined() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_the_page_follows_screen_and_paper(page: Element) -> None:
    style = page.all("style")[0].text
    for wanted in ("prefers-color-scheme: dark", "@media print", "max-width: 46rem", ":focus-visible"):
        assert wanted in style
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", style))
    assert used <= set(COLOURS["light"])


def test_the_same_facts_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    write_quality_page(tmp_path / "one.html", FACTS)
    turned = replace(
        FACTS,
        scores=FACTS.scores[::-1],
        incidents=FACTS.incidents[::-1],
        mended=FACTS.mended[::-1],
        trend=FACTS.trend[::-1],
    )
    write_quality_page(tmp_path / "two.html", turned)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert b"\r" not in (tmp_path / "one.html").read_bytes()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "quality.html").mkdir()
    with pytest.raises(AttritionError, match=r"cannot be written to .*quality\.html"):
        write_quality_page(tmp_path / "quality.html", EMPTY)
