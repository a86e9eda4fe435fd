"""Many cases of one kind: the usual suite tries the first of them, the slow suite all."""

from collections.abc import Iterable
from typing import Any

import pytest


def first(count: int, cases: Iterable[Any]) -> list[Any]:
    """The cases for `parametrize`, those after the first few marked slow."""
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=() if place < count else pytest.mark.slow)
        for place, case in enumerate(cases)
    ]
