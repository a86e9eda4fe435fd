-- What is amiss with a delivery as a whole: held by the gate; reaching less far than the one before (not where deliveries are
-- appended: one of an older month is no fault); coming in fewer files than the one before; one day for many cells; a column
-- that the one before still had; a date column of which more than one filled cell in twenty, and five at least, cannot be read;
-- columns that are missing or not named by the mapping; a guessed encoding; months without rows inside the feed as a whole (of
-- 20 rows or more: fewer have no rhythm), told with its last delivery. Only the newest delivery of a source and extract is
-- judged, for each force in it (none where no row tells its force); its parts count together.
-- grain: rule, extract, area, column_name
WITH delivered AS (
    SELECT
        load.source,
        load.extract,
        load.place,
        load_force."force"::VARCHAR AS "force",
        max(load.covers_to) AS covers_to,
        list(load.load_id) AS load_ids,
        count(DISTINCT load.file) AS files,
        bool_or(load.delivery = 'append') AS is_appended
    FROM load
    LEFT JOIN load_force ON load.load_id = load_force.load_id
    WHERE load.state = 'loaded'
    GROUP BY load.source, load.extract, load.place, load_force."force"
),

aged AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY source, extract, "force" ORDER BY place DESC) AS age,
        max(place) OVER (PARTITION BY source, extract) AS last_place
    FROM delivered
),

newest AS (
    SELECT * FROM aged WHERE age = 1 AND ("force" IS NOT NULL OR place = last_place)
),

before AS (
    SELECT * FROM aged WHERE age = 2
),

missing AS (
    SELECT load_id, column_name FROM finding WHERE rule = 'missing_column'
),

unread AS (
    SELECT load_id, column_name, count(*) AS cells FROM finding WHERE rule = 'unreadable_date' GROUP BY load_id, column_name
    UNION ALL
    SELECT aside.load_id, substr(aside.reason, length('unreadable_') + 1) AS column_name, count(*) AS cells
    FROM (SELECT load_id, unnest(reasons) AS reason FROM quarantine) AS aside
    WHERE starts_with(aside.reason, 'unreadable_') AND aside.reason LIKE '%date'
    GROUP BY aside.load_id, aside.reason
),

unread_column AS (
    SELECT unread.load_id, unread.column_name
    FROM unread
    LEFT JOIN (
        SELECT load_id, column_name, sum(filled) AS filled FROM load_column GROUP BY load_id, column_name
    ) AS read USING (load_id, column_name)
    GROUP BY unread.load_id, unread.column_name
    HAVING sum(unread.cells) >= 5 AND sum(unread.cells) > 0.05 * (sum(unread.cells) + max(coalesce(read.filled, 0)))
),

of_extract AS (
    SELECT extract, sum(rows) AS rows FROM stg_month GROUP BY extract
),

noted AS (
    SELECT 'delivery_held' AS rule, load.extract, load_force."force"::VARCHAR AS "force", '' AS column_name, load.load_id
    FROM load
    LEFT JOIN load_force ON load.load_id = load_force.load_id
    WHERE load.state = 'held'
    UNION ALL
    SELECT 'feed_reaches_less' AS rule, newest.extract, newest."force", '' AS column_name, list_max(newest.load_ids) AS load_id
    FROM newest
    INNER JOIN before
        ON
            newest.source = before.source AND newest.extract = before.extract
            AND newest."force" IS NOT DISTINCT FROM before."force"
    WHERE newest.covers_to < before.covers_to AND newest.is_appended IS DISTINCT FROM TRUE
    UNION ALL
    SELECT 'fewer_files' AS rule, newest.extract, newest."force", '' AS column_name, list_max(newest.load_ids) AS load_id
    FROM newest
    INNER JOIN before
        ON
            newest.source = before.source AND newest.extract = before.extract
            AND newest."force" IS NOT DISTINCT FROM before."force"
    WHERE newest.files < before.files
    UNION ALL
    SELECT 'one_day_for_many' AS rule, extract, "force", column_name, load_id FROM check_day
    UNION ALL
    SELECT 'schema_drift' AS rule, newest.extract, newest."force", missing.column_name, missing.load_id
    FROM newest
    INNER JOIN before
        ON
            newest.source = before.source AND newest.extract = before.extract
            AND newest."force" IS NOT DISTINCT FROM before."force"
    INNER JOIN missing ON list_contains(newest.load_ids, missing.load_id)
    ANTI JOIN missing AS missed
        ON list_contains(before.load_ids, missed.load_id) AND missing.column_name = missed.column_name
    UNION ALL
    SELECT 'dates_unreadable' AS rule, newest.extract, newest."force", unread_column.column_name, unread_column.load_id
    FROM newest
    INNER JOIN unread_column ON list_contains(newest.load_ids, unread_column.load_id)
    UNION ALL
    SELECT
        'months_missing' AS rule,
        stg_gap.extract,
        stg_gap."force",
        '' AS column_name,
        coalesce(max(load.load_id) FILTER (load_force."force" = stg_gap."force"), max(load.load_id)) AS load_id
    FROM stg_gap
    INNER JOIN of_extract ON stg_gap.extract = of_extract.extract AND of_extract.rows >= 20
    INNER JOIN load ON stg_gap.extract = load.extract AND load.state = 'loaded'
    LEFT JOIN load_force ON load.load_id = load_force.load_id
    GROUP BY stg_gap.extract, stg_gap."force"
    UNION ALL
    SELECT DISTINCT
        finding.rule,
        newest.extract,
        newest."force",
        coalesce(finding.column_name, '') AS column_name,
        finding.load_id
    FROM newest
    INNER JOIN finding ON list_contains(newest.load_ids, finding.load_id) AND finding.line IS NULL
)

SELECT
    noted.rule,
    noted.extract,
    CASE WHEN noted.extract IN ('cps', 'cps_event') THEN coalesce(named.cps_area, '') ELSE coalesce(named.code, '') END AS area,
    noted.column_name,
    max(noted.load_id) AS load_id
FROM noted
LEFT JOIN "force" AS named ON noted."force" = named.code
GROUP BY ALL;
