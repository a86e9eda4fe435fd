-- Cases by what their ages show, in each dimension, set of groups, stratum and crime (shared_crime_no 0: crimes with one case).
-- Emergency workers are left out of every dimension but their own; comparison crimes of every one but hate_status.
-- grain: dimension, groups, stratum, shared_crime_no, age_bits
SELECT 'strand' AS dimension, strands AS groups, stratum, shared_crime_no, age_bits, count(*) AS cases
FROM disparity_case
WHERE NOT is_comparison AND NOT is_emergency_worker
GROUP BY ALL
UNION ALL
SELECT 'victim_ethnicity', victim_ethnicity, stratum, shared_crime_no, age_bits, count(*)
FROM disparity_case
WHERE NOT is_comparison AND NOT is_emergency_worker
GROUP BY ALL
UNION ALL
SELECT 'business_type', business_type, stratum, shared_crime_no, age_bits, count(*)
FROM disparity_case
WHERE NOT is_comparison AND NOT is_emergency_worker
GROUP BY ALL
UNION ALL
SELECT
    'emergency_worker', CASE WHEN is_emergency_worker THEN 'emergency_worker' ELSE 'others' END, stratum, shared_crime_no,
    age_bits, count(*)
FROM disparity_case
WHERE NOT is_comparison
GROUP BY ALL
UNION ALL
SELECT
    'hate_status', CASE WHEN is_comparison THEN 'comparison' ELSE 'hate' END, stratum, shared_crime_no, age_bits, count(*)
FROM disparity_case
WHERE NOT is_emergency_worker
GROUP BY ALL;
