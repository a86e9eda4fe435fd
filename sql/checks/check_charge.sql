-- Charges that did not hold or did not happen: a later police outcome reversed the charge; the CPS authorised it 28 days
-- ago and there is neither a hearing nor a police outcome 1.
-- grain: load_id, line, rule
SELECT 'charge_reversed' AS rule, load_id, line
FROM case_history
WHERE stage_order = 5 AND reason IS NOT NULL
UNION ALL
SELECT 'authorised_not_issued' AS rule, case_history.load_id, case_history.line
FROM case_history
INNER JOIN case_cps
    ON case_history."force" = case_cps."force" AND case_history.crime_ref = case_cps.crime_ref
CROSS JOIN run_context
LEFT JOIN case_police
    ON case_history."force" = case_police."force" AND case_history.crime_ref = case_police.crime_ref
WHERE
    case_history.stage_order >= 5
    AND case_police.charge_date IS NULL
    AND NOT case_cps.is_heard
    AND case_cps.charge_date <= run_context.as_at - 28;
