"""Bytes of a good CSV file changed at random: nothing but a fault that explains itself ever comes out, the fates add
up, and every row whose line was left alone is accounted for.
"""

import tempfile
from datetime import date
from pathlib import Path

from good_extracts import ROWS, changed, text
from hypothesis import given, settings
from hypothesis import strategies as st
from place import assert_tells_no_secret

from attrition import warehouse
from attrition.errors import AttritionError, InputRefused
from attrition.ingest.deliveries import ingest
from attrition.ingest.mapping import load_sources
from attrition.settings import Settings

GOOD = text(changed(3, area_command='Café "Zoë"\nand more')).encode()
LINES = GOOD.count(b"\n")
EVIL = st.sampled_from(
    [b'"', b",", b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"\xc3", b"\x81", b'",', b',"', b"\xef\xbb\xbf", b" ", b";"]
)
DAMAGE = st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 3), st.one_of(EVIL, st.binary(max_size=4)))
NOW = date(2025, 1, 15)


def damaged(damages: list[tuple[int, int, bytes]]) -> bytes:
    """The good file with bytes replaced, put in or taken out at some places, the last place first."""
    content = GOOD
    for place, taken, put in sorted(damages, reverse=True):
        content = content[:place] + put + content[place + taken :]
    return content


def ingested(content: bytes) -> tuple[tuple[int, ...], bool, list[str], list[int]] | None:
    """Fates, whether the gate held the file, references in force, quarantined lines; None for a refused file."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "incident.csv").write_bytes(content)
        told: list[str] = []
        with warehouse.connect(Path(":memory:"), Settings()) as connection:
            warehouse.prepare(connection)
            try:
                outcome = ingest(connection, Path(folder), load_sources(), b"k" * 32, Settings(), NOW, told.append)
            except InputRefused as fault:
                assert str(fault).startswith("incident.csv: ")
                assert_tells_no_secret(str(fault))
                return None
            except AttritionError as fault:
                raise AssertionError(f"a fault of the program: {fault}") from fault
            assert_tells_no_secret("\n".join([*told, *outcome.held]))
            fates = connection.execute(
                "SELECT rows_read, accepted, duplicate, out_of_scope, quarantined FROM load"
            ).fetchall()
            references = connection.execute("SELECT incident_id FROM incident").fetchall()
            lines = connection.execute("SELECT line FROM quarantine").fetchall()
        assert len(fates) == 1
        return fates[0], bool(outcome.held), [row[0] for row in references], [row[0] for row in lines]


@settings(max_examples=6, deadline=None)
@given(st.lists(DAMAGE, min_size=1, max_size=6))
def test_any_damage_ends_in_fates_that_add_up(damages: list[tuple[int, int, bytes]]) -> None:
    result = ingested(damaged(damages))
    if result is not None:
        fates, _, _, lines = result
        assert fates[0] == sum(fates[1:])
        assert len(lines) == fates[4]
        assert len(set(lines)) == len(lines)


@settings(max_examples=6, deadline=None)
@given(DAMAGE.filter(lambda damage: damage[0] > GOOD.index(b"\n")))
def test_damage_in_one_place_costs_no_other_row(damage: tuple[int, int, bytes]) -> None:
    """A row is near the damage if its own line is hit, or the one above it whose line end may have gone."""
    place, taken, _ = damage
    result = ingested(damaged([damage]))
    if result is None:
        return
    fates, held, references, lines = result
    touched = GOOD[:place].count(b"\n"), GOOD[: place + taken].count(b"\n") + 1
    hit = {f"I{number:04}" for number in range(touched[0] - 1, touched[1] + 1)}
    accepted = {f"I{number:04}" for number in range(1, ROWS + 1)} & set(references)
    if not held:
        assert {f"I{number:04}" for number in range(1, ROWS + 1)} - hit <= accepted
    assert len(lines) == fates[4]


def test_the_undamaged_file_is_whole() -> None:
    result = ingested(GOOD)
    assert result is not None
    assert result[0] == (ROWS, ROWS, 0, 0, 0)
