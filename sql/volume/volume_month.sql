-- Unlinked volumes by month. Police: recorded crimes of hate cases by the month of their latest effective outcome, in all,
-- by exit, and by exit and reason group. CPS: everybody in a file, and once more those whom the CPS flagged. The numerator of
-- a rate stands beside its denominator even where it is 0, so that a rate of none is seen (unless it is not told).
-- grain: force, source, scope, measure, outcome_group, month
WITH closed AS (
    SELECT
        volume_crime."force"::VARCHAR AS "force",
        'outcomes_' || outcome.exit AS measure,
        outcome.reason_group,
        date_trunc('month', volume_crime.outcome_date)::DATE AS month,
        count(*) AS count
    FROM volume_crime
    -- A crime without an effective outcome is not closed and stays out.
    INNER JOIN outcome ON volume_crime.outcome_code = outcome.code
    WHERE volume_crime.stage_order >= 2
    GROUP BY ALL
),

told AS (
    SELECT "force", 'police' AS source, 'hate_cases' AS scope, 'outcomes_assigned' AS measure, '' AS outcome_group, month, count
    FROM closed
    UNION ALL
    SELECT "force", 'police' AS source, 'hate_cases' AS scope, measure, '' AS outcome_group, month, count
    FROM closed
    UNION ALL
    SELECT "force", 'police' AS source, 'hate_cases' AS scope, measure, reason_group AS outcome_group, month, count
    FROM closed
    WHERE reason_group <> ''
    UNION ALL
    SELECT "force", 'cps' AS source, 'all_received' AS scope, measure, '' AS outcome_group, month, count
    FROM volume_suspect_month
    UNION ALL
    SELECT "force", 'cps' AS source, 'flagged' AS scope, measure, '' AS outcome_group, month, count
    FROM volume_suspect_month
    WHERE is_flagged
),

-- What no force tells is not 0.
rate AS (
    SELECT DISTINCT measure.numerator, measure.denominator
    FROM measure
    INNER JOIN count_definition
        ON measure.table_name = count_definition.table_name AND measure.numerator = count_definition.measure
    INNER JOIN stg_told ON count_definition.evidence = stg_told.evidence AND stg_told.is_told
    WHERE measure.table_name = 'volumes'
),

with_none AS (
    SELECT * FROM told
    UNION ALL
    SELECT told."force", told.source, told.scope, rate.numerator AS measure, told.outcome_group, told.month, 0 AS count
    FROM told
    -- Most counts are the denominator of no rate and bring no further row.
    INNER JOIN rate ON told.measure = rate.denominator
)

SELECT "force", source, scope, measure, outcome_group, month, sum(count)::BIGINT AS count
FROM with_none
GROUP BY "force", source, scope, measure, outcome_group, month;
