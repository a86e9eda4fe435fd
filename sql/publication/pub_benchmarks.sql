-- Our figures beside published ones, only where both have the same units and tell of hate crime. Another area, another year
-- and other rules: that a figure matches is no proof that it is right.
-- `covered` is N where any feed of any force ends too early, or a figure is not told, which is empty then.
-- grain: measure, published_area, published_year
WITH ours AS (
    SELECT 'volumes' AS table_name, measure, count
    FROM volume_count
    WHERE "force" = 'all' AND period_kind = 'all' AND outcome_group = '' AND scope IN ('flagged', 'hate_cases')
    UNION ALL
    SELECT 'reconciliation' AS table_name, measure, sum(count)::BIGINT AS count
    FROM volume_reconciliation
    GROUP BY measure
),

reach AS (
    SELECT min(covers_to) AS covers_to FROM volume_feed WHERE feeds = 'incident investigation cps' AND "force" = 'all'
),

compared AS (
    SELECT
        measure.measure,
        measure.numerator_unit AS unit,
        measure.numerator AS our_numerator_measure,
        measure.denominator AS our_denominator_measure,
        numerator.count AS our_numerator,
        denominator.count AS our_denominator,
        benchmark.value::DOUBLE AS published_value,
        benchmark.area AS published_area,
        benchmark.year AS published_year,
        benchmark.source,
        benchmark.caveat
    FROM measure
    -- A published figure in another unit, of another population, or of no measure of ours is not shown.
    INNER JOIN benchmark
        ON
            measure.measure = benchmark.measure
            AND measure.numerator_unit = benchmark.numerator_unit
            AND measure.denominator_unit = benchmark.denominator_unit
    -- What is not told stays, with our figures empty.
    LEFT JOIN ours AS numerator
        ON measure.table_name = numerator.table_name AND measure.numerator = numerator.measure
    LEFT JOIN ours AS denominator
        ON measure.table_name = denominator.table_name AND measure.denominator = denominator.measure
    WHERE measure.form = 'row' AND benchmark.population = 'hate'
)

SELECT
    compared.measure,
    compared.unit,
    'all forces held, to ' || run_context.as_at AS our_period,
    compared.our_numerator,
    compared.our_denominator,
    compared.our_numerator / nullif(compared.our_denominator, 0) AS our_value,
    wilson_lower(compared.our_numerator, compared.our_denominator) AS our_value_lower,
    wilson_upper(compared.our_numerator, compared.our_denominator) AS our_value_upper,
    CASE
        WHEN
            reach.covers_to >= run_context.as_at - run_context.coverage_days
            AND compared.our_numerator IS NOT NULL AND compared.our_denominator IS NOT NULL
            THEN 'Y'
        ELSE 'N'
    END AS covered,
    compared.published_value,
    compared.published_area,
    compared.published_year,
    compared.source,
    compared.caveat,
    'Another area, year and method: a match with a published figure is no proof that ours is right.' AS note
FROM compared
CROSS JOIN run_context
CROSS JOIN reach
ORDER BY compared.measure, compared.published_area, compared.published_year;
