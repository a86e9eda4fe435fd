-- Stages that are not told of a group over all periods, since no source tells them: what hangs on one of
-- them is empty in every table, never 0.
-- grain: breakdown, group, stage
SELECT funnel_cell.breakdown, funnel_cell."group", stage.stage
FROM funnel_cell
INNER JOIN stage ON funnel_cell.stage_order = stage.stage_order::INTEGER
WHERE funnel_cell.period_kind = '' AND NOT funnel_cell.is_told;
