-- Crimes of hate cases: the furthest stage of any of the crime's cases, its latest effective police outcome, and who says
-- that it was charged. A crime of several cases is dated by the earliest report among them.
-- grain: force, crime_ref
WITH crime AS (
    SELECT
        case_history."force",
        case_history.crime_ref,
        min(case_history.financial_year) AS financial_year,
        max(case_history.stage_order) AS stage_order
    FROM case_history
    WHERE NOT case_history.is_comparison AND case_history.crime_ref IS NOT NULL
    GROUP BY case_history."force", case_history.crime_ref
)

SELECT
    crime."force",
    crime.crime_ref,
    crime.financial_year,
    crime.stage_order,
    latest.code AS outcome_code,
    DATE '0001-01-01' + (case_police.latest_rank // 64)::INTEGER AS outcome_date,
    case_police.charge_date IS NOT NULL AS is_police_charged,
    case_cps.charge_date IS NOT NULL AS is_cps_charged
FROM crime
-- A crime without an investigation, an effective outcome or a CPS row stays, with nothing to tell of it.
LEFT JOIN case_police ON crime."force" = case_police."force" AND crime.crime_ref = case_police.crime_ref
LEFT JOIN case_cps ON crime."force" = case_cps."force" AND crime.crime_ref = case_cps.crime_ref
LEFT JOIN stg_outcome_code AS latest ON case_police.latest_rank % 64 = latest.precedence;
