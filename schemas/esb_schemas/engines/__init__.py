"""The engines: servers that can be a backing service, and their capabilities."""
