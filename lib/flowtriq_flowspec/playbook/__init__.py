"""Which rules answer an attack."""
