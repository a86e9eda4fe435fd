-- How far each feed reaches, by force, and whether it has ever come.
-- grain: extract, force
SELECT
    extract,
    "force",
    covers_from,
    covers_to,
    CASE WHEN is_inferred THEN 'Y' ELSE 'N' END AS inferred,
    CASE WHEN is_covered THEN 'Y' ELSE 'N' END AS covered,
    CASE WHEN NOT has_arrived THEN 'no_feed' WHEN NOT is_covered THEN 'feed_behind' ELSE '' END AS why
FROM stg_feed
ORDER BY extract, "force";
