"""Calls of AWS APIs: their protocols, a client, connections."""
