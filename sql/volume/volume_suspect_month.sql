-- Suspects and defendants by what happened to them and the month in which it did: a suspect stands in one row of
-- `referrals`, in one of what was decided (or `pending`), and in `legal_decisions` where that is one.
-- grain: force, link, is_flagged, measure, month
WITH decided AS (
    SELECT volume_suspect.*, cps_decision.volume_measure, cps_decision.legal_decision = 'Y' AS is_legal
    FROM volume_suspect
    -- A suspect without a deciding decision is none of these, and is counted as pending below.
    INNER JOIN cps_decision ON volume_suspect.decision = cps_decision.code
),

happened AS (
    SELECT "force", link, is_flagged, 'referrals' AS measure, received_date AS day FROM volume_suspect
    UNION ALL
    SELECT "force", link, is_flagged, 'pending' AS measure, received_date AS day FROM volume_suspect WHERE decision IS NULL
    UNION ALL
    SELECT "force", link, is_flagged, volume_measure AS measure, decision_date AS day FROM decided
    UNION ALL
    SELECT "force", link, is_flagged, 'legal_decisions' AS measure, decision_date AS day FROM decided WHERE is_legal
    UNION ALL
    SELECT "force", link, is_flagged, 'completed' AS measure, completed_date AS day
    FROM volume_suspect
    WHERE completed_date IS NOT NULL
    UNION ALL
    SELECT "force", link, is_flagged, 'convicted' AS measure, completed_date AS day FROM volume_suspect WHERE is_convicted
    UNION ALL
    SELECT "force", link, is_flagged, 'guilty_plea' AS measure, completed_date AS day FROM volume_suspect WHERE is_guilty_plea
    UNION ALL
    SELECT "force", link, is_flagged, 'uplifted' AS measure, completed_date AS day FROM volume_suspect WHERE is_uplifted
)

SELECT "force", link, is_flagged, measure, date_trunc('month', day)::DATE AS month, count(*) AS count
FROM happened
GROUP BY ALL;
