"""The last gate: admission, rule state, expiry, the kill switch, drift."""
