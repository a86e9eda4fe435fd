-- Recorded cases with what groups are compared on. Emergency workers are compared by themselves: `is_emergency_worker`.
-- A case with several strands stands once, with the set of them.
-- grain: load_id, line
SELECT
    case_history.load_id,
    case_history.line,
    disparity_stratum.stratum,
    coalesce(case_history.shared_crime_no, 0) AS shared_crime_no,
    case_history.age_bits,
    coalesce(case_history.victim_type = 'emergency_worker', FALSE) AS is_emergency_worker,
    case_history.is_comparison,
    case_history.strands,
    case_history.victim_ethnicity,
    case_history.business_type
FROM case_history
LEFT JOIN offence ON case_history.offence_code = offence.code
INNER JOIN disparity_stratum
    ON
        coalesce(offence.offence_group, 'other') = disparity_stratum.offence_group
        AND case_history."force" = disparity_stratum."force"
        AND coalesce(case_history.area_command, 'unknown') = disparity_stratum.area_command
        AND date_trunc('quarter', case_history.recorded_on)::DATE = disparity_stratum.quarter_start;
