-- Number of cases on each path, in every group and in every group by period (period empty: all periods). Years are summed
-- from their quarters.
-- grain: breakdown, group, period_kind, period, path_id
WITH by_quarter AS (
    SELECT breakdown, "group", financial_year, quarter, path_id, count(*) AS cases
    FROM funnel_membership
    WHERE breakdown IN ('all', 'strand', 'victim_ethnicity', 'business_type', 'strand*business_type')
    GROUP BY breakdown, "group", financial_year, quarter, path_id
)

SELECT breakdown, "group", '' AS period_kind, '' AS period, path_id, count(*) AS cases
FROM funnel_membership
GROUP BY breakdown, "group", path_id
UNION ALL
SELECT breakdown, "group", 'quarter' AS period_kind, quarter AS period, path_id, cases
FROM by_quarter
UNION ALL
SELECT breakdown, "group", 'financial_year' AS period_kind, financial_year AS period, path_id, sum(cases)::BIGINT AS cases
FROM by_quarter
GROUP BY breakdown, "group", financial_year, path_id;
