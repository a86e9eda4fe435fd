-- Quarantined rows that no later delivery has brought right, once for each reason. A record that a later delivery has brought
-- wrong again stands with that one alone; a row whose record cannot be told stands until the next delivery of its source and
-- extract, since nothing can be compared with it; so does every row of a snapshot, which the next one takes the place of.
-- grain: rule, load_id, line, column_name
WITH load_of_delivery AS (
    SELECT * FROM load WHERE state IN ('loaded', 'held')
),

standing AS (
    SELECT
        quarantine.load_id,
        quarantine.line,
        load.extract,
        quarantine.reasons,
        lower(json_extract_string(quarantine.fields, '$.force')) AS "force",
        quarantine.fields IS NOT NULL AS is_split,
        split_part(
            quarantine.record_key, '|', CASE WHEN load.extract IN ('incident', 'investigation') THEN 2 ELSE 1 END
        ) AS reference,
        (quarantine.record_key IS NOT NULL AND coalesce(load.delivery, '') <> 'snapshot') AS is_told,
        load.place,
        max(load.place) OVER (PARTITION BY load.extract, quarantine.record_key) AS last_place,
        newest.place AS newest_place
    FROM quarantine
    INNER JOIN load_of_delivery AS load ON quarantine.load_id = load.load_id
    INNER JOIN (
        SELECT source, extract, max(place) AS place FROM load_of_delivery GROUP BY source, extract
    ) AS newest ON load.source = newest.source AND load.extract = newest.extract
    WHERE quarantine.mended_by IS NULL
),

spelt AS (
    SELECT * EXCLUDE (reasons), unnest(reasons) AS reason
    FROM standing
    WHERE place IS NOT DISTINCT FROM CASE WHEN is_told THEN last_place ELSE newest_place END
)

SELECT DISTINCT
    CASE
        WHEN is_split AND starts_with(reason, 'missing_') THEN 'quarantined_missing'
        WHEN is_split AND starts_with(reason, 'unreadable_') THEN 'quarantined_unreadable'
        WHEN reason IN ('conflicting_duplicate', 'wrong_number_of_columns') THEN 'quarantined_' || reason
        ELSE 'quarantined_unsplit'
    END AS rule,
    extract,
    load_id,
    line,
    CASE WHEN is_split THEN coalesce(nullif(regexp_extract(reason, '^(missing|unreadable)_(.*)$', 2), ''), '') ELSE '' END
        AS column_name,
    "force",
    reference
FROM spelt
UNION ALL
SELECT DISTINCT
    finding.rule, standing.extract, finding.load_id, finding.line, '' AS column_name, standing."force", standing.reference
FROM finding
INNER JOIN spelt AS standing ON finding.load_id = standing.load_id AND finding.line = standing.line
WHERE finding.rule = 'set_incomplete';
