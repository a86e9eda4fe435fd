-- Rows of each load that are in force.
-- grain: load_id
SELECT load_id, count(*) AS rows_in_force FROM incident GROUP BY load_id
UNION ALL
SELECT load_id, count(*) AS rows_in_force FROM investigation GROUP BY load_id
UNION ALL
SELECT load_id, count(*) AS rows_in_force FROM cps GROUP BY load_id
UNION ALL
SELECT load_id, count(*) AS rows_in_force FROM cps_event GROUP BY load_id;
