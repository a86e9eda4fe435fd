-- Cases by what their ages show, in each dimension, set of groups, stratum and crime (shared_crime_no 0: crimes with one case).
-- Emergency workers are left out of every dimension but their own; comparison crimes of every one but hate_status.
-- grain: dimension, groups, stratum, shared_crime_no, age_bits
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
GROUP BY ALL;
