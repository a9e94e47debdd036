"""The page for people: what is blocked, why, whether it works, and how to undo it."""
