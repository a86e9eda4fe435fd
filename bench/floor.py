"""The plain floor: one hand-written DuckDB script that counts cases per stage, and nothing more.

    python bench/floor.py LANDING

Reads the three extracts as text, de-duplicates, joins the investigation by crime and the CPS by URN, and counts the
cases that reached each stage, in all and by strand. It is simpler than the funnel: no pseudonyms, nothing kept on
disk, no state of the cases, no reasons, and a CPS row goes to every crime with its URN and to no other. So its counts
from the fourth stage on lie a little beside the true ones.
"""

import sys
import time
from pathlib import Path

import duckdb
import figures

SQL = """
CREATE TEMP TABLE i AS
SELECT lower(trim(force)) AS force, trim(incident_id) AS incident_id, coalesce(trim(victim_no), '1') AS victim_no,
    incident_class, trim(crime_ref) AS crime_ref, try_cast(reported_date AS DATE) AS reported_date,
    try_cast(recorded_date AS DATE) AS recorded_date, try_cast(hate_flagged_date AS DATE) AS hate_flagged_date,
    record_status, try_cast(status_date AS DATE) AS status_date, comparison,
    [hate_race, hate_religion, hate_sexual_orientation, hate_disability, hate_transgender] AS strands
FROM read_csv('{landing}/incident_MADE_UP.csv', {how});
CREATE TEMP TABLE v AS
SELECT DISTINCT lower(trim(force)) AS force, trim(crime_ref) AS crime_ref, suspect_id,
    try_cast(suspect_identified_date AS DATE) AS suspect_identified_date, suspect_birth_year, suspect_sex, asn,
    investigating_unit, trim(victim_support) AS victim_support, word_on_word,
    regexp_replace(upper(urn), '[^A-Z0-9]', '', 'g') AS urn, try_cast(file_submitted_date AS DATE) AS file_submitted_date,
    outcome_code, try_cast(outcome_date AS DATE) AS outcome_date
FROM read_csv('{landing}/investigation_MADE_UP.csv', {how}) WHERE force IS NOT NULL AND crime_ref IS NOT NULL;
CREATE TEMP TABLE p AS
SELECT regexp_replace(upper(urn), '[^A-Z0-9]', '', 'g') AS urn, defendant_id, lower(trim(force)) AS force,
    police_crime_ref, try_cast(received_date AS DATE) AS received_date, trim(decision) AS decision,
    try_cast(decision_date AS DATE) AS decision_date, try_cast(first_hearing_date AS DATE) AS first_hearing_date,
    prosecution_outcome, try_cast(finalised_date AS DATE) AS finalised_date, uplift
FROM read_csv('{landing}/cps_MADE_UP.csv', {how});

CREATE TEMP TABLE stage AS
WITH a AS (SELECT DATE '{as_at}' AS as_at),
row_of_key AS (SELECT max(rowid) AS row FROM i GROUP BY force, incident_id, victim_no),
incident AS (
    SELECT i.* FROM i JOIN row_of_key ON i.rowid = row_of_key.row CROSS JOIN a
    WHERE i.force IN (SELECT code FROM read_csv('{reference}/force.csv', all_varchar = true))
        AND (incident_class = 'non_crime' OR (incident_class = 'crime' AND crime_ref IS NOT NULL))
        AND reported_date <= as_at AND coalesce(hate_flagged_date, reported_date) <= as_at
        AND comparison IS DISTINCT FROM 'Y'
        AND NOT coalesce(record_status = 'flag_removed' AND status_date <= as_at, false)),
police AS (
    SELECT force, crime_ref,
        bool_or((suspect_id IS NOT NULL AND coalesce(suspect_identified_date <= as_at, true))
            OR (outcome_date <= as_at AND outcome_code NOT IN ('14', '18', '19', '20', 'U'))) AS suspect,
        bool_or(file_submitted_date <= as_at) AS referred,
        bool_or(outcome_date <= as_at AND outcome_code IN ('1', '1A')) AS charged
    FROM v CROSS JOIN a GROUP BY force, crime_ref),
crime_urn AS (SELECT DISTINCT force, crime_ref, urn FROM v WHERE urn IS NOT NULL),
prosecution AS (
    SELECT u.force, u.crime_ref, true AS referred,
        bool_or(p.decision = 'charge' AND p.decision_date <= as_at) AS charged,
        bool_or(p.first_hearing_date <= as_at OR (p.prosecution_outcome IS NOT NULL AND p.finalised_date <= as_at))
            AS prosecuted,
        bool_or(p.finalised_date <= as_at AND p.prosecution_outcome IN
            ('guilty_plea', 'convicted_after_trial', 'proved_in_absence', 'convicted')) AS convicted,
        bool_or(p.finalised_date <= as_at AND p.uplift = 'Y' AND p.prosecution_outcome IN
            ('guilty_plea', 'convicted_after_trial', 'proved_in_absence', 'convicted')) AS uplifted
    FROM p CROSS JOIN a JOIN crime_urn AS u ON p.urn = u.urn
    WHERE p.received_date <= as_at AND (p.force IS NULL OR p.force = u.force
        OR p.force NOT IN (SELECT code FROM read_csv('{reference}/force.csv', all_varchar = true)))
        AND p.rowid IN (SELECT max(rowid) FROM p GROUP BY urn, defendant_id, police_crime_ref)
    GROUP BY u.force, u.crime_ref)
SELECT i.strands,
    CASE WHEN incident_class = 'non_crime' OR coalesce(recorded_date, reported_date) > as_at
            OR (record_status IN ('cancelled', 'transferred_out') AND status_date <= as_at) THEN 1
        WHEN q.uplifted THEN 8 WHEN q.convicted THEN 7 WHEN q.prosecuted THEN 6 WHEN q.charged OR c.charged THEN 5
        WHEN q.referred OR c.referred THEN 4 WHEN c.suspect THEN 3 ELSE 2 END AS furthest
FROM incident AS i CROSS JOIN a
LEFT JOIN police AS c ON i.force = c.force AND i.crime_ref = c.crime_ref
LEFT JOIN prosecution AS q ON i.force = q.force AND i.crime_ref = q.crime_ref;

WITH few AS (SELECT strands, furthest, count(*) AS n FROM stage GROUP BY ALL),
grouped AS (
    SELECT 'all' AS breakdown, 'all' AS grp, furthest, n FROM few
    UNION ALL
    SELECT 'strand', name, furthest, n
    FROM few CROSS JOIN (VALUES (1, 'race'), (2, 'religion'), (3, 'sexual_orientation'), (4, 'disability'),
        (5, 'transgender')) AS strand (number, name)
    WHERE strands[number] = 'Y')
SELECT breakdown, grp, s.stage, sum(n)::BIGINT AS entered
FROM grouped JOIN range(1, 9) AS s (stage) ON s.stage <= furthest GROUP BY ALL ORDER BY ALL;
"""


def main() -> None:
    """Runs the floor and says how its counts lie beside the true ones."""
    landing = Path(sys.argv[1])
    started = time.perf_counter()
    text = SQL.format(
        landing=figures.literal(landing),
        how=figures.HOW,
        as_at=figures.AS_AT,
        reference=figures.literal(figures.REFERENCE),
    )
    rows = duckdb.connect().execute(text).fetchall()
    print(f"{time.perf_counter() - started:6.2f} s  done")
    truth = figures.truth(landing)
    for breakdown, group, stage, entered in rows:
        if breakdown == "all":
            true = truth.get((breakdown, group, figures.STAGES[stage - 1], "entered"), 0)
            print(f"{figures.STAGES[stage - 1]:20} {entered:>10,}  true {true:>10,}")


if __name__ == "__main__":
    main()
