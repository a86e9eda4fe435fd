-- How far each feed reaches, by force: from the earliest day to the latest that a delivery with rows of that force (or of no
-- named force) covers. A CPS Area speaks for all its forces, so a force without CPS rows takes the reach of the CPS feed as a
-- whole. A reach that was inferred from the dates may lie one median distance of these further back.
-- grain: extract, force
WITH police_force AS (
    SELECT DISTINCT incident."force" FROM incident
),

delivered AS (
    SELECT
        load.extract,
        load_force."force",
        load.covers_from,
        load.covers_to,
        load.covers_inferred,
        load.covers_to + CASE WHEN load.covers_inferred THEN coalesce(load.event_distance, 0) ELSE 0 END AS reaches_to
    FROM load
    INNER JOIN load_force ON load.load_id = load_force.load_id
    WHERE load.state = 'loaded'
),

feed AS (
    SELECT unnest(['incident', 'investigation', 'cps']) AS extract
),

speaking AS (
    SELECT
        feed.extract,
        police_force."force",
        delivered.covers_from,
        delivered.covers_to,
        delivered.covers_inferred,
        delivered.reaches_to,
        delivered.extract IS NOT NULL AS has_arrived,
        coalesce(delivered."force" IS NULL OR delivered."force" = police_force."force", TRUE) AS is_own
    FROM feed
    CROSS JOIN police_force
    LEFT JOIN delivered ON feed.extract = delivered.extract
),

told AS (
    SELECT * FROM speaking
    QUALIFY is_own OR (extract = 'cps' AND NOT bool_or(is_own AND covers_to IS NOT NULL) OVER (PARTITION BY extract, "force"))
),

latest AS (
    SELECT *, max(covers_to) OVER (PARTITION BY extract, "force") AS last_covers_to FROM told
)

SELECT
    feed.extract,
    police_force."force",
    min(latest.covers_from) AS covers_from,
    max(latest.covers_to) AS covers_to,
    coalesce(bool_and(latest.covers_inferred) FILTER (latest.covers_to = latest.last_covers_to), FALSE) AS is_inferred,
    coalesce(bool_or(latest.has_arrived), FALSE) AS has_arrived,
    coalesce(max(latest.reaches_to) >= any_value(run_context.as_at) - any_value(run_context.coverage_days), FALSE) AS is_covered
FROM feed
CROSS JOIN police_force
CROSS JOIN run_context
-- A feed that never came stays, and covers nothing.
LEFT JOIN latest ON feed.extract = latest.extract AND police_force."force" = latest."force"
GROUP BY feed.extract, police_force."force";
