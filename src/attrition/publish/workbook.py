"""Writes the one readable workbook of a run: cover, contents, notes, then one table a sheet.

The layout is the one the Analysis Function recommends: no merged cells, no blank rows, shorthand explained.
Computes no figure itself.
"""

import re
import warnings
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from attrition.errors import AttritionError
from attrition.publish.headline import LAST_STAGE, NOT_APPLICABLE, coverage_caveat, headline_rows
from attrition.publish.workbook_ages import age_sheets, chart_sheets
from attrition.publish.workbook_comparisons import differences_sheet, pilot_sheets, units_sheet
from attrition.publish.workbook_funnel import (
    all_figures_sheet,
    headline_sheet,
    uplift_sheet,
)
from attrition.publish.workbook_groups import group_sheets, period_sheets
from attrition.publish.workbook_layout import lay_out, with_filters, write_cover
from attrition.publish.workbook_outcomes import positive_outcomes_sheet, withdrawal_sheet
from attrition.publish.workbook_reasons import reason_sheets
from attrition.publish.workbook_records import (
    feed_lines,
    feeds_sheet,
    findings_sheet,
    load_sheet,
    validation_sheet,
)
from attrition.publish.workbook_sheets import (
    MARKING,
    NOTE_NUMBER,
    NOTES,
    SHORTHAND,
    SMALLEST_BASE,
    Basis,
    Column,
    Sheet,
    as_day,
    plain_text,
)
from attrition.publish.workbook_sides import both_sides_sheet, published_figures_sheet, reconciliation_sheet
from attrition.publish.workbook_ways import days_sheet, handover_sheets, ways_sheet

TITLE = "Where hate crime cases fall away"
_NUMBER_FORMATS = {
    "text": "@",
    "count": "#,##0",
    "rate": "0.0%",
    "number": "#,##0.0",
    "change": "+0.0%;-0.0%;0.0%",
    "ratio": "0.00",
}
# Text that starts so becomes a formula once somebody edits the cell; the quote prefix prevents it.
_FORMULA_START = ("=", "+", "-", "@")
_RULE = {"bottom": 1, "bottom_color": "#D9D9D9"}


def _sheets(tables: Path, basis: Basis) -> list[Sheet]:
    by_group = group_sheets(tables, basis)
    return [
        headline_sheet(tables, basis),
        *by_group,
        *period_sheets(tables, basis),
        *age_sheets(tables, basis),
        *chart_sheets(tables, basis),
        *reason_sheets(tables, basis),
        withdrawal_sheet(tables, basis),
        ways_sheet(tables, basis),
        days_sheet(tables, basis),
        *handover_sheets(tables, basis),
        differences_sheet(tables, basis),
        units_sheet(tables, basis),
        *pilot_sheets(tables, basis),
        uplift_sheet(tables, basis),
        positive_outcomes_sheet(tables, basis),
        both_sides_sheet(tables, basis),
        reconciliation_sheet(tables, basis),
        published_figures_sheet(tables, basis),
        all_figures_sheet(tables, basis),
        feeds_sheet(tables, basis),
        load_sheet(tables, basis),
        findings_sheet(tables, basis),
        validation_sheet(tables, basis),
    ]


def _in_short(tables: Path) -> str:
    rows = {row.stage: row for row in headline_rows(tables)}

    said = {
        "recorded": "were recorded as crimes",
        "referred": "were referred to the CPS",
        "charged": "were charged",
        "convicted": "led to a conviction",
    }
    # A count behind a feed that stops too early would read as attrition.
    reached = [f"{rows[stage].entered:,} {words}" for stage, words in said.items() if rows[stage].covered]
    if not rows["reported"].covered or not reached:
        return "In short: the feeds stop too early for a summary."
    still_open = sum(row.open for row in rows.values() if row.stage != LAST_STAGE)
    return (
        f"In short: of {rows['reported'].entered:,} incidents reported, {', '.join(reached)} so far; "
        f"{still_open:,} cases are still open."
    )


def _cover(tables: Path, basis: Basis, meta: Mapping[str, Any]) -> Any:
    from gptables import Cover

    bold = {"bold": True}
    made_up = [[bold, "MADE-UP DATA: a demonstration; no real person or case stands behind it."]]
    caveat = coverage_caveat(tables)
    return Cover(
        title=TITLE,
        intro=[
            [bold, MARKING],
            *(made_up if meta.get("demo") else []),
            f"Hate crime case attrition for the Local Criminal Justice Board. Cases as they stood at the "
            f"end of {basis.day}.",
            f"Run: {plain_text(meta.get('run_id'))}.",
            "Unit: the incident (one hate-flagged occurrence and victim), followed from report to court.",
            _in_short(tables),
        ],
        about=[
            [bold, "How to read it"],
            "1. Start with Headline: how many cases reached each stage, went on, are open, ended another "
            "way, or were lost.",
            "2. Read 'so far' and 'at most' together: the final rate lies between them, since open cases "
            "may still go on.",
            "3. Open is not lost. Ended another way (a caution, a non-crime incident) is not lost either.",
            "4. Hate strands overlap: never add their rows, and do not rank them. Small groups jump with every case.",
            "5. Better or worse than before? At the same age, Milestones over time. How long it takes: Days to next stage. "
            "Between police and CPS: Handover. Groups: Differences. Areas: Areas and units.",
            "6. Shorthand: " + "; ".join(f"{short} {words.split(':')[0]}" for short, words in SHORTHAND.items()) + ".",
            [bold, "How far the feeds reach"],
            *feed_lines(tables),
            *([[bold, f"Caution. {caveat}"]] if caveat else ["Every stage is covered by its feeds."]),
        ],
        width=94,
    )


def _notes_sheet(basis: Basis) -> Sheet:
    return Sheet(
        "Notes",
        "Notes: what the figures mean",
        basis.of("incidents, unless a sheet says otherwise"),
        ("Column headings and sheets refer to these notes by number.",),
        (Column("Note", "text", 10), Column("Explanation", "text", 120)),
        [(f"Note {NOTE_NUMBER[name]}", text) for name, text in NOTES.items()],
    )


def _table(sheet: Sheet) -> Any:
    """The sheet as a gptables table. Cells keep their types: text, numbers."""
    import pandas as pd
    from gptables import GPTable

    # gptables refuses a table without rows, and an empty sheet looks like a fault.
    rows = sheet.rows or [("None", *(NOT_APPLICABLE,) * (len(sheet.columns) - 1))]
    titles = [column.title for column in sheet.columns]
    formats: list[dict[str, Any]] = []
    for at, column in enumerate(sheet.columns):
        # The indent keeps text clear of the figures on its left.
        look = {"align": "left", "indent": 1 if at else 0} if column.kind == "text" else {"align": "right"}
        formats.append({"column": {"columns": [at], "format": {**look, "valign": "top"}, "include_names": True}})
        cells = {"num_format": _NUMBER_FORMATS[column.kind], **_RULE}
        formats.append({"column": {"columns": [at], "format": cells}})
    quoted = [
        (row + 1, at)
        for row, cells in enumerate(rows)
        for at, cell in enumerate(cells)
        if isinstance(cell, str) and cell.startswith(_FORMULA_START)
    ]
    # One entry a cell: gptables formats only the last of a list of cells.
    formats.extend({"cell": {"cells": cell, "format": {"quote_prefix": True}}} for cell in quoted)
    if sheet.first_row_is_total:
        formats.append(
            {"row": {"rows": [1], "format": {"bold": True, "bottom_color": "#000000"}, "include_names": True}}
        )
    return GPTable(
        table=pd.DataFrame(rows, columns=titles, dtype=object),
        table_name="table_" + re.sub(r"\W+", "_", sheet.name.lower()),
        title=sheet.title,
        subtitles=[sheet.basis],
        instructions="This worksheet contains one table. " + sheet.reading[0],
        legend=[*sheet.reading[1:], *sheet.legend()],
        index_columns={2: 0},
        additional_formatting=formats,
    )


def write_workbook(tables: Path, target: Path, meta: Mapping[str, Any]) -> None:
    """Write the workbook of one run to `target` (.xlsx).

    tables: the folder of published Parquet tables (all but incidence and pilot_placebos)
    meta: what the run knows of itself:
      as_at          date or ISO text; required
      run_id         name of the publication
      demo           true for made-up data
      smallest_base  cases; beside a group, a rate on a smaller base is shown as [u]; 0 shows every rate
      made_at        time written into the file's properties; without it the as-at date, so that one run
                     always gives the same file
    Raises AttritionError where a table is missing or `as_at` is no date.
    """
    from gptables.core.wrappers import GPWorkbook

    as_at = as_day(meta.get("as_at"))
    if as_at is None:
        raise AttritionError("The workbook needs the as-at date of the run, and it was not given as a date.")
    basis = Basis(as_at, int(meta.get("smallest_base", SMALLEST_BASE)))
    sheets = [_notes_sheet(basis), *_sheets(tables, basis)]
    cover = _cover(tables, basis, meta)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = GPWorkbook(str(target), options=options)
    made_at = meta.get("made_at")
    workbook.set_properties(
        {
            "title": f"{TITLE}: as at {basis.day}",
            "subject": MARKING,
            "author": "",
            "created": made_at if isinstance(made_at, datetime) else datetime(as_at.year, as_at.month, as_at.day),
        }
    )
    with warnings.catch_warnings():
        # gptables warns with excerpts of cells; none of what it warns of concerns the reader of a log.
        warnings.simplefilter("ignore")
        write_cover(workbook.add_worksheet("Cover"), cover)
        written = {sheet.name: (sheet, _table(sheet)) for sheet in sheets}
        contents = workbook.make_table_of_contents(
            {name: table for name, (_, table) in written.items()},
            title="Contents",
            subtitles=[basis.of("stated on each sheet")],
            column_names=["Sheet", "What it shows"],
            instructions="This worksheet contains one table. Each sheet name is a link.",
        )
        contents_sheet = workbook.add_worksheet("Contents")
        contents_sheet.write_gptable(contents, False)
        look = Sheet("Contents", "", "", (), (Column("Sheet", "text", 32), Column("What it shows", "text", 100)), [])
        lay_out(contents_sheet, look, contents.data_range[0])
        for sheet, table in written.values():
            worksheet = workbook.add_worksheet(sheet.name)
            if sheet.filters:
                with_filters(worksheet)
            worksheet.write_gptable(table, False)
            lay_out(worksheet, sheet, table.data_range[0])
    workbook.close()
