-- Hate cases in the groups by which withdrawal and positive outcomes are shown: the same groups as in the funnel. A case of
-- several strands is in several groups, one of none in no strand group: strands never add up.
-- grain: breakdown, group, force, stage_order, state, outcome_code, withdrew
WITH grouped AS (
    SELECT 'all' AS breakdown, 'all' AS "group", * FROM volume_case_kind
    UNION ALL
    SELECT 'strand' AS breakdown, unnest(string_split(strands, ' ')) AS "group", * FROM volume_case_kind WHERE strands <> ''
    UNION ALL
    SELECT 'victim_ethnicity' AS breakdown, victim_ethnicity AS "group", * FROM volume_case_kind
    UNION ALL
    SELECT 'business_type' AS breakdown, business_type AS "group", * FROM volume_case_kind
    UNION ALL
    SELECT 'area_command' AS breakdown, "force" || '/' || area_command AS "group", * FROM volume_case_kind
    UNION ALL
    SELECT 'force' AS breakdown, "force"::VARCHAR AS "group", * FROM volume_case_kind
)

SELECT breakdown, "group", "force", stage_order, state, outcome_code, withdrew, sum(cases)::BIGINT AS cases
FROM grouped
GROUP BY breakdown, "group", "force", stage_order, state, outcome_code, withdrew;
