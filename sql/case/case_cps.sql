-- What the CPS side of a crime shows at the end of the as-at day, over all linked CPS rows received by then.
-- grain: force, crime_ref
SELECT
    link_cps."force",
    link_cps.crime_ref,
    min(stg_cps.received_date) AS first_received_date,
    min(stg_cps.charge_known_date) AS first_charge_date,
    min(stg_cps.prosecution_known_date) AS first_prosecution_date,
    min(stg_cps.conviction_known_date) AS first_conviction_date,
    max(stg_cps.received_date) AS received_date,
    bool_and(stg_cps.is_decided) AS is_all_decided,
    max((stg_cps.decision_date, stg_cps.decision)) FILTER (WHERE stg_cps.is_decided)[2] AS latest_decision,
    max(stg_cps.decision_date) FILTER (WHERE stg_cps.is_charged) AS charge_date,
    bool_or(stg_cps.is_heard) AS is_heard,
    bool_or(stg_cps.is_heard OR stg_cps.is_finalised) AS is_prosecuted,
    bool_or((stg_cps.is_charged OR stg_cps.is_heard) AND NOT stg_cps.is_finalised) AS is_awaiting_outcome,
    max((stg_cps.finalised_date, stg_cps.prosecution_outcome)) FILTER (WHERE stg_cps.is_finalised)[2]
        AS latest_court_outcome,
    max(stg_cps.decision_date) FILTER (WHERE stg_cps.is_decided) AS latest_decision_date,
    max(stg_cps.finalised_date) FILTER (WHERE stg_cps.is_finalised) AS latest_court_date,
    bool_or(stg_cps.is_convicted) AS is_convicted,
    bool_or(stg_cps.is_convicted AND coalesce(stg_cps.uplift = 'Y', FALSE)) AS is_uplifted,
    bool_and(coalesce(stg_cps.uplift = 'N', FALSE)) FILTER (WHERE stg_cps.is_convicted) AS is_uplift_denied,
    max(stg_cps.finalised_date) FILTER (WHERE stg_cps.is_convicted) AS conviction_date
FROM link_cps
INNER JOIN stg_cps ON link_cps.load_id = stg_cps.load_id AND link_cps.line = stg_cps.line
GROUP BY link_cps."force", link_cps.crime_ref;
