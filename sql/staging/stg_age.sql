-- Ages in whole years and the band of each.
-- grain: age
SELECT
    years.age::SMALLINT AS age,
    age_group.age_group
FROM age_group
INNER JOIN range(0, 121) AS years (age) ON years.age BETWEEN age_group.from_age::INTEGER AND age_group.to_age::INTEGER;
