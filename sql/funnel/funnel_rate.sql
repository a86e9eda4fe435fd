-- The funnel with its rates: proportions, empty where the denominator is 0 or the stage that is divided (for a step rate the
-- next one, too) is not told. step_rate is what has gone on so far,
-- step_rate_max what it would be if every open case went on; the one is never shown without the other. Limits are
-- Wilson's; few cases are marked as small.
-- grain: breakdown, group, period_kind, period, stage_order
WITH recorded AS (
    SELECT breakdown, "group", period_kind, period, entered
    FROM funnel_count
    WHERE stage_order = 2
),

told AS (
    SELECT
        funnel_count.*,
        funnel_count.stage_order > 1
        AND (funnel_count.entered > 0 OR funnel_count.is_told) AS is_entered_told,
        funnel_count.stage_order < 8
        AND (funnel_count.progressed > 0 OR coalesce(following.is_told, TRUE)) AS is_step_told
    FROM funnel_count
    LEFT JOIN funnel_count AS following
        ON
            funnel_count.breakdown = following.breakdown
            AND funnel_count."group" = following."group"
            AND funnel_count.period_kind = following.period_kind
            AND funnel_count.period = following.period
            AND funnel_count.stage_order = following.stage_order - 1
)

SELECT
    f.* EXCLUDE (is_entered_told, is_step_told),
    stage.stage,
    breakdown.breakdown_order::INTEGER AS breakdown_order,
    CASE WHEN is_step_told THEN f.progressed / nullif(f.entered, 0) END AS step_rate,
    CASE WHEN is_step_told THEN (f.progressed + f.open) / nullif(f.entered, 0) END AS step_rate_max,
    CASE WHEN is_entered_told THEN f.entered / nullif(recorded.entered, 0) END AS rate_of_recorded,
    CASE WHEN is_step_told THEN wilson_lower(f.progressed, f.entered) END AS step_rate_lower,
    CASE WHEN is_step_told THEN wilson_upper(f.progressed, f.entered) END AS step_rate_upper,
    CASE WHEN is_step_told THEN wilson_lower(f.progressed + f.open, f.entered) END AS step_rate_max_lower,
    CASE WHEN is_step_told THEN wilson_upper(f.progressed + f.open, f.entered) END AS step_rate_max_upper,
    CASE WHEN is_entered_told THEN wilson_lower(f.entered, recorded.entered) END AS rate_of_recorded_lower,
    CASE WHEN is_entered_told THEN wilson_upper(f.entered, recorded.entered) END AS rate_of_recorded_upper,
    CASE WHEN f.entered < run_context.small_denominator THEN 'Y' ELSE 'N' END AS small
FROM told AS f
CROSS JOIN run_context
INNER JOIN stage ON f.stage_order = stage.stage_order::INTEGER
INNER JOIN breakdown ON f.breakdown = breakdown.breakdown
LEFT JOIN recorded
    ON
        f.breakdown = recorded.breakdown
        AND f."group" = recorded."group"
        AND f.period_kind = recorded.period_kind
        AND f.period = recorded.period;
