-- What alerts said is kept (attacks_seen), so that what a killed action runner was doing is made up for.
-- schema.sql creates the trigger again, with the events that are counted since.

CREATE TABLE attacks_seen (
  incident TEXT NOT NULL,
  vector TEXT NOT NULL,
  attack TEXT NOT NULL,
  prefixes TEXT NOT NULL,
  listed INTEGER NOT NULL,
  began_at REAL NOT NULL,
  seen_at REAL NOT NULL,
  ended INTEGER NOT NULL,
  told_at REAL NOT NULL,
  told_seq INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  due_at REAL NOT NULL,
  PRIMARY KEY (incident, vector)
);
CREATE TABLE unknown_words (
  word TEXT PRIMARY KEY,
  count INTEGER NOT NULL
);
DROP TRIGGER IF EXISTS history_is_counted;
