-- Months of which nothing can be told from some stage on, by group: months are missing in a feed of one of the forces of its
-- cases. `gap_order` is the first stage that the feed could show: with incidents missing, every one.
-- grain: breakdown, group, month
WITH group_force AS (
    SELECT DISTINCT funnel_path.breakdown, funnel_path."group", case_path."force"::VARCHAR AS "force"
    FROM funnel_path
    INNER JOIN case_path ON funnel_path.path_id = case_path.path_id
    WHERE funnel_path.period_kind = ''
)

SELECT
    group_force.breakdown,
    group_force."group",
    stg_gap.month,
    min(stage.stage_order::INTEGER) AS gap_order
FROM stg_gap
INNER JOIN stage ON contains(stage.told_by, stg_gap.extract || '.')
INNER JOIN group_force ON stg_gap."force" = group_force."force"
GROUP BY group_force.breakdown, group_force."group", stg_gap.month;
