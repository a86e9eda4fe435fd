-- Crimes whose last word from the CPS, among its events up to the as-at day, is an action plan: sent back, and not answered
-- where the answer is overdue. Events of URNs that link to no crime are left out. Needs the optional event extract.
-- grain: force, crime_ref
WITH happened AS (
    SELECT
        cps_event.urn,
        cps_event.defendant_id,
        max((cps_event."date", cps_event.event <> 'action_plan', cps_event.event::VARCHAR))[3] AS last_event,
        max(cps_event.due_date) FILTER (WHERE cps_event.event = 'action_plan') AS due_date
    FROM cps_event
    CROSS JOIN run_context
    WHERE cps_event."date" <= run_context.as_at
    GROUP BY cps_event.urn, cps_event.defendant_id
)

SELECT
    link_cps."force",
    link_cps.crime_ref,
    bool_or(coalesce(happened.due_date < run_context.as_at, FALSE)) AS is_overdue
FROM happened
CROSS JOIN run_context
INNER JOIN cps ON happened.urn = cps.urn AND happened.defendant_id = cps.defendant_id
INNER JOIN link_cps ON cps.load_id = link_cps.load_id AND cps.line = link_cps.line
WHERE happened.last_event = 'action_plan'
GROUP BY link_cps."force", link_cps.crime_ref;
