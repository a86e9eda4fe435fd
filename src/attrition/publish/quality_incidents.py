"""The quality page's incidents: what is open, by severity and rule, and how long it took until the others ended."""

import datetime as dt
import re
from itertools import groupby
from statistics import median

from attrition import reference
from attrition.publish.area_names import area_name, extract_name
from attrition.publish.quality_facts import CRITICAL, INFO, WARNING, Mended, OpenIncident, QualityFacts
from attrition.publish.quality_markup import NO_BREAK, Cell, counted, paragraph, section, sentence, shown, table
from attrition.publish.workbook_sheets import day_in_words

MOST_MENDED = 200
"""The list of what has ended grows for ever; older entries stay in the warehouse."""
_SEVERITIES = {CRITICAL: "Critical", WARNING: "Warnings", INFO: "Remarks"}
_MEANING = {
    CRITICAL: "Figures are wrong or missing until this is mended.",
    WARNING: "Figures can be read, with care.",
    INFO: "Good to know; nobody is asked to mend it.",
}
_BOUNDS = re.compile(r"from ([\d.]+)\s%\sto between ([\d.]+)\s%\sand ([\d.]+)\s%")
_UNBOUNDED = "no bound can be given"


def of_the_data(incidents: list[OpenIncident]) -> list[OpenIncident]:
    """The incidents but those of checks that could not run, which say nothing about the data."""
    operator = {row["rule"] for row in reference.rows("rule") if row["rule_group"] == "operator"}
    return [incident for incident in incidents if incident.rule not in operator]


def to_mend(incidents: list[OpenIncident]) -> list[OpenIncident]:
    """The incidents that somebody is asked to mend, the critical ones first, then the oldest."""
    return sorted((incident for incident in of_the_data(incidents) if incident.severity != INFO), key=_order)


def swing(price: str) -> float:
    """How far a price says that a rate could move, in percentage points; 0 where it states no bounds.

    >>> round(swing("Could move the step a to b of c from 50.0 % to between 48.0 % and 50.5 %."), 1)
    2.0
    """
    found = _BOUNDS.search(price)
    if found is None:
        return 0.0
    now, least, greatest = (float(number) for number in found.groups())
    return max(now - least, greatest - now)


def is_unbounded(price: str) -> bool:
    """Whether a price says that no bound can be given."""
    return _UNBOUNDED in price


def days_open(incident: OpenIncident, made_on: dt.date) -> str:
    """The age of an incident in words."""
    days = (made_on - incident.opened_on).days
    return counted(days, "day") if days > 0 else "today"


def _order(incident: OpenIncident) -> tuple[int, dt.date, str, int]:
    known = list(_SEVERITIES)
    at = known.index(incident.severity) if incident.severity in known else len(known)
    return at, incident.opened_on, incident.label, incident.incident_id


def _rule_order(incident: OpenIncident) -> tuple[int, str, str, dt.date, int]:
    return _order(incident)[0], incident.label, incident.rule, incident.opened_on, incident.incident_id


def open_section(facts: QualityFacts) -> str:
    """All open incidents: one block for each rule, with the reason and the remedy once, and a table of where it fails."""
    incidents = sorted(of_the_data(facts.incidents), key=_rule_order)
    if not incidents:
        return section("open", "Open incidents", paragraph("Nothing is open: every check that ran has passed."))
    blocks = []
    for severity, of_severity in groupby(incidents, key=lambda incident: incident.severity):
        group = list(of_severity)
        name = _SEVERITIES.get(severity, severity)
        blocks.append(
            f'<h3 class="severity {severity if severity in _SEVERITIES else INFO}">{shown(name)}: {len(group):,}</h3>'
        )
        if severity in _MEANING:
            blocks.append(paragraph(_MEANING[severity], "quiet"))
        for _, of_rule in groupby(group, key=lambda incident: (incident.label, incident.rule)):
            blocks.append(_block(list(of_rule), facts.made_on))
    return section("open", "Open incidents", *blocks)


def _block(incidents: list[OpenIncident], made_on: dt.date) -> str:
    first = incidents[0]
    name = f"incident-{first.incident_id}"
    columns = ("Where", "Rows", "Open for", "What it could move", "In hand")
    rows = [
        (
            Cell(_where(incident)),
            Cell(_rows(incident)),
            Cell(_since(incident, made_on)),
            Cell(sentence(incident.price or "Not known to move a headline rate.")),
            Cell(_in_hand(incident)),
        )
        for incident in incidents
    ]
    return (
        f'<article class="{first.severity if first.severity in _SEVERITIES else INFO}">\n'
        f"<h4>{shown(first.label)}</h4>\n"
        f"<dl><div><dt>Why it matters</dt><dd>{shown(first.why)}</dd></div>"
        f"<div><dt>How to mend it</dt><dd>{shown(first.mend)}</dd></div></dl>\n"
        + table(f"{counted(len(incidents), 'incident')} of rule {first.rule}", columns, rows, stacks=True, name=name)
        + "".join(_remedy(incident) for incident in incidents if incident.remedy)
        + "\n</article>"
    )


def _remedy(incident: OpenIncident) -> str:
    """How one incident of a rule is mended: each line by itself, since a line of a mapping is there to be copied."""
    said = "".join(f"<p>{shown(line)}</p>" for line in incident.remedy.splitlines())
    return f'\n<div class="remedy"><p>{_where(incident)}</p>{said}</div>'


def _where(incident: OpenIncident | Mended) -> str:
    column = f", column {incident.column}" if incident.column else ""
    return (
        f"<b>{shown(area_name(incident.extract, incident.area))}</b>"
        f"<small>{shown(extract_name(incident.extract) + column)}; no.{NO_BREAK}{incident.incident_id}</small>"
    )


def _rows(incident: OpenIncident) -> str:
    if incident.rows is None:
        return "<b>Not about rows</b>"
    said = []
    if incident.rows_at_worst is not None and incident.rows_at_worst > incident.rows:
        said.append(f"{incident.rows_at_worst:,} at worst")
    if incident.rows_fixed:
        said.append(f"{incident.rows_fixed:,} mended")
    return f"<b>{counted(incident.rows, 'row')}</b>" + (f"<small>{'; '.join(said)}</small>" if said else "")


def _since(incident: OpenIncident, made_on: dt.date) -> str:
    again = f"; opened {incident.times_opened:,} times" if incident.times_opened > 1 else ""
    return f"<b>{days_open(incident, made_on)}</b><small>since {day_in_words(incident.opened_on)}{again}</small>"


def _in_hand(incident: OpenIncident) -> str:
    said = []
    if incident.assigned_to:
        said.append(f"Assigned to {incident.assigned_to}")
    if incident.acknowledged_by:
        said.append(f"Acknowledged by {incident.acknowledged_by}")
    if incident.silenced_until:
        said.append(f"Silenced until {day_in_words(incident.silenced_until)}")
    return "<br>".join(shown(part) for part in said) or "Nobody yet"


def took(mended: list[Mended]) -> str:
    """How long incidents were open until they ended: median and longest."""
    days = [one.days for one in mended]
    middle = median(days)
    half = f"{middle:,.0f}" if middle == int(middle) else f"{middle:,.1f}"
    return f"median {half} {'day' if middle == 1 else 'days'}, longest {counted(max(days), 'day')}"


def mended_section(facts: QualityFacts) -> str:
    """What has ended and how long it took: in all, by extract, and the list, newest first."""
    title = "How long it took to mend"
    if not facts.mended:
        return section("mended", title, paragraph("No incident has ended yet."))
    extracts = sorted({one.extract for one in facts.mended})
    summary = table(
        "Incidents that have ended, by extract",
        ("Extract", "Ended", "Time open"),
        [
            (Cell(shown(extract_name(extract))), Cell(f"{len(group):,}"), Cell(shown(took(group))))
            for extract in extracts
            for group in [[one for one in facts.mended if one.extract == extract]]
        ],
        look="short",
        stacks=True,
        name="mended-by-extract",
    )
    listed = sorted(facts.mended, key=lambda one: (-one.closed_on.toordinal(), -one.incident_id))[:MOST_MENDED]
    rows = [
        (
            Cell(f"<b>{shown(one.label)}</b><small>{shown(one.rule)}</small>"),
            Cell(_where(one)),
            Cell(f"<b>{counted(one.days, 'day')}</b>"),
            Cell(shown(day_in_words(one.opened_on))),
            Cell(shown(day_in_words(one.closed_on))),
            Cell("not about rows" if one.rows is None else f"{one.rows:,}"),
            Cell(shown(one.how)),
        )
        for one in listed
    ]
    left = len(facts.mended) - len(listed)
    return section(
        "mended",
        title,
        paragraph(f"{counted(len(facts.mended), 'incident has', 'incidents have')} ended: {took(facts.mended)}."),
        summary,
        table(
            "Each incident that has ended, newest first",
            ("What was wrong", "Where", "Time open", "Opened", "Ended", "Rows at worst", "How"),
            rows,
            stacks=True,
            name="mended-list",
        ),
        paragraph(f"{left:,} older ones are left out here; the warehouse keeps them.") if left else "",
    )
