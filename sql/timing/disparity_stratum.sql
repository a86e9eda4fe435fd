-- The strata within which like is compared with like: offence group, area and quarter of recording, numbered.
-- grain: stratum
WITH kind AS (
    SELECT DISTINCT
        coalesce(offence.offence_group, 'other') AS offence_group,
        case_history."force",
        coalesce(case_history.area_command, 'unknown') AS area_command,
        date_trunc('quarter', case_history.recorded_on)::DATE AS quarter_start
    FROM case_history
    LEFT JOIN offence ON case_history.offence_code = offence.code
    WHERE case_history.recorded_on IS NOT NULL
)

SELECT
    row_number() OVER (ORDER BY offence_group, "force", area_command, quarter_start)::INTEGER AS stratum,
    *
FROM kind;
