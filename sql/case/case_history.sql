-- One row per case: where it stands, why, and every value that it is broken down by (columns bear the breakdowns' names;
-- an empty one is the group `unknown`). `strands` names all strands of a case in one text. The latest police outcome and who
-- says charged are those of the crime, told even of a case that takes nothing from it.
-- `age_bits` says, for each age at which cases are looked at, whether the case has it, had entered the step and made it.
-- `gap_order` is the first stage whose feed has a gap in the month of the report (9: none).
-- `path_id` names the combination of force, stage, reason, implied stages, gap and whether the crime has this one case only.
-- grain: load_id, line
WITH valued AS (
    SELECT
        k.load_id,
        k.line,
        k."force",
        k.crime_ref,
        k.is_comparison,
        k.stage_order::UTINYINT AS stage_order,
        k.reason,
        k.implied::UTINYINT AS implied,
        k.latest_rank,
        k.police_charge_date IS NOT NULL AS is_police_charged,
        k.cps_charge_date IS NOT NULL AS is_cps_charged,
        case_crime.shared_crime_no,
        k.race,
        k.religion,
        k.sexual_orientation,
        k.disability,
        k.transgender,
        concat_ws(
            ' ',
            CASE WHEN k.race THEN 'race' END,
            CASE WHEN k.religion THEN 'religion' END,
            CASE WHEN k.sexual_orientation THEN 'sexual_orientation' END,
            CASE WHEN k.disability THEN 'disability' END,
            CASE WHEN k.transgender THEN 'transgender' END
        ) AS strands,
        coalesce(ethnicity.ethnic_group, 'unknown') AS victim_ethnicity,
        k.business_type,
        k.area_command,
        k.local_authority,
        k.offence_code,
        k.reporting_channel,
        k.investigating_unit,
        k.victim_support,
        k.word_on_word,
        CASE
            WHEN k.victim_id IS NULL OR k.reported_date < case_force_start.first_reported_date + 365 THEN 'unknown'
            WHEN case_repeat_victim.line IS NOT NULL THEN 'repeat'
            ELSE 'first'
        END AS repeat_victim,
        k.victim_type,
        k.victim_sex,
        age_group.age_group AS victim_age_group,
        k.religion_targeted,
        stg_period.financial_year,
        stg_period.quarter,
        k.recorded_on,
        k.suspect_on,
        k.referred_on,
        k.charged_on,
        k.prosecuted_on,
        k.convicted_on,
        k.exit_on,
        k.flagged_date AS flagged_on,
        k.is_impossible,
        k.is_reopened,
        coalesce(case_gap.gap_order, 9)::UTINYINT AS gap_order,
        CASE WHEN k.recorded_on IS NOT NULL THEN (
            coalesce(k.recorded_on <= case_window.suspect_mature_to, FALSE)::USMALLINT
            + coalesce(k.suspect_on - k.recorded_on <= case_window.suspect_days, k.stage_order >= 3)::USMALLINT * 4
            + coalesce(k.recorded_on <= case_window.referral_mature_to, FALSE)::USMALLINT * 8
            + coalesce(k.suspect_on - k.recorded_on <= case_window.referral_days, k.stage_order >= 3)::USMALLINT * 16
            + coalesce(k.referred_on - k.recorded_on <= case_window.referral_days, FALSE)::USMALLINT * 32
            + coalesce(k.recorded_on <= case_window.charge_mature_to, FALSE)::USMALLINT * 64
            + coalesce(k.referred_on - k.recorded_on <= case_window.charge_days, FALSE)::USMALLINT * 128
            + coalesce(k.charged_on - k.recorded_on <= case_window.charge_days, FALSE)::USMALLINT * 256
            + coalesce(k.recorded_on <= case_window.conviction_mature_to, FALSE)::USMALLINT * 512
            + coalesce(k.charged_on - k.recorded_on <= case_window.conviction_days, FALSE)::USMALLINT * 1024
            + coalesce(k.convicted_on - k.recorded_on <= case_window.conviction_days, FALSE)::USMALLINT * 2048
            + 2
        )::USMALLINT END AS age_bits
    FROM case_timeline AS k
    INNER JOIN case_window ON k."force" = case_window."force"
    INNER JOIN case_force_start ON k."force" = case_force_start."force"
    INNER JOIN stg_period ON k.reported_date = stg_period.day
    LEFT JOIN case_crime ON k."force" = case_crime."force" AND k.crime_ref = case_crime.crime_ref
    LEFT JOIN case_repeat_victim ON k.load_id = case_repeat_victim.load_id AND k.line = case_repeat_victim.line
    LEFT JOIN case_gap ON k."force" = case_gap."force" AND date_trunc('month', k.reported_date)::DATE = case_gap.month
    LEFT JOIN ethnicity ON k.victim_ethnicity = ethnicity.code
    LEFT JOIN stg_age AS age_group ON k.victim_age = age_group.age
)

SELECT
    *,
    hash("force", stage_order, reason, implied, crime_ref IS NULL OR shared_crime_no IS NOT NULL, gap_order) AS path_id
FROM valued;
