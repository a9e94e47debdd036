"""Loading a StackStorm pack and checking it."""
