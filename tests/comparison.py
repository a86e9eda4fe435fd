"""Assertions that what was published is what the oracle makes of the same files, and that it adds up."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from attrition import reference
from oracle import Funnel, Held, cases, flat_counts, flat_reasons, funnel, funnel_by_period, rates
from oracle.codes import STAGES
from oracle.linkage import link
from oracle.volumes import (
    positive_outcomes,
    reconciliation,
    tells_exits,
    tells_measure,
    tells_outcomes,
    tells_withdrawal,
    volumes,
    withdrawal,
)
from product_run import Published, Tables, Ward

# Breakdowns whose groups hold every case once.
ADDS_UP = {row["breakdown"] for row in reference.rows("breakdown") if row["adds_up"] == "Y"}


def assert_equal(found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> None:
    """The two say the same; else the first differences are told, not two whole tables."""
    differences = [
        f"{key}: {found.get(key)} published, {expected.get(key)} expected"
        for key in sorted({*found, *expected}, key=str)
        if found.get(key) != expected.get(key)
    ]
    assert not differences, "\n".join([f"{len(differences)} differences", *differences[:12]])


def assert_figures_equal(published: Published, held: Held, as_at: dt.date, empty_means: bool = True) -> None:
    """Every count, reason and rate is the oracle's, by group and by group and period."""
    expected = funnel(held, as_at, empty_means)
    by_period = funnel_by_period(held, as_at, empty_means)
    assert_equal(flat_counts(published.funnel), flat_counts(expected))
    assert_equal(flat_reasons(published.funnel), flat_reasons(expected))
    assert_equal(flat_counts(published.by_period), flat_counts(by_period))
    exact = {
        (*cell, name): rate
        for table in (expected, by_period)
        for cell in table.told
        for name, rate in rates(table, cell).items()
    }
    assert_coverage_equal(published.tables, expected, by_period)
    # Of one numerator and denominator there is one nearest floating-point number.
    assert_equal(published.rates, {cell: None if rate is None else float(rate) for cell, rate in exact.items()})
    assert_volumes_equal(published.tables, held, as_at, empty_means)


def assert_coverage_equal(tables: Tables, expected: Funnel, by_period: Funnel) -> None:
    """Every group has a row for every stage, and each says what can be seen of it, why not, and whether its period is whole."""
    for table, counted in (("funnel", expected), ("funnel_by_period", by_period)):
        keys = ("breakdown", "group", "stage")
        place = keys if table == "funnel" else ("period_kind", "period", *keys)
        said = ("covered", "why", "partial") if table == "funnel_by_period" else ("covered", "why")
        assert_equal(
            {(*(row[column] for column in place), name): row[name] or "" for row in tables[table] for name in said},
            {(*cell, name): getattr(told, name) for cell, told in counted.told.items() for name in said},
        )


def _counts(rows: Iterable[Mapping[str, Any]], place: tuple[str, ...], measures: tuple[str, ...]) -> dict[Any, int]:
    """The counts other than 0, by cell and measure; a cell stands once."""
    found: dict[Any, int] = {}
    for row in rows:
        for measure in measures:
            cell = (*(row[column] for column in place), measure)
            assert cell not in found, "two rows of one cell"
            found[cell] = row[measure]
    return {cell: count for cell, count in found.items() if count}


def assert_volumes_equal(tables: Tables, held: Held, as_at: dt.date, empty_means: bool = True) -> None:
    """Volumes, reconciliation, withdrawal and positive outcomes are the oracle's, with every rate."""
    place = ("force", "period_kind", "period", "side", "scope", "measure", "outcome_group")
    counts, exact = volumes(held, as_at)
    assert_equal(
        _counts(tables["volumes"], place, ("count",)), {(*cell, "count"): count for cell, count in counts.items()}
    )
    found = {tuple(row[c] for c in place): row["rate"] for row in tables["volumes"] if row["rate"] is not None}
    # A numerator of 0 that nothing tells is empty, and so is its rate.
    is_told = tells_measure(held, as_at)
    assert_equal(found, {cell: float(rate) for cell, rate in exact.items() if rate or is_told(cell[0], cell[5])})

    place = ("force", "financial_year", "measure")
    held_against = reconciliation(held, as_at)
    assert_equal(
        _counts(tables["reconciliation"], place, ("count",)),
        {(*cell, "count"): count for cell, count in held_against.items()},
    )

    ends_told = tells_exits(held, as_at, empty_means)
    for table, key, cells, is_told, hanging, shares in (
        (
            "withdrawal",
            "stage",
            withdrawal(held, as_at, empty_means),
            tells_withdrawal(held, as_at, empty_means),
            ("withdrew", "withdrew_lost"),
            {"share_of_lost": ("withdrew_lost", "lost"), "share_of_entered": ("withdrew", "entered")},
        ),
        (
            "positive_outcomes",
            "outcome_set",
            positive_outcomes(held, as_at, empty_means),
            tells_outcomes(held, as_at, empty_means),
            ("with_outcome", "positive"),
            {"positive_rate": ("positive", "recorded"), "positive_share_of_outcomes": ("positive", "with_outcome")},
        ),
    ):
        place, rows = ("breakdown", "group", key), tables[table]
        names = ("entered", "lost", "resolved", "withdrew", "withdrew_lost", "recorded", "with_outcome", "positive")
        measures = tuple(name for name in names if rows and name in rows[0])
        # What is not told is empty, never 0; nor is it known that nothing stopped before a stage that is not told.
        expected = {
            (*cell, name): counts[name]
            if (
                is_told(cell) or (counts[name] and table == "withdrawal")
                if name in hanging
                else counts[name] or name not in ("lost", "resolved") or ends_told(cell)
            )
            else None
            for cell, counts in cells.items()
            for name in measures
        }
        found = {(*(row[c] for c in place), name): row[name] for row in rows for name in measures}
        assert len(found) == len(rows) * len(measures), "two rows of one cell"
        assert_equal(found, expected)
        assert_equal(
            {(*(row[c] for c in place), share): row[share] for row in rows for share in shares},
            {
                (*cell, share): counts[part] / counts[whole] if counts[whole] and is_told(cell) else None
                for cell, counts in cells.items()
                for share, (part, whole) in shares.items()
            },
        )


_LINE_REASONS = {"column_count": "wrong_number_of_columns", "encoding": "unreadable_bytes"}


def _reason(told: str) -> str:
    """A reason of the oracle (`force missing`) in the product's words (`missing_force`)."""
    column, _, what = told.partition(" ")
    return f"{what}_{column}" if what else _LINE_REASONS.get(column, column)


def assert_fates_equal(place: Ward, published: Published, held: Held) -> None:
    """Every file's counts, every quarantined line with its reasons, and every finding on a row."""
    lines = {line.file: line for line in held.loads}
    assert_equal(published.loads, {file: {**line.counts, "out_of_scope": 0} for file, line in lines.items()})
    quarantined = place.quarantined()
    findings = place.row_findings()
    for file, line in lines.items():
        # The header is line 1.
        expected = {position + 2: {_reason(told) for told in reasons} for position, reasons in line.reasons.items()}
        assert_equal(quarantined.get(file, {}), expected)
        by_column: Counter[str] = Counter()
        for (rule, column), count in findings.get(file, Counter()).items():
            by_column[column or rule] += count
        assert_equal(by_column, +line.findings)


def assert_findings_equal(published: Published, held: Held, as_at: dt.date) -> None:
    """Rows without a link, shared URNs and implied stages are reported as often as the oracle finds them."""
    links = link(held.rows)
    crimes = {(row["force"], row["crime_ref"]) for row in held.rows["incident"] if row["incident_class"] == "crime"}
    linked = {id(row) for crime in crimes for row in links.cps.get(crime, [])}
    expected = Counter(
        {
            "cps_unlinked": sum(id(row) not in linked for row in held.rows["cps"]),
            "investigation_unlinked": sum(
                (row["force"], row["crime_ref"]) not in crimes for row in held.rows["investigation"]
            ),
            "urn_shared": links.findings["urn_shared"],
        }
    )
    for case in cases(held, as_at):
        for stage in case.implied:
            expected[f"implied_{stage}"] += 1
    rules = {*expected, *(f"implied_{stage}" for stage in STAGES)}
    found = {rule: published.findings[rule] for rule in rules}
    assert_equal(+Counter(found), +expected)


def assert_conserved(published: Published) -> None:
    """What entered is where it went on to or stands; what went on entered the next stage; groups add up."""
    for table in (published.funnel, published.by_period):
        totals: dict[tuple[str, ...], Counter[str]] = {}
        for cell, counts in table.counts.items():
            stand = counts["open"] + counts["resolved"] + counts["lost"] + counts["completed"]
            assert counts["entered"] == counts["progressed"] + stand
            following = STAGES.index(cell[-1]) + 1
            if following < len(STAGES):
                later = table.counts.get((*cell[:-1], STAGES[following]), Counter())
                assert later["entered"] == counts["progressed"]
            added = {name: count for name, count in counts.items() if name != "crimes"}
            totals.setdefault((*cell[:-2], cell[-1]), Counter()).update(added)
        for cell, counts in totals.items():
            if cell[-2] in ADDS_UP:
                assert_equal(counts, totals[*cell[:-2], "all", cell[-1]])
    exits: dict[tuple[str, ...], Counter[str]] = {}
    for reason, count in published.funnel.reasons.items():
        exits.setdefault(reason[:-1], Counter())[published.exits[reason]] += count
    for cell, counts in published.funnel.counts.items():
        stopped = +Counter({"resolved": counts["resolved"], "lost": counts["lost"]})
        assert exits.get(cell, Counter()) == stopped
