"""The JSON Schemas compiled to Python (tools/compiled_schemas.py), a module for each."""


class Unfit(Exception):
    """Something does not fit its schema. What and why: validation_messages.py."""
