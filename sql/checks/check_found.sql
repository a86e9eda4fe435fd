-- Every row-level finding of every check, and those that ingest made of blanked fields.
-- A finding on a row that a later delivery has replaced is gone with the row (the join with the rows in force sees to it).
-- grain: rule, load_id, line, column_name
SELECT rule, load_id, line, '' AS column_name FROM check_implied_stage
UNION ALL
SELECT rule, load_id, line, '' AS column_name FROM check_incident
UNION ALL
SELECT rule, load_id, line, '' AS column_name FROM check_outcome_contradiction
UNION ALL
SELECT rule, load_id, line, '' AS column_name FROM check_link
UNION ALL
SELECT rule, load_id, line, '' AS column_name FROM check_charge
UNION ALL
SELECT rule, load_id, line, '' AS column_name FROM check_flag
UNION ALL
SELECT rule, load_id, line, '' AS column_name FROM check_date_order
UNION ALL
SELECT rule, load_id, line, '' AS column_name FROM check_suspect
UNION ALL
SELECT rule, load_id, line, '' AS column_name FROM check_expectation
UNION ALL
SELECT rule, load_id, line, column_name FROM check_crowd
UNION ALL
SELECT rule, load_id, line, coalesce(column_name, '') AS column_name
FROM finding
WHERE line IS NOT NULL AND rule <> 'set_incomplete';
