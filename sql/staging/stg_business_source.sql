-- Sources in which an empty business type means that the victim was no business: the mapping says so, and some row ever
-- accepted from the source had a value, so the column is really filled.
-- grain: source
SELECT source
FROM load
WHERE state = 'loaded'
GROUP BY source
HAVING bool_or(empty_means_not_business) AND bool_or(tells_business_type);
