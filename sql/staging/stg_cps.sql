-- CPS rows in force that had been received by the end of the as-at day, with what of them had happened by then.
-- Rows received later do not exist yet and are left out; nor is a charge, hearing or conviction known before its row is
-- received: the `known` dates are the first day on which it counts.
-- grain: load_id, line
-- materialised: view
SELECT
    cps.load_id,
    cps.line,
    cps.urn,
    cps.defendant_id,
    cps."force",
    cps.received_date,
    cps.decision::VARCHAR AS decision,
    cps.decision_date,
    cps.prosecution_outcome::VARCHAR AS prosecution_outcome,
    cps.finalised_date,
    cps.uplift::VARCHAR AS uplift,
    cps.outcome_reason::VARCHAR AS outcome_reason,
    coalesce(
        cps.flag_race = 'Y' OR cps.flag_religion = 'Y' OR cps.flag_sexual_orientation = 'Y'
        OR cps.flag_disability = 'Y' OR cps.flag_transgender = 'Y',
        FALSE
    ) AS is_flagged,
    coalesce(cps_decision.deciding = 'Y' AND cps.decision_date <= run_context.as_at, FALSE) AS is_decided,
    coalesce(cps_decision.charge = 'Y' AND cps.decision_date <= run_context.as_at, FALSE) AS is_charged,
    coalesce(cps.first_hearing_date <= run_context.as_at, FALSE) AS is_heard,
    coalesce(cps.prosecution_outcome IS NOT NULL AND cps.finalised_date <= run_context.as_at, FALSE) AS is_finalised,
    coalesce(court_outcome.conviction = 'Y' AND cps.finalised_date <= run_context.as_at, FALSE) AS is_convicted,
    coalesce(court_outcome.guilty_plea = 'Y' AND cps.finalised_date <= run_context.as_at, FALSE) AS is_guilty_plea,
    CASE
        WHEN cps_decision.charge = 'Y' AND cps.decision_date <= run_context.as_at
            THEN greatest(cps.received_date, cps.decision_date)
    END AS charge_known_date,
    CASE
        WHEN
            cps.first_hearing_date <= run_context.as_at
            OR (cps.prosecution_outcome IS NOT NULL AND cps.finalised_date <= run_context.as_at)
            THEN greatest(
                cps.received_date,
                least(
                    cps.first_hearing_date,
                    CASE WHEN cps.prosecution_outcome IS NOT NULL THEN cps.finalised_date END
                )
            )
    END AS prosecution_known_date,
    CASE
        WHEN court_outcome.conviction = 'Y' AND cps.finalised_date <= run_context.as_at
            THEN greatest(cps.received_date, cps.finalised_date)
    END AS conviction_known_date
FROM cps
CROSS JOIN run_context
LEFT JOIN cps_decision ON cps.decision = cps_decision.code
LEFT JOIN court_outcome ON cps.prosecution_outcome = court_outcome.code
WHERE cps.received_date <= run_context.as_at;
