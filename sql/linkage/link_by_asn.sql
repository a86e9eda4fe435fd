-- CPS rows without a crime by URN or crime reference, linked by arrest summons number to an investigation, only where
-- it points to exactly one crime.
-- grain: load_id, line
WITH unlinked AS (
    SELECT
        cps.load_id,
        cps.line,
        cps."force",
        cps.asn
    FROM cps
    ANTI JOIN link_by_urn ON cps.load_id = link_by_urn.load_id AND cps.line = link_by_urn.line
    ANTI JOIN link_by_crime_ref ON cps.load_id = link_by_crime_ref.load_id AND cps.line = link_by_crime_ref.line
    WHERE cps.asn IS NOT NULL
),

crime AS (
    SELECT DISTINCT
        investigation.asn,
        investigation."force",
        investigation.crime_ref
    FROM investigation
    SEMI JOIN unlinked ON investigation.asn = unlinked.asn
)

SELECT
    unlinked.load_id,
    unlinked.line,
    crime."force",
    crime.crime_ref
FROM unlinked
INNER JOIN crime ON unlinked.asn = crime.asn AND (unlinked."force" IS NULL OR unlinked."force" = crime."force")
QUALIFY count(*) OVER (PARTITION BY unlinked.load_id, unlinked.line) = 1;
