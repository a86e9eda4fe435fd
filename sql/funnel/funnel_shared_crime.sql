-- Crimes with several cases, by group and the furthest stage that any of the crime's cases in that group reached.
-- grain: breakdown, group, period_kind, period, stage_order
WITH crime AS (
    SELECT
        breakdown,
        "group",
        kind.period_kind,
        CASE kind.period_kind WHEN 'quarter' THEN quarter WHEN 'financial_year' THEN financial_year ELSE '' END AS period,
        shared_crime_no,
        max(stage_order) AS stage_order
    FROM funnel_membership
    CROSS JOIN (VALUES (''), ('financial_year'), ('quarter')) AS kind (period_kind)
    WHERE
        shared_crime_no IS NOT NULL
        AND (
            kind.period_kind = ''
            OR breakdown IN ('all', 'strand', 'victim_ethnicity', 'business_type', 'strand*business_type')
        )
    GROUP BY ALL
)

SELECT breakdown, "group", period_kind, period, stage_order, count(*) AS crimes
FROM crime
GROUP BY breakdown, "group", period_kind, period, stage_order;
