"""Text as spreadsheet programs must meet it, so that none of it becomes a formula. Reads and writes no file."""

import re

# Blanks may come first: some programs drop them before they look for a formula. The wide forms count in some languages.
FORMULA_START = re.compile(r"^[\s\xa0]*[=+\-@＝＋－＠]")


def safe_in_csv(text: str) -> str:
    """Text for a cell of a CSV file: what could be read as a formula begins with an apostrophe.

    >>> safe_in_csv("=1+1"), safe_in_csv("Durham")
    ("'=1+1", 'Durham')
    """
    return f"'{text}" if FORMULA_START.match(text) or text.startswith(("\t", "\r")) else text
