-- How each label in force is shown: in the commonest of its spellings that differ in case only (among equals the first in byte
-- order). Area commands are those of their force; the other labels are counted over all forces (and name none).
-- grain: kind, force, label
WITH written AS (
    SELECT 'area_command' AS kind, "force", area_command AS label, count(*) AS times
    FROM incident
    WHERE area_command IS NOT NULL
    GROUP BY ALL
    UNION ALL
    SELECT 'religion_targeted' AS kind, NULL AS "force", religion_targeted AS label, count(*) AS times
    FROM incident
    WHERE religion_targeted IS NOT NULL
    GROUP BY ALL
    UNION ALL
    SELECT 'investigating_unit' AS kind, NULL AS "force", investigating_unit AS label, count(*) AS times
    FROM investigation
    WHERE investigating_unit IS NOT NULL
    GROUP BY ALL
)

SELECT
    kind,
    "force",
    label,
    first_value(label) OVER (PARTITION BY kind, "force", lower(label) ORDER BY times DESC, label) AS shown
FROM written;
