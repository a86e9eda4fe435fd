-- Rows in force by area, extract and month of the record (report, outcome, receipt), and how many have a finding that is more
-- than a remark. Rows without that date stand under no month.
-- grain: area, extract, month
WITH dated AS (
    SELECT load_id, line, 'incident' AS extract, "force"::VARCHAR AS "force", reported_date AS day FROM incident
    UNION ALL
    SELECT
        load_id, line, 'investigation' AS extract, "force"::VARCHAR AS "force",
        coalesce(outcome_date, file_submitted_date, suspect_identified_date) AS day
    FROM investigation
    UNION ALL
    SELECT load_id, line, 'cps' AS extract, "force"::VARCHAR AS "force", received_date AS day FROM cps
),

wrong AS (
    SELECT DISTINCT check_row.load_id, check_row.line
    FROM check_row
    INNER JOIN rule ON check_row.rule = rule.rule
    WHERE rule.severity <> 'info' AND NOT check_row.is_kept_aside
)

SELECT
    CASE WHEN dated.extract = 'cps' THEN coalesce(named.cps_area, '') ELSE coalesce(named.code, '') END AS area,
    dated.extract,
    coalesce(strftime(dated.day, '%Y-%m'), '') AS month,
    count(*) AS rows,
    count(wrong.line) AS rows_with_finding
FROM dated
LEFT JOIN "force" AS named ON dated."force" = named.code
LEFT JOIN wrong ON dated.load_id = wrong.load_id AND dated.line = wrong.line
GROUP BY ALL;
