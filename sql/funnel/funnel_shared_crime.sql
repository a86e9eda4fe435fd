-- Crimes with several cases, by group and the furthest stage that any of the crime's cases in that group reached.
-- grain: breakdown, group, period_kind, period, stage_order
WITH membership AS (
    SELECT breakdown, "group", '' AS period_kind, '' AS period, shared_crime_no, stage_order
    FROM funnel_membership
    WHERE shared_crime_no IS NOT NULL
    UNION ALL
    SELECT breakdown, "group", period_kind, period, shared_crime_no, stage_order
    FROM funnel_period
),

crime AS (
    SELECT breakdown, "group", period_kind, period, shared_crime_no, max(stage_order) AS stage_order
    FROM membership
    GROUP BY breakdown, "group", period_kind, period, shared_crime_no
)

SELECT breakdown, "group", period_kind, period, stage_order, count(*) AS crimes
FROM crime
GROUP BY breakdown, "group", period_kind, period, stage_order;
