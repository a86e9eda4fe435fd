-- Cases ended because the victim withdrew or did not support, wherever it shows, by group and stage: of the lost cases
-- there, and of all that entered. Stage `all` is the total over all stages; what entered is there what was recorded.
-- grain: breakdown, group, stage
WITH at_stage AS (
    SELECT
        volume_group.breakdown,
        volume_group."group",
        stage.stage,
        stage.stage_order::INTEGER AS stage_order,
        sum(volume_group.cases) AS entered,
        sum(volume_group.cases) FILTER (WHERE is_here AND volume_group.state = 'lost') AS lost,
        sum(volume_group.cases) FILTER (WHERE is_here AND volume_group.state = 'resolved') AS resolved,
        sum(volume_group.cases) FILTER (WHERE is_here AND volume_group.withdrew) AS withdrew,
        sum(volume_group.cases) FILTER (WHERE is_here AND volume_group.withdrew AND volume_group.state = 'lost')
            AS withdrew_lost,
        bool_and(funnel_coverage.is_covered) AS is_covered
    FROM (SELECT *, unnest(range(2, stage_order + 1)) AS passed, passed = stage_order AS is_here FROM volume_group)
        AS volume_group
    INNER JOIN stage ON volume_group.passed = stage.stage_order::INTEGER
    INNER JOIN funnel_coverage
        ON volume_group."force" = funnel_coverage."force" AND volume_group.passed = funnel_coverage.stage_order
    GROUP BY ALL
),

with_total AS (
    SELECT * FROM at_stage
    UNION ALL
    SELECT
        breakdown,
        "group",
        'all' AS stage,
        0 AS stage_order,
        max(entered) AS entered,
        sum(lost) AS lost,
        sum(resolved) AS resolved,
        sum(withdrew) AS withdrew,
        sum(withdrew_lost) AS withdrew_lost,
        bool_and(is_covered) AS is_covered
    FROM at_stage
    GROUP BY breakdown, "group"
)

SELECT
    with_total.breakdown,
    with_total."group",
    with_total.stage,
    with_total.stage_order,
    'incident' AS unit,
    with_total.entered::BIGINT AS entered,
    coalesce(with_total.lost, 0)::BIGINT AS lost,
    coalesce(with_total.resolved, 0)::BIGINT AS resolved,
    coalesce(with_total.withdrew, 0)::BIGINT AS withdrew,
    coalesce(with_total.withdrew_lost, 0)::BIGINT AS withdrew_lost,
    coalesce(with_total.withdrew_lost, 0) / nullif(with_total.lost, 0) AS share_of_lost,
    wilson_lower(coalesce(with_total.withdrew_lost, 0)::BIGINT, with_total.lost::BIGINT) AS share_of_lost_lower,
    wilson_upper(coalesce(with_total.withdrew_lost, 0)::BIGINT, with_total.lost::BIGINT) AS share_of_lost_upper,
    coalesce(with_total.withdrew, 0) / nullif(with_total.entered, 0) AS share_of_entered,
    wilson_lower(coalesce(with_total.withdrew, 0)::BIGINT, with_total.entered::BIGINT) AS share_of_entered_lower,
    wilson_upper(coalesce(with_total.withdrew, 0)::BIGINT, with_total.entered::BIGINT) AS share_of_entered_upper,
    CASE WHEN with_total.is_covered THEN 'Y' ELSE 'N' END AS covered
FROM with_total
INNER JOIN breakdown ON with_total.breakdown = breakdown.breakdown
ORDER BY breakdown.breakdown_order::INTEGER, with_total."group", with_total.stage_order;
