-- What had become of the cases recorded in each month at each fixed age, in every group. recorded: all cases; old_enough: those
-- that have the age as far as the feeds reach; reached: of these, with the stage by then; step_entered, step_progressed: the
-- same for the step from the milestone before. is_named: the group is one, and not the cases whose area or unit is unknown.
-- grain: breakdown, group, month, milestone_no
SELECT
    age_path.breakdown,
    age_path."group",
    age_path.month,
    age_outcome.milestone_no,
    sum(age_path.cases)::BIGINT AS recorded,
    coalesce(sum(age_path.cases) FILTER (WHERE is_old_enough), 0)::BIGINT AS old_enough,
    coalesce(sum(age_path.cases) FILTER (WHERE is_old_enough AND has_reached), 0)::BIGINT AS reached,
    coalesce(sum(age_path.cases) FILTER (WHERE is_old_enough AND has_entered), 0)::BIGINT AS step_entered,
    coalesce(sum(age_path.cases) FILTER (WHERE is_old_enough AND has_entered AND has_reached), 0)::BIGINT AS step_progressed,
    coalesce(sum(age_path.untimed) FILTER (WHERE is_old_enough), 0)::BIGINT AS untimed,
    max(age_path.last_recorded_on) AS last_recorded_on,
    any_value(age_path."group" <> 'unknown' AND NOT ends_with(age_path."group", '/unknown')) AS is_named
FROM age_path
INNER JOIN age_outcome ON age_path.age_bits = age_outcome.age_bits
GROUP BY age_path.breakdown, age_path."group", age_path.month, age_outcome.milestone_no;
