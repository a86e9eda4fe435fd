-- How far each feed reaches, by force.
-- grain: extract, force
SELECT
    extract,
    "force",
    covers_to,
    CASE WHEN is_inferred THEN 'Y' ELSE 'N' END AS inferred,
    CASE WHEN is_covered THEN 'Y' ELSE 'N' END AS covered
FROM stg_feed
ORDER BY extract, "force";
