"""The fair floor: what the product computes, written by hand as one DuckDB script and nothing more.

    python bench/fair_floor.py LANDING WAREHOUSE

Reads the three extracts, types them, makes pseudonyms, writes the typed rows to a DuckDB file on disk, de-duplicates,
links, stages, and counts every breakdown, the first five by period too, with the reasons. No line numbers, no
quarantine (rows that cannot be counted are dropped), no ledger, no findings, no checks, no workbook.
"""

import hashlib
import os
import sys
import time
from pathlib import Path

import duckdb
import figures

TYPES = """
CREATE TEMP TABLE outcome AS
SELECT code, exit, implies_suspect = 'Y' AS implies_suspect, charge = 'Y' AS is_charge
FROM read_csv('{reference}/outcome.csv', all_varchar = true)
ORDER BY exit = 'resolved', implies_suspect = 'Y', number::INTEGER, code;
CREATE TEMP TABLE decision AS FROM read_csv('{reference}/cps_decision.csv', all_varchar = true) ORDER BY code;
CREATE TEMP TABLE court AS FROM read_csv('{reference}/court_outcome.csv', all_varchar = true) ORDER BY code;
CREATE TEMP TABLE ethnicity AS FROM read_csv('{reference}/ethnicity.csv', all_varchar = true) ORDER BY code;
CREATE TEMP TABLE listed AS FROM read_csv('{reference}/code_list.csv', all_varchar = true) ORDER BY code;
-- The order of an outcome's code is its precedence; decisions, results and support stand in byte order.
CREATE TYPE t_outcome AS ENUM (SELECT code FROM outcome);
CREATE TYPE t_decision AS ENUM (SELECT code FROM decision);
CREATE TYPE t_court AS ENUM (SELECT code FROM court);
CREATE TYPE t_ethnicity AS ENUM (SELECT code FROM (FROM ethnicity SELECT code UNION ALL SELECT 'unknown'));
CREATE TYPE t_force AS ENUM (SELECT code FROM read_csv('{reference}/force.csv', all_varchar = true));
CREATE TYPE t_business AS ENUM (
    SELECT code FROM (FROM listed SELECT code WHERE list = 'business_type' UNION ALL SELECT 'unknown'));
CREATE TYPE t_class AS ENUM ('crime', 'non_crime');
CREATE TYPE t_status AS ENUM ('live', 'cancelled', 'transferred_out', 'flag_removed');
CREATE TYPE t_victim AS ENUM (SELECT code FROM listed WHERE list = 'victim_type');
CREATE TYPE t_sex AS ENUM ('F', 'M', 'X');
CREATE TYPE t_channel AS ENUM (SELECT code FROM listed WHERE list = 'reporting_channel');
CREATE TYPE t_support AS ENUM (SELECT code FROM listed WHERE list = 'victim_support');
CREATE TYPE t_why AS ENUM (SELECT code FROM listed WHERE list = 'outcome_reason');
CREATE TYPE t_yn AS ENUM ('N', 'Y');

CREATE MACRO txt(cell) AS nullif(trim(cell), '');
CREATE MACRO day(cell) AS try_cast(cell AS DATE);
CREATE MACRO reference(cell) AS regexp_replace(upper(cell), '[^A-Z0-9]', '', 'g');
CREATE MACRO hmac(identity) AS left(
    sha256(getvariable('outer_pad')::BLOB || unhex(sha256(getvariable('inner_pad')::BLOB || encode(identity)))), 32)::UUID;
"""


def code(column: str, kind: str, case: str = "lower") -> str:
    """A code as its type: as it stands, and only where that fails trimmed and in the right case."""
    return f"coalesce(try_cast({column} AS {kind}), try_cast({case}(trim({column})) AS {kind})) AS {column}"


def unlisted(column: str, kind: str, case: str) -> str:
    """A code of which an unlisted value is `unknown`."""
    return (
        f"coalesce(try_cast({column} AS {kind}), try_cast({case}(trim({column})) AS {kind}), "
        f"CASE WHEN trim({column}) <> '' THEN 'unknown'::{kind} END) AS {column}"
    )


def within(kind: str, column: str) -> str:
    """The pseudonym of an identifier that is a force's own."""
    return f"hmac('{kind}' || lower(trim(force)) || ' ' || upper(txt({column}))) AS {column}"


READ = f"""
CREATE TABLE w.incident AS SELECT
    {code("force", "t_force")}, txt(incident_id) AS incident_id, coalesce(txt(victim_no), '1') AS victim_no,
    {code("incident_class", "t_class")}, txt(crime_ref) AS crime_ref,
    day(reported_date) AS reported_date, day(recorded_date) AS recorded_date, day(hate_flagged_date) AS hate_flagged_date,
    {code("record_status", "t_status")}, day(status_date) AS status_date, {code("comparison", "t_yn", "upper")},
    upper(txt(offence_code)) AS offence_code, {code("hate_race", "t_yn", "upper")},
    {code("hate_religion", "t_yn", "upper")}, {code("hate_sexual_orientation", "t_yn", "upper")},
    {code("hate_disability", "t_yn", "upper")}, {code("hate_transgender", "t_yn", "upper")},
    txt(hate_local) AS hate_local, txt(religion_targeted) AS religion_targeted,
    {within("victim", "victim_id")}, {within("premises", "premises_id")}, {code("victim_type", "t_victim")},
    {unlisted("victim_ethnicity", "t_ethnicity", "upper")}, {code("victim_sex", "t_sex", "upper")},
    try_cast(victim_age AS UTINYINT) AS victim_age, {unlisted("business_type", "t_business", "lower")},
    upper(txt(local_authority)) AS local_authority, txt(area_command) AS area_command, {code("reporting_channel", "t_channel")}
FROM read_csv('{{landing}}/incident_MADE_UP.csv', {{how}});

CREATE TABLE w.investigation AS SELECT
    {code("force", "t_force")}, txt(crime_ref) AS crime_ref, {within("suspect", "suspect_id")},
    day(suspect_identified_date) AS suspect_identified_date, try_cast(suspect_birth_year AS SMALLINT) AS suspect_birth_year,
    {code("suspect_sex", "t_sex", "upper")}, hmac('asn' || reference(txt(asn))) AS asn,
    lower(txt(investigating_unit)) AS investigating_unit, {code("victim_support", "t_support")},
    {code("word_on_word", "t_yn", "upper")}, reference(txt(urn)) AS urn, day(file_submitted_date) AS file_submitted_date,
    {code("outcome_code", "t_outcome", "upper")}, day(outcome_date) AS outcome_date
FROM read_csv('{{landing}}/investigation_MADE_UP.csv', {{how}});

CREATE TABLE w.cps AS SELECT
    reference(txt(urn)) AS urn, hmac('defendant' || upper(txt(defendant_id))) AS defendant_id, {code("force", "t_force")},
    txt(police_crime_ref) AS police_crime_ref, hmac('asn' || reference(txt(asn))) AS asn,
    try_cast(defendant_birth_year AS SMALLINT) AS defendant_birth_year, {code("defendant_sex", "t_sex", "upper")},
    day(received_date) AS received_date, {code("decision", "t_decision")}, day(decision_date) AS decision_date,
    day(first_hearing_date) AS first_hearing_date, {code("prosecution_outcome", "t_court")},
    day(finalised_date) AS finalised_date, {code("outcome_reason", "t_why")}, {code("uplift", "t_yn", "upper")},
    {code("aggravated_offence", "t_yn", "upper")}, {code("flag_race", "t_yn", "upper")},
    {code("flag_religion", "t_yn", "upper")}, {code("flag_sexual_orientation", "t_yn", "upper")},
    {code("flag_disability", "t_yn", "upper")}, {code("flag_transgender", "t_yn", "upper")}
FROM read_csv('{{landing}}/cps_MADE_UP.csv', {{how}});
"""

# A row without a required field goes, and of rows with one key (or, without a key, of equal rows) all but the last.
# Row ids follow the file; only rows whose hash is not unique are compared.
CLEAN = """
DELETE FROM w.incident WHERE force IS NULL OR incident_id IS NULL OR incident_class IS NULL OR reported_date IS NULL
    OR (incident_class = 'crime' AND crime_ref IS NULL);
DELETE FROM w.investigation WHERE force IS NULL OR crime_ref IS NULL;
DELETE FROM w.cps WHERE urn IS NULL OR defendant_id IS NULL OR received_date IS NULL;
DELETE FROM w.incident WHERE rowid IN (
    WITH keyed AS (SELECT rowid AS row, hash(force, incident_id, victim_no) AS sign FROM w.incident),
    twice AS (SELECT sign FROM keyed GROUP BY sign HAVING count(*) > 1)
    SELECT i.rowid FROM w.incident AS i JOIN keyed ON i.rowid = keyed.row SEMI JOIN twice ON keyed.sign = twice.sign
    QUALIFY row_number() OVER (PARTITION BY force, incident_id, victim_no ORDER BY i.rowid DESC) > 1);
DELETE FROM w.cps WHERE rowid IN (
    SELECT rowid FROM w.cps
    QUALIFY row_number() OVER (PARTITION BY urn, defendant_id, police_crime_ref ORDER BY rowid DESC) > 1);
DELETE FROM w.investigation WHERE rowid IN (
    WITH keyed AS (SELECT i.rowid AS row, hash(i) AS sign FROM w.investigation AS i),
    twice AS (SELECT sign FROM keyed GROUP BY sign HAVING count(*) > 1)
    SELECT keyed.row FROM keyed SEMI JOIN twice ON keyed.sign = twice.sign
    QUALIFY row_number() OVER (PARTITION BY keyed.sign ORDER BY keyed.row DESC) > 1);
"""

LINK = """
CREATE TYPE t_unit AS ENUM (
    SELECT DISTINCT investigating_unit FROM w.investigation WHERE investigating_unit IS NOT NULL ORDER BY 1);
CREATE TEMP TABLE police AS SELECT
    i.force, crime_ref,
    bool_or((suspect_id IS NOT NULL AND coalesce(suspect_identified_date <= as_at, true))
        OR (outcome_date <= as_at AND o.implies_suspect)) AS has_suspect,
    max(file_submitted_date) FILTER (WHERE file_submitted_date <= as_at) AS submitted,
    max((outcome_date - DATE '1970-01-01') * 64 + enum_code(outcome_code)) FILTER (WHERE outcome_date <= as_at) AS latest,
    max((outcome_date - DATE '1970-01-01') * 64 + enum_code(outcome_code))
        FILTER (WHERE outcome_date <= as_at AND NOT o.is_charge) AS latest_but_charge,
    max(outcome_date) FILTER (WHERE outcome_date <= as_at AND o.is_charge) AS charged,
    max(coalesce(outcome_date - DATE '1970-01-01', 0) * 4096 + enum_code(investigating_unit::t_unit))
        FILTER (WHERE coalesce(outcome_date <= as_at, true)) % 4096 AS unit,
    max(coalesce(outcome_date - DATE '1970-01-01', 0) * 8 + enum_code(victim_support))
        FILTER (WHERE coalesce(outcome_date <= as_at, true)) % 8 AS support,
    max(word_on_word) FILTER (WHERE coalesce(outcome_date <= as_at, true)) AS word_on_word
FROM w.investigation AS i CROSS JOIN (SELECT getvariable('as_at')::DATE AS as_at)
LEFT JOIN (SELECT * REPLACE (code::t_outcome AS code) FROM outcome) AS o ON i.outcome_code = o.code
GROUP BY i.force, crime_ref;

CREATE TEMP TABLE link AS
WITH c AS (SELECT rowid AS row, urn, force, police_crime_ref, asn FROM w.cps),
crime_urn AS (SELECT DISTINCT urn, force, crime_ref FROM w.investigation WHERE urn IS NOT NULL),
by_urn AS (
    SELECT c.row, u.force, u.crime_ref, coalesce(u.crime_ref = c.police_crime_ref, false) AS named
    FROM c JOIN crime_urn AS u ON c.urn = u.urn AND (c.force IS NULL OR c.force = u.force)
    QUALIFY named OR NOT bool_or(named) OVER (PARTITION BY c.row)),
rest AS (FROM c ANTI JOIN by_urn ON c.row = by_urn.row),
crime_ref AS (
    SELECT force, crime_ref FROM w.investigation WHERE crime_ref IN (SELECT police_crime_ref FROM rest)
    UNION
    SELECT force, crime_ref FROM w.incident
    WHERE incident_class = 'crime' AND crime_ref IN (SELECT police_crime_ref FROM rest)),
by_reference AS (
    SELECT c.row, r.force, r.crime_ref
    FROM rest AS c JOIN crime_ref AS r ON c.police_crime_ref = r.crime_ref AND (c.force IS NULL OR c.force = r.force)
    QUALIFY count(*) OVER (PARTITION BY c.row) = 1),
crime_asn AS (
    SELECT DISTINCT asn, force, crime_ref FROM w.investigation WHERE asn IN (SELECT asn FROM rest)),
by_asn AS (
    SELECT c.row, a.force, a.crime_ref
    FROM (FROM rest ANTI JOIN by_reference ON rest.row = by_reference.row) AS c
    JOIN crime_asn AS a ON c.asn = a.asn AND (c.force IS NULL OR c.force = a.force)
    QUALIFY count(*) OVER (PARTITION BY c.row) = 1)
SELECT row, force, crime_ref FROM by_urn UNION ALL FROM by_reference UNION ALL FROM by_asn;

CREATE TEMP TABLE prosecution AS
WITH c AS (
    SELECT rowid AS row, received_date, decision_date, finalised_date, uplift, decision, prosecution_outcome,
        coalesce(decision <> 'further_information' AND decision_date <= as_at, false) AS decided,
        coalesce(decision = 'charge' AND decision_date <= as_at, false) AS charged,
        coalesce(first_hearing_date <= as_at, false) AS heard,
        coalesce(prosecution_outcome IS NOT NULL AND finalised_date <= as_at, false) AS ended,
        ended AND prosecution_outcome IN ('guilty_plea', 'convicted_after_trial', 'proved_in_absence', 'convicted')
            AS convicted
    FROM w.cps CROSS JOIN (SELECT getvariable('as_at')::DATE AS as_at) WHERE received_date <= as_at)
SELECT force, crime_ref,
    max(received_date) AS received, bool_and(decided) AS all_decided,
    max((decision_date - DATE '1970-01-01') * 16 + enum_code(decision)) FILTER (WHERE decided) % 16 AS decision,
    max(decision_date) FILTER (WHERE charged) AS charged,
    bool_or(heard OR ended) AS prosecuted, bool_or((charged OR heard) AND NOT ended) AS running,
    max((finalised_date - DATE '1970-01-01') * 16 + enum_code(prosecution_outcome)) FILTER (WHERE ended) % 16 AS result,
    bool_or(convicted) AS convicted, bool_or(convicted AND uplift = 'Y') AS uplifted,
    bool_and(coalesce(uplift = 'N', false)) FILTER (WHERE convicted) AS denied,
    max(finalised_date) FILTER (WHERE convicted) AS conviction_date
FROM link JOIN c ON link.row = c.row GROUP BY force, crime_ref;
"""

# One row per case, small: codes as numbers, and `path`, which is stage * 512 + reason * 2 + (only case of its crime).
# Reasons: police outcomes from 0, charging decisions from 64, court outcomes from 96, the rest from 128, none 255.
CASES = """
CREATE TEMP TABLE shared AS
SELECT force, crime_ref FROM w.incident CROSS JOIN (SELECT getvariable('as_at')::DATE AS as_at)
WHERE incident_class = 'crime' AND reported_date <= as_at AND coalesce(hate_flagged_date, reported_date) <= as_at
    AND NOT coalesce(record_status = 'flag_removed' AND status_date <= as_at, false)
GROUP BY force, crime_ref HAVING count(*) > 1;
CREATE TEMP TABLE repeated AS
WITH seen AS (SELECT victim_id FROM w.incident WHERE victim_id IS NOT NULL AND comparison IS DISTINCT FROM 'Y'
    GROUP BY victim_id HAVING count(*) > 1),
few AS (SELECT i.rowid AS row, victim_id, incident_id, reported_date FROM w.incident AS i SEMI JOIN seen USING (victim_id)
    WHERE comparison IS DISTINCT FROM 'Y')
SELECT DISTINCT later.row FROM few AS later JOIN few AS earlier ON later.victim_id = earlier.victim_id
    AND later.reported_date BETWEEN earlier.reported_date + 1 AND earlier.reported_date + 365
    AND later.incident_id <> earlier.incident_id;
SET VARIABLE fills_business = (SELECT bool_or(business_type IS NOT NULL) FROM w.incident);
CREATE TEMP TABLE force_start AS SELECT force, min(reported_date) + 365 AS told_from FROM w.incident GROUP BY force;

CREATE TEMP TABLE c AS
WITH evidence AS (
    SELECT i.*, i.rowid AS row, as_at, p.unit, p.support, p.word_on_word, p.latest, p.latest_but_charge,
        CASE WHEN status_date <= as_at AND record_status = 'cancelled' THEN 129
             WHEN status_date <= as_at AND record_status = 'transferred_out' THEN 130 END AS stopped,
        CASE WHEN stopped IS NOT NULL OR incident_class = 'non_crime' OR coalesce(recorded_date, reported_date) > as_at
                 THEN 1
             WHEN q.uplifted THEN 8 WHEN q.convicted THEN 7 WHEN q.prosecuted THEN 6
             WHEN p.charged IS NOT NULL OR q.charged IS NOT NULL THEN 5
             WHEN p.submitted IS NOT NULL OR q.received IS NOT NULL THEN 4
             WHEN p.has_suspect THEN 3 ELSE 2 END AS stage,
        (greatest(p.submitted, q.received) - DATE '1970-01-01') * 64 AS referral,
        (greatest(p.charged, q.charged) - DATE '1970-01-01' + 1) * 64 AS charge,
        q.all_decided, q.decision, q.running, q.result, q.denied, q.conviction_date
    FROM w.incident AS i CROSS JOIN (SELECT getvariable('as_at')::DATE AS as_at)
    LEFT JOIN police AS p ON i.force = p.force AND i.crime_ref = p.crime_ref
    LEFT JOIN prosecution AS q ON i.force = q.force AND i.crime_ref = q.crime_ref
    WHERE reported_date <= as_at AND coalesce(hate_flagged_date, reported_date) <= as_at
        AND NOT coalesce(record_status = 'flag_removed' AND status_date <= as_at, false))
SELECT
    e.stage::UTINYINT AS stage,
    (e.stage * 512 + 2 * coalesce(CASE e.stage
        WHEN 1 THEN coalesce(e.stopped, CASE WHEN e.incident_class = 'non_crime' THEN 128 END)
        WHEN 2 THEN e.latest % 64
        WHEN 3 THEN e.latest % 64
        WHEN 4 THEN CASE WHEN e.all_decided THEN 64 + e.decision WHEN e.latest >= e.referral THEN e.latest % 64 END
        WHEN 5 THEN CASE WHEN e.latest_but_charge >= e.charge THEN e.latest_but_charge % 64 END
        WHEN 6 THEN CASE WHEN NOT e.running THEN 96 + e.result END
        WHEN 7 THEN CASE WHEN e.running THEN NULL WHEN e.denied THEN 131
            WHEN e.conviction_date + 60 <= e.as_at THEN 132 END END, 255)
        + (e.incident_class = 'crime' AND s.crime_ref IS NULL)::INTEGER)::USMALLINT AS path,
    CASE WHEN s.crime_ref IS NOT NULL AND e.incident_class = 'crime' THEN e.crime_ref END AS shared_crime,
    e.force, coalesce(e.comparison = 'Y', false) AS comparison,
    (coalesce(e.hate_race = 'Y', false)::INTEGER + coalesce(e.hate_religion = 'Y', false)::INTEGER * 2
        + coalesce(e.hate_sexual_orientation = 'Y', false)::INTEGER * 4
        + coalesce(e.hate_disability = 'Y', false)::INTEGER * 8
        + coalesce(e.hate_transgender = 'Y', false)::INTEGER * 16)::UTINYINT AS strands,
    coalesce(e.victim_ethnicity, 'unknown') AS victim_ethnicity,
    coalesce(e.business_type, CASE WHEN getvariable('fills_business') THEN 'not_business' ELSE 'unknown' END::t_business)
        AS business_type,
    ((year(e.reported_date) * 12 + month(e.reported_date) - 4) // 3)::USMALLINT AS quarter,
    e.area_command, e.local_authority, e.offence_code, e.reporting_channel, e.unit::USMALLINT AS unit,
    e.support::UTINYINT AS support, e.word_on_word,
    CASE WHEN e.victim_id IS NULL OR e.reported_date < f.told_from THEN 0 WHEN r.row IS NOT NULL THEN 2 ELSE 1
        END::UTINYINT AS repeat_victim,
    e.victim_type, e.victim_sex, e.victim_age, e.religion_targeted
FROM evidence AS e
JOIN force_start AS f ON e.force = f.force
LEFT JOIN shared AS s ON e.force = s.force AND e.crime_ref = s.crime_ref
LEFT JOIN repeated AS r ON e.row = r.row;
"""

STRANDS = """CROSS JOIN (VALUES ('race', 1), ('religion', 2), ('sexual_orientation', 4), ('disability', 8),
    ('transgender', 16)) AS strand (strand, bit) WHERE strands & bit > 0"""

# The first six breakdowns and the periods all come from one cube; the rest of the work on them is on its few rows.
CUBE = """
CREATE TEMP TABLE cube AS
SELECT strands, victim_ethnicity, business_type, quarter, path, count(*) AS n FROM c WHERE NOT comparison GROUP BY ALL;
CREATE TEMP TABLE of_shared AS FROM c WHERE shared_crime IS NOT NULL;
CREATE TEMP MACRO named(source) AS TABLE
    SELECT *, coalesce(ethnicity.ethnic_group, 'unknown') AS ethnic, business_type::VARCHAR AS business,
        (quarter // 4)::VARCHAR || '/' || lpad(((quarter // 4 + 1) % 100)::VARCHAR, 2, '0') AS year,
        year || ' Q' || (quarter % 4 + 1) AS year_and_quarter
    FROM query_table(source) LEFT JOIN ethnicity ON victim_ethnicity::VARCHAR = ethnicity.code;
"""

# Breakdowns that come from the cube of strands, ethnicity, business type and quarter: group, and whether by strand.
OF_THE_CUBE = {
    "all": ("'all'", False),
    "strand": ("strand", True),
    "victim_ethnicity": ("ethnic", False),
    "business_type": ("business", False),
    "strand*business_type": ("strand || '*' || business", True),
    "victim_ethnicity*business_type": ("ethnic || '*' || business", False),
    "financial_year": ("year", False),
    "quarter": ("year_and_quarter", False),
}
BY_PERIOD = tuple(OF_THE_CUBE)[:5]
# The others are counted one by one: what is grouped by, and its name.
PLAIN = {
    "area_command": ("force, area_command", "force || '/' || coalesce(area_command, 'unknown')"),
    "local_authority": ("local_authority", "local_authority"),
    "offence_code": ("offence_code", "offence_code"),
    "reporting_channel": ("reporting_channel", "reporting_channel::VARCHAR"),
    "investigating_unit": ("unit", "enum_range(NULL::t_unit)[unit + 1]"),
    "victim_support": ("support", "enum_range(NULL::t_support)[support + 1]"),
    "word_on_word": ("word_on_word", "word_on_word::VARCHAR"),
    "repeat_victim": ("repeat_victim", "['unknown', 'first', 'repeat'][repeat_victim + 1]"),
    "victim_type": ("victim_type", "victim_type::VARCHAR"),
    "victim_sex": ("victim_sex", "victim_sex::VARCHAR"),
    "victim_age_group": (
        "victim_age",
        "CASE WHEN victim_age < 18 THEN '0-17' WHEN victim_age < 25 THEN '18-24' WHEN victim_age < 35 THEN '25-34' "
        "WHEN victim_age < 45 THEN '35-44' WHEN victim_age < 55 THEN '45-54' WHEN victim_age < 65 THEN '55-64' "
        "WHEN victim_age <= 120 THEN '65+' END",
    ),
    "religion_targeted": ("religion_targeted", "religion_targeted"),
    "hate_status": ("comparison", "CASE WHEN comparison THEN 'comparison' ELSE 'hate' END"),
    "force": ("force", "force::VARCHAR"),
}


def branches(cube: str, plain: str, keys: str, inner: str, outer: str) -> str:
    """A union of all breakdowns: breakdown, period (empty for all), group, the keys and the measure."""
    made = []
    for breakdown, (group, by_strand) in OF_THE_CUBE.items():
        for period in ("''", "year", "year_and_quarter") if breakdown in BY_PERIOD else ("''",):
            made.append(
                f"SELECT '{breakdown}' AS breakdown, {period} AS period, {group} AS grp, {keys}, {outer} "
                f"FROM {cube} {STRANDS if by_strand else ''} GROUP BY ALL"
            )
    for breakdown, (columns, label) in PLAIN.items():
        only = "" if breakdown == "hate_status" else "WHERE NOT comparison"
        made.append(
            f"SELECT '{breakdown}', '', coalesce({label}, 'unknown'), {keys.replace('force AS ', '')}, {outer} FROM "
            f"(SELECT {columns}, {keys}, {inner} FROM {plain} {only} GROUP BY ALL) GROUP BY ALL"
        )
    return "\nUNION ALL\n".join(made)


COUNT = f"""
CREATE TEMP TABLE counted AS
{branches("named(cube)", "c", "path", "count(*) AS n", "sum(n)::BIGINT AS n")};

CREATE TEMP TABLE crimes AS
SELECT breakdown, period, grp, stage, count(*) AS n FROM (
{branches("(FROM named(of_shared) WHERE NOT comparison)", "of_shared", "force AS its_force, shared_crime", "max(stage) AS stage", "max(stage) AS stage")}
) GROUP BY ALL;

CREATE TEMP TABLE why AS
SELECT enum_code(code::t_outcome)::INTEGER AS number, 'police_' || code AS reason, exit FROM outcome
UNION ALL SELECT 64 + enum_code(code::t_decision), 'cps_' || code, exit FROM decision
UNION ALL SELECT 96 + enum_code(code::t_court), 'court_' || code, exit FROM court
UNION ALL VALUES (128, 'non_crime', 'resolved'), (129, 'record_cancelled', 'resolved'),
    (130, 'record_transferred_out', 'resolved'), (131, 'uplift_not_recorded', 'resolved'),
    (132, 'uplift_unknown', 'resolved'), (255, NULL, 'open');

CREATE TABLE w.funnel AS
WITH told AS (
    SELECT counted.*, path // 512 AS furthest, path % 2 = 1 AS alone,
        CASE WHEN path // 512 = 8 THEN 'completed' ELSE why.exit END AS state
    FROM counted JOIN why ON path % 512 // 2 = why.number),
lone AS (
    SELECT breakdown, period, grp, s.stage, sum(n) AS entered, sum(n) FILTER (WHERE furthest > s.stage) AS progressed,
        sum(n) FILTER (WHERE furthest = s.stage AND state = 'open') AS open,
        sum(n) FILTER (WHERE furthest = s.stage AND state = 'resolved') AS resolved,
        sum(n) FILTER (WHERE furthest = s.stage AND state = 'lost') AS lost,
        sum(n) FILTER (WHERE furthest = s.stage AND state = 'completed') AS completed,
        sum(n) FILTER (WHERE alone) AS crimes
    FROM told JOIN range(1, 9) AS s (stage) ON s.stage <= furthest GROUP BY ALL),
several AS (
    SELECT breakdown, period, grp, s.stage, sum(n) AS crimes
    FROM crimes JOIN range(1, 9) AS s (stage) ON s.stage <= crimes.stage GROUP BY ALL)
SELECT breakdown, period, grp, stage, COLUMNS(lone.* EXCLUDE (breakdown, period, grp, stage, crimes))::BIGINT,
    (coalesce(lone.crimes, 0) + coalesce(several.crimes, 0))::BIGINT AS crimes
FROM lone LEFT JOIN several USING (breakdown, period, grp, stage);

CREATE TABLE w.reasons AS
SELECT breakdown, grp, path // 512 AS stage, reason, sum(n)::BIGINT AS n
FROM counted JOIN why ON path % 512 // 2 = why.number WHERE period = '' AND reason IS NOT NULL GROUP BY ALL;
"""


def pads(key: bytes) -> dict[str, bytes]:
    """The inner and outer pad of HMAC-SHA256."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return {"inner_pad": bytes(byte ^ 0x36 for byte in block), "outer_pad": bytes(byte ^ 0x5C for byte in block)}


def main() -> None:
    """Runs the floor and says whether its figures are right."""
    landing, warehouse = Path(sys.argv[1]), Path(sys.argv[2])
    started = time.perf_counter()
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{figures.literal(warehouse)}' AS w")
    for name, pad in pads(os.environ["ATTRITION_PSEUDONYM_KEY"].encode("utf-8")).items():
        connection.execute(f"SET VARIABLE {name} = $pad", {"pad": pad})
    connection.execute(f"SET VARIABLE as_at = DATE '{figures.AS_AT}'")
    steps = {
        "types": TYPES.format(reference=figures.literal(figures.REFERENCE)),
        "read": READ.format(landing=figures.literal(landing), how=figures.HOW),
        "clean": CLEAN,
        "link": LINK,
        "cases": CASES,
        "count": CUBE + COUNT,
    }
    for name, text in steps.items():
        connection.execute(text)
        print(f"{time.perf_counter() - started:6.2f} s  {name}")
    rows = connection.execute(
        f"SELECT breakdown, grp, stage, {', '.join(f'coalesce({m}, 0)' for m in figures.MEASURES)} FROM w.funnel "
        "WHERE period = ''"
    ).fetchall()
    connection.close()
    print(f"{time.perf_counter() - started:6.2f} s  closed")
    print(figures.against_truth(landing, figures.funnel(rows)))


if __name__ == "__main__":
    main()
