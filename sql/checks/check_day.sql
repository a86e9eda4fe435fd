-- One day that stands in improbably many cells of a date column, by force: of forty cells or more three in ten hold it, though
-- the force's incidents were reported over 60 days or more. The day of an export, probably, or of a conversion. Forces of which
-- some source gives months only have no days.
-- grain: extract, column_name, force
WITH by_day AS (
    SELECT extract, column_name, "force", day, sum(cells) AS cells, max(load_id) AS load_id
    FROM stg_day
    GROUP BY extract, column_name, "force", day
),

commonest AS (
    SELECT
        extract, column_name, "force", sum(cells) AS filled, max(cells) AS cells,
        arg_max(load_id, (cells, day)) AS load_id
    FROM by_day
    GROUP BY extract, column_name, "force"
),

long_enough AS (
    SELECT "force"
    FROM by_day
    WHERE column_name = 'reported_date'
    GROUP BY "force"
    HAVING max(day) - min(day) >= 60
)

SELECT commonest.extract, commonest.column_name, commonest."force", commonest.load_id
FROM commonest
INNER JOIN long_enough ON commonest."force" = long_enough."force"
ANTI JOIN stg_month_dated ON commonest."force" = stg_month_dated."force"
WHERE commonest.filled >= 40 AND commonest.cells >= 0.3 * commonest.filled;
