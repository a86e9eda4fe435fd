-- Number of cases on each path, in every group and in every group by period (period empty: all periods).
-- grain: breakdown, group, period_kind, period, path_id
SELECT breakdown, "group", '' AS period_kind, '' AS period, path_id, count(*) AS cases
FROM funnel_membership
GROUP BY breakdown, "group", path_id
UNION ALL
SELECT breakdown, "group", period_kind, period, path_id, count(*) AS cases
FROM funnel_period
GROUP BY breakdown, "group", period_kind, period, path_id;
