-- Cases old enough that entered the step to a milestone, by whether they made it: in each dimension, set of groups (names
-- with a space between them), stratum and crime (shared_crime_no 0: crimes with one case).
-- Emergency workers are left out of every dimension but their own; comparison crimes of every one but hate_status.
-- grain: dimension, groups, stratum, shared_crime_no, milestone_no, progressed
WITH aged AS (
    SELECT 'strand' AS dimension, strands AS groups, stratum, shared_crime_no, age_bits, count(*) AS cases
    FROM disparity_case
    WHERE NOT is_comparison AND NOT is_emergency_worker
    GROUP BY ALL
    UNION ALL
    SELECT 'victim_ethnicity' AS dimension, victim_ethnicity AS groups, stratum, shared_crime_no, age_bits, count(*) AS cases
    FROM disparity_case
    WHERE NOT is_comparison AND NOT is_emergency_worker
    GROUP BY ALL
    UNION ALL
    SELECT 'business_type' AS dimension, business_type AS groups, stratum, shared_crime_no, age_bits, count(*) AS cases
    FROM disparity_case
    WHERE NOT is_comparison AND NOT is_emergency_worker
    GROUP BY ALL
    UNION ALL
    SELECT
        'emergency_worker' AS dimension,
        CASE WHEN is_emergency_worker THEN 'emergency_worker' ELSE 'others' END AS groups,
        stratum,
        shared_crime_no,
        age_bits,
        count(*) AS cases
    FROM disparity_case
    WHERE NOT is_comparison
    GROUP BY ALL
    UNION ALL
    SELECT
        'hate_status' AS dimension,
        CASE WHEN is_comparison THEN 'comparison' ELSE 'hate' END AS groups,
        stratum,
        shared_crime_no,
        age_bits,
        count(*) AS cases
    FROM disparity_case
    WHERE NOT is_emergency_worker
    GROUP BY ALL
)

SELECT
    aged.dimension,
    aged.groups,
    aged.stratum,
    aged.shared_crime_no,
    age_outcome.milestone_no,
    age_outcome.has_reached AS progressed,
    sum(aged.cases)::BIGINT AS cases
FROM aged
INNER JOIN age_outcome ON aged.age_bits = age_outcome.age_bits
WHERE age_outcome.is_old_enough AND age_outcome.has_entered
GROUP BY ALL;
