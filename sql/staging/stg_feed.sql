-- How far each feed reaches, by force: the latest day that a delivery with rows of that force (or of no named force)
-- covers. A CPS Area speaks for all its forces, so a force without CPS rows takes the reach of the CPS feed as a whole.
-- grain: extract, force
WITH police_force AS (
    SELECT DISTINCT incident."force" FROM incident
),

delivered AS (
    SELECT
        load.extract,
        load_force."force",
        load.covers_to,
        load.covers_inferred
    FROM load
    INNER JOIN load_force ON load.load_id = load_force.load_id
    WHERE load.state = 'loaded' AND load.covers_to IS NOT NULL
),

feed AS (
    SELECT unnest(['incident', 'investigation', 'cps']) AS extract
),

reach AS (
    SELECT
        feed.extract,
        police_force."force",
        max(delivered.covers_to) FILTER (WHERE delivered."force" IS NULL OR delivered."force" = police_force."force")
            AS own_covers_to,
        max(delivered.covers_to) AS any_covers_to
    FROM feed
    CROSS JOIN police_force
    LEFT JOIN delivered ON feed.extract = delivered.extract
    GROUP BY feed.extract, police_force."force"
),

told AS (
    SELECT
        extract,
        "force",
        CASE WHEN extract = 'cps' THEN coalesce(own_covers_to, any_covers_to) ELSE own_covers_to END AS covers_to
    FROM reach
)

SELECT
    told.extract,
    told."force",
    told.covers_to,
    coalesce(bool_and(delivered.covers_inferred), FALSE) AS is_inferred,
    coalesce(told.covers_to >= any_value(run_context.as_at) - any_value(run_context.coverage_days), FALSE) AS is_covered
FROM told
CROSS JOIN run_context
LEFT JOIN delivered ON told.extract = delivered.extract AND told.covers_to = delivered.covers_to
GROUP BY told.extract, told."force", told.covers_to;
