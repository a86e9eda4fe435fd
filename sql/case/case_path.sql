-- What each path_id stands for.
-- grain: path_id
SELECT DISTINCT
    case_history.path_id,
    case_history."force",
    case_history.stage_order,
    case_history.implied,
    case_history.reason,
    case_history.gap_order,
    case_history.crime_ref IS NOT NULL AND case_history.shared_crime_no IS NULL AS is_only_case_of_crime,
    CASE
        WHEN case_history.stage_order = 8 THEN 'completed'
        WHEN case_history.reason IS NULL THEN 'open'
        ELSE case_reason.exit
    END AS state
FROM case_history
LEFT JOIN case_reason ON case_history.reason = case_reason.reason;
