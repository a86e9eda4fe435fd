-- Crimes with a linked CPS row that ended without a conviction because the victim retracted or did not attend. A row that
-- was charged has ended when its court outcome is in, any other when it is decided.
-- grain: force, crime_ref
WITH said AS NOT MATERIALIZED (
    SELECT code FROM withdrawal WHERE source = 'cps_outcome_reason'
)

SELECT link_cps."force", link_cps.crime_ref
FROM stg_cps
INNER JOIN said ON stg_cps.outcome_reason = said.code
-- An unlinked row belongs to no case.
INNER JOIN link_cps ON stg_cps.load_id = link_cps.load_id AND stg_cps.line = link_cps.line
WHERE NOT stg_cps.is_convicted AND (stg_cps.is_finalised OR (stg_cps.is_decided AND NOT stg_cps.is_charged))
GROUP BY link_cps."force", link_cps.crime_ref;
