-- The ages at which cases are looked at, in days from recording, and the last day of recording whose cases have that age
-- by now, as far as the feeds behind the stage and all before it reach; by force. Empty where such a feed never came.
-- grain: force
WITH reach AS (
    SELECT
        later."force",
        later.stage_order,
        CASE WHEN bool_and(earlier.seen_to IS NOT NULL) THEN min(earlier.seen_to) END AS seen_to
    FROM funnel_coverage AS later
    INNER JOIN funnel_coverage AS earlier
        ON later."force" = earlier."force" AND later.stage_order >= earlier.stage_order
    GROUP BY later."force", later.stage_order
)

SELECT
    reach."force",
    any_value(run_context.suspect_days) AS suspect_days,
    any_value(run_context.referral_days) AS referral_days,
    any_value(run_context.charge_days) AS charge_days,
    any_value(run_context.conviction_days) AS conviction_days,
    max(seen_to) FILTER (WHERE stage_order = 2) AS recorded_seen_to,
    max(seen_to) FILTER (WHERE stage_order = 3) AS suspect_seen_to,
    max(seen_to) FILTER (WHERE stage_order = 4) AS referral_seen_to,
    max(seen_to) FILTER (WHERE stage_order = 5) AS charge_seen_to,
    max(seen_to) FILTER (WHERE stage_order = 6) AS prosecution_seen_to,
    max(seen_to) FILTER (WHERE stage_order = 7) AS conviction_seen_to,
    suspect_seen_to - any_value(run_context.suspect_days) AS suspect_mature_to,
    referral_seen_to - any_value(run_context.referral_days) AS referral_mature_to,
    charge_seen_to - any_value(run_context.charge_days) AS charge_mature_to,
    conviction_seen_to - any_value(run_context.conviction_days) AS conviction_mature_to
FROM reach
CROSS JOIN run_context
GROUP BY reach."force";
