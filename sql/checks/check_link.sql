-- Rows that link to no incident (kept, reported, not in the funnel), URNs that stand for several crimes or in two forces, CPS
-- rows that name another crime than those of their URN. A number that no record has and that is the URN's own, written otherwise,
-- is no other crime: that it meets no record is told with the spelling that mends it.
-- grain: load_id, line, rule
WITH crime AS (
    SELECT DISTINCT incident."force", incident.crime_ref
    FROM incident
    WHERE incident.incident_class = 'crime'
),

two_forces AS (
    SELECT urn
    FROM link_urn
    GROUP BY urn
    HAVING count(DISTINCT "force") > 1
),

shared AS (
    SELECT load_id, line
    FROM link_by_urn
    GROUP BY load_id, line
    HAVING count(*) > 1
),

named AS (
    SELECT cps.load_id, cps.line, cps.police_crime_ref, link_by_urn.crime_ref
    FROM cps
    INNER JOIN link_by_urn ON cps.load_id = link_by_urn.load_id AND cps.line = link_by_urn.line
    WHERE cps.police_crime_ref <> link_by_urn.crime_ref
),

recorded AS (
    SELECT crime_ref FROM crime
    UNION
    SELECT crime_ref FROM investigation
),

alike AS (
    SELECT DISTINCT named.police_crime_ref, named.crime_ref
    FROM named
    CROSS JOIN reference_spelling AS spelling
    WHERE respelt(spelling.spelling, upper(named.police_crime_ref)) = respelt(spelling.spelling, upper(named.crime_ref))
)

SELECT 'investigation_unlinked' AS rule, investigation.load_id, investigation.line
FROM investigation
ANTI JOIN crime ON investigation."force" = crime."force" AND investigation.crime_ref = crime.crime_ref
UNION ALL
SELECT 'cps_unlinked' AS rule, cps.load_id, cps.line
FROM cps
ANTI JOIN (
    SELECT link_cps.load_id, link_cps.line
    FROM link_cps
    SEMI JOIN crime ON link_cps."force" = crime."force" AND link_cps.crime_ref = crime.crime_ref
) AS linked ON cps.load_id = linked.load_id AND cps.line = linked.line
UNION ALL
SELECT 'urn_shared' AS rule, shared.load_id, shared.line
FROM shared
UNION ALL
SELECT 'urn_in_two_forces' AS rule, investigation.load_id, investigation.line
FROM investigation
SEMI JOIN two_forces ON investigation.urn = two_forces.urn
UNION ALL
SELECT DISTINCT 'urn_of_another_crime' AS rule, named.load_id, named.line
FROM named
LEFT JOIN recorded ON named.police_crime_ref = recorded.crime_ref
LEFT JOIN alike ON named.police_crime_ref = alike.police_crime_ref AND named.crime_ref = alike.crime_ref
WHERE recorded.crime_ref IS NOT NULL OR alike.crime_ref IS NULL;
