-- The handover: where cases with an identified suspect stand between police and CPS, with their share of all of these.
-- sent_back and overdue are empty without the CPS event extract.
-- grain: breakdown, group, category
-- order: breakdown_order, group, category_order
WITH suspect AS (
    SELECT breakdown, "group", sum(cases)::BIGINT AS suspects FROM handover_count GROUP BY breakdown, "group"
)

SELECT
    handover_count.breakdown,
    handover_count."group",
    handover_count.category,
    handover.label,
    'incident' AS unit,
    handover_count.cases,
    suspect.suspects AS with_suspect,
    handover_count.cases / suspect.suspects AS share,
    wilson_lower(handover_count.cases, suspect.suspects) AS share_lower,
    wilson_upper(handover_count.cases, suspect.suspects) AS share_upper,
    CASE WHEN suspect.suspects < run_context.small_denominator THEN 'Y' ELSE 'N' END AS small,
    CASE WHEN (SELECT count(*) FROM cps_event) > 0 THEN handover_count.sent_back END AS sent_back,
    CASE WHEN (SELECT count(*) FROM cps_event) > 0 THEN handover_count.overdue END AS overdue
FROM handover_count
CROSS JOIN run_context
INNER JOIN suspect ON handover_count.breakdown = suspect.breakdown AND handover_count."group" = suspect."group"
INNER JOIN handover ON handover_count.category = handover.category
INNER JOIN breakdown ON handover_count.breakdown = breakdown.breakdown
ORDER BY breakdown.breakdown_order::INTEGER, handover_count."group", handover.category_order::INTEGER;
