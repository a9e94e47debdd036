"""The pipe to ExaBGP: desired routes, acknowledgements, sessions, quarantine."""
