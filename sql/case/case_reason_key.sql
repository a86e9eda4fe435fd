-- Why each case stopped where it stopped: the key of its reason, empty for a case that is open (or completed), and the day
-- of the outcome that decided it. Police outcomes decide by rank: the greatest rank is the latest outcome, and rank / 64 is
-- its day.
-- grain: load_id, line
-- materialised: view
SELECT
    case_stage.*,
    CASE case_stage.stage_order
        WHEN 1
            THEN CASE
                WHEN case_stage.stopped_by IS NOT NULL THEN 'record_' || case_stage.stopped_by
                WHEN NOT case_stage.is_crime THEN 'non_crime'
            END
        WHEN 2 THEN 'police_' || latest.code
        WHEN 3 THEN 'police_' || latest.code
        WHEN 4
            THEN CASE
                WHEN case_stage.is_all_decided THEN 'cps_' || case_stage.latest_decision
                WHEN case_stage.latest_rank >= case_stage.referral_rank THEN 'police_' || latest.code
            END
        WHEN 5
            THEN CASE
                WHEN case_stage.latest_rank_but_charge >= case_stage.charge_rank THEN 'police_' || reversal.code
            END
        WHEN 6 THEN CASE WHEN NOT case_stage.is_awaiting_outcome THEN 'court_' || case_stage.latest_court_outcome END
        WHEN 7
            THEN CASE
                WHEN case_stage.is_awaiting_outcome THEN NULL
                WHEN case_stage.is_uplift_denied THEN 'uplift_not_recorded'
                WHEN run_context.as_at >= case_stage.conviction_date + run_context.uplift_days THEN 'uplift_unknown'
            END
    END AS reason,
    CASE
        WHEN case_stage.stage_order IN (2, 3)
            THEN DATE '0001-01-01' + (case_stage.latest_rank // 64)::INTEGER
        WHEN case_stage.stage_order = 4 AND case_stage.is_all_decided THEN case_stage.latest_decision_date
        WHEN case_stage.stage_order = 4 AND case_stage.latest_rank >= case_stage.referral_rank
            THEN DATE '0001-01-01' + (case_stage.latest_rank // 64)::INTEGER
        WHEN case_stage.stage_order = 5 AND case_stage.latest_rank_but_charge >= case_stage.charge_rank
            THEN DATE '0001-01-01' + (case_stage.latest_rank_but_charge // 64)::INTEGER
        WHEN case_stage.stage_order = 6 AND NOT case_stage.is_awaiting_outcome THEN case_stage.latest_court_date
    END AS exit_on
FROM case_stage
CROSS JOIN run_context
LEFT JOIN stg_outcome_code AS latest ON case_stage.latest_rank % 64 = latest.precedence
LEFT JOIN stg_outcome_code AS reversal ON case_stage.latest_rank_but_charge % 64 = reversal.precedence;
