-- Rows to mend: every finding on a row in force, and every row kept aside, with the owner's area (the force; for the CPS its
-- Area) and the record's reference. A finding on a row that a later delivery has replaced is gone with that row. Where a CPS
-- row names no force, that of its crime counts, then the only one of its delivery (or the only Area). A rule that compares
-- extracts is silent while one that it needs has not arrived at all. A row that was folded into another is a remark, and what is
-- amiss with its cells stands with the row that it went into.
-- grain: rule, load_id, line, column_name
WITH linked AS (
    SELECT link_cps.load_id, link_cps.line, min(link_cps."force")::VARCHAR AS "force"
    FROM link_cps
    GROUP BY link_cps.load_id, link_cps.line
),

found AS (
    SELECT check_found.*, coalesce(folded_row.into_line, check_found.line) AS stands_at
    FROM check_found
    LEFT JOIN folded_row ON check_found.load_id = folded_row.load_id AND check_found.line = folded_row.line
    UNION ALL
    SELECT 'rolled_up' AS rule, folded_row.load_id, folded_row.line, '' AS column_name, folded_row.into_line AS stands_at
    FROM folded_row
),

placed AS (
    SELECT f.*, 'incident' AS extract, t."force"::VARCHAR AS "force", t.incident_id AS reference, FALSE AS is_kept_aside
    FROM found AS f
    INNER JOIN incident AS t ON f.load_id = t.load_id AND f.stands_at = t.line
    UNION ALL
    SELECT f.*, 'investigation' AS extract, t."force"::VARCHAR AS "force", t.crime_ref AS reference, FALSE AS is_kept_aside
    FROM found AS f
    INNER JOIN investigation AS t ON f.load_id = t.load_id AND f.stands_at = t.line
    UNION ALL
    SELECT
        f.*,
        'cps' AS extract,
        coalesce(t."force"::VARCHAR, linked."force") AS "force",
        t.urn AS reference,
        FALSE AS is_kept_aside
    FROM found AS f
    INNER JOIN cps AS t ON f.load_id = t.load_id AND f.stands_at = t.line
    LEFT JOIN linked ON f.load_id = linked.load_id AND f.stands_at = linked.line
    UNION ALL
    SELECT f.*, 'cps_event' AS extract, NULL AS "force", t.urn AS reference, FALSE AS is_kept_aside
    FROM found AS f
    INNER JOIN cps_event AS t ON f.load_id = t.load_id AND f.stands_at = t.line
    UNION ALL
    SELECT rule, load_id, line, column_name, line AS stands_at, extract, "force", reference, TRUE AS is_kept_aside
    FROM check_aside
),

arrived AS (
    SELECT list(DISTINCT load.extract) AS extracts FROM load WHERE load.state IN ('loaded', 'held')
),

only_force AS (
    SELECT load_force.load_id, min(load_force."force")::VARCHAR AS "force"
    FROM load_force
    GROUP BY load_force.load_id
    HAVING count(DISTINCT load_force."force") = 1
),

only_area AS (
    SELECT load_force.load_id, min("force".cps_area) AS area
    FROM load_force
    INNER JOIN "force" ON load_force."force" = "force".code
    GROUP BY load_force.load_id
    HAVING count(DISTINCT coalesce("force".cps_area, '')) = 1
)

SELECT
    placed.rule,
    placed.extract,
    CASE
        WHEN placed.extract NOT IN ('cps', 'cps_event') THEN coalesce(named.code, '')
        WHEN named.code IS NOT NULL THEN coalesce(named.cps_area, '')
        ELSE coalesce(only_area.area, '')
    END AS area,
    named.code AS "force",
    placed.load_id,
    placed.line,
    placed.column_name,
    placed.reference,
    placed.is_kept_aside
FROM placed
INNER JOIN rule ON placed.rule = rule.rule
CROSS JOIN arrived
LEFT JOIN only_force ON placed.load_id = only_force.load_id
LEFT JOIN only_area ON placed.load_id = only_area.load_id
LEFT JOIN "force" AS stated ON placed."force" = stated.code
LEFT JOIN "force" AS named ON coalesce(stated.code, only_force."force") = named.code
WHERE rule.severity = 'info' OR rule.needs IS NULL OR list_has_all(arrived.extracts, string_split(rule.needs, ' '));
