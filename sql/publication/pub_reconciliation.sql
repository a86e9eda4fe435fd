-- Our counts held against both sides, by force and financial year. Every total stands beside the parts that it falls into:
-- linked to a hate case, linked to another crime, unlinked. `note` says what is counted, `dated_by` by which day.
-- grain: force, financial_year, measure
WITH definition AS (
    SELECT
        *,
        row_number() OVER (ORDER BY list_position(['incident', 'crime', 'suspect', 'defendant'], unit), measure)
            AS definition_order
    FROM count_definition
    WHERE table_name = 'reconciliation'
),

every_force AS (
    SELECT feeds, covers_to FROM volume_feed WHERE "force" = 'all'
)

SELECT
    volume_reconciliation."force",
    volume_reconciliation.financial_year,
    volume_reconciliation.measure,
    definition.source,
    definition.unit,
    volume_reconciliation.count,
    CASE
        WHEN
            coalesce(volume_feed.covers_to, every_force.covers_to)
            >= least(
                make_date(left(volume_reconciliation.financial_year, 4)::INTEGER + 1, 3, 31),
                run_context.as_at - run_context.coverage_days
            )
            THEN 'Y'
        ELSE 'N'
    END AS covered,
    definition.dated_by,
    definition.meaning AS note
FROM volume_reconciliation
CROSS JOIN run_context
INNER JOIN definition ON volume_reconciliation.measure = definition.measure
-- A force that has reported no incident (or `unknown`) takes the reach of all forces.
LEFT JOIN volume_feed ON definition.feeds = volume_feed.feeds AND volume_reconciliation."force" = volume_feed."force"
LEFT JOIN every_force ON definition.feeds = every_force.feeds
ORDER BY volume_reconciliation."force", volume_reconciliation.financial_year, definition.definition_order;
