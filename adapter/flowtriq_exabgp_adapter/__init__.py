"""The process that ExaBGP runs: HTTP with JSON in, FlowSpec announcements out."""

from importlib.metadata import version

__version__ = version("flowtriq-exabgp-adapter")
