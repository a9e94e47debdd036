"""The grammar of a pack's files, compiled to Python (tools/compiled_schemas.py)."""
