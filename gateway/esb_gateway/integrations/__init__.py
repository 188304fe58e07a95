"""Integrations, the backends of routes: a function, a static response, another HTTP server, a service of the stack."""
