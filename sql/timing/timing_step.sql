-- Each case in each step whose start it reached: days on the step's clock from which it is watched (entry_day), day on which it
-- left, and how. The clock starts on the day of the stage; a case is watched from the latest of that day, the day of its flag,
-- the force's first report, and the day stated for the force from which its extract holds open and closed cases alike.
-- What happens after `seen_to`, where the feeds end, is not known: the case is censored there.
-- What cannot be timed says why instead: untimed (a suspect without a day, a source that gives
-- months only, or no day of the next stage for any case of the force), exit_first (it stopped before it began), not_seen
-- (the step begins beyond what the feeds cover), flag_late (it had left before it was watched: mostly, before it was flagged).
-- grain: load_id, line, from_order
WITH member AS NOT MATERIALIZED (
    SELECT
        case_history.* EXCLUDE (reason),
        case_reason.exit,
        case_history.reason IS NULL AS is_open,
        case_window.* EXCLUDE ("force"),
        greatest(case_history.flagged_on, case_force_start.first_reported_date, complete_from.day) AS watched_on,
        stg_month_dated."force" IS NOT NULL AS is_month_dated
    FROM case_history
    INNER JOIN case_window ON case_history."force" = case_window."force"
    INNER JOIN case_force_start ON case_history."force" = case_force_start."force"
    -- A force for which no day is stated stays.
    LEFT JOIN complete_from ON case_history."force" = complete_from."force"
    LEFT JOIN case_reason ON case_history.reason = case_reason.reason
    LEFT JOIN stg_month_dated ON case_history."force" = stg_month_dated."force"
    WHERE case_history.stage_order >= 2
),

step AS NOT MATERIALIZED (
    SELECT 2::UTINYINT AS from_order, recorded_on AS start_on, suspect_on AS next_on, suspect_seen_to AS seen_to, * FROM member
    UNION ALL
    SELECT 3 AS from_order, suspect_on AS start_on, referred_on AS next_on, referral_seen_to AS seen_to, *
    FROM member
    WHERE stage_order >= 3
    UNION ALL
    SELECT 4 AS from_order, referred_on AS start_on, charged_on AS next_on, charge_seen_to AS seen_to, *
    FROM member
    WHERE stage_order >= 4
    UNION ALL
    SELECT 5 AS from_order, charged_on AS start_on, prosecuted_on AS next_on, prosecution_seen_to AS seen_to, *
    FROM member
    WHERE stage_order >= 5
    UNION ALL
    SELECT 6 AS from_order, prosecuted_on AS start_on, convicted_on AS next_on, conviction_seen_to AS seen_to, *
    FROM member
    WHERE stage_order >= 6
),

-- Where twenty went on and none has a day of the next stage, days are not told: those who stopped would seem to be all.
undated AS (
    SELECT "force" AS of_force, from_order AS of_order
    FROM step
    WHERE stage_order > from_order
    GROUP BY "force", from_order
    HAVING count(*) >= 20 AND count(next_on) = 0
),

clocked AS (
    SELECT
        step.*,
        greatest(watched_on - start_on, 0) AS entry_day,
        seen_to - start_on AS last_day,
        CASE
            WHEN stage_order > from_order THEN next_on - start_on
            WHEN is_open THEN seen_to - start_on + 1
            ELSE exit_on - start_on
        END AS left_day,
        CASE
            WHEN is_month_dated OR undated.of_force IS NOT NULL THEN 'untimed'
            WHEN start_on IS NULL OR (stage_order > from_order AND next_on IS NULL) THEN 'untimed'
            WHEN stage_order = from_order AND exit_on < start_on THEN 'exit_first'
            WHEN stage_order > from_order THEN 'progressed'
            WHEN is_open THEN 'censored'
            ELSE exit
        END AS fate
    FROM step
    LEFT JOIN undated ON step."force" = undated.of_force AND step.from_order = undated.of_order
)

SELECT
    load_id,
    line,
    from_order,
    "force",
    is_comparison,
    race,
    religion,
    sexual_orientation,
    disability,
    transgender,
    victim_ethnicity,
    business_type,
    financial_year,
    entry_day,
    CASE WHEN fate NOT IN ('untimed', 'exit_first') AND last_day >= 0 THEN least(left_day, last_day) END AS "day",
    CASE
        WHEN fate IN ('untimed', 'exit_first') THEN fate
        WHEN coalesce(last_day < 0, TRUE) THEN 'not_seen'
        WHEN entry_day > 0 AND least(left_day, last_day) <= entry_day THEN 'flag_late'
        WHEN left_day > last_day THEN 'censored'
        ELSE fate
    END AS fate
FROM clocked;
