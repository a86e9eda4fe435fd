"""What the published tables and their columns are: title, key, type, unit, meaning. The truth stands in
data/reference/published_table.csv and published_column.csv; this only looks it up.
"""

from dataclasses import dataclass

from attrition import reference
from attrition.errors import AttritionError

MARK = "_mark"
LIMITS = ("_lower", "_upper")


@dataclass(frozen=True)
class TableNote:
    """A published table.

    key: the columns that tell its rows apart
    """

    table: str
    title: str
    description: str
    key: tuple[str, ...]


@dataclass(frozen=True)
class ColumnNote:
    """A column of a published table.

    datatype: string, integer, number or date
    unit: what a number counts or measures; empty for text
    """

    column: str
    datatype: str
    unit: str
    description: str


def table_note(table: str, is_protected: bool) -> TableNote:
    """What a table of the restricted tier, or of the others (`is_protected`), is. Raises AttritionError where it is not listed."""
    whose = "released" if is_protected else "restricted"
    for row in reference.rows("published_table"):
        if (row["table"], row["tables_of"]) == (table, whose):
            return TableNote(table, row["title"], row["description"], tuple(row["key"].split()))
    raise AttritionError(
        f"The {whose} table {table} is not listed in data/reference/published_table.csv. Describe it there."
    )


def column_note(table: str, column: str) -> ColumnNote:
    """What a column is: as told for its table, else for all tables, else by the end of its name.

    Raises AttritionError where it is not listed.
    """
    listed = {(row["table"], row["column"]): row for row in reference.rows("published_column")}
    by_end = (("", f"*{end}") for end in (MARK, *LIMITS) if column.endswith(end))
    for key in ((table, column), ("", column), *by_end):
        if key in listed:
            row = listed[key]
            return ColumnNote(column, row["datatype"], row["unit"], row["description"])
    raise AttritionError(
        f"The column {column} of the table {table} is not listed in data/reference/published_column.csv. Describe it there."
    )


def mark_column(column: str, columns: tuple[str, ...]) -> str:
    """The column that holds the mark of a figure, or of the figure whose limit it is; empty where it has none."""
    figure = next((column.removesuffix(end) for end in LIMITS if column.endswith(end)), column)
    return next((name for name in (f"{column}{MARK}", f"{figure}{MARK}") if name in columns), "")
