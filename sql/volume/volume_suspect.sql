-- Everybody in a CPS file: one row per URN and defendant over all their CPS rows received by the as-at day, linked or not.
-- A suspect charged on any row is charged, from the first such decision; otherwise one with an undecided row is pending
-- (decision empty); otherwise the latest decision counts. A defendant is completed when no charged or heard row waits for
-- its outcome. The force is the one stated, else that of the linked crime (the first by name), else `unknown`.
-- grain: urn, defendant_id
WITH linked AS (
    SELECT
        link_cps.load_id,
        link_cps.line,
        min(link_cps."force"::VARCHAR) AS linked_force,
        bool_or(volume_crime.crime_ref IS NOT NULL) AS is_linked_case
    FROM link_cps
    -- A link to a crime that is no hate case is kept, and told apart.
    LEFT JOIN volume_crime ON link_cps."force" = volume_crime."force" AND link_cps.crime_ref = volume_crime.crime_ref
    GROUP BY link_cps.load_id, link_cps.line
),

suspect AS (
    SELECT
        cps.urn,
        cps.defendant_id,
        coalesce(min(cps."force"::VARCHAR), min(linked.linked_force), 'unknown') AS "force",
        bool_or(
            coalesce(
                cps.flag_race = 'Y' OR cps.flag_religion = 'Y' OR cps.flag_sexual_orientation = 'Y'
                OR cps.flag_disability = 'Y' OR cps.flag_transgender = 'Y',
                FALSE
            )
        ) AS is_flagged,
        coalesce(bool_or(linked.is_linked_case), FALSE) AS is_linked_case,
        bool_or(linked.line IS NOT NULL) AS is_linked,
        min(stg_cps.received_date) AS received_date,
        bool_and(stg_cps.is_decided) AS is_all_decided,
        min(stg_cps.decision) FILTER (WHERE stg_cps.is_charged) AS charge,
        min(stg_cps.decision_date) FILTER (WHERE stg_cps.is_charged) AS charge_date,
        max((stg_cps.decision_date, stg_cps.decision)) FILTER (WHERE stg_cps.is_decided)[2] AS latest_decision,
        max(stg_cps.decision_date) FILTER (WHERE stg_cps.is_decided) AS latest_decision_date,
        bool_or((stg_cps.is_charged OR stg_cps.is_heard) AND NOT stg_cps.is_finalised) AS is_awaiting_outcome,
        max(stg_cps.finalised_date) FILTER (WHERE stg_cps.is_finalised) AS finalised_date,
        bool_or(stg_cps.is_convicted) AS is_convicted,
        bool_or(stg_cps.is_convicted AND coalesce(court_outcome.guilty_plea = 'Y', FALSE)) AS is_guilty_plea,
        bool_or(stg_cps.is_convicted AND coalesce(stg_cps.uplift = 'Y', FALSE)) AS is_uplifted
    FROM stg_cps
    INNER JOIN cps ON stg_cps.load_id = cps.load_id AND stg_cps.line = cps.line
    -- Rows without a link stay, and are counted as unlinked; rows without an outcome stay.
    LEFT JOIN linked ON stg_cps.load_id = linked.load_id AND stg_cps.line = linked.line
    LEFT JOIN court_outcome ON stg_cps.prosecution_outcome = court_outcome.code
    GROUP BY cps.urn, cps.defendant_id
),

placed AS (
    SELECT
        *,
        coalesce(charge, CASE WHEN is_all_decided THEN latest_decision END) AS decision,
        coalesce(charge_date, CASE WHEN is_all_decided THEN latest_decision_date END) AS decision_date,
        CASE WHEN NOT is_awaiting_outcome THEN finalised_date END AS completed_date
    FROM suspect
)

SELECT
    urn,
    defendant_id,
    "force",
    is_flagged,
    CASE WHEN is_linked_case THEN 'linked_case' WHEN is_linked THEN 'linked_other_crime' ELSE 'unlinked' END AS link,
    received_date,
    decision,
    decision_date,
    completed_date,
    completed_date IS NOT NULL AND is_convicted AS is_convicted,
    completed_date IS NOT NULL AND is_guilty_plea AS is_guilty_plea,
    completed_date IS NOT NULL AND is_uplifted AS is_uplifted
FROM placed;
