"""All statistical tables of a publication: which models they need, and their making in one go."""

from typing import TYPE_CHECKING

from attrition.analysis import consistency, curves, disparities, pilots, untold
from attrition.settings import Settings

if TYPE_CHECKING:
    import duckdb

MODELS = tuple(sorted({*curves.MODELS, *disparities.MODELS, *consistency.MODELS, *pilots.MODELS, *untold.MODELS}))
TABLES = (*curves.TABLES, *disparities.TABLES, *consistency.TABLES, *pilots.TABLES)


def build(connection: "duckdb.DuckDBPyConnection", settings: Settings) -> None:
    """Makes the table `pub_<name>` for each name in TABLES. Needs MODELS to stand built."""
    curves.build(connection, settings.small_denominator)
    disparities.build(connection, settings)
    consistency.build(connection, settings.small_denominator)
    pilots.build(connection, settings)
    untold.empty_untold(connection)
