"""Runs killed without warning at random moments. Whatever the moment: no half publication is to be seen, the ledger adds
up, and the next run publishes what an undisturbed run would have published, byte for byte.
"""

import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from pyarrow import parquet

from attrition import warehouse
from attrition.analysis import statistics
from attrition.publish.tables import PUBLISHED, read_table
from attrition.sample import make_extracts
from attrition.settings import Settings

AS_AT = date(2025, 3, 31)
INCIDENTS = 20_000
LIMIT = 300
TABLES = {*PUBLISHED, *statistics.TABLES, "validation"}
# What a run says as it goes on; a run is killed a random while after one of these.
INGEST = ("cps_MADE_UP.csv: reading", "incident_MADE_UP.csv: reading", "investigation_MADE_UP.csv: reading")
BEFORE_INGEST, VALIDATE, COMPUTE, PUBLISH = "running without Prefect", "3 new loads", " checks: ", "tables computed"
MOMENTS = (BEFORE_INGEST, *INGEST, VALIDATE, COMPUTE, PUBLISH)


@dataclass
class Site:
    """A warehouse and a folder of publications of their own; the landing folder is shared and only read."""

    folder: Path
    landing: Path

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def warehouse(self) -> Path:
        return self.folder / "data" / "warehouse.duckdb"

    def start(self) -> "subprocess.Popen[str]":
        places = {"landing": self.landing, "out": self.out, "warehouse": self.warehouse, "as-at": AS_AT}
        stated = [part for name, value in places.items() for part in (f"--{name}", str(value))]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ATTRITION")}
        return subprocess.Popen(
            [sys.executable, "-m", "attrition.cli", "run", "--direct", "--now", "2025-04-01", *stated],
            env=kept | {"ATTRITION_PSEUDONYM_KEY": "a key for tests alone, of 32 characters or more"},
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", errors="replace",
        )  # fmt: skip

    def run(self) -> list[tuple[float, str]]:
        """An undisturbed run: what it said, and when (seconds from its start)."""
        began = time.monotonic()
        process = self.start()
        assert process.stderr is not None
        said = [(time.monotonic() - began, line) for line in process.stderr]
        assert process.wait(LIMIT) == 0, "".join(line for _, line in said)
        return [*said, (time.monotonic() - began, "end")]

    def kill(self, sign: str, delay: float) -> bool:
        """Kills a run `delay` seconds after it said `sign`; False if it came to its end before that."""
        process = self.start()
        assert process.stderr is not None
        if any(sign in line for line in process.stderr):
            time.sleep(delay)
        killed = process.poll() is None
        process.kill()
        process.communicate(timeout=LIMIT)
        return killed

    def tables(self) -> dict[str, bytes]:
        """The newest publication's tables, as they stand on the disk."""
        newest = (self.out / "latest.txt").read_text(encoding="utf-8").strip()
        return {path.name: path.read_bytes() for path in (self.out / newest / "tables").glob("*.csv")}

    def assert_no_half_publication(self) -> None:
        if not self.out.exists():
            return
        publications = [path for path in self.out.iterdir() if not path.name.startswith(".")]
        for publication in publications:
            if publication.name == "latest.txt":
                assert (self.out / publication.read_text(encoding="utf-8").strip()).is_dir()
                continue
            for table in TABLES:
                whole = parquet.read_table(publication / "tables" / f"{table}.parquet")
                rows = read_table(publication / "tables", table)
                assert len(rows) == whole.num_rows
                assert all(None not in row and None not in row.values() for row in rows)
            [workbook] = publication.glob("*.xlsx")
            assert zipfile.ZipFile(workbook).testzip() is None
            assert (publication / "manifest.json").read_text(encoding="utf-8").endswith("}\n")

    def assert_ledger_adds_up(self) -> None:
        """Every load is there whole or not at all. Looks at a copy, so that the next run finds what the kill left."""
        if not self.warehouse.exists():
            return
        copy = self.folder / "copy"
        shutil.copytree(self.warehouse.parent, copy)
        with warehouse.connect(copy / self.warehouse.name, Settings()) as connection:
            warehouse.prepare(connection)
            loads = connection.execute(
                "SELECT load_id, extract, accepted, quarantined, "
                "rows_read = accepted + duplicate + out_of_scope + quarantined AND state = 'loaded' FROM load"
            ).fetchall()
            held = {("quarantine", load_id): count for load_id, count in connection.execute(
                "SELECT load_id, count(*) FROM quarantine GROUP BY load_id").fetchall()}  # fmt: skip
            for extract in ("incident", "investigation", "cps"):
                held |= {(extract, load_id): count for load_id, count in connection.execute(
                    f"SELECT load_id, count(*) FROM {extract}_version GROUP BY load_id").fetchall()}  # fmt: skip
        told = {}
        for load_id, extract, accepted, quarantined, adds_up in loads:
            assert adds_up
            told |= {(extract, load_id): accepted, ("quarantine", load_id): quarantined}
        assert held == {place: count for place, count in told.items() if count}
        shutil.rmtree(copy)


@dataclass
class Undisturbed:
    """An undisturbed run's tables, and how long each of its moments lasted, in seconds."""

    landing: Path
    tables: dict[str, bytes]
    lasted: dict[str, float]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    make_extracts(folder / "landing", INCIDENTS, 11, AS_AT)
    site = Site(folder, folder / "landing")
    said = site.run()
    site.assert_no_half_publication()
    site.assert_ledger_adds_up()
    at = {sign: next(when for when, line in said if sign in line) for sign in MOMENTS} | {"end": said[-1][0]}
    lasted = {sign: at[following] - at[sign] for sign, following in pairwise(at)}
    return Undisturbed(folder / "landing", site.tables(), lasted)


def assert_recovers(site: Site, undisturbed: Undisturbed) -> None:
    site.run()
    site.assert_no_half_publication()
    site.assert_ledger_adds_up()
    assert [path.name for path in site.out.iterdir() if path.name.startswith(".building-")] == []
    tables = site.tables()
    same = {name: tables[name] == text for name, text in undisturbed.tables.items()}
    if len([path for path in site.out.iterdir() if path.is_dir()]) > 1:
        # A run that was killed just after it had published left something to compare with.
        same["changes.csv"] = True
    assert same == dict.fromkeys(tables, True)


@pytest.mark.slow
def test_a_run_killed_again_and_again_recovers(tmp_path: Path, undisturbed: Undisturbed) -> None:
    site, chance = Site(tmp_path, undisturbed.landing), random.Random(2025)
    killed = 0
    # In the order of a run, since what is loaded is not loaded again.
    for sign in (*sorted(chance.sample(INGEST, 2)), VALIDATE, PUBLISH):
        killed += site.kill(sign, chance.random() * undisturbed.lasted[sign])
        site.assert_no_half_publication()
        site.assert_ledger_adds_up()
    assert killed >= 3
    assert_recovers(site, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_a_run_killed_at_a_random_moment_recovers(tmp_path: Path, undisturbed: Undisturbed, seed: int) -> None:
    site, chance = Site(tmp_path, undisturbed.landing), random.Random(seed)
    sign = MOMENTS[seed % len(MOMENTS)]
    site.kill(sign, chance.random() * undisturbed.lasted[sign])
    site.assert_no_half_publication()
    site.assert_ledger_adds_up()
    assert_recovers(site, undisturbed)
