"""The registry: rules, claims and history in SQLite."""
