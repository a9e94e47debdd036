"""The process that ExaBGP runs: HTTP with JSON in, FlowSpec announcements out."""

# As in pyproject.toml. To ask the installed distribution, most of the package email is imported.
__version__ = "0.2.0"
