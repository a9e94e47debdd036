-- The engine's tables. A change of a table needs a migration as well (migrations/).

CREATE TABLE IF NOT EXISTS triggers (
  id TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  accepted_at REAL NOT NULL,
  matched INTEGER NOT NULL DEFAULT 0   -- 1: its routes were looked for, their executions have begun
);
CREATE INDEX IF NOT EXISTS triggers_unmatched ON triggers (accepted_at) WHERE matched = 0;

-- Texts that payload, parameters, result and state refer to: {"$document": "<id>"}.
CREATE TABLE IF NOT EXISTS documents (
  id TEXT PRIMARY KEY,                 -- the SHA-256 of the text, shortened
  body TEXT NOT NULL,
  used_at REAL NOT NULL                -- when it was last written or referred to
);

CREATE TABLE IF NOT EXISTS executions (
  id TEXT PRIMARY KEY,
  parent TEXT,                         -- the execution of the workflow that this one is a task of
  task TEXT,                           -- the task; its second run is called task#2
  item INTEGER,                        -- 0 for every task; version 0.1.0 ran tasks with items
  action TEXT NOT NULL,
  route TEXT,                          -- the route that began it
  trigger_id TEXT,
  status TEXT NOT NULL,                -- delayed, running, paused, succeeded, failed; of an inquiry
                                       -- also pending, answered, timeout
  parameters TEXT NOT NULL,
  result TEXT,
  state TEXT,                          -- of a workflow: orquesta/state.py
  due_at REAL NOT NULL,                -- when it begins; of an inquiry: when its time is up
  started_at REAL NOT NULL,
  ended_at REAL,
  crashes INTEGER NOT NULL DEFAULT 0   -- how often the engine died while it ran
);
CREATE INDEX IF NOT EXISTS executions_by_parent ON executions (parent, started_at);
CREATE INDEX IF NOT EXISTS executions_open ON executions (due_at) WHERE ended_at IS NULL;

-- What sensors and actions keep: datastore.py.
CREATE TABLE IF NOT EXISTS datastore (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
