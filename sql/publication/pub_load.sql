-- Every delivery in force: rows read = accepted + duplicate + out of scope + quarantined. `superseded` counts rows that
-- were accepted earlier and have since been replaced; they stay in `accepted`. Blank lines are no rows.
-- grain: file, sha256, source, extract
SELECT
    load.file,
    load.sha256,
    load.source,
    load.extract,
    load.delivery,
    load.covers_to,
    CASE WHEN load.covers_inferred THEN 'Y' ELSE 'N' END AS covers_inferred,
    'row' AS unit,
    load.blank,
    load.rows_read,
    load.accepted,
    load.duplicate,
    load.out_of_scope,
    load.quarantined,
    (load.accepted - coalesce(load_in_force.rows_in_force, 0))::BIGINT AS superseded,
    load.state,
    load.arrival
FROM load
LEFT JOIN load_in_force ON load.load_id = load_in_force.load_id
WHERE load.state = 'loaded'
ORDER BY load.place, load.extract, load.arrival, load.file;
