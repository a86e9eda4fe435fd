-- Whether a stage can be seen, by force: a feed behind it has arrived, reaches the as-at date (less the days allowed), and tells
-- the stage. Else why not: the first of no_feed, feed_behind, not_told that holds. `seen_to`: the day up to which the feeds that
-- tell it reach (empty: none has come); is_told: some source tells the stage, however far it reaches. Missing data is no
-- attrition.
-- CPS rows are seen through their link, so they count only as far as the investigation feed does, unless the CPS names the
-- crime itself. Evidence that does not suffice alone counts where it is told.
-- grain: force, stage_order
WITH evidence_of AS (
    SELECT stage.stage_order::INTEGER AS stage_order, unnest(string_split(stage.told_by, ' ')) AS evidence
    FROM stage
),

linked AS (
    SELECT "force", is_told AS names_crime FROM stg_told WHERE evidence = 'cps.link'
),

evidence_feed AS (
    SELECT
        evidence_of.stage_order,
        stg_told."force",
        stg_told.is_told,
        own.has_arrived AND (linked.names_crime OR police.has_arrived OR own.extract <> 'cps') AS has_arrived,
        own.is_covered AND (linked.names_crime OR police.is_covered OR own.extract <> 'cps') AS is_covered,
        CASE
            WHEN own.extract = 'cps' AND NOT linked.names_crime
                THEN least(own.covers_to, coalesce(police.covers_to, own.covers_to))
            ELSE own.covers_to
        END AS covers_to
    FROM evidence_of
    INNER JOIN stg_told ON evidence_of.evidence = stg_told.evidence
    INNER JOIN stg_feed AS own ON stg_told.extract = own.extract AND stg_told."force" = own."force"
    INNER JOIN stg_feed AS police ON police.extract = 'investigation' AND stg_told."force" = police."force"
    INNER JOIN linked ON stg_told."force" = linked."force"
    WHERE stg_told.suffices_alone OR stg_told.is_told
)

SELECT
    evidence_feed."force"::VARCHAR AS "force",
    evidence_feed.stage_order,
    bool_or(has_arrived AND is_covered AND is_told) AS is_covered,
    bool_or(has_arrived AND is_told) AS is_told,
    CASE
        WHEN NOT bool_or(has_arrived) THEN 'no_feed'
        WHEN NOT bool_or(has_arrived AND is_covered) THEN 'feed_behind'
        WHEN NOT bool_or(has_arrived AND is_covered AND is_told) THEN 'not_told'
    END AS why,
    CASE
        WHEN bool_or(has_arrived AND is_told)
            THEN least(min(covers_to) FILTER (has_arrived AND is_told), any_value(run_context.as_at))
    END AS seen_to
FROM evidence_feed
CROSS JOIN run_context
GROUP BY evidence_feed."force", evidence_feed.stage_order;
