-- Recorded cases by what their ages show (age_bits), in every group and month of recording.
-- grain: breakdown, group, month, age_bits
SELECT
    breakdown,
    "group",
    date_trunc('month', recorded_on)::DATE AS month,
    age_bits,
    count(*) AS cases,
    count(*) FILTER (WHERE stage_order >= 3 AND suspect_on IS NULL) AS untimed,
    max(recorded_on) AS last_recorded_on
FROM funnel_membership
WHERE
    breakdown IN (
        'all', 'strand', 'victim_ethnicity', 'business_type', 'strand*business_type', 'area_command', 'investigating_unit',
        'hate_status', 'force'
    )
    AND recorded_on IS NOT NULL
GROUP BY breakdown, "group", date_trunc('month', recorded_on)::DATE, age_bits;
