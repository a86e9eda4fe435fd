-- Unlinked volumes by month, by financial year and over all time (period_end empty), for every force and for all of them.
-- grain: force, period_kind, period, source, scope, measure, outcome_group
WITH by_period AS (
    SELECT 'month' AS period_kind, strftime(month, '%Y-%m') AS period, last_day(month) AS period_end, *
    FROM volume_month
    UNION ALL
    SELECT
        'financial_year' AS period_kind,
        year(month - INTERVAL 3 MONTHS) || '/' || lpad(((year(month - INTERVAL 3 MONTHS) + 1) % 100)::VARCHAR, 2, '0') AS period,
        make_date(year(month - INTERVAL 3 MONTHS) + 1, 3, 31) AS period_end,
        *
    FROM volume_month
    UNION ALL
    SELECT 'all' AS period_kind, 'all' AS period, NULL::DATE AS period_end, * FROM volume_month
),

by_force AS (
    SELECT * FROM by_period
    UNION ALL
    SELECT * REPLACE ('all' AS "force") FROM by_period
)

SELECT
    "force",
    period_kind,
    period,
    any_value(period_end) AS period_end,
    source,
    scope,
    measure,
    outcome_group,
    sum(count)::BIGINT AS count
FROM by_force
GROUP BY "force", period_kind, period, source, scope, measure, outcome_group;
