-- Cases that passed a stage without evidence of it (charged without referral, say): counted as passed, and a finding.
-- grain: load_id, line, rule
SELECT
    'implied_' || stage.stage AS rule,
    case_history.load_id,
    case_history.line
FROM case_history
INNER JOIN stage ON case_history.implied & (1 << (stage.stage_order::INTEGER - 1)) > 0
WHERE case_history.implied > 0;
