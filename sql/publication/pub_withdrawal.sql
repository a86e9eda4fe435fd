-- Cases ended because the victim withdrew or did not support, wherever it shows, by group and stage: of the lost cases
-- there, and of all that entered. Stage `all` is the total over all stages; what entered is there what was recorded.
-- Empty, not 0, where no code or column tells it: from referral to court the CPS must give its reasons, elsewhere the police.
-- What is known stands where a part is not told, but no share of it does.
-- grain: breakdown, group, stage
WITH told_by_force AS (
    SELECT
        "force",
        bool_or(is_told) FILTER (evidence = 'investigation.withdrawal') AS by_police,
        bool_or(is_told) FILTER (evidence = 'cps.outcome_reason') AS by_cps
    FROM stg_told
    GROUP BY "force"
),

-- Whether a feed of each side is there: the police alone tell of suspects, the CPS alone of prosecutions.
feed_of_force AS (
    SELECT
        "force",
        max(why) FILTER (stage_order = 3) AS police_why,
        max(why) FILTER (stage_order = 6) AS cps_why
    FROM funnel_coverage
    GROUP BY "force"
),

stage_told AS (
    SELECT
        this."force",
        this.stage_order,
        this.is_covered,
        this.is_told AND coalesce(following.is_told, TRUE) AS is_step_told,
        CASE WHEN this.stage_order BETWEEN 4 AND 6 THEN told_by_force.by_cps ELSE told_by_force.by_police END AS is_told,
        coalesce(
            this.why,
            CASE WHEN this.stage_order BETWEEN 4 AND 6 THEN feed_of_force.cps_why ELSE feed_of_force.police_why END
        ) AS why
    FROM funnel_coverage AS this
    INNER JOIN told_by_force ON this."force" = told_by_force."force"
    INNER JOIN feed_of_force ON this."force" = feed_of_force."force"
    LEFT JOIN funnel_coverage AS following
        ON this."force" = following."force" AND this.stage_order = following.stage_order - 1
),

counted AS (
    SELECT
        breakdown,
        "group",
        passed AS stage_order,
        sum(cases) AS entered,
        sum(cases) FILTER (WHERE is_here AND state = 'lost') AS lost,
        sum(cases) FILTER (WHERE is_here AND state = 'resolved') AS resolved,
        sum(cases) FILTER (WHERE is_here AND withdrew) AS withdrew,
        sum(cases) FILTER (WHERE is_here AND withdrew AND state = 'lost') AS withdrew_lost
    FROM (SELECT *, unnest(range(2, stage_order + 1)) AS passed, passed = stage_order AS is_here FROM volume_group) AS passing
    GROUP BY breakdown, "group", passed
),

-- By every force with a recorded case of the group, at stages too that none of its cases is known to have reached.
group_told AS (
    SELECT
        group_force.breakdown,
        group_force."group",
        stage_told.stage_order,
        bool_and(stage_told.is_covered AND stage_told.is_told) AS is_covered,
        bool_and(stage_told.is_told) AS is_told,
        bool_and(stage_told.is_step_told) AS is_step_told,
        min(
            list_position(
                ['no_feed', 'feed_behind', 'not_told'],
                CASE WHEN NOT (stage_told.is_covered AND stage_told.is_told) THEN coalesce(stage_told.why, 'not_told') END
            )
        ) AS why_order
    FROM (SELECT DISTINCT breakdown, "group", "force" FROM volume_group WHERE stage_order >= 2) AS group_force
    INNER JOIN stage_told ON group_force."force"::VARCHAR = stage_told."force"
    GROUP BY group_force.breakdown, group_force."group", stage_told.stage_order
),

at_stage AS (
    SELECT
        counted.breakdown,
        counted."group",
        stage.stage,
        counted.stage_order,
        counted.entered,
        counted.lost,
        counted.resolved,
        counted.withdrew,
        counted.withdrew_lost,
        group_told.is_covered,
        group_told.is_told,
        group_told.is_step_told,
        group_told.why_order
    FROM counted
    INNER JOIN stage ON counted.stage_order = stage.stage_order::INTEGER
    INNER JOIN group_told
        ON
            counted.breakdown = group_told.breakdown AND counted."group" = group_told."group"
            AND counted.stage_order = group_told.stage_order
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
        bool_and(is_covered) AS is_covered,
        bool_and(is_told) FILTER (stage_order <= 6) AND bool_and(is_step_told) FILTER (stage_order <= 3) AS is_told,
        bool_and(is_step_told) FILTER (stage_order <= 3) AS is_step_told,
        min(why_order) AS why_order
    FROM at_stage
    GROUP BY breakdown, "group"
),

shown AS (
    SELECT
        * EXCLUDE (entered, lost, resolved, withdrew, withdrew_lost),
        CASE WHEN is_told THEN coalesce(withdrew, 0) END::BIGINT AS all_withdrew,
        CASE WHEN is_told THEN coalesce(withdrew_lost, 0) END::BIGINT AS all_withdrew_lost,
        entered::BIGINT AS entered,
        CASE WHEN lost > 0 OR is_step_told THEN coalesce(lost, 0) END::BIGINT AS lost,
        CASE WHEN resolved > 0 OR is_step_told THEN coalesce(resolved, 0) END::BIGINT AS resolved,
        CASE WHEN withdrew > 0 OR is_told THEN coalesce(withdrew, 0) END::BIGINT AS withdrew,
        CASE WHEN withdrew_lost > 0 OR is_told THEN coalesce(withdrew_lost, 0) END::BIGINT AS withdrew_lost
    FROM with_total
)

SELECT
    shown.breakdown,
    shown."group",
    shown.stage,
    shown.stage_order,
    'incident' AS unit,
    shown.entered,
    shown.lost,
    shown.resolved,
    shown.withdrew,
    shown.withdrew_lost,
    shown.all_withdrew_lost / nullif(shown.lost, 0) AS share_of_lost,
    wilson_lower(shown.all_withdrew_lost, shown.lost) AS share_of_lost_lower,
    wilson_upper(shown.all_withdrew_lost, shown.lost) AS share_of_lost_upper,
    shown.all_withdrew / nullif(shown.entered, 0) AS share_of_entered,
    wilson_lower(shown.all_withdrew, shown.entered) AS share_of_entered_lower,
    wilson_upper(shown.all_withdrew, shown.entered) AS share_of_entered_upper,
    CASE WHEN shown.is_covered THEN 'Y' ELSE 'N' END AS covered,
    CASE WHEN shown.is_covered THEN '' ELSE coalesce(['no_feed', 'feed_behind', 'not_told'][shown.why_order], '') END AS why
FROM shown
INNER JOIN breakdown ON shown.breakdown = breakdown.breakdown
ORDER BY breakdown.breakdown_order::INTEGER, shown."group", shown.stage_order;
