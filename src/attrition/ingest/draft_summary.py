"""What a draft has and what it still lacks, said in a few lines: read from the draft itself, so that it says of a half-finished
one what is left. Names contract columns and columns of the file, never a value of a row.
"""

import re
import tomllib
from collections import Counter

from attrition.contract import load_contract

_NAMED = re.compile(r"^(?:# )?([a-z_]+) = ")
_TABLE = re.compile(r"^\[feed\.columns\.([a-z_]+)(\.map)?\]")


def summary(draft: str) -> list[str]:
    """The lines to print about a draft: by feed what is mapped, what is required and missing, and what is to decide."""
    lines = []
    parts = draft.split("\n[[feed]]\n")[1:]
    for feed, text in zip(tomllib.loads(draft)["feed"], parts, strict=True):
        contract = load_contract(feed["extract"])
        columns = feed.get("columns", {})
        lines.append(
            f"{feed['extract']}: {len(columns)} of {len(contract.columns)} columns mapped: {', '.join(columns)}"
        )
        missing = [name for name in contract.required if name not in columns]
        if missing:
            lines.append(f"  missing, without them no row counts: {', '.join(missing)}")
        when = [c.name for c in contract.columns.values() if c.required_when and c.name not in columns]
        if when:
            lines.append(f"  missing, without them not every row counts: {', '.join(when)}")
        if feed["extract"] == "incident" and not any(name.startswith("hate_") for name in columns):
            lines.append(
                "  missing, no column tells the motive (a victim's own race or religion does not): hate_race, hate_religion, ..."
            )
        lines += _to_decide(text)
    unused = draft.rpartition("nothing above uses:")[2] if "nothing above uses:" in draft else ""
    if unused:
        lines.append("not used, is one of them needed? " + " ".join(unused.replace("#", "").split()))
    return lines


def _to_decide(feed: str) -> list[str]:
    chosen: Counter[str] = Counter()
    guessed: dict[str, list[str]] = {}
    remarks: list[str] = []
    table = ""
    for line in feed.split("\n"):
        heading = _TABLE.match(line)
        named = _NAMED.match(line)
        if line.startswith("# check: "):
            remarks.append(line.removeprefix("# check: "))
        elif heading or named:
            table = heading[1] if heading else table
            about = heading[1] if heading else named[1] if named else ""
            about = "covers_to" if about == "constant" else about
            for remark in remarks:
                guessed.setdefault(remark, []).append(about)
            remarks = []
        if re.search(r"  # (\d+, )?choose$", line):
            chosen[table] += 1
    lines = []
    if chosen:
        told = ", ".join(f"{name} {count}" for name, count in chosen.items())
        lines.append(f"  to decide, texts without a code: {told}")
    order = {about for remark, named in guessed.items() if "is assumed" in remark for about in named}
    if order:
        lines.append(
            f"  to decide, day or month first (ask the supplier, else months and days are exchanged): {', '.join(order)}"
        )
    scope = [remark for remark, named in guessed.items() if {"where", "one_row_per"} & set(named)]
    lines += [f"  to decide: {remark}" for remark in scope if not remark.startswith("rows without")]
    others = {about for remark, named in guessed.items() if "is assumed" not in remark for about in named}
    rest = sorted(others - {"where", "one_row_per"})
    if rest:
        lines.append(f"  to look at, guesses: {', '.join(rest)}")
    return lines
