-- Days on which incidents were reported, with their financial year (April to March) and quarter.
-- grain: day
WITH day AS (
    SELECT DISTINCT
        reported_date AS day,
        reported_date - INTERVAL 3 MONTHS AS shifted
    FROM incident
)

SELECT
    day,
    year(shifted) || '/' || lpad(((year(shifted) + 1) % 100)::VARCHAR, 2, '0') AS financial_year,
    year(shifted) || '/' || lpad(((year(shifted) + 1) % 100)::VARCHAR, 2, '0') || ' Q' || quarter(shifted) AS quarter
FROM day;
