-- Months missing inside a feed, by force: a run of empty months between months with rows, where the mean of up to three months
-- on each side makes 10 rows or more expected over the run. Forces too small for that are judged with all forces of the
-- feed together. `expected` counts the rows that the whole run should have held.
-- Investigation rows are placed by their crime's report, so in a month in which incidents of the force are missing (of all
-- forces together: those of any) nothing can be said of them: it is no gap of theirs, and counts neither in a run nor beside it.
-- grain: extract, force, month
WITH feed_month AS (
    SELECT extract, "force" AS of_force, month, rows FROM stg_month WHERE "force" IS NOT NULL
    UNION ALL
    SELECT extract, '' AS of_force, month, sum(rows)::BIGINT AS rows FROM stg_month GROUP BY extract, month
),

span AS (
    SELECT extract, of_force, min(month) FILTER (rows > 0) AS first_month, max(month) FILTER (rows > 0) AS last_month
    FROM feed_month
    GROUP BY extract, of_force
),

series AS (
    SELECT extract, of_force, unnest(generate_series(first_month, last_month, INTERVAL 1 MONTH))::DATE AS month
    FROM span
),

counted AS (
    SELECT series.extract, series.of_force, series.month, coalesce(feed_month.rows, 0) AS rows
    FROM series
    LEFT JOIN feed_month
        ON series.extract = feed_month.extract AND series.of_force = feed_month.of_force AND series.month = feed_month.month
),

numbered AS (
    SELECT
        *,
        -- Empty months that follow each other share the number of months with rows before them.
        count(*) FILTER (rows > 0) OVER (PARTITION BY extract, of_force ORDER BY month) AS filled_before
    FROM counted
),

run AS (
    SELECT extract, of_force, filled_before, min(month) AS first_month, max(month) AS last_month
    FROM numbered
    WHERE rows = 0
    GROUP BY extract, of_force, filled_before
),

around AS (
    SELECT
        run.extract,
        run.of_force,
        run.filled_before,
        counted.month,
        counted.rows,
        counted.month BETWEEN run.first_month AND run.last_month AS is_of_run
    FROM run
    INNER JOIN counted
        ON
            run.extract = counted.extract
            AND run.of_force = counted.of_force
            AND counted.month BETWEEN run.first_month - INTERVAL 3 MONTHS AND run.last_month + INTERVAL 3 MONTHS
),

incident_run AS (
    SELECT of_force, filled_before
    FROM around
    WHERE extract = 'incident'
    GROUP BY of_force, filled_before
    HAVING avg(rows) FILTER (NOT is_of_run) * count(*) FILTER (is_of_run) >= 10
),

missing_incidents AS (
    SELECT around.of_force, around.month
    FROM around
    INNER JOIN incident_run
        ON around.of_force = incident_run.of_force AND around.filled_before = incident_run.filled_before
    WHERE around.extract = 'incident' AND around.is_of_run
),

incident_force AS (
    SELECT DISTINCT "force" FROM stg_month WHERE extract = 'incident'
),

-- Of whose investigations nothing can be said, and in which months.
crimes_unknown AS (
    SELECT of_force, month FROM missing_incidents
    UNION
    SELECT '' AS of_force, month FROM missing_incidents
    UNION
    SELECT incident_force."force" AS of_force, missing_incidents.month
    FROM missing_incidents
    CROSS JOIN incident_force
    WHERE missing_incidents.of_force = ''
),

told AS (
    SELECT around.*
    FROM around
    ANTI JOIN crimes_unknown
        ON
            around.extract = 'investigation'
            AND around.of_force = crimes_unknown.of_force
            AND around.month = crimes_unknown.month
),

judged AS (
    SELECT
        extract,
        of_force,
        filled_before,
        avg(rows) FILTER (NOT is_of_run) * count(*) FILTER (is_of_run) AS expected
    FROM told
    GROUP BY extract, of_force, filled_before
    HAVING expected >= 10
),

month_of AS (
    SELECT told.extract, told.of_force, told.month, judged.expected
    FROM told
    INNER JOIN judged
        ON told.extract = judged.extract AND told.of_force = judged.of_force AND told.filled_before = judged.filled_before
    WHERE told.is_of_run
),

placed AS (
    SELECT month_of.*, month_of.of_force AS "force" FROM month_of WHERE month_of.of_force <> ''
    UNION ALL
    SELECT month_of.*, incident_force."force"
    FROM month_of
    CROSS JOIN incident_force
    WHERE month_of.of_force = ''
)

SELECT extract, "force", month, max(expected) AS expected
FROM placed
GROUP BY extract, "force", month;
