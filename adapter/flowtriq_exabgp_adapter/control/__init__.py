"""The last gate: admission, rule state, withdrawals, expiry, the kill switch, drift."""
