-- Where cases with an identified suspect stand at the boundary between police and CPS, in every group.
-- Every case with a suspect stands in exactly one category.
-- grain: breakdown, group, category
WITH unissued AS (
    SELECT load_id, line FROM check_charge WHERE rule = 'authorised_not_issued'
),

placed AS (
    SELECT
        member.breakdown,
        member."group",
        CASE
            WHEN member.stage_order = 3 AND member.reason IS NULL THEN 'not_referred_open'
            WHEN member.stage_order = 3 THEN 'not_referred_ended'
            WHEN member.stage_order = 4 AND member.reason IS NULL THEN 'referred_open'
            WHEN member.stage_order = 4 AND member.reason IN ('cps_nfa_evidential', 'cps_nfa_public_interest')
                THEN 'referred_refused'
            WHEN member.stage_order = 4 AND member.reason = 'cps_out_of_court_disposal' THEN 'referred_disposed'
            WHEN member.stage_order = 4 THEN 'referred_closed'
            WHEN unissued.line IS NOT NULL THEN 'authorised_not_issued'
            ELSE 'charged'
        END AS category,
        member.stage_order = 4 AND member.reason IS NULL AND case_sent_back.crime_ref IS NOT NULL AS is_sent_back,
        coalesce(case_sent_back.is_overdue, FALSE) AS is_overdue
    FROM funnel_membership AS member
    LEFT JOIN unissued ON member.load_id = unissued.load_id AND member.line = unissued.line
    LEFT JOIN case_sent_back ON member."force" = case_sent_back."force" AND member.crime_ref = case_sent_back.crime_ref
    WHERE
        member.breakdown IN ('all', 'strand', 'victim_ethnicity', 'business_type', 'area_command', 'hate_status', 'force')
        AND member.stage_order >= 3
)

SELECT
    breakdown,
    "group",
    category,
    count(*) AS cases,
    count(*) FILTER (WHERE is_sent_back) AS sent_back,
    count(*) FILTER (WHERE is_sent_back AND is_overdue) AS overdue
FROM placed
GROUP BY breakdown, "group", category;
