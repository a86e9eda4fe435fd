-- Each case beside the evidence for every stage. Incidents that are no crime, not yet recorded or stopped by a status of
-- the record take no evidence from a crime; crimes without an investigation or CPS row have none.
-- grain: load_id, line
-- materialised: view
SELECT
    stg_incident.*,
    coalesce(case_police.has_suspect, FALSE) AS suspect_shown,
    case_police.submitted_date IS NOT NULL OR case_cps.received_date IS NOT NULL AS referral_shown,
    case_police.charge_date IS NOT NULL OR case_cps.charge_date IS NOT NULL AS charge_shown,
    coalesce(case_cps.is_prosecuted, FALSE) AS prosecution_shown,
    coalesce(case_cps.is_convicted, FALSE) AS conviction_shown,
    coalesce(case_cps.is_uplifted, FALSE) AS uplift_shown,
    greatest(case_police.submitted_date, case_cps.received_date) AS last_referral_date,
    greatest(case_police.charge_date, case_cps.charge_date) AS last_charge_date,
    case_police.latest_rank,
    case_police.latest_rank_but_charge,
    case_police.charge_date AS police_charge_date,
    case_cps.charge_date AS cps_charge_date,
    case_police.investigating_unit,
    case_police.victim_support,
    case_police.word_on_word,
    coalesce(case_cps.is_all_decided, FALSE) AS is_all_decided,
    case_cps.latest_decision,
    case_cps.is_awaiting_outcome,
    case_cps.latest_court_outcome,
    case_cps.is_uplift_denied,
    case_cps.conviction_date,
    case_cps.latest_decision_date,
    case_cps.latest_court_date,
    coalesce(case_police.has_undated_suspect AND case_police.first_identified_date IS NULL, FALSE) AS is_suspect_untimed,
    least(case_police.first_identified_date, case_police.first_implied_date) AS suspect_known_date,
    least(case_police.first_submitted_date, case_cps.first_received_date) AS referral_known_date,
    least(case_police.first_charge_date, case_cps.first_charge_date) AS charge_known_date,
    case_cps.first_prosecution_date AS prosecution_known_date,
    case_cps.first_conviction_date AS conviction_known_date,
    case_police.first_exit_date
FROM stg_incident
LEFT JOIN case_police
    ON
        stg_incident."force" = case_police."force" AND stg_incident.crime_ref = case_police.crime_ref
LEFT JOIN case_cps
    ON
        stg_incident."force" = case_cps."force" AND stg_incident.crime_ref = case_cps.crime_ref;
