-- Incident rows whose victim was already the victim of another incident reported 1 to 365 days earlier (any class or
-- status, no comparison).
-- grain: load_id, line
WITH seen_twice AS (
    SELECT victim_id
    FROM incident
    WHERE victim_id IS NOT NULL AND coalesce(comparison, 'N') = 'N'
    GROUP BY victim_id
    HAVING count(*) > 1
),

earlier AS (
    SELECT
        incident.load_id,
        incident.line,
        incident.incident_id,
        min(incident.incident_id) OVER within_a_year AS least_incident_id,
        max(incident.incident_id) OVER within_a_year AS greatest_incident_id
    FROM incident
    SEMI JOIN seen_twice ON incident.victim_id = seen_twice.victim_id
    WHERE coalesce(incident.comparison, 'N') = 'N'
    WINDOW within_a_year AS (
        PARTITION BY incident.victim_id
        ORDER BY incident.reported_date
        RANGE BETWEEN INTERVAL 365 DAYS PRECEDING AND INTERVAL 1 DAY PRECEDING
    )
)

SELECT
    load_id,
    line
FROM earlier
WHERE least_incident_id <> incident_id OR greatest_incident_id <> incident_id;
