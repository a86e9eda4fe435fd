-- Every day that stands in a date column of the rows in force, by extract, column, force and load, with how often.
-- grain: extract, column_name, force, load_id, day
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
)

SELECT extract, cell.column_name, "force", load_id, cell.day, count(*) AS cells
FROM dated
WHERE cell.day IS NOT NULL
GROUP BY ALL;
