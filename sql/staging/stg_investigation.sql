-- Investigation rows in force with what of them had happened by the end of the as-at day. `rank` orders effective
-- outcomes (code known, dated by then); it is empty for a row without one. `known_day` orders rows by outcome date as text
-- (undated: oldest); it is empty for a row dated later.
-- grain: load_id, line
-- materialised: view
SELECT
    investigation.load_id,
    investigation.line,
    investigation."force",
    investigation.crime_ref,
    investigation.outcome_date,
    unit_label.shown AS investigating_unit,
    investigation.victim_support::VARCHAR AS victim_support,
    investigation.word_on_word::VARCHAR AS word_on_word,
    stg_outcome_code.is_charge,
    stg_outcome_code.implies_suspect,
    stg_outcome_code.denies_suspect,
    investigation.suspect_id IS NOT NULL AS names_suspect,
    CASE
        WHEN investigation.suspect_id IS NOT NULL AND investigation.suspect_identified_date <= run_context.as_at
            THEN investigation.suspect_identified_date
    END AS identified_date,
    investigation.suspect_id IS NOT NULL AND investigation.suspect_identified_date IS NULL AS is_suspect_undated,
    stg_outcome_code.exit,
    CASE
        WHEN investigation.outcome_date <= run_context.as_at
            THEN datediff('day', DATE '0001-01-01', investigation.outcome_date) * 64 + stg_outcome_code.precedence
    END AS rank,
    investigation.suspect_id IS NOT NULL
    AND coalesce(investigation.suspect_identified_date <= run_context.as_at, TRUE) AS has_suspect,
    CASE WHEN investigation.file_submitted_date <= run_context.as_at THEN investigation.file_submitted_date END
        AS submitted_date,
    CASE
        WHEN coalesce(investigation.outcome_date <= run_context.as_at, TRUE)
            THEN lpad(coalesce(datediff('day', DATE '0001-01-01', investigation.outcome_date) + 1, 0)::VARCHAR, 7, '0')
    END AS known_day
FROM investigation
CROSS JOIN run_context
LEFT JOIN stg_outcome_code ON investigation.outcome_code = stg_outcome_code.code
LEFT JOIN stg_label AS unit_label
    ON unit_label.kind = 'investigating_unit' AND investigation.investigating_unit = unit_label.label;
