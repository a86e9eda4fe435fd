-- How far the feeds behind a count reach together, by force and for all forces: the earliest of them, empty where one of
-- them has told no reach.
-- grain: feeds, force
WITH needed AS (
    SELECT DISTINCT feeds FROM count_definition
),

by_force AS (
    SELECT needed.feeds, stg_feed."force"::VARCHAR AS "force", stg_feed.covers_to
    FROM needed
    INNER JOIN stg_feed ON list_contains(string_split(needed.feeds, ' '), stg_feed.extract)
),

reach AS (
    SELECT * FROM by_force
    UNION ALL
    SELECT feeds, 'all' AS "force", covers_to FROM by_force
)

SELECT feeds, "force", CASE WHEN bool_and(covers_to IS NOT NULL) THEN min(covers_to) END AS covers_to
FROM reach
GROUP BY feeds, "force";
