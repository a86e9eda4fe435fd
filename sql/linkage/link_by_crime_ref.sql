-- CPS rows without a crime by URN, linked by their police crime reference to an investigation or an incident of class
-- crime, only where it points to exactly one crime.
-- grain: load_id, line
WITH unlinked AS (
    SELECT
        cps.load_id,
        cps.line,
        cps."force",
        cps.police_crime_ref
    FROM cps
    ANTI JOIN link_by_urn ON cps.load_id = link_by_urn.load_id AND cps.line = link_by_urn.line
    WHERE cps.police_crime_ref IS NOT NULL
),

crime AS (
    SELECT
        investigation."force",
        investigation.crime_ref
    FROM investigation
    SEMI JOIN unlinked ON investigation.crime_ref = unlinked.police_crime_ref
    UNION
    SELECT
        incident."force",
        incident.crime_ref
    FROM incident
    SEMI JOIN unlinked ON incident.crime_ref = unlinked.police_crime_ref
    WHERE incident.incident_class = 'crime'
)

SELECT
    unlinked.load_id,
    unlinked.line,
    crime."force",
    crime.crime_ref
FROM unlinked
INNER JOIN crime
    ON unlinked.police_crime_ref = crime.crime_ref AND (unlinked."force" IS NULL OR unlinked."force" = crime."force")
QUALIFY count(*) OVER (PARTITION BY unlinked.load_id, unlinked.line) = 1;
