-- Cases of the breakdowns that are also shown by period, once by financial year and once by quarter of the report.
-- grain: load_id, line, breakdown, group, period_kind
-- materialised: view
WITH shown AS (
    SELECT funnel_membership.*
    FROM funnel_membership
    SEMI JOIN breakdown ON funnel_membership.breakdown = breakdown.breakdown AND breakdown.by_period = 'Y'
    WHERE funnel_membership.breakdown IN ('all', 'strand', 'victim_ethnicity', 'business_type', 'strand*business_type')
)

SELECT 'financial_year' AS period_kind, financial_year AS period, * FROM shown
UNION ALL
SELECT 'quarter' AS period_kind, quarter AS period, * FROM shown;
