-- What each age_bits that occurs says of each milestone. Every milestone has three bits: the case is old enough, it had entered
-- the step by the age, it had reached the stage by then.
-- grain: age_bits, milestone_no
WITH occurring AS (
    SELECT DISTINCT age_bits FROM case_history WHERE age_bits IS NOT NULL
),

placed AS (
    SELECT milestone_no::INTEGER AS milestone_no, 1 << (3 * milestone_no::INTEGER) AS first_bit FROM milestone
)

SELECT
    occurring.age_bits,
    placed.milestone_no,
    occurring.age_bits & placed.first_bit > 0 AS is_old_enough,
    occurring.age_bits & (2 * placed.first_bit) > 0 AS has_entered,
    occurring.age_bits & (4 * placed.first_bit) > 0 AS has_reached
FROM occurring
CROSS JOIN placed;
