"""Which months are missing inside a feed, in words. Months and expected numbers only."""

from typing import TYPE_CHECKING

from attrition import reference

if TYPE_CHECKING:
    import duckdb

RULE = "months_missing"
_WHAT = {
    "incident": "No incident reported",
    "investigation": "No investigation row of crimes reported",
    "cps": "No CPS row received",
}


def months_told(connection: "duckdb.DuckDBPyConnection") -> dict[tuple[str, str, str, str], str]:
    """For each extract and area (by the key of its check) which months have no row, and how many rows the months beside them
    let one expect. Reads stg_gap.
    """
    areas = {row["code"]: row["cps_area"] for row in reference.rows("force")}
    found: dict[tuple[str, str, str, str], dict[str, None]] = {}
    # Months that follow each other have the same difference to their number in the row.
    runs = connection.execute(
        "SELECT extract, force, min(month), max(month), max(expected) FROM (SELECT *, date_diff('month', DATE '1990-01-01', month) "
        "- row_number() OVER (PARTITION BY extract, force ORDER BY month) AS run FROM stg_gap) GROUP BY extract, force, run "
        "ORDER BY ALL"
    ).fetchall()
    for extract, force, first, last, expected in runs:
        area = areas.get(force, "") if extract == "cps" else force
        months = f"in {first:%Y-%m}" if first == last else f"from {first:%Y-%m} to {last:%Y-%m}"
        said = f"{_WHAT[extract]} {months}; about {expected:,.0f} are expected by the months beside (of small forces together)."
        found.setdefault((RULE, extract, area, ""), {})[said] = None
    return {key: "\n".join(lines) for key, lines in found.items()}
