"""The report in a real browser without a network: filters, comparison, keyboard, print, narrow screens, light and dark, axe."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report_tables import exact, exact_tables, protected, replaced, rows_of
from test_report import HOSTILE

from attrition.publish.publication import Publication
from attrition.publish.report import write_report
from programs import CHROMIUM, PDFTOTEXT, needs_chromium, needs_pdftotext
from share_of_cases import first

Row = dict[str, Any]
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The exact and a protected tier every time where the first screen is read, else one; all of them in the longer suite.
TWO_TIERS = pytest.mark.parametrize("tier", first(2, ["restricted", "board", "public"]))
TIERS = pytest.mark.parametrize("tier", first(1, ["restricted", "board", "public"]))
SECTIONS = ("In short", "How far cases go", "Why cases stopped", "victim withdrew", "Compare two groups", "Over time", "How long it takes", "Between the police", "What changed", "How far the data reach", "How to read this")  # fmt: skip

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def publications(tmp_path_factory: pytest.TempPathFactory, published_tables: dict[str, list[Row]]) -> dict[str, Publication]:  # fmt: skip
    folder = tmp_path_factory.mktemp("browser")
    found = {
        "restricted": exact(folder / "restricted", exact_tables(published_tables)),
        "board": protected(folder / "board", "board"),
        "public": protected(folder / "public", "public"),
    }
    for tier, publication in found.items():
        write_report(publication, folder / f"{tier}.html")
    return found


class Opened:
    """A page of the report in a browser that has no network, with what it asked for and complained of."""

    def __init__(self, browser: Any, file: Path, width: int = 1200, **settings: Any) -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **settings)
        self.page = self.context.new_page()
        self.file, self.asked, self.complaints = file, [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("html[data-drawn]", state="attached")

    def __enter__(self) -> Any:
        return self.page

    def __exit__(self, *failure: object) -> None:
        asked, complaints = list(self.asked), list(self.complaints)
        self.context.close()
        if failure[0] is None:
            assert asked == [self.file.as_uri()]
            assert complaints == []


def file_of(publications: dict[str, Publication], tier: str) -> Path:
    return publications[tier].tables.parent / f"{tier}.html"


def text(page: Any, selector: str) -> str:
    return " ".join(page.inner_text(selector).replace("\u00a0", " ").split())


def cells(page: Any, name: str) -> list[list[str]]:
    """The rows of a table, folded or not."""
    found: list[list[str]] = page.eval_on_selector_all(
        f"[aria-labelledby='{name}-caption'] tbody tr",
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))",
    )
    return found


def shown(row: Row, name: str) -> str:
    return f"[{row[f'{name}_mark']}]" if row.get(f"{name}_mark") else f"{row[name]:,}"


def choose(page: Any, name: str, label: str) -> None:
    page.get_by_label(name, exact=True).select_option(label=label)


@TWO_TIERS
def test_first_screen_says_what_the_tables_say(tier: str, browser: Any, publications: dict[str, Publication]) -> None:
    table = "funnel" if tier != "restricted" else "funnel_by_period"
    of = {r["stage"]: r for r in rows_of(publications[tier], table) if (r["period"], r["breakdown"]) == ("2024/25", "all")}  # fmt: skip
    with Opened(browser, file_of(publications, tier)) as page:
        assert page.title() == publications[tier].title
        first = text(page, "#summary-content > p.lead")
        for stage in ("reported", "recorded", "suspect_identified", "referred", "charged", "convicted"):
            assert f"{of[stage]['entered']:,}" in first
        before = ("reported", "recorded", "suspect_identified", "referred", "charged", "prosecuted")
        still_open = sum(of[stage]["open"] or 0 for stage in before)
        assert f"{still_open:,} are still open" in first
        # Hidden parts make the sum a least one, and rounded ones make it a rough one.
        hidden = any(of[stage].get("open_mark") for stage in before)
        if hidden:
            rough = "about " if tier == "public" else ""
            assert f"at least {rough}{still_open:,} are still open" in first
        losing = {stage: of[stage]["lost"] or 0 for stage in before[1:]}
        assert f"{max(losing.values()):,} of the" in text(page, "#summary-content")
        assert "The largest loss" in text(page, "#summary-content")


@TIERS
def test_filters_change_funnel_table_and_summary_alike(tier: str, browser: Any, publications: dict[str, Publication]) -> None:  # fmt: skip
    table = "funnel" if tier != "restricted" else "funnel_by_period"
    published = sorted(rows_of(publications[tier], table), key=lambda row: row["stage_order"])
    of = {
        r["stage"]: r for r in published
        if (r["period"], r["breakdown"], r["group"]) == ("2023/24", "strand", "religion")
    }  # fmt: skip
    with Opened(browser, file_of(publications, tier)) as page:
        choose(page, "Broken down by", "Hate strand")
        choose(page, "Group", "Religion")
        choose(page, "Reported in", "2023/24 (April 2023 to March 2024)")
        status = text(page, "#status")
        assert status.startswith("Showing Religion, 2023/24.")
        assert f"of {'about ' if tier == 'public' else ''}{shown(of['reported'], 'entered')} cases reported" in status
        rows = cells(page, "funnel")
        assert [row[1] for row in rows[: len(of)]] == [shown(row, "entered") for row in of.values()]
        recorded = next(row for row in rows if row[0] == "Recorded as a crime")
        assert recorded[2:6] == [shown(of["recorded"], name) for name in ("progressed", "open", "resolved", "lost")]
        assert f"{of['recorded']['step_rate']:.1%}" in recorded[6]
        bars = text(page, "#funnel .funnel")
        assert f"Recorded as a crime: {shown(of['recorded'], 'entered')}" in bars
        assert f"{shown(of['recorded'], 'lost')} lost" in bars
        # Every group of the breakdown, in the order of the contract and never by size.
        groups = [row[0] for row in cells(page, "groups")]
        assert groups == ["Race", "Religion", "Sexual orientation", "Disability", "Transgender"]
        assert "never add" in text(page, "#groups")
        page.get_by_role("button", name="Show all cases again").click()
        assert text(page, "#status").startswith("Showing All cases, 2024/25.")
        assert not page.is_visible("#groups")


def test_hidden_parts_are_drawn_as_hidden_and_not_as_nothing(browser: Any, publications: dict[str, Publication]) -> None:  # fmt: skip
    hidden = [
        r for r in rows_of(publications["board"], "funnel")
        if r["period"] == "2024/25" and r["breakdown"] == "all" and r["stage_order"] < 7 and r["open_mark"] == "c"
    ]  # fmt: skip
    assert hidden
    with Opened(browser, file_of(publications, "board")) as page:
        for row in hidden:
            stage = page.locator(".funnel > li").nth(row["stage_order"] - 1)
            assert "[c] still open" in stage.inner_text()
            assert stage.locator(".bar .hidden").count() == 1
            assert "not as zero" in stage.inner_text()
        assert "[c] confidential: hidden to protect people" in text(page, "#funnel-content > .shorthand")


def test_a_cross_breakdown_whose_states_are_not_published(browser: Any, tmp_path: Path) -> None:
    publication = protected(tmp_path / "tables", "board")
    rows = rows_of(publication, "funnel")
    crossed = [
        dict(row, breakdown="strand*business_type", group="race*takeaway")
        for row in rows if row["group"] == "race" and row["period_kind"] == "financial_year"
    ]  # fmt: skip
    for row in crossed:
        for name in ("open", "resolved", "lost", "completed"):
            row[name], row[f"{name}_mark"] = None, "x"
        for name in ("step_rate_max", "step_rate_max_lower", "step_rate_max_upper"):
            row[name] = None
        row["step_rate_max_mark"] = "x"
    replaced(publication.tables, "funnel", rows + crossed)
    write_report(publication, tmp_path / "page.html")
    with Opened(browser, tmp_path / "page.html") as page:
        choose(page, "Reported in", "2024/25 Q1 (April to June 2024)")
        choose(page, "Broken down by", "Hate strand by business type")
        remark = "Hate strand by business type is not published for 2024/25 Q1: now 2024/25."
        assert text(page, "#period-remark") == remark
        recorded = page.locator(".funnel > li").nth(1)
        assert "1,701" in recorded.inner_text()
        assert "[x] lost" in recorded.inner_text()
        assert recorded.locator(".bar .hidden").count() == 1
        assert "missing data is not attrition" in text(page, "#funnel-content")
        assert "[x] are still open" in text(page, "#summary-content")
        assert "The largest loss" not in text(page, "#summary-content")


def test_a_feed_that_stops_early_shows_x_and_no_fall(browser: Any, published_tables: dict[str, list[Row]], tmp_path: Path) -> None:  # fmt: skip
    publication = exact(tmp_path / "tables", exact_tables(published_tables, late=True))
    write_report(publication, tmp_path / "page.html")
    with Opened(browser, tmp_path / "page.html") as page:
        first = text(page, "#summary-content > p.lead")
        # What was seen of a stage that is not covered is a least number.
        assert re.search(r"at least \d+ were referred to the CPS, at least \d+ were charged", first)
        assert "[x] are still open" in first
        assert "Missing data is not attrition." in text(page, "#summary-content")
        rows = {row[0]: row for row in cells(page, "funnel")}
        assert rows["Referred to the CPS"][6:9] == ["[x]"] * 3
        assert rows["Referred to the CPS"][-1].startswith("NO")
        # The way on from the last covered stage cannot be judged either.
        assert rows["Suspect identified"][6:8] == ["[x]", "[x]"]
        assert page.locator(".funnel > li").nth(4).locator(".bar span").count() == 0


def test_reasons_and_withdrawal_follow_the_filter(browser: Any, publications: dict[str, Publication]) -> None:
    with Opened(browser, file_of(publications, "board")) as page:
        reasons = {tuple(row[:3]): row[3] for row in cells(page, "reasons")}
        assert reasons["Suspect identified", "Lost", "Victim does not support"] == "640"
        assert reasons["Prosecuted", "Lost", "Court"] == "[c]"
        assert "890 cases were lost because the victim did not support action" in text(page, "#withdrawal")
        choose(page, "Broken down by", "Hate strand")
        # Groups have one row, at any stage: 0.7 of 640.
        assert "At any stage" in text(page, "#reasons-content")
        assert "448 cases were lost because the victim did not support action" in text(page, "#withdrawal")
        choose(page, "Reported in", "2024/25 Q2 (July to September 2024)")
        assert "Shown instead: Race, 2024/25." in text(page, "#reasons-content")


def test_two_groups_are_compared_by_their_intervals(browser: Any, publications: dict[str, Publication]) -> None:
    of = {
        (r["group"], r["stage"]): r for r in rows_of(publications["restricted"], "funnel_by_period")
        if (r["period"], r["breakdown"]) == ("2024/25", "strand")
    }  # fmt: skip
    with Opened(browser, file_of(publications, "restricted")) as page:
        choose(page, "Within", "Hate strand")
        choose(page, "First group", "Race")
        choose(page, "Second group", "Disability")
        steps = ("recorded", "suspect_identified", "referred", "charged", "prosecuted")
        for row, stage in zip(cells(page, "comparison"), steps, strict=True):
            one, two = of["race", stage], of["disability", stage]
            assert (row[1], row[4]) == (f"{one['entered']:,}", f"{two['entered']:,}")
            assert f"{one['step_rate']:.1%} ({one['step_rate_lower']:.1%} to {one['step_rate_upper']:.1%})" == row[2]
            apart = one["step_rate_lower"] > two["step_rate_max_upper"] or two["step_rate_lower"] > one["step_rate_max_upper"]  # fmt: skip
            assert row[7] == ("the intervals do not overlap" if apart else "the intervals overlap: no difference can be told")  # fmt: skip
        assert "not proof of bias" in text(page, "#comparison-content")
        assert "One case may be in both groups." in text(page, "#comparison-content")
        assert page.locator("#comparison-chart svg path").count() > 5
        assert "Race and Disability" in text(page, "#status")
        choose(page, "Second group", "Race")
        assert "Choose two different groups." in text(page, "#comparison-content")


def test_trends_tell_open_cases_and_the_day_from_which_a_period_can_be_used(browser: Any, publications: dict[str, Publication]) -> None:  # fmt: skip
    recorded = {
        r["period"]: r for r in rows_of(publications["restricted"], "funnel_by_period")
        if r["breakdown"] == "all" and r["period_kind"] == "quarter" and r["stage"] == "recorded"
    }  # fmt: skip
    with Opened(browser, file_of(publications, "restricted")) as page:
        rows = cells(page, "trends")
        assert [(row[0], row[1]) for row in rows] == [
            (key, f"{recorded[key]['entered']:,}") for key in sorted(recorded)
        ]
        for row in rows:
            # Every recorded case once: convicted, open, ended another way or lost.
            assert sum(int(cell.replace(",", "")) for cell in row[2:6]) == int(row[1].replace(",", ""))
            assert row[6].startswith(f"{row[3]} of {row[1]} (")
        page.get_by_label("Reached", exact=True).select_option(index=0)
        assert "Not yet old enough: 2024/25 Q4 (from 2" in text(page, "#same-age-content")


def test_what_changed_and_how_good_the_data_are(browser: Any, publications: dict[str, Publication]) -> None:
    with Opened(browser, file_of(publications, "board")) as page:
        changes = cells(page, "changes")
        assert ["Charged, reached", "All cases", "2023/24", "240", "262", "+22"] in changes
        assert changes[-1][3:] == ["150", "[c]", "[c]"]
        assert "since the publication 2024-12-31" in text(page, "#changes")
        assert "1 feed does not reach far enough" in text(page, "#feeds")
        assert page.locator("#quality").count() == 0
    with Opened(browser, file_of(publications, "restricted")) as page:
        assert "This is the first publication" in text(page, "#changes")
        assert "1 could not run" in text(page, "#quality")


def test_keyboard_alone(browser: Any, publications: dict[str, Publication]) -> None:
    with Opened(browser, file_of(publications, "board")) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "period"
        outline = "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth"
        assert page.evaluate(outline) == "solid3px"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "breakdown"
        page.keyboard.press("ArrowDown")
        assert text(page, "#status").startswith("Showing Race")
        # The choice stays with the reader: the control is not replaced under the hand.
        assert page.evaluate("document.activeElement.id") == "breakdown"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "group"
        page.keyboard.press("ArrowDown")
        assert text(page, "#status").startswith("Showing Religion")
        page.get_by_label("numbers of cases").focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.querySelector('input[name=scale]:checked').value") == "share"
        summary = page.locator("#funnel-table > summary")
        summary.focus()
        page.keyboard.press("Enter")
        assert page.locator("#funnel-table table").is_visible()


@needs_pdftotext
@TIERS
def test_print_has_every_section_every_table_and_the_marking_on_each_page(tier: str, browser: Any, publications: dict[str, Publication], tmp_path: Path) -> None:  # fmt: skip
    import subprocess

    with Opened(browser, file_of(publications, tier), color_scheme="dark") as page:
        page.emulate_media(media="print")
        ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert ground == "rgb(255, 255, 255)"
        page.pdf(path=str(tmp_path / "page.pdf"), prefer_css_page_size=True)
        # Folded tables are folded again after printing.
        assert page.locator("details[open]").count() == 0
    subprocess.run([str(PDFTOTEXT), "-layout", str(tmp_path / "page.pdf"), str(tmp_path / "page.txt")], check=True)
    sheets = (tmp_path / "page.txt").read_text(encoding="utf-8").split("\f")[:-1]
    assert len(sheets) > 3
    marked = re.sub(r"\s+", " ", publications[tier].marked)
    for sheet in sheets:
        flat = re.sub(r"\s+", " ", sheet)
        assert flat.count(marked) >= 2
        assert "MADE-UP DATA" in flat
    whole = re.sub(r"\s+", " ", " ".join(sheets))
    for section in SECTIONS:
        assert section in whole
    assert "Steps of" in whole
    assert "What became of the cases recorded" in whole


@TIERS
def test_narrow_screens_and_large_letters_do_not_scroll_sideways(tier: str, browser: Any, publications: dict[str, Publication]) -> None:  # fmt: skip
    with Opened(browser, file_of(publications, tier)) as page:
        choose(page, "Broken down by", "Hate strand")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        # A window of 1,200 pixels at 200 % zoom is 600 wide; WCAG asks for 320.
        for width in (600, 320):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_function(
                "document.querySelector('#states-chart svg').getBoundingClientRect().width <= innerWidth"
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        small = page.eval_on_selector_all(
            "select, button, summary, input[type=radio]",
            "all => all.filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 20).map(one => one.id)",
        )
        assert small == []


LOOKS = ("light", "dark", "narrow")
# Two of them every time, all in the longer suite.
USUAL = {("restricted", "light")}


@pytest.mark.parametrize(
    ("tier", "look"),
    [
        pytest.param(tier, look, marks=() if (tier, look) in USUAL else pytest.mark.slow)
        for tier in ("restricted", "board", "public") for look in LOOKS
    ],
)  # fmt: skip
def test_axe_finds_nothing(tier: str, look: str, browser: Any, publications: dict[str, Publication]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    settings = {"color_scheme": "dark" if look == "dark" else "light"}
    # axe is put into the page as script, which the page's own policy rightly forbids.
    with Opened(browser, file_of(publications, tier), 320 if look == "narrow" else 1200, bypass_csp=True, **settings) as page:  # fmt: skip
        choose(page, "Broken down by", "Hate strand")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        rules = {
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
            "resultTypes": ["violations"],
        }
        found = Axe().run(page, options=rules).response
        assert len(found["passes"]) > 20
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]] == []


def test_dark_is_dark_and_charts_take_part(browser: Any, publications: dict[str, Publication]) -> None:
    colours = []
    with Opened(browser, file_of(publications, "board")) as page:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            colours.append(
                (
                    page.evaluate("getComputedStyle(document.documentElement).backgroundColor"),
                    page.evaluate("getComputedStyle(document.querySelector('#states-chart svg path[fill*=went-on]')).fill"),
                    page.evaluate("getComputedStyle(document.querySelector('.funnel .bar .went-on')).backgroundColor"),
                )
            )  # fmt: skip
    assert colours[0] == ("rgb(255, 255, 255)", "rgb(18, 67, 109)", "rgb(18, 67, 109)")
    assert colours[1] == ("rgb(20, 23, 27)", "rgb(107, 172, 230)", "rgb(107, 172, 230)")


def test_hostile_labels_are_text_on_the_page(browser: Any, tmp_path: Path) -> None:
    publication = protected(tmp_path / "tables", "board")
    for name in ("funnel", "reasons"):
        rows = rows_of(publication, name)
        for row in rows:
            row["group"] = {"race": HOSTILE, "religion": "=1+1"}.get(row["group"], row["group"])
        replaced(publication.tables, name, rows)
    write_report(publication, tmp_path / "page.html")
    with Opened(browser, tmp_path / "page.html") as page:
        choose(page, "Broken down by", "Hate strand")
        page.get_by_label("Group", exact=True).select_option(label=HOSTILE)
        assert HOSTILE in text(page, "#status")
        assert HOSTILE in text(page, "#comparison-content")
        assert "=1+1" in [row[0] for row in cells(page, "groups")]
        assert page.locator("#planted").count() == 0


@pytest.mark.slow
def test_tables_without_rows_open_without_complaint(browser: Any, publications: dict[str, Publication], tmp_path: Path) -> None:  # fmt: skip
    from report_tables import emptied

    for tier, publication in publications.items():
        write_report(emptied(tmp_path / tier, publication), tmp_path / f"{tier}.html")
        with Opened(browser, tmp_path / f"{tier}.html") as page:
            assert "No figures are published" in text(page, "#summary-content")
            for section in SECTIONS:
                assert section in page.inner_text("main")
