-- How many cases were watched from which day of a step's clock to which, and how they left, in every group.
-- grain: breakdown, group, from_order, entry_day, day, fate
SELECT
    breakdown,
    "group",
    from_order,
    entry_day,
    "day",
    fate,
    count(*) AS cases,
    count(*) FILTER (WHERE fate = 'progressed' AND "day" = 0) AS at_once
FROM timing_step
GROUP BY breakdown, "group", from_order, entry_day, "day", fate;
