-- Incidents in force, as they stood at the end of the as-at day: a case is one row, one victim of one occurrence.
-- Rows reported or flagged later, and rows whose flag was removed by then, are no cases and are left out.
-- grain: load_id, line
-- materialised: view
SELECT
    incident.load_id,
    incident.line,
    incident."force",
    incident.incident_id,
    incident.victim_no,
    incident.reported_date,
    coalesce(incident.recorded_date, incident.reported_date) AS recorded_date,
    coalesce(incident.hate_flagged_date, incident.reported_date) AS flagged_date,
    incident.incident_class = 'crime' AS is_crime,
    CASE WHEN incident.incident_class = 'crime' THEN incident.crime_ref END AS crime_ref,
    coalesce(incident.comparison, 'N') = 'Y' AS is_comparison,
    CASE
        WHEN incident.status_date <= run_context.as_at AND incident.record_status IN ('cancelled', 'transferred_out')
            THEN incident.record_status::VARCHAR
    END AS stopped_by,
    incident.incident_class = 'crime'
    AND coalesce(incident.recorded_date, incident.reported_date) <= run_context.as_at AS is_recorded,
    coalesce(
        incident.business_type::VARCHAR,
        CASE WHEN stg_business_source.source IS NOT NULL THEN 'not_business' ELSE 'unknown' END
    ) AS business_type,
    incident.hate_race = 'Y' AS race,
    incident.hate_religion = 'Y' AS religion,
    incident.hate_sexual_orientation = 'Y' AS sexual_orientation,
    incident.hate_disability = 'Y' AS disability,
    incident.hate_transgender = 'Y' AS transgender,
    incident.victim_ethnicity::VARCHAR AS victim_ethnicity,
    incident.victim_id,
    incident.victim_type,
    incident.victim_sex,
    incident.victim_age,
    religion.shown AS religion_targeted,
    area.shown AS area_command,
    incident.local_authority,
    incident.offence_code,
    incident.reporting_channel
FROM incident
CROSS JOIN run_context
INNER JOIN load ON incident.load_id = load.load_id
LEFT JOIN stg_business_source ON load.source = stg_business_source.source
LEFT JOIN stg_label AS area
    ON area.kind = 'area_command' AND incident."force" = area."force" AND incident.area_command = area.label
LEFT JOIN stg_label AS religion ON religion.kind = 'religion_targeted' AND incident.religion_targeted = religion.label
WHERE
    incident.reported_date <= run_context.as_at
    AND coalesce(incident.hate_flagged_date, incident.reported_date) <= run_context.as_at
    AND NOT coalesce(incident.record_status = 'flag_removed' AND incident.status_date <= run_context.as_at, FALSE);
