-- The registry: the journal of what the adapter has in memory (memory.py), read at its start alone.
-- What is in `unapplied` belongs into the other tables, and comes there within seconds.
-- A rule is here from its first claim until ExaBGP acknowledged its withdrawal.
-- Times are seconds since the epoch, UTC.

CREATE TABLE IF NOT EXISTS rules (
  id TEXT PRIMARY KEY,               -- Match.id
  address_family TEXT NOT NULL,      -- ipv4, ipv6
  destination TEXT NOT NULL,
  match TEXT NOT NULL,               -- JSON, canonical
  description TEXT NOT NULL,
  tcam_entries INTEGER NOT NULL,
  announced_at REAL,                 -- when ExaBGP first acknowledged the rule; NULL: not yet
  claimed INTEGER NOT NULL DEFAULT 0 -- 1 while it has a claim
);

CREATE TABLE IF NOT EXISTS claims (
  rule_id TEXT NOT NULL REFERENCES rules (id),
  incident TEXT NOT NULL,
  "then" TEXT NOT NULL,              -- JSON, canonical
  vector TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at REAL NOT NULL,
  expires_at REAL NOT NULL,
  life_seconds REAL NOT NULL,        -- as granted; no restart may make it longer
  ordered_by TEXT NOT NULL,          -- by credentials: "user st2", "token noc"
  ordered_at REAL NOT NULL,
  automation INTEGER NOT NULL,       -- 1: an order that the pack gives to every provider
  PRIMARY KEY (rule_id, incident)
);

-- Claims that a person or the kill switch withdrew, until they would have ended anyway or the end of
-- their attack is reported: what can be resumed.
CREATE TABLE IF NOT EXISTS withdrawn_claims (
  rule_id TEXT NOT NULL,
  incident TEXT NOT NULL,
  match TEXT NOT NULL,               -- JSON, canonical
  description TEXT NOT NULL,
  "then" TEXT NOT NULL,              -- JSON, canonical
  vector TEXT NOT NULL,
  expires_at REAL NOT NULL,          -- when the claim would have ended
  life_seconds REAL NOT NULL,
  withdrawn_at REAL NOT NULL,
  withdrawn_by TEXT NOT NULL,        -- as ordered_by; "kill switch" for one that it refused
  reason TEXT NOT NULL,
  PRIMARY KEY (rule_id, incident)
);

-- Actions that a router resets its session for, of version 0.1.0: no router gets them again.
CREATE TABLE IF NOT EXISTS quarantined (
  rule_id TEXT NOT NULL REFERENCES rules (id),
  "then" TEXT NOT NULL,              -- JSON, canonical
  reason TEXT NOT NULL,
  PRIMARY KEY (rule_id, "then")
);
CREATE TRIGGER IF NOT EXISTS rule_is_forgotten AFTER DELETE ON rules
BEGIN DELETE FROM quarantined WHERE rule_id = OLD.id; END;

-- The same since 0.2.0: this router alone does not get them again.
CREATE TABLE IF NOT EXISTS quarantined_at (
  rule_id TEXT NOT NULL REFERENCES rules (id),
  "then" TEXT NOT NULL,              -- JSON, canonical
  peer TEXT NOT NULL,                -- the router's address
  reason TEXT NOT NULL,
  PRIMARY KEY (rule_id, "then", peer)
);
CREATE TRIGGER IF NOT EXISTS rule_is_forgotten_at_router AFTER DELETE ON rules
BEGIN DELETE FROM quarantined_at WHERE rule_id = OLD.id; END;

-- Transactions that are stored, and are not in their tables yet (unapplied.py).
CREATE TABLE IF NOT EXISTS unapplied (
  seq INTEGER PRIMARY KEY,
  changes TEXT NOT NULL              -- JSON: rows by the name of their statement (changes.py)
);
CREATE TRIGGER IF NOT EXISTS unapplied_is_never_changed BEFORE UPDATE ON unapplied
BEGIN SELECT RAISE(ABORT, 'what is stored is append-only'); END;

-- The run of the machine in which the times above were last counted (clock.py); one row.
CREATE TABLE IF NOT EXISTS boot (
  id TEXT NOT NULL,
  began_at REAL NOT NULL
);

CREATE TABLE IF NOT EXISTS deployed (
  address_family TEXT NOT NULL,
  action TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (address_family, action)
);

-- The newest alert of each incident, and of its end: they show which announcement is too late.
CREATE TABLE IF NOT EXISTS alerts (
  incident TEXT NOT NULL,
  is_end INTEGER NOT NULL,
  seen_at REAL NOT NULL,             -- by the sensor's clock
  at REAL NOT NULL,
  PRIMARY KEY (incident, is_end)
);

-- What alerts said: an attack each by incident and vector, since its begin. `settled`: what is to be
-- done for its newest alert was done, or someone decided otherwise.
CREATE TABLE IF NOT EXISTS attacks_seen (
  incident TEXT NOT NULL,
  vector TEXT NOT NULL,
  attack TEXT NOT NULL,              -- JSON: attack.schema.json without targets
  prefixes TEXT NOT NULL,            -- JSON: the targets of this incident
  listed INTEGER NOT NULL,           -- 1: a sensor found it in its sender's list
  began_at REAL NOT NULL,            -- when its first alert was seen, by the sensor's clock
  seen_at REAL NOT NULL,             -- when its newest alert was seen, by the sensor's clock
  ended INTEGER NOT NULL,            -- 1: that was the alert of its end
  told_at REAL NOT NULL,             -- when the adapter heard of it, by its own clock
  told_seq INTEGER NOT NULL,         -- the newest event of the history then
  settled INTEGER NOT NULL,
  tries INTEGER NOT NULL,            -- how often it was given out to be done again
  due_at REAL NOT NULL,              -- when it is, the next time
  reported_bps REAL,                 -- the highest rate that its alerts said; NULL: none did
  reported_pps REAL,
  reported_together INTEGER NOT NULL DEFAULT 1, -- 1: of several incidents together
  PRIMARY KEY (incident, vector)
);
CREATE INDEX IF NOT EXISTS attacks_seen_unsettled ON attacks_seen (due_at) WHERE NOT settled;
CREATE INDEX IF NOT EXISTS attacks_seen_by_age ON attacks_seen (settled, told_at);

-- Words of senders that name no vector of the playbook, and of how many incidents; a bounded number.
CREATE TABLE IF NOT EXISTS unknown_words (
  word TEXT PRIMARY KEY,
  count INTEGER NOT NULL
);

-- Prefixes that admins protect beside those of the configuration file.
CREATE TABLE IF NOT EXISTS protected_prefixes (
  prefix TEXT PRIMARY KEY,           -- canonical
  reason TEXT NOT NULL,
  added_at REAL NOT NULL,
  added_by TEXT NOT NULL,            -- by credentials, as in claims
  expires_at REAL                    -- NULL: until an admin ends it
);

-- The history: events are only added, and pruned by age.
CREATE TABLE IF NOT EXISTS history (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at REAL NOT NULL,
  event TEXT NOT NULL,
  rule_id TEXT,
  incident TEXT,
  caller TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,              -- JSON
  ordered_by TEXT NOT NULL,          -- as in claims; "adapter", "exabgp" for their own events
  ordered_at REAL NOT NULL,
  automation INTEGER NOT NULL
);
-- Counters of events, which pruning does not change (memory.py).
CREATE TABLE IF NOT EXISTS counted (
  event TEXT PRIMARY KEY,
  count INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS history_by_event ON history (event, at);
CREATE INDEX IF NOT EXISTS history_by_age ON history (at);
CREATE TRIGGER IF NOT EXISTS history_is_never_changed BEFORE UPDATE ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
-- The last day stays, whoever deletes (history_days is at least 1). Measured from the newest event, not
-- by a clock, which may jump. Such events are skipped, so that pruning still removes the others.
CREATE TRIGGER IF NOT EXISTS history_keeps_its_last_day BEFORE DELETE ON history
WHEN OLD.at > (SELECT at FROM history ORDER BY seq DESC LIMIT 1) - 86400
BEGIN SELECT RAISE(IGNORE); END;
