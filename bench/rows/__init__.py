"""The rows of the table, a module for each: ``measure(setting)`` yields its figures."""
