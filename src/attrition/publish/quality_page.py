"""The quality page of a run: one HTML file that needs nothing from outside, for the board and the owners of the data.

Arranges what the warehouse says; judges no data itself. Counts only what it shows: incidents, days, shares of rows.
"""

from pathlib import Path
from string import Template

from attrition.errors import AttritionError
from attrition.publish.area_names import area_name, extract_name
from attrition.publish.quality_facts import (
    CRITICAL,
    INFO,
    WARNING,
    Mended,
    OpenIncident,
    QualityFacts,
    Score,
    TrendPoint,
)
from attrition.publish.quality_incidents import (
    days_open,
    is_unbounded,
    mended_section,
    of_the_data,
    open_section,
    swing,
    to_mend,
    took,
)
from attrition.publish.quality_markup import counted, paragraph, per_cent, section, sentence, share_without, shown
from attrition.publish.quality_scores import score_section, totals, trend_section
from attrition.publish.quality_style import STYLE, css_text
from attrition.publish.workbook_sheets import day_in_words

__all__ = ["Mended", "OpenIncident", "QualityFacts", "Score", "TrendPoint", "write_quality_page"]

TITLE = "Data quality of the hate crime extracts"
MADE_UP = "MADE-UP DATA: a demonstration; no real person or case stands behind it."
_MOST_PRICES = 3
# The policy lets nothing in but what stands in the file; the empty icon keeps a browser from asking for one.
_PAGE = Template("""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="robots" content="noindex, nofollow, noarchive">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="classification" content="$marking">
<title>$marking | $title, as at $as_at</title>
<link rel="icon" href="data:,">
<style>
$style</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<p class="marking">$marking</p>
$made_up<h1>$title</h1>
<p>Cases as they stood at the end of <b>$as_at</b>. Made on $made_on.</p>
</header>
<nav aria-label="Contents">
<ul>
$contents
</ul>
</nav>
<main id="main" tabindex="-1">
$main
</main>
<footer>
<p class="marking">$marking</p>
</footer>
</body>
</html>
""")
_CONTENTS = {
    "summary": "In short",
    "open": "Open incidents",
    "score": "Score",
    "trend": "Trend",
    "mended": "Time to mend",
    "checks": "Checks that could not run",
}


def write_quality_page(target: Path, facts: QualityFacts) -> None:
    """Write the page to `target` (.html). The same facts always give the same bytes.

    Raises AttritionError where it cannot be written.
    """
    marking, as_at = shown(facts.marking), day_in_words(facts.as_at)
    page = _PAGE.substitute(
        marking=marking,
        title=TITLE,
        as_at=as_at,
        made_on=day_in_words(facts.made_on),
        made_up=f'<p class="made-up">{MADE_UP}</p>\n' if facts.made_up else "",
        style=STYLE.replace("{marking}", css_text(facts.marking)),
        contents="\n".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in _CONTENTS.items()),
        main="\n".join(
            (
                _summary(facts),
                open_section(facts),
                score_section(facts),
                trend_section(facts),
                mended_section(facts),
                _checks(facts),
            )
        ),
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8", newline="\n")
    except OSError:
        raise AttritionError(
            f"The quality page cannot be written to {target}. See that there is room on the disk and that the folder may be "
            "written, and run again."
        ) from None


def _summary(facts: QualityFacts) -> str:
    """What a board member needs to know in ten seconds."""
    asked = to_mend(facts.incidents)
    number = {
        severity: sum(one.severity == severity for one in of_the_data(facts.incidents))
        for severity in (CRITICAL, WARNING, INFO)
    }
    tiles = [
        _tile("Open incidents", f"{len(asked):,}", _by_severity(number), "bad" if number[CRITICAL] else ""),
        _oldest(facts, asked),
        _score_tile(facts),
        _tile(
            "Ended so far",
            f"{len(facts.mended):,}",
            f"{took(facts.mended)}" if facts.mended else "nothing had to be mended yet",
        ),
    ]
    return section(
        "summary",
        "In short",
        paragraph(_verdict(facts, number), "lead"),
        '<dl class="tiles">\n' + "\n".join(tiles) + "\n</dl>",
        _prices(asked),
        paragraph(_not_run(facts), "notice") if facts.checks_not_run else "",
    )


def _tile(name: str, figure: str, told: str, look: str = "") -> str:
    return f'<div class="{f"tile {look}".strip()}"><dt>{shown(name)}</dt><dd><b>{shown(figure)}</b><span>{shown(told)}</span></dd></div>'


def _by_severity(number: dict[str, int]) -> str:
    remarks = f"; and {counted(number[INFO], 'remark')}" if number[INFO] else ""
    return f"{number[CRITICAL]:,} critical, {counted(number[WARNING], 'warning')}{remarks}"


def _verdict(facts: QualityFacts, number: dict[str, int]) -> str:
    if number[CRITICAL]:
        verb = "makes" if number[CRITICAL] == 1 else "make"
        return f"{counted(number[CRITICAL], 'critical incident')} {verb} figures wrong or incomplete until the owners have mended them."
    if number[WARNING]:
        return "Nothing critical is open. The figures can be read, with the care that the warnings ask for."
    if facts.checks_not_run:
        return "The checks that ran found nothing wrong; some could not run."
    return "Nothing is wrong as far as the checks can tell."


def _oldest(facts: QualityFacts, asked: list[OpenIncident]) -> str:
    if not asked:
        return _tile("Oldest", "None", "no incident is open")
    oldest = min(asked, key=lambda one: (one.opened_on, one.incident_id))
    where = f"{oldest.label} ({area_name(oldest.extract, oldest.area)}), since {day_in_words(oldest.opened_on)}"
    return _tile("Oldest", days_open(oldest, facts.made_on), where)


def _score_tile(facts: QualityFacts) -> str:
    rows, with_finding = totals(facts.scores)
    if not rows:
        return _tile("Rows without a finding", "None", "no rows have been scored yet")
    return _tile("Rows without a finding", per_cent(share_without(rows, with_finding)), f"of {rows:,} rows in force")


def _prices(asked: list[OpenIncident]) -> str:
    """The incidents that could move a rate most, and how many have no bound."""
    moving = sorted((one for one in asked if swing(one.price)), key=lambda one: (-swing(one.price), one.incident_id))
    unbounded = sum(is_unbounded(one.price) for one in asked)
    if not moving and not unbounded:
        return paragraph("No open incident is known to move a headline rate.") if asked else ""
    items = [
        f"<li><b>{shown(one.label)}</b>, {shown(extract_name(one.extract))}, {shown(area_name(one.extract, one.area))}. {sentence(one.price)}</li>"
        for one in moving[:_MOST_PRICES]
    ]
    if left := len(moving[_MOST_PRICES:]):
        items.append(f"<li>{counted(left, 'other incident')} could move a rate by less.</li>")
    if unbounded:
        verb = "has" if unbounded == 1 else "have"
        items.append(
            f"<li>{counted(unbounded, 'incident')} {verb} no bound: something is missing, and nobody knows how much.</li>"
        )
    return (
        "<h3>What it could move</h3>\n<ul>\n" + "\n".join(items) + "\n</ul>\n"
        + paragraph("These are bounds, not estimates. They overlap and must not be added up.", "quiet")
    )  # fmt: skip


def _not_run(facts: QualityFacts) -> str:
    number = len(facts.checks_not_run)
    return f"{counted(number, 'check')} could not run. This says nothing about the data; the operator of this program has to look."


def _checks(facts: QualityFacts) -> str:
    title = _CONTENTS["checks"]
    if not facts.checks_not_run:
        return section("checks", title, paragraph("Every check ran."))
    names = "".join(f"<li><code>{shown(name)}</code></li>" for name in sorted(facts.checks_not_run))
    return section("checks", title, paragraph(_not_run(facts)), f"<ul>{names}</ul>")
