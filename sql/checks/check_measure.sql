-- Completeness and linkage over the last 365 days, by area: how many records lack what they should tell, of how many. A
-- measure fails where fewer than the least share of data/reference/completeness.csv are told, from the least number on. A CPS
-- row that tells no force and links to none belongs to the one Area that the rest of its delivery belongs to, if it is one.
-- Crimes whose file was submitted 28 days ago or more are measured by the CPS rows that they meet.
-- Incidents that share victim (where none is told, the crime), day and offence with another, and CPS rows that share
-- defendant and day, are measured too.
-- Beside them the references that do not meet, and those that would if they were spelt alike.
-- grain: rule, extract, area, column_name
WITH recent AS (
    SELECT
        incident."force"::VARCHAR AS area,
        incident.victim_type::VARCHAR AS victim_type,
        coalesce(incident.victim_ethnicity, 'unknown') <> 'unknown' AS tells_ethnicity,
        coalesce(incident.business_type, 'unknown') <> 'unknown' AS tells_business_type,
        incident.local_authority IS NOT NULL AS tells_local_authority,
        incident.victim_id IS NOT NULL OR incident.crime_ref IS NOT NULL AS tells_victim,
        -- Under another reference, or, where the victim is told, as another victim of the same incident.
        min(incident.record) OVER alike = max(incident.record) OVER alike AS is_alone
    FROM (
        SELECT *, concat_ws('|', incident_id, CASE WHEN victim_id IS NOT NULL THEN victim_no END) AS record FROM incident
    ) AS incident
    CROSS JOIN run_context
    WHERE
        incident.reported_date BETWEEN run_context.as_at - 364 AND run_context.as_at
        AND coalesce(incident.comparison, 'N') = 'N'
    WINDOW alike AS (
        PARTITION BY
            incident."force", incident.victim_id, CASE WHEN incident.victim_id IS NULL THEN incident.crime_ref END,
            incident.reported_date, incident.offence_code
    )
),

cps_row AS (
    SELECT
        cps.load_id, cps.line, min(link_cps."force")::VARCHAR AS linked_force, any_value(cps."force")::VARCHAR AS stated_force,
        count(link_cps.crime_ref) FILTER (WHERE incident.crime_ref IS NOT NULL) > 0 AS is_linked,
        min(min(cps.urn)) OVER alike = max(max(cps.urn)) OVER alike AS is_alone
    FROM cps
    CROSS JOIN run_context
    LEFT JOIN link_cps ON cps.load_id = link_cps.load_id AND cps.line = link_cps.line
    LEFT JOIN (SELECT DISTINCT "force", crime_ref FROM incident WHERE incident_class = 'crime') AS incident
        ON link_cps."force" = incident."force" AND link_cps.crime_ref = incident.crime_ref
    WHERE cps.received_date BETWEEN run_context.as_at - 364 AND run_context.as_at
    GROUP BY cps.load_id, cps.line
    WINDOW alike AS (PARTITION BY any_value(cps.defendant_id), any_value(cps.received_date))
),

arrived AS (
    SELECT list(DISTINCT load.extract) AS extracts FROM load WHERE load.state IN ('loaded', 'held')
),

placed_row AS (
    SELECT
        cps_row.load_id,
        cps_row.is_linked,
        cps_row.is_alone,
        cps_row.stated_force IS NULL AND cps_row.linked_force IS NULL AS is_unplaced,
        named.cps_area AS area
    FROM cps_row
    LEFT JOIN "force" AS named ON coalesce(cps_row.stated_force, cps_row.linked_force) = named.code
),

only_area AS (
    SELECT placed_row.load_id, min(placed_row.area) AS area
    FROM placed_row
    GROUP BY placed_row.load_id
    HAVING count(DISTINCT placed_row.area) = 1
),

submitted AS (
    SELECT investigation."force", investigation.crime_ref
    FROM investigation
    CROSS JOIN run_context
    SEMI JOIN (SELECT "force", crime_ref FROM incident WHERE incident_class = 'crime') AS crime
        ON investigation."force" = crime."force" AND investigation.crime_ref = crime.crime_ref
    GROUP BY investigation."force", investigation.crime_ref
    HAVING max(investigation.file_submitted_date) BETWEEN any_value(run_context.as_at) - 364 AND any_value(run_context.as_at) - 28
),

measured AS (
    SELECT 'incomplete_victim_ethnicity' AS rule, 'incident' AS extract, area, tells_ethnicity AS is_told
    FROM recent
    WHERE coalesce(victim_type, 'individual') IN ('individual', 'emergency_worker')
    UNION ALL
    SELECT 'incomplete_business_type' AS rule, 'incident' AS extract, area, tells_business_type AS is_told
    FROM recent
    WHERE victim_type = 'business'
    UNION ALL
    SELECT 'incomplete_local_authority' AS rule, 'incident' AS extract, area, tells_local_authority AS is_told
    FROM recent
    UNION ALL
    SELECT 'records_alike' AS rule, 'incident' AS extract, area, is_alone AS is_told
    FROM recent
    WHERE tells_victim
    UNION ALL
    SELECT cps_measure.rule, 'cps' AS extract, placed_cps.area, list_extract([is_linked, is_alone], cps_measure.place) AS is_told
    FROM (
        SELECT
            placed_row.is_linked,
            placed_row.is_alone,
            coalesce(placed_row.area, CASE WHEN placed_row.is_unplaced THEN only_area.area END, '') AS area
        FROM placed_row
        LEFT JOIN only_area ON placed_row.load_id = only_area.load_id
    ) AS placed_cps
    CROSS JOIN (VALUES ('low_link_rate', 1), ('records_alike', 2)) AS cps_measure (rule, place)
    UNION ALL
    SELECT
        'low_receipt_rate' AS rule,
        'cps' AS extract,
        coalesce(named.cps_area, '') AS area,
        received.crime_ref IS NOT NULL AS is_told
    FROM submitted
    LEFT JOIN (SELECT DISTINCT "force", crime_ref FROM link_cps) AS received
        ON submitted."force" = received."force" AND submitted.crime_ref = received.crime_ref
    LEFT JOIN "force" AS named ON submitted."force" = named.code
)

SELECT
    measured.rule,
    measured.extract,
    measured.area,
    any_value(coalesce(completeness.column_name, '')) AS column_name,
    count(*) AS records,
    count(*) FILTER (WHERE NOT measured.is_told) AS lacking,
    any_value(completeness.least_share::DOUBLE) AS least_share,
    count(*) >= any_value(completeness.least_rows::INTEGER)
    AND count(*) FILTER (WHERE measured.is_told) < any_value(completeness.least_share::DOUBLE) * count(*)
    AND any_value(rule.needs IS NULL OR list_has_all(arrived.extracts, string_split(rule.needs, ' '))) AS is_failing
FROM measured
INNER JOIN completeness ON measured.rule = completeness.rule
INNER JOIN rule ON measured.rule = rule.rule
CROSS JOIN arrived
GROUP BY measured.rule, measured.extract, measured.area
UNION ALL
SELECT rule, extract, area, column_name, records, lacking, least_share, is_failing
FROM check_meeting_share
UNION ALL
SELECT 'references_spelt_otherwise' AS rule, extract, area, column_name, records, would_meet AS lacking, least_share, is_failing
FROM check_spelling;
