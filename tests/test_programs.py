"""Tests that need a program beyond Python say which package holds it; where CI=true they fail rather than be skipped unseen."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from programs import NO_CALC, NO_CHROMIUM, NO_PDFTOTEXT, NO_WRITER
from share_of_cases import first

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
ABSENT = """
import pytest
from programs import NO_CHROMIUM

@pytest.mark.skip(reason=NO_CHROMIUM)
def test_by_mark():
    raise AssertionError

def test_in_the_middle():
    pytest.skip(NO_CHROMIUM)

def test_for_another_reason():
    pytest.skip("not on this system")

def test_that_runs():
    assert True
"""


@pytest.mark.parametrize(("ci", "failed", "skipped"), first(1, [("true", 2, 1), ("", 0, 3), ("false", 0, 3)]))
def test_a_missing_browser_fails_where_nobody_would_see_the_skip(
    ci: str, failed: int, skipped: int, tmp_path: Path
) -> None:
    (tmp_path / "test_absent.py").write_text(ABSENT, encoding="utf-8")
    places = os.pathsep.join([str(TESTS), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rsf", "-p", "conftest", "-p", "no:cacheprovider", "test_absent.py"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": places, "CI": ci}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == (1 if failed else 0), done.stdout + done.stderr
    told = done.stdout.splitlines()[-1]
    assert "1 passed" in told
    assert f"{skipped} skipped" in told
    # A skip by mark comes before the test, where pytest calls a failure an error.
    assert ("1 failed" in told, "1 error" in told) == (failed > 0, failed > 0)
    assert NO_CHROMIUM in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="the script is one for Linux")
@pytest.mark.parametrize(
    ("targets", "installed", "asked", "made"),
    [
        ([], "", "chromium fonts-liberation poppler-utils", "test"),
        ([], "chromium fonts-liberation poppler-utils", "", "test"),
        (["test"], "fonts-liberation", "chromium poppler-utils", "test"),
        (["test", "test-slow"], "chromium fonts-liberation poppler-utils",
         "libreoffice-calc-nogui libreoffice-writer-nogui", "test test-slow"),
    ],
)  # fmt: skip
def test_a_new_machine_gets_the_packages_that_it_lacks(
    targets: list[str], installed: str, asked: str, made: str, tmp_path: Path
) -> None:
    """The script with stand-ins for the system's programs: it asks for what is missing, never interactively, then makes."""
    stand_ins = {
        "apt-get": 'echo "$DEBIAN_FRONTEND: apt-get $*" >> "$LOG" < /dev/null',
        "dpkg-query": f'for last; do :; done; case " {installed} " in *" $last "*) echo "install ok installed";; *) exit 1;; esac',
        "git": 'for last; do :; done; mkdir -p "$last"',
        "make": 'echo "make $*" >> "$LOG"',
        "id": "echo 0",
    }
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, does in stand_ins.items():
        (folder / name).write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        (folder / name).chmod((folder / name).stat().st_mode | stat.S_IXUSR)
    log = tmp_path / "log"
    log.touch()
    done = subprocess.run(
        [str(ROOT / ".ci" / "run"), *targets], capture_output=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL,
        env=os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "LOG": str(log)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *apt, last = log.read_text(encoding="utf-8").splitlines()
    assert last == f"make lint {made}"
    assert all(line.startswith("noninteractive: apt-get ") for line in apt)
    wanted = [line.partition(" install ")[2].split() for line in apt if " install " in line]
    assert [[word for word in words if not word.startswith("-")] for words in wanted] == (
        [asked.split()] if asked else []
    )


def test_the_readme_names_every_package() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Two commands")[2].partition("\n## ")[0]
    for reason in (NO_CHROMIUM, NO_CALC, NO_WRITER, NO_PDFTOTEXT):
        package = reason.partition("(Debian package ")[2].rstrip(")")
        assert f"`{package}`" in section
