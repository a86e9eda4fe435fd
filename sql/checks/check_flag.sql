-- CPS rows whose monitoring flags differ from the strands of the incidents that they link to: a flag without its strand, a
-- strand without its flag. A finding, not an error. A flag that is not told is compared with nothing; of several crimes each
-- strand counts.
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

linked AS (
    SELECT
        link_cps.load_id,
        link_cps.line,
        bool_or(crime.race) AS race,
        bool_or(crime.religion) AS religion,
        bool_or(crime.sexual_orientation) AS sexual_orientation,
        bool_or(crime.disability) AS disability,
        bool_or(crime.transgender) AS transgender
    FROM link_cps
    INNER JOIN crime ON link_cps."force" = crime."force" AND link_cps.crime_ref = crime.crime_ref
    GROUP BY link_cps.load_id, link_cps.line
),

compared AS (
    SELECT
        cps.load_id,
        cps.line,
        (cps.flag_race = 'Y' AND NOT linked.race)
        OR (cps.flag_religion = 'Y' AND NOT linked.religion)
        OR (cps.flag_sexual_orientation = 'Y' AND NOT linked.sexual_orientation)
        OR (cps.flag_disability = 'Y' AND NOT linked.disability)
        OR (cps.flag_transgender = 'Y' AND NOT linked.transgender) AS has_flag_alone,
        (cps.flag_race = 'N' AND linked.race)
        OR (cps.flag_religion = 'N' AND linked.religion)
        OR (cps.flag_sexual_orientation = 'N' AND linked.sexual_orientation)
        OR (cps.flag_disability = 'N' AND linked.disability)
        OR (cps.flag_transgender = 'N' AND linked.transgender) AS has_strand_alone
    FROM cps
    INNER JOIN linked ON cps.load_id = linked.load_id AND cps.line = linked.line
)

SELECT 'flag_without_strand' AS rule, load_id, line FROM compared WHERE has_flag_alone
UNION ALL
SELECT 'strand_without_flag' AS rule, load_id, line FROM compared WHERE has_strand_alone;
