-- Memory answers what these answered, and counts what these counted.

DROP TRIGGER IF EXISTS rule_is_claimed;
DROP TRIGGER IF EXISTS rule_may_be_free;
DROP TRIGGER IF EXISTS history_is_counted;
DROP INDEX IF EXISTS rules_by_family;
DROP INDEX IF EXISTS rules_by_destination;
DROP INDEX IF EXISTS claims_by_incident;
DROP INDEX IF EXISTS claims_by_expiry;
DROP INDEX IF EXISTS withdrawn_claims_by_incident;
DROP INDEX IF EXISTS alerts_by_age;
