-- Findings by rule and extract: rows of loads in force that are kept although something about them is amiss, rows kept aside,
-- what is amiss with deliveries as a whole, and what feeds leave untold. Counts only.
-- grain: rule, extract, column_name
WITH found AS (
    SELECT rule, extract, column_name FROM check_row
    UNION ALL
    SELECT rule, extract, column_name FROM check_feed
    UNION ALL
    SELECT rule, extract, column_name FROM check_coverage
    UNION ALL
    SELECT rule, extract, column_name FROM check_measure WHERE is_failing
)

SELECT
    found.rule,
    found.extract,
    found.column_name,
    rule.severity,
    CASE WHEN found.extract IN ('cps', 'cps_event') THEN 'CPS Area' ELSE 'police force' END AS owner,
    rule.label,
    'finding' AS unit,
    count(*) AS count
FROM found
LEFT JOIN rule ON found.rule = rule.rule
GROUP BY ALL
ORDER BY found.rule, found.extract, found.column_name;
