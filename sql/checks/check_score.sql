-- Rows in force by area, extract and month of the record (the report; the outcome, else the submission, else the suspect; the
-- receipt), and how many have a finding that is more than a remark. A CPS row without a force takes that of its crime. Rows
-- without that date stand under no month.
-- grain: area, extract, month
WITH dated AS (
    SELECT load_id, line, 'incident' AS extract, "force"::VARCHAR AS "force", reported_date AS day FROM incident
    UNION ALL
    SELECT
        load_id, line, 'investigation' AS extract, "force"::VARCHAR AS "force",
        coalesce(outcome_date, file_submitted_date, suspect_identified_date) AS day
    FROM investigation
    UNION ALL
    SELECT
        cps.load_id, cps.line, 'cps' AS extract, coalesce(cps."force"::VARCHAR, linked."force") AS "force",
        cps.received_date AS day
    FROM cps
    LEFT JOIN (
        SELECT link_cps.load_id, link_cps.line, min(link_cps."force")::VARCHAR AS "force"
        FROM link_cps
        GROUP BY link_cps.load_id, link_cps.line
    ) AS linked ON cps.load_id = linked.load_id AND cps.line = linked.line
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
