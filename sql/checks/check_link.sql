-- Rows that link to no incident (kept, reported, not in the funnel), URNs that stand for several crimes or in two forces, CPS
-- rows that name another crime than those of their URN. The same number written otherwise is no other crime: that it meets no
-- record is told with the spelling that mends it.
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
SELECT DISTINCT 'urn_of_another_crime' AS rule, cps.load_id, cps.line
FROM cps
INNER JOIN link_by_urn ON cps.load_id = link_by_urn.load_id AND cps.line = link_by_urn.line
WHERE respelt('prefix_and_zeros', upper(cps.police_crime_ref)) <> respelt('prefix_and_zeros', upper(link_by_urn.crime_ref));
