"""The workflow language: a named subset of StackStorm's Orquesta."""
