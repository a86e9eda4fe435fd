-- The cases that the rows to mend name: an incident row its own, an investigation row those of its crime, a CPS row those of
-- the crimes that it links to. Remarks (severity info) name none.
-- grain: rule, extract, area, column_name, case_load_id, case_line
WITH mended AS (
    SELECT check_row.*
    FROM check_row
    INNER JOIN rule ON check_row.rule = rule.rule
    WHERE rule.severity <> 'info' AND NOT check_row.is_kept_aside
),

crime AS (
    SELECT mended.rule, mended.extract, mended.area, mended.column_name, investigation."force", investigation.crime_ref
    FROM mended
    INNER JOIN investigation ON mended.load_id = investigation.load_id AND mended.line = investigation.line
    UNION ALL
    SELECT mended.rule, mended.extract, mended.area, mended.column_name, link_cps."force", link_cps.crime_ref
    FROM mended
    INNER JOIN link_cps ON mended.load_id = link_cps.load_id AND mended.line = link_cps.line
)

SELECT mended.rule, mended.extract, mended.area, mended.column_name, mended.load_id AS case_load_id, mended.line AS case_line
FROM mended
INNER JOIN case_history ON mended.load_id = case_history.load_id AND mended.line = case_history.line
WHERE NOT case_history.is_comparison
UNION
SELECT
    crime.rule, crime.extract, crime.area, crime.column_name, case_history.load_id AS case_load_id,
    case_history.line AS case_line
FROM crime
INNER JOIN case_history ON crime."force" = case_history."force" AND crime.crime_ref = case_history.crime_ref
WHERE NOT case_history.is_comparison;
