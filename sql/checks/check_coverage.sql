-- What the feeds of a force leave untold, so that stages count as not covered: an extract that has never come; one that does not
-- reach the day although another of the force does; a column on which figures hang that no row of a
-- source fills, where 20 could (`evidence`). A column that the mapping does not name is meant to be untold and is silent.
-- grain: rule, extract, area, column_name
WITH untold AS (
    SELECT stg_evidence.extract, stg_evidence."force", evidence.column_name
    FROM stg_evidence
    INNER JOIN evidence ON stg_evidence.evidence = evidence.evidence
    LEFT JOIN (
        SELECT load.source, load.extract, load_column."force", load_column.column_name, sum(load_column.filled) AS filled
        FROM load_column
        INNER JOIN load ON load_column.load_id = load.load_id
        WHERE load.state = 'loaded'
        GROUP BY load.source, load.extract, load_column."force", load_column.column_name
    ) AS filled
        ON
            stg_evidence.source = filled.source
            AND stg_evidence.extract = filled.extract
            AND stg_evidence."force" IS NOT DISTINCT FROM filled."force"
            AND evidence.column_name = filled.column_name
    LEFT JOIN (
        SELECT DISTINCT load.source, load.extract, finding.column_name
        FROM finding
        INNER JOIN load ON finding.load_id = load.load_id
        WHERE finding.rule = 'missing_column' AND load.state = 'loaded'
    ) AS missing
        ON
            stg_evidence.source = missing.source
            AND stg_evidence.extract = missing.extract
            AND evidence.column_name = missing.column_name
    WHERE
        stg_evidence.had = 0
        AND coalesce(filled.filled, 0) = 0
        AND (filled.column_name IS NOT NULL OR missing.column_name IS NOT NULL)
    GROUP BY stg_evidence.source, stg_evidence.extract, stg_evidence."force", evidence.column_name
    HAVING max(stg_evidence.could) >= 20
),

noted AS (
    SELECT 'feed_missing' AS rule, extract, "force"::VARCHAR AS "force", '' AS column_name
    FROM stg_feed
    WHERE NOT has_arrived
    UNION ALL
    -- Without an incident there is no force in stg_feed.
    SELECT DISTINCT 'feed_missing' AS rule, 'incident' AS extract, load_force."force"::VARCHAR AS "force", '' AS column_name
    FROM load_force
    INNER JOIN load ON load_force.load_id = load.load_id
    WHERE load.state = 'loaded' AND NOT EXISTS (SELECT 1 FROM load AS other WHERE other.extract = 'incident')
    UNION ALL
    SELECT 'feed_behind' AS rule, behind.extract, behind."force"::VARCHAR AS "force", '' AS column_name
    FROM stg_feed AS behind
    SEMI JOIN (SELECT "force" FROM stg_feed WHERE is_covered) AS other ON behind."force" = other."force"
    WHERE behind.has_arrived AND NOT behind.is_covered
    UNION ALL
    SELECT 'evidence_not_told' AS rule, extract, "force", column_name
    FROM untold
)

SELECT DISTINCT
    noted.rule,
    noted.extract,
    CASE WHEN noted.extract = 'cps' THEN coalesce(named.cps_area, '') ELSE coalesce(named.code, '') END AS area,
    noted.column_name
FROM noted
LEFT JOIN "force" AS named ON noted."force" = named.code;
