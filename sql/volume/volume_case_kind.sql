-- Hate cases counted by all that withdrawal and positive outcomes are shown by; `strands` lists the strands of a case.
-- `withdrew`: the case is lost or resolved, and the police outcome that decided it, or a CPS row of a case that ended
-- between referral and conviction, says that the victim withdrew or did not support. A convicted case never withdrew. A
-- case not recorded takes no outcome of its crime.
-- grain: force, strands, victim_ethnicity, business_type, area_command, stage_order, state, outcome_code, withdrew
WITH ended_path AS (
    SELECT
        case_path.path_id,
        case_path.state,
        case_path.state IN ('lost', 'resolved') AND withdrawal.code IS NOT NULL AS by_police_outcome,
        case_path.state IN ('lost', 'resolved') AND case_path.stage_order BETWEEN 4 AND 6 AS may_end_by_cps
    FROM case_path
    -- A path of any other reason stays; it is no withdrawal by a police outcome.
    LEFT JOIN withdrawal ON case_path.reason = 'police_' || withdrawal.code AND withdrawal.source = 'police_outcome'
),

kind AS (
    SELECT
        case_history.path_id,
        case_history."force",
        case_history.stage_order,
        case_history.strands,
        case_history.victim_ethnicity,
        case_history.business_type,
        case_history.area_command,
        case_history.latest_rank % 64 AS precedence,
        volume_withdrawal.crime_ref IS NOT NULL AS is_withdrawn_at_cps,
        count(*) AS cases
    FROM case_history
    -- Incidents that are no crime, and crimes without such a CPS row, stay.
    LEFT JOIN volume_withdrawal
        ON case_history."force" = volume_withdrawal."force" AND case_history.crime_ref = volume_withdrawal.crime_ref
    WHERE NOT case_history.is_comparison
    GROUP BY ALL
),

placed AS (
    SELECT
        kind."force",
        kind.strands,
        kind.victim_ethnicity,
        kind.business_type,
        coalesce(kind.area_command, 'unknown') AS area_command,
        kind.stage_order,
        ended_path.state,
        CASE WHEN kind.stage_order >= 2 THEN coalesce(latest.code, '') ELSE '' END AS outcome_code,
        ended_path.by_police_outcome OR (ended_path.may_end_by_cps AND kind.is_withdrawn_at_cps) AS withdrew,
        kind.cases
    FROM kind
    INNER JOIN ended_path ON kind.path_id = ended_path.path_id
    -- A case without an effective outcome stays, with none.
    LEFT JOIN stg_outcome_code AS latest ON kind.precedence = latest.precedence
)

SELECT
    "force",
    strands,
    victim_ethnicity,
    business_type,
    area_command,
    stage_order,
    state,
    outcome_code,
    withdrew,
    sum(cases)::BIGINT AS cases
FROM placed
GROUP BY "force", strands, victim_ethnicity, business_type, area_command, stage_order, state, outcome_code, withdrew;
