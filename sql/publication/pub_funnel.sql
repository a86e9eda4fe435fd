-- The published funnel: one row per group and stage.
-- grain: breakdown, group, stage
-- order: breakdown_order, group, stage_order
SELECT
    breakdown,
    "group",
    stage,
    stage_order,
    'incident' AS unit,
    entered,
    progressed,
    open,
    resolved,
    lost,
    completed,
    implied,
    crimes,
    CASE WHEN is_covered THEN 'Y' ELSE 'N' END AS covered,
    coalesce(why, '') AS why,
    step_rate,
    step_rate_max,
    rate_of_recorded,
    step_rate_lower,
    step_rate_upper,
    step_rate_max_lower,
    step_rate_max_upper,
    rate_of_recorded_lower,
    rate_of_recorded_upper,
    small
FROM funnel_rate
WHERE period_kind = ''
ORDER BY breakdown_order, "group", stage_order;
