-- How many cases were watched from which day of a step's clock to which, and how they left, in every group: the groups of
-- the funnel's breakdowns of the same names.
-- grain: breakdown, group, from_order, entry_day, day, fate
SELECT
    'all' AS breakdown, 'all' AS "group", from_order, entry_day, "day", fate, count(*) AS cases
FROM timing_step
WHERE NOT is_comparison
GROUP BY ALL
UNION ALL
SELECT
    'strand' AS breakdown, 'race' AS "group", from_order, entry_day, "day", fate, count(*) AS cases
FROM timing_step
WHERE NOT is_comparison AND race
GROUP BY ALL
UNION ALL
SELECT
    'strand' AS breakdown, 'religion' AS "group", from_order, entry_day, "day", fate, count(*) AS cases
FROM timing_step
WHERE NOT is_comparison AND religion
GROUP BY ALL
UNION ALL
SELECT
    'strand' AS breakdown, 'sexual_orientation' AS "group", from_order, entry_day, "day", fate, count(*) AS cases
FROM timing_step
WHERE NOT is_comparison AND sexual_orientation
GROUP BY ALL
UNION ALL
SELECT
    'strand' AS breakdown, 'disability' AS "group", from_order, entry_day, "day", fate, count(*) AS cases
FROM timing_step
WHERE NOT is_comparison AND disability
GROUP BY ALL
UNION ALL
SELECT
    'strand' AS breakdown, 'transgender' AS "group", from_order, entry_day, "day", fate, count(*) AS cases
FROM timing_step
WHERE NOT is_comparison AND transgender
GROUP BY ALL
UNION ALL
SELECT
    'victim_ethnicity' AS breakdown, victim_ethnicity AS "group", from_order, entry_day, "day", fate, count(*) AS cases
FROM timing_step
WHERE NOT is_comparison
GROUP BY ALL
UNION ALL
SELECT
    'business_type' AS breakdown, business_type AS "group", from_order, entry_day, "day", fate, count(*) AS cases
FROM timing_step
WHERE NOT is_comparison
GROUP BY ALL
UNION ALL
SELECT
    'hate_status' AS breakdown,
    CASE WHEN is_comparison THEN 'comparison' ELSE 'hate' END AS "group",
    from_order,
    entry_day,
    "day",
    fate,
    count(*) AS cases
FROM timing_step
GROUP BY ALL
UNION ALL
SELECT
    'force' AS breakdown, "force"::VARCHAR AS "group", from_order, entry_day, "day", fate, count(*) AS cases
FROM timing_step
WHERE NOT is_comparison
GROUP BY ALL
UNION ALL
SELECT
    'financial_year' AS breakdown, financial_year AS "group", from_order, entry_day, "day", fate, count(*) AS cases
FROM timing_step
WHERE NOT is_comparison
GROUP BY ALL;
