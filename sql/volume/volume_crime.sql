-- Crimes of hate cases: the furthest stage of any of the crime's cases, its latest effective police outcome, and who says
-- that it was charged. A crime of several cases is dated by the earliest report among them.
-- grain: force, crime_ref
-- materialised: view
WITH told AS (
    SELECT "force", crime_ref, financial_year, stage_order, latest_rank, is_police_charged, is_cps_charged
    FROM case_history
    WHERE NOT is_comparison AND crime_ref IS NOT NULL AND shared_crime_no IS NULL
    UNION ALL
    SELECT
        any_value("force") AS "force",
        any_value(crime_ref) AS crime_ref,
        min(financial_year) AS financial_year,
        max(stage_order) AS stage_order,
        any_value(latest_rank) AS latest_rank,
        bool_or(is_police_charged) AS is_police_charged,
        bool_or(is_cps_charged) AS is_cps_charged
    FROM case_history
    WHERE NOT is_comparison AND shared_crime_no IS NOT NULL
    GROUP BY shared_crime_no
)

SELECT
    told."force",
    told.crime_ref,
    told.financial_year,
    told.stage_order,
    latest.code AS outcome_code,
    DATE '0001-01-01' + (told.latest_rank // 64)::INTEGER AS outcome_date,
    told.is_police_charged,
    told.is_cps_charged
FROM told
-- A crime without an effective outcome stays, with none to tell.
LEFT JOIN stg_outcome_code AS latest ON told.latest_rank % 64 = latest.precedence;
