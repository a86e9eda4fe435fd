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

suspect_row AS (
    SELECT
        stg_cps.*,
        linked.linked_force,
        linked.line IS NOT NULL AS is_linked,
        coalesce(linked.is_linked_case, FALSE) AS is_linked_case,
        (stg_cps.is_charged OR stg_cps.is_heard) AND NOT stg_cps.is_finalised AS is_awaiting_outcome
    FROM stg_cps
    -- Rows without a link stay, and are counted as unlinked.
    LEFT JOIN linked ON stg_cps.load_id = linked.load_id AND stg_cps.line = linked.line
)

SELECT
    urn,
    defendant_id,
    coalesce(min("force"::VARCHAR), min(linked_force), 'unknown') AS "force",
    bool_or(is_flagged) AS is_flagged,
    CASE WHEN bool_or(is_linked_case) THEN 'linked_case' WHEN bool_or(is_linked) THEN 'linked_other_crime' ELSE 'unlinked' END
        AS link,
    min(received_date) AS received_date,
    coalesce(
        min(decision) FILTER (WHERE is_charged),
        CASE WHEN bool_and(is_decided) THEN max((decision_date, decision))[2] END
    ) AS decision,
    coalesce(
        min(decision_date) FILTER (WHERE is_charged),
        CASE WHEN bool_and(is_decided) THEN max(decision_date) END
    ) AS decision_date,
    CASE WHEN NOT bool_or(is_awaiting_outcome) THEN max(finalised_date) FILTER (WHERE is_finalised) END AS completed_date,
    bool_or(is_convicted) AND NOT bool_or(is_awaiting_outcome) AS is_convicted,
    bool_or(is_guilty_plea) AND NOT bool_or(is_awaiting_outcome) AS is_guilty_plea,
    bool_or(is_convicted AND coalesce(uplift = 'Y', FALSE)) AND NOT bool_or(is_awaiting_outcome) AS is_uplifted
FROM suspect_row
GROUP BY urn, defendant_id;
