"""A warehouse that is damaged, shut, full or held: each is told as what it is, in one paragraph, with what to do. Only a real holder
ends with 5.
"""

import datetime as dt
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from attrition import disk, pipeline, warehouse
from attrition.cli import main
from attrition.errors import AttritionError, WarehouseBusy, paragraph
from attrition.sample import make_extracts
from attrition.settings import KEY_VARIABLE, Settings

AS_AT = dt.date(2025, 3, 31)
# How DuckDB lays a file out: three headers of 4 KiB, then blocks of 256 KiB.
HEADER = 4096
BLOCK = 256 * 1024
DAMAGED = "it is damaged, is no warehouse, or was made by a newer DuckDB"
Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with extracts and a warehouse that holds them, and one with changes that are still in its WAL."""
    folder = tmp_path_factory.mktemp("loaded")
    make_extracts(folder / "landing", 300, 7, AS_AT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, "a key for tests alone, of 32 characters or more")
        pipeline.ingest(pipeline.Request(folder / "landing", AS_AT, folder / "out", folder / "whole.duckdb"))
    shutil.copy(folder / "whole.duckdb", folder / "unwritten.duckdb")
    with warehouse.connect(folder / "unwritten.duckdb", Settings()) as connection:
        connection.execute("CREATE TABLE note AS SELECT range AS n FROM range(5000)")
        for suffix in ("", ".wal"):
            shutil.copy(folder / f"unwritten.duckdb{suffix}", folder / f"broken_off.duckdb{suffix}")
    yield folder


@pytest.fixture
def file(loaded: Path, tmp_path: Path) -> Path:
    """The warehouse, to be damaged."""
    return Path(shutil.copy(loaded / "whole.duckdb", tmp_path / "warehouse.duckdb"))


def cut_to(length: int) -> Damage:
    def damage(path: Path) -> None:
        os.truncate(path, length)

    return damage


def over(place: int, content: bytes) -> Damage:
    def damage(path: Path) -> None:
        with path.open("r+b") as opened:
            opened.seek(place)
            opened.write(content)

    return damage


def filled_with(content: bytes) -> Damage:
    def damage(path: Path) -> None:
        path.write_bytes(content)

    return damage


def another_kind(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE load (load_id INTEGER)")
    other.close()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def wal_is_a_folder(path: Path) -> None:
    path.with_name(path.name + ".wal").mkdir()


def noise(length: int) -> bytes:
    return random.Random(1).randbytes(length)


DAMAGES = {
    "empty": cut_to(0),
    "one byte": cut_to(1),
    "cut in the first header": cut_to(100),
    "cut after the first header": cut_to(HEADER),
    "cut in the third header": cut_to(2 * HEADER + 17),
    "cut after the headers": cut_to(3 * HEADER),
    "cut in the first block": cut_to(3 * HEADER + BLOCK // 2),
    "first header zeroed": over(0, bytes(HEADER)),
    "magic bytes changed": over(8, b"XXXX"),
    "another version number": over(12, b"\xff\x00\x00\x00"),
    "second header zeroed": over(HEADER, bytes(HEADER)),
    "third header zeroed": over(2 * HEADER, bytes(HEADER)),
    "a byte of the second header": over(HEADER + 40, b"\x77"),
    "all headers noise": over(0, noise(3 * HEADER)),
    "all blocks zeroed": over(3 * HEADER, bytes(4 * BLOCK)),
    "text": filled_with(b"incident_id,force\n" * 4000),
    "short text": filled_with(b"hello"),
    "Parquet": filled_with(b"PAR1" + bytes(3000) + b"PAR1"),
    "zip": filled_with(b"PK\x03\x04" + bytes(9000)),
    "SQLite": another_kind,
    "noise": filled_with(noise(3 * BLOCK)),
    "a folder": a_folder,
    "WAL is a folder": wal_is_a_folder,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_is_told_at_opening(damage: Damage, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(file)
    code = main(["incidents", "--warehouse", str(file)])
    shown = capsys.readouterr().err
    assert code == 1, shown
    assert DAMAGED in shown
    assert_says_what_to_do(shown, file)


def assert_says_what_to_do(shown: str, file: Path) -> None:
    assert str(file) in shown
    for sign in ("backup", "run again", "landing folder"):
        assert sign in shown
    for sign in ("open. Close it", "unforeseen", "Traceback", "checksum"):
        assert sign not in shown
    assert len(shown.strip().splitlines()) == 1


def blocks(file: Path) -> range:
    return range((file.stat().st_size - 3 * HEADER) // BLOCK)


@pytest.mark.parametrize("content", [bytes(BLOCK), noise(3)], ids=["zeroed", "three bytes"])
def test_damage_is_told_wherever_it_lies(content: bytes, loaded: Path, file: Path) -> None:
    """Block by block: what is not needed to open the file is met while rows are read."""
    met = []
    for block in blocks(loaded / "whole.duckdb"):
        shutil.copy(loaded / "whole.duckdb", file)
        over(3 * HEADER + block * BLOCK + (0 if len(content) == BLOCK else 5000), content)(file)
        try:
            warehouse.read_whole(file, Settings())
        except AttritionError as fault:
            assert fault.exit_code == 1
            assert DAMAGED in str(fault)
            assert_says_what_to_do(str(fault), file)
            met.append(block)
    # Blocks that DuckDB keeps free hold nothing to be damaged.
    assert len(met) >= len(blocks(loaded / "whole.duckdb")) // 2 > 0


@pytest.mark.slow
def test_a_run_over_a_damaged_warehouse_is_told_of_it(
    loaded: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Damage that opening does not meet, met in the middle of a run: nothing is published, and a whole file runs again."""
    monkeypatch.setenv(KEY_VARIABLE, "a key for tests alone, of 32 characters or more")
    monkeypatch.setattr("attrition.publish.people_files.write_people_files", lambda publication, folder: None)
    for block in blocks(file):
        shutil.copy(loaded / "whole.duckdb", file)
        over(3 * HEADER + block * BLOCK, noise(BLOCK))(file)
        try:
            with warehouse.connect(file, Settings(), read_only=True) as connection:
                connection.execute("SELECT count(*) FROM load").fetchall()
        except AttritionError:
            continue
        with pytest.raises(AttritionError, match="damaged"):
            warehouse.read_whole(file, Settings())
        break
    out = tmp_path / "out"
    code = main(
        [*("run", "--direct", "--landing", str(loaded / "landing"), "--as-at", str(AS_AT)),
         *("--out", str(out), "--warehouse", str(file), "--now", "2025-04-15")]
    )  # fmt: skip
    shown = capsys.readouterr().err.rpartition("attrition: ")[2]
    assert code == 1, shown
    assert DAMAGED in shown
    assert_says_what_to_do(shown, file)
    assert not (out / "latest.txt").exists()


WAL_DAMAGES = {
    "an entry's sum": over(20, b"\xde\xad"),
    "an entry": over(100, b"\xde\xad\xbe\xef"),
    "its middle": over(3000, noise(500)),
}


@pytest.mark.parametrize("damage", WAL_DAMAGES.values(), ids=WAL_DAMAGES)
def test_a_damaged_wal_is_told(damage: Damage, loaded: Path, tmp_path: Path) -> None:
    for suffix in ("", ".wal"):
        shutil.copy(loaded / f"broken_off.duckdb{suffix}", tmp_path / f"warehouse.duckdb{suffix}")
    damage(tmp_path / "warehouse.duckdb.wal")
    with pytest.raises(AttritionError, match=DAMAGED) as told:
        warehouse.read_whole(tmp_path / "warehouse.duckdb", Settings())
    assert told.value.exit_code == 1


def test_what_was_in_a_whole_wal_is_there(loaded: Path, tmp_path: Path) -> None:
    for suffix in ("", ".wal"):
        shutil.copy(loaded / f"broken_off.duckdb{suffix}", tmp_path / f"warehouse.duckdb{suffix}")
    with warehouse.connect(tmp_path / "warehouse.duckdb", Settings()) as connection:
        assert connection.execute("SELECT count(*) FROM note").fetchone() == (5000,)


@pytest.mark.parametrize("read_only", ["True", "False"])
def test_only_a_holder_ends_with_five(read_only: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    holding = f"import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only={read_only}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        code = main(["incidents", "--warehouse", str(file)])
        holder.communicate("\n")
    shown = capsys.readouterr().err
    assert code == 5, shown
    assert f"Another program has the warehouse {file} open. Close it" in shown
    assert main(["incidents", "--warehouse", str(file)]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the length of files there")
def test_a_full_disk_is_told(file: Path) -> None:
    """A limit on the length of files stands for the disk's end; DuckDB meets it while writing."""
    import resource

    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    heed = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + BLOCK, most))
    try:
        with pytest.raises(AttritionError, match="no room left on the disk") as told, warehouse.connect(
            file, Settings()
        ) as connection:  # fmt: skip
            connection.execute("CREATE TABLE much AS SELECT md5(range::VARCHAR) AS m FROM range(400000)")
            connection.execute("CHECKPOINT")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
        signal.signal(signal.SIGXFSZ, heed)
    assert told.value.exit_code == 1
    assert str(file) in str(told.value)


PLACE = Path("/data/warehouse.duckdb")


@pytest.mark.parametrize(
    ("kind", "said", "code", "told"),
    [
        # As DuckDB 1.5.5 says it, on Linux and on Windows; the sums and places are made up.
        (duckdb.IOException, f'Could not set lock on file "{PLACE}": Conflicting lock is held in /usr/bin/python3 (PID 7)', 5,
         f"Another program has the warehouse {PLACE} open"),
        (duckdb.IOException, f'Cannot open file "{PLACE}": The process cannot access the file because it is being used by another '
         "process.", 5, f"Another program has the warehouse {PLACE} open"),
        (duckdb.IOException, 'Cannot open file "/out/a.csv": The process cannot access the file because it is being used by another '
         "process.", 1, "Another program has the file /out/a.csv open. Close it and run again."),
        (duckdb.IOException, "Corrupt database file: computed checksum 7 does not match stored checksum 8 in block at location 12288",
         1, DAMAGED),
        (duckdb.IOException, f'Cannot open file "{PLACE}": Permission denied', 1, "this account may not read or write it"),
        (duckdb.IOException, f'Cannot open file "{PLACE}": Access is denied.', 1, "this account may not read or write it"),
        (duckdb.IOException, f'Could not write file "{PLACE}.wal": No space left on device', 1, "no room left on the disk"),
        (duckdb.TransactionException, f'Failed to commit: Could not write file "{PLACE}.wal": No space left on device', 1,
         "no room left on the disk"),
        (duckdb.IOException, 'Could not write file "/out/tables/funnel.parquet": There is not enough space on the disk.', 1,
         "The file /out/tables/funnel.parquet could not be written: there is no room left"),
        (duckdb.IOException, 'Could not read from file "/spill/x.tmp": Input/output error', 1, "See that its disk is there"),
        (duckdb.SerializationException, "Failed to deserialize: field id mismatch", 1, DAMAGED),
        (duckdb.InternalException, "Attempted to access index 7 within vector of size 3", 1, DAMAGED),
        (duckdb.FatalException, "database has been invalidated because of a previous fatal error", 1, DAMAGED),
    ],
)  # fmt: skip
def test_what_duckdb_says_is_told_as_what_it_is(kind: type[duckdb.Error], said: str, code: int, told: str) -> None:
    fault = kind(said)
    assert disk.is_trouble(fault)
    with pytest.raises(AttritionError) as shown, disk.troubles_told(PLACE):
        raise fault
    assert (shown.value.exit_code, isinstance(shown.value, WarehouseBusy)) == (code, code == 5)
    assert told in str(shown.value)


@pytest.mark.parametrize(
    "fault",
    [duckdb.ConversionException("SECRET"), duckdb.BinderException("SECRET"), duckdb.OutOfMemoryException("SECRET")],
)
def test_faults_of_data_and_statements_are_none_of_the_disk(fault: duckdb.Error) -> None:
    with pytest.raises(type(fault)), disk.troubles_told(PLACE):
        raise fault


def test_a_full_disk_is_told_wherever_a_file_is_written() -> None:
    told = paragraph(OSError(28, "No space left on device", "/out/report.html"))
    assert told.startswith("The file /out/report.html could not be written: there is no room left on the disk.")
    assert "unforeseen" not in told
