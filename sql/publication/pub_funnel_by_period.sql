-- The published funnel by financial year and by quarter of the report, for the first five breakdowns.
-- grain: breakdown, period_kind, period, group, stage
SELECT
    breakdown,
    period_kind,
    period,
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
    rate_of_recorded
FROM funnel_rate
WHERE period_kind <> ''
ORDER BY breakdown_order, period_kind, period, "group", stage_order;
