-- Whether every feed behind a stage reaches the as-at date (less the days allowed), by force. Missing data is no attrition.
-- grain: force, stage_order
SELECT
    stg_feed."force",
    stage.stage_order::INTEGER AS stage_order,
    bool_and(stg_feed.is_covered) AS is_covered
FROM stage
INNER JOIN stg_feed ON list_contains(string_split(stage.feeds, ' '), stg_feed.extract)
GROUP BY stg_feed."force", stage.stage_order;
