-- Incident rows in force that do not hang together. A locally monitored strand is a strand, though in no strand group.
-- grain: load_id, line, rule
SELECT 'no_strand' AS rule, load_id, line
FROM incident
WHERE
    coalesce(hate_race, 'N') = 'N' AND coalesce(hate_religion, 'N') = 'N' AND coalesce(hate_sexual_orientation, 'N') = 'N'
    AND coalesce(hate_disability, 'N') = 'N' AND coalesce(hate_transgender, 'N') = 'N' AND coalesce(comparison, 'N') = 'N'
    AND hate_local IS NULL
UNION ALL
SELECT 'non_crime_with_crime_ref' AS rule, load_id, line
FROM incident
WHERE incident_class = 'non_crime' AND crime_ref IS NOT NULL;
