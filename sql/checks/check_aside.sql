-- Quarantined rows that no later delivery has brought right, once for each reason. One whose record cannot be told stands
-- until the next delivery of its source and extract, since nothing can be compared with it.
-- grain: rule, load_id, line, column_name
WITH newest AS (
    SELECT load.source, load.extract, max(load.load_id) AS load_id
    FROM load
    WHERE load.state IN ('loaded', 'held')
    GROUP BY load.source, load.extract
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
        ) AS reference
    FROM quarantine
    INNER JOIN load ON quarantine.load_id = load.load_id AND load.state IN ('loaded', 'held')
    LEFT JOIN newest ON quarantine.load_id = newest.load_id
    WHERE quarantine.mended_by IS NULL AND (quarantine.record_key IS NOT NULL OR newest.load_id IS NOT NULL)
),

reason AS (
    SELECT * EXCLUDE (reasons), unnest(reasons) AS reason FROM standing
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
FROM reason
UNION ALL
SELECT DISTINCT finding.rule, standing.extract, finding.load_id, finding.line, '' AS column_name, standing."force", standing.reference
FROM finding
INNER JOIN standing ON finding.load_id = standing.load_id AND finding.line = standing.line
WHERE finding.rule = 'set_incomplete';
