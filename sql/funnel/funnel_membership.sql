-- Every case in every group that it belongs to: one branch per breakdown. Comparison crimes stand in hate_status only.
-- A case without a strand is in no strand group; one with several is in several, so strands never add up. An empty value is
-- the group `unknown`.
-- grain: load_id, line, breakdown, group
-- materialised: view
WITH strand AS NOT MATERIALIZED (
    SELECT 'race' AS strand, * FROM case_history WHERE NOT is_comparison AND race
    UNION ALL
    SELECT 'religion' AS strand, * FROM case_history WHERE NOT is_comparison AND religion
    UNION ALL
    SELECT 'sexual_orientation' AS strand, * FROM case_history WHERE NOT is_comparison AND sexual_orientation
    UNION ALL
    SELECT 'disability' AS strand, * FROM case_history WHERE NOT is_comparison AND disability
    UNION ALL
    SELECT 'transgender' AS strand, * FROM case_history WHERE NOT is_comparison AND transgender
),

grouped AS NOT MATERIALIZED (
    SELECT 'all' AS breakdown, 'all' AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'strand' AS breakdown, strand.strand AS "group", * EXCLUDE (strand) FROM strand
    UNION ALL
    SELECT 'victim_ethnicity' AS breakdown, victim_ethnicity AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'business_type' AS breakdown, business_type AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'strand*business_type' AS breakdown, strand.strand || '*' || business_type AS "group", * EXCLUDE (strand) FROM strand
    UNION ALL
    SELECT 'victim_ethnicity*business_type' AS breakdown, victim_ethnicity || '*' || business_type AS "group", *
    FROM case_history
    WHERE NOT is_comparison
    UNION ALL
    SELECT 'area_command' AS breakdown, "force" || '/' || coalesce(area_command, 'unknown') AS "group", *
    FROM case_history
    WHERE NOT is_comparison
    UNION ALL
    SELECT 'local_authority' AS breakdown, local_authority AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'offence_code' AS breakdown, offence_code AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'reporting_channel' AS breakdown, reporting_channel::VARCHAR AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'investigating_unit' AS breakdown, investigating_unit AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'victim_support' AS breakdown, victim_support AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'word_on_word' AS breakdown, word_on_word AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'repeat_victim' AS breakdown, repeat_victim AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'victim_type' AS breakdown, victim_type::VARCHAR AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'victim_sex' AS breakdown, victim_sex::VARCHAR AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'victim_age_group' AS breakdown, victim_age_group AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'religion_targeted' AS breakdown, religion_targeted AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'hate_status' AS breakdown, CASE WHEN is_comparison THEN 'comparison' ELSE 'hate' END AS "group", * FROM case_history
    UNION ALL
    SELECT 'financial_year' AS breakdown, financial_year AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'quarter' AS breakdown, quarter AS "group", * FROM case_history WHERE NOT is_comparison
    UNION ALL
    SELECT 'force' AS breakdown, "force"::VARCHAR AS "group", * FROM case_history WHERE NOT is_comparison
)

SELECT
    breakdown,
    coalesce("group", 'unknown') AS "group",
    load_id,
    line,
    stage_order,
    shared_crime_no,
    path_id,
    financial_year,
    quarter,
    "force",
    crime_ref,
    reason,
    age_bits,
    recorded_on,
    suspect_on
FROM grouped;
