"""Published tables for the tests of the workbook and the headline, counted from invented cases."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from published_statistics import statistics
from table_folder import write_tables

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
FEED_OF = {
    "reported": "incident",
    "recorded": "incident",
    "suspect_identified": "investigation",
    "uplifted": "cps",
}
STRANDS = ("race", "religion", "sexual_orientation", "disability", "transgender")
ETHNICITIES = ("asian", "black", "mixed", "not_stated", "other", "unknown", "white")
BUSINESSES = (
    "convenience_store",
    "licensed_premises",
    "not_business",
    "takeaway",
    "taxi_private_hire",
    "unknown",
)
# How often a case goes on, is open, is resolved or is lost at each stage, per hundred.
CHANCES = {
    "reported": (84, 1, 15, 0),
    "recorded": (67, 10, 1, 22),
    "suspect_identified": (35, 17, 5, 43),
    "referred": (61, 18, 3, 18),
    "charged": (78, 21, 0, 1),
    "prosecuted": (50, 39, 0, 11),
    "convicted": (84, 4, 12, 0),
}
REASONS = {
    ("reported", "resolved"): (("non_crime", "Non-crime hate incident", "not recorded"),),
    ("recorded", "resolved"): (("police_20", "Another body has primacy of investigation", "other agency"),),
    ("recorded", "lost"): (
        ("police_14", "No suspect identified; victim does not support action", "victim does not support"),
        ("police_18", "Investigation complete; no suspect identified", "no suspect"),
    ),
    ("suspect_identified", "resolved"): (("police_8", "Community resolution", "out of court"),),
    ("suspect_identified", "lost"): (
        ("police_15", "Suspect identified; victim supports; evidential difficulties", "evidential"),
        ("police_16", "Suspect identified; victim does not support action", "victim does not support"),
    ),
    ("referred", "resolved"): (("cps_out_of_court_disposal", "Out-of-court disposal", "out of court"),),
    ("referred", "lost"): (("cps_nfa_evidential", "No further action: evidential", "evidential"),),
    ("charged", "lost"): (
        ("police_16", "Suspect identified; victim does not support action", "victim does not support"),
    ),
    ("prosecuted", "lost"): (("court_discontinued", "Discontinued", "court"),),
    ("convicted", "resolved"): (("uplift_not_recorded", "Convicted; no uplift recorded", "court"),),
}

Row = dict[str, Any]


def _cases(number: int) -> list[Row]:
    chance = random.Random(20250331)
    cases = []
    for at in range(number):
        stage, state, reason = "reported", "completed", None
        while stage != "uplifted":
            state = chance.choices(("progressed", "open", "resolved", "lost"), CHANCES[stage])[0]
            if state != "progressed":
                reason = chance.choice(REASONS[stage, state]) if state != "open" else None
                break
            stage, state = STAGES[STAGES.index(stage) + 1], "completed"
        year = chance.choice(("2023/24", "2024/25"))
        cases.append(
            {
                "strand": chance.choices(
                    (
                        ("race",),
                        ("religion",),
                        ("sexual_orientation",),
                        ("disability",),
                        ("transgender",),
                        ("race", "religion"),
                        (),
                    ),
                    (66, 7, 12, 9, 2, 3, 1),
                )[0],
                "victim_ethnicity": (chance.choices(ETHNICITIES, (28, 14, 4, 8, 5, 16, 25))[0],),
                "business_type": (chance.choices(BUSINESSES, (8, 6, 60, 7, 9, 10))[0],),
                "area_command": (
                    chance.choice(("northumbria/Northern", "northumbria/=1+1", "northumbria/[a](http://b.c)")),
                ),
                "all": ("all",),
                "financial_year": year,
                "quarter": f"{year} Q{chance.randint(1, 4)}",
                "crime": f"C{at // 2}",
                "force": ("durham",),
                "stage": stage,
                "state": state,
                "reason": reason,
            }
        )
    return cases


def _groups(case: Row, breakdown: str) -> list[str]:
    groups = [""]
    for part in breakdown.split("*"):
        groups = [f"{group}*{value}" if group else value for group in groups for value in case[part]]
    return groups


def _funnel(cases: list[Row], breakdowns: tuple[str, ...], late: frozenset[str]) -> list[Row]:
    counts: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    crimes: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for case in cases:
        furthest = STAGES.index(case["stage"])
        for breakdown in breakdowns:
            for group in _groups(case, breakdown):
                for at, stage in enumerate(STAGES[: furthest + 1]):
                    key = (breakdown, group, stage)
                    counts[key]["entered"] += 1
                    counts[key]["progressed" if at < furthest else case["state"]] += 1
                    if furthest > 0:
                        crimes[key].add(case["crime"])
    rows = []
    groups = sorted({(breakdown, group) for breakdown, group, _ in counts})
    # Every stage of every group is a row, also one that nobody reached.
    for breakdown, group, stage in ((*one, stage) for one in groups for stage in STAGES):
        count = counts[breakdown, group, stage]
        recorded = counts[breakdown, group, "recorded"]["entered"]
        entered = count["entered"]
        feeds = FEED_OF.get(stage, "cps")
        last = stage == "uplifted"
        rows.append(
            {
                "breakdown": breakdown,
                "group": group,
                "stage": stage,
                "stage_order": STAGES.index(stage) + 1,
                "unit": "incident",
                **{name: count[name] for name in ("entered", "progressed", "open", "resolved", "lost", "completed")},
                "implied": 0,
                "crimes": len(crimes[breakdown, group, stage]),
                "covered": "N" if feeds in late else "Y",
                "why": "feed_behind" if feeds in late else "",
                "step_rate": None if last or not entered else count["progressed"] / entered,
                "step_rate_max": None if last or not entered else (count["progressed"] + count["open"]) / entered,
                "rate_of_recorded": None if stage == "reported" or not recorded else entered / recorded,
            }
        )
    return rows


def _reasons(cases: list[Row], breakdowns: tuple[str, ...]) -> list[Row]:
    counted: Counter[tuple[str, ...]] = Counter()
    for case in cases:
        if case["reason"]:
            for breakdown in breakdowns:
                for group in _groups(case, breakdown):
                    counted[breakdown, group, case["stage"], case["state"], *case["reason"]] += 1
    names = ("breakdown", "group", "stage", "exit", "reason", "label", "reason_group")
    return [{**dict(zip(names, key, strict=True)), "count": count} for key, count in sorted(counted.items())]


MAIN = ("all", "strand", "victim_ethnicity", "business_type", "strand*business_type")


def published(number: int = 1500, late: frozenset[str] = frozenset()) -> dict[str, list[Row]]:
    """The published tables, the funnel of `number` invented cases; `late` names extracts whose feed stops too early."""
    cases = _cases(number)
    periods = [
        {"period_kind": kind, "period": period, "partial": "N", **row}
        for kind in ("financial_year", "quarter")
        for period in sorted({case[kind] for case in cases})
        for row in _funnel([case for case in cases if case[kind] == period], ("all", "strand"), late)
    ]
    return {
        **statistics(late),
        "funnel": _funnel(cases, (*MAIN, "area_command", "force"), late),
        "funnel_by_period": periods,
        "reasons": _reasons(cases, (*MAIN, "area_command")),
        "load": [
            {
                "file": file,
                "sha256": digit * 64,
                "source": "contract",
                "extract": extract,
                "delivery": "update",
                "covers_to": "2025-03-31",
                "covers_inferred": "Y",
                "rows_read": number + 29,
                "accepted": number,
                "duplicate": 15,
                "out_of_scope": 0,
                "quarantined": 14,
                "superseded": 0,
                "state": "applied",
            }
            for file, digit, extract in (
                ("incident.csv", "a", "incident"),
                ("=2+2.csv", "b", "investigation"),
                ("@cps.csv", "c", "cps"),
            )
        ],
        "feeds": [
            {
                "extract": extract,
                "force": force,
                "covers_from": "2023-04-01",
                "covers_to": "2025-01-31" if extract in late else "2025-03-31",
                "inferred": "Y",
                "covered": "N" if extract in late else "Y",
                "why": "feed_behind" if extract in late else "",
            }
            for extract, force in (
                ("incident", "northumbria"),
                ("investigation", "northumbria"),
                ("cps", "durham"),
            )
        ],
        "findings": [
            {
                "rule": "urn_shared",
                "extract": "cps",
                "severity": "warning",
                "owner": "CPS Area",
                "label": "+URN shared by several crimes",
                "count": 7,
            }
        ],
        "validation": [
            {
                "suite": "incident",
                "rule": "not empty",
                "column": column,
                "severity": "fail",
                "status": status,
                "unexpected": None if status == "could not run" else 0,
                "checked": number,
            }
            for column, status in (("reported_date", "passed"), (None, "could not run"))
        ],
    }


@pytest.fixture(scope="session")
def published_tables() -> dict[str, list[Row]]:
    """The rows of the tables where every feed reaches far enough."""
    return published()


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory, published_tables: dict[str, list[Row]]) -> Path:
    """A folder of published tables where every feed reaches far enough."""
    return write_tables(tmp_path_factory.mktemp("tables"), published_tables)


@pytest.fixture(scope="session")
def late_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of published tables where the CPS feed stops too early."""
    return write_tables(tmp_path_factory.mktemp("late"), published(400, frozenset({"cps"})))


@pytest.fixture
def make_tables(tmp_path: Path) -> Callable[[dict[str, list[Row]]], Path]:
    """Writes a folder of tables that a test has changed."""
    return lambda tables: write_tables(tmp_path / "tables", tables)


@pytest.fixture(scope="session")
def released_tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder of protected tables for each released tier."""
    return {tier: tmp_path_factory.mktemp(tier) for tier in ("board", "public")}


@pytest.fixture(scope="session")
def all_files(
    tables: Path, released_tables: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """The workbook of each tier as model and files."""
    from protected_tables import made_up
    from workbook_files import files_of
    from workbook_reading import restricted

    folder = tmp_path_factory.mktemp("workbooks")
    return {
        "restricted": files_of(restricted(tables), folder),
        **{tier: files_of(made_up(path, tier), folder) for tier, path in released_tables.items()},
    }


@pytest.fixture(params=("restricted", "board", "public"))
def files(request: pytest.FixtureRequest, all_files: dict[str, Any]) -> Any:
    """The workbook of one tier after the other."""
    return all_files[request.param]
