"""Runs the floors and the product on the same extracts in one sitting, turn by turn, and writes bench/results.md.

    python bench/run.py [N ...] [--runs 3] [--only NAME ...] [--no-prefect]

Every contestant is a process of its own. Wall time runs from its start to its end; CPU time and peak memory are what
the system says of the process (not on Windows). Rounds are interleaved (A B C, A B C), so that a busy spell of the
computer meets all alike. Figures are the medians of the rounds, the span of the wall times beside them. After the last
round the funnels are held against each other, figure by figure.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import figures
from make_extracts import extracts

HERE = Path(__file__).parent
RESULTS = HERE / "results.md"
KEY = "a key for made-up extracts only: 0123456789"
STAGES = ("start_up", "ingest", "validate", "compute", "judge", "publish")
QUIET_LOAD = 0.5
"""Load average (processes that want to run) up to which the computer counts as idle before the first turn."""


@dataclass
class Turn:
    """One process: seconds of wall and CPU time, peak memory in MB, seconds by stage where the process tells them."""

    wall: float
    cpu: float | None
    memory: float | None
    stages: dict[str, float]


@dataclass
class Contestant:
    """What is run: its name, what it does, its command for a landing and a work folder, and its turns."""

    name: str
    does: str
    command: Sequence[str]
    rounds: int
    turns: list[Turn] = field(default_factory=list)

    def median(self, measure: str) -> float | None:
        """The median of a measure over the turns; None where it is not known."""
        values = [value for turn in self.turns if (value := getattr(turn, measure)) is not None]
        return statistics.median(values) if values else None


def contestants(rounds: int, prefect: bool) -> list[Contestant]:
    """All contestants. In the commands LANDING and WORK stand for folders."""
    script = [sys.executable]
    product = [sys.executable, "-m", "attrition.cli", "run", "--landing", "LANDING", "--as-at", figures.AS_AT]
    product += ["--out", "WORK/out", "--warehouse", "WORK/warehouse.duckdb"]
    made = [
        Contestant(
            "plain floor", "DuckDB, stages only", [*script, str(HERE / "floor.py"), "LANDING"], rounds
        ),
        Contestant(
            "fair floor", "DuckDB by hand, the whole funnel",
            [*script, str(HERE / "fair_floor.py"), "LANDING", "WORK/floor.duckdb"], rounds,
        ),
        Contestant(
            "pandas", "pandas, the whole funnel",
            [*script, str(HERE / "pandas_script.py"), "LANDING", "WORK/pandas"], rounds,
        ),
        Contestant("product", "`attrition run --direct`", [*product, "--direct"], rounds),
    ]  # fmt: skip
    return made + ([Contestant("product, Prefect", "`attrition run`", product, 1)] if prefect else [])


def run(contestant: Contestant, landing: Path, work: Path) -> Turn:
    """Runs a contestant once in an empty work folder. Raises RuntimeError, with its last lines, if it fails."""
    stages_file = work / "stages.json"
    environment = os.environ | {
        "ATTRITION_PSEUDONYM_KEY": KEY,
        "ATTRITION_TIMINGS": str(stages_file),
        "PREFECT_HOME": str(work / "prefect"),
        "PYTHONUTF8": "1",
    }
    command = [part.replace("LANDING", str(landing)).replace("WORK", str(work)) for part in contestant.command]
    cpu = memory = None
    with (work / "output.txt").open("w+", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        if hasattr(os, "wait4"):
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            cpu = usage.ru_utime + usage.ru_stime
            memory = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
        else:
            process.wait()
        wall = time.perf_counter() - started
        output.seek(0)
        told = output.read()
    if process.returncode:
        raise RuntimeError(f"{contestant.name} ended with {process.returncode}:\n{told[-2000:]}")
    if "DIFFERS" in told:
        raise RuntimeError(f"{contestant.name} has wrong figures:\n{told[-2000:]}")
    stages = json.loads(stages_file.read_text(encoding="utf-8")) if stages_file.exists() else {}
    return Turn(wall, cpu, memory, stages)


def agreement(folders: dict[str, Path]) -> list[str]:
    """How the funnels of the last round agree: fair floor and pandas against the product, every figure."""
    if "product" not in folders:
        return []
    tables = folders["product"] / "out" / figures.AS_AT / "tables"
    expected = (figures.product_funnel(tables), figures.product_periods(tables), figures.product_reasons(tables))
    told = []
    for name in ("fair floor", "pandas"):
        if name in folders:
            found = figures.of_fair_floor(folders[name]) if name == "fair floor" else figures.of_pandas(folders[name])
            for what, here, there in zip(("funnel", "funnel by period", "reasons"), found, expected, strict=True):
                wrong = figures.differences(here, there)
                verdict = "all equal" if not wrong else f"{wrong:,} DIFFER"
                told.append(f"{name} and product, {what}: {len(there):,} figures, {verdict}")
    return told


def race(incidents: int, rounds: int, only: list[str], prefect: bool) -> str:
    """Runs all contestants on the extracts of one size and returns the section of the results."""
    landing = extracts(incidents).resolve()
    files = sorted(landing.glob("*.csv"))
    size = sum(len(file.read_bytes()) for file in files) / 1e6  # also brings the files into the system's cache
    running = [c for c in contestants(rounds, prefect) if not only or c.name in only]
    busy = []
    told: list[str] = []
    with tempfile.TemporaryDirectory(prefix="attrition_bench_", ignore_cleanup_errors=True) as folder:
        last: dict[str, Path] = {}
        for number in range(rounds):
            for contestant in (c for c in running if number < c.rounds):
                work = Path(folder) / f"{number}_{contestant.name.replace(', ', '_').replace(' ', '_')}"
                work.mkdir()
                busy.append(os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0)
                turn = run(contestant, landing, work)
                contestant.turns.append(turn)
                last[contestant.name] = work
                print(
                    f"{incidents:>9,}  round {number + 1}  {contestant.name:17} {turn.wall:7.1f} s  load {busy[-1]:.1f}"
                )
        told = agreement(last)
    return section(incidents, size, running, told, busy)


def _number(value: float | None, form: str = "{:.1f}") -> str:
    return "-" if value is None else form.format(value)


def section(incidents: int, size: float, running: list[Contestant], told: list[str], busy: list[float]) -> str:
    """The results of one size as Markdown."""
    fair = next((c.median("wall") for c in running if c.name == "fair floor"), None)
    fair_cpu = next((c.median("cpu") for c in running if c.name == "fair floor"), None)
    lines = [
        f"## {incidents:,} incidents ({size:.0f} MB of CSV)",
        "",
        "| contestant | what it is | runs | wall s (median) | span | CPU s | peak MB | wall / fair floor | CPU / fair floor |",
        "|---|---|---:|---:|---|---:|---:|---:|---:|",
    ]
    for c in running:
        wall, cpu = c.median("wall"), c.median("cpu")
        span = f"{min(t.wall for t in c.turns):.1f} to {max(t.wall for t in c.turns):.1f}"
        lines.append(
            f"| {c.name} | {c.does} | {len(c.turns)} | {_number(wall)} | {span} | {_number(cpu)} | "
            f"{_number(c.median('memory'), '{:.0f}')} | {_number(wall / fair if wall and fair else None, '{:.2f}')} | "
            f"{_number(cpu / fair_cpu if cpu and fair_cpu else None, '{:.2f}')} |"
        )
    for c in running:
        stages = {name: [t.stages[name] for t in c.turns if name in t.stages] for name in STAGES}
        if any(stages.values()):
            shown = ", ".join(
                f"{name.replace('_', '-')} {statistics.median(v):.1f} s" for name, v in stages.items() if v
            )
            start_up = statistics.median(stages["start_up"]) if stages["start_up"] else 0.0
            wall = c.median("wall")
            without = f"; without start-up {(wall - start_up) / fair:.2f} of the fair floor" if wall and fair else ""
            lines += ["", f"Stages of {c.name}: {shown}{without}."]
    if told:
        lines += ["", *(f"* {line}" for line in told)]
    if busy and (busy[0] > QUIET_LOAD or max(busy) > (os.cpu_count() or 1) + QUIET_LOAD):
        lines += [
            "",
            f"The computer was not idle: load average {min(busy):.1f} to {max(busy):.1f} before the turns. Wall times are "
            "too long; the ratios hold only roughly, and CPU times grow with the load too.",
        ]
    return "\n".join(lines)


def main() -> None:
    """Runs the sizes asked for and writes the results."""
    stated = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    stated.add_argument("incidents", type=int, nargs="*", default=[100_000, 1_400_000])
    stated.add_argument("--runs", type=int, default=3, help="rounds (default 3); Prefect runs in the first only")
    stated.add_argument("--only", nargs="*", default=[], metavar="NAME", help="contestants by name (default: all)")
    stated.add_argument("--no-prefect", action="store_true", help="leave out the run through Prefect")
    stated.add_argument("--results", type=Path, default=RESULTS, help="where to write (default bench/results.md)")
    given = stated.parse_args()
    import duckdb
    import pandas

    sections = [race(n, max(given.runs, 1), given.only, not given.no_prefect) for n in given.incidents]
    head = (
        "# Benchmark results\n\nWritten by `bench/run.py`; what is measured is said in bench/README.md.\n\n"
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}, "
        f"DuckDB {duckdb.__version__}, pandas {pandas.__version__}."
    )
    text = "\n\n".join([head, *sections]) + "\n"
    given.results.write_text(text, encoding="utf-8", newline="\n")
    print("\n" + text)


if __name__ == "__main__":
    main()
