-- Outcome codes with the order in which one outranks another of the same day: resolved over lost, a suspect over none,
-- the greater number (U lowest), then the code itself. The latest outcome is the greatest by (date, precedence).
-- grain: code
SELECT
    code,
    exit,
    implies_suspect = 'Y' AS implies_suspect,
    denies_suspect = 'Y' AS denies_suspect,
    charge = 'Y' AS is_charge,
    row_number() OVER (ORDER BY exit = 'resolved', implies_suspect = 'Y', number::INTEGER, code) AS precedence
FROM outcome;
