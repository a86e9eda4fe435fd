-- Whether every feed behind a stage reaches the as-at date (less the days allowed), by force, and the day up to which the
-- stage can be seen (empty: a feed behind it has never come). Missing data is no attrition.
-- grain: force, stage_order
SELECT
    stg_feed."force",
    stage.stage_order::INTEGER AS stage_order,
    bool_and(stg_feed.is_covered) AS is_covered,
    CASE WHEN bool_and(stg_feed.covers_to IS NOT NULL) THEN least(min(stg_feed.covers_to), any_value(run_context.as_at)) END
        AS seen_to
FROM stage
CROSS JOIN run_context
INNER JOIN stg_feed ON list_contains(string_split(stage.feeds, ' '), stg_feed.extract)
GROUP BY stg_feed."force", stage.stage_order;
