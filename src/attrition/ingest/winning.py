"""What a mapping says of several source rows that make one contract row: by which columns they belong together, and for
each other column whose value wins. Checks what is stated; reads no rows.
"""

from dataclasses import dataclass
from typing import Any

from attrition import reference
from attrition.contract import Column, Contract

OTHERS = "others"
_SAYS = (
    'say "first", "last", "earliest", "latest", "earliest DATE", "latest DATE", "any", "with COLUMN" or a list of codes, '
    "the one that wins first"
)


@dataclass(frozen=True)
class Win:
    """Whose value a column takes among rows that make one. An empty value wins only by `beside`.

    kind: `first` or `last` in the file's order, `earliest` or `latest` by the date column `by`, `listed` (the code that
    stands first in `order`), `beside` (the value of that row which gave the column `by` its own).
    """

    kind: str
    by: str | None = None
    order: tuple[str, ...] = ()


def read_roll_up(
    per: Any, stated: Any, contract: Contract, varying: tuple[str, ...], mapped: tuple[str, ...]
) -> tuple[tuple[str, ...], dict[str, Win], list[tuple[str, str]]]:
    """What `one_row_per` and `roll_up` of a feed say: the columns that tell rows apart, the win of every other column, and
    every mistake as (key, what is wrong).

    mapped: the contract columns that the feed fills; varying: those of them that may differ from row to row.
    """
    if per is None:
        return (), {}, [("roll_up", "goes only with one_row_per")] if stated is not None else []
    if not isinstance(per, list) or not per or not all(isinstance(name, str) for name in per):
        return (), {}, [("one_row_per", "must be a list of contract columns")]
    told = {} if stated is None else stated
    if not isinstance(told, dict):
        return (), {}, [("roll_up", "must be a table of contract column = whose value wins")]
    mistakes = [("one_row_per", f"{name} is not mapped") for name in per if name not in mapped]
    record = contract.key or contract.replaced_by
    mistakes += [
        ("one_row_per", f"{name} is missing: rows that differ in it are different records")
        for name in record
        if name in varying and name not in per
    ]
    wins: dict[str, Win] = {}
    for name in told:
        if name != OTHERS and name not in mapped:
            mistakes.append((f"roll_up.{name}", "is not mapped"))
        elif name in per:
            mistakes.append((f"roll_up.{name}", "stands in one_row_per: its value is the same in all rows"))
    unsaid: list[str] = []
    for name in (name for name in mapped if name not in per):
        if name not in told and (OTHERS not in told or name not in varying):
            unsaid += [name] if name in varying else []
            continue
        win = _win(contract.columns[name], told.get(name, told.get(OTHERS)), contract, mapped)
        if isinstance(win, Win):
            wins[name] = win
        else:
            mistakes.append((f"roll_up.{name}", win))
    if unsaid:
        mistakes.append(("roll_up", f"says nothing of {', '.join(unsaid)} (nor of {OTHERS}, the default): {_SAYS}"))
    for name, win in wins.items():
        if win.kind == "beside" and win.by not in wins:
            mistakes.append((f"roll_up.{name}", f"{win.by} has no rule of its own"))
        elif win.kind == "beside" and wins[str(win.by)].kind == "beside":
            mistakes.append((f"roll_up.{name}", f"{win.by} follows another column: name that one"))
    return tuple(per), wins, mistakes + _torn_dates(wins, contract, mistakes)


def _torn_dates(wins: dict[str, Win], contract: Contract, mistakes: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Dates that could be taken from another row than the code that they date."""
    wrong = {key for key, _ in mistakes}
    return [
        (f"roll_up.{date}", f'is the date of {name}: write "with {name}", else code and date come from different rows')
        for name in wins
        if (date := contract.columns[name].needs_date or contract.columns[name].dated_by) in wins
        and wins[date] != Win("beside", name)
        and f"roll_up.{date}" not in wrong
    ]


def _win(column: Column, said: Any, contract: Contract, mapped: tuple[str, ...]) -> Win | str:
    """What is said of one column, or what is wrong with it."""
    if isinstance(said, list) and said and all(isinstance(code, str) for code in said):
        return _listed(column, tuple(said))
    kind, _, by = said.strip().partition(" ") if isinstance(said, str) else ("", "", "")
    by = by.strip()
    found: Win | str = _SAYS
    if kind in ("first", "last") and not by:
        found = Win(kind)
    elif kind == "any" and not by:
        found = Win("listed", order=("y", "n")) if column.type == "yes_no" else "any is for Y/N columns: Y wins over N"
    elif kind in ("earliest", "latest"):
        by = by or column.name
        is_date = by in mapped and contract.columns[by].type == "date"
        found = Win(kind, by) if is_date else f"{kind} goes by a date column that the feed maps: {by} is none"
    elif kind == "with" and (column.required or column.required_when):
        found = "a required column cannot follow another one, whose row may lack it"
    elif kind == "with" and by:
        found = Win("beside", by) if by in mapped and by != column.name else f"{by} is not mapped"
    return found


def _listed(column: Column, codes: tuple[str, ...]) -> Win | str:
    if column.pseudonym or column.type in ("date", "integer"):
        return "a list of codes is for columns that hold codes"
    if column.code_list:
        known = {"y", "n"} if column.type == "yes_no" else {code.lower() for code in reference.codes(column.code_list)}
        if any(code.lower() not in known for code in codes):
            return "lists a code that the contract does not have"
    return Win("listed", order=tuple(code.lower() for code in codes))
