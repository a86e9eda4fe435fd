-- Where references do not meet, by area: under the least share of the last 365 days, or of one delivery that stands out from
-- the others (critical: of the crimes that the investigation feed reaches, and of CPS rows); or a delivery that meets clearly
-- less than the others do (a warning, for each reference). Of several such deliveries the one that meets least is told.
-- Crimes of the last days of the feed need not have their rows yet, so a delivery by itself is judged without them; one
-- stands out beyond three standard errors, so that a night's few crimes raise no alarm. CPS rows also stand under the whole
-- (no area): those without a force have no other place, and it alone is told where no Area fails by itself.
-- is_suspect: enough records do not meet that it is worth asking whether they would if they were spelt alike.
-- grain: rule, extract, area, column_name
WITH reach AS (
    SELECT load_force."force"::VARCHAR AS "force", min(load.covers_from) AS first, max(load.covers_to) AS last
    FROM load
    INNER JOIN load_force ON load.load_id = load_force.load_id
    WHERE load.state = 'loaded' AND load.extract = 'investigation'
    GROUP BY load_force."force"
),

counted AS (
    SELECT
        met.extract,
        met.column_name,
        unnest(
            CASE
                WHEN met.extract <> 'cps' THEN [met."force"]
                WHEN named.cps_area IS NULL THEN ['']
                ELSE [named.cps_area, '']
            END
        ) AS area,
        load.arrival,
        CASE WHEN met.day BETWEEN run_context.as_at - 364 AND run_context.as_at THEN met.rows ELSE 0 END AS year_rows,
        CASE WHEN met.day BETWEEN run_context.as_at - 364 AND run_context.as_at THEN met.met ELSE 0 END AS year_met,
        CASE WHEN is_settled THEN met.rows ELSE 0 END AS rows,
        CASE WHEN is_settled THEN met.met ELSE 0 END AS met
    FROM (
        SELECT
            check_meeting.*,
            check_meeting.extract <> 'incident' OR (
                coalesce(check_meeting.day <= reach.last - context.coverage_days, TRUE)
                AND coalesce(check_meeting.day <= context.as_at - context.coverage_days, TRUE)
            ) AS is_settled
        FROM check_meeting
        CROSS JOIN run_context AS context
        LEFT JOIN reach ON check_meeting."force" = reach."force"
        WHERE
            check_meeting.extract <> 'incident' OR (
                coalesce(check_meeting.day >= reach.first, TRUE) AND coalesce(check_meeting.day <= reach.last, TRUE)
            )
    ) AS met
    INNER JOIN load ON met.load_id = load.load_id
    CROSS JOIN run_context
    LEFT JOIN "force" AS named ON met."force" = named.code
),

block AS (
    SELECT
        extract, column_name, area, arrival, sum(rows) AS rows, sum(met) AS met, sum(year_rows) AS year_rows,
        sum(year_met) AS year_met
    FROM counted
    GROUP BY extract, column_name, area, arrival
),

beside AS (
    SELECT
        *,
        sum(rows) OVER whole - rows AS other_rows,
        sum(met) OVER whole - met AS other_met,
        sum(met) OVER whole / nullif(sum(rows) OVER whole, 0) AS all_share
    FROM block
    WINDOW whole AS (PARTITION BY extract, column_name, area)
),

judged AS (
    SELECT
        *,
        other_rows = 0
        OR other_met / other_rows - met / nullif(rows, 0)
        > 3 * sqrt(all_share * (1 - all_share) * (1 / nullif(rows, 0) + 1 / other_rows)) AS stands_out
    FROM beside
),

-- One row for each way of failing: the year as a whole, and each delivery beside the others.
said AS (
    SELECT
        'references_do_not_meet' AS rule, extract, column_name, area, sum(year_rows) AS records, sum(year_met) AS met,
        TRUE AS stands_out, NULL AS other_share
    FROM judged
    WHERE (extract = 'incident' OR column_name = '')
    GROUP BY extract, column_name, area
    UNION ALL
    SELECT
        'references_do_not_meet' AS rule, extract, column_name, area, rows AS records, met, stands_out, NULL AS other_share
    FROM judged
    WHERE (extract = 'incident' OR column_name = '')
    UNION ALL
    SELECT
        'references_meet_less' AS rule, extract, column_name, area, rows AS records, met,
        -- CPS rows without another delivery beside them do not fail; how each of their references is spelt may still be asked.
        stands_out AND other_rows > 0 AS stands_out, other_met / nullif(other_rows, 0) AS other_share
    FROM judged
    WHERE column_name <> '' AND (other_rows > 0 OR extract = 'cps')
    UNION ALL
    SELECT
        'low_investigation_rate' AS rule, extract, column_name, area, sum(year_rows) AS records, sum(year_met) AS met,
        TRUE AS stands_out, NULL AS other_share
    FROM judged
    WHERE extract = 'incident'
    GROUP BY extract, column_name, area
),

measured AS (
    SELECT
        said.*,
        completeness.least_share::DOUBLE * coalesce(said.other_share, 1) AS least_share,
        said.stands_out AND said.records >= completeness.least_rows::INTEGER
        AND said.met < completeness.least_share::DOUBLE * coalesce(said.other_share, 1) * said.records AS is_failing
    FROM said
    INNER JOIN completeness ON said.rule = completeness.rule
    WHERE said.records > 0
),

worst AS (
    SELECT
        *,
        -- The whole of the CPS is told only where no Area of it is; what is critical is not told as a warning as well.
        coalesce(bool_or(is_failing AND area <> '') OVER (PARTITION BY rule, extract, column_name), FALSE) AS fails_by_area,
        coalesce(bool_or(is_failing AND rule = 'references_do_not_meet') OVER (PARTITION BY extract, area), FALSE) AS is_critical
    FROM measured
    QUALIFY row_number() OVER (PARTITION BY rule, extract, column_name, area ORDER BY is_failing DESC, met / records, records) = 1
)

SELECT
    rule,
    CASE WHEN rule = 'references_do_not_meet' AND extract = 'incident' THEN 'investigation' ELSE extract END AS extract,
    area,
    CASE WHEN rule = 'low_investigation_rate' THEN '' WHEN column_name = '' THEN 'urn' ELSE column_name END AS column_name,
    records::BIGINT AS records,
    (records - met)::BIGINT AS lacking,
    least_share,
    is_failing AND NOT (extract = 'cps' AND area = '' AND fails_by_area)
    AND NOT (rule <> 'references_do_not_meet' AND is_critical) AS is_failing,
    is_failing OR (extract <> 'investigation' AND met < spelt.share * records) AS is_suspect
FROM worst
CROSS JOIN (
    SELECT least_share::DOUBLE AS share FROM completeness WHERE rule = 'references_spelt_otherwise'
) AS spelt;
