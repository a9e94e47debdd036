"""The configuration of the pack, as typed values."""
