-- Cases by quarter of report, strand combination (as one text, empty: none), business type, victim ethnicity, and where they
-- stand: the exact counts that the board and public tiers are made of. Restricted. Comparison crimes are not in it.
-- grain: quarter, strands, business_type, victim_ethnicity, stage, state, reason_group
-- order: quarter, strands, business_type, victim_ethnicity, stage_order, state, reason_group
SELECT
    case_history.quarter,
    case_history.strands,
    coalesce(case_history.business_type, 'unknown') AS business_type,
    coalesce(case_history.victim_ethnicity, 'unknown') AS victim_ethnicity,
    stage.stage,
    case_path.stage_order::INTEGER AS stage_order,
    case_path.state,
    coalesce(case_reason.reason_group, '') AS reason_group,
    'incident' AS unit,
    count(*) AS cases
FROM case_history
INNER JOIN case_path ON case_history.path_id = case_path.path_id
INNER JOIN stage ON case_path.stage_order = stage.stage_order::INTEGER
-- An open or completed case has no reason.
LEFT JOIN case_reason ON case_path.reason = case_reason.reason
WHERE NOT case_history.is_comparison
GROUP BY ALL
ORDER BY case_history.quarter, case_history.strands, business_type, victim_ethnicity, stage_order, case_path.state, reason_group;
