-- Every link between a CPS row and a crime, with the rule that made it. CPS rows without a link are not in the funnel;
-- they are reported by check_cps_unlinked.
-- grain: load_id, line, force, crime_ref
SELECT load_id, line, "force", crime_ref, 'urn' AS rule FROM link_by_urn
UNION ALL
SELECT load_id, line, "force", crime_ref, 'police_crime_ref' AS rule FROM link_by_crime_ref
UNION ALL
SELECT load_id, line, "force", crime_ref, 'asn' AS rule FROM link_by_asn;
