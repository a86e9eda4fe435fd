-- The furthest stage of each case, the stages passed without evidence of their own (a set of bits, bit 0 = stage 1), and
-- the day that an outcome must reach to decide there.
-- grain: load_id, line
-- materialised: view
WITH reached AS (
    SELECT
        *,
        CASE
            WHEN stopped_by IS NOT NULL OR NOT is_recorded THEN 1
            WHEN uplift_shown THEN 8
            WHEN conviction_shown THEN 7
            WHEN prosecution_shown THEN 6
            WHEN charge_shown THEN 5
            WHEN referral_shown THEN 4
            WHEN suspect_shown THEN 3
            ELSE 2
        END AS stage_order
    FROM case_evidence
)

SELECT
    *,
    (stage_order > 3 AND NOT suspect_shown)::INTEGER * 4
    + (stage_order > 4 AND NOT referral_shown)::INTEGER * 8
    + (stage_order > 5 AND NOT charge_shown)::INTEGER * 16
    + (stage_order > 6 AND NOT prosecution_shown)::INTEGER * 32 AS implied,
    datediff('day', DATE '0001-01-01', last_referral_date) * 64 AS referral_rank,
    (datediff('day', DATE '0001-01-01', last_charge_date) + 1) * 64 AS charge_rank
FROM reached;
