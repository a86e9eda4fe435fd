-- The columns whose mapping must say how the reference is to be spelt, so that the references of check_spelling meet: those
-- that hold the same kind of reference, in the sources that bring the area's rows, where that spelling changes any of them.
-- grain: extract, column_name, area, source, line_extract, line_column
WITH written AS (
    SELECT
        'crime' AS kind, 'incident' AS extract, 'crime_ref' AS column_name, load_id,
        "force"::VARCHAR AS "force", crime_ref AS reference
    FROM incident
    WHERE crime_ref IS NOT NULL
    UNION ALL
    SELECT
        'crime' AS kind, 'investigation' AS extract, 'crime_ref' AS column_name, load_id,
        "force"::VARCHAR AS "force", crime_ref AS reference
    FROM investigation
    UNION ALL
    SELECT
        'crime' AS kind, 'cps' AS extract, 'police_crime_ref' AS column_name, load_id,
        "force"::VARCHAR AS "force", police_crime_ref AS reference
    FROM cps
    WHERE police_crime_ref IS NOT NULL
    UNION ALL
    SELECT
        'urn' AS kind, 'investigation' AS extract, 'urn' AS column_name, load_id,
        "force"::VARCHAR AS "force", urn AS reference
    FROM investigation
    WHERE urn IS NOT NULL
    UNION ALL
    SELECT
        'urn' AS kind, 'cps' AS extract, 'urn' AS column_name, load_id,
        "force"::VARCHAR AS "force", urn AS reference
    FROM cps
)

SELECT
    spelling.extract,
    spelling.column_name,
    spelling.area,
    load.source,
    written.extract AS line_extract,
    written.column_name AS line_column,
    spelling.spelling
FROM check_spelling AS spelling
INNER JOIN written ON written.kind = CASE spelling.column_name WHEN 'urn' THEN 'urn' ELSE 'crime' END
INNER JOIN load ON written.load_id = load.load_id
LEFT JOIN "force" AS named ON written."force" = named.code
WHERE spelling.would_meet > 0
GROUP BY ALL
HAVING
    bool_or(respelt(spelling.spelling, upper(written.reference)) <> upper(written.reference))
    AND bool_or(
        spelling.area = '' OR written."force" IS NULL
        OR spelling.area = CASE spelling.extract WHEN 'cps' THEN coalesce(named.cps_area, '') ELSE written."force" END
    );
