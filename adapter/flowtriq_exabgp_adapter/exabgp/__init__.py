"""Speaks to ExaBGP: desired routes, acknowledgements, resending, quarantine, sessions."""
