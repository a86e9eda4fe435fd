-- Findings by rule and extract: rows of loads in force that are kept although something about them is amiss. Counts only.
-- grain: rule, extract, column_name
WITH found AS (
    SELECT rule, load_id, NULL AS column_name FROM check_implied_stage
    UNION ALL
    SELECT rule, load_id, NULL AS column_name FROM check_incident
    UNION ALL
    SELECT rule, load_id, NULL AS column_name FROM check_outcome_contradiction
    UNION ALL
    SELECT rule, load_id, NULL AS column_name FROM check_link
    UNION ALL
    SELECT rule, load_id, NULL AS column_name FROM check_charge
    UNION ALL
    SELECT rule, load_id, NULL AS column_name FROM check_flag
    UNION ALL
    SELECT rule, load_id, column_name FROM finding
    UNION ALL
    SELECT 'quarantined_' || unnest(reasons) AS rule, load_id, NULL AS column_name FROM quarantine WHERE mended_by IS NULL
)

SELECT
    found.rule,
    load.extract,
    coalesce(found.column_name, '') AS column_name,
    coalesce(rule.severity, 'warning') AS severity,
    CASE WHEN load.extract IN ('cps', 'cps_event') THEN 'CPS Area' ELSE 'police force' END AS owner,
    coalesce(rule.label, 'Quarantined: ' || replace(replace(found.rule, 'quarantined_', ''), '_', ' ')) AS label,
    count(*) AS count
FROM found
INNER JOIN load ON found.load_id = load.load_id AND load.state = 'loaded'
LEFT JOIN rule ON found.rule = rule.rule
GROUP BY ALL
ORDER BY found.rule, load.extract, column_name;
