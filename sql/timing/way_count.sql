-- The ways that recorded cases took: stages passed (those without evidence of their own in brackets), and how they stand.
-- median_days: from recording to the outcome, or to the last stage reached where there is none yet; not of cases of which that
-- day is not told, or whose source gives months only.
-- grain: stage_order, implied, reason
WITH taken AS (
    SELECT
        stage_order,
        implied,
        coalesce(reason, '') AS reason,
        CASE
            WHEN stg_month_dated."force" IS NULL
                THEN
                    coalesce(
                        exit_on,
                        CASE stage_order
                            WHEN 2 THEN recorded_on
                            WHEN 3 THEN suspect_on
                            WHEN 4 THEN referred_on
                            WHEN 5 THEN charged_on
                            WHEN 6 THEN prosecuted_on
                            ELSE convicted_on
                        END
                    )
                    - recorded_on
        END AS days,
        is_impossible
        OR coalesce(
            exit_on < coalesce(convicted_on, prosecuted_on, charged_on, referred_on, suspect_on, recorded_on), FALSE
        ) AS is_impossible,
        is_reopened
    FROM case_history
    LEFT JOIN stg_month_dated ON case_history."force" = stg_month_dated."force"
    WHERE NOT is_comparison AND stage_order >= 2
)

SELECT
    stage_order,
    implied,
    reason,
    count(*) AS cases,
    median(days) AS median_days,
    count(*) FILTER (WHERE is_impossible) AS impossible,
    count(*) FILTER (WHERE is_reopened) AS reopened
FROM taken
GROUP BY stage_order, implied, reason;
