-- References that meet nothing as they stand and would if both sides left out what differs (separators, leading zeros, letters
-- before the number, the year): for each reference and area the way of data/reference/reference_spelling.csv by which most of
-- them would meet, the first of equals. Only ways that tell the references of the other side apart count. Only where the
-- shares give reason to ask, since it costs time. `scientific`: references that a spreadsheet cut, which no way mends.
-- grain: extract, column_name, area
WITH asked AS (
    SELECT DISTINCT
        CASE WHEN extract = 'cps' THEN extract ELSE 'investigation' END AS extract,
        column_name,
        area
    FROM check_meeting_share
    WHERE is_suspect AND column_name <> ''
),

-- What is not asked for is not read either: these joins come before all else.
placed AS (
    SELECT "force".code AS "force", asked.column_name, asked.area
    FROM "force"
    INNER JOIN asked ON asked.extract = 'cps' AND asked.area IN ('', "force".cps_area)
),

crime AS (
    SELECT DISTINCT incident."force", incident.crime_ref
    FROM incident
    INNER JOIN asked ON asked.extract = 'investigation' AND incident."force" = asked.area
    WHERE incident.incident_class = 'crime'
),

recorded AS (
    SELECT placed.area, incident."force", incident.crime_ref
    FROM incident
    INNER JOIN placed ON placed.column_name = 'police_crime_ref' AND incident."force" = placed."force"
    WHERE incident.incident_class = 'crime'
    UNION
    SELECT placed.area, investigation."force", investigation.crime_ref
    FROM investigation
    INNER JOIN placed ON placed.column_name = 'police_crime_ref' AND investigation."force" = placed."force"
),

alone AS (
    SELECT DISTINCT asked.extract, asked.column_name, asked.area, investigation.crime_ref AS reference
    FROM investigation
    INNER JOIN asked ON asked.extract = 'investigation' AND investigation."force" = asked.area
    UNION ALL
    SELECT DISTINCT
        asked.extract, asked.column_name, asked.area,
        CASE asked.column_name WHEN 'urn' THEN cps.urn ELSE cps.police_crime_ref END AS reference
    FROM cps
    LEFT JOIN "force" AS named ON cps."force" = named.code
    INNER JOIN asked ON asked.extract = 'cps' AND asked.area = coalesce(named.cps_area, '')
),

other AS (
    SELECT
        'investigation' AS extract, 'crime_ref' AS column_name, crime."force"::VARCHAR AS area, crime.crime_ref AS reference
    FROM crime
    UNION ALL
    SELECT DISTINCT 'cps' AS extract, 'urn' AS column_name, placed.area, link_urn.urn AS reference
    FROM link_urn
    INNER JOIN placed ON placed.column_name = 'urn' AND link_urn."force" = placed."force"
    UNION ALL
    SELECT DISTINCT 'cps' AS extract, 'police_crime_ref' AS column_name, recorded.area, recorded.crime_ref AS reference
    FROM recorded
),

spelt_alone AS (
    SELECT alone.*, spelling.spelling, nullif(respelt(spelling.spelling, upper(alone.reference)), '') AS spelt
    FROM alone
    CROSS JOIN reference_spelling AS spelling
    -- What meets as it stands, be it in another force of the Area, is spelt well.
    ANTI JOIN other
        ON
            alone.extract = other.extract AND alone.column_name = other.column_name AND alone.area = other.area
            AND alone.reference = other.reference
),

spelt_other AS (
    SELECT other.*, spelling.spelling, nullif(respelt(spelling.spelling, upper(other.reference)), '') AS spelt
    FROM other
    CROSS JOIN reference_spelling AS spelling
),

telling AS (
    SELECT extract, column_name, area, spelling
    FROM spelt_other
    GROUP BY extract, column_name, area, spelling
    HAVING count(DISTINCT spelt) >= 0.99 * count(*)
),

mended AS (
    SELECT spelt_alone.extract, spelt_alone.column_name, spelt_alone.area, spelt_alone.spelling, count(*) AS would_meet
    FROM spelt_alone
    SEMI JOIN telling
        ON
            spelt_alone.extract = telling.extract AND spelt_alone.column_name = telling.column_name
            AND spelt_alone.area = telling.area AND spelt_alone.spelling = telling.spelling
    SEMI JOIN spelt_other
        ON
            spelt_alone.extract = spelt_other.extract AND spelt_alone.column_name = spelt_other.column_name
            AND spelt_alone.area = spelt_other.area AND spelt_alone.spelling = spelt_other.spelling
            AND spelt_alone.spelt = spelt_other.spelt
    GROUP BY ALL
),

best AS (
    SELECT mended.*
    FROM mended
    INNER JOIN reference_spelling AS spelling ON mended.spelling = spelling.spelling
    QUALIFY
        row_number() OVER (
            PARTITION BY mended.extract, mended.column_name, mended.area
            ORDER BY mended.would_meet DESC, spelling.spelling_order::INTEGER
        ) = 1
),

-- Every reference of the side that does not meet, to say how large a part would; a few that are mistyped are no spelling.
counted AS (
    SELECT extract, column_name, area, count(reference) AS records
    FROM alone
    GROUP BY extract, column_name, area
),

cut AS (
    SELECT both_sides.extract, both_sides.column_name, both_sides.area, count(*) AS scientific
    FROM (
        SELECT * FROM alone
        UNION ALL
        SELECT * FROM other
    ) AS both_sides
    WHERE regexp_full_match(upper(both_sides.reference), '[0-9]([.,][0-9]+)?E[+][0-9]+')
    GROUP BY ALL
)

SELECT
    asked.extract,
    asked.column_name,
    asked.area,
    best.spelling,
    coalesce(best.would_meet, 0) AS would_meet,
    counted.records,
    coalesce(cut.scientific, 0) AS scientific,
    completeness.least_share::DOUBLE AS least_share,
    counted.records >= completeness.least_rows::INTEGER
    AND counted.records - coalesce(best.would_meet, 0) < completeness.least_share::DOUBLE * counted.records
    AND NOT coalesce(critical.is_failing, FALSE) AS is_failing
FROM asked
INNER JOIN counted ON asked.extract = counted.extract AND asked.column_name = counted.column_name AND asked.area = counted.area
INNER JOIN completeness ON completeness.rule = 'references_spelt_otherwise'
LEFT JOIN best ON asked.extract = best.extract AND asked.column_name = best.column_name AND asked.area = best.area
LEFT JOIN cut ON asked.extract = cut.extract AND asked.column_name = cut.column_name AND asked.area = cut.area
LEFT JOIN check_meeting_share AS critical
    ON critical.rule = 'references_do_not_meet' AND asked.extract = critical.extract AND asked.area = critical.area;
