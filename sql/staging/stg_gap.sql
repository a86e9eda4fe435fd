-- Months missing inside a feed, by force: a run of empty months between months with rows, where the mean of up to three months
-- on each side makes 10 rows or more expected over the run. Forces too small for that are judged with all forces of the
-- feed together. `expected` counts the rows that the whole run should have held.
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
    SELECT extract, of_force, filled_before, min(month) AS first_month, max(month) AS last_month, count(*) AS months
    FROM numbered
    WHERE rows = 0
    GROUP BY extract, of_force, filled_before
),

judged AS (
    SELECT run.extract, run.of_force, run.first_month, run.last_month, avg(beside.rows) * run.months AS expected
    FROM run
    INNER JOIN counted AS beside
        ON
            run.extract = beside.extract
            AND run.of_force = beside.of_force
            AND (
                beside.month BETWEEN run.first_month - INTERVAL 3 MONTHS AND run.first_month - INTERVAL 1 MONTH
                OR beside.month BETWEEN run.last_month + INTERVAL 1 MONTH AND run.last_month + INTERVAL 3 MONTHS
            )
    GROUP BY run.extract, run.of_force, run.first_month, run.last_month, run.months
    HAVING avg(beside.rows) * run.months >= 10
),

placed AS (
    SELECT judged.*, judged.of_force AS "force" FROM judged WHERE judged.of_force <> ''
    UNION ALL
    SELECT judged.*, incident_force."force"
    FROM judged
    CROSS JOIN (SELECT DISTINCT "force" FROM stg_month WHERE extract = 'incident') AS incident_force
    WHERE judged.of_force = ''
),

month_of AS (
    SELECT extract, "force", unnest(generate_series(first_month, last_month, INTERVAL 1 MONTH))::DATE AS month, expected
    FROM placed
)

SELECT extract, "force", month, max(expected) AS expected
FROM month_of
GROUP BY extract, "force", month;
