-- Why cases stopped, by group and stage.
-- grain: breakdown, group, stage, reason
SELECT
    funnel_path.breakdown,
    funnel_path."group",
    stage.stage,
    any_value(case_path.stage_order::INTEGER) AS stage_order,
    case_path.state AS exit,
    case_path.reason,
    case_reason.label,
    case_reason.reason_group,
    'incident' AS unit,
    sum(funnel_path.cases)::BIGINT AS count
FROM funnel_path
INNER JOIN case_path ON funnel_path.path_id = case_path.path_id
INNER JOIN case_reason ON case_path.reason = case_reason.reason
INNER JOIN stage ON case_path.stage_order = stage.stage_order::INTEGER
INNER JOIN breakdown ON funnel_path.breakdown = breakdown.breakdown
WHERE funnel_path.period_kind = ''
GROUP BY ALL
ORDER BY any_value(breakdown.breakdown_order::INTEGER), funnel_path."group", stage_order, count DESC, case_path.reason;
