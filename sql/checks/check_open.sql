-- What is amiss as at the day, one row for each check, extract, area and column that fails: the number of rows that fail (for
-- a measure the records that lack it; for a delivery none), and of how many where that can be told.
-- grain: rule, extract, area, column_name
SELECT rule, extract, area, column_name, count(*) AS rows, NULL::BIGINT AS records, NULL::DOUBLE AS least_share
FROM check_row
GROUP BY rule, extract, area, column_name
UNION ALL
SELECT rule, extract, area, column_name, lacking AS rows, records, least_share
FROM check_measure
WHERE is_failing
UNION ALL
SELECT rule, extract, area, column_name, NULL AS rows, NULL AS records, NULL AS least_share
FROM check_feed
UNION ALL
SELECT rule, extract, area, column_name, NULL AS rows, NULL AS records, NULL AS least_share
FROM check_coverage;
