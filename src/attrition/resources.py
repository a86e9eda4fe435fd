"""Where the files that ship with the program stand: sql, expectations, reference data, source mappings, flows.

Beside the source in a checkout, else inside the installed package. Holds no other settings.
"""

from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
_PACKAGED = Path(__file__).resolve().parent / "_resources"


def path(relative: str) -> Path:
    """The file or folder that ships as `relative` (for example ``data/reference/stage.csv``).

    An editable install may hold stale copies, so the checkout is asked first.
    Raises FileNotFoundError where neither place has it: the installation is incomplete.
    """
    for root in (_CHECKOUT, _PACKAGED):
        found = root / relative
        if found.exists():
            return found
    raise FileNotFoundError(f"the installation lacks {relative}; install the package again")
