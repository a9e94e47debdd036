"""HTTP with JSON: the application, authentication, the servers, openapi.yaml."""
