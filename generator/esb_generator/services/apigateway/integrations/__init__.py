"""Integrations without a function: responses that the gateway makes, HTTP endpoints, calls of other services."""
