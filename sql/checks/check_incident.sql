-- Incident rows in force that do not hang together.
-- grain: load_id, line, rule
SELECT 'no_strand' AS rule, load_id, line
FROM incident
WHERE
    coalesce(hate_race, 'N') = 'N' AND coalesce(hate_religion, 'N') = 'N' AND coalesce(hate_sexual_orientation, 'N') = 'N'
    AND coalesce(hate_disability, 'N') = 'N' AND coalesce(hate_transgender, 'N') = 'N' AND coalesce(comparison, 'N') = 'N'
UNION ALL
SELECT 'non_crime_with_crime_ref' AS rule, load_id, line
FROM incident
WHERE incident_class = 'non_crime' AND crime_ref IS NOT NULL;
