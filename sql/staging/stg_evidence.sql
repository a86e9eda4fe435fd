-- What each source shows of its force, kind of evidence by kind of evidence: how many rows in force could have it, how many
-- have it, and whether the mapping fills its column at all. What stands for an unknown value shows nothing.
-- CPS rows that name no force are a set of their own (force empty).
-- grain: source, extract, force, evidence
WITH row_of_incident AS NOT MATERIALIZED (
    SELECT
        load.source,
        incident."force"::VARCHAR AS "force",
        count(*) AS every,
        count(incident.hate_race) AS hate_race,
        count(incident.hate_religion) AS hate_religion,
        count(incident.hate_sexual_orientation) AS hate_sexual_orientation,
        count(incident.hate_disability) AS hate_disability,
        count(incident.hate_transgender) AS hate_transgender,
        count(*) FILTER (incident.victim_ethnicity <> 'unknown') AS victim_ethnicity,
        count(*) FILTER (incident.business_type <> 'unknown') AS business_type
    FROM incident
    INNER JOIN load ON incident.load_id = load.load_id
    GROUP BY load.source, incident."force"
),

row_of_investigation AS NOT MATERIALIZED (
    SELECT
        load.source,
        investigation."force"::VARCHAR AS "force",
        count(*) AS every,
        count(investigation.suspect_id) AS suspects,
        count(investigation.outcome_code) AS outcomes,
        count(*) FILTER (investigation.suspect_id IS NOT NULL AND investigation.file_submitted_date IS NOT NULL)
            AS submitted_suspects,
        count(investigation.file_submitted_date) AS submitted,
        count(*) FILTER (stg_outcome_code.is_charge) AS charges,
        count(*) FILTER (stg_outcome_code.exit IN ('lost', 'resolved')) AS endings,
        count(withdrawal.code) AS withdrawals
    FROM investigation
    INNER JOIN load ON investigation.load_id = load.load_id
    LEFT JOIN stg_outcome_code ON investigation.outcome_code = stg_outcome_code.code
    LEFT JOIN withdrawal ON investigation.outcome_code = withdrawal.code AND withdrawal.source = 'police_outcome'
    GROUP BY load.source, investigation."force"
),

row_of_cps AS NOT MATERIALIZED (
    SELECT
        load.source,
        cps."force"::VARCHAR AS "force",
        count(*) AS every,
        count(*) FILTER (cps_decision.charge = 'Y') AS charges,
        count(*) FILTER (
            cps_decision.charge = 'Y' OR cps.first_hearing_date IS NOT NULL OR cps.prosecution_outcome IS NOT NULL
        ) AS at_court,
        count(cps.first_hearing_date) AS hearings,
        count(cps.prosecution_outcome) AS outcomes,
        count(*) FILTER (court_outcome.conviction = 'Y') AS convictions,
        count(*) FILTER (court_outcome.conviction = 'Y' AND cps.uplift IS NOT NULL) AS uplifts,
        count(*) FILTER (court_outcome.guilty_plea = 'Y') AS guilty_pleas,
        count(*) FILTER (court_outcome.conviction = 'N') AS court_losses,
        count(*) FILTER (court_outcome.conviction = 'N' OR cps_decision.exit = 'lost') AS losses,
        count(cps.outcome_reason) AS reasons,
        count(cps.police_crime_ref) AS crime_refs
    FROM cps
    INNER JOIN load ON cps.load_id = load.load_id
    LEFT JOIN cps_decision ON cps.decision = cps_decision.code
    LEFT JOIN court_outcome ON cps.prosecution_outcome = court_outcome.code
    GROUP BY load.source, cps."force"
),

shown AS (
    SELECT source, "force", every AS could, every AS had, 'incident.reported_date' AS evidence FROM row_of_incident
    UNION ALL
    SELECT source, "force", every AS could, every AS had, 'incident.incident_class' AS evidence FROM row_of_incident
    UNION ALL
    SELECT source, "force", every AS could, hate_race AS had, 'incident.hate_race' AS evidence FROM row_of_incident
    UNION ALL
    SELECT source, "force", every AS could, hate_religion AS had, 'incident.hate_religion' AS evidence FROM row_of_incident
    UNION ALL
    SELECT source, "force", every AS could, hate_sexual_orientation AS had, 'incident.hate_sexual_orientation' AS evidence
    FROM row_of_incident
    UNION ALL
    SELECT source, "force", every AS could, hate_disability AS had, 'incident.hate_disability' AS evidence FROM row_of_incident
    UNION ALL
    SELECT source, "force", every AS could, hate_transgender AS had, 'incident.hate_transgender' AS evidence
    FROM row_of_incident
    UNION ALL
    SELECT source, "force", every AS could, victim_ethnicity AS had, 'incident.victim_ethnicity' AS evidence FROM row_of_incident
    UNION ALL
    SELECT source, "force", every AS could, business_type AS had, 'incident.business_type' AS evidence FROM row_of_incident
    UNION ALL
    SELECT source, "force", every AS could, suspects AS had, 'investigation.suspect_id' AS evidence FROM row_of_investigation
    UNION ALL
    SELECT source, "force", every AS could, outcomes AS had, 'investigation.outcome_code' AS evidence FROM row_of_investigation
    UNION ALL
    SELECT
        source, "force", suspects + submitted - submitted_suspects AS could, submitted AS had,
        'investigation.file_submitted_date' AS evidence
    FROM row_of_investigation
    UNION ALL
    SELECT source, "force", outcomes AS could, charges AS had, 'investigation.charge' AS evidence FROM row_of_investigation
    UNION ALL
    SELECT source, "force", endings AS could, withdrawals AS had, 'investigation.withdrawal' AS evidence FROM row_of_investigation
    UNION ALL
    SELECT source, "force", every AS could, every AS had, 'cps.received_date' AS evidence FROM row_of_cps
    UNION ALL
    SELECT source, "force", every AS could, charges AS had, 'cps.decision' AS evidence FROM row_of_cps
    UNION ALL
    SELECT source, "force", at_court AS could, hearings AS had, 'cps.first_hearing_date' AS evidence FROM row_of_cps
    UNION ALL
    SELECT source, "force", at_court AS could, outcomes AS had, 'cps.prosecution_outcome' AS evidence FROM row_of_cps
    UNION ALL
    SELECT source, "force", convictions AS could, uplifts AS had, 'cps.uplift' AS evidence FROM row_of_cps
    UNION ALL
    SELECT source, "force", convictions AS could, guilty_pleas AS had, 'cps.guilty_plea' AS evidence FROM row_of_cps
    UNION ALL
    SELECT source, "force", losses AS could, reasons AS had, 'cps.outcome_reason' AS evidence FROM row_of_cps
    UNION ALL
    SELECT source, "force", outcomes AS could, court_losses AS had, 'cps.court_loss' AS evidence FROM row_of_cps
    UNION ALL
    SELECT source, "force", every AS could, crime_refs AS had, 'cps.link' AS evidence FROM row_of_cps
),

filled AS (
    SELECT DISTINCT load.source, load.extract, load_column."force", load_column.column_name
    FROM load_column
    INNER JOIN load ON load_column.load_id = load.load_id
    WHERE load.state = 'loaded'
)

SELECT
    shown.source,
    evidence.extract,
    shown."force",
    shown.evidence,
    shown.could,
    shown.had,
    filled.column_name IS NOT NULL AS is_filled
FROM shown
INNER JOIN evidence ON shown.evidence = evidence.evidence
LEFT JOIN filled
    ON
        shown.source = filled.source
        AND evidence.extract = filled.extract
        AND evidence.column_name = filled.column_name
        AND shown."force" IS NOT DISTINCT FROM filled."force";
