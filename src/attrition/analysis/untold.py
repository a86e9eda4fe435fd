"""Empties, in every statistical table, the figures that hang on a stage which is not told of their group: missing is not zero.

Whether a stage is told stands in the model funnel_untold; here stands only which columns of a table name the stages.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

MODELS = ("funnel_untold", "funnel_path", "case_path", "stg_told")
# Tables that are written before the statistics are made; they are to be written again.
OF_MODELS = ("fixed_age", "handover")
# What names the stages that a row hangs on, as expressions of SQL; where cases stand at the handover hangs on the referral.
_STAGES_OF = {
    "fixed_age": ("t.stage",),
    "time_to_next_stage": ("t.from_stage", "t.to_stage"),
    "incidence": ("t.from_stage", "t.to_stage"),
    "disparity": ("t.from_stage", "t.to_stage"),
    "consistency": ("t.from_stage", "t.to_stage"),
    "control_charts": ("t.measure",),
    "handover": ("'referred'",),
}
# What names the evidence that a row hangs on beside: what became of those referred is for the CPS to tell.
_EVIDENCE_OF = {"handover": "(SELECT told_by FROM handover WHERE handover.category = t.category)"}
# Columns that place a row or say what it counts stay.
_STAYS = {
    "breakdown", "dimension", "group", "against", "from_stage", "to_stage", "stage", "stage_order", "measure", "period_kind",
    "period", "window_days", "unit", "category", "label", "step_from", "events", "recorded", "with_suspect", "day",
}  # fmt: skip
# What is said beside a figure that is not told.
_SAID = {"usable": "N", "enough_cases": "N", "flagged": "N", "small": "N"}


def empty_untold(connection: "duckdb.DuckDBPyConnection") -> None:
    """Empties the figures of each table `pub_<table>` where their stage is not told. Needs MODELS and the tables to stand built."""
    for table, stages in _STAGES_OF.items():
        columns = [row[0] for row in connection.execute(f"DESCRIBE pub_{table}").fetchall()]
        by = "dimension" if "dimension" in columns else "breakdown"
        emptied = [f'"{column}" = NULL' for column in columns if column not in _STAYS and column not in _SAID]
        emptied += [f"\"{column}\" = '{said}'" for column, said in _SAID.items() if column in columns]
        # A group that the funnel does not have (emergency workers) takes what is not told of all cases.
        untold = (
            f"EXISTS (SELECT 1 FROM funnel_untold AS u WHERE u.stage IN ({', '.join(stages)}) AND "
            f'((u.breakdown = t.{by} AND u."group" = t."group") OR (u.breakdown = \'all\' '
            f'AND NOT EXISTS (SELECT 1 FROM funnel_cell AS c WHERE c.breakdown = t.{by} AND c."group" = t."group"))))'
        )
        if evidence := _EVIDENCE_OF.get(table):
            untold += (
                f' OR EXISTS (SELECT 1 FROM funnel_path AS p JOIN case_path USING (path_id) JOIN stg_told USING ("force") '
                f'WHERE p.breakdown = t.{by} AND p."group" = t."group" AND stg_told.evidence = {evidence} AND NOT stg_told.is_told)'
            )
        connection.execute(f"UPDATE pub_{table} AS t SET {', '.join(emptied)} WHERE {untold}")
