-- The funnel in counts: for every group and every stage, also one that no case entered, how many cases entered, went on, or stand
-- there in which state; and whether the stage can be seen.
-- entered = progressed + open + resolved + lost + completed, in every row.
-- grain: breakdown, group, period_kind, period, stage_order
WITH counted AS (
    SELECT
        funnel_path.breakdown,
        funnel_path."group",
        funnel_path.period_kind,
        funnel_path.period,
        stage.stage_order::INTEGER AS stage_order,
        sum(funnel_path.cases) AS entered,
        sum(funnel_path.cases) FILTER (WHERE case_path.stage_order > stage.stage_order::INTEGER) AS progressed,
        sum(funnel_path.cases) FILTER (WHERE case_path.stage_order = stage.stage_order::INTEGER AND state = 'open') AS open,
        sum(funnel_path.cases) FILTER (WHERE case_path.stage_order = stage.stage_order::INTEGER AND state = 'resolved')
            AS resolved,
        sum(funnel_path.cases) FILTER (WHERE case_path.stage_order = stage.stage_order::INTEGER AND state = 'lost') AS lost,
        sum(funnel_path.cases) FILTER (WHERE case_path.stage_order = stage.stage_order::INTEGER AND state = 'completed')
            AS completed,
        sum(funnel_path.cases) FILTER (WHERE case_path.implied & (1 << (stage.stage_order::INTEGER - 1)) > 0) AS implied,
        sum(funnel_path.cases) FILTER (WHERE case_path.is_only_case_of_crime) AS lone_crimes
    FROM funnel_path
    INNER JOIN case_path ON funnel_path.path_id = case_path.path_id
    INNER JOIN stage ON stage.stage_order::INTEGER <= case_path.stage_order
    GROUP BY ALL
),

shared AS (
    SELECT
        funnel_shared_crime.breakdown,
        funnel_shared_crime."group",
        funnel_shared_crime.period_kind,
        funnel_shared_crime.period,
        stage.stage_order::INTEGER AS stage_order,
        sum(funnel_shared_crime.crimes) AS crimes
    FROM funnel_shared_crime
    INNER JOIN stage ON stage.stage_order::INTEGER <= funnel_shared_crime.stage_order
    GROUP BY ALL
)

SELECT
    funnel_cell.breakdown,
    funnel_cell."group",
    funnel_cell.period_kind,
    funnel_cell.period,
    funnel_cell.stage_order,
    coalesce(counted.entered, 0)::BIGINT AS entered,
    coalesce(counted.progressed, 0)::BIGINT AS progressed,
    coalesce(counted.open, 0)::BIGINT AS open,
    coalesce(counted.resolved, 0)::BIGINT AS resolved,
    coalesce(counted.lost, 0)::BIGINT AS lost,
    coalesce(counted.completed, 0)::BIGINT AS completed,
    coalesce(counted.implied, 0)::BIGINT AS implied,
    (coalesce(counted.lone_crimes, 0) + coalesce(shared.crimes, 0))::BIGINT AS crimes,
    funnel_cell.is_covered,
    funnel_cell.is_told,
    funnel_cell.why,
    funnel_cell.is_partial
FROM funnel_cell
-- A stage that no case of the group entered stays, with 0.
LEFT JOIN counted USING (breakdown, "group", period_kind, period, stage_order)
LEFT JOIN shared USING (breakdown, "group", period_kind, period, stage_order);
