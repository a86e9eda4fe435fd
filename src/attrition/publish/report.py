"""The report of a tier: one HTML file that needs nothing from outside, for board members and analysts.

Puts the parts together: data, charts, script, style. Counts nothing; what it shows are the tables of its publication.
"""

import base64
import hashlib
from functools import cache
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from attrition.errors import AttritionError
from attrition.publish.publication import SUBJECT, Publication
from attrition.publish.quality_markup import Cell, paragraph, shown, table
from attrition.publish.report_charts import chart_library, chart_specifications
from attrition.publish.report_data import Data, as_json, report_data
from attrition.publish.report_style import style
from attrition.publish.workbook_notes import NOTES
from attrition.publish.workbook_sheets import day_in_words

MADE_UP = "MADE-UP DATA: a demonstration; no real person or case stands behind it."
_CONTENTS = {
    "summary": "In short",
    "funnel": "The funnel",
    "reasons": "Why cases stopped",
    "withdrawal": "Victim withdrew",
    "comparison": "Compare two groups",
    "trends": "Over time",
    "timing": "How long it takes",
    "handover": "Police and CPS",
    "changes": "What changed",
    "quality": "Data quality",
    "feeds": "How far the data reach",
    "about": "How to read this",
}
_QUALITY = """<section id="quality" aria-labelledby="quality-title">
<h2 id="quality-title">How good the data are</h2>
<div id="quality-content"></div>
</section>
"""
_TIERS = {
    "restricted": "RESTRICTED TIER (analysts; exact counts)",
    "board": "BOARD TIER (protected counts)",
    "public": "PUBLIC TIER (protected and rounded counts)",
}
_ABOUT = (
    ("What is counted", NOTES["unit"]),
    ("Lost, ended another way, open", NOTES["lost"]),
    ("So far and at most", NOTES["so_far"]),
    ("95% interval", NOTES["interval"]),
    ("At the same age", NOTES["same_age"]),
    ("Covered", NOTES["coverage"]),
    ("Hate strands", NOTES["strands"]),
    ("Sentence uplift", NOTES["uplift"]),
    ("Shorthand", "[c] confidential: hidden to protect people; never zero. [x] not available. [z] not applicable. "
     "[low] above 0 but too low to show."),
)  # fmt: skip
_PROTECTED = (
    "Small counts are protected",
    "Counts from which a person could be made out are hidden as [c], and with them some that would give those away. Which of "
    "the two a hidden count is, is not told.",
)
_ROUNDED = ("Rounded counts", "Counts are rounded, so parts may not add up exactly to their whole.")


def write_report(publication: Publication, target: Path) -> None:
    """Write the report of one tier to `target` (.html). The same publication always gives the same bytes.

    Raises AttritionError where a table is absent or the file cannot be written.
    """
    data = report_data(publication)
    page = _page(publication, data)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8", newline="\n")
    except OSError:
        raise AttritionError(
            f"The report cannot be written to {target}. See that there is room on the disk and that the folder may be written, "
            "and run again."
        ) from None


def _page(publication: Publication, data: Data) -> str:
    library, script = chart_library(), _script()
    tier_and_marking = f"{_TIERS[publication.tier]} | {publication.marked}"
    made_up = "MADE-UP DATA | " if publication.made_up else ""
    contents = {name: title for name, title in _CONTENTS.items() if name != "quality" or not publication.is_protected}
    made_on = "" if publication.made_on is None else f" on {day_in_words(publication.made_on)}"
    return Template(_asset("report.html")).substitute(
        policy=_policy(library, script),
        marking=shown(publication.marked),
        tier=publication.tier,
        tier_and_marking=shown(f"{made_up}{tier_and_marking}"),
        program=shown(publication.program),
        title=shown(publication.title),
        subject=SUBJECT,
        as_at=day_in_words(publication.as_at),
        made_up=f'<p class="made-up">{MADE_UP}</p>\n' if publication.made_up else "",
        style=style(f"{made_up}{publication.tier} | {publication.marked}"),
        contents="\n".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in contents.items()),
        fallback=_fallback(data),
        quality="" if publication.is_protected else _QUALITY,
        about=_about(publication),
        made_by=shown(f"Made by {publication.program or 'attrition'}{made_on}. {publication.title}."),
        data=as_json(data),
        charts=chart_specifications().replace("<", "\\u003c"),
        library=library,
        script=script,
    )


def _asset(name: str) -> str:
    return (resources.files("attrition.publish") / "assets" / "report" / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    """The page's script: its files in the order of their numbers, closed off from the library."""
    folder = resources.files("attrition.publish") / "assets" / "report"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".js"))
    return '"use strict";\n(() => {\n' + "\n".join(_asset(name) for name in names) + "})();\n"


def _policy(*scripts: str) -> str:
    """Nothing may be fetched, and no script may run but those that stand in the file, known by their hash."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


def _about(publication: Publication) -> str:
    notes = [*_ABOUT]
    if publication.is_protected:
        notes.append(_PROTECTED)
    if publication.tier == "public":
        notes.append(_ROUNDED)
    return "<dl>\n" + "\n".join(f"<dt>{shown(name)}</dt><dd>{shown(text)}</dd>" for name, text in notes) + "\n</dl>"


def _fallback(data: Data) -> str:
    """The funnel that the page opens with, for a browser that runs no script."""
    columns = data["columns"]["funnel"]
    rows: list[dict[str, Any]] = [dict(zip(columns, row, strict=True)) for row in data["rows"]["funnel"]]
    of_all = [at for at, breakdown in enumerate(data["breakdowns"]) if breakdown["key"] == "all"]
    found = [row for row in rows if row["period"] == data["start"] and row["breakdown"] in of_all and row["stage"] >= 0]
    if not found:
        return paragraph("No figures are published for all cases.")
    names = {"entered": "Reached", "open": "Still open", "resolved": "Ended another way", "lost": "Lost"}
    cells = [
        [Cell(shown(data["stages"][row["stage"]]["label"]))]
        + [Cell(_count(row[name] if row["covered"] else "x"), "number") for name in names]
        for row in found
    ]
    caption = f"All cases, {data['periods'][data['start']]['brief']}, in incidents"
    return table(caption, ["Stage", *names.values()], cells, name="fallback")


def _count(figure: int | str) -> str:
    return f"[{figure}]" if isinstance(figure, str) else f"{figure:,}"
