-- Cases of shared crimes in the breakdowns that are also shown by period, once by financial year and once by quarter.
-- grain: load_id, line, breakdown, group, period_kind
-- materialised: view
SELECT 'financial_year' AS period_kind, financial_year AS period, *
FROM funnel_membership
WHERE breakdown IN ('all', 'strand', 'victim_ethnicity', 'business_type', 'strand*business_type') AND shared_crime_no IS NOT NULL
UNION ALL
SELECT 'quarter' AS period_kind, quarter AS period, *
FROM funnel_membership
WHERE breakdown IN ('all', 'strand', 'victim_ethnicity', 'business_type', 'strand*business_type') AND shared_crime_no IS NOT NULL;
