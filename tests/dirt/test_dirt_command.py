"""The dirt test through the command line: 60 uses of the operations, held against the run on the clean delivery: exit code, printed
lines, and every published table, those of the statistics too.
"""

import datetime as dt
import random
import shutil
from pathlib import Path

import harness
import pytest
from clean_sets import AS_AT, MONTH_BEFORE, YEAR_BEFORE
from delivery import Delivery
from harmful import HARMFUL
from harmless import HARMLESS
from operation import Operation
from test_dirt import SEEDS, Use, dirty

from attrition import reference
from attrition.cli import main

UNLIKE = (*harness.BESIDE_FIGURES, "validation")
"""Tables in which a harmless operation may show."""
REFUSED, HELD = 3, 4


def a_use(operation: Operation, number: int) -> Use:
    """A use of the operation that the number decides."""
    chance = random.Random(number)
    return (
        operation, chance.choice(operation.targets), chance.choice(operation.shapes), SEEDS[0], chance.uniform(0.3, 1),
        chance.randrange(2**32),
    )  # fmt: skip


def sixty() -> list[Use]:
    """Thirty of each kind, every third operation or so."""
    chance = random.Random(60)
    chosen = [*chance.sample(HARMLESS, 30), *chance.sample(HARMFUL, 30)]
    return [a_use(operation, number) for number, operation in enumerate(chosen)]


class Desk:
    """A folder with landing, warehouse and publications, and the runs over it."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capture = folder, capture

    def run(self, delivery: Delivery, as_at: dt.date) -> tuple[int, list[str]]:
        """Lands a delivery in place of the last and runs: the exit code, and what is printed of the data's quality."""
        landing, sources = self.folder / "landing", self.folder / "mappings"
        shutil.rmtree(landing, ignore_errors=True)
        landing.mkdir()
        delivery.write(landing, as_at.isoformat())
        if delivery.mapping:
            sources.mkdir()
            (sources / "own.toml").write_text(delivery.mapping, encoding="utf-8")
        arguments = [
            "run",
            "--direct",
            "--landing",
            landing,
            "--as-at",
            as_at,
            "--out",
            self.folder / "out",
            "--warehouse",
        ]
        arguments += [self.folder / "data" / "warehouse.duckdb", "--now", as_at + dt.timedelta(1)]
        self.capture.readouterr()
        code = main([str(argument) for argument in [*arguments, *(["--sources", sources] if delivery.mapping else [])]])
        said = self.capture.readouterr()
        lines = [line.partition("; attrition incidents show")[0].strip() for line in said.out.splitlines()]
        return code, [line for line in lines if line.startswith(("critical", "warning"))]

    def tables(self) -> dict[str, bytes]:
        """The newest publication's tables."""
        newest = (self.folder / "out" / "latest.txt").read_text(encoding="utf-8").strip()
        found = (self.folder / "out" / newest / "tables").glob("*.csv")
        return {path.stem: path.read_bytes() for path in found if path.stem not in UNLIKE}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs of clean deliveries stand, made once."""
    return tmp_path_factory.mktemp("clean")


def after_clean_first(shape: str, shelf: Path, folder: Path, capture: pytest.CaptureFixture[str]) -> Desk:
    """A desk at which the clean first delivery was run."""
    kept = shelf / f"{shape}_first"
    if not kept.exists():
        (kept / "data").mkdir(parents=True)
        first, _ = harness.rows_of(shape, SEEDS[0])
        if first:
            as_at = MONTH_BEFORE if shape == harness.AGAIN else YEAR_BEFORE
            assert Desk(kept, capture).run(Delivery.of(first), as_at)[0] == 0
    shutil.copytree(kept, folder)
    return Desk(folder, capture)


@pytest.mark.slow
@pytest.mark.parametrize("use", sixty(), ids=lambda use: f"{use[0].name}, {use[2]}")
def test_no_dirt_in_silence(
    use: Use, shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRITION_PSEUDONYM_KEY", "made up for a test, 32 letters long")
    operation, _, shape, *_ = use
    clean = Desk(shelf / shape, capsys)
    if not clean.folder.exists():
        clean = after_clean_first(shape, shelf, clean.folder, capsys)
        code, lines = clean.run(Delivery.of(harness.rows_of(shape, SEEDS[0])[1]), AS_AT)
        assert code == 0
        (clean.folder / "lines.txt").write_text("\n".join(lines), encoding="utf-8")
    desk = after_clean_first(shape, shelf, tmp_path / "desk", capsys)
    code, lines = desk.run(dirty(use), AS_AT)
    assert code in (0, REFUSED, HELD)
    if operation.is_harmless:
        assert (code == REFUSED and operation.may_be_refused) or (code == 0 and desk.tables() == clean.tables())
    elif code == 0 and desk.tables() != clean.tables():
        before = (clean.folder / "lines.txt").read_text(encoding="utf-8").splitlines()
        labels = {row["label"] for row in reference.rows("rule") if row["rule"] in operation.tells}
        assert [line for line in lines if line not in before and any(label in line for label in labels)]
