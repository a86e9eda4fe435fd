-- Forces of which some source gives months only: all of 20 or more of its dates are first days of months. Days between stages
-- are not told of their cases.
-- grain: force
WITH dated AS (
    SELECT
        load_id,
        count(reported_date) + count(recorded_date) + count(hate_flagged_date) AS dates,
        count(*) FILTER (day(reported_date) = 1) + count(*) FILTER (day(recorded_date) = 1)
        + count(*) FILTER (day(hate_flagged_date) = 1) AS first_days
    FROM incident
    GROUP BY load_id
    UNION ALL
    SELECT
        load_id,
        count(suspect_identified_date) + count(file_submitted_date) + count(outcome_date) AS dates,
        count(*) FILTER (day(suspect_identified_date) = 1) + count(*) FILTER (day(file_submitted_date) = 1)
        + count(*) FILTER (day(outcome_date) = 1) AS first_days
    FROM investigation
    GROUP BY load_id
    UNION ALL
    SELECT
        load_id,
        count(received_date) + count(decision_date) + count(first_hearing_date) + count(finalised_date) AS dates,
        count(*) FILTER (day(received_date) = 1) + count(*) FILTER (day(decision_date) = 1)
        + count(*) FILTER (day(first_hearing_date) = 1) + count(*) FILTER (day(finalised_date) = 1) AS first_days
    FROM cps
    GROUP BY load_id
),

source AS (
    SELECT load.source
    FROM dated
    INNER JOIN load ON dated.load_id = load.load_id
    GROUP BY load.source
    HAVING sum(dated.dates) >= 20 AND sum(dated.dates) = sum(dated.first_days)
)

SELECT DISTINCT load_force."force"
FROM load_force
INNER JOIN load ON load_force.load_id = load.load_id
SEMI JOIN source ON load.source = source.source
WHERE load.state = 'loaded' AND load_force."force" IS NOT NULL;
