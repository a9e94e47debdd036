-- From version 0.1.0: what StackStorm calls a rule is called a route here.
-- Version 0.1.0 created its tables one by one. Where it was killed meanwhile, `executions` is missing.

CREATE TABLE IF NOT EXISTS executions (
  id TEXT PRIMARY KEY,
  parent TEXT,
  task TEXT,
  item INTEGER,
  action TEXT NOT NULL,
  rule TEXT,
  trigger_id TEXT,
  status TEXT NOT NULL,
  parameters TEXT NOT NULL,
  result TEXT,
  state TEXT,
  due_at REAL NOT NULL,
  started_at REAL NOT NULL,
  ended_at REAL,
  crashes INTEGER NOT NULL DEFAULT 0
);
ALTER TABLE executions RENAME COLUMN rule TO route;
