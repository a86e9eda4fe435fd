"""Writes the tables of a publication as one read-only DuckDB file, for analysts' SQL and for Power BI.

Every table and column carries its meaning as a comment. Figures are those of the tables; views only add labels.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from attrition import reference
from attrition.publish.publication import Publication
from attrition.publish.published_columns import column_note
from attrition.publish.table_files import published_tables, stated
from attrition.publish.workbook_labels import breakdown_label, group_label, row_order

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# The file is built from memory alone and must reach for nothing.
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_ABOUT = "What this file is: one row a fact."
_STAGE = "The stages of the funnel with their labels; sort a stage by stage_order."
_GROUP = "The groups of every breakdown with their labels; sort a group by group_order. Never by size: this is no league table."
_FUNNEL_LABELLED = """
CREATE VIEW funnel_labelled AS
SELECT
    funnel.*,
    stage.stage_label,
    group_label.breakdown_label,
    group_label.group_label,
    group_label.group_order
FROM funnel
LEFT JOIN stage ON funnel.stage = stage.stage
LEFT JOIN group_label ON funnel.breakdown = group_label.breakdown AND funnel."group" = group_label."group"
"""
_HEADLINE = "CREATE VIEW headline AS SELECT * FROM funnel_labelled WHERE breakdown = 'all'{years} ORDER BY {order}"
_VIEWS = {
    "funnel_labelled": "The table funnel with labels. step_rate is never read without step_rate_max.",
    "headline": "The funnel of all cases, with labels. step_rate is never read without step_rate_max.",
}


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _add(
    connection: "duckdb.DuckDBPyConnection", name: str, rows: "pa.Table", comment: str, comments: dict[str, str]
) -> None:
    """Adds a table with its comments."""
    connection.register("given", rows)
    connection.execute(f"CREATE TABLE {_name(name)} AS SELECT * FROM given")
    connection.unregister("given")
    connection.execute(f"COMMENT ON TABLE {_name(name)} IS {_literal(comment)}")
    for column, said in comments.items():
        connection.execute(f"COMMENT ON COLUMN {_name(name)}.{_name(column)} IS {_literal(said)}")


def _add_about(connection: "duckdb.DuckDBPyConnection", publication: Publication) -> None:
    import pyarrow as pa

    facts = stated(publication)
    _add(
        connection,
        "about",
        pa.table({"fact": list(facts), "value": list(facts.values())}),
        _ABOUT,
        {"fact": "What is told.", "value": "What it is."},
    )


def _add_labels(connection: "duckdb.DuckDBPyConnection", groups: set[tuple[str, str]]) -> None:
    import pyarrow as pa

    stages = reference.rows("stage")
    _add(
        connection,
        "stage",
        pa.table(
            {
                "stage": [row["stage"] for row in stages],
                "stage_order": pa.array([int(row["stage_order"]) for row in stages], pa.int32()),
                "stage_label": [row["label"] for row in stages],
            }
        ),
        _STAGE,
        {name: column_note("", name).description for name in ("stage", "stage_order")} | {"stage_label": "Its label."},
    )
    ordered = sorted(groups, key=lambda pair: row_order({"breakdown": pair[0], "group": pair[1]}))
    texts = pa.string()
    _add(
        connection,
        "group_label",
        pa.table(
            {
                "breakdown": pa.array([breakdown for breakdown, _ in ordered], texts),
                "group": pa.array([group for _, group in ordered], texts),
                "breakdown_label": pa.array([breakdown_label(breakdown) for breakdown, _ in ordered], texts),
                "group_label": pa.array([group_label(*pair) for pair in ordered], texts),
                "group_order": pa.array(range(1, len(ordered) + 1), pa.int32()),
            }
        ),
        _GROUP,
        {name: column_note("", name).description for name in ("breakdown", "group")}
        | {
            "breakdown_label": "Label of the breakdown.",
            "group_label": "Label of the group.",
            "group_order": "Place of the group in its code list.",
        },
    )


def _add_views(connection: "duckdb.DuckDBPyConnection", is_protected: bool) -> None:
    connection.execute(_FUNNEL_LABELLED)
    years, order = (
        (" AND period_kind = 'financial_year'", "period, stage_order") if is_protected else ("", "stage_order")
    )
    connection.execute(_HEADLINE.format(years=years, order=order))
    for view, comment in _VIEWS.items():
        connection.execute(f"COMMENT ON VIEW {view} IS {_literal(comment)}")


def write_database(publication: Publication, target: Path) -> None:
    """Write the tables of a publication to `target` (.duckdb) with the tables `about`, `stage` and `group_label`, and the views
    `headline` and `funnel_labelled`.

    A file of that name is replaced; the new one is read-only. One publication always gives the same contents, though not the same
    bytes. Raises AttritionError where a table or a column is not described, OSError or duckdb.IOException where the file cannot be
    written.
    """
    import duckdb

    if target.exists():
        target.chmod(0o644)
        target.unlink()
    groups: set[tuple[str, str]] = set()
    with duckdb.connect(str(target), config=_CLOSED) as connection:
        _add_about(connection, publication)
        for note, table in published_tables(publication):
            comments = {}
            for name in table.column_names:
                about = column_note(note.table, name)
                comments[name] = f"{about.description} Unit: {about.unit}." if about.unit else about.description
            _add(connection, note.table, table, f"{note.title}. {note.description}", comments)
            if {"breakdown", "group"} <= set(table.column_names):
                pairs = zip(table["breakdown"].to_pylist(), table["group"].to_pylist(), strict=True)
                groups.update((breakdown, group) for breakdown, group in pairs if breakdown and group is not None)
        _add_labels(connection, groups)
        _add_views(connection, publication.is_protected)
        connection.execute("CHECKPOINT")
    target.chmod(0o444)
