-- Rows whose reference stands on improbably many records of its force, by data/reference/reference_crowd.csv: at least so many
-- records and at least such a share of the rows that have a reference; or, where there are few, on half of these rows. What is
-- counted: incidents of a crime or a victim, rows, crimes of a suspect or a URN, defendants of a URN. Only a reference on a
-- hundredth of the rows can be one of these, so the others are left behind first.
-- grain: rule, load_id, line, column_name
WITH least AS (
    SELECT min(least_share::DOUBLE) AS share, min(least_of_half::INTEGER) AS records FROM reference_crowd
),

incident_told AS (
    SELECT "force", count(crime_ref) AS crime_ref_rows, count(victim_id) AS victim_id_rows
    FROM incident
    GROUP BY "force"
),

investigation_told AS (
    SELECT "force", count(crime_ref) AS crime_ref_rows, count(suspect_id) AS suspect_id_rows, count(urn) AS urn_rows
    FROM investigation
    GROUP BY "force"
),

cps_told AS (
    SELECT "force", count(urn) AS urn_rows
    FROM cps
    GROUP BY "force"
),

standing AS (
    SELECT
        'incident' AS extract, 'crime_ref' AS column_name, incident."force"::VARCHAR AS "force",
        incident.crime_ref::VARCHAR AS reference,
        many.told_rows, incident.incident_id AS record,
        incident.load_id, incident.line
    FROM incident
    INNER JOIN (
        SELECT grouped."force", grouped.crime_ref, told.crime_ref_rows AS told_rows
        FROM (
            SELECT "force", crime_ref, count(*) AS rows
            FROM incident
            WHERE crime_ref IS NOT NULL
            GROUP BY "force", crime_ref
        ) AS grouped
        INNER JOIN incident_told AS told ON grouped."force" = told."force"
        CROSS JOIN least
        WHERE grouped.rows >= least.records AND grouped.rows >= least.share * told.crime_ref_rows
    ) AS many ON incident."force" = many."force" AND incident.crime_ref = many.crime_ref
    UNION ALL
    SELECT
        'incident' AS extract, 'victim_id' AS column_name, incident."force"::VARCHAR AS "force",
        incident.victim_id::VARCHAR AS reference,
        many.told_rows, incident.incident_id AS record,
        incident.load_id, incident.line
    FROM incident
    INNER JOIN (
        SELECT grouped."force", grouped.victim_id, told.victim_id_rows AS told_rows
        FROM (
            SELECT "force", victim_id, count(*) AS rows
            FROM incident
            WHERE victim_id IS NOT NULL
            GROUP BY "force", victim_id
        ) AS grouped
        INNER JOIN incident_told AS told ON grouped."force" = told."force"
        CROSS JOIN least
        WHERE grouped.rows >= least.records AND grouped.rows >= least.share * told.victim_id_rows
    ) AS many ON incident."force" = many."force" AND incident.victim_id = many.victim_id
    UNION ALL
    SELECT
        'investigation' AS extract, 'crime_ref' AS column_name, investigation."force"::VARCHAR AS "force",
        investigation.crime_ref::VARCHAR AS reference,
        many.told_rows, investigation.load_id || '|' || investigation.line AS record,
        investigation.load_id, investigation.line
    FROM investigation
    INNER JOIN (
        SELECT grouped."force", grouped.crime_ref, told.crime_ref_rows AS told_rows
        FROM (
            SELECT "force", crime_ref, count(*) AS rows
            FROM investigation
            WHERE crime_ref IS NOT NULL
            GROUP BY "force", crime_ref
        ) AS grouped
        INNER JOIN investigation_told AS told ON grouped."force" = told."force"
        CROSS JOIN least
        WHERE grouped.rows >= least.records AND grouped.rows >= least.share * told.crime_ref_rows
    ) AS many ON investigation."force" = many."force" AND investigation.crime_ref = many.crime_ref
    UNION ALL
    SELECT
        'investigation' AS extract, 'suspect_id' AS column_name, investigation."force"::VARCHAR AS "force",
        investigation.suspect_id::VARCHAR AS reference,
        many.told_rows, investigation.crime_ref AS record,
        investigation.load_id, investigation.line
    FROM investigation
    INNER JOIN (
        SELECT grouped."force", grouped.suspect_id, told.suspect_id_rows AS told_rows
        FROM (
            SELECT "force", suspect_id, count(*) AS rows
            FROM investigation
            WHERE suspect_id IS NOT NULL
            GROUP BY "force", suspect_id
        ) AS grouped
        INNER JOIN investigation_told AS told ON grouped."force" = told."force"
        CROSS JOIN least
        WHERE grouped.rows >= least.records AND grouped.rows >= least.share * told.suspect_id_rows
    ) AS many ON investigation."force" = many."force" AND investigation.suspect_id = many.suspect_id
    UNION ALL
    SELECT
        'investigation' AS extract, 'urn' AS column_name, investigation."force"::VARCHAR AS "force",
        investigation.urn::VARCHAR AS reference,
        many.told_rows, investigation.crime_ref AS record,
        investigation.load_id, investigation.line
    FROM investigation
    INNER JOIN (
        SELECT grouped."force", grouped.urn, told.urn_rows AS told_rows
        FROM (
            SELECT "force", urn, count(*) AS rows
            FROM investigation
            WHERE urn IS NOT NULL
            GROUP BY "force", urn
        ) AS grouped
        INNER JOIN investigation_told AS told ON grouped."force" = told."force"
        CROSS JOIN least
        WHERE grouped.rows >= least.records AND grouped.rows >= least.share * told.urn_rows
    ) AS many ON investigation."force" = many."force" AND investigation.urn = many.urn
    UNION ALL
    SELECT
        'cps' AS extract, 'urn' AS column_name, cps."force"::VARCHAR AS "force",
        cps.urn::VARCHAR AS reference,
        many.told_rows, cps.defendant_id::VARCHAR AS record,
        cps.load_id, cps.line
    FROM cps
    INNER JOIN (
        SELECT grouped."force", grouped.urn, told.urn_rows AS told_rows
        FROM (
            SELECT "force", urn, count(*) AS rows
            FROM cps
            WHERE urn IS NOT NULL
            GROUP BY "force", urn
        ) AS grouped
        INNER JOIN cps_told AS told ON grouped."force" IS NOT DISTINCT FROM told."force"
        CROSS JOIN least
        WHERE grouped.rows >= least.records AND grouped.rows >= least.share * told.urn_rows
    ) AS many ON cps."force" IS NOT DISTINCT FROM many."force" AND cps.urn = many.urn
),

crowded AS (
    SELECT standing.extract, standing.column_name, standing."force", standing.reference
    FROM standing
    INNER JOIN reference_crowd AS crowd ON standing.extract = crowd.extract AND standing.column_name = crowd.column_name
    GROUP BY standing.extract, standing.column_name, standing."force", standing.reference
    HAVING
        (
            count(DISTINCT standing.record) >= any_value(crowd.least_records::INTEGER)
            AND count(DISTINCT standing.record) >= any_value(crowd.least_share::DOUBLE * standing.told_rows)
        )
        OR (
            count(DISTINCT standing.record) >= any_value(crowd.least_of_half::INTEGER)
            AND 2 * count(DISTINCT standing.record) >= any_value(standing.told_rows)
        )
)

SELECT 'reference_crowded' AS rule, standing.load_id, standing.line, standing.column_name
FROM standing
SEMI JOIN crowded
    ON
        standing.extract = crowded.extract AND standing.column_name = crowded.column_name
        AND standing."force" IS NOT DISTINCT FROM crowded."force" AND standing.reference = crowded.reference;
