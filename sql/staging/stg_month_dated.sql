-- Forces of which some source gives months only: all of 20 or more of its dates are first days of months. Days between stages
-- are not told of their cases.
-- grain: force
WITH source AS (
    SELECT load.source
    FROM stg_day
    INNER JOIN load ON stg_day.load_id = load.load_id
    GROUP BY load.source
    HAVING sum(stg_day.cells) >= 20 AND bool_and(day(stg_day.day) = 1)
)

SELECT DISTINCT load_force."force"
FROM load_force
INNER JOIN load ON load_force.load_id = load.load_id
SEMI JOIN source ON load.source = source.source
WHERE load.state = 'loaded' AND load_force."force" IS NOT NULL;
