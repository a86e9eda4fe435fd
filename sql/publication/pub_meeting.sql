-- How many records meet the other side, by force and month: recorded hate crimes an investigation row, investigation rows a
-- hate crime, CPS rows a police record.
-- grain: what, force, month
SELECT
    CASE extract WHEN 'incident' THEN 'crime' WHEN 'investigation' THEN 'investigation_row' ELSE 'cps_row' END AS what,
    "force",
    coalesce(strftime(day, '%Y-%m'), '') AS month,
    CASE WHEN extract = 'incident' THEN 'crime' ELSE 'row' END AS unit,
    sum(rows)::BIGINT AS records,
    sum(met)::BIGINT AS met,
    sum(met) / sum(rows) AS share
FROM check_meeting
WHERE extract <> 'cps' OR column_name = ''
GROUP BY ALL
ORDER BY ALL;
