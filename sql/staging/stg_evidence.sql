-- What each source shows of its force, kind of evidence by kind of evidence: how many rows in force could have it, how many
-- have it, and whether the mapping fills its column at all. What stands for an unknown value shows nothing.
-- CPS rows that name no force are a set of their own (force empty).
-- grain: source, extract, force, evidence
WITH row_of_incident AS (
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

row_of_investigation AS (
    SELECT
        load.source,
        investigation."force"::VARCHAR AS "force",
        count(*) AS every,
        count(investigation.suspect_id) AS suspects,
        count(investigation.outcome_code) AS outcomes,
        count(*) FILTER (investigation.suspect_id IS NOT NULL AND investigation.file_submitted_date IS NOT NULL)
            AS submitted_suspects,
        count(*) FILTER (investigation.suspect_id IS NOT NULL OR investigation.urn IS NOT NULL) AS suspects_or_urns,
        count(investigation.urn) AS urns,
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

row_of_cps AS (
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
    SELECT
        source,
        "force",
        unnest([
            { 'evidence': 'incident.reported_date', 'could': every, 'had': every },
            { 'evidence': 'incident.incident_class', 'could': every, 'had': every },
            { 'evidence': 'incident.hate_race', 'could': every, 'had': hate_race },
            { 'evidence': 'incident.hate_religion', 'could': every, 'had': hate_religion },
            { 'evidence': 'incident.hate_sexual_orientation', 'could': every, 'had': hate_sexual_orientation },
            { 'evidence': 'incident.hate_disability', 'could': every, 'had': hate_disability },
            { 'evidence': 'incident.hate_transgender', 'could': every, 'had': hate_transgender },
            { 'evidence': 'incident.victim_ethnicity', 'could': every, 'had': victim_ethnicity },
            { 'evidence': 'incident.business_type', 'could': every, 'had': business_type }
        ]) AS kind
    FROM row_of_incident
    UNION ALL
    SELECT
        source,
        "force",
        unnest([
            { 'evidence': 'investigation.suspect_id', 'could': every, 'had': suspects },
            { 'evidence': 'investigation.outcome_code', 'could': every, 'had': outcomes },
            {
                'evidence': 'investigation.file_submitted_date',
                'could': suspects + submitted - submitted_suspects,
                'had': submitted
            },
            { 'evidence': 'investigation.link', 'could': suspects_or_urns, 'had': urns },
            { 'evidence': 'investigation.charge', 'could': outcomes, 'had': charges },
            { 'evidence': 'investigation.withdrawal', 'could': endings, 'had': withdrawals }
        ]) AS kind
    FROM row_of_investigation
    UNION ALL
    SELECT
        source,
        "force",
        unnest([
            { 'evidence': 'cps.received_date', 'could': every, 'had': every },
            { 'evidence': 'cps.decision', 'could': every, 'had': charges },
            { 'evidence': 'cps.first_hearing_date', 'could': at_court, 'had': hearings },
            { 'evidence': 'cps.prosecution_outcome', 'could': at_court, 'had': outcomes },
            { 'evidence': 'cps.uplift', 'could': convictions, 'had': uplifts },
            { 'evidence': 'cps.guilty_plea', 'could': convictions, 'had': guilty_pleas },
            { 'evidence': 'cps.outcome_reason', 'could': losses, 'had': reasons },
            { 'evidence': 'cps.court_loss', 'could': outcomes, 'had': court_losses },
            { 'evidence': 'cps.link', 'could': every, 'had': crime_refs }
        ]) AS kind
    FROM row_of_cps
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
    shown.kind.evidence,
    shown.kind.could,
    shown.kind.had,
    filled.column_name IS NOT NULL AS is_filled
FROM shown
INNER JOIN evidence ON shown.kind.evidence = evidence.evidence
LEFT JOIN filled
    ON
        shown.source = filled.source
        AND evidence.extract = filled.extract
        AND evidence.column_name = filled.column_name
        AND shown."force" IS NOT DISTINCT FROM filled."force";
