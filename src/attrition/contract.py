"""The column contracts of the extracts, read from expectations/contracts/*.toml: the one truth for columns,
types, sensitivity, owners and caveats. Describes; reads no data.
"""

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from attrition import reference, resources

EXTRACTS = ("incident", "investigation", "cps", "cps_event")


@dataclass(frozen=True)
class Pseudonym:
    """How a personal identifier is replaced: its kind, and whether it belongs to one force."""

    kind: str
    within_force: bool


@dataclass(frozen=True)
class Column:
    """One column of an extract, as the contract states it."""

    name: str
    type: str
    description: str
    required: bool = False
    required_when: tuple[str, str] | None = None
    codes: str | None = None
    upper: bool = False
    unlisted: str | None = None
    normalise: str | None = None
    no_value: str | None = None  # the part of the no-value texts that counts, where not that of the type
    whole_number: bool = False  # a whole number may be written 1.0
    needs_date: str | None = None  # blank, and a finding, without that date
    dated_by: str | None = None  # kept without that date, does not count, and a finding
    ahead: int = 0  # days after its first loading to which the date may lie
    unreadable: tuple[
        str, ...
    ] = ()  # dates of which the earliest stands for one that cannot be read; else the day of loading
    empty: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    event: bool = True
    pseudonym: Pseudonym | None = None
    sensitivity: str = "official"
    caveat: str = ""

    @property
    def is_event_date(self) -> bool:
        """Whether the column dates something that happened (a due date does not)."""
        return self.type == "date" and self.event

    @property
    def no_values(self) -> str | None:
        """The part of the no-value texts that counts in the column; None where such a text is a fault of its type, or a text."""
        return self.no_value or {"reference": "reference", "pseudonym": "reference", "label": "label"}.get(self.type)

    @property
    def is_judged(self) -> bool:
        """Whether a text in the column may turn out not to be a value of its kind."""
        return bool(self.type in ("date", "integer") or self.code_list or self.no_values)

    @property
    def code_list(self) -> str | None:
        """The list that the column's codes come from; None for a column without one."""
        return {"force": "force", "yes_no": "yes_no"}.get(self.type, self.codes)

    @property
    def sql_type(self) -> str:
        """The type of the column in the warehouse; codes of a list are an enumeration of that list."""
        if self.code_list:
            return code_type(self.code_list)
        return {"date": "DATE", "integer": "SMALLINT", "pseudonym": "UUID"}.get(self.type, "VARCHAR")


def code_type(code_list: str) -> str:
    """The name of the enumeration that holds the codes of a list."""
    return f"code_{code_list}"


@dataclass(frozen=True)
class Contract:
    """One extract: its columns, its key and what an arriving row replaces."""

    extract: str
    title: str
    version: int
    owner: str
    unit: str
    grain: str
    key: tuple[str, ...]
    replaced_by: tuple[str, ...]
    caveats: tuple[str, ...]
    optional: bool
    columns: dict[str, Column]
    sha256: str

    @property
    def required(self) -> tuple[str, ...]:
        """Columns without which a row cannot be counted."""
        return tuple(c.name for c in self.columns.values() if c.required)

    @property
    def event_dates(self) -> tuple[str, ...]:
        """Columns that date something that happened."""
        return tuple(c.name for c in self.columns.values() if c.is_event_date)


def _column(name: str, stated: dict[str, Any]) -> Column:
    values = dict(stated)
    if "pseudonym" in values:
        values["pseudonym"] = Pseudonym(**values["pseudonym"])
    if "required_when" in values:
        when = values["required_when"]
        values["required_when"] = (when["column"], when["equals"])
    values["unreadable"] = tuple(values.get("unreadable", ()))
    return Column(name=name, **values)


@cache
def load_contract(extract: str) -> Contract:
    """The contract of one extract. Raises KeyError for an extract that does not exist."""
    if extract not in EXTRACTS:
        raise KeyError(extract)
    text = resources.path(f"expectations/contracts/{extract}.toml").read_bytes()
    # Line ends differ between systems; the contract is the same.
    text = text.replace(b"\r\n", b"\n")
    stated = tomllib.loads(text.decode("utf-8"))
    return Contract(
        extract=stated["extract"],
        title=stated["title"],
        version=stated["version"],
        owner=stated["owner"],
        unit=stated["unit"],
        grain=stated["grain"],
        key=tuple(stated["key"]),
        replaced_by=tuple(stated["replaced_by"]),
        caveats=tuple(stated["caveats"]),
        optional=stated.get("optional", False),
        columns={name: _column(name, column) for name, column in stated["columns"].items()},
        sha256=hashlib.sha256(text).hexdigest(),
    )


def load_contracts() -> dict[str, Contract]:
    """All contracts by extract."""
    return {extract: load_contract(extract) for extract in EXTRACTS}


def code_types() -> dict[str, tuple[str, ...]]:
    """Every enumeration of the warehouse with its members: the codes of a list, and what stands for an unlisted one."""
    members: dict[str, dict[str, None]] = {}
    for contract in load_contracts().values():
        for column in contract.columns.values():
            if column.code_list:
                codes = ("Y", "N") if column.type == "yes_no" else reference.codes(column.code_list)
                held = members.setdefault(code_type(column.code_list), dict.fromkeys(codes))
                held |= {column.unlisted: None} if column.unlisted else {}
    return {name: tuple(codes) for name, codes in members.items()}
