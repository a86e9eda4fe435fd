-- CPS rows and the crimes that carry their URN in the row's force (in any force if the row names none). Where the row
-- names one of these crimes, only that one; else all of them. Rows without such a crime are left to the other rules.
-- grain: load_id, line, force, crime_ref
WITH candidate AS (
    SELECT
        cps.load_id,
        cps.line,
        link_urn."force",
        link_urn.crime_ref,
        coalesce(link_urn.crime_ref = cps.police_crime_ref, FALSE) AS is_named
    FROM cps
    INNER JOIN link_urn ON cps.urn = link_urn.urn AND (cps."force" IS NULL OR cps."force" = link_urn."force")
)

SELECT
    load_id,
    line,
    "force",
    crime_ref
FROM candidate
QUALIFY is_named OR NOT bool_or(is_named) OVER (PARTITION BY load_id, line);
