"""Fixtures of the tests of the gateway's own endpoints."""

from tests.gateway.async_invoke.conftest import client, host

__all__ = ["client", "host"]
