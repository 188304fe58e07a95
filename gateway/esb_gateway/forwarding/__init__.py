"""Sends requests to other servers: those of HTTP integrations, and calls of AWS APIs in the stack."""
