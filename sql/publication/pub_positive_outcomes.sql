-- Cases whose crime has a latest effective police outcome in a named set, of all recorded. There is no one definition of a
-- positive outcome, so every set stands here with its name and version. A charge known from the CPS alone is in none.
-- Where the police outcomes of a force are not told, outcomes are empty.
-- grain: breakdown, group, outcome_set, version
WITH named AS (
    SELECT DISTINCT outcome_set, version FROM outcome_set
),

recorded AS (
    SELECT
        volume_group.breakdown,
        volume_group."group",
        volume_group."force",
        volume_group.outcome_code,
        sum(volume_group.cases) AS cases
    FROM volume_group
    WHERE
        volume_group.stage_order >= 2
        AND volume_group.breakdown IN ('all', 'strand', 'business_type', 'force')
    GROUP BY ALL
),

feed AS (
    SELECT
        stg_feed."force",
        bool_and(stg_feed.is_covered AND stg_told.is_told) AS is_covered,
        bool_and(stg_feed.has_arrived AND stg_told.is_told) AS is_told,
        max(list_position(
            ['not_told', 'feed_behind', 'no_feed'],
            CASE
                WHEN NOT stg_feed.has_arrived THEN 'no_feed'
                WHEN NOT stg_feed.is_covered THEN 'feed_behind'
                WHEN NOT stg_told.is_told THEN 'not_told'
            END
        )) AS why_order
    FROM stg_feed
    INNER JOIN stg_told
        ON stg_told.evidence = 'investigation.outcome_code' AND stg_feed."force"::VARCHAR = stg_told."force"
    WHERE stg_feed.extract IN ('incident', 'investigation')
    GROUP BY stg_feed."force"
),

counted AS (
    SELECT
        recorded.breakdown,
        recorded."group",
        named.outcome_set,
        named.version,
        sum(recorded.cases)::BIGINT AS recorded,
        CASE
            WHEN bool_and(feed.is_told) THEN coalesce(sum(recorded.cases) FILTER (WHERE recorded.outcome_code <> ''), 0)
        END::BIGINT AS with_outcome,
        CASE
            WHEN bool_and(feed.is_told) THEN coalesce(sum(recorded.cases) FILTER (WHERE outcome_set.code IS NOT NULL), 0)
        END::BIGINT AS positive,
        bool_and(feed.is_covered) AS is_covered,
        max(feed.why_order) AS why_order
    FROM recorded
    CROSS JOIN named
    INNER JOIN feed ON recorded."force" = feed."force"
    -- An outcome outside the set, and a case without one, stays and counts as recorded only.
    LEFT JOIN outcome_set
        ON
            named.outcome_set = outcome_set.outcome_set
            AND named.version = outcome_set.version
            AND recorded.outcome_code = outcome_set.code
    GROUP BY ALL
)

SELECT
    counted.breakdown,
    counted."group",
    counted.outcome_set,
    counted.version,
    'incident' AS unit,
    counted.recorded,
    counted.with_outcome,
    counted.positive,
    counted.positive / nullif(counted.recorded, 0) AS positive_rate,
    wilson_lower(counted.positive, counted.recorded) AS positive_rate_lower,
    wilson_upper(counted.positive, counted.recorded) AS positive_rate_upper,
    counted.positive / nullif(counted.with_outcome, 0) AS positive_share_of_outcomes,
    wilson_lower(counted.positive, counted.with_outcome) AS positive_share_of_outcomes_lower,
    wilson_upper(counted.positive, counted.with_outcome) AS positive_share_of_outcomes_upper,
    CASE WHEN counted.is_covered THEN 'Y' ELSE 'N' END AS covered,
    coalesce(['not_told', 'feed_behind', 'no_feed'][counted.why_order], '') AS why
FROM counted
INNER JOIN breakdown ON counted.breakdown = breakdown.breakdown
ORDER BY breakdown.breakdown_order::INTEGER, counted."group", counted.outcome_set, counted.version;
