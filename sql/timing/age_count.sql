-- What had become of recorded cases at each fixed age, in every group and period of recording (period empty: all periods): the
-- counts of age_month, summed. complete_on: the first day on which the whole period is old enough, as its cases are known today.
-- grain: breakdown, group, period_kind, period, milestone_no
WITH dated AS (
    SELECT
        age_month.*,
        stg_period.financial_year,
        stg_period.quarter,
        (date_trunc('quarter', age_month.month) + INTERVAL 3 MONTHS - INTERVAL 1 DAY)::DATE AS quarter_end,
        (date_trunc('year', age_month.month - INTERVAL 3 MONTHS) + INTERVAL 15 MONTHS - INTERVAL 1 DAY)::DATE AS year_end
    FROM age_month
    INNER JOIN stg_period ON age_month.month = stg_period.day
),

by_period AS (
    SELECT '' AS period_kind, '' AS period, NULL::DATE AS period_end, * FROM dated
    UNION ALL
    SELECT 'financial_year' AS period_kind, financial_year AS period, year_end AS period_end, * FROM dated
    UNION ALL
    SELECT 'quarter' AS period_kind, quarter AS period, quarter_end AS period_end, * FROM dated
),

setting AS (
    SELECT 'suspect_days' AS setting, suspect_days AS days FROM run_context
    UNION ALL
    SELECT 'referral_days' AS setting, referral_days AS days FROM run_context
    UNION ALL
    SELECT 'charge_days' AS setting, charge_days AS days FROM run_context
    UNION ALL
    SELECT 'conviction_days' AS setting, conviction_days AS days FROM run_context
),

age AS (
    SELECT milestone.milestone_no::INTEGER AS milestone_no, setting.days
    FROM setting
    INNER JOIN milestone ON setting.setting = milestone.setting
)

SELECT
    by_period.breakdown,
    by_period."group",
    by_period.period_kind,
    by_period.period,
    by_period.milestone_no,
    any_value(age.days) AS window_days,
    sum(by_period.recorded)::BIGINT AS recorded,
    sum(by_period.old_enough)::BIGINT AS old_enough,
    sum(by_period.reached)::BIGINT AS reached,
    sum(by_period.step_entered)::BIGINT AS step_entered,
    sum(by_period.step_progressed)::BIGINT AS step_progressed,
    sum(by_period.untimed)::BIGINT AS untimed,
    greatest(max(by_period.last_recorded_on) + any_value(age.days), any_value(by_period.period_end)) AS complete_on,
    any_value(by_period.period_end) AS period_end,
    any_value(by_period.is_named) AS is_named
FROM by_period
INNER JOIN age ON by_period.milestone_no = age.milestone_no
GROUP BY by_period.breakdown, by_period."group", by_period.period_kind, by_period.period, by_period.milestone_no;
