-- Months of report whose cases a gap in a feed leaves unseen, by force, and the first stage that cannot be seen of them: from a
-- suspect on where the investigation feed has the gap, from the referral on where the CPS feed has it.
-- grain: force, month
SELECT
    stg_gap."force",
    stg_gap.month,
    min(stage.stage_order::INTEGER)::UTINYINT AS gap_order
FROM stg_gap
INNER JOIN stage ON contains(stage.told_by, stg_gap.extract || '.')
WHERE stg_gap.extract <> 'incident'
GROUP BY stg_gap."force", stg_gap.month;
