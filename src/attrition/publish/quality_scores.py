"""The quality page's scores: the share of rows without a finding by area, extract and month, and how it went from run to run."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import astuple

from attrition.publish.area_names import UNKNOWN_AREA, area_name, extract_name
from attrition.publish.quality_facts import QualityFacts, Score, TrendPoint
from attrition.publish.quality_markup import (
    NO_BREAK,
    Cell,
    counted,
    month_name,
    paragraph,
    per_cent,
    section,
    share_without,
    shown,
    table,
)
from attrition.publish.workbook_sheets import day_in_words

MOST_MONTHS = 24
"""Months that stand in columns of their own; those before them are put together."""
MOST_RUNS = 60
"""Runs of a trend that are drawn and listed."""
_STEPS = ((0.99, "heat-1"), (0.97, "heat-2"), (0.95, "heat-3"), (0.90, "heat-4"), (0.0, "heat-5"))
_WIDTH, _LEFT, _RIGHT = 320, 44, 312
_TOP, _BOTTOM = 14, 66
_BARS_TOP, _BARS_BOTTOM = 80, 108


def totals(scores: Iterable[Score]) -> tuple[int, int]:
    """Rows and rows with a finding, summed."""
    listed = list(scores)
    return sum(score.rows for score in listed), sum(score.rows_with_finding for score in listed)


def _by_name(extract: str, areas: Iterable[str]) -> list[str]:
    """Areas by name; what is not known comes last."""
    named = ((area_name(extract, area), area) for area in set(areas))
    return [area for name, area in sorted(named, key=lambda pair: (pair[0] == UNKNOWN_AREA, pair))]


def score_section(facts: QualityFacts) -> str:
    """One heat table for each extract; every cell holds its figures."""
    title = "Score by force, extract and month"
    extracts = sorted({score.extract for score in facts.scores})
    if not extracts:
        return section("score", title, paragraph("There are no rows to score yet."))
    legend = "".join(
        f'<li class="{look}">{words}</li>'
        for (_, look), words in zip(
            _STEPS,
            ("99 % or more", "97 to 99 %", "95 to 97 %", "90 to 95 %", "below 90 %"),
            strict=True,
        )
    )
    return section(
        "score",
        title,
        paragraph(
            "The share of rows in force without a finding, and of how many rows. Remarks are left out; rows kept aside are not "
            "in force and show among the incidents. A few rows make a share jump.",
        ),
        f'<ul class="legend" aria-label="Shading">{legend}</ul>',
        *(_heat_table(extract, [score for score in facts.scores if score.extract == extract]) for extract in extracts),
    )


def _heat_table(extract: str, scores: list[Score]) -> str:
    months = sorted({score.month for score in scores if score.month}, reverse=True)
    own, earlier = months[:MOST_MONTHS], set(months[MOST_MONTHS:])
    columns: list[tuple[str, set[str]]] = [("All months", {score.month for score in scores})]
    columns += [(month_name(month), {month}) for month in own]
    if earlier:
        columns.append((f"Before {month_name(own[-1])}", earlier))
    if any(not score.month for score in scores):
        columns.append(("No date", {""}))
    areas = _by_name(extract, (score.area for score in scores))
    rows = [(area_name(extract, area), [score for score in scores if score.area == area]) for area in areas]
    if len(rows) > 1:
        rows.insert(0, ("All areas", scores))
    return table(
        f"{extract_name(extract)}: rows without a finding, newest month first",
        ("Area", *(heading for heading, _ in columns)),
        [
            (
                Cell(shown(name)),
                *(_heat_cell(score for score in of_area if score.month in wanted) for _, wanted in columns),
            )
            for name, of_area in rows
        ],
        look="heat",
        name=f"score-{extracts_id(extract)}",
    )


def extracts_id(extract: str) -> str:
    """An extract's code as part of an id."""
    return "".join(letter if letter.isalnum() else "-" for letter in extract)


def _heat_cell(scores: Iterable[Score]) -> Cell:
    rows, with_finding = totals(scores)
    share = share_without(rows, with_finding)
    if share is None:
        return Cell('<span class="quiet">no rows</span>')
    look = next(look for least, look in _STEPS if share >= least)
    return Cell(f"<b>{per_cent(share)}</b><small>of {rows:,}</small>", look)


def trend_section(facts: QualityFacts) -> str:
    """For each extract and area a line of its share, bars of its open incidents, a sentence, and the figures."""
    title = "Trend"
    if not facts.trend:
        return section("trend", title, paragraph("The trend begins with the next run."))
    series: dict[tuple[str, str], list[TrendPoint]] = {}
    for point in sorted(facts.trend, key=lambda point: (point.made_on, astuple(point)[3:])):
        series.setdefault((point.extract, point.area), []).append(point)
    blocks = []
    for extract in sorted({extract for extract, _ in series}):
        areas = _by_name(extract, (area for of, area in series if of == extract))
        # One scale for all areas of an extract, or a small dip here looks like a large one there.
        lowest = _lowest([point for area in areas for point in series[extract, area][-MOST_RUNS:]])
        blocks.append(f"<h3>{shown(extract_name(extract))}</h3>")
        figures = [
            _figure(extract, area, series[extract, area], lowest, number) for number, area in enumerate(areas, start=1)
        ]
        blocks.append('<div class="figures">\n' + "\n".join(figures) + "\n</div>")
    return section(
        "trend",
        title,
        paragraph(
            "Line: share of rows without a finding after each run. Bars: incidents open. All areas of an extract share one scale."
        ),
        *blocks,
    )


def _share(point: TrendPoint) -> float | None:
    return share_without(point.rows, point.rows_with_finding)


def _lowest(points: Sequence[TrendPoint]) -> float:
    """The lower end of the scale: the next whole step of 5 % below every share."""
    shares = [share for point in points if (share := _share(point)) is not None]
    least = min(shares, default=1.0)
    return min(int(least * 20 + 1e-9) / 20, 0.95)


def _figure(extract: str, area: str, points: list[TrendPoint], lowest: float, number: int) -> str:
    kept = points[-MOST_RUNS:]
    name = area_name(extract, area)
    place = f"trend-{extracts_id(extract)}-{number}"
    rows = [
        (
            Cell(_short(point.made_on)),
            Cell(per_cent(_share(point)), "number"),
            Cell(f"{point.rows:,}", "number"),
            Cell(f"{point.rows_with_finding:,}", "number"),
            Cell(f"{point.open_incidents:,}", "number"),
        )
        for point in reversed(kept)
    ]
    left = len(points) - len(kept)
    of_runs = f" (the latest {len(kept):,} of {len(points):,})" if left else ""
    headings = ("Run of", "Without a finding", "Rows", "With a finding", "Open incidents")
    return (
        f"<figure>\n<figcaption><h4>{shown(name)}</h4>\n{paragraph(_told(kept))}</figcaption>\n"
        + _drawing(kept, lowest, f"{name}: share without a finding and open incidents, run by run")
        + f'\n<details><summary>Figures<span class="unseen"> of {shown(extract_name(extract))}, {shown(name)}</span></summary>\n'
        + table(f"{extract_name(extract)}, {name}: each run{of_runs}", headings, rows, name=place)
        + "\n</details>\n</figure>"
    )


def _told(points: list[TrendPoint]) -> str:
    """The trend in words, from the first run shown to the last."""
    first, last = points[0], points[-1]
    now, then = _share(last), _share(first)
    said = "No rows in force" if now is None else f"{per_cent(now)} of {last.rows:,} rows without a finding"
    said += f"; {counted(last.open_incidents, 'incident')} open."
    if len(points) == 1:
        return said + " First run: the line begins with the next."
    day = day_in_words(first.made_on)
    if now is not None and then is not None:
        moved = round((now - then) * 100, 1)
        way = "Unchanged" if not moved else f"{'Up' if moved > 0 else 'Down'} {abs(moved):.1f} points"
        said += f" {way} since {day}, when {counted(first.open_incidents, 'incident was', 'incidents were')} open."
    return said


def _drawing(points: list[TrendPoint], lowest: float, title: str) -> str:
    start, end = points[0].made_on, points[-1].made_on
    span = (end - start).days or 1
    bars_of = max(point.open_incidents for point in points) or 1

    width = max(min((_RIGHT - _LEFT) / (span + 1) * 0.7, 10), 1)

    def across(day: dt.date) -> float:
        return _LEFT + width / 2 + (_RIGHT - _LEFT - width) * (day - start).days / span

    def height(share: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (share - lowest) / (1 - lowest)

    places = [(across(point.made_on), height(share)) for point in points if (share := _share(point)) is not None]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    bars = "".join(
        f'<rect x="{across(point.made_on) - width / 2:.1f}" '
        f'y="{_BARS_BOTTOM - tall:.1f}" width="{width:.1f}" height="{tall:.1f}"/>'
        for point in points
        if (tall := (_BARS_BOTTOM - _BARS_TOP) * point.open_incidents / bars_of)
    )
    dot = f'<circle cx="{places[-1][0]:.1f}" cy="{places[-1][1]:.1f}" r="3"/>' if places else ""
    grid = "".join(f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}"/>' for y in (_TOP, _BOTTOM, _BARS_BOTTOM))
    labels = [
        (_LEFT - 4, _TOP + 4, "end", "100 %"),
        (_LEFT - 4, _BOTTOM + 4, "end", f"{lowest:.0%}".replace("%", " %")),
        (_LEFT - 4, _BARS_TOP + 7, "end", f"{bars_of:,}"),
        (_LEFT - 4, _BARS_BOTTOM + 3, "end", "0"),
        (_LEFT, _BARS_BOTTOM + 14, "start", _short(start)),
    ]
    if end > start:
        labels.append((_RIGHT, _BARS_BOTTOM + 14, "end", _short(end)))
    texts = "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}">{shown(text)}</text>' for x, y, anchor, text in labels
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_BARS_BOTTOM + 20}" role="img" aria-label="{shown(title)}">'
        f'<g class="grid">{grid}</g><g class="bars">{bars}</g><polyline class="line" points="{line}"/>{dot}{texts}</svg>'
    )


def _short(day: dt.date) -> str:
    return f"{day.day}{NO_BREAK}{month_name(f'{day:%Y-%m}')}"
