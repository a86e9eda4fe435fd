-- Every reason for which a case can stop: state, label and group. Police outcomes, charging decisions and court outcomes
-- bring theirs; the rest stand in reason.csv.
-- grain: reason
SELECT 'police_' || code AS reason, exit, label, reason_group FROM outcome WHERE exit IN ('lost', 'resolved')
UNION ALL
SELECT 'cps_' || code AS reason, exit, label, reason_group FROM cps_decision WHERE exit IN ('lost', 'resolved')
UNION ALL
SELECT 'court_' || code AS reason, exit, label, reason_group FROM court_outcome WHERE exit IN ('lost', 'resolved')
UNION ALL
SELECT reason, exit, label, reason_group FROM reason;
