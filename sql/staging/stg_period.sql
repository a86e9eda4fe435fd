-- Days on which incidents were reported, and the first of each month in which they were recorded, with their financial year
-- (April to March) and quarter, and the first days of these.
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
    year(shifted) || '/' || lpad(((year(shifted) + 1) % 100)::VARCHAR, 2, '0') || ' Q' || quarter(shifted) AS quarter,
    (date_trunc('year', shifted) + INTERVAL 3 MONTHS)::DATE AS year_start,
    date_trunc('quarter', day)::DATE AS quarter_start
FROM shifted;
