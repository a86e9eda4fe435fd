-- Number of cases on each path, in every group and in every group by period (period empty: all periods). Years and all periods
-- are summed from the quarters.
-- grain: breakdown, group, period_kind, period, path_id
WITH by_quarter AS MATERIALIZED (
    SELECT breakdown, "group", financial_year, quarter, path_id, count(*) AS cases
    FROM funnel_membership
    GROUP BY breakdown, "group", financial_year, quarter, path_id
)

SELECT
    breakdown,
    "group",
    kind.period_kind,
    CASE kind.period_kind WHEN 'quarter' THEN quarter WHEN 'financial_year' THEN financial_year ELSE '' END AS period,
    path_id,
    sum(cases)::BIGINT AS cases
FROM by_quarter
CROSS JOIN (VALUES (''), ('financial_year'), ('quarter')) AS kind (period_kind)
WHERE
    kind.period_kind = ''
    OR breakdown IN ('all', 'strand', 'victim_ethnicity', 'business_type', 'strand*business_type')
GROUP BY ALL;
