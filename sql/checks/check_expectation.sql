-- Rows that break a hand-written rule of expectations/rules, which Great Expectations counts and does not name.
-- grain: load_id, line, rule
-- materialised: view
SELECT rule, load_id, line FROM expectation_row;
