-- Investigation rows whose effective outcome contradicts another one of the same crime and day: another exit, or a suspect
-- on one side only. The outcome that outranks the others of that day decides.
-- grain: load_id, line, rule
WITH contradiction AS (
    SELECT stg_investigation."force", stg_investigation.crime_ref, stg_investigation.outcome_date
    FROM stg_investigation
    WHERE stg_investigation.rank IS NOT NULL
    GROUP BY stg_investigation."force", stg_investigation.crime_ref, stg_investigation.outcome_date
    HAVING min(exit) <> max(exit) OR min(implies_suspect) <> max(implies_suspect)
)

SELECT
    'outcome_contradiction' AS rule,
    stg_investigation.load_id,
    stg_investigation.line
FROM stg_investigation
SEMI JOIN contradiction
    ON
        stg_investigation."force" = contradiction."force"
        AND stg_investigation.crime_ref = contradiction.crime_ref
        AND stg_investigation.outcome_date = contradiction.outcome_date
WHERE stg_investigation.rank IS NOT NULL;
