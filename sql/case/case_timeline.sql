-- The day on which each case reached each stage: its earliest evidence, or that of a later stage where that came first (who
-- is charged has been referred). Nothing is reached before the crime is recorded. A suspect who is named without a day has
-- none, and the stage is not timed (suspect_on empty).
-- is_impossible: evidence stands in an order that cannot be; is_reopened: an outcome had ended the case, and it went on.
-- grain: load_id, line
-- materialised: view
WITH known AS (
    SELECT
        *,
        least(prosecution_known_date, conviction_known_date) AS hearing_date,
        least(charge_known_date, prosecution_known_date, conviction_known_date) AS charging_date,
        least(referral_known_date, charge_known_date, prosecution_known_date, conviction_known_date) AS referring_date,
        least(
            suspect_known_date, referral_known_date, charge_known_date, prosecution_known_date, conviction_known_date
        ) AS identifying_date
    FROM case_reason_key
)

SELECT
    *,
    CASE WHEN stage_order >= 2 THEN recorded_date END AS recorded_on,
    CASE WHEN stage_order >= 3 AND NOT is_suspect_untimed THEN greatest(recorded_date, identifying_date) END AS suspect_on,
    CASE WHEN stage_order >= 4 THEN greatest(recorded_date, referring_date) END AS referred_on,
    CASE WHEN stage_order >= 5 THEN greatest(recorded_date, charging_date) END AS charged_on,
    CASE WHEN stage_order >= 6 THEN greatest(recorded_date, hearing_date) END AS prosecuted_on,
    CASE WHEN stage_order >= 7 THEN greatest(recorded_date, conviction_known_date) END AS convicted_on,
    coalesce(suspect_known_date > referral_known_date, FALSE)
    OR coalesce(referral_known_date > charge_known_date, FALSE)
    OR coalesce(charge_known_date > prosecution_known_date, FALSE)
    OR coalesce(prosecution_known_date > conviction_known_date, FALSE) AS is_impossible,
    coalesce(
        CASE stage_order
            WHEN 3 THEN first_exit_date < identifying_date
            WHEN 4 THEN first_exit_date < referring_date
            WHEN 5 THEN first_exit_date < charging_date
            WHEN 6 THEN first_exit_date < hearing_date
            WHEN 7 THEN first_exit_date < conviction_known_date
            WHEN 8 THEN first_exit_date < conviction_known_date
        END,
        FALSE
    ) AS is_reopened
FROM known;
