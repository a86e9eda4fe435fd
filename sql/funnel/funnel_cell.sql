-- Whether a stage can be seen in each group and period, as for its forces (those of its cases), and the first why not that holds.
-- A cell that holds a case of a gap cannot be seen from that feed's first stage on (all cases of all years only where more than
-- 5 % of them are); nor can a period in which months of incidents are missing. A group of the breakdowns financial_year and
-- quarter is a period too, and is judged as the same one of all cases.
-- is_told: some source of every force tells the stage.
-- is_partial: the period begins before the incident feed of a force does, or ends after the as-at day.
-- grain: breakdown, group, period_kind, period, stage_order
WITH cell_force AS (
    SELECT
        funnel_path.breakdown,
        funnel_path."group",
        funnel_path.period_kind,
        funnel_path.period,
        case_path."force"::VARCHAR AS "force",
        case_path.gap_order,
        sum(funnel_path.cases) AS cases
    FROM funnel_path
    INNER JOIN case_path ON funnel_path.path_id = case_path.path_id
    GROUP BY ALL
),

seen AS (
    SELECT
        cell_force.breakdown,
        cell_force."group",
        cell_force.period_kind,
        cell_force.period,
        funnel_coverage.stage_order,
        bool_and(funnel_coverage.is_covered) AS is_covered,
        bool_and(funnel_coverage.is_told) AS is_told,
        min(list_position(['no_feed', 'feed_behind', 'not_told'], funnel_coverage.why)) AS why_order,
        sum(cell_force.cases) FILTER (cell_force.gap_order <= funnel_coverage.stage_order) AS cases_in_gap,
        sum(cell_force.cases) AS cases
    FROM cell_force
    INNER JOIN funnel_coverage ON cell_force."force" = funnel_coverage."force"
    GROUP BY ALL
),

period_span AS (
    SELECT DISTINCT
        'financial_year' AS period_kind,
        financial_year AS period,
        year_start AS first_day,
        (year_start + INTERVAL 1 YEAR - INTERVAL 1 DAY)::DATE AS last_day
    FROM stg_period
    UNION ALL
    SELECT DISTINCT
        'quarter' AS period_kind,
        quarter AS period,
        quarter_start AS first_day,
        (quarter_start + INTERVAL 3 MONTHS - INTERVAL 1 DAY)::DATE AS last_day
    FROM stg_period
),

missing AS (
    SELECT DISTINCT period_span.period_kind, period_span.period, stg_gap."force"
    FROM period_span
    INNER JOIN stg_gap
        ON stg_gap.extract = 'incident' AND stg_gap.month BETWEEN period_span.first_day AND period_span.last_day
),

spanned AS (
    SELECT
        *,
        coalesce(nullif(period_kind, ''), breakdown) AS span_kind,
        coalesce(nullif(period, ''), "group") AS span
    FROM cell_force
),

period_cell AS (
    SELECT
        spanned.breakdown,
        spanned."group",
        spanned.period_kind,
        spanned.period,
        count(missing.period) > 0 AS is_missing_months,
        coalesce(
            bool_or(
                stg_feed.covers_from > period_span.first_day OR period_span.last_day > run_context.as_at
            ),
            FALSE
        ) AS is_partial
    FROM spanned
    CROSS JOIN run_context
    -- Other groups of all periods together are no period.
    INNER JOIN period_span ON spanned.span_kind = period_span.period_kind AND spanned.span = period_span.period
    INNER JOIN stg_feed ON stg_feed.extract = 'incident' AND spanned."force" = stg_feed."force"
    LEFT JOIN missing
        ON
            spanned.span_kind = missing.period_kind
            AND spanned.span = missing.period
            AND spanned."force" = missing."force"
    GROUP BY ALL
),

judged AS (
    SELECT
        seen.*,
        coalesce(period_cell.is_partial, FALSE) AS is_partial,
        coalesce(period_cell.is_missing_months, FALSE)
        OR coalesce(seen.cases_in_gap, 0)
        > CASE WHEN seen.breakdown = 'all' AND seen.period_kind = '' THEN 0.05 * seen.cases ELSE 0 END AS is_in_gap
    FROM seen
    -- All periods together begin and end nowhere.
    LEFT JOIN period_cell USING (breakdown, "group", period_kind, period)
)

SELECT
    breakdown,
    "group",
    period_kind,
    period,
    stage_order,
    is_covered AND NOT is_in_gap AS is_covered,
    is_told,
    coalesce(['no_feed', 'feed_behind', 'not_told'][why_order], CASE WHEN is_in_gap THEN 'gap' END) AS why,
    is_partial
FROM judged;
