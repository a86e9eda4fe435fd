-- What had become of recorded cases at each fixed age, in every group and period of recording (period empty: all periods).
-- recorded: all cases; old_enough: those that have the age as far as the feeds reach; reached: of these, with the stage by
-- then; step_entered, step_progressed: the same for the step from the milestone before. In age_bits each milestone has three
-- bits: old enough, step entered, stage reached.
-- complete_on: the first day on which the whole period is old enough, as its cases are known today.
-- grain: breakdown, group, period_kind, period, milestone_no
WITH dated AS (
    SELECT
        age_path.*,
        stg_period.financial_year,
        stg_period.quarter,
        (date_trunc('quarter', age_path.month) + INTERVAL 3 MONTHS - INTERVAL 1 DAY)::DATE AS quarter_end,
        (date_trunc('year', age_path.month - INTERVAL 3 MONTHS) + INTERVAL 15 MONTHS - INTERVAL 1 DAY)::DATE AS year_end
    FROM age_path
    INNER JOIN stg_period ON age_path.month = stg_period.day
),

by_period AS (
    SELECT '' AS period_kind, '' AS period, NULL::DATE AS period_end, * FROM dated
    UNION ALL
    SELECT 'financial_year' AS period_kind, financial_year AS period, year_end AS period_end, * FROM dated
    UNION ALL
    SELECT 'quarter' AS period_kind, quarter AS period, quarter_end AS period_end, * FROM dated
),

path AS (
    SELECT
        breakdown,
        "group",
        period_kind,
        period,
        age_bits,
        any_value(period_end) AS period_end,
        sum(cases) AS cases,
        sum(untimed) AS untimed,
        max(last_recorded_on) AS last_recorded_on
    FROM by_period
    GROUP BY breakdown, "group", period_kind, period, age_bits
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
    SELECT
        milestone.milestone_no::INTEGER AS milestone_no,
        1 << (3 * milestone.milestone_no::INTEGER) AS bit,
        setting.days
    FROM setting
    INNER JOIN milestone ON setting.setting = milestone.setting
)

SELECT
    path.breakdown,
    path."group",
    path.period_kind,
    path.period,
    age.milestone_no,
    any_value(age.days) AS window_days,
    sum(path.cases)::BIGINT AS recorded,
    coalesce(sum(path.cases) FILTER (WHERE path.age_bits & age.bit > 0), 0)::BIGINT AS old_enough,
    coalesce(sum(path.cases) FILTER (WHERE path.age_bits & (age.bit * 5) = age.bit * 5), 0)::BIGINT AS reached,
    coalesce(sum(path.cases) FILTER (WHERE path.age_bits & (age.bit * 3) = age.bit * 3), 0)::BIGINT AS step_entered,
    coalesce(sum(path.cases) FILTER (WHERE path.age_bits & (age.bit * 7) = age.bit * 7), 0)::BIGINT AS step_progressed,
    coalesce(sum(path.untimed) FILTER (WHERE path.age_bits & age.bit > 0), 0)::BIGINT AS untimed,
    greatest(max(path.last_recorded_on) + any_value(age.days), any_value(path.period_end)) AS complete_on,
    any_value(path.period_end) AS period_end
FROM path
CROSS JOIN age
GROUP BY path.breakdown, path."group", path.period_kind, path.period, age.milestone_no;
