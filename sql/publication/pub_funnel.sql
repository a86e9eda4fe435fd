-- The published funnel: one row per group and stage that any case entered.
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
    step_rate,
    step_rate_max,
    rate_of_recorded,
    CASE WHEN stage_order < 8 THEN wilson_lower(progressed, entered) END AS step_rate_lower,
    CASE WHEN stage_order < 8 THEN wilson_upper(progressed, entered) END AS step_rate_upper,
    CASE WHEN stage_order < 8 THEN wilson_lower(progressed + open, entered) END AS step_rate_max_lower,
    CASE WHEN stage_order < 8 THEN wilson_upper(progressed + open, entered) END AS step_rate_max_upper,
    CASE WHEN stage_order > 1 THEN wilson_lower(entered, recorded) END AS rate_of_recorded_lower,
    CASE WHEN stage_order > 1 THEN wilson_upper(entered, recorded) END AS rate_of_recorded_upper,
    CASE WHEN entered < run_context.small_denominator THEN 'Y' ELSE 'N' END AS small
FROM funnel_rate
CROSS JOIN run_context
WHERE period_kind = ''
ORDER BY breakdown_order, "group", stage_order;
