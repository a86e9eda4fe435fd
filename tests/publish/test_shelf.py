"""The shelf: a finished folder gets the next free name, what carries the name is made for it, latest.txt names it."""

import datetime as dt
from pathlib import Path

import pytest

from attrition.errors import AttritionError
from attrition.publish.shelf import name_latest, newest, put_out, workshop

AS_AT = dt.date(2025, 3, 31)


def built(out: Path) -> Path:
    folder = workshop(out, out / "warehouse.duckdb")
    (folder / "report.html").write_text("report", encoding="utf-8")
    return folder


def test_what_carries_the_name_is_made_before_the_folder_has_it(tmp_path: Path) -> None:
    told: list[tuple[str, bool]] = []

    def finish(name: str) -> None:
        told.append((name, (tmp_path / name).exists()))
        (folder / "name.txt").write_text(name, encoding="utf-8")

    for expected in ("2025-03-31", "2025-03-31_r2", "2025-03-31_r3"):
        folder = built(tmp_path)
        target = put_out(folder, tmp_path, AS_AT, finish)
        assert target == tmp_path / expected
        assert (target / "name.txt").read_text(encoding="utf-8") == expected
        assert newest(tmp_path) == target
        assert not folder.exists()
    assert told == [("2025-03-31", False), ("2025-03-31_r2", False), ("2025-03-31_r3", False)]


def test_a_name_taken_in_between_is_not_overwritten_and_the_next_one_is_told(tmp_path: Path) -> None:
    folder, told = built(tmp_path), []

    def finish(name: str) -> None:
        told.append(name)
        if name == "2025-03-31":
            (tmp_path / name).mkdir()
            (tmp_path / name / "report.html").write_text("of another run", encoding="utf-8")

    target = put_out(folder, tmp_path, AS_AT, finish)
    assert told == ["2025-03-31", "2025-03-31_r2"]
    assert target.name == "2025-03-31_r2"
    assert (tmp_path / "2025-03-31" / "report.html").read_text(encoding="utf-8") == "of another run"
    assert newest(tmp_path) == target


def test_a_folder_that_cannot_be_finished_is_not_put_out(tmp_path: Path) -> None:
    def finish(name: str) -> None:
        raise AttritionError("no room on the disk")

    folder = built(tmp_path)
    with pytest.raises(AttritionError, match="no room"):
        put_out(folder, tmp_path, AS_AT, finish)
    assert not (tmp_path / "2025-03-31").exists()
    assert not (tmp_path / "latest.txt").exists()


def test_a_folder_that_cannot_be_moved_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = built(tmp_path)

    def held(self: Path, target: Path) -> Path:
        raise PermissionError("another program looks into it")

    monkeypatch.setattr(Path, "rename", held)
    with pytest.raises(AttritionError, match=r"could not be moved to .*2025-03-31\. Close what looks into"):
        put_out(folder, tmp_path, AS_AT)
    assert not (tmp_path / "latest.txt").exists()


@pytest.mark.parametrize("text", ["", "\n", ".", "2099-01-01", "..", "../2025-03-31", "report.html"])
def test_a_latest_that_names_no_publication_names_none(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out"
    (out / "2025-03-31").mkdir(parents=True)
    (tmp_path / "2025-03-31").mkdir()
    (out / "report.html").write_text("x", encoding="utf-8")
    (out / "latest.txt").write_text(text, encoding="utf-8")
    assert newest(out) is None


def test_latest_names_one_at_a_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        name_latest(tmp_path, name)
        assert newest(tmp_path) == tmp_path / name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "latest.txt"]
