"""Names the rows that break a hand-written rule. Great Expectations counts them and lists at most a few; an owner needs all."""

from typing import TYPE_CHECKING

from attrition.contract import load_contracts
from attrition.validate.suites import row_rules

if TYPE_CHECKING:
    import duckdb


def name_rows(connection: "duckdb.DuckDBPyConnection") -> None:
    """Fills `expectation_row` (rule, load_id, line) with every row in force that breaks a rule of expectations/rules."""
    connection.execute("CREATE OR REPLACE TABLE expectation_row (rule VARCHAR, load_id INTEGER, line BIGINT)")
    for extract in load_contracts():
        for rule, wrong_where in row_rules(extract).items():
            connection.execute(
                f"INSERT INTO expectation_row SELECT $rule, load_id, line FROM {extract} WHERE {wrong_where}",
                {"rule": rule},
            )
