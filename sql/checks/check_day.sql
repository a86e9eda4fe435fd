-- One day that stands in improbably many cells of a date column, by force: of forty cells or more three in ten hold it, though
-- the force's incidents were reported over 60 days or more. The day of an export, probably, or of a conversion. Forces of which
-- some source gives months only have no days.
-- grain: extract, column_name, force
WITH dated AS (
    SELECT
        'incident' AS extract, "force"::VARCHAR AS "force", load_id,
        unnest([
            { 'column_name': 'reported_date', 'day': reported_date },
            { 'column_name': 'recorded_date', 'day': recorded_date },
            { 'column_name': 'hate_flagged_date', 'day': hate_flagged_date }
        ]) AS cell
    FROM incident
    UNION ALL
    SELECT
        'investigation' AS extract, "force"::VARCHAR AS "force", load_id,
        unnest([
            { 'column_name': 'suspect_identified_date', 'day': suspect_identified_date },
            { 'column_name': 'file_submitted_date', 'day': file_submitted_date },
            { 'column_name': 'outcome_date', 'day': outcome_date }
        ]) AS cell
    FROM investigation
    UNION ALL
    SELECT
        'cps' AS extract, "force"::VARCHAR AS "force", load_id,
        unnest([
            { 'column_name': 'received_date', 'day': received_date },
            { 'column_name': 'decision_date', 'day': decision_date },
            { 'column_name': 'first_hearing_date', 'day': first_hearing_date },
            { 'column_name': 'finalised_date', 'day': finalised_date }
        ]) AS cell
    FROM cps
),

by_day AS (
    SELECT extract, cell.column_name, "force", cell.day, count(*) AS cells, max(load_id) AS load_id
    FROM dated
    WHERE cell.day IS NOT NULL
    GROUP BY ALL
),

commonest AS (
    SELECT
        extract, column_name, "force", sum(cells) AS filled, max(cells) AS cells,
        arg_max(load_id, (cells, day)) AS load_id
    FROM by_day
    GROUP BY extract, column_name, "force"
),

long_enough AS (
    SELECT "force"::VARCHAR AS "force"
    FROM incident
    GROUP BY "force"
    HAVING max(reported_date) - min(reported_date) >= 60
)

SELECT commonest.extract, commonest.column_name, commonest."force", commonest.load_id
FROM commonest
INNER JOIN long_enough ON commonest."force" = long_enough."force"
ANTI JOIN stg_month_dated ON commonest."force" = stg_month_dated."force"
WHERE commonest.filled >= 40 AND commonest.cells >= 0.3 * commonest.filled;
