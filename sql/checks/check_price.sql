-- How far each check that fails could move the headline step rates of its own area: the rate now, and its bounds if the cases
-- that the rows name stood at the worst or the best stage. Incident rows kept aside could be further cases at any stage; other
-- rows kept aside could stand for any cases of the area. Rows in force that belong to no case move nothing. Prices of several
-- checks overlap and are never added up. A step has no price where one of its stages is not covered: nobody shows its rate.
-- grain: rule, extract, area, column_name, stage_order
WITH area AS (
    SELECT code AS "force", code AS area, FALSE AS is_cps FROM "force"
    UNION ALL
    SELECT code AS "force", cps_area AS area, TRUE AS is_cps FROM "force" WHERE cps_area IS NOT NULL
),

step AS (
    SELECT stage_order::INTEGER AS stage_order FROM stage WHERE stage_order::INTEGER BETWEEN 2 AND 6
),

now AS (
    SELECT
        area.area,
        area.is_cps,
        step.stage_order,
        coalesce(sum(case_history.cases) FILTER (WHERE case_history.stage_order >= step.stage_order), 0) AS entered,
        coalesce(sum(case_history.cases) FILTER (WHERE case_history.stage_order > step.stage_order), 0) AS progressed
    FROM (
        SELECT "force", stage_order, count(*) AS cases FROM case_history WHERE NOT is_comparison GROUP BY "force", stage_order
    ) AS case_history
    INNER JOIN area ON case_history."force" = area."force"
    CROSS JOIN step
    GROUP BY area.area, area.is_cps, step.stage_order
),

named AS (
    SELECT
        check_case.rule,
        check_case.extract,
        check_case.area,
        check_case.column_name,
        step.stage_order,
        count(*) AS cases,
        count(*) FILTER (WHERE case_history.stage_order >= step.stage_order) AS entered,
        count(*) FILTER (WHERE case_history.stage_order > step.stage_order) AS progressed
    FROM check_case
    INNER JOIN case_history ON check_case.case_load_id = case_history.load_id AND check_case.case_line = case_history.line
    INNER JOIN area
        ON
            case_history."force" = area."force" AND check_case.area = area.area
            AND (check_case.extract IN ('cps', 'cps_event')) = area.is_cps
    CROSS JOIN step
    GROUP BY check_case.rule, check_case.extract, check_case.area, check_case.column_name, step.stage_order
),

unnamed AS (
    SELECT
        check_row.rule,
        check_row.extract,
        check_row.area,
        check_row.column_name,
        count(*) FILTER (WHERE check_row.is_kept_aside AND check_row.extract = 'incident') AS further,
        count(*) FILTER (WHERE check_row.is_kept_aside AND check_row.extract <> 'incident') AS any_case
    FROM check_row
    INNER JOIN rule ON check_row.rule = rule.rule
    WHERE rule.severity <> 'info'
    GROUP BY check_row.rule, check_row.extract, check_row.area, check_row.column_name
    UNION ALL
    SELECT
        check_measure.rule, check_measure.extract, check_measure.area, check_measure.column_name, 0 AS further,
        check_measure.lacking AS any_case
    FROM check_measure
    INNER JOIN rule ON check_measure.rule = rule.rule
    WHERE check_measure.is_failing AND rule.rule_group = 'linkage'
),

unseen AS (
    SELECT DISTINCT area.area, area.is_cps, step.stage_order
    FROM funnel_coverage
    INNER JOIN area ON funnel_coverage."force" = area."force"
    INNER JOIN step ON funnel_coverage.stage_order IN (step.stage_order, step.stage_order + 1)
    WHERE NOT funnel_coverage.is_covered
),

moved AS (
    SELECT
        unnamed.rule,
        unnamed.extract,
        unnamed.area,
        unnamed.column_name,
        now.stage_order,
        now.entered,
        now.progressed,
        now.entered - coalesce(named.entered, 0) + coalesce(named.cases, 0) + unnamed.further AS entered_at_most,
        now.progressed - coalesce(named.progressed, 0) AS progressed_for_sure,
        coalesce(named.cases, 0) + unnamed.further AS free,
        unnamed.any_case
    FROM unnamed
    INNER JOIN now
        ON unnamed.area = now.area AND (unnamed.extract IN ('cps', 'cps_event')) = now.is_cps
    LEFT JOIN named
        ON
            unnamed.rule = named.rule AND unnamed.extract = named.extract AND unnamed.area = named.area
            AND unnamed.column_name = named.column_name AND now.stage_order = named.stage_order
    ANTI JOIN unseen
        ON now.area = unseen.area AND now.is_cps = unseen.is_cps AND now.stage_order = unseen.stage_order
)

SELECT
    rule,
    extract,
    area,
    column_name,
    stage_order,
    progressed / nullif(entered, 0) AS rate,
    greatest(progressed_for_sure - any_case, 0) / nullif(entered_at_most, 0) AS least_rate,
    least(progressed_for_sure + free + any_case, entered_at_most) / nullif(entered_at_most, 0) AS greatest_rate
FROM moved;
