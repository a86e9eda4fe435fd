"""What a sheet of the workbook is: columns, cells, shorthand and notes. Writes no file.

Every cell is text, a number (a count, a proportion, a ratio) or a shorthand in square brackets that the sheet explains.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from attrition.publish.headline import LOW, LOW_BELOW, NOT_APPLICABLE, NOT_AVAILABLE

# The Analysis Function's shorthand for low reliability.
UNRELIABLE = "[u]"
# Below this base one case moves a rate by more than ten percentage points.
SMALLEST_BASE = 10

Cell = str | int | float
# A number is a mean or a median of counts; a change a difference of two proportions; a ratio one proportion over another.
Kind = Literal["text", "count", "rate", "number", "change", "ratio"]

NOTES = {
    "unit": "The unit is the incident: one hate-flagged occurrence and victim, followed from report to "
    "court. It is neither "
    "the crime, nor the suspect, nor the defendant, so figures differ from those that count these.",
    "so_far": "'So far' divides the cases that went on by all that reached the stage; 'at most' adds those "
    "still open, as "
    "if every one of them went on. The final rate lies between the two. Compare groups or periods only where "
    "the two are close.",
    "lost": "A case is lost where it stopped short of a conviction and of any other disposal. Cases ended "
    "another way (non-crime incidents, cautions, community resolutions, other agencies) are not attrition. "
    "An open case is never lost.",
    "recorded": "The base is the cases recorded as crimes. A case that did not become a crime is in the row "
    "Reported only.",
    "crimes": "Distinct crimes among the cases at this stage: the figure to hold against police statistics. "
    "One crime may "
    "have several victims and so several incidents.",
    "implied": "Cases that passed this stage although no record says so, for example charged without a "
    "referral to the CPS. "
    "They count as passed, and each is a finding.",
    "coverage": "A stage is covered where the feeds behind it reach the as-at date (a few days less is "
    "allowed). Where one "
    "stops earlier, later events are not known yet: missing data is not attrition, and rates are shown as "
    "[x].",
    "strands": "A case may be in several strands or in none. The rows must not be added, and they do not "
    "make up all cases.",
    "ethnicity": "Self-defined ethnicity of the victim. 'Not stated' was asked and not given; 'Unknown' was "
    "not recorded or "
    "not readable.",
    "business": "Kind of business that was the victim. 'Unknown' was not recorded; 'Not a business' only "
    "where the source "
    "tells the two apart.",
    "small": "With a base of a few cases a rate jumps with each case. Rates on a base below the number "
    "named on the sheet "
    "are shown as [u]; the counts beside them stand, and the sheet All figures has every rate.",
    "uplift": "A sentence uplift for hostility is announced in court and recorded by the CPS. It depends on "
    "the law for each "
    "strand (aggravated offences exist for race and religion only), so uplift is shown for all cases and "
    "never "
    "compared between strands. A conviction without it is not a lost case.",
    "support": "Victim support is recorded when a case closes. It describes closed cases; it does not compare groups.",
    "counts": "Rows read = accepted + duplicate + out of scope + quarantined, for every file. Superseded "
    "rows were accepted "
    "earlier and have been replaced since; they stay in accepted.",
    "interval": "95 % interval. Every rate varies by chance; 'from' and 'to' are the limits within which the rate behind "
    "it plausibly lies. Where those of two groups overlap widely, do not speak of a difference.",
    "same_age": "Cases are looked at on the same day of their lives, counted from recording: old and new cases have had the "
    "same time. Only cases old enough count. A period counts once its youngest case is old enough; until then it shows [x] "
    "and the day from which it can be used.",
    "undated": "Cases with an identified suspect of whom no day is known. They are taken to have been identified in time, so "
    "many of them make the rate too high.",
    "timing": "Open cases are still counted as waiting on the last day known of them; they are not lost. 'Followed to day' is the "
    "last day on which enough cases were still being watched; shares are as they stood on it. Days are those of the "
    "cases that made the step by then, so they say nothing of those that never do.",
    "not_timed": "Cases that reached the first stage but cannot be timed: a day is not known, the case ended before the "
    "stage began, the stage began after the feeds end, or the case had left before it was flagged.",
    "thin": "The fewest cases that were being watched on any day on which one left. Below about 20, single cases move the shares.",
    "difference": "A difference between groups is no proof of bias: offences, evidence and recording differ between "
    "them. Outcomes are compared at the same age. Victim support is not compared, since it is recorded when a case closes. Emergency "
    "workers stand apart and are in no other comparison. 'Stands out' allows for the number of comparisons made.",
    "like": "The same ratio when each case is compared only with cases of the same offence group, area and quarter.",
    "standardised": "Share of the group's cases for which there are comparable cases in the others.",
    "handover": "Every case with an identified suspect stands in one category. Sent back: the CPS's last word was an action plan; "
    "overdue: its answer is late. Both need the CPS event extract.",
    "limits": "Areas and units that do the same work vary by chance. Beyond the 95 % limits a closer look is worth while; beyond 99.8 % "
    "it is needed. Limits need at least ten areas or units. They show neither who is better nor why.",
    "chart": "Mean of the series, and limits of its ordinary month-to-month variation. Signals: beyond limits; shift (seven "
    "in a row on one side of the mean); trend (seven in a row rising or falling); two of three (near the same limit). "
    "One point alone proves little; look first at what happened then.",
    "way": "Stages passed, in order; in brackets a stage of which no record tells, implied by a later one.",
    "withdrawal": "A case counts once, where it ended: police outcomes 14 and 16, and the CPS reasons that the victim retracted "
    "or did not attend. Open cases do not count: the victim may come back.",
    "unlinked": "What each side did in the year, whenever the incident was reported, linked or not. Units differ between rows: "
    "divide no row by another. Rates are given only where both counts have one unit.",
    "positive": "There is no one definition of a positive outcome: each set is named. The latest police outcome decides; a charge of "
    "which only the CPS tells is in none.",
}
NOTE_NUMBER = {name: number for number, name in enumerate(NOTES, start=1)}

SHORTHAND = {
    NOT_APPLICABLE: "not applicable: the question does not arise here, or there is nothing to divide by",
    NOT_AVAILABLE: "not available: too early to say, the feed behind the figure stops too early, or the source does not "
    "say",
    LOW: "above 0 but would be rounded to 0.0%",
    UNRELIABLE: "low reliability: a rate, or a number of days, on too few cases to be read",
}


@dataclass(frozen=True)
class Column:
    """A column: its heading, what its cells are, its width in characters, and the note it refers to."""

    heading: str
    kind: Kind = "count"
    width: float = 12
    note: str = ""

    @property
    def title(self) -> str:
        """The heading with its reference to the sheet Notes."""
        return f"{self.heading}\n[note {NOTE_NUMBER[self.note]}]" if self.note else self.heading


@dataclass(frozen=True)
class Sheet:
    """One worksheet with one table.

    basis says unit and date; reading how to read it, one sentence an entry; first_row_is_total marks a row
    for all cases on top; filters puts filter buttons on the headings of a long table.
    """

    name: str
    title: str
    basis: str
    reading: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: list[tuple[Cell, ...]] = field(repr=False)
    first_row_is_total: bool = False
    filters: bool = False

    def legend(self) -> list[str]:
        """The shorthand this table uses, explained."""
        used = {cell for row in self.rows for cell in row if isinstance(cell, str) and cell in SHORTHAND}
        return [f"{short} {meaning}." for short, meaning in SHORTHAND.items() if short in used]


@dataclass(frozen=True)
class Basis:
    """What every sheet states: the as-at date and the smallest base of a rate beside a group."""

    as_at: date
    smallest_base: int = SMALLEST_BASE

    @property
    def day(self) -> str:
        """The as-at date in words."""
        return day_in_words(self.as_at)

    def of(self, unit: str) -> str:
        """The line under a sheet's title."""
        return f"Unit: {unit}. As at {self.day}. {MARKING}."


MARKING = "OFFICIAL-SENSITIVE: contains small counts; not for publication"


def day_in_words(day: date) -> str:
    """31 March 2025."""
    return f"{day.day} {day:%B} {day.year}"


def as_day(value: Any) -> date | None:
    """A date from a date, a time or ISO text; None where there is none."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def plain_text(value: Any, empty: str = NOT_AVAILABLE) -> str:
    """Text that a spreadsheet and gptables show as it is: never a link, a note reference or an empty cell.

    gptables makes links of [text](address) and notes of $$name$$, and refuses a cell of punctuation alone.
    """
    if value is None:
        return empty
    # A line break or a control character inside a cell hides text.
    text = re.sub(r"[\x00-\x1f\x7f]+", " ", str(value)).strip()
    if not text:
        return empty
    text = text.replace("](", "] (").replace("$$", "$ $")
    return text if re.search(r"[a-zA-Z0-9]", text) else f"text {text}"


def count(value: Any) -> Cell:
    """A whole number, or [x] where the table has none."""
    return NOT_AVAILABLE if value is None else int(value)


def rate(value: float | None, known: bool = True) -> Cell:
    """A proportion as a number, or the shorthand that says why there is none."""
    if not known:
        return NOT_AVAILABLE
    if value is None:
        return NOT_APPLICABLE
    return LOW if 0 < value < LOW_BELOW else float(value)


def rate_on(value: float | None, base: int, known: bool = True, smallest_base: int = 0) -> Cell:
    """A proportion on `base` cases as a cell: [x] not known, [u] on a base below smallest_base, [z] without a value."""
    if known and 0 < base < smallest_base:
        return UNRELIABLE
    return rate(value, known)


def share(part: int, base: int, known: bool = True, smallest_base: int = 0) -> Cell:
    """part / base as a cell: [x] not known, [z] from an empty base, [u] from one below smallest_base."""
    return rate_on(part / base if base else None, base, known, smallest_base)


def number(value: float | None) -> Cell:
    """A number that is no proportion, or [z] where there is none."""
    return NOT_APPLICABLE if value is None else value


def interval_columns(heading: str, width: float = 11, note: str = "") -> tuple[Column, Column, Column]:
    """Three columns: a proportion and the ends of its 95 % interval."""
    return (
        Column(heading, "rate", width, note),
        Column(f"{heading}:\nfrom", "rate", width, "interval"),
        Column(f"{heading}:\nto", "rate", width),
    )


def interval_cells(
    row: Mapping[str, Any], name: str, base: int, known: bool = True, smallest_base: int = 0
) -> tuple[Cell, ...]:
    """The cells of these columns, from `name`, `name_lower` and `name_upper` of a published row."""
    return tuple(rate_on(row[name + end], base, known, smallest_base) for end in ("", "_lower", "_upper"))


def yes_no(value: Any) -> str:
    """Y and N in words."""
    return {"Y": "Yes", "N": "No"}.get(str(value), NOT_AVAILABLE)
