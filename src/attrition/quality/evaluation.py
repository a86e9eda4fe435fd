"""What is amiss as at the day: the checks of sql/checks, joined by what no query can tell (deliveries that are late, weeks
of unusual volume). Reads the models' connection; changes nothing in the warehouse.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from attrition import reference
from attrition.publish.quality_facts import Score
from attrition.quality.gaps import months_told
from attrition.quality.meeting import remedies_of
from attrition.quality.price import price_sentence

if TYPE_CHECKING:
    import duckdb

    from attrition.quality.calendar import Schedule
    from attrition.validate.checks import Check

ROWS_FILE = "check_row.parquet"
MODELS = ("check_open", "check_price", "check_score", "check_spelling_line", "stg_feed")
"""The models that an evaluation reads; whoever opens the connection builds them."""
FEED_RULES = ("feed_late", "delivery_held")
"""While one of these stands for an extract and area, its other checks are silent: they would only repeat it."""
Due = Mapping[tuple[str, str], "Schedule"]


@dataclass(frozen=True)
class Failing:
    """One check that fails for one extract, area and column: rows that fail (None: not about rows), of how many. `remedy`: how to
    mend it here, where more can be said than the rule says of every case.
    """

    rule: str
    extract: str
    area: str
    column: str
    rows: int | None
    records: int | None = None
    price: str = ""
    files: tuple[str, ...] = ()
    remedy: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells one incident from another."""
        return self.rule, self.extract, self.area, self.column


@dataclass(frozen=True)
class Evaluation:
    """Everything that fails, the scores, and the rows to mend as a Parquet file. `only`: the one rule that was judged, where a
    run ended before the others were.
    """

    failing: tuple[Failing, ...]
    scores: tuple[Score, ...] = ()
    rows_file: Path | None = None
    not_run: tuple[str, ...] = field(default=())
    only: str | None = None


def evaluate(
    connection: "duckdb.DuckDBPyConnection",
    folder: Path,
    due: Due,
    checks: "list[Check]",
    now: dt.date,
    sources: Path | None = None,
) -> Evaluation:
    """Reads the built MODELS and writes the rows to mend into `folder`. `sources` is the user's folder of mappings, from which
    remedies are told.
    """
    rows_file = folder / ROWS_FILE
    place = str(rows_file).replace("'", "''")
    connection.execute(
        "COPY (SELECT rule, extract, area, column_name, load_id, line, coalesce(reference, 'line ' || line || ' of load ' || "
        f"load_id) AS record FROM check_row) TO '{place}' (FORMAT parquet)"
    )
    prices = _prices(connection)
    files = _files(connection)
    remedies = remedies_of(connection, sources) | months_told(connection)
    failing = [
        Failing(
            rule, extract, area, column, rows, records, prices.get(key, ""), files.get(key, ()),
            remedies.get(key, ""),
        )
        for rule, extract, area, column, rows, records in connection.execute(
            "SELECT rule, extract, area, column_name, rows, records FROM check_open ORDER BY ALL"
        ).fetchall()
        for key in [(rule, extract, area, column)]
    ]  # fmt: skip
    failing += late_feeds(connection, due, now)
    failing += unusual_weeks(connection)
    failing += could_not_run({check.suite for check in checks if check.unexpected is None}).failing
    scores = connection.execute("SELECT area, extract, month, rows, rows_with_finding FROM check_score ORDER BY ALL")
    return Evaluation(
        tuple(failing),
        tuple(Score(*row) for row in scores.fetchall()),
        rows_file,
        tuple(f"{check.suite}.{check.rule}" for check in checks if check.unexpected is None),
    )


def held_only(connection: "duckdb.DuckDBPyConnection") -> Evaluation:
    """What is amiss with deliveries that the gate holds, where a run ends before its checks; nothing else is judged."""
    rows = connection.execute(
        "SELECT DISTINCT load.extract, coalesce(load_force.force, ''), load.file FROM load LEFT JOIN load_force USING (load_id) "
        "WHERE load.state = 'held' ORDER BY ALL"
    ).fetchall()
    areas = {row["code"]: row["cps_area"] for row in reference.rows("force")}
    found: dict[tuple[str, str], list[str]] = {}
    for extract, force, file in rows:
        area = areas.get(force, "") if extract in ("cps", "cps_event") else force
        found.setdefault((extract, area), []).append(file)
    return Evaluation(
        tuple(
            Failing("delivery_held", extract, area, "", None, files=tuple(sorted(set(files))), price=UNBOUNDED)
            for (extract, area), files in found.items()
        ),
        only="delivery_held",
    )


def could_not_run(suites: Iterable[str]) -> Evaluation:
    """The checks of these suites that could not run, where a run ends there; nothing else is judged."""
    rule = "check_could_not_run"
    return Evaluation(tuple(Failing(rule, suite, "", "", None) for suite in sorted(set(suites))), only=rule)


UNBOUNDED = "What is missing is not known, so no bound can be given for its effect on the rates."
_NOBODY_S = "Whose rows these are cannot be told, so no bound can be given for any force."


def _prices(connection: "duckdb.DuckDBPyConnection") -> dict[tuple[str, str, str, str], str]:
    stages = {row["stage_order"]: row["label"] for row in reference.rows("stage")}
    groups = {row["rule"]: row["rule_group"] for row in reference.rows("rule")}
    steps: dict[tuple[str, str, str, str], list[tuple[str, str, float, float, float]]] = {}
    for rule, extract, area, column, stage, rate, least, greatest in connection.execute(
        "SELECT rule, extract, area, column_name, stage_order, rate, least_rate, greatest_rate FROM check_price "
        "WHERE rate IS NOT NULL AND least_rate IS NOT NULL ORDER BY ALL"
    ).fetchall():
        step = (stages[str(stage)], stages[str(stage + 1)], rate, least, greatest)
        steps.setdefault((rule, extract, area, column), []).append(step)
    prices = {
        key: price_sentence(key[2], found) for key, found in steps.items() if _moves_rates(key[0], key[3], groups)
    }
    for rule, extract, column in connection.execute(
        "SELECT DISTINCT rule, extract, column_name FROM check_row WHERE area = '' AND is_kept_aside"
    ).fetchall():
        prices[rule, extract, "", column] = _NOBODY_S
    for rule, extract, area, column in connection.execute(
        "SELECT rule, extract, area, column_name FROM check_feed WHERE rule IN ('delivery_held', 'feed_reaches_less', 'months_missing')"
    ).fetchall():
        prices[rule, extract, area, column] = UNBOUNDED
    return prices


def _moves_rates(rule: str, column: str, groups: Mapping[str, str]) -> bool:
    """Whether a check can move a rate of the whole force: what only says to which group a case belongs cannot."""
    breakdowns = {row["breakdown"] for row in reference.rows("breakdown")}
    return groups[rule] == "linkage" or (
        groups[rule] not in ("completeness", "schema")
        and column not in breakdowns
        and f"{column}_group" not in breakdowns
    )


def _files(connection: "duckdb.DuckDBPyConnection") -> dict[tuple[str, str, str, str], tuple[str, ...]]:
    rows = connection.execute(
        "SELECT rule, check_row.extract, area, column_name, list(DISTINCT load.file ORDER BY load.file) FROM check_row "
        "JOIN load USING (load_id) GROUP BY ALL UNION ALL SELECT rule, check_feed.extract, area, column_name, "
        "list(DISTINCT load.file) FROM check_feed JOIN load USING (load_id) GROUP BY ALL"
    ).fetchall()
    return {(rule, extract, area, column): tuple(files) for rule, extract, area, column, files in rows}


def late_feeds(connection: "duckdb.DuckDBPyConnection", due: Due, now: dt.date) -> list[Failing]:
    """Deliveries that should have arrived by now, by the schedules that the owners' file states."""
    from attrition.quality.calendar import is_late

    areas = {row["code"]: row["cps_area"] for row in reference.rows("force")}
    latest: dict[tuple[str, str], dt.date] = {}
    for extract, force, loaded_on in connection.execute(
        "SELECT load.extract, coalesce(load_force.force, ''), max(load.loaded_on) FROM load LEFT JOIN load_force "
        "USING (load_id) WHERE load.state IN ('loaded', 'held') GROUP BY ALL"
    ).fetchall():
        area = areas.get(force, "") if extract in ("cps", "cps_event") else force
        known = latest.get((extract, area))
        latest[extract, area] = max(loaded_on, known) if known else loaded_on
    return [
        Failing("feed_late", extract, area, "", None, price=UNBOUNDED)
        for (extract, area), schedule in sorted(due.items())
        if is_late(schedule, latest.get((extract, area)), now)
    ]


def unusual_weeks(connection: "duckdb.DuckDBPyConnection") -> list[Failing]:
    """Forces whose last whole week holds far more or far fewer incidents than the same weeks of earlier years."""
    from attrition.quality.volume import judge, weeks_to_judge

    counts: dict[str, dict[dt.date, int]] = {}
    for force, week, count in connection.execute(
        "SELECT force::VARCHAR, date_trunc('week', reported_date)::DATE, count(*) FROM incident "
        "WHERE coalesce(comparison, 'N') = 'N' GROUP BY ALL"
    ).fetchall():
        counts.setdefault(force, {})[week] = count
    reach = dict(
        connection.execute(
            "SELECT force::VARCHAR, least(covers_to, (SELECT as_at FROM run_context)) FROM stg_feed "
            "WHERE extract = 'incident' AND covers_to IS NOT NULL"
        ).fetchall()
    )
    found = []
    for force in sorted(counts):
        if force in reach:
            volume = judge(counts[force], weeks_to_judge(reach[force]))
            if volume is not None and volume.is_unusual:
                said = f"Week from {volume.week}: {volume.count:,} incidents, where {volume.low:,.0f} to {volume.high:,.0f} are usual."
                found.append(Failing("volume_unusual", "incident", force, "", None, price=said))
    return found
