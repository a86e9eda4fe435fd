"""The workbook's sheets of each side's own counts: volumes, reconciliation, published figures.

Apart from the funnel, in units of their own. A rate stands only where the published table has it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attrition import reference
from attrition.publish.headline import NOT_APPLICABLE, NOT_AVAILABLE, Row, published_rows
from attrition.publish.workbook_groups import small_bases
from attrition.publish.workbook_labels import force_label
from attrition.publish.workbook_sheets import NONE_TOLD, Basis, Cell, Column, Sheet, count, plain_text, rate_on, yes_no

_SIDES = {"police": "Police", "cps": "CPS", "funnel": "Funnel"}
_SCOPES = {
    "hate_cases": "Hate crime cases",
    "all_received": "All received",
    "flagged": "Flagged as hate crime by the CPS",
}
# In the order of the tables: what is of no known force comes last.
_FORCE_ORDER = {"all": 0, "unknown": 2}


@dataclass(frozen=True)
class _Definition:
    """What a measure of one side counts, the feeds it rests on, and its place: a total stands before its parts."""

    place: int
    meaning: str
    feeds: str


def _definitions(table: str) -> dict[tuple[str, str], _Definition]:
    listed = (row for row in reference.rows("count_definition") if row["table_name"] == table)
    return {
        (row["source"], row["measure"]): _Definition(at, row["meaning"], row["feeds"]) for at, row in enumerate(listed)
    }


class _Years:
    """Published counts with their financial years side by side.

    A count of none is left out of the tables. It is shown as 0 only where another count from the same feeds shows that
    they reach over the year; otherwise it is not known.
    """

    def __init__(self, rows: list[Row], year: str, feeds: Callable[[Row], str], line: Callable[[Row], Any]) -> None:
        self.years = sorted({row[year] for row in rows})
        self.lines: dict[Any, dict[str, Row]] = {}
        self._reached: set[tuple[str, str, str]] = set()
        self._feeds = feeds
        for row in rows:
            self.lines.setdefault(line(row), {})[row[year]] = row
            if row["covered"] == "Y":
                self._reached.add((row["force"], feeds(row), row[year]))

    def _is_reached(self, found: dict[str, Row], year: str) -> bool:
        any_row = next(iter(found.values()))
        return (any_row["force"], self._feeds(any_row), year) in self._reached

    def counts(self, found: dict[str, Row]) -> tuple[Cell, ...]:
        """The counts of one line, year by year."""
        return tuple(
            count(found[year]["count"]) if year in found else (0 if self._is_reached(found, year) else NOT_AVAILABLE)
            for year in self.years
        )

    def rates(self, found: dict[str, Row], smallest_base: int) -> tuple[Cell, ...]:
        """The rates of one line, year by year: [z] where its count is the numerator of none."""
        has_rate = any(row["rate_name"] for row in found.values())
        cells: list[Cell] = []
        for year in self.years:
            row = found.get(year)
            if not has_rate or (row is None and self._is_reached(found, year)):
                cells.append(NOT_APPLICABLE)
            elif row is None:
                cells.append(NOT_AVAILABLE)
            else:
                cells.append(rate_on(row["rate"], row["of_count"], row["covered"] == "Y", smallest_base))
        return tuple(cells)

    def not_covered(self, found: dict[str, Row]) -> str:
        """The years that the feeds behind a line do not reach over."""
        missing = [
            year
            for year in self.years
            if not (found[year]["covered"] == "Y" if year in found else self._is_reached(found, year))
        ]
        return ", ".join(plain_text(year) for year in missing) or "None"


def _counts_columns(years: _Years) -> tuple[Column, ...]:
    return tuple(Column(plain_text(year), width=11) for year in years.years)


_NOT_COVERED = Column("Years not covered", "text", 18, "coverage")
_INCOMPLETE = "Counts of a year that is not covered are incomplete."


def both_sides_sheet(tables: Path, basis: Basis) -> Sheet:
    """What police and CPS each did in a financial year, linked or not."""
    definitions = _definitions("volumes")
    scopes = list(_SCOPES)

    def definition(row: Row, measure: str = "measure") -> _Definition:
        unknown = _Definition(len(definitions), plain_text(row[measure], NOT_APPLICABLE), row["side"])
        return definitions.get((row["side"], row[measure] or ""), unknown)

    def line(row: Row) -> tuple[Any, ...]:
        scope = scopes.index(row["scope"]) if row["scope"] in scopes else len(scopes)
        force = _FORCE_ORDER.get(row["force"], 1), row["force"]
        return *force, scope, row["scope"], definition(row).place, row["measure"], row["outcome_group"] or ""

    published = [row for row in published_rows(tables, "volumes") if row["period_kind"] == "financial_year"]
    years = _Years(published, "period", lambda row: definition(row).feeds, line)
    rows: list[tuple[Cell, ...]] = []
    for _, found in sorted(years.lines.items()):
        row = next(iter(found.values()))
        rows.append(
            (
                force_label(row["force"]),
                _SIDES.get(row["side"], plain_text(row["side"])),
                _SCOPES.get(row["scope"], plain_text(row["scope"])),
                definition(row).meaning,
                plain_text(row["outcome_group"], "all").capitalize(),
                plain_text(row["unit"]),
                *years.counts(found),
                *years.rates(found, basis.smallest_base),
                definition(row, "of_measure").meaning,
                years.not_covered(found),
            )
        )
    return Sheet(
        "Both sides",
        "What police and CPS each did in a financial year, linked or not",
        basis.of("stated in a column"),
        (
            "Apart from the funnel: the cases of one row are not those of another. Divide no row by another.",
            f"Kinds of reason add up to the row 'All' above them. {_INCOMPLETE}",
            "The file tables/volumes.csv has every month.",
            *small_bases(basis),
        ),
        (
            Column("Force", "text", 22),
            Column("Side", "text", 8),
            Column("Which", "text", 20, "unlinked"),
            Column("What is counted", "text", 46),
            Column("Kind of reason", "text", 25),
            Column("Unit", "text", 11, "unit"),
            *_counts_columns(years),
            *(
                Column(f"Rate\n{plain_text(year)}", "rate", 10, "unlinked" if not at else "")
                for at, year in enumerate(years.years)
            ),
            Column("The rate is of", "text", 42),
            _NOT_COVERED,
        ),
        rows,
        filters=True,
        nothing=NONE_TOLD,
    )


def reconciliation_sheet(tables: Path, basis: Basis) -> Sheet:
    """Our counts held against those of each side."""
    definitions = _definitions("reconciliation")

    def definition(row: Row) -> _Definition:
        unknown = _Definition(len(definitions), plain_text(row["note"]), row["source"])
        return definitions.get((row["source"], row["measure"]), unknown)

    def line(row: Row) -> tuple[Any, ...]:
        force = _FORCE_ORDER.get(row["force"], 1), row["force"]
        return *force, definition(row).place, row["source"], row["measure"]

    published = published_rows(tables, "reconciliation")
    years = _Years(published, "financial_year", lambda row: definition(row).feeds, line)
    rows: list[tuple[Cell, ...]] = []
    for _, found in sorted(years.lines.items()):
        row = next(iter(found.values()))
        rows.append(
            (
                force_label(row["force"]),
                plain_text(row["note"]),
                _SIDES.get(row["source"], plain_text(row["source"])),
                plain_text(row["unit"]),
                *years.counts(found),
                plain_text(row["dated_by"]),
                years.not_covered(found),
            )
        )
    return Sheet(
        "Reconciliation",
        "Our counts held against those of police and CPS, by force and financial year",
        basis.of("stated in a column"),
        (
            "A row that begins with 'Of these' is part of the total above it.",
            f"Linked and unlinked add up to their total. {_INCOMPLETE}",
        ),
        (
            Column("Force", "text", 22),
            Column("What is counted", "text", 66),
            Column("Whose count", "text", 12),
            Column("Unit", "text", 11, "unit"),
            *_counts_columns(years),
            Column("In the year of", "text", 40),
            _NOT_COVERED,
        ),
        rows,
        filters=True,
    )


def published_figures_sheet(tables: Path, basis: Basis) -> Sheet:
    """Our figures beside published ones of the same units."""
    meanings = {row["measure"]: row["meaning"] for row in reference.rows("measure") if row["form"] == "row"}
    published = published_rows(tables, "benchmarks")
    rows: list[tuple[Cell, ...]] = [
        (
            plain_text(meanings.get(row["measure"], row["measure"])),
            plain_text(row["unit"]),
            count(row["our_numerator"]),
            count(row["our_denominator"]),
            rate_on(row["our_value"], row["our_denominator"], row["covered"] == "Y", basis.smallest_base),
            rate_on(row["published_value"], 0),
            plain_text(row["published_area"]),
            plain_text(row["published_year"]),
            plain_text(row["source"]),
            plain_text(row["caveat"], NOT_APPLICABLE),
            yes_no(row["covered"]),
        )
        for row in published
    ]
    return Sheet(
        "Published figures",
        "Our figures beside published ones, where both have the same units",
        basis.of("stated in a column"),
        (
            *dict.fromkeys(plain_text(row["note"]) for row in published),
            *dict.fromkeys(f"Ours: {plain_text(row['our_period'])}." for row in published),
            *small_bases(basis),
        )
        or ("No published figure has the units of one of ours.",),
        (
            Column("Measure", "text", 46),
            Column("Unit", "text", 11, "unit"),
            Column("Ours: part", width=11),
            Column("Ours: of", width=11),
            Column("Ours", "rate", 10),
            Column("Published", "rate", 11),
            Column("Published area", "text", 20),
            Column("Published year", "text", 16),
            Column("Source", "text", 36),
            Column("Caveat", "text", 40),
            Column("Covered by the feeds", "text", 14, "coverage"),
        ),
        rows,
        filters=True,
    )
