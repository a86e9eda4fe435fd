-- Whether each kind of evidence is told of a force: the mapping of some source of the force fills its column and, once 20 rows
-- could have had one, some row had one. Evidence that does not suffice alone is told only where some row shows it. A CPS Area
-- speaks for all its forces, so a force without CPS rows takes what the CPS tells as a whole. A kind whose extract has never
-- come is told of no force.
-- grain: evidence, force
WITH police_force AS (
    SELECT DISTINCT incident."force"::VARCHAR AS "force" FROM incident
),

of_force AS (
    SELECT
        evidence,
        extract,
        "force",
        sum(could) AS could,
        sum(had) AS had,
        is_filled
    FROM stg_evidence
    GROUP BY source, evidence, extract, "force", is_filled
),

of_area AS (
    SELECT evidence, sum(could) AS could, sum(had) AS had, bool_or(is_filled) AS is_filled
    FROM stg_evidence
    WHERE extract = 'cps'
    GROUP BY source, evidence
),

placed AS (
    SELECT of_force.evidence, police_force."force", of_force.could, of_force.had, of_force.is_filled
    FROM police_force
    INNER JOIN of_force ON police_force."force" = of_force."force"
    UNION ALL
    SELECT of_area.evidence, police_force."force", of_area.could, of_area.had, of_area.is_filled
    FROM police_force
    CROSS JOIN of_area
    ANTI JOIN of_force ON police_force."force" = of_force."force" AND of_force.extract = 'cps'
)

SELECT
    evidence.evidence,
    evidence.extract,
    evidence.suffices_alone = 'Y' AS suffices_alone,
    police_force."force",
    coalesce(
        bool_or(
            placed.is_filled
            AND (placed.had > 0 OR (placed.could < 20 AND evidence.suffices_alone = 'Y'))
        ),
        FALSE
    ) AS is_told
FROM evidence
CROSS JOIN police_force
LEFT JOIN placed ON evidence.evidence = placed.evidence AND police_force."force" = placed."force"
GROUP BY evidence.evidence, evidence.extract, evidence.suffices_alone, police_force."force";
