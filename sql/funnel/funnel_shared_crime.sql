-- Crimes with several cases, by group and the furthest stage that any of the crime's cases in that group reached.
-- grain: breakdown, group, period_kind, period, stage_order
WITH membership AS (
    SELECT breakdown, "group", '' AS period_kind, '' AS period, "force", crime_ref, stage_order
    FROM funnel_membership
    WHERE is_shared
    UNION ALL
    SELECT breakdown, "group", period_kind, period, "force", crime_ref, stage_order
    FROM funnel_period
    WHERE is_shared
),

crime AS (
    SELECT breakdown, "group", period_kind, period, "force", crime_ref, max(stage_order) AS stage_order
    FROM membership
    GROUP BY breakdown, "group", period_kind, period, "force", crime_ref
)

SELECT breakdown, "group", period_kind, period, stage_order, count(*) AS crimes
FROM crime
GROUP BY breakdown, "group", period_kind, period, stage_order;
