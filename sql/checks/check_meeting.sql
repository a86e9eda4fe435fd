-- How many records there are whose reference should meet another extract, and how many of them meet, by delivery and day:
-- recorded hate crimes and their investigation rows; investigation rows and their hate crimes (an extract of all crimes is
-- lawful, so most may meet none); CPS rows and a police record, by any link, by URN and by crime reference alone. The day is
-- that of the crime's report (an investigation row without one takes its own first date) or of the receipt by the CPS.
-- A crime counts with the delivery that brought it last, and only where investigations of its force have arrived.
-- grain: extract, column_name, force, day, load_id
WITH crime AS (
    SELECT
        incident."force",
        incident.crime_ref,
        min(incident.reported_date) AS reported_date,
        max(incident.load_id) AS load_id,
        bool_or(coalesce(incident.comparison, 'N') = 'N') AS is_hate
    FROM incident
    WHERE incident.incident_class = 'crime'
    GROUP BY incident."force", incident.crime_ref
),

investigating AS (
    SELECT DISTINCT investigation."force" FROM investigation
),

named AS (
    SELECT DISTINCT cps.police_crime_ref FROM cps
),

recorded AS (
    SELECT incident."force", incident.crime_ref
    FROM incident
    SEMI JOIN named ON incident.crime_ref = named.police_crime_ref
    WHERE incident.incident_class = 'crime'
    UNION
    SELECT investigation."force", investigation.crime_ref
    FROM investigation
    SEMI JOIN named ON investigation.crime_ref = named.police_crime_ref
),

linked AS (
    SELECT DISTINCT link_cps.load_id, link_cps.line FROM link_cps
),

by_urn AS (
    SELECT DISTINCT cps.load_id, cps.line
    FROM cps
    INNER JOIN link_urn ON cps.urn = link_urn.urn AND (cps."force" IS NULL OR cps."force" = link_urn."force")
),

by_crime_ref AS (
    SELECT DISTINCT cps.load_id, cps.line
    FROM cps
    INNER JOIN recorded
        ON cps.police_crime_ref = recorded.crime_ref AND (cps."force" IS NULL OR cps."force" = recorded."force")
)

SELECT
    'incident' AS extract,
    'crime_ref' AS column_name,
    crime."force"::VARCHAR AS "force",
    crime.reported_date AS day,
    crime.load_id,
    count(*) AS rows,
    count(*) FILTER (WHERE crime.is_met) AS met
FROM (
    SELECT
        *,
        ("force", crime_ref) IN (SELECT (investigation."force", investigation.crime_ref) FROM investigation) AS is_met
    FROM crime
) AS crime
SEMI JOIN investigating ON crime."force" = investigating."force"
WHERE crime.is_hate
GROUP BY ALL
UNION ALL
SELECT
    'investigation' AS extract,
    'crime_ref' AS column_name,
    investigation."force"::VARCHAR AS "force",
    coalesce(
        crime.reported_date,
        least(investigation.suspect_identified_date, investigation.file_submitted_date, investigation.outcome_date)
    ) AS day,
    investigation.load_id,
    count(*) AS rows,
    count(crime.crime_ref) AS met
FROM investigation
LEFT JOIN crime ON investigation."force" = crime."force" AND investigation.crime_ref = crime.crime_ref
GROUP BY ALL
UNION ALL
SELECT
    'cps' AS extract,
    told.column_name,
    coalesce(cps."force"::VARCHAR, '') AS "force",
    cps.received_date AS day,
    cps.load_id,
    count(*) AS rows,
    count(
        CASE told.column_name WHEN 'urn' THEN by_urn.line WHEN 'police_crime_ref' THEN by_crime_ref.line ELSE linked.line END
    ) AS met
FROM cps
CROSS JOIN (SELECT unnest(['', 'urn', 'police_crime_ref']) AS column_name) AS told
LEFT JOIN linked ON cps.load_id = linked.load_id AND cps.line = linked.line
LEFT JOIN by_urn ON cps.load_id = by_urn.load_id AND cps.line = by_urn.line
LEFT JOIN by_crime_ref ON cps.load_id = by_crime_ref.load_id AND cps.line = by_crime_ref.line
WHERE
    (told.column_name <> 'police_crime_ref' OR cps.police_crime_ref IS NOT NULL)
    -- Without a record of the police there is nothing to meet.
    AND CASE told.column_name
        WHEN 'urn' THEN EXISTS (SELECT 1 FROM investigation)
        ELSE EXISTS (SELECT 1 FROM investigation) OR EXISTS (SELECT 1 FROM incident)
    END
GROUP BY ALL;
