"""The pieces of HTML that the quality page is made of. Every text passes through `shown`; nothing refers to the outside."""

import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

NO_BREAK = "\u00a0"
# Control characters, and those that turn the direction of what follows.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def shown(text: object) -> str:
    """Text as HTML shows it, inside an element or an attribute."""
    return html.escape(_UNSEEN.sub(" ", str(text)), quote=True)


def sentence(text: str) -> str:
    """Text with its percentages kept on one line."""
    return shown(re.sub(r"(?<=\d) %", f"{NO_BREAK}%", text))


def share_without(rows: int, with_finding: int) -> float | None:
    """Rows without a finding as a proportion; None where there are no rows."""
    return (rows - with_finding) / rows if rows else None


def per_cent(share: float | None) -> str:
    """A proportion with one decimal, rounded down: 100 % is said only where nothing is wrong.

    >>> per_cent(0.99996).replace(NO_BREAK, " "), per_cent(1.0).replace(NO_BREAK, " ")
    ('99.9 %', '100.0 %')
    """
    if share is None:
        return "no rows"
    # 0.29 * 1000 is a little less than 290.
    return f"{math.floor(round(share * 1000, 6)) / 10:.1f}{NO_BREAK}%"


def counted(number: int, one: str, several: str = "") -> str:
    """A number with its noun: 1 row, 2 rows."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def month_name(month: str) -> str:
    """2025-03 as Mar 2025."""
    year, _, number = month.partition("-")
    return f"{_MONTHS[int(number) - 1]}{NO_BREAK}{year}"


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its HTML and its class."""

    content: str
    look: str = ""


def table(
    caption: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    look: str = "",
    stacks: bool = False,
    name: str,
) -> str:
    """A table whose first column names its rows.

    caption, headings: plain text; name: an id that the page has once
    stacks: on a narrow screen each row becomes a block; otherwise the table scrolls inside a region of its own, which the
    keyboard can reach
    """
    # Once its parts are laid out as blocks, a browser no longer takes them for a table unless the roles say so.
    role = {
        part: f' role="{part}"' if stacks else ""
        for part in ("table", "rowgroup", "row", "columnheader", "rowheader", "cell")
    }
    head = "".join(f'<th scope="col"{role["columnheader"]}>{shown(heading)}</th>' for heading in headings)
    body = []
    for row in rows:
        cells = []
        for at, (heading, cell) in enumerate(zip(headings, row, strict=True)):
            label = f' data-label="{shown(heading)}"' if stacks else ""
            style = f' class="{cell.look}"' if cell.look else ""
            if at == 0:
                cells.append(f'<th scope="row"{role["rowheader"]}{style}{label}>{cell.content}</th>')
            else:
                cells.append(f"<td{role['cell']}{style}{label}>{cell.content}</td>")
        body.append(f"<tr{role['row']}>{''.join(cells)}</tr>")
    classes = " ".join(filter(None, (look, "stacks" if stacks else "")))
    inner = (
        f'<table{role["table"]} class="{classes or "plain"}"><caption><span id="{name}">{shown(caption)}</span></caption>\n'
        f"<thead{role['rowgroup']}><tr{role['row']}>{head}</tr></thead>\n<tbody{role['rowgroup']}>\n"
        + "\n".join(body)
        + "\n</tbody></table>"
    )
    if stacks:
        return inner
    return f'<div class="scrolls" role="region" aria-labelledby="{name}" tabindex="0">{inner}</div>'


def section(name: str, title: str, *content: str) -> str:
    """A part of the page with its heading."""
    heading = f'<h2 id="{name}-title">{shown(title)}</h2>'
    return "\n".join(
        [f'<section id="{name}" aria-labelledby="{name}-title">', heading, *filter(None, content), "</section>"]
    )


def paragraph(text: str, look: str = "") -> str:
    """A paragraph of plain text."""
    style = f' class="{look}"' if look else ""
    return f"<p{style}>{shown(text)}</p>"
