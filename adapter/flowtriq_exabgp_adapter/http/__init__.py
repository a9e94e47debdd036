"""HTTP with JSON: the application, authentication, the servers."""
