-- Rows of each load that are in force, but for those that count as duplicate: rows of an append that were held already.
-- grain: load_id
WITH standing AS (
    SELECT load_id, line FROM incident
    UNION ALL
    SELECT load_id, line FROM investigation
    UNION ALL
    SELECT load_id, line FROM cps
    UNION ALL
    SELECT load_id, line FROM cps_event
)

SELECT standing.load_id, count(*) AS rows_in_force
FROM standing
ANTI JOIN repeated_row ON standing.load_id = repeated_row.load_id AND standing.line = repeated_row.line
GROUP BY standing.load_id;
