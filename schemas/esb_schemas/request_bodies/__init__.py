"""The bodies of requests to REST APIs, validated against the schemas of their models."""
