-- What had become of recorded crimes at the same age: reached within the window, of all that are that old, by period of
-- recording (period empty: all that are old enough). A period whose youngest case is not that old yet shows no figure, but the
-- day on which it can be used (as its cases are known today).
-- grain: breakdown, group, period_kind, period, stage
-- order: breakdown_order, group, period_kind, period, stage_order
WITH judged AS (
    SELECT
        age_count.*,
        CASE
            WHEN age_count.period_kind = '' THEN age_count.old_enough > 0
            ELSE
                age_count.old_enough = age_count.recorded
                AND age_count.period_end <= (SELECT min(case_window.recorded_seen_to) FROM case_window)
        END AS is_usable
    FROM age_count
)

SELECT
    judged.breakdown,
    judged."group",
    judged.period_kind,
    judged.period,
    milestone.stage,
    stage.stage_order::INTEGER AS stage_order,
    judged.window_days,
    'incident' AS unit,
    judged.recorded,
    judged.old_enough,
    CASE WHEN judged.is_usable THEN judged.reached END AS reached,
    CASE WHEN judged.is_usable THEN judged.reached / judged.old_enough END AS rate,
    CASE WHEN judged.is_usable THEN wilson_lower(judged.reached, judged.old_enough) END AS rate_lower,
    CASE WHEN judged.is_usable THEN wilson_upper(judged.reached, judged.old_enough) END AS rate_upper,
    milestone.from_stage AS step_from,
    CASE WHEN judged.is_usable THEN judged.step_entered END AS step_entered,
    CASE WHEN judged.is_usable THEN judged.step_progressed END AS step_progressed,
    CASE WHEN judged.is_usable THEN judged.step_progressed / nullif(judged.step_entered, 0) END AS step_rate,
    CASE WHEN judged.is_usable THEN wilson_lower(judged.step_progressed, judged.step_entered) END AS step_rate_lower,
    CASE WHEN judged.is_usable THEN wilson_upper(judged.step_progressed, judged.step_entered) END AS step_rate_upper,
    CASE WHEN judged.old_enough < run_context.small_denominator THEN 'Y' ELSE 'N' END AS small,
    judged.untimed,
    CASE WHEN judged.is_usable THEN 'Y' ELSE 'N' END AS usable,
    CASE WHEN NOT judged.is_usable THEN judged.complete_on END AS usable_from
FROM judged
CROSS JOIN run_context
INNER JOIN milestone ON judged.milestone_no = milestone.milestone_no::INTEGER
INNER JOIN stage ON milestone.stage = stage.stage
INNER JOIN breakdown ON judged.breakdown = breakdown.breakdown
ORDER BY breakdown.breakdown_order::INTEGER, judged."group", judged.period_kind, judged.period, stage_order;
