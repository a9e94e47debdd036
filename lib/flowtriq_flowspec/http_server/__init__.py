"""The HTTP server of webhooks and adapter. What one client does costs the others nothing."""
