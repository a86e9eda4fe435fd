-- Crimes that carry a unique reference number in an investigation row.
-- grain: urn, force, crime_ref
SELECT DISTINCT
    urn,
    "force",
    crime_ref
FROM investigation
WHERE urn IS NOT NULL;
