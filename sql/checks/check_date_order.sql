-- Rows dated before their incident was reported: a suspect identified, an outcome, a file submitted to the CPS, a case received
-- by it. Of several incidents of a crime the earliest report counts; rows that link to no incident are left out.
-- grain: load_id, line, rule
WITH crime AS (
    SELECT incident."force", incident.crime_ref, min(incident.reported_date) AS reported_date
    FROM incident
    WHERE incident.incident_class = 'crime'
    GROUP BY incident."force", incident.crime_ref
),

police AS (
    SELECT
        investigation.load_id,
        investigation.line,
        coalesce(investigation.suspect_identified_date < crime.reported_date, FALSE) AS is_suspect_early,
        coalesce(investigation.outcome_date < crime.reported_date, FALSE) AS is_outcome_early,
        coalesce(investigation.file_submitted_date < crime.reported_date, FALSE) AS is_submission_early
    FROM investigation
    INNER JOIN crime ON investigation."force" = crime."force" AND investigation.crime_ref = crime.crime_ref
    WHERE
        investigation.outcome_date < crime.reported_date OR investigation.file_submitted_date < crime.reported_date
        OR investigation.suspect_identified_date < crime.reported_date
)

SELECT 'suspect_before_report' AS rule, load_id, line FROM police WHERE is_suspect_early
UNION ALL
SELECT 'outcome_before_report' AS rule, load_id, line FROM police WHERE is_outcome_early
UNION ALL
SELECT 'submitted_before_report' AS rule, load_id, line FROM police WHERE is_submission_early
UNION ALL
SELECT DISTINCT 'received_before_report' AS rule, cps.load_id, cps.line
FROM cps
INNER JOIN link_cps ON cps.load_id = link_cps.load_id AND cps.line = link_cps.line
INNER JOIN crime ON link_cps."force" = crime."force" AND link_cps.crime_ref = crime.crime_ref
WHERE cps.received_date < crime.reported_date;
