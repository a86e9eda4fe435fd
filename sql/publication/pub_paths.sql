-- The twenty commonest ways through the stages, all others together, and beside them how many of all cases show an order of
-- days that cannot be, or went on after an outcome had ended them (these are among the ways above, not beside them). How the
-- cases of a way stand is empty where nobody is known to have gone further and the next stage is not told, and so are their share
-- and days, for they may have gone on; so is, while any stage is not told, a count of none beside the ways.
-- grain: way_order
-- order: way_order
WITH way AS (
    SELECT
        way_count.*,
        row_number() OVER (ORDER BY way_count.cases DESC, way_count.stage_order, way_count.implied, way_count.reason) AS way_order
    FROM way_count
),

untold AS (
    SELECT stage.stage_order::INTEGER AS stage_order
    FROM funnel_untold
    INNER JOIN stage ON funnel_untold.stage = stage.stage
    WHERE funnel_untold.breakdown = 'all'
),

passed AS (
    SELECT
        way.way_order,
        string_agg(
            CASE
                WHEN way.implied & (1 << (stage.stage_order::INTEGER - 1)) > 0 THEN '(' || stage.label || ')'
                ELSE stage.label
            END,
            ' > ' ORDER BY stage.stage_order::INTEGER
        ) AS way
    FROM way
    INNER JOIN stage ON stage.stage_order::INTEGER BETWEEN 2 AND way.stage_order
    WHERE way.way_order <= 20
    GROUP BY way.way_order
),

commonest AS (
    SELECT
        way.way_order,
        'commonest' AS kind,
        passed.way,
        CASE
            WHEN way.stage_order = 8 THEN 'completed'
            WHEN way.reason <> '' THEN case_reason.exit
            WHEN
                way.stage_order < (SELECT max(further.stage_order) FROM way AS further)
                OR way.stage_order + 1 NOT IN (SELECT untold.stage_order FROM untold)
                THEN 'open'
            ELSE ''
        END AS state,
        coalesce(case_reason.label, '') AS label,
        way.cases,
        way.median_days
    FROM way
    INNER JOIN passed ON way.way_order = passed.way_order
    LEFT JOIN case_reason ON way.reason = case_reason.reason
),

beside AS (
    SELECT 21 AS way_order, 'all others' AS kind, coalesce(sum(cases), 0) AS cases, NULL::DOUBLE AS median_days
    FROM way
    WHERE way_order > 20
    UNION ALL
    SELECT
        22 AS way_order,
        'of all: order of days impossible' AS kind,
        CASE
            WHEN (SELECT count(*) FROM untold) = 0 THEN coalesce(sum(impossible), 0)
            ELSE nullif(sum(impossible), 0)
        END AS cases,
        NULL AS median_days
    FROM way
    UNION ALL
    SELECT
        23 AS way_order,
        'of all: went on after an outcome' AS kind,
        CASE
            WHEN (SELECT count(*) FROM untold) = 0 THEN coalesce(sum(reopened), 0)
            ELSE nullif(sum(reopened), 0)
        END AS cases,
        NULL AS median_days
    FROM way
),

total AS (
    SELECT coalesce(sum(cases), 0)::BIGINT AS recorded FROM way
),

listed AS (
    SELECT *, CASE WHEN state <> '' THEN cases END::BIGINT AS known_cases FROM commonest
    UNION ALL
    SELECT way_order, kind, '' AS way, '' AS state, '' AS label, cases, median_days, cases::BIGINT AS known_cases FROM beside
)

SELECT
    way_order,
    kind,
    way,
    state,
    label,
    'incident' AS unit,
    listed.cases::BIGINT AS cases,
    total.recorded,
    listed.known_cases / nullif(total.recorded, 0) AS share,
    wilson_lower(listed.known_cases, total.recorded) AS share_lower,
    wilson_upper(listed.known_cases, total.recorded) AS share_upper,
    CASE WHEN listed.known_cases IS NOT NULL THEN listed.median_days END AS median_days
FROM listed
CROSS JOIN total
ORDER BY way_order;
