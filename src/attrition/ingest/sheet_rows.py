"""Numbers of the rows of a workbook of which several sheets are read, and how they are told to people: by sheet and row, as Excel
shows them.
"""

from attrition.ingest.file_name import KINDS

NEXT_SHEET = 10_000_000  # added to the row numbers of each further sheet; a sheet has 1,048,576 rows at most

_ENDINGS = tuple(ending for ending, kind in KINDS.items() if kind == "xlsx")


def row_of(file: str, line: int) -> tuple[int, str]:
    """The row of a stored line in its sheet, and words for the sheet: empty for the first that was read, and for any other file."""
    if line < NEXT_SHEET or not file.lower().endswith(_ENDINGS):
        return line, ""
    return line % NEXT_SHEET, f"sheet {line // NEXT_SHEET + 1} of those read"


def row_of_sql(file: str, line: str) -> tuple[str, str]:
    """The same as expressions of SQL over expressions for the file's name and the line."""
    is_further = " OR ".join(f"suffix(lower({file}), '{ending}')" for ending in _ENDINGS)
    is_further = f"{line} >= {NEXT_SHEET} AND ({is_further})"
    return (
        f"CASE WHEN {is_further} THEN {line} % {NEXT_SHEET} ELSE {line} END",
        f"CASE WHEN {is_further} THEN 'sheet ' || ({line} // {NEXT_SHEET} + 1) || ' of those read' ELSE '' END",
    )
