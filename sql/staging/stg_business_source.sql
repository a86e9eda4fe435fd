-- Sources in which an empty business type means that the victim was no business: the mapping says so, and some
-- accepted row of the source has a value, so the column is really filled.
-- grain: source
SELECT load.source
FROM incident
INNER JOIN load ON incident.load_id = load.load_id
WHERE load.empty_means_not_business AND incident.business_type IS NOT NULL
GROUP BY load.source;
