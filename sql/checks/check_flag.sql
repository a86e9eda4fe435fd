-- CPS rows whose monitoring flags differ from the strands of the incidents that they link to: a finding, not an error.
-- grain: load_id, line, rule
WITH crime AS (
    SELECT
        incident."force",
        incident.crime_ref,
        bool_or(coalesce(incident.hate_race = 'Y', FALSE)) AS race,
        bool_or(coalesce(incident.hate_religion = 'Y', FALSE)) AS religion,
        bool_or(coalesce(incident.hate_sexual_orientation = 'Y', FALSE)) AS sexual_orientation,
        bool_or(coalesce(incident.hate_disability = 'Y', FALSE)) AS disability,
        bool_or(coalesce(incident.hate_transgender = 'Y', FALSE)) AS transgender
    FROM incident
    SEMI JOIN link_cps ON incident."force" = link_cps."force" AND incident.crime_ref = link_cps.crime_ref
    WHERE incident.incident_class = 'crime'
    GROUP BY incident."force", incident.crime_ref
)

SELECT DISTINCT
    'flag_differs' AS rule,
    cps.load_id,
    cps.line
FROM cps
INNER JOIN link_cps ON cps.load_id = link_cps.load_id AND cps.line = link_cps.line
INNER JOIN crime ON link_cps."force" = crime."force" AND link_cps.crime_ref = crime.crime_ref
WHERE
    (cps.flag_race = 'Y') <> crime.race
    OR (cps.flag_religion = 'Y') <> crime.religion
    OR (cps.flag_sexual_orientation = 'Y') <> crime.sexual_orientation
    OR (cps.flag_disability = 'Y') <> crime.disability
    OR (cps.flag_transgender = 'Y') <> crime.transgender;
