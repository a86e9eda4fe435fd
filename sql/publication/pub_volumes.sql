-- Period volumes of each side, unlinked and therefore apart from the funnel: what the police closed and the CPS received,
-- decided and completed in a period, whenever it was reported. A rate stands beside its numerator; both have one unit.
-- Periods without any are left out. `covered` is N where a feed behind the count ends before the period does.
-- grain: force, period_kind, period, side, scope, measure, outcome_group
WITH definition AS (
    SELECT * FROM count_definition WHERE table_name = 'volumes'
),

rate AS (
    SELECT measure AS rate_name, numerator, denominator FROM measure WHERE table_name = 'volumes'
),

every_force AS (
    SELECT feeds, covers_to FROM volume_feed WHERE "force" = 'all'
)

SELECT
    volume_count."force",
    volume_count.period_kind,
    volume_count.period,
    volume_count.source AS side,
    volume_count.scope,
    volume_count.measure,
    volume_count.outcome_group,
    definition.unit,
    volume_count.count,
    byar_lower(volume_count.count) AS count_lower,
    byar_upper(volume_count.count) AS count_upper,
    rate.rate_name,
    rate.denominator AS of_measure,
    base.count AS of_count,
    volume_count.count / nullif(base.count, 0) AS rate,
    wilson_lower(volume_count.count, base.count) AS rate_lower,
    wilson_upper(volume_count.count, base.count) AS rate_upper,
    CASE
        WHEN
            coalesce(volume_feed.covers_to, every_force.covers_to)
            >= least(volume_count.period_end, run_context.as_at - run_context.coverage_days)
            THEN 'Y'
        ELSE 'N'
    END AS covered,
    definition.dated_by
FROM volume_count
CROSS JOIN run_context
INNER JOIN definition ON volume_count.source = definition.source AND volume_count.measure = definition.measure
-- Counts that are the numerator of no rate stay without one; a group of outcomes has none of its own.
LEFT JOIN rate ON volume_count.measure = rate.numerator AND volume_count.outcome_group = ''
LEFT JOIN volume_count AS base
    ON
        rate.denominator = base.measure
        AND volume_count."force" = base."force"
        AND volume_count.period_kind = base.period_kind
        AND volume_count.period = base.period
        AND volume_count.source = base.source
        AND volume_count.scope = base.scope
        AND volume_count.outcome_group = base.outcome_group
-- A force that has reported no incident (or `unknown`) takes the reach of all forces.
LEFT JOIN volume_feed ON definition.feeds = volume_feed.feeds AND volume_count."force" = volume_feed."force"
LEFT JOIN every_force ON definition.feeds = every_force.feeds
ORDER BY
    volume_count."force" <> 'all',
    volume_count."force",
    list_position(['all', 'financial_year', 'month'], volume_count.period_kind),
    volume_count.period,
    side DESC,
    volume_count.scope,
    volume_count.measure,
    volume_count.outcome_group;
