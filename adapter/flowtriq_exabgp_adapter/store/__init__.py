"""The registry: rules, claims and history in SQLite; its migrations; the recorder."""
