-- Crimes that more than one case shares, numbered: these are counted once in `crimes`.
-- grain: force, crime_ref
SELECT
    stg_incident."force",
    crime_ref,
    row_number() OVER (ORDER BY stg_incident."force", crime_ref)::INTEGER AS shared_crime_no
FROM stg_incident
WHERE crime_ref IS NOT NULL
GROUP BY "force", crime_ref
HAVING count(*) > 1;
