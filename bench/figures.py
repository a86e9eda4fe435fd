"""What the floors share: how a CSV file is read, and whether their figures are right, held against the record of what
is true of the made-up extracts and against the product's tables. No step that a floor is timed for stands here.
"""

import csv
import json
from collections.abc import Iterable
from pathlib import Path

AS_AT = "2025-03-31"
REFERENCE = Path(__file__).parent.parent / "data" / "reference"
HOW = "all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', ignore_errors = true"
TRUTH = "truth_MADE_UP.json"
STAGES = (
    "reported",
    "recorded",
    "suspect_identified",
    "referred",
    "charged",
    "prosecuted",
    "convicted",
    "uplifted",
)
MEASURES = ("entered", "progressed", "open", "resolved", "lost", "completed", "crimes")

Figures = dict[tuple[str, ...], int]


def funnel(rows: Iterable[tuple[object, ...]]) -> Figures:
    """Figures by (breakdown, group, stage, measure), 0 left out, from rows of breakdown, group, the number of the
    stage (1 to 8) and one count per measure."""
    return {
        (str(breakdown), str(group), STAGES[int(str(stage)) - 1], measure): int(str(count))
        for breakdown, group, stage, *counts in rows
        for measure, count in zip(MEASURES, counts, strict=True)
        if int(str(count))
    }


def differences(found: Figures, expected: Figures) -> int:
    """How many figures differ, are missing or are too many."""
    return sum(found.get(key, 0) != expected.get(key, 0) for key in found.keys() | expected.keys())


def literal(path: Path) -> str:
    """A path as it may stand in a literal of SQL."""
    return path.as_posix().replace("'", "''")


def truth(landing: Path) -> Figures:
    """The true funnel of made-up extracts, in the breakdowns that its record holds."""
    stated = json.loads((landing / TRUTH).read_text(encoding="utf-8"))["funnel"]
    keyed = {tuple(name.split("|")): count for name, count in stated.items()}
    return {key: count for key, count in keyed.items() if key[3] in MEASURES}


def against_truth(landing: Path, found: Figures) -> str:
    """One line: whether the funnel agrees with the record of what is true, in each breakdown that both have."""
    verdicts = []
    true = truth(landing)
    for breakdown in ("all", "strand", "business_type"):
        here, there = (
            {key: count for key, count in figures.items() if key[0] == breakdown} for figures in (found, true)
        )
        wrong = differences(here, there)
        verdicts.append(f"{breakdown} {'equal' if not wrong else f'DIFFERS in {wrong} figures'} ({len(there)})")
    return "funnel against the truth: " + ", ".join(verdicts)


def product_funnel(tables: Path) -> Figures:
    """The product's `funnel.csv` in the same form."""
    with (tables / "funnel.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["breakdown"], row["group"], row["stage"], measure): int(row[measure])
            for row in csv.DictReader(file)
            for measure in MEASURES
            if int(row[measure])
        }


def product_periods(tables: Path) -> Figures:
    """The product's `funnel_by_period.csv` by (breakdown, period, group, stage, measure)."""
    with (tables / "funnel_by_period.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["breakdown"], row["period"], row["group"], row["stage"], measure): int(row[measure])
            for row in csv.DictReader(file)
            for measure in MEASURES
            if int(row[measure])
        }


def product_reasons(tables: Path) -> Figures:
    """The product's `reasons.csv` by (breakdown, group, stage, reason)."""
    with (tables / "reasons.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["breakdown"], row["group"], row["stage"], row["reason"]): int(row["count"])
            for row in csv.DictReader(file)
        }


Tables = tuple[Figures, Figures, Figures]


def of_fair_floor(work: Path) -> Tables:
    """The fair floor's funnel, funnel by period and reasons, from the file that it leaves in its work folder."""
    import duckdb

    measures = ", ".join(f"coalesce({measure}, 0)" for measure in MEASURES)
    with duckdb.connect(str(work / "floor.duckdb"), read_only=True) as connection:
        rows = connection.execute(f"SELECT breakdown, period, grp, stage, {measures} FROM funnel").fetchall()
        exits = connection.execute("SELECT breakdown, grp, stage, reason, n FROM reasons").fetchall()
    return _tables(rows, exits)


def of_pandas(work: Path) -> Tables:
    """The pandas script's funnel, funnel by period and reasons, from the folder that it leaves in its work folder."""
    import pandas as pd

    rows = pd.read_parquet(work / "pandas" / "funnel.parquet")
    exits = pd.read_parquet(work / "pandas" / "reasons.parquet")
    return _tables(
        rows[["breakdown", "period", "grp", "stage", *MEASURES]].itertuples(index=False, name=None),
        exits[["breakdown", "grp", "stage", "reason", "n"]].itertuples(index=False, name=None),
    )


def _tables(rows: Iterable[tuple[object, ...]], exits: Iterable[tuple[object, ...]]) -> Tables:
    by_period: Figures = {}
    over_all = []
    for breakdown, period, group, stage, *counts in rows:
        if period:
            found = funnel([(breakdown, group, stage, *counts)])
            by_period |= {(key[0], str(period), *key[1:]): count for key, count in found.items()}
        else:
            over_all.append((breakdown, group, stage, *counts))
    reasons = {
        (str(breakdown), str(group), STAGES[int(str(stage)) - 1], str(reason)): int(str(count))
        for breakdown, group, stage, reason, count in exits
    }
    return funnel(over_all), by_period, reasons
