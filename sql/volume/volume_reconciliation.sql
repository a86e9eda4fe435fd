-- Counts of both sides beside those of the funnel, by force and financial year. Suspects are split by what they are linked to.
-- A count of none is left out.
-- grain: force, financial_year, measure
WITH incident_row AS (
    SELECT incident."force"::VARCHAR AS "force", stg_period.financial_year, count(*) AS incidents
    FROM incident
    INNER JOIN stg_period ON incident.reported_date = stg_period.day
    GROUP BY incident."force", stg_period.financial_year
),

case_row AS (
    SELECT
        case_history."force"::VARCHAR AS "force",
        case_history.financial_year,
        count(*) FILTER (WHERE NOT case_history.is_comparison) AS cases,
        count(*) FILTER (WHERE case_history.is_comparison) AS comparison
    FROM case_history
    GROUP BY case_history."force", case_history.financial_year
),

incident_count AS (
    SELECT
        incident_row."force",
        incident_row.financial_year,
        incident_row.incidents AS incidents_accepted,
        coalesce(case_row.cases, 0) AS incidents_cases,
        coalesce(case_row.comparison, 0) AS incidents_comparison,
        incident_row.incidents - coalesce(case_row.cases, 0) - coalesce(case_row.comparison, 0) AS incidents_no_case
    FROM incident_row
    -- A year of which no row is a case stays, with none.
    LEFT JOIN case_row
        ON incident_row."force" = case_row."force" AND incident_row.financial_year = case_row.financial_year
),

crime_count AS (
    SELECT
        volume_crime."force"::VARCHAR AS "force",
        volume_crime.financial_year,
        count(*) AS crimes_recorded,
        count(*) FILTER (WHERE volume_crime.stage_order >= 5) AS crimes_charged_funnel,
        count(*) FILTER (WHERE volume_crime.is_police_charged) AS crimes_charged_police,
        count(*) FILTER (WHERE volume_crime.is_cps_charged) AS crimes_charged_cps,
        count(*) FILTER (WHERE volume_crime.is_police_charged AND volume_crime.is_cps_charged) AS crimes_charged_both,
        count(*) FILTER (
            WHERE volume_crime.stage_order >= 5 AND NOT volume_crime.is_police_charged AND NOT volume_crime.is_cps_charged
        ) AS crimes_charged_implied
    FROM volume_crime
    WHERE volume_crime.stage_order >= 2
    GROUP BY volume_crime."force", volume_crime.financial_year
),

suspect_event AS (
    SELECT
        m."force",
        year(m.month - INTERVAL 3 MONTHS) || '/' || lpad(((year(m.month - INTERVAL 3 MONTHS) + 1) % 100)::VARCHAR, 2, '0')
            AS financial_year,
        m.link,
        m.is_flagged,
        m.measure,
        m.count
    FROM volume_suspect_month AS m
    WHERE m.measure IN ('referrals', 'charged', 'completed', 'convicted')
),

suspect_count AS (
    SELECT "force", financial_year, measure, count FROM suspect_event
    UNION ALL
    SELECT "force", financial_year, measure || '_' || link AS measure, count FROM suspect_event
    UNION ALL
    SELECT "force", financial_year, 'flagged' AS measure, count FROM suspect_event WHERE measure = 'referrals' AND is_flagged
    UNION ALL
    SELECT
        "force",
        financial_year,
        CASE WHEN link = 'linked_case' THEN 'flagged_linked_case' ELSE 'flagged_no_hate_case' END AS measure,
        count
    FROM suspect_event
    WHERE measure = 'referrals' AND is_flagged
    UNION ALL
    SELECT "force", financial_year, 'unflagged_linked_case' AS measure, count
    FROM suspect_event
    WHERE measure = 'referrals' AND link = 'linked_case' AND NOT is_flagged
),

told AS (
    SELECT "force", financial_year, 'incidents_accepted' AS measure, incidents_accepted AS count FROM incident_count
    UNION ALL
    SELECT "force", financial_year, 'incidents_cases' AS measure, incidents_cases AS count FROM incident_count
    UNION ALL
    SELECT "force", financial_year, 'incidents_comparison' AS measure, incidents_comparison AS count FROM incident_count
    UNION ALL
    SELECT "force", financial_year, 'incidents_no_case' AS measure, incidents_no_case AS count FROM incident_count
    UNION ALL
    SELECT "force", financial_year, 'crimes_recorded' AS measure, crimes_recorded AS count FROM crime_count
    UNION ALL
    SELECT "force", financial_year, 'crimes_charged_funnel' AS measure, crimes_charged_funnel AS count FROM crime_count
    UNION ALL
    SELECT "force", financial_year, 'crimes_charged_police' AS measure, crimes_charged_police AS count FROM crime_count
    UNION ALL
    SELECT "force", financial_year, 'crimes_charged_cps' AS measure, crimes_charged_cps AS count FROM crime_count
    UNION ALL
    SELECT "force", financial_year, 'crimes_charged_both' AS measure, crimes_charged_both AS count FROM crime_count
    UNION ALL
    SELECT "force", financial_year, 'crimes_charged_implied' AS measure, crimes_charged_implied AS count FROM crime_count
    UNION ALL
    SELECT "force", financial_year, measure, count FROM suspect_count
)

SELECT "force", financial_year, measure, sum(count)::BIGINT AS count
FROM told
WHERE count > 0
GROUP BY "force", financial_year, measure;
