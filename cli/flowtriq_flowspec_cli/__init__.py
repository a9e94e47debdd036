"""The `flowspec` command."""
