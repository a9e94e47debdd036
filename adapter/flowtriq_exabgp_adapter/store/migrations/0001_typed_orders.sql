-- From version 0.1.0: who gave an order, when, and whether the automation did, become columns.
-- Version 0.1.0 kept that in the texts `caller` and `reason`. They are read here, and nowhere else:
-- credentials(caller) and automation_seconds_ago(caller, reason) are functions of migrations/__init__.py.
-- Triggers and indexes go with the old tables; schema.sql creates them again.

CREATE TABLE new_history (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at REAL NOT NULL,
  event TEXT NOT NULL,
  rule_id TEXT,
  incident TEXT,
  caller TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  ordered_by TEXT NOT NULL,
  ordered_at REAL NOT NULL,
  automation INTEGER NOT NULL
);
INSERT INTO new_history
  SELECT seq, at, event, rule_id, incident, caller, reason, detail,
    credentials(caller), at - coalesce(seconds_ago, 0), seconds_ago IS NOT NULL
  FROM (SELECT *, automation_seconds_ago(caller, reason) AS seconds_ago FROM history)
  ORDER BY seq;

-- A claim's order is the newest event that made or renewed it. max() picks the row of the others.
CREATE TABLE new_claims (
  rule_id TEXT NOT NULL REFERENCES rules (id),
  incident TEXT NOT NULL,
  "then" TEXT NOT NULL,
  vector TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at REAL NOT NULL,
  expires_at REAL NOT NULL,
  life_seconds REAL NOT NULL,
  ordered_by TEXT NOT NULL,
  ordered_at REAL NOT NULL,
  automation INTEGER NOT NULL,
  PRIMARY KEY (rule_id, incident)
);
INSERT INTO new_claims
  SELECT rule_id, incident, "then", vector, reason, created_at, expires_at, life_seconds,
    coalesce(ordered_by, 'unknown'), coalesce(ordered_at, created_at), coalesce(automation, 0)
  FROM claims LEFT JOIN (
    SELECT rule_id, incident, ordered_by, ordered_at, automation, max(seq) FROM new_history
    WHERE event IN ('claimed', 'joined', 'renewed', 'changed') GROUP BY rule_id, incident
  ) USING (rule_id, incident)
  ORDER BY claims.rowid;

DROP TABLE claims;
ALTER TABLE new_claims RENAME TO claims;
DROP TABLE history;
ALTER TABLE new_history RENAME TO history;
