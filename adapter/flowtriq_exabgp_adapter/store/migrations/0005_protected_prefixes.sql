-- Prefixes that admins protect beside those of the configuration file.

CREATE TABLE protected_prefixes (
  prefix TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  added_at REAL NOT NULL,
  added_by TEXT NOT NULL,
  expires_at REAL
);
