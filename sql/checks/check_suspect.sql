-- Outcome and suspect contradict, by the outcome that stands as the latest of a crime: one that needs a suspect on a crime
-- that has none on any row; one that says there is none on a crime that has one. A force whose extract names no suspect at
-- all is left out.
-- grain: load_id, line, rule
WITH telling AS (
    SELECT DISTINCT investigation."force" FROM investigation WHERE investigation.suspect_id IS NOT NULL
),

crime AS (
    SELECT
        stg_investigation."force",
        stg_investigation.crime_ref,
        bool_or(stg_investigation.names_suspect) AS names_suspect,
        max(stg_investigation.rank) AS latest_rank
    FROM stg_investigation
    GROUP BY stg_investigation."force", stg_investigation.crime_ref
)

SELECT
    CASE WHEN crime.names_suspect THEN 'suspect_without_outcome' ELSE 'outcome_without_suspect' END AS rule,
    stg_investigation.load_id,
    stg_investigation.line
FROM stg_investigation
INNER JOIN crime
    ON
        stg_investigation."force" = crime."force" AND stg_investigation.crime_ref = crime.crime_ref
        AND stg_investigation.rank = crime.latest_rank
SEMI JOIN telling ON stg_investigation."force" = telling."force"
WHERE
    (crime.names_suspect AND stg_investigation.denies_suspect)
    OR (NOT crime.names_suspect AND stg_investigation.implies_suspect);
