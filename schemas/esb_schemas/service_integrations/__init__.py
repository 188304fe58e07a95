"""AWS service integrations of HTTP APIs: their operations, and the mapping of requests to parameters."""
