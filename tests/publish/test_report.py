"""The report as a file: its figures are those of the tables, nothing comes from outside, hostile text stays text."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from protected_tables import made_up
from report_tables import data_of, emptied, exact, exact_tables, interval, protected, replaced, rows_of, told

from attrition.errors import AttritionError
from attrition.publish.publication import Publication
from attrition.publish.quality_style import COLOURS
from attrition.publish.report import write_report
from attrition.publish.report_quality import band
from attrition.publish.report_style import CHART_COLOURS

Row = dict[str, Any]
COUNTS = ("entered", "progressed", "open", "resolved", "lost", "completed")
HOSTILE = '</script><b id="planted">bold</b><!--'


class Reader(HTMLParser):
    """What a browser would find: elements with their attributes, and the text of those that matter."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: dict[str, str] = {}
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        self.open = tag
        if tag == "script":
            self.scripts.append((attributes, ""))

    def handle_endtag(self, tag: str) -> None:
        self.open = ""

    def handle_data(self, data: str) -> None:
        if self.open == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = attributes, text + data
        elif self.open:
            self.text.setdefault(self.open, data)

    def meta(self, name: str) -> str:
        return next(of["content"] for tag, of in self.elements if tag == "meta" and of.get("name") == name)


@pytest.fixture(scope="module")
def publications(tmp_path_factory: pytest.TempPathFactory, published_tables: dict[str, list[Row]]) -> dict[str, Publication]:  # fmt: skip
    folder = tmp_path_factory.mktemp("report")
    return {
        "restricted": exact(folder / "restricted", exact_tables(published_tables)),
        "board": protected(folder / "board", "board"),
        "public": protected(folder / "public", "public"),
    }


@pytest.fixture(scope="module")
def pages(publications: dict[str, Publication], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    for tier, publication in publications.items():
        write_report(publication, folder / f"{tier}.html")
    return {tier: (folder / f"{tier}.html").read_text(encoding="utf-8") for tier in publications}


TIERS = pytest.mark.parametrize("tier", ["restricted", "board", "public"])


@pytest.mark.slow
@TIERS
def test_same_publication_same_bytes_and_no_large_file(tier: str, publications: dict[str, Publication], tmp_path: Path) -> None:  # fmt: skip
    write_report(publications[tier], tmp_path / "one" / "a.html")
    write_report(publications[tier], tmp_path / "b.html")
    first = (tmp_path / "one" / "a.html").read_bytes()
    assert first == (tmp_path / "b.html").read_bytes()
    assert len(first) < 3_000_000
    assert b"\r" not in first


@TIERS
def test_tier_marking_and_made_up_data_stand_first(tier: str, pages: dict[str, str], publications: dict[str, Publication]) -> None:  # fmt: skip
    reader = Reader(pages[tier])
    publication = publications[tier]
    assert reader.text["title"] == publication.title
    assert reader.meta("classification") == publication.marked
    assert reader.meta("audience") == tier
    body = pages[tier].split("<body>", 1)[1]
    first = re.search(r'<p class="marking">(.*?)</p>', body)
    assert first
    assert tier.upper() in first[1]
    assert publication.marked in first[1]
    assert first[1].startswith("MADE-UP DATA")
    # Only the link that skips to the content stands before it.
    assert re.sub(r"<[^>]*>", "", body[: first.start()]).split() == ["Skip", "to", "the", "content"]
    # Every printed page carries it.
    assert re.search(r'@top-center { content: "[^"]*' + publication.marking.replace("-", r"\\2d "), pages[tier])


def test_real_data_are_not_called_made_up(tmp_path: Path) -> None:
    publication = replace(made_up(tmp_path / "tables"), made_up=False)
    write_report(publication, tmp_path / "page.html")
    assert "MADE-UP" not in (tmp_path / "page.html").read_text(encoding="utf-8")


@TIERS
def test_nothing_comes_from_outside(tier: str, pages: dict[str, str]) -> None:
    page = pages[tier]
    # A label may look like an address; the names of SVG's own vocabularies are none that anything asks for.
    without_data = re.sub(r'id="report-data">.*?</script>', "", page, flags=re.S)
    assert set(re.findall(r"https?://[\w.]+", without_data)) == {"http://www.w3.org"}
    reader = Reader(page)
    for tag, attributes in reader.elements:
        assert tag not in {"iframe", "object", "embed", "base", "img"}
        assert not attributes.get("src")
        assert attributes.get("href", "#").startswith(("#", "data:,"))
    policy = next(of["content"] for _, of in reader.elements if of.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    running = [text for of, text in reader.scripts if of.get("type") != "application/json"]
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in running}
    assert len(running) == 2
    assert set(rules["script-src"].split()) == hashes


def figure(row: Row, name: str) -> float | str | None:
    return row[f"{name}_mark"] or row[name]


@pytest.mark.parametrize("tier", ["board", "public"])
def test_protected_figures_are_those_of_the_tables(tier: str, pages: dict[str, str], publications: dict[str, Publication]) -> None:  # fmt: skip
    shown = {(r["period"], r["breakdown"], r["group"], r["stage"]): r for r in told(data_of(pages[tier]), "funnel")}
    published = rows_of(publications[tier], "funnel")
    assert len(shown) == len(published) > 0
    hidden = 0
    for row in published:
        found = shown[row["period"], row["breakdown"], row["group"], row["stage"]]
        for name in COUNTS:
            assert found[name] == figure(row, name)
            hidden += found[name] == "c"
        for name in ("step_rate", "step_rate_max", "rate_of_recorded"):
            for end in ("", "_lower", "_upper"):
                mark = row[f"{name}_mark"]
                assert found[name + end] == (mark or pytest.approx(row[name + end], abs=1e-6))
        assert found["covered"] == (row["covered"] == "Y")
    assert hidden > 50


def test_exact_figures_are_those_of_the_tables(pages: dict[str, str], publications: dict[str, Publication]) -> None:
    shown = {
        (r["period"], r["breakdown"], r["group"], r["stage"]): r for r in told(data_of(pages["restricted"]), "funnel")
    }
    published = [("", row) for row in rows_of(publications["restricted"], "funnel")]
    published += [(row["period"], row) for row in rows_of(publications["restricted"], "funnel_by_period")]
    assert len(shown) == len(published)
    for period, row in published:
        found = shown[period, row["breakdown"], row["group"], row["stage"]]
        assert [found[name] for name in COUNTS] == [row[name] for name in COUNTS]
        rate = row["step_rate"]
        assert found["step_rate"] == ("z" if rate is None else pytest.approx(rate, abs=1e-6))


@TIERS
def test_page_opens_with_the_latest_closed_year_of_all_cases(tier: str, pages: dict[str, str], publications: dict[str, Publication]) -> None:  # fmt: skip
    data = data_of(pages[tier])
    assert data["periods"][data["start"]]["key"] == "2024/25"
    assert data["periods"][data["start"]]["label"] == "2024/25 (April 2024 to March 2025)"
    labels = {period["key"]: period["label"] for period in data["periods"]}
    assert labels["2024/25 Q4"] == "2024/25 Q4 (January to March 2025)"
    # A browser without script shows the same funnel.
    table = "funnel" if tier != "restricted" else "funnel_by_period"
    row = next(
        row for row in rows_of(publications[tier], table)
        if (row["period"], row["breakdown"], row["stage"]) == ("2024/25", "all", "recorded")
    )  # fmt: skip
    fallback = pages[tier].split("<noscript>")[1].split("</noscript>")[0]
    assert f"{row['entered']:,}" in fallback


def test_a_year_that_is_not_over_is_not_the_first_view(published_tables: dict[str, list[Row]], tmp_path: Path) -> None:
    import datetime as dt

    publication = exact(tmp_path / "tables", exact_tables(published_tables))
    write_report(replace(publication, as_at=dt.date(2025, 3, 30)), tmp_path / "page.html")
    data = data_of((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert data["periods"][data["start"]]["key"] == "2023/24"
    late = next(period for period in data["periods"] if period["key"] == "2024/25")
    assert late["label"].endswith("not over yet")


def test_withdrawn_cases_of_a_protected_tier(pages: dict[str, str], publications: dict[str, Publication]) -> None:
    rows = told(data_of(pages["board"]), "withdrawal")
    whole = next(r for r in rows if (r["period"], r["breakdown"], r["stage"]) == ("2024/25", "all", ""))
    # 250 without a suspect and 640 with one, as protected_tables writes them.
    assert whole["withdrew"] == 890
    stages = {r["stage"]: r for r in rows_of(publications["board"], "funnel") if r["period"] == "2024/25" and r["breakdown"] == "all"}  # fmt: skip
    assert whole["recorded"] == stages["recorded"]["entered"]
    low, high = interval(890, stages["recorded"]["entered"])
    assert (whole["share_of_recorded_lower"], whole["share_of_recorded_upper"]) == pytest.approx((low, high), abs=1e-6)


def test_withdrawn_cases_of_the_exact_tier(pages: dict[str, str], publications: dict[str, Publication]) -> None:
    published = {(r["breakdown"], r["group"], r["stage"]): r for r in rows_of(publications["restricted"], "withdrawal")}
    found = [row for row in told(data_of(pages["restricted"]), "withdrawal") if row["source"] == "withdrawal"]
    assert len(found) == len(published) > 0
    for row in found:
        of = published[row["breakdown"], row["group"], row["stage"] or "all"]
        assert (row["withdrew"], row["lost"], row["recorded"]) == (of["withdrew_lost"], of["lost"], of["entered"])
        if of["lost"]:
            assert row["share_of_lost"] == pytest.approx(of["withdrew_lost"] / of["lost"], abs=1e-6)
            assert (row["share_of_lost_lower"], row["share_of_lost_upper"]) == pytest.approx(
                interval(of["withdrew_lost"], of["lost"]), abs=1e-6
            )


def test_a_part_that_is_hidden_gives_no_share(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    rows = rows_of(publication, "reasons")
    hidden = [r for r in rows if r["stage"] == "recorded" and r["reason_group"] == "victim does not support"]
    for row in hidden:
        row["count"], row["count_mark"] = None, "c"
    assert hidden
    replaced(publication.tables, "reasons", rows)
    write_report(publication, tmp_path / "page.html")
    found = told(data_of((tmp_path / "page.html").read_text(encoding="utf-8")), "withdrawal")
    whole = next(r for r in found if (r["period"], r["breakdown"], r["stage"]) == ("2024/25", "all", ""))
    assert (whole["withdrew"], whole["at_least"]) == (640, 1)
    assert whole["share_of_lost"] == whole["share_of_recorded"] == "c"


def test_handover_is_made_of_shown_cells_only(pages: dict[str, str], publications: dict[str, Publication]) -> None:
    found = told(data_of(pages["board"]), "handover")
    funnel = {
        (r["period"], r["breakdown"], r["group"], r["stage"]): r for r in rows_of(publications["board"], "funnel")
    }
    sources = {
        "Not referred: still with the police": ("suspect_identified", "open"),
        "Not referred: ended another way": ("suspect_identified", "resolved"),
        "Not referred: lost": ("suspect_identified", "lost"),
        "Referred: no decision yet": ("referred", "open"),
        "Referred: ended another way": ("referred", "resolved"),
        "Referred: lost": ("referred", "lost"),
        "Charged": ("charged", "entered"),
    }
    assert {row["label"] for row in found} == set(sources)
    for row in found:
        place = (row["period"], row["breakdown"], row["group"])
        stage, column = sources[row["label"]]
        assert row["cases"] == figure(funnel[*place, stage], column)
        base = figure(funnel[*place, "suspect_identified"], "entered")
        assert row["with_suspect"] == base
        if isinstance(row["cases"], str) or isinstance(base, str):
            assert isinstance(row["share"], str)
    assert any(row["cases"] == "c" for row in found)


def test_a_stage_that_is_not_covered_gives_no_handover(published_tables: dict[str, list[Row]], tmp_path: Path) -> None:
    write_report(exact(tmp_path / "tables", exact_tables(published_tables, late=True)), tmp_path / "page.html")
    rows = told(data_of((tmp_path / "page.html").read_text(encoding="utf-8")), "handover")
    of_year = {row["label"]: row for row in rows if row["period"] == "2024/25" and row["breakdown"] == "all"}
    assert of_year["Referred: lost"]["cases"] == of_year["Charged"]["share"] == "x"
    assert of_year["Not referred: lost"]["cases"] > 0


@TIERS
def test_hostile_text_stays_text(tier: str, published_tables: dict[str, list[Row]], tmp_path: Path) -> None:
    publication = exact(tmp_path / "tables", exact_tables(published_tables)) if tier == "restricted" else protected(tmp_path / "tables", tier)  # fmt: skip
    for name in ("funnel", "reasons"):
        rows = rows_of(publication, name)
        for row in rows:
            if row["group"] == "race":
                row["group"] = HOSTILE
            elif row["group"] == "religion":
                row["group"] = "=1+1"
        replaced(publication.tables, name, rows)
    feeds = rows_of(publication, "feeds")
    feeds[0]["force"] = HOSTILE
    replaced(publication.tables, "feeds", feeds)
    write_report(publication, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    reader = Reader(page)
    assert len(reader.scripts) == 4
    assert not [of for _, of in reader.elements if of.get("id") == "planted"]
    assert "planted" not in re.sub(r"<script.*?</script>", "", page, flags=re.S)
    groups = {group["key"] for breakdown in data_of(page)["breakdowns"] for group in breakdown["groups"]}
    assert {HOSTILE, "=1+1"} <= groups


@TIERS
def test_tables_without_rows(tier: str, publications: dict[str, Publication], tmp_path: Path) -> None:
    write_report(emptied(tmp_path / "tables", publications[tier]), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert not any(data_of(page)["rows"].values())
    assert "No figures are published for all cases." in page


def test_quality_is_told_in_bands_and_to_analysts_only(pages: dict[str, str]) -> None:
    quality = data_of(pages["restricted"])["quality"]
    # 1,500 rows of the CPS extract in force and 14 quarantined; 7 findings among them.
    assert quality["findings"][0]["band"] == "1 in 1,000 to 1 in 100"
    assert quality["notRun"] == ["a value is wanted"]
    assert quality["quarantined"] == 3 * 14
    for tier in ("board", "public"):
        assert data_of(pages[tier])["quality"] is None
        assert 'id="quality"' not in pages[tier]


@pytest.mark.parametrize(
    ("count", "rows", "text"),
    [(50, 1000, "more than 1 in 20"), (49, 1000, "1 in 100 to 1 in 20"), (10, 1000, "1 in 100 to 1 in 20"),
     (9, 1000, "1 in 1,000 to 1 in 100"), (1, 1001, "fewer than 1 in 1,000"), (3, 0, "not known")],
)  # fmt: skip
def test_bands(count: int, rows: int, text: str) -> None:
    assert band(count, rows) == text


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_of_charts_stand_out(mode: str) -> None:
    grounds = [COLOURS[mode]["ground"]]
    for name, colour in CHART_COLOURS[mode].items():
        for ground in grounds:
            light, dark = sorted((_luminance(colour), _luminance(ground)), reverse=True)
            # WCAG 2.2, 1.4.11: what a chart is understood by.
            assert (light + 0.05) / (dark + 0.05) >= 3, name


def test_missing_table_and_a_target_that_cannot_be_written(tmp_path: Path) -> None:
    publication = made_up(tmp_path / "tables")
    (tmp_path / "file").write_text("")
    with pytest.raises(AttritionError, match="cannot be written"):
        write_report(publication, tmp_path / "file" / "page.html")
    (publication.tables / "reasons.parquet").unlink()
    with pytest.raises(AttritionError, match="reasons was not published"):
        write_report(publication, tmp_path / "page.html")
