-- What the police side of a crime shows at the end of the as-at day, over all rows of its investigation.
-- The latest value of unit and support is the one with the latest outcome date (empty: oldest), then in byte order.
-- grain: force, crime_ref
SELECT
    stg_investigation."force",
    crime_ref,
    bool_or(has_suspect OR (rank IS NOT NULL AND implies_suspect)) AS has_suspect,
    min(identified_date) AS first_identified_date,
    bool_or(is_suspect_undated) AS has_undated_suspect,
    min(outcome_date) FILTER (WHERE rank IS NOT NULL AND implies_suspect) AS first_implied_date,
    min(submitted_date) AS first_submitted_date,
    min(outcome_date) FILTER (WHERE rank IS NOT NULL AND is_charge) AS first_charge_date,
    min(outcome_date) FILTER (WHERE rank IS NOT NULL AND exit IN ('lost', 'resolved')) AS first_exit_date,
    max(submitted_date) AS submitted_date,
    max(rank) AS latest_rank,
    max(rank) FILTER (WHERE NOT is_charge) AS latest_rank_but_charge,
    max(outcome_date) FILTER (WHERE rank IS NOT NULL AND is_charge) AS charge_date,
    substr(max(known_day || investigating_unit), 8) AS investigating_unit,
    substr(max(known_day || victim_support), 8) AS victim_support,
    max(word_on_word) FILTER (WHERE known_day IS NOT NULL) AS word_on_word
FROM stg_investigation
GROUP BY "force", crime_ref;
