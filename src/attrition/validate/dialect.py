"""The SQLAlchemy dialect `duckdb+attrition`: DuckDB, read-only, without transactions.

Great Expectations closes its connection before it reads the rows, and duckdb-engine then drops them with the
transaction. Validation never writes, so there is nothing to begin, commit or roll back.
"""

from typing import Any

from duckdb_engine import Dialect
from sqlalchemy.dialects import registry

_OPENED: list[Any] = []


class ReadOnlyDialect(Dialect):
    """duckdb-engine's dialect with transactions left out."""

    driver = "attrition"
    supports_statement_cache = False

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """Opens a connection and remembers it, since Great Expectations keeps some for the life of the process."""
        connection = super().connect(*arguments, **options)
        _OPENED.append(connection)
        return connection

    def do_begin(self, connection: Any) -> None:
        """Nothing to begin."""

    def do_commit(self, connection: Any) -> None:
        """Nothing to commit."""

    def do_rollback(self, connection: Any) -> None:
        """Nothing to roll back."""


def close_all() -> None:
    """Closes every connection that was opened, so that the warehouse is free to be written again."""
    while _OPENED:
        _OPENED.pop().close()


def register() -> None:
    """Makes `duckdb+attrition://` known to SQLAlchemy."""
    registry.register("duckdb.attrition", __name__, "ReadOnlyDialect")
