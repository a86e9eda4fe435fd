-- CPS rows whose monitoring flags differ from the strands of the incidents that they link to: a flag without its strand,
-- a strand without its flag. A finding, not an error. A flag that is not told is compared with nothing.
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
),

compared AS (
    SELECT
        cps.load_id,
        cps.line,
        bool_or(
            (cps.flag_race = 'Y' AND NOT crime.race)
            OR (cps.flag_religion = 'Y' AND NOT crime.religion)
            OR (cps.flag_sexual_orientation = 'Y' AND NOT crime.sexual_orientation)
            OR (cps.flag_disability = 'Y' AND NOT crime.disability)
            OR (cps.flag_transgender = 'Y' AND NOT crime.transgender)
        ) AS has_flag_alone,
        bool_or(
            (cps.flag_race = 'N' AND crime.race)
            OR (cps.flag_religion = 'N' AND crime.religion)
            OR (cps.flag_sexual_orientation = 'N' AND crime.sexual_orientation)
            OR (cps.flag_disability = 'N' AND crime.disability)
            OR (cps.flag_transgender = 'N' AND crime.transgender)
        ) AS has_strand_alone
    FROM cps
    INNER JOIN link_cps ON cps.load_id = link_cps.load_id AND cps.line = link_cps.line
    INNER JOIN crime ON link_cps."force" = crime."force" AND link_cps.crime_ref = crime.crime_ref
    GROUP BY cps.load_id, cps.line
)

SELECT 'flag_without_strand' AS rule, load_id, line FROM compared WHERE has_flag_alone
UNION ALL
SELECT 'strand_without_flag' AS rule, load_id, line FROM compared WHERE has_strand_alone;
