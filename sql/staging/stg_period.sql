-- Days on which incidents were reported, and the first of each month in which they were recorded, with their financial year
-- (April to March) and quarter.
-- grain: day
WITH day AS (
    SELECT reported_date AS day FROM incident
    UNION
    SELECT date_trunc('month', coalesce(recorded_date, reported_date))::DATE AS day FROM incident
),

shifted AS (
    SELECT day, day - INTERVAL 3 MONTHS AS shifted FROM day
)

SELECT
    day,
    year(shifted) || '/' || lpad(((year(shifted) + 1) % 100)::VARCHAR, 2, '0') AS financial_year,
    year(shifted) || '/' || lpad(((year(shifted) + 1) % 100)::VARCHAR, 2, '0') || ' Q' || quarter(shifted) AS quarter
FROM shifted;
