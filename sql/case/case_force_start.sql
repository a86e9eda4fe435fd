-- The first day on which a force's extract holds a report: until a year later nobody can be told to be a repeat victim.
-- grain: force
SELECT
    incident."force",
    min(reported_date) AS first_reported_date
FROM incident
GROUP BY "force";
