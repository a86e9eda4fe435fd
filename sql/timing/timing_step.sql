-- Each case in each step whose start it reached, in every group: days on the step's clock from which it is watched
-- (entry_day), day on which it left, and how. The clock starts on the day of the stage; a case is watched from the latest of
-- that day, the day of its flag, and the force's first report. A case that the feeds do not see beyond `seen_to` is censored there.
-- What cannot be timed says why instead: untimed (a suspect without a day), exit_before_stage, not_seen (the stage lies beyond
-- what the feeds cover), flagged_after (it had left before it was flagged).
-- grain: breakdown, group, load_id, line, from_order
-- materialised: view
WITH member AS NOT MATERIALIZED (
    SELECT funnel_membership.*, case_window.* EXCLUDE ("force"), case_force_start.first_reported_date
    FROM funnel_membership
    INNER JOIN case_window ON funnel_membership."force" = case_window."force"
    INNER JOIN case_force_start ON funnel_membership."force" = case_force_start."force"
    WHERE
        funnel_membership.breakdown IN ('all', 'strand', 'victim_ethnicity', 'business_type', 'hate_status', 'force')
        AND funnel_membership.stage_order >= 2
),

step AS NOT MATERIALIZED (
    SELECT 2 AS from_order, recorded_on AS start_on, suspect_on AS next_on, suspect_seen_to AS seen_to, * FROM member
    UNION ALL
    SELECT 3, suspect_on, referred_on, referral_seen_to, * FROM member WHERE stage_order >= 3
    UNION ALL
    SELECT 4, referred_on, charged_on, charge_seen_to, * FROM member WHERE stage_order >= 4
    UNION ALL
    SELECT 5, charged_on, prosecuted_on, prosecution_seen_to, * FROM member WHERE stage_order >= 5
    UNION ALL
    SELECT 6, prosecuted_on, convicted_on, conviction_seen_to, * FROM member WHERE stage_order >= 6
),

clocked AS (
    SELECT
        step.breakdown,
        step."group",
        step.load_id,
        step.line,
        step.from_order,
        greatest(step.flagged_on, step.first_reported_date, step.start_on) - step.start_on AS entry_day,
        CASE
            WHEN step.stage_order > step.from_order THEN least(step.next_on, step.seen_to + 1)
            WHEN step.reason IS NOT NULL THEN least(step.exit_on, step.seen_to + 1)
            ELSE step.seen_to + 1
        END - step.start_on AS left_day,
        step.seen_to - step.start_on AS last_day,
        CASE
            WHEN step.start_on IS NULL OR (step.stage_order > step.from_order AND step.next_on IS NULL) THEN 'untimed'
            WHEN step.stage_order = step.from_order AND step.exit_on < step.start_on THEN 'exit_before_stage'
            WHEN step.stage_order > step.from_order THEN 'progressed'
            WHEN step.reason IS NULL THEN 'censored'
            ELSE case_reason.exit
        END AS fate
    FROM step
    LEFT JOIN case_reason ON step.reason = case_reason.reason
)

SELECT
    breakdown,
    "group",
    load_id,
    line,
    from_order,
    entry_day,
    least(left_day, last_day) AS day,
    CASE
        WHEN fate IN ('untimed', 'exit_before_stage') THEN fate
        WHEN last_day < 0 OR last_day IS NULL THEN 'not_seen'
        WHEN entry_day > 0 AND least(left_day, last_day) <= entry_day THEN 'flagged_after'
        WHEN left_day > last_day THEN 'censored'
        ELSE fate
    END AS fate
FROM clocked;
