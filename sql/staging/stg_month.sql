-- Rows of each extract by force and month: incidents by the day of the report, investigation rows by that of their crime, CPS
-- rows by the day of receipt (force empty: no force named). Months in which a crime could have had an investigation row and
-- none has one stand with 0.
-- grain: extract, force, month
WITH crime AS (
    SELECT incident."force", incident.crime_ref, date_trunc('month', min(incident.reported_date))::DATE AS month
    FROM incident
    WHERE incident.incident_class = 'crime'
    GROUP BY incident."force", incident.crime_ref
),

investigated AS (
    SELECT investigation."force", investigation.crime_ref, count(*) AS rows
    FROM investigation
    GROUP BY investigation."force", investigation.crime_ref
)

SELECT
    'incident' AS extract,
    incident."force"::VARCHAR AS "force",
    date_trunc('month', incident.reported_date)::DATE AS month,
    count(*) AS rows
FROM incident
GROUP BY ALL
UNION ALL
SELECT
    'investigation' AS extract,
    crime."force"::VARCHAR AS "force",
    crime.month,
    coalesce(sum(investigated.rows), 0)::BIGINT AS rows
FROM crime
LEFT JOIN investigated ON crime."force" = investigated."force" AND crime.crime_ref = investigated.crime_ref
GROUP BY ALL
UNION ALL
SELECT
    'cps' AS extract,
    cps."force"::VARCHAR AS "force",
    date_trunc('month', cps.received_date)::DATE AS month,
    count(*) AS rows
FROM cps
GROUP BY ALL;
